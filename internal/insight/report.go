package insight

import (
	"fmt"
	"strings"

	"joren/internal/i18n"
	"joren/internal/stats"
)

// SampleText says how many members the score was learned from; "" where it was
// all of them.
func (r *Reading) SampleText(l i18n.Lang) string {
	if r.Score == nil || r.Score.Learned == r.Score.Of {
		return ""
	}
	return i18n.T(l, "insight.sampled", "n", r.Score.Learned, "of", r.Score.Of)
}

// FitText is what the models found, as a table for a terminal.
func (r *Reading) FitText(l i18n.Lang) string {
	var out strings.Builder
	repeat := 0
	for _, x := range r.sum.X {
		if x > 0 {
			repeat++
		}
	}
	fmt.Fprintln(&out, i18n.T(l, "insight.fit.heading", "first", r.First, "last", r.Day, "n", len(r.sum.Who), "repeat", repeat))
	rows := [][]string{{i18n.T(l, "insight.fit.model"), i18n.T(l, "insight.fit.params"), i18n.T(l, "insight.fit.loglik"), i18n.T(l, "insight.fit.dropout")}}
	for _, f := range r.Score.Fits.All() {
		rows = append(rows, FitCells(l, f))
	}
	out.WriteString(aligned(rows))
	if s := r.SampleText(l); s != "" {
		fmt.Fprintln(&out, s)
	}
	for _, name := range []string{"nbd", "bgnbd", "mbgnbd", "paretonbd"} {
		if err := r.Score.Fits.Failed[name]; err != nil {
			fmt.Fprintf(&out, "%s: %s\n", ModelName(l, name), explain(l, err))
		}
	}
	if !r.Score.Fits.DropoutSeen() {
		fmt.Fprintln(&out, i18n.T(l, "insight.no_dropout"))
	}
	for _, line := range ChoiceText(l, r.Score.Choice, r.Score.Model.Name()) {
		fmt.Fprintln(&out, line)
	}
	fmt.Fprintln(&out, r.SpendText(l))
	return out.String()
}

// paramNames are what the literature calls the parameters of a model.
var paramNames = map[string][]string{
	"nbd": {"r", "α"}, "bgnbd": {"r", "α", "a", "b"}, "mbgnbd": {"r", "α", "a", "b"}, "paretonbd": {"r", "α", "s", "β"},
}

// FitCells are a model's name, parameters, log-likelihood and the test
// whether dropout is seen.
func FitCells(l i18n.Lang, f *stats.Fit) []string {
	var params []string
	for i, v := range f.Model.Params() {
		params = append(params, paramNames[f.Model.Name()][i]+"="+fmt.Sprintf("%.4g", v))
	}
	p := "–"
	if f.Model.Name() != "nbd" {
		p = decimals(f.Dropout.P, 4)
	}
	return []string{ModelName(l, f.Model.Name()), strings.Join(params, " "), decimals(f.LogLik, 2), p}
}

// SpendText says what is known of spend.
func (r *Reading) SpendText(l i18n.Lang) string {
	s := r.Score.Spend
	if s == nil {
		return i18n.T(l, "insight.fit.no_spend", "why", explain(l, r.Score.NoSpend))
	}
	return i18n.T(l, "insight.fit.spend", "p", decimals(s.P, 3), "q", decimals(s.Q, 3), "v", decimals(s.V, 1), "n", s.Customers, "link", decimals(s.Link, 2))
}
