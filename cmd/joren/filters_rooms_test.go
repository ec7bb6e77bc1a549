package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html"
	"math"
	"math/rand/v2"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"joren/internal/api"
	"joren/internal/clock"
	"joren/internal/i18n"
	"joren/internal/insight"
)

// room is a page of Insight beside the metrics, with its file and its route.
// Rows are those of the file; route and screen give theirs in the same form.
type room struct {
	path   string
	more   func(r *rand.Rand) url.Values // what the room asks beside the filter
	alone  bool                          // it has no filter
	route  func(f *asker, q url.Values) [][]string
	file   func(row []string) []string                // what the route tells of a row; nil for all
	screen func(f *asker, page string) [][]string     // the rows on screen
	shown  func(f *asker, rows [][]string) [][]string // how the screen must write them
}

func rooms() []room {
	return []room{
		{path: "members", more: anyRanking, route: (*asker).ranking, file: func(row []string) []string { return slices.Delete(slices.Clone(row), 1, 3) }, screen: tableRows("worth"), shown: shownRanking},
		{path: "cohorts", more: anyStep, route: (*asker).cohorts, screen: cohortCells, shown: shownCohorts},
		{path: "map", route: (*asker).recencyMap, screen: mapCells, shown: shownMap},
		{path: "mix", route: (*asker).mix, screen: mixReadings, shown: shownMix},
		{path: "products", alone: true, more: anyProducts, route: (*asker).products, file: func(row []string) []string { return slices.Delete(slices.Clone(row), 23, 24) }, screen: tableRows("products"), shown: shownProducts},
		{path: "due", alone: true, more: anyDue, route: (*asker).due, screen: tableRows("due"), shown: shownDue},
	}
}

// visit asks page, file and route of a room and compares them. It gives how
// many rows the file has, -1 where all three refuse the filter.
func (f *asker) visit(m *room, r *rand.Rand, cut string) int {
	f.t.Helper()
	q := url.Values{}
	if !m.alone {
		q, _ = url.ParseQuery(cut[1:])
	}
	if m.more != nil {
		for k, v := range m.more(r) {
			q[k] = v
		}
	}
	file, csvStatus := f.rows("/insight/" + m.path + "?" + q.Encode() + "&format=csv")
	page, status := f.ask("/insight/"+m.path+"?"+q.Encode(), f.signedIn)
	if csvStatus != status {
		f.t.Fatalf("%s?%s: the file answers %d, the page %d", m.path, q.Encode(), csvStatus, status)
	}
	answer := m.route(f, q)
	if status != 200 {
		if answer != nil {
			f.t.Errorf("%s?%s: the page refuses it, the API does not", m.path, q.Encode())
		}
		return -1
	}
	want := [][]string{}
	for _, row := range file {
		if m.file != nil {
			row = m.file(row)
		}
		want = append(want, row)
	}
	f.same(m.path+"?"+q.Encode()+" from the API", answer, want)
	f.same(m.path+"?"+q.Encode()+" on screen", m.screen(f, string(page)), m.shown(f, file))
	return len(file)
}

func (f *asker) same(what string, got, want [][]string) {
	f.t.Helper()
	if len(got) != len(want) {
		f.t.Errorf("%s: %d rows, the file has %d\n%.1500v\n%.1500v", what, len(got), len(want), got, want)
		return
	}
	for i := range got {
		if !slices.Equal(got[i], want[i]) {
			f.t.Errorf("%s: row %d is %q, in the file %q", what, i, got[i], want[i])
			return
		}
	}
}

// rows are a file's, without its head.
func (f *asker) rows(path string) ([][]string, int) {
	f.t.Helper()
	body, status := f.ask(path, f.signedIn)
	if status != 200 {
		return nil, status
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(body), "\ufeff"))).ReadAll()
	if err != nil {
		f.t.Fatal(path, err)
	}
	return rows[1:], status
}

// told reads an answer of the API; false where it refuses the question.
func (f *asker) told(path string, q url.Values, into any) bool {
	f.t.Helper()
	body, status := f.ask("/v1/insight/"+path+"?"+q.Encode(), f.byKey)
	if status == 422 {
		return false
	}
	if err := json.Unmarshal(body, into); err != nil || status != 200 {
		f.t.Fatalf("%s?%s: %d %v %.300s", path, q.Encode(), status, err, body)
	}
	return true
}

func draw(r *rand.Rand, q url.Values, name string, words ...string) {
	if r.IntN(2) == 0 {
		q.Set(name, words[r.IntN(len(words))])
	}
}

// ordered turns an order of a page into that of a route.
func ordered(q url.Values) url.Values {
	out := url.Values{}
	for k, v := range q {
		out[k] = v
	}
	if key, falling := strings.CutPrefix(q.Get("sort"), "-"); key != "" {
		out.Set("sort", key)
		if !falling {
			out.Set("rising", "true")
		}
	}
	return out
}

func either(r *rand.Rand, sorts ...string) string {
	return []string{"", "-"}[r.IntN(2)] + sorts[r.IntN(len(sorts))]
}

func anyRanking(r *rand.Rand) url.Values {
	q := url.Values{}
	draw(r, q, "sort", either(r, "risk", "value", "score", "money", "last"))
	draw(r, q, "who", "bought", "repeated", "joined", "everyone")
	if r.IntN(3) == 0 {
		draw(r, q, "rhythm", "active", "dormant", "churned")
		draw(r, q, []string{"band", "r", "f"}[r.IntN(3)], "1", "3", "5", "9")
	}
	return q
}

// ranking walks the whole list, sometimes in small pages.
func (f *asker) ranking(q url.Values) [][]string {
	q = ordered(q)
	for page, route := range map[string]string{"r": "recency", "f": "frequency"} {
		if q.Has(page) {
			q.Set(route, q.Get(page))
			q.Del(page)
		}
	}
	q.Set("limit", "13")
	out := [][]string{}
	for {
		var page api.RankingPage
		if !f.told("members", q, &page) {
			return nil
		}
		for _, x := range page.Members {
			row := []string{x.Member, "", "", strconv.Itoa(page.HorizonDays), "", "", "", strconv.FormatInt(x.Bought, 10), strconv.Itoa(x.Days), "", x.Rhythm, x.Why}
			if x.Score != nil {
				row[1], row[2], row[4], row[5], row[6] = strconv.FormatFloat(*x.Score, 'f', 1, 64), maybe(x.Probability), maybe(x.Purchases), maybe(x.Spend), maybe(x.AtRisk)
			}
			if x.LastOn != nil {
				row[9] = x.LastOn.String()
			}
			out = append(out, row)
		}
		if page.Next == nil {
			if len(out) != page.Total {
				f.t.Errorf("members?%s: %d rows in pages, %d in all", q.Encode(), len(out), page.Total)
			}
			return out
		}
		q.Set("after", *page.Next)
	}
}

const onScreen = 25

func shownRanking(f *asker, rows [][]string) [][]string {
	out := [][]string{}
	for _, x := range rows[:min(len(rows), onScreen)] {
		row := []string{x[2], "–", "–", "–", yen(f, x[9]), "–"}
		if x[3] != "" {
			row[1], row[2], row[3] = x[3], yen(f, x[7]), yen(f, x[8])
		}
		if x[11] != "" {
			row[5] = i18n.ShortDay(i18n.EN, clock.MustDay(x[11]))
		}
		out = append(out, row)
	}
	return out
}

func yen(f *asker, s string) string {
	if s == "" {
		return "–"
	}
	return i18n.Money(i18n.EN, "JPY", int64(figure(f, s)))
}

func figure(f *asker, s string) float64 {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		f.t.Fatal(err)
	}
	return v
}

func whole(v int) string { return strconv.Itoa(v) }

func anyStep(r *rand.Rand) url.Values {
	q := url.Values{}
	draw(r, q, "by", "month", "quarter")
	return q
}

func (f *asker) cohorts(q url.Values) [][]string {
	var t api.CohortTable
	if !f.told("cohorts", q, &t) {
		return nil
	}
	out := [][]string{}
	for _, x := range t.Cohorts {
		for k, b := range x.Back {
			out = append(out, []string{x.From.String(), x.To.String(), whole(x.Members), whole(k + 1), b.From.String(), b.To.String(), whole(b.Bought), maybe(b.Share), maybe(b.Low), maybe(b.High)})
		}
	}
	return out
}

func maybe(v *float64) string {
	if v == nil {
		return ""
	}
	return insight.Figure(*v)
}

// cohortCells are the shares on screen, cohort by cohort, with its size; those
// not watched yet have none.
func cohortCells(f *asker, page string) [][]string {
	out := [][]string{}
	for _, row := range tableRows("cohorts")(f, page) {
		cells := slices.DeleteFunc(row[1:], func(s string) bool { return s == "" })
		if len(cells) > 1 {
			out = append(out, cells)
		}
	}
	return out
}

func shownCohorts(f *asker, rows [][]string) [][]string {
	out := [][]string{}
	for _, x := range rows {
		if x[7] == "" {
			continue // of nobody the page says nothing
		}
		if x[3] == "1" {
			out = append(out, []string{x[2]})
		}
		if last := &out[len(out)-1]; len(*last) <= 12 {
			*last = append(*last, whole(int(math.Round(100*figure(f, x[7]))))+"%")
		}
	}
	return out
}

func (f *asker) recencyMap(q url.Values) [][]string {
	var m api.RecencyMap
	if !f.told("map", q, &m) {
		return nil
	}
	out := [][]string{}
	for _, x := range m.Cells {
		out = append(out, []string{whole(x.Recency), whole(x.Frequency), whole(x.Members), strconv.FormatInt(x.Money, 10)})
	}
	return out
}

var mapCell = regexp.MustCompile(`(?s)<td class="heat[^"]*"[^>]*>(.*?)</td>`)

func mapCells(f *asker, page string) [][]string {
	out := [][]string{}
	for _, m := range mapCell.FindAllStringSubmatch(page, -1) {
		out = append(out, []string{strings.Fields(plainText(m[1]))[0]})
	}
	return out
}

func shownMap(f *asker, rows [][]string) [][]string {
	out := [][]string{}
	for recency := insight.Classes; recency > 0; recency-- {
		for _, x := range rows[(recency-1)*insight.Classes : recency*insight.Classes] {
			out = append(out, []string{strings.Replace(x[2], "0", "–", 1)})
			if x[2] != "0" {
				out[len(out)-1][0] = x[2]
			}
		}
	}
	if !slices.ContainsFunc(out, func(row []string) bool { return row[0] != "–" }) {
		return [][]string{} // nobody: there is no map
	}
	return out
}

func (f *asker) mix(q url.Values) [][]string {
	var m api.MixAnswer
	if !f.told("mix", q, &m) {
		return nil
	}
	out := [][]string{}
	for _, x := range m.Shares {
		out = append(out, []string{x.Division, x.Value, whole(x.Members), whole(x.Of)})
	}
	return out
}

var mostAre = regexp.MustCompile(`Most are “[^”]*”: (\d+) of (\d+)|(?:The only one is|All are) “[^”]*” \((\d+)\)`)

// mixReadings are the sentences above the charts: how many the commonest value
// has, of how many.
func mixReadings(f *asker, page string) [][]string {
	out := [][]string{}
	for _, m := range mostAre.FindAllStringSubmatch(html.UnescapeString(regexp.MustCompile(`aria-label="[^"]*"`).ReplaceAllString(page, "")), -1) {
		if m[3] != "" {
			m = []string{"", m[3], m[3]}
		}
		out = append(out, m[1:3])
	}
	return out
}

func shownMix(f *asker, rows [][]string) [][]string {
	out := [][]string{}
	for _, division := range []string{"tier", "join_source", "age", "gender", "area"} {
		most, of := 0, ""
		for _, x := range rows {
			if n := int(figure(f, x[2])); x[0] == division && x[1] != "" && n > most {
				most, of = n, x[3]
			}
		}
		if most > 0 {
			out = append(out, []string{whole(most), of})
		}
	}
	return out
}

func anyProducts(r *rand.Rand) url.Values {
	q := url.Values{}
	draw(r, q, "sort", either(r, insight.ProductSorts...))
	draw(r, q, "category", "coffee", "bread", "drink", "none")
	draw(r, q, "only", "replenished")
	draw(r, q, "q", "a", "ブレンド", "zz")
	return q
}

func (f *asker) products(q url.Values) [][]string {
	var page api.ProductPage
	if !f.told("products", ordered(q), &page) {
		return nil
	}
	share := func(s api.Share) []string {
		if s.Value == nil {
			return []string{"", "", ""}
		}
		return []string{insight.Figure(*s.Value), insight.Figure(*s.Low), insight.Figure(*s.High)}
	}
	out := [][]string{}
	for _, x := range page.Products {
		gaps := "0"
		row := slices.Concat([]string{x.Product, x.Name, x.Category, whole(x.Buyers), whole(x.RepeatBuyers)}, share(x.Again), []string{whole(x.Days), strconv.FormatInt(x.Quantity, 10), strconv.FormatInt(x.Sales, 10)}, share(x.Back))
		if i := x.Interval; i != nil {
			row, gaps = append(row, whole(i.Within), whole(i.Median), whole(i.Low), whole(i.High), whole(i.Quarter), whole(i.ThreeQuarter)), whole(i.Gaps)
		} else {
			row = append(row, make([]string, 6)...)
		}
		missing := ""
		if x.Back.Missing != nil {
			missing = x.Back.Missing.Code
		}
		out = append(out, slices.Concat(row, []string{gaps, strconv.FormatBool(x.Replenished), whole(x.Entry.N)}, share(x.Entry), []string{missing}))
	}
	return out
}

func percent(f *asker, s string) string {
	if s == "" {
		return "–"
	}
	return insight.Percent(figure(f, s))
}

func shownProducts(f *asker, rows [][]string) [][]string {
	out := [][]string{}
	for _, x := range rows[:min(len(rows), onScreen)] {
		interval := "–"
		if x[15] != "" {
			interval = x[15] + " days"
		}
		out = append(out, []string{x[1] + " (" + x[0] + ")", x[3], percent(f, x[5]), x[8], yen(f, x[10]), interval, percent(f, x[24])})
	}
	return out
}

func anyDue(r *rand.Rand) url.Values {
	q := url.Values{}
	draw(r, q, "sort", either(r, "worth", "chance", "on", "times"))
	draw(r, q, "state", "overdue", "soon", "later", "all", "all", "gone")
	draw(r, q, "product", "A", "B")
	return q
}

func (f *asker) due(q url.Values) [][]string {
	var page api.DuePage
	if !f.told("due", ordered(q), &page) {
		return nil
	}
	out := [][]string{}
	for _, x := range page.Due {
		out = append(out, []string{x.Member, x.Product, x.Name, x.State, x.On.String(), x.Last.String(), whole(x.Times), insight.Figure(x.Interval), insight.Figure(x.Own), insight.Figure(x.Chance), strconv.FormatInt(x.Amount, 10), insight.Figure(x.Worth)})
	}
	return out
}

var dueState = map[string]string{"overdue": "Overdue", "soon": "Due soon", "later": "Later"}

func shownDue(f *asker, rows [][]string) [][]string {
	out := [][]string{}
	for _, x := range rows[:min(len(rows), onScreen)] {
		out = append(out, []string{f.names[x[0]], x[2], dueState[x[3]], i18n.ShortDay(i18n.EN, clock.MustDay(x[4])), x[6], whole(int(figure(f, x[7]) + 0.5)), percent(f, x[9]), yen(f, x[11])})
	}
	return out
}

var tableCell = regexp.MustCompile(`(?s)<t[dh]\b[^>]*>(.*?)</t[dh]>`)

func plainText(s string) string {
	return strings.TrimSpace(html.UnescapeString(anyTag.ReplaceAllString(s, " ")))
}

// tableRows gives the texts of a table's cells; what stands under a figure is
// left out. The last column of the ranking is words of its own.
func tableRows(id string) func(f *asker, page string) [][]string {
	under := regexp.MustCompile(`(?s)<span class="under[^"]*">.*?</span>`)
	return func(f *asker, page string) [][]string {
		out := [][]string{}
		at := strings.Index(page, fmt.Sprintf("id=%q", id))
		if at < 0 {
			return out
		}
		page = page[at:]
		_, body, _ := strings.Cut(page, "<tbody")
		body, _, _ = strings.Cut(body, "</tbody>")
		for _, tr := range strings.Split(body, "</tr>") {
			var row []string
			for _, m := range tableCell.FindAllStringSubmatch(tr, -1) {
				row = append(row, plainText(under.ReplaceAllString(m[1], "")))
			}
			if id == "worth" && len(row) > 6 {
				row = row[:6]
			}
			if row != nil {
				out = append(out, row)
			}
		}
		return out
	}
}
