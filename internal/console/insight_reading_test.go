package console

import (
	"slices"
	"strings"
	"testing"
	"time"

	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/ident"
	"joren/internal/insight"
	loaders "joren/internal/measure"
	"joren/internal/member"
	"joren/internal/staff"
)

// held lets nobody read purchases until it is let go.
type held struct {
	loaders.Shop
	free chan struct{}
}

func (h held) Purchases(tx *db.Tx, members []ident.ID, fn func(*insight.Batch) error) error {
	<-h.free
	return h.Shop.Purchases(tx, members, fn)
}

func TestNoPageWaitsForTheFirstReading(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		o.cafe()
		m := o.join(member.Input{Fields: member.Fields{Name: said("客 一")}, JoinStore: "honten", JoinSource: "till"})
		src := held{loaders.Shop{Programmes: o.programmes, Members: o.console.Members}, make(chan struct{})}
		board := &insight.Board{Store: insight.NewStore(o.db, src), Horizon: 30, Zone: o.zone, Patient: time.Hour}
		o.console.Insight = board
		warm := make(chan error, 1)
		go func() { warm <- board.Warm(t.Context()) }()
		c := o.clerk(staff.Owner)
		hers := "/members/" + ident.Member.Text(m.ID)
		pages := []string{"/insight/pairs", "/insight/products/A", "/insight/gaps?has=a&lacks=b"}
		for _, p := range insightPages() {
			if p.path != "/reports" {
				pages = append(pages, "/insight"+p.path)
			}
		}
		for _, path := range pages {
			if p := c.get(path).ok(200).says("The history is being read", "for the first time since the start"); p.Header.Get("Refresh") != "3" {
				t.Errorf("%s does not come anew", path)
			}
		}
		c.get("/insight/members?format=csv").ok(503)
		c.get(hers).ok(200).says("客 一", "for the first time since the start").has("[data-again]")
		c.lang = "ja"
		c.get("/insight/map").ok(200).says("起動後はじめて")
		c.lang = "en"
		close(src.free)
		if err := <-warm; err != nil {
			t.Fatal(err)
		}
		for _, path := range pages[3:] {
			if p := c.get(path).ok(200).silent("for the first time since the start"); strings.Contains(p.Header.Get("Refresh"), "3") && path != "/insight/model" {
				t.Errorf("%s still comes anew", path)
			}
		}
		c.get(hers).ok(200).lacks("[data-again]")
	})
}

// What is wrong with a question is told while nothing is read yet: at its
// field, as everywhere. Only a word that the past may know waits for it.
func TestAWrongFilterIsSaidBeforeAnythingIsRead(t *testing.T) {
	o := open(t, func(os ...dbtest.Option) *db.DB { return dbtest.SQLite(t, os...) })
	o.cafe()
	src := held{loaders.Shop{Programmes: o.programmes, Members: o.console.Members}, make(chan struct{})}
	o.console.Insight = &insight.Board{Store: insight.NewStore(o.db, src), Horizon: 30, Zone: o.zone, Patient: time.Hour}
	warm := make(chan error, 1)
	go func() { warm <- o.console.Insight.Warm(t.Context()) }()
	c := o.clerk(staff.Owner)
	late := []string{"store", "tier", "own", "join_store", "category", "product", "with"}
	addresses := map[string]string{"/insight/products/{no}": "/insight/products/A", "/insight/gaps": "/insight/gaps?has=a&lacks=b"}
	n := 0
	for route, known := range questions() {
		if !strings.HasPrefix(route, "/insight") || strings.HasPrefix(route, "/insight/liability") || strings.HasPrefix(route, "/insight/reports") {
			continue
		}
		address := addressOf(route, addresses)
		for _, p := range append(known, link("size", "501"), link("format", "xlsx")) {
			for _, v := range p.wrong {
				switch s := c.get(with(address, p.name, v)); {
				case p.how == gone || slices.Contains(late, p.name) && !(p.name == "own" && v == "zz"): // that is no pair at all
					s.ok(200).says("for the first time since the start")
				default:
					n++
					p.refused(s.says("Correct what was asked"), v)
					if s.Header.Get("Refresh") != "" {
						t.Errorf("%s comes anew under the hands of who corrects it", s.path())
					}
				}
			}
			if len(p.wrong) > 0 && p.how != gone && p.name != "format" && !slices.Contains(late, p.name) {
				c.get(with(with(address, "format", "csv"), p.name, p.wrong[0])).ok(422)
			}
		}
	}
	if n < 60 {
		t.Errorf("only %d wrong values were asked", n)
	}
	c.lang = "ja"
	c.get("/insight/map?segment=nobody").ok(422).says("起動後はじめて").has("a[href=#f-segment]", "details.cut[open]")
	c.lang = "en"
	c.get("/insight/mix?store=nowhere&gender=x").ok(422).has("#f-gender-error")
	close(src.free)
	if err := <-warm; err != nil {
		t.Fatal(err)
	}
	c.get("/insight/mix?store=nowhere").ok(422).has("#f-store-error")
}

// Without a programme nothing is measured, and a wrong question stays wrong.
func TestAWrongFilterIsSaidWithoutAProgramme(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		c := o.clerk(staff.Owner)
		c.get("/insight/map").ok(200).lacks("details.cut")
		c.get("/insight/map?from=yesterday").ok(422).has("#f-from-error", "details.cut")
	})
}

func TestAWrongFilterIsSaidAtItsField(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		o.cafe()
		c := o.clerk(staff.Owner)
		for q, field := range map[string]string{
			"segment=nobody": "segment", "age=33": "age", "own=skin": "own", "from=yesterday": "from", "from=2026-09-09&to=2026-01-01": "to", "cohort_from=1": "cohort_from"} {
			for _, page := range []string{"", "/members", "/map", "/cohorts", "/mix", "/metrics"} {
				c.get("/insight"+page+"?"+q).ok(422).has("div.error-summary", "details.cut", "a[href=#f-"+field+"]", "[aria-invalid=true]")
			}
		}
		for path, field := range map[string]string{"/members?who=xyz": "who", "/members?rhythm=slow": "rhythm", "/cohorts?by=weather": "by"} {
			c.get("/insight"+path).ok(422).has("div.error-summary", "a[href=#f-"+field+"]")
		}
		c.get("/insight/members?segment=nobody&format=csv").ok(422).has("details.cut") // no file of everybody instead
	})
}
