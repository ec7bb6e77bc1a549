package console

import (
	"encoding/csv"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/ident"
	"joren/internal/plan"
	"joren/internal/segment"
	"joren/internal/staff"
	"joren/internal/ui/uitest"
)

func TestASegmentIsWrittenTriedSwitchedOnAndFrozen(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		o.regulars()
		c := o.clerk(staff.Marketer)
		c.get("/segments").ok(200).says("There are no segments yet", "At risk", "First purchase only", "Switch on Regulars")
		c.get("/segments/new").ok(200).has("form[data-live=/segments/preview]", "input[name=stages][value=at_risk]", "textarea[name=when]").says("stats.event('visit'")

		// What is wrong stays in the form, all of it and in its place.
		bad := c.post("/segments/new", "id", "Often", "when", "stats.visit > 3 && member.tier == 'golf'", "score_from", "80", "score_to", "x", "do", "on").ok(422)
		bad.has("#f-id-error", "#f-name_ja-error", "#f-score_from-error", "#f-when-error").says("did you mean 'visits'")
		count := c.post("/segments/new", "id", "often", "when", "stats.visits >= 3", "do", "count").ok(200).says("of 50 members belong here", "the number of earlier visits is at least 3")
		if n := len(count.find("a")); n < 10 {
			t.Errorf("%d links", n)
		}
		live := c.get("/segments/preview?when="+url.QueryEscape("stats.visits >= 3")).ok(200).says("of 50 members belong here", "Some of them")
		if strings.Contains(live.body, "<html") {
			t.Error("the preview is a whole page")
		}
		c.get("/segments/preview?when=" + url.QueryEscape("stats.visits >=")).ok(422).says("this must be corrected first").lacks("html")
		c.get("/segments/preview").ok(200).says("Choose something")
		c.get("/segments/nothing?format=csv").ok(404)

		page := c.follow(c.post("/segments/new", "id", "often", "name_ja", "よく来る人", "name_en", "Often", "when", "stats.visits >= 3", "recency", "4", "recency", "5", "do", "on"))
		page.ok(200).says("recency class 4 or 5", "RFM cut points", "stats.visits >= 3", "in use").has("table")
		c.get("/segments").ok(200).says("Often", "in use").has("meter")
		file, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(c.get("/segments/often?format=csv").ok(200).body, "\ufeff"))).ReadAll()
		if err != nil || len(file) < 3 {
			t.Fatal(len(file), err)
		}
		var x segment.Segment
		o.read(func(tx *db.Tx) (err error) { x, err = segment.Get(tx, "often"); return err })
		if int(x.Members) != len(file)-1 {
			t.Errorf("%d members, %d lines", x.Members, len(file)-1)
		}
		who := file[1][0]
		c.get("/members/"+who).ok(200).says("Segments", "Often", "See why")
		c.get("/members/"+who+"/segments").ok(200).says("Often", "holds", "class ", "it is ")

		c.follow(c.post("/segments/often/snapshots", "name", "November")).ok(200).says("November")
		c.post("/segments/often/snapshots", "name", " ").ok(422).has("#f-name-error")
		var snap ident.ID
		o.read(func(tx *db.Tx) error {
			list, err := segment.Snapshots(tx, "often")
			snap = list[0].ID
			return err
		})
		taken, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(c.get("/segments/often/snapshots/"+ident.Snapshot.Text(snap)).ok(200).body, "\ufeff"))).ReadAll()
		if err != nil || len(taken) != len(file) {
			t.Errorf("%d in the snapshot, %d in the segment, %v", len(taken), len(file), err)
		}

		edit := c.get("/segments/often/edit").ok(200)
		seen := edit.find("input[name=seen]")[0].attrs["value"]
		c.post("/segments/often/edit", "name_ja", "よく来る人", "when", "member.in_segment('often')", "seen", seen).ok(422).says("often → often")
		c.follow(c.post("/segments/often/edit", "name_ja", "よく来る人", "name_en", "Often", "when", "stats.visits >= 5", "seen", seen)).ok(200).says("stats.visits >= 5", "29 of 29")
		c.post("/segments/often/edit", "name_ja", "よく来る人", "when", "stats.visits >= 6", "seen", seen).ok(409).says("Somebody else changed this while you had it open", "Recorded now:", "stats.visits >= 5")
		c.follow(c.post("/segments/often/state", "to", "archived", "seen", "3")).ok(200).says("Not in use", "Switch on")
		if deeds := o.deeds(); !slices.Contains(deeds, "segment.saved") || !slices.Contains(deeds, "segment.frozen") || !slices.Contains(deeds, "segment.exported") {
			t.Errorf("the audit log has %v", deeds)
		}
	})
}

func TestOfferedSegmentsWorkAsTheyAreAndOthersSeeFiguresOnly(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		o.regulars()
		c := o.clerk(staff.Owner)
		for _, x := range segment.Offered {
			c.follow(c.post("/segments/offered", "id", x.ID)).ok(200).says("in use").silent("NaN", "Inf", "Can no longer")
		}
		c.post("/segments/offered", "id", "at-risk").ok(409)
		c.post("/segments/offered", "id", "nothing").ok(404)
		c.get("/segments").ok(200).silent("Ready to switch on")
		in := 0
		o.read(func(tx *db.Tx) error {
			list, err := segment.List(tx, segment.Active)
			for _, x := range list {
				if x.Members > 0 {
					in++
				}
			}
			return err
		})
		if in < 5 {
			t.Errorf("only %d of the offered segments have members", in)
		}
		c.lang = "ja"
		c.get("/segments").ok(200).says("離反リスク", "F2未転換", "誕生月", "利用中")
		c.get("/segments/regulars").ok(200).says("常連", "なぜ入っているか")
		c.get("/members?segment=regulars").ok(200).says("客")
		a := o.clerk(staff.Analyst)
		a.get("/segments/regulars").ok(200).says("mem_…").silent("客 ", "Archive")
		a.get("/segments/new").ok(403)
		a.post("/segments/regulars/state", "to", "archived", "seen", "2").ok(403)
		o.clerk(staff.Cashier).get("/segments").ok(403)
	})
}

func TestSegmentsOfAnEmptyShopSayWhatIsMissing(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		c := o.clerk(staff.Owner)
		c.get("/segments").ok(200).says("There are no segments yet")
		c.get("/segments/preview?recency=5").ok(200).says("There are no members yet")
		c.follow(c.post("/segments/offered", "id", "big-sleepers")).ok(200).says("Nobody belongs here now").silent("NaN")
		c.get("/segments/nothing").ok(404)
		c.get("/segments/nothing/edit").ok(404)
	})
}

func TestAProgrammeThatAsksForAnUnknownSegmentIsMarked(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		o.cafe()
		c := o.clerk(staff.Owner)
		doc := strings.Replace(cafeSource(t), "rules:\n", "rules:\n  - {id: risk, kind: bonus, segments: [at-risk], give: 5}\n", 1)
		c.post("/programme/new", "source", doc, "do", "check").ok(422).says("there is no segment 'at-risk'")
		c.post("/segments/offered", "id", "at-risk").ok(303)
		c.post("/programme/new", "source", doc, "do", "check").ok(200).silent("there is no segment")
	})
}

func TestSegmentPagesAreAccessibleAndFit(t *testing.T) {
	b := uitest.Start(t)
	o := open(t, func(os ...dbtest.Option) *db.DB { return dbtest.SQLite(t, os...) })
	o.regulars()
	c := o.clerk(staff.Owner)
	for _, id := range []string{"at-risk", "regulars", "big-sleepers"} {
		c.post("/segments/offered", "id", id).ok(303)
	}
	c.post("/segments/regulars/snapshots", "name", "11月の案内").ok(303)
	var who ident.ID
	o.read(func(tx *db.Tx) error {
		list, err := segment.In(tx, "regulars", ident.ID{}, false, 1)
		who = list[0].Member
		return err
	})
	for name, path := range map[string]string{"segments": "/segments", "segment": "/segments/regulars", "segment-rfm": "/segments/big-sleepers", "segment-edit": "/segments/at-risk/edit", "segment-why": "/members/" + ident.Member.Text(who) + "/segments"} {
		for _, look := range []uitest.Look{{Lang: "ja"}, {Lang: "en", Width: 390}, {Lang: "ja", Width: 390}, {Lang: "en"}} {
			look.Cookies = c.cookies()
			t.Run(look.Name(name), func(t *testing.T) {
				tab := b.Open(t, o.url+path, look)
				tab.Check()
				if dir := os.Getenv("SHOTS"); dir != "" {
					tab.Shot(dir, look.Name(name))
				}
			})
		}
	}
}

func cafeSource(t *testing.T) string {
	t.Helper()
	src, err := plan.Template("cafe")
	if err != nil {
		t.Fatal(err)
	}
	return string(src)
}
