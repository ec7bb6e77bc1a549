package console

import (
	"strings"
	"testing"
	"time"

	"joren/internal/db"
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

func (h held) Purchases(tx *db.Tx, members []ident.ID, fn func([]insight.Purchase) error) error {
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
