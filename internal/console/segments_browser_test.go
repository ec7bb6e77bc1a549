package console

import (
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/staff"
	"joren/internal/ui/uitest"
)

// The count follows the form while it is filled in, without a page between.
func TestASegmentIsCountedWhileItIsWritten(t *testing.T) {
	b := uitest.Start(t)
	o := open(t, func(os ...dbtest.Option) *db.DB { return dbtest.SQLite(t, os...) })
	o.regulars()
	c := o.clerk(staff.Owner)
	tab := b.Open(t, o.url+"/segments/new", uitest.Look{Lang: "ja", Cookies: c.cookies()})
	tab.Do(chromedp.Click(`#f-stages-2`), chromedp.WaitReady(`#trial p.reading`), chromedp.WaitReady(`#trial ul li a[href^="/members/mem_"]`))
	tab.Do(chromedp.SendKeys(`#f-when`, "stats.visit > 1"), chromedp.WaitReady(`#trial p.error`), chromedp.WaitReady(`#trial p.error + ul li`))
	if dir := os.Getenv("SHOTS"); dir != "" {
		tab.Shot(dir, "segment-trial-wrong")
	}
	tab.Axe()
	tab.Fits()
	for _, m := range tab.Console() { // a browser notes every 422 by itself
		if !strings.Contains(m, "status of 422") {
			t.Error(m)
		}
	}
	tab.Do(chromedp.SetValue(`#f-when`, "stats.visits > 1"), chromedp.SendKeys(`#f-when`, "0"), chromedp.WaitReady(`#trial p.reading`))

	// Where a session ended, the page to sign in is not put beside the form.
	c.post("/sign-out").ok(303)
	uitest.JS[bool](tab, `const ask = window.fetch; window.fetch = async (...a) => {
		const r = await ask(...a), was = r.clone();
		was.text().then(t => setTimeout(() => document.body.dataset.told = t.slice(0, 9).toLowerCase(), 200));
		return r;
	}; true`)
	tab.Do(chromedp.SendKeys(`#f-when`, "0"), chromedp.WaitReady(`body[data-told="<!doctype"]`))
	if inside := uitest.JS[int](tab, `document.querySelectorAll("#trial form, #trial h1").length`); inside != 0 {
		t.Error("another page stands beside the form")
	}
}
