package console

import (
	"fmt"
	"math"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"joren/internal/clock"
	"joren/internal/i18n"
	"joren/internal/insight"
	"joren/internal/ui"
)

// modelPage says which model speaks, how well it has done, and what it cannot
// know.
type modelPage struct {
	cut
	r       *insight.Reading
	b       *insight.Backtest // nil while the first is made
	on      clock.Day         // when b was made; the next one is under way if that is not the reading's
	missing *ui.Notice        // why there is no model
	untried *ui.Notice        // why there is no back-test
}

func (c *Console) insightModel(w http.ResponseWriter, r *http.Request) error {
	var p modelPage
	var err error
	if p.cut, err = c.cut(r, cutList(ui.ListSpec{})); err != nil {
		return err
	}
	p.unseen()
	if p.r, err = c.Insight.Reading(r.Context()); err != nil {
		return c.insightNotYet(w, r, unready{s: p.s, at: "/model", q: p.question}, err)
	}
	if p.missing = p.s.notEnough(p.r.Missing); p.missing == nil {
		p.b, p.on, err = c.Insight.Tried(r.Context())
		p.untried = p.s.notEnough(err)
		if p.untried == nil && p.on != p.r.Day {
			again(w)
		}
	}
	return ui.Render(w, r, p.status(), modelView(p))
}

// textCells are a row's texts; a file's hyphen before a figure is a minus here.
func textCells(row []string) []templ.Component {
	out := make([]templ.Component, len(row))
	for i, c := range row {
		if rest, less := strings.CutPrefix(c, "-"); less {
			c = "−" + rest
		}
		out[i] = ui.Text(c)
	}
	return out
}

func (p modelPage) fits() ui.Table {
	s := p.s
	t := ui.Table{ID: "fits", Caption: s.t("insight.fits"), Columns: []ui.Column{{Label: s.t("insight.fit.model")}, {Label: s.t("insight.fit.params"), Num: true}, {Label: s.t("insight.fit.loglik"), Num: true}, {Label: s.t("insight.fit.dropout"), Num: true}}}
	for _, f := range p.r.Score.Fits.All() {
		t.Rows = append(t.Rows, ui.Row{Cells: textCells(insight.FitCells(s.lang, f))})
	}
	return t
}

func (p modelPage) trials() ui.Table {
	t := ui.Table{ID: "trials", Caption: p.s.t("insight.trials"), Tight: true, Matrix: true}
	for i, h := range insight.Head(p.s.lang) {
		t.Columns = append(t.Columns, ui.Column{Label: h, Num: i > 0})
	}
	for _, x := range p.b.Rows {
		t.Rows = append(t.Rows, ui.Row{Cells: textCells(x.Cells(p.s.lang))})
	}
	return t
}

// calibration draws what was said beside what came, in tenths of a percent.
func (p modelPage) calibration() ui.Chart {
	s := p.s
	ch := ui.Chart{SayX: true, ID: "calibration", Title: s.t("insight.calibration"), Kind: ui.Line, XName: s.t("insight.said_bin"),
		Series: []ui.Series{{Name: s.t("insight.said")}, {Name: s.t("insight.came")}}, Format: func(v int64) string { return insight.Percent(float64(v) / 1000) }}
	for _, b := range p.b.Bins {
		said, came, low, high := int64(ui.NoValue), int64(ui.NoValue), int64(ui.NoValue), int64(ui.NoValue)
		if l, h, ok := b.Range(); ok {
			said, came, low, high = thousandths(b.Said), thousandths(b.Came), thousandths(l), thousandths(h)
		}
		ch.X = append(ch.X, fmt.Sprintf("%.0f–%.0f%%", 100*b.From, 100*b.To))
		ch.Series[0].Values, ch.Series[1].Values = append(ch.Series[0].Values, said), append(ch.Series[1].Values, came)
		ch.Series[1].Low, ch.Series[1].High = append(ch.Series[1].Low, low), append(ch.Series[1].High, high)
	}
	t, _ := p.b.Row(insight.ScoreName)
	ch.Reading = s.t("insight.calibration_says", "off", strings.TrimSuffix(insight.Percent(t.Calibration), "%"), "n", p.b.Customers)
	return ch
}

// course draws what the back-test expected and what came, adding up week by
// week.
func (p modelPage) course() ui.Chart {
	s := p.s
	ch := ui.Chart{ID: "course", Title: s.t("insight.course"), Kind: ui.Line, XName: s.t("insight.until"), Series: []ui.Series{{Name: s.t("insight.forecast")}, {Name: s.t("insight.actual")}}}
	for _, x := range p.b.Course {
		ch.X = append(ch.X, i18n.DayOfYear(s.lang, x.Day))
		ch.Series[0].Values, ch.Series[1].Values = append(ch.Series[0].Values, int64(math.Round(x.Expected))), append(ch.Series[1].Values, int64(math.Round(x.Actual)))
	}
	if n := len(p.b.Course); n > 0 {
		last := p.b.Course[n-1]
		ch.Reading = s.t("insight.course_says", "model", insight.ModelName(s.lang, p.b.Chosen), "days", p.b.Horizon, "expected", i18n.Number(int64(math.Round(last.Expected))), "actual", i18n.Number(int64(math.Round(last.Actual))))
	}
	return ch
}

func thousandths(v float64) int64 { return int64(math.Round(1000 * v)) }

// expected draws expected and actual purchases by repeats so far, in
// hundredths of a purchase.
func (p modelPage) expected() ui.Chart {
	s := p.s
	ch := ui.Chart{SayX: true, ID: "expected", Title: s.t("insight.expected"), Kind: ui.Bar, XName: s.t("insight.repeats"),
		Series: []ui.Series{{Name: s.t("insight.forecast")}, {Name: s.t("insight.actual")}}, Format: func(v int64) string { return fmt.Sprintf("%.2f", float64(v)/100) }}
	for k, x := range p.b.Counts {
		label := fmt.Sprint(x.Repeats)
		if k == len(p.b.Counts)-1 {
			label += "+"
		}
		ch.X = append(ch.X, label)
		ch.Series[0].Values, ch.Series[1].Values = append(ch.Series[0].Values, int64(math.Round(100*x.Expected))), append(ch.Series[1].Values, int64(math.Round(100*x.Actual)))
	}
	t, _ := p.b.Row(insight.ScoreName)
	way, off := "insight.expected_low", -t.Excess
	if t.Excess >= 0 {
		way, off = "insight.expected_high", t.Excess
	}
	if ch.Reading = s.t(way, "off", insight.Percent(off), "days", p.b.Horizon); t.NoTotal != nil {
		ch.Reading = s.t("insight.expected_none", "days", p.b.Horizon)
	}
	return ch
}

// limits are what the data cannot tell, each in a sentence.
func (p modelPage) limits() []string {
	s := p.s
	out := []string{s.t("insight.limit.left_cut", "first", p.r.First)}
	if !p.r.Score.Fits.DropoutSeen() {
		out = append(out, s.t("insight.no_dropout"))
	}
	out = append(out, s.t("insight.limit.season"), s.t("insight.limit.parts"))
	if p.b != nil {
		out = append(out, p.b.Untold(s.lang)...)
	}
	if p.r.Score.Spend == nil {
		out = append(out, p.r.SpendText(s.lang))
	}
	return out
}

func (p modelPage) modelName() string { return insight.ModelName(p.s.lang, p.r.Score.Model.Name()) }
