package console

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/feed"
	"joren/internal/ident"
	"joren/internal/intake"
	"joren/internal/jobs"
	"joren/internal/session"
	"joren/internal/staff"
	"joren/internal/ui/uitest"
)

const firstMembers = "member_id,name,name_kana,phone,birthday,joined_on,rank,points\n" +
	"A-1,山田 花子,ヤマダ ハナコ,090-1234-5678,1990-02-28,2026-04-01,,120\n" +
	"A-2,鈴木 一郎,スズキ イチロウ,080-1111-2222,,2026-05-05,,\n"

// TestAnOwnerGetsFromTheLinkToAPublishedProgramme walks the whole first day:
// the one-time link, the set-up, a small file of members, a member's page, the
// programme published; with script on a wide page and without on a phone's.
func TestAnOwnerGetsFromTheLinkToAPublishedProgramme(t *testing.T) {
	b := uitest.Start(t)
	for _, look := range []uitest.Look{{Lang: "ja", Width: 1280}, {Lang: "en", Width: 390, NoJS: true}} {
		name := look.Name("first-run")
		if look.NoJS {
			name += "-no-script"
		}
		t.Run(name, func(t *testing.T) { firstRun(t, b, look) })
	}
}

func firstRun(t *testing.T, b *uitest.Browser, look uitest.Look) {
	o := open(t, func(os ...dbtest.Option) *db.DB { return dbtest.SQLite(t, os...) })
	unanswered(o)
	o.jobs.Handle(intake.JobKind, intake.Office{DB: o.db, Zone: o.zone, Sink: &feed.Feed{DB: o.db, Sales: o.console.Sales, People: o.console.People, Programmes: o.programmes}}.Run)
	var link string
	o.write(func(tx *db.Tx) (err error) { link, err = session.OwnerLink(tx); return err })
	file := filepath.Join(t.TempDir(), "members.csv")
	if err := os.WriteFile(file, []byte(firstMembers), 0o600); err != nil {
		t.Fatal(err)
	}
	check := func(tab *uitest.Tab) {
		if !look.NoJS { // axe is a script
			tab.Check()
		}
	}
	press := chromedp.Click(`main form button.primary`)

	tab := b.Open(t, o.url+link, look)
	check(tab)
	tab.Do(chromedp.SendKeys(`#f-name`, "山田 花子"), chromedp.SendKeys(`#f-login`, "owner@example.jp"), chromedp.SendKeys(`#f-password`, "たいへん長い合言葉です"), press, chromedp.WaitReady(`#f-template`))
	check(tab)
	tab.Do(chromedp.SendKeys(`#f-name`, "まちのお店"), chromedp.SetValue(`#f-template`, "cafe"), press, chromedp.WaitReady(`body.framed`))
	tab.Do(chromedp.WaitReady(`section.notice.warn a`))
	check(tab)

	tab.Do(chromedp.Click(`section.notice.warn a`), chromedp.WaitReady(`a[href$="/publish"]`))
	check(tab)
	tab.Do(chromedp.Click(`a[href$="/publish"]`), chromedp.WaitReady(`form[action$="/publish"]`))
	check(tab)
	tab.Do(chromedp.Click(`form[action$="/publish"] button.primary`), chromedp.WaitReady(`.toast.good`))

	tab.Do(chromedp.Navigate(o.url+"/import"), chromedp.WaitReady(`#f-file`), chromedp.SetUploadFiles(`#f-file`, []string{file}), press, chromedp.WaitReady(`form[action$="/run"]`))
	check(tab)
	tab.Do(chromedp.Click(`form[action$="/run"] button.primary`), chromedp.WaitReady(`#import`))
	o.runJobs()
	tab.Do(chromedp.Navigate(o.url + "/members"))
	tab.Do(chromedp.WaitReady(`#members`))
	found := func(name string) (id ident.ID) {
		o.read(func(tx *db.Tx) error {
			hits, err := o.console.Members.Search(tx, name, 2)
			if err == nil && len(hits.Hits) == 1 {
				id = hits.Hits[0].ID
			}
			return err
		})
		if id.IsZero() {
			t.Fatalf("%s was not imported", name)
		}
		return id
	}
	hanako, ichiro := found("山田 花子"), found("鈴木 一郎")
	check(tab)
	tab.Do(chromedp.Click(`#members a[href$="`+memberURL(hanako)[len("/members/"):]+`"]`), chromedp.WaitReady(`#facts`))
	check(tab)
	tab.Do(chromedp.Navigate(o.url+memberURL(hanako)+"/merge"), chromedp.WaitReady(`#f-with`), chromedp.SendKeys(`#f-with`, ident.Member.Text(ichiro)), chromedp.Click(`main form.form button`), chromedp.WaitReady(`#compare-caption`))
	check(tab)
	tab.Do(chromedp.Click(`form[action$="/merge"] button`), chromedp.WaitReady(`#merges`))
	check(tab)
	if deeds := o.deeds(); deeds[0] != "member.merged" {
		t.Errorf("newest deed %s", deeds[0])
	}
}

func TestTheSamplesProgressAndThePointsChartAreAccessibleAndFit(t *testing.T) {
	b := uitest.Start(t)
	o := open(t, func(os ...dbtest.Option) *db.DB { return dbtest.SQLite(t, os...) }).sold()
	o.write(func(tx *db.Tx) error {
		_, err := jobs.Enqueue(tx, SampleJob, nil, jobs.Options{})
		return err
	})
	c := o.clerk(staff.Owner)
	for _, look := range []uitest.Look{{Lang: "ja"}, {Lang: "en", Width: 390}} {
		look.Cookies = c.cookies()
		look.Cookies["still"] = "yes"
		for name, path := range map[string]string{"doubles": "/members/duplicates", "setup-sample": "/sample"} {
			t.Run(look.Name(name), func(t *testing.T) { b.Open(t, o.office.url+path, look).Check() })
		}
		t.Run(look.Name("points-chart"), func(t *testing.T) {
			tab := b.Open(t, o.office.url+"/points", look)
			tab.Do(chromedp.WaitVisible(`.zoomed .zoom-ranges button`), chromedp.Click(`.zoom-ranges button:last-child`), chromedp.WaitReady(`.zoom-ranges button:last-child[aria-pressed="true"]`))
			tab.Check() // a quiet console: the policy let the library do its work
		})
	}
	look := uitest.Look{Lang: "ja", NoJS: true, Cookies: c.cookies()}
	tab := b.Open(t, o.office.url+"/points", look)
	tab.Do(chromedp.WaitVisible(`.chart-wide svg`), chromedp.WaitReady(`.zoom[hidden]`))
}
