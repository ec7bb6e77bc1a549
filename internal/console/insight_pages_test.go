package console

import (
	"encoding/csv"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"joren/internal/ident"
	"joren/internal/insight"
	"joren/internal/staff"
)

// total is how many rows a list says it has.
var total = regexp.MustCompile(`of ([\d,]+)`)

func (s sheet) total() string {
	s.t.Helper()
	for _, x := range s.find("p.table-count") {
		if m := total.FindStringSubmatch(x.text); m != nil {
			return m[1]
		}
	}
	return "0"
}

// Every number of the map, the triangle and the mix opens as many members as
// it says.
func TestNumbersOpenTheirMembers(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		o.regulars()
		c := o.clerk(staff.Owner)
		opened := 0
		for _, path := range []string{"/insight/map", "/insight/map?channel=web&from=2026-08-01", "/insight/cohorts", "/insight/cohorts?join_source=web&store=honten", "/insight/mix?from=2026-01-01", "/insight/mix?area=東京都", "/insight"} {
			p := c.get(path).ok(200).silent("NaN", "Inf")
			for _, a := range p.find("a") {
				n := strings.TrimSpace(a.text)
				if !strings.HasPrefix(a.attrs["href"], "/insight/members?") || strings.Trim(n, "0123456789") != "" || n == "" || n == "0" {
					continue
				}
				opened++
				if got := c.get(a.attrs["href"]).ok(200).total(); got != n {
					t.Errorf("%s: %s leads to %s and %s rows", path, n, a.attrs["href"], got)
				}
			}
		}
		if opened < 20 {
			t.Errorf("%d numbers were opened", opened)
		}
		whole := c.get("/insight/members").ok(200)
		file, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(c.get("/insight/members?format=csv").ok(200).body, "\ufeff"))).ReadAll()
		if err != nil || fmt.Sprint(len(file)-1) != whole.total() {
			t.Errorf("%d rows in the file, %s on the page, %v", len(file)-1, whole.total(), err)
		}
	})
}

// A period that has not begun, or was before the shop, is an empty page.
func TestPeriodsWithoutAnythingAreEmptyPages(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		o.regulars()
		c := o.clerk(staff.Owner)
		for _, p := range insightPages() {
			for _, q := range []string{"?from=2090-01-01", "?from=1990-01-01&to=1990-12-31", "?cohort_from=2090-01-01"} {
				c.get("/insight"+p.path+q).ok(200).silent("NaN", "Inf")
			}
		}
	})
}

func TestMetricsAreTestedOnThePage(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		o.regulars()
		c := o.clerk(staff.Owner)
		p := c.get("/insight/metrics").ok(200).says("came out the same", "No margin rate is known")
		if n := len(p.find("span.badge.good")); n != len(insight.Registry) {
			t.Errorf("%d of %d metrics are marked the same", n, len(insight.Registry))
		}
		c.get("/insight/metrics?check=1&area=東京都&age=30-39&channel=web").ok(200).says("came out the same", "Area: 東京都").silent("differs")
		c.get("/insight/metrics?age=33").ok(422).has("div.error-summary").says("no age band")

		c.post("/insight/reports/margins", "rate", "120").ok(422).says("from 0 to 100")
		c.post("/insight/reports/margins", "rate", "30", "products", "A, 55.5\nB 12").ok(422).says("Line 2 cannot be read")
		c.post("/insight/reports/margins", "products", "A, 55.5").ok(422).says("the rate of all others")
		c.post("/insight/reports/margins", "rate", "３０％", "products", "A, 55.5\nB\t12").ok(303)
		c.get("/insight/reports").ok(200).says("A, 55.5")
		c.get("/insight/metrics?check=1").ok(200).says("came out the same").silent("No margin rate is known")
		o.clerk(staff.Analyst).post("/insight/reports/margins", "rate", "1").ok(403)
	})
}

func TestReportsAreMadeAndTakenAlong(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		o.regulars()
		o.console.Insight.Register(o.jobs)
		c := o.clerk(staff.Owner)
		c.get("/insight/reports").ok(200).says("There is no report yet")
		c.post("/insight/reports/plan", "every", "hourly", "langs", "ja").ok(422)
		c.post("/insight/reports/plan", "every", "month", "langs", "both").ok(303)
		for range 2 { // a second run makes nothing twice
			if _, err := o.jobs.RunDue(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		p := c.get("/insight/reports").ok(200)
		var files []string
		for _, a := range p.find("a") {
			if strings.HasPrefix(a.attrs["href"], "/insight/reports/") {
				files = append(files, a.attrs["href"])
			}
		}
		if len(files) != 4 {
			t.Fatalf("files %v", files)
		}
		for _, f := range files {
			body := c.get(f).ok(200).body
			if strings.HasSuffix(f, "/page") && (!strings.Contains(body, "<!DOCTYPE html>") || strings.Contains(body, "客") || !strings.Contains(body, "ひだまりカフェ")) {
				t.Errorf("page %s", body[:200])
			}
			if strings.HasSuffix(f, "/figures") {
				rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(body, "\ufeff"))).ReadAll()
				if err != nil || len(rows) != len(insight.Registry)+1 {
					t.Errorf("%d rows, %v", len(rows), err)
				}
			}
			for _, bad := range []string{"NaN", "Inf", "{", "%!"} {
				if at := strings.Index(body, "</style>"); strings.Contains(body[max(0, at):], bad) {
					t.Errorf("%s holds %s", f, bad)
				}
			}
		}
		c.get("/insight/reports/" + ident.New().String() + "/page").ok(404)
		c.get("/insight/reports/x/page").ok(404)
		o.clerk(staff.Cashier).get(files[0]).ok(403)
	})
}

func TestAMembersPageSaysHerPaceAndOutlook(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		o.regulars()
		c := o.clerk(staff.Owner)
		href := ""
		for _, a := range c.get("/insight/members?sort=-score").ok(200).find("a") {
			if strings.HasPrefix(a.attrs["href"], "/members/mem_") {
				href = a.attrs["href"]
				break
			}
		}
		c.get(href).ok(200).has("svg.rhythm").says("Pace and outlook", "Buys at least once", "365 days", "varies far more", "Score over time").silent("NaN", "Inf")
		page := c.get(href).ok(200).has("div.below").body
		if strings.Index(page, `id="loyalty"`) > strings.Index(page, `id="line"`) {
			t.Error("a phone shows the whole history before the score")
		}
		c.lang = "ja"
		c.get(href).ok(200).says("買い物のペースと見込み", "日ごととみています").silent("NaN", "Inf")
	})
}
