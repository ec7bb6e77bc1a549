package insight

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"joren/internal/i18n"
	"joren/internal/text"
)

// decimals writes a finite figure for people, a minus as −; what is none is a
// dash. Files have Figure.
func decimals(v float64, n int) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "–"
	}
	s := strconv.FormatFloat(v, 'f', n, 64)
	if strings.Trim(s, "-0.") == "" {
		return strings.TrimPrefix(s, "-")
	}
	return strings.Replace(s, "-", "−", 1)
}

// signedPercent is a share as +1.2%.
func signedPercent(v float64) string {
	s := decimals(100*v, 1)
	if !strings.HasPrefix(s, "−") && s != "–" {
		s = "+" + s
	}
	return s + "%"
}

var tableHead = []string{"insight.col.model", "insight.col.auc", "insight.col.lift", "insight.col.ece", "insight.col.log_loss",
	"insight.col.mae", "insight.col.rmse", "insight.col.total", "insight.col.gini", "insight.col.money"}

// Head names the columns of Cells.
func Head(l i18n.Lang) []string {
	out := make([]string, len(tableHead))
	for i, k := range tableHead {
		out[i] = i18n.T(l, k)
	}
	return out
}

// orDash is a figure, or a dash where there is a reason against it.
func orDash(no error, figure string) string {
	if no != nil {
		return "–"
	}
	return figure
}

// Cells are the figures of a trial, with its name first; what cannot be told is
// a dash.
func (t Trial) Cells(l i18n.Lang) []string {
	return []string{ModelName(l, t.Name), orDash(t.NoRanking, decimals(t.AUC, 4)), orDash(t.NoRanking, decimals(t.Lift, 2)), decimals(t.Calibration, 3), decimals(t.LogLoss, 3),
		decimals(t.MAE, 3), decimals(t.RMSE, 3), orDash(t.NoTotal, signedPercent(t.Excess)), orDash(t.NoSpend, decimals(t.MoneyGini, 3)), orDash(t.NoSpend, signedPercent(t.MoneyExcess))}
}

// ModelName is a model as people call it.
func ModelName(l i18n.Lang, name string) string {
	if i18n.Has("insight.model." + name) {
		return i18n.T(l, "insight.model."+name)
	}
	return name
}

// Text is the back-test as a table for a terminal.
func (b *Backtest) Text(l i18n.Lang) string {
	var out strings.Builder
	fmt.Fprintln(&out, i18n.T(l, "insight.backtest.heading", "first", b.First, "split", b.Split, "until", b.Until, "days", b.Horizon))
	fmt.Fprintln(&out, i18n.T(l, "insight.backtest.base", "n", b.Customers, "share", decimals(100*b.Base, 1)))
	if !b.DropoutSeen {
		fmt.Fprintln(&out, i18n.T(l, "insight.no_dropout"))
	}
	rows := [][]string{Head(l)}
	for _, t := range b.Rows {
		rows = append(rows, t.Cells(l))
	}
	out.WriteString(aligned(rows))
	for _, line := range append(ChoiceText(l, b.Choice, b.Chosen), b.LeadText(l)) {
		fmt.Fprintln(&out, line)
	}
	for _, why := range b.Untold(l) {
		fmt.Fprintln(&out, why)
	}
	return out.String()
}

// Untold says why figures of the table are missing. The reasons lie in what
// came, so they are the same for every row.
func (b *Backtest) Untold(l i18n.Lang) (out []string) {
	for i := range b.Rows {
		for _, err := range b.Rows[i].Missing() {
			if why := explain(l, err); !slices.Contains(out, why) {
				out = append(out, why)
			}
		}
	}
	return out
}

// aligned lays rows out in columns; full-width characters take two places.
func aligned(rows [][]string) string {
	wide := make([]int, len(rows[0]))
	for _, r := range rows {
		for j, c := range r {
			wide[j] = max(wide[j], text.Width(c))
		}
	}
	var out strings.Builder
	for _, r := range rows {
		for j, c := range r {
			pad := strings.Repeat(" ", wide[j]-text.Width(c))
			if j == 0 {
				out.WriteString(c + pad)
			} else {
				out.WriteString("  " + pad + c)
			}
		}
		out.WriteByte('\n')
	}
	return out.String()
}
