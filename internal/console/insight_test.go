package console

import (
	"encoding/csv"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/insight"
	"joren/internal/member"
	"joren/internal/purchase"
	"joren/internal/sale"
	"joren/internal/staff"
	"joren/internal/ui/uitest"
)

// regulars gives an office fifty members who bought at rhythms of their own
// for the five months before now.
func (o *office) regulars() {
	o.t.Helper()
	o.cafe()
	o.stock()
	r := rand.New(rand.NewPCG(4, 4))
	o.goTo("2026-06-01T12:00:00+09:00")
	var cards []string
	for i := range 50 {
		m := o.join(member.Input{Fields: member.Fields{Name: said(fmt.Sprintf("客 %d", i)), Birthday: said(fmt.Sprintf("%d-05-06", 1950+i)), Area: said([]string{"東京都", "大阪府"}[i%2])}, JoinStore: "honten", JoinSource: []string{"till", "web"}[i%2]})
		cards = append(cards, m.Card)
	}
	var docs []sale.Document
	for day := range 150 {
		at := clock.Tokyo.Start(clock.MustDay("2026-06-02")+clock.Day(day)) + 3*3600*1_000_000
		o.goTo(at.String())
		for m, card := range cards {
			if r.IntN(5+m) == 0 {
				in, err := purchase.Decode([]byte(coffee(fmt.Sprintf("%d-%d", day, m), card, at.String(), int64(500+10*r.IntN(200)))))
				if err != nil {
					o.t.Fatal(err)
				}
				in.Channel = []string{"shop", "web"}[m%2]
				docs = append(docs, sale.Document{Sale: in})
			}
		}
	}
	done, err := o.console.Sales.Documents(o.t.Context(), docs, sale.By{Actor: "test", Brief: true})
	for _, d := range done {
		err = errors.Join(err, d.Err)
	}
	if err != nil {
		o.t.Fatal(err)
	}
	if _, err := o.console.Insight.Remember(o.t.Context(), false); err != nil {
		o.t.Fatal(err)
	}
}

func TestInsightOfAShopWithoutAPastSaysWhatIsMissing(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		c := o.clerk(staff.Owner)
		c.get("/insight").ok(200).says("Nothing can be measured yet").has("a[href=/programme]")
		o.cafe()
		for _, path := range []string{"/insight", "/insight/members", "/insight/model"} {
			c.get(path).ok(200).says("Not enough to say yet", "too few customers").silent("NaN", "Inf")
		}
		c.get("/insight/cohorts").ok(200).says("No cohort has been watched")
		c.get("/insight/metrics").ok(200).says("Repeat rate", "There are too few cases").silent("NaN", "Inf")
		o.clerk(staff.Cashier).get("/insight").ok(403)
	})
}

func TestInsightShowsScoresReasonsAndTheirProof(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		o.regulars()
		c := o.clerk(staff.Owner)
		home := c.get("/insight").ok(200).says("Mean score", "Repeat rate", "Spread of scores", "Mean score over time", "Aug 2026").has("svg.drawing", "figure.chart", "a.tile").silent("NaN")
		for _, tile := range home.find("a.tile") {
			c.get(strings.Split(tile.attrs["href"], "#")[0]).ok(200)
		}
		list := c.get("/insight/members").ok(200).says("since the last purchase; expected every", "Sales at risk", "客")
		first := ""
		for _, a := range list.find("a") {
			if strings.HasPrefix(a.attrs["href"], "/members/mem_") {
				first = a.attrs["href"]
				break
			}
		}
		c.get(first).ok(200).says("Loyalty", "The chance of buying at least once in the next 30 days")
		c.get("/insight/members?sort=-score&tier=bronze").ok(200)
		c.get("/insight/members?after=40").ok(200).has("a[rel=prev]")
		c.get("/insight/cohorts").ok(200).says("bought in the third month after their first", "+1")
		c.get("/insight/model").ok(200).says("What the data cannot tell", "Pareto/NBD", "Expected and actual shares", "percentage points apart", "Loyalty score", "Nothing is recorded before")
		c.lang = "ja"
		c.get("/insight/members").ok(200).says("最後のご購入から", "想定は")
		c.get("/insight/members?rhythm=churned&sort=-score").ok(200).says("ペース：離れた可能性") // the closed filter names all it asks for
		o.clerk(staff.Analyst).get("/insight/members").ok(200).silent("客 ").says("mem_…")
		screenIsFile(t, o, c)
	})
}

// screenIsFile compares what the page says with the file of the same filter,
// and both with the one evaluation.
func screenIsFile(t *testing.T, o *office, c *clerk) {
	t.Helper()
	r := rand.New(rand.NewPCG(2, 2))
	c.lang = "en"
	for range 8 {
		q := fmt.Sprintf("?channel=%s&join_source=%s&from=2026-0%d-01", []string{"", "web"}[r.IntN(2)], []string{"", "till"}[r.IntN(2)], 6+r.IntN(3))
		page := c.get("/insight/metrics" + q).ok(200)
		file, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(c.get("/insight/metrics"+q+"&format=csv").ok(200).body, "\ufeff"))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		f, err := insight.ParseFilter(func(name string) string { return page.Request.URL.Query().Get(name) })
		if err != nil {
			t.Fatal(err)
		}
		values, err := o.console.Insight.Metrics(t.Context(), f)
		if err != nil || len(file) != len(values)+1 {
			t.Fatal(len(file), err)
		}
		for i, v := range values {
			if v.Missing == nil && file[i+1][3] != insight.Figure(v.Value) {
				t.Errorf("%s %s: file %v, evaluated %v", q, v.Metric.ID, file[i+1], v.Value)
			}
			page.says(v.Metric.Name("en"), v.Say("en", "JPY"))
		}
	}
	c.get("/insight/metrics?from=2026-09-09&to=2026-01-01").ok(422).has("div.error-summary")
}

func TestInsightPagesAreAccessibleAndFit(t *testing.T) {
	b := uitest.Start(t)
	o := open(t, func(os ...dbtest.Option) *db.DB { return dbtest.SQLite(t, os...) })
	o.regulars()
	o.console.Insight.Register(o.jobs)
	c := o.clerk(staff.Owner)
	c.post("/insight/reports/plan", "every", "month", "langs", "both").ok(303)
	if _, err := o.jobs.RunDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	hers := ""
	for _, a := range c.get("/insight/members?sort=-score").find("a") {
		if strings.HasPrefix(a.attrs["href"], "/members/mem_") && hers == "" {
			hers = a.attrs["href"]
		}
	}
	for _, page := range []string{"", "/members", "/cohorts", "/cohorts?by=quarter", "/map", "/mix", "/metrics", "/metrics?age=30-39&from=2026-07-01", "/model", "/reports", "/.." + hers} {
		for _, look := range []uitest.Look{{Lang: "ja"}, {Lang: "en", Width: 390}, {Lang: "ja", Width: 390}, {Lang: "en"}} {
			look.Cookies = c.cookies()
			name := "insight" + strings.NewReplacer("/", "-", "?", "-", "=", "-", "&", "-").Replace(page)
			if strings.Contains(page, "mem_") {
				name = "insight-of-a-member"
			}
			t.Run(look.Name(name), func(t *testing.T) {
				tab := b.Open(t, o.url+strings.Replace("/insight"+page, "/insight/..", "", 1), look)
				tab.Check()
				if dir := os.Getenv("SHOTS"); dir != "" {
					tab.Shot(dir, look.Name(name))
				}
			})
		}
	}
}
