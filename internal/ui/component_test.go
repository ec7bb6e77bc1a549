package ui

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"joren/internal/fault"
	"joren/internal/i18n"
)

func TestAFieldShowsItsLabelMarkHintAndError(t *testing.T) {
	p := render(t, i18n.JA, Input(Field{Name: "points", Label: "ポイント", Hint: "整数", Error: "整数で入力してください。", Required: true, Value: `"><b>`}))
	p.has(1, "label[for=f-points]", "input#f-points[name=points][required][aria-invalid=true]", "input[aria-describedby=f-points-hint f-points-error]", "p#f-points-error.error", "p#f-points-hint.hint", "div.field.wrong")
	p.has(0, "b", "input[readonly]")
	p.says("※必須")
	if v := p.find("input")[0].attrs["value"]; v != `"><b>` {
		t.Errorf("the value is %q", v)
	}
}

func TestTheSummarySaysTheSameWordsAsTheFieldAndLeadsThere(t *testing.T) {
	err := fault.New(fault.Invalid, "shop.invalid").With(fault.At("zone", "shop.zone_unknown"))
	f := NewForm(i18n.EN, url.Values{"zone": {"Mars"}}, err)
	field := f.Field("zone", "Time zone")
	if field.Error == "" || field.Value != "Mars" || field.Error != f.Errors[0].Text {
		t.Errorf("field %+v, summary %+v", field, f.Errors)
	}
	p := render(t, i18n.EN, ErrorSummary(f.Errors))
	p.has(1, "div.error-summary[role=alert][tabindex=-1]", "a[href=#f-zone]")
	p.says("Please check 1 thing", field.Error)
	render(t, i18n.EN, ErrorSummary(nil)).has(0, "div")
}

func TestAFaultOfTheWholeFormStandsInTheSummaryWithoutALink(t *testing.T) {
	f := NewForm(i18n.JA, nil, fault.New(fault.Unauthenticated, "session.wrong"))
	p := render(t, i18n.JA, ErrorSummary(f.Errors))
	p.has(0, "a")
	p.says("ログイン名またはパスワードが違います。")
	if g := NewForm(i18n.JA, nil, errors.New("disk on fire")); strings.Contains(g.Errors[0].Text, "disk") {
		t.Errorf("an inner error is shown: %q", g.Errors[0].Text)
	}
}

func TestChoicesKeepWhatWasSent(t *testing.T) {
	f := Form{Values: url.Values{"kind": {"b"}}}
	p := render(t, i18n.EN, Radios(f.Choice("kind", "Kind", Option{Value: "a", Label: "A", On: true}, Option{Value: "b", Label: "B"})))
	p.has(1, "legend", "input[type=radio][value=b][checked]")
	p.has(0, "input[value=a][checked]")
	fresh := render(t, i18n.EN, Checks(Form{}.Choice("kind", "Kind", Option{Value: "a", Label: "A", On: true})))
	fresh.has(1, "input[type=checkbox][value=a][checked]")
}

func spec() ListSpec {
	return ListSpec{Sorts: []string{"name", "points"}, Sort: "-points", Filters: []string{"q", "rank"}}
}

func TestATablesStateStandsInItsAddress(t *testing.T) {
	u, _ := url.Parse("/members?q=山田&sort=name&after=xyz&bogus=1&rank=gold&size=20")
	l := ParseList(u, spec())
	if l.Sort != "name" || l.Desc || l.After != "xyz" || l.Size != 20 || l.Get("q") != "山田" || l.Get("bogus") != "" {
		t.Errorf("%+v", l)
	}
	again, _ := url.Parse(l.URL("after", "xyz", "size", "20"))
	if m := ParseList(again, spec()); m.URL("after", "xyz") != l.URL("after", "xyz") || m.After != "xyz" {
		t.Errorf("%s became %s", l.URL(), m.URL())
	}
	for got, want := range map[string]string{
		l.SortURL("name"):   "/members?q=%E5%B1%B1%E7%94%B0&rank=gold&sort=-name",
		l.SortURL("points"): "/members?q=%E5%B1%B1%E7%94%B0&rank=gold&sort=points",
		l.Clear():           "/members?sort=name",
		l.CSVURL():          "/members?format=csv&q=%E5%B1%B1%E7%94%B0&rank=gold&sort=name",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestAnUnknownOrderOrSizeFallsBack(t *testing.T) {
	u, _ := url.Parse("/m?sort=-password&size=100000")
	if l := ParseList(u, spec()); l.Sort != "points" || !l.Desc || l.Size != 50 {
		t.Errorf("%+v", l)
	}
}

func TestATableSortsPagesSelectsAndScrollsByItself(t *testing.T) {
	u, _ := url.Parse("/m?sort=-points")
	p := render(t, i18n.JA, DataTable(Table{ID: "m", Caption: "会員", List: ParseList(u, spec()), CSV: true,
		Columns: []Column{{Key: "name", Label: "氏名"}, {Key: "points", Label: "ポイント", Num: true}},
		Rows:    []Row{{ID: "1", Name: "山田", Cells: []templ.Component{To("/m/1", "山田"), Number(1234567)}}},
		Pager:   Pager{Next: "c2", Shown: 1, Total: 2000}, Bulk: &Bulk{Action: "/m/bulk", Buttons: []Button{{Label: "付与", Name: "do", Value: "give"}}}}))
	p.has(1, "div.scroller[tabindex=0]", "th.num[aria-sort=descending]", "td.num", "a[rel=next][href=/m?after=c2&sort=-points]",
		"input[type=checkbox][value=1][aria-label=山田を選ぶ]", "a[download][href=/m?format=csv&sort=-points]", "button[name=do]", "form[method=post][action=/m/bulk]")
	p.has(0, "a[rel=prev]")
	p.says("1,234,567", "2,000件中1件を表示")
}

func TestARowNamesItsValuesForANarrowScreen(t *testing.T) {
	list := Table{ID: "m", Caption: "Members", Columns: []Column{{Label: "Name"}, {Label: "Points", Num: true}, {Label: "Unit", Minor: true}, {Label: "Act"}},
		Rows: []Row{{Cells: []templ.Component{Text("Hana"), Text("12"), Text("p"), Text("")}}}}
	p := render(t, i18n.EN, DataTable(list))
	p.has(1, "div.cards", "table[role=table]", "td[role=cell][data-label=Points]", "td.minor[data-label=Unit]", "td.minor[data-label=Act]")
	p.has(4, "th[role=columnheader]")
	p.has(0, "td[data-label=Name]", "div.matrix", "tr[data-sort]", "p.swipe")
	list.Matrix, list.Columns[0].Key = true, "name"
	p = render(t, i18n.EN, DataTable(list))
	p.has(1, "div.matrix", "th[role=rowheader][scope=row]", "p.swipe[aria-hidden=true]", "tr[data-sort]", "th.sorts")
	p.has(0, "div.cards")
	few := Table{ID: "m", Columns: list.Columns[:2], Rows: []Row{{Cells: []templ.Component{Text("Hana"), Text("12")}}}}
	render(t, i18n.EN, DataTable(few)).has(0, "div.cards")
	few.Cards, few.Columns[0].Named = true, true
	render(t, i18n.EN, DataTable(few)).has(1, "div.cards", "td[data-label=Name]")
}

func TestAnAxisSaysFractionsOnlyWhereThereAreAny(t *testing.T) {
	c := Chart{Format: func(v int64) string { return fmt.Sprintf("£%d.%02d", v/100, v%100) }}
	if got := strings.Join(c.axis([]float64{0, 5000, 10000}), " "); got != "£0 £50 £100" {
		t.Error(got)
	}
	if got := strings.Join(c.axis([]float64{0, 50, 100}), " "); got != "£0.00 £0.50 £1.00" {
		t.Error(got)
	}
}

func TestATableWithoutRowsShowsOneSentenceAndOneButton(t *testing.T) {
	p := render(t, i18n.EN, DataTable(Table{ID: "m", Empty: Empty("Nobody yet.", &Button{Label: "Import", Href: "/import"})}))
	p.has(1, "div.empty", "a.button.primary[href=/import]")
	p.has(0, "table")
}

func TestEveryNumberLeadsToItsRows(t *testing.T) {
	p := render(t, i18n.EN, Tiles(NumberTile{Label: "Members", Value: "12", Href: "/members", Trend: []int64{1, 2, 2}}))
	p.has(1, "a.tile[href=/members]", "svg.spark[aria-hidden=true]")
}

func TestAChartReadsAsASentenceAPictureAndATable(t *testing.T) {
	c := Chart{ID: "c", Title: "T", Reading: "It rose.", Kind: Line, XName: "Month", X: []string{"Jan", "Feb", "Mar"},
		Series: []Series{{Name: "Given", Values: []int64{10, NoValue, 30}, Hrefs: []string{"/a"}}, {Name: "Used", Values: []int64{-5, 0, 5}}}}
	p := render(t, i18n.EN, ChartFrame(c))
	p.has(2, "svg[role=img][aria-label=It rose.]")
	p.has(3, "th[scope=row]")
	p.has(1, "a[href=/a]", "details", "figure[aria-labelledby=c-title]")
	p.says("–", "Given", "−5")
}

func TestAChartsAxisHoldsZeroAndEveryValueInWholeSteps(t *testing.T) {
	for _, v := range [][2]float64{{0, 1}, {0, 7}, {0, 12400}, {-5, 30}, {0, 0}, {-3, 0}, {0, 9e15}} {
		lo, hi, step := scale(v[0], v[1], 4)
		if lo > v[0] || hi < v[1] || lo > 0 || hi < 0 || step < 1 || (hi-lo)/step > 8 || hi == lo {
			t.Errorf("%v: %v to %v in steps of %v", v, lo, hi, step)
		}
	}
}

func TestALineBreaksWhereAValueIsMissing(t *testing.T) {
	p := layout(Chart{X: []string{"a", "b", "c", "d"}, Series: []Series{{Values: []int64{1, 2, NoValue, 4}}}}, 100, 100)
	if got := p.paths(p.c.Series[0]); len(got) != 2 || !strings.HasPrefix(got[1], "M") {
		t.Errorf("paths %q", got)
	}
}

func TestASparklineOfFewerThanTwoValuesIsNone(t *testing.T) {
	for _, few := range [][]int64{nil, {}, {7}} {
		render(t, i18n.JA, Sparkline(few)).has(0, "svg")
	}
	p := render(t, i18n.JA, Sparkline([]int64{3, 3, 9}))
	p.has(1, "svg.spark[aria-hidden=true]")
	if d := p.find("path")[0].attrs["d"]; d != "M2 22L48 22L94 2" {
		t.Errorf("path %q", d)
	}
}

func TestAnEditorMarksTheLinesThatAreWrong(t *testing.T) {
	p := render(t, i18n.EN, Editor(Source{Name: "yaml", Label: "Programme", Text: "a\nb\nc", Marks: []Mark{{2, "No such key."}}}))
	p.has(1, "span.wrong", "a[data-line=2][href=#f-yaml]", "textarea#f-yaml[aria-invalid=true][aria-describedby=f-yaml-error]")
	p.says("Line 2", "No such key.")
}

func TestADiffShowsWhatWasAddedAndRemoved(t *testing.T) {
	var got []string
	for _, l := range Lines("a\nb\nc\n", "a\nc\nd\n") {
		got = append(got, string(rune(l.Op))+l.Text)
	}
	if strings.Join(got, "|") != " a|-b| c|+d" {
		t.Errorf("%q", got)
	}
	if n := len(Lines("", "")); n != 0 {
		t.Errorf("%d lines of nothing", n)
	}
	render(t, i18n.EN, Diff("d", Lines("a", "b"))).has(1, "tr.added", "tr.removed")
}

func TestAnErrorPagesTitleStartsWithTheWord(t *testing.T) {
	p := render(t, i18n.JA, Page(Meta{Title: "会員登録", Errors: []FieldError{{"name", "名前を入力してください。"}}}))
	p.has(1, "h1", "main#main", "a.skip[href=#main]", "title")
	if title := p.find("title")[0].text; !strings.HasPrefix(title, "エラー：会員登録") {
		t.Errorf("title %q", title)
	}
}

func TestTheRailShowsOnlyWordsWithPages(t *testing.T) {
	ctx := With(context.Background(), View{Lang: i18n.EN, Rail: []RailItem{{Members, "/members"}}})
	var b strings.Builder
	if err := rail(Members).Render(ctx, &b); err != nil {
		t.Fatal(err)
	}
	if s := b.String(); strings.Count(s, `aria-current="page"`) != 2 || strings.Contains(s, "Campaigns") {
		t.Errorf("rail %s", s) // twice: the fold of narrow screens and the column
	}
}

func TestNothingInlineIsEverRendered(t *testing.T) {
	r := httptest.NewRequest("GET", "/_components?dialog=adjust", nil)
	for _, l := range []i18n.Lang{i18n.JA, i18n.EN} {
		w := httptest.NewRecorder()
		if err := Components(w, r.WithContext(With(r.Context(), View{Lang: l}))); err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{"<style", " style=", "<script>", " onclick", " onload", "javascript:", "[ui."} {
			if strings.Contains(w.Body.String(), bad) {
				t.Errorf("%s: the page carries %q", l, bad)
			}
		}
	}
}

func TestAFlashIsShownOnceInTheReadersLanguage(t *testing.T) {
	w := httptest.NewRecorder()
	Flash(w, "good", "session.invite_lead", "name", "<Ken>")
	r := httptest.NewRequest("GET", "/", nil)
	r.AddCookie(w.Result().Cookies()[0])
	n := ReadFlash(r, i18n.EN)
	if n == nil || n.Text != "Welcome, <Ken>. Choose a password to begin." {
		t.Fatalf("flash %+v", n)
	}
	w = httptest.NewRecorder()
	ctx := With(r.Context(), View{Lang: i18n.EN, Flash: n})
	if err := Render(w, r.WithContext(ctx), 200, Page(Meta{Title: "x"})); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(w.Body.String(), "Welcome, &lt;Ken&gt;") || !strings.Contains(w.Header().Get("Set-Cookie"), "flash=;") {
		t.Errorf("cookie %q", w.Header().Get("Set-Cookie"))
	}
	bad := httptest.NewRequest("GET", "/", nil)
	bad.Header.Set("Cookie", "flash=%%%")
	if ReadFlash(bad, i18n.JA) != nil {
		t.Error("a broken flash was shown")
	}
}
