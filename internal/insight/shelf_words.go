package insight

import (
	"fmt"
	"strconv"
	"strings"

	"joren/internal/clock"
	"joren/internal/i18n"
	"joren/internal/ident"
	"joren/internal/stats"
	"joren/internal/text"
)

// ShareText is a share with its interval: 36.8% (33.6–40.1).
func ShareText(iv stats.Interval, missing error) string {
	if missing != nil {
		return "–"
	}
	return Percent(iv.Value) + " (" + decimals(100*iv.Low, 1) + "–" + decimals(100*iv.High, 1) + ")"
}

// UsualText is a product's own interval with that of the median, in days.
func (p *Product) UsualText(l i18n.Lang) string {
	if p.NoReturn != nil {
		return "–"
	}
	return i18n.T(l, "insight.usual_days", "days", p.Return.Median, "low", p.Return.Low, "high", p.Return.High)
}

// LiftText is a lift with its interval.
func LiftText(iv stats.Interval) string {
	return decimals(iv.Value, 1) + " (" + decimals(iv.Low, 1) + "–" + decimals(iv.High, 1) + ")"
}

// Title is a product's name and code, once where they are the same.
func (p *Product) Title() string {
	if p.Name == p.Code {
		return p.Code
	}
	return p.Name + " (" + p.Code + ")"
}

// Word names a state.
func (d DueState) Word(l i18n.Lang) string { return i18n.T(l, "insight.due."+d.String()) }

// ProductTable is products as rows under a head: figures unrounded, as the API
// has them.
func ProductTable(list []*Product) [][]string {
	out := [][]string{{"product", "name", "category", "buyers", "repeat_buyers", "repeat_share", "repeat_low", "repeat_high", "customer_days", "quantity", "sales",
		"back_share", "back_low", "back_high", "back_within_days", "interval_days", "interval_low", "interval_high", "quarter_days", "three_quarters_days", "gaps",
		"replenished", "first_purchases", "second_after", "entry_share", "entry_low", "entry_high", "missing"}}
	for _, p := range list {
		row := []string{p.Code, p.Name, p.Category, strconv.Itoa(p.Buyers), strconv.Itoa(p.Repeaters), Figure(p.Again.Value), Figure(p.Again.Low), Figure(p.Again.High),
			strconv.Itoa(p.Days), strconv.FormatInt(p.Quantity, 10), strconv.FormatInt(p.Sales, 10)}
		r := p.Return
		if p.NoReturn == nil {
			row = append(row, Figure(r.Share.Value), Figure(r.Share.Low), Figure(r.Share.High), strconv.Itoa(r.Within),
				strconv.Itoa(r.Median), strconv.Itoa(r.Low), strconv.Itoa(r.High), strconv.Itoa(r.Quarter), strconv.Itoa(r.Late))
		} else {
			row = append(row, make([]string, 9)...)
		}
		row = append(row, strconv.Itoa(r.Gaps), strconv.FormatBool(p.Replenished), strconv.Itoa(p.Firsts), strconv.Itoa(p.Seconds))
		if p.NoEntry == nil {
			row = append(row, Figure(p.Entry.Value), Figure(p.Entry.Low), Figure(p.Entry.High))
		} else {
			row = append(row, "", "", "")
		}
		out = append(out, append(row, codeOf(Why(p.NoReturn))))
	}
	return out
}

// PairTable is pairs as rows under a head.
func (s *Shelf) PairTable(list []Pair) [][]string {
	out := [][]string{{"product", "name", "with", "with_name", "days_together", "days", "with_days", "all_days", "members", "support", "confidence", "lift", "lift_low", "lift_high", "extra_days", "chance"}}
	for _, p := range list {
		a, b := &s.Products[p.First], &s.Products[p.Second]
		out = append(out, []string{a.Code, a.Name, b.Code, b.Name, strconv.Itoa(p.Count.Both), strconv.Itoa(p.Count.First), strconv.Itoa(p.Count.Second), strconv.Itoa(p.Count.All),
			strconv.Itoa(p.Members), Figure(p.Support()), Figure(p.Count.Confidence()), Figure(p.Lift.Value), Figure(p.Lift.Low), Figure(p.Lift.High), Figure(p.Extra), Figure(p.Chance)})
	}
	return out
}

// Support is the share of baskets that hold both.
func (p Pair) Support() float64 {
	if p.Count.All == 0 {
		return 0
	}
	return float64(p.Count.Both) / float64(p.Count.All)
}

// DueHead and Cells are who is due as a row of a file.
var DueHead = []string{"member", "product", "name", "state", "due_on", "last_on", "times", "interval_days", "own_weight", "chance", "usual_amount", "worth"}

// Cells are the row's figures, unrounded.
func (a Awaited) Cells() []string {
	return []string{ident.Member.Text(a.Who), a.Product.Code, a.Product.Name, a.State.String(), a.On.String(), a.Last.String(), strconv.Itoa(a.Times),
		Figure(a.Interval), Figure(a.Own), Figure(a.Chance), strconv.FormatInt(a.Amount, 10), Figure(a.Worth())}
}

// DueIn says how far away a day is: "in 3 days", "5 days ago", "today".
func DueIn(l i18n.Lang, on, today clock.Day) string {
	switch n := int(on - today); {
	case n > 0:
		return i18n.T(l, "insight.due.in", "days", n)
	case n < 0:
		return i18n.T(l, "insight.due.ago", "days", -n)
	}
	return i18n.T(l, "insight.due.today")
}

// TrialHead names the columns of DueRow.Cells.
func TrialHead(l i18n.Lang) []string {
	out := make([]string, 0, 6)
	for _, k := range []string{"who", "n", "bought", "share", "said", "lift"} {
		out = append(out, i18n.T(l, "insight.due_trial."+k))
	}
	return out
}

// Cells are the row as people read it.
func (r DueRow) Cells(l i18n.Lang) []string {
	name := i18n.T(l, "insight.due_trial.row."+r.Name)
	if r.Missing != nil {
		return []string{name, "0", "0", "–", "–", "–"}
	}
	return []string{name, i18n.Number(int64(r.N)), i18n.Number(int64(r.Hits)), ShareText(r.Share, nil), Percent(r.Said), decimals(r.Lift, 2)}
}

// Says is the trial in a sentence.
func (t *DueTrial) Says(l i18n.Lang) string {
	list, chance := t.Row(TrialList), t.Row(TrialChance)
	if list.Missing != nil {
		return i18n.T(l, "insight.due_trial.nobody", "split", t.Split)
	}
	return i18n.T(l, "insight.due_trial.says", "split", t.Split, "days", DueWithin, "n", list.N, "share", Percent(list.Share.Value), "all", t.N, "base", Percent(t.Base.Value),
		"lift", decimals(list.Lift, 1), "chance", decimals(chance.Lift, 1), "often", decimals(t.Row(TrialOften).Lift, 1))
}

// Text is the trial as a table for a terminal.
func (t *DueTrial) Text(l i18n.Lang) string {
	var out strings.Builder
	fmt.Fprintln(&out, i18n.T(l, "insight.due_trial.heading", "first", t.First, "split", t.Split, "until", t.Until, "products", t.Products))
	fmt.Fprintln(&out, i18n.T(l, "insight.due_trial.base", "n", t.N, "hits", t.Hits, "share", ShareText(t.Base, nil)))
	fmt.Fprintln(&out, t.Says(l))
	rows := [][]string{TrialHead(l)}
	for _, r := range t.Rows {
		rows = append(rows, r.Cells(l))
	}
	out.WriteString(aligned(rows))
	return out.String()
}

// ProductText is products as a table for a terminal.
func (s *Shelf) ProductText(l i18n.Lang, currency string, list []*Product) string {
	var rows [][]string
	var head []string
	for _, k := range []string{"product", "buyers", "again", "days", "sales", "interval", "entry"} {
		head = append(head, i18n.T(l, "insight.product."+k))
	}
	rows = append(rows, head)
	for _, p := range list {
		rows = append(rows, []string{clipped(p.Title(), 44), i18n.Number(int64(p.Buyers)), ShareText(p.Again, nil), i18n.Number(int64(p.Days)), i18n.Money(l, currency, p.Sales),
			p.UsualText(l), ShareText(p.Entry, p.NoEntry)})
	}
	return aligned(rows)
}

// DueText is who is due as a table for a terminal.
func DueText(l i18n.Lang, currency string, list []Awaited) string {
	var head []string
	for _, k := range []string{"member", "product", "state", "on", "times", "interval", "chance", "worth"} {
		head = append(head, i18n.T(l, "insight.due."+k))
	}
	rows := [][]string{head}
	for _, a := range list {
		rows = append(rows, []string{ident.Member.Text(a.Who), clipped(a.Product.Title(), 40), a.State.Word(l), a.On.String(), strconv.Itoa(a.Times), decimals(a.Interval, 0),
			Percent(a.Chance), i18n.Money(l, currency, int64(a.Worth()))})
	}
	return aligned(rows)
}

// clipped is a text of at most n half-width places.
func clipped(s string, n int) string {
	if text.Width(s) <= n {
		return s
	}
	at := 0
	for i, r := range s {
		if at += 1; r >= 0x1100 {
			at++
		}
		if at >= n {
			return s[:i] + "…"
		}
	}
	return s
}

// PairText is pairs as a table for a terminal.
func (s *Shelf) PairText(l i18n.Lang, list []Pair) string {
	head := []string{i18n.T(l, "insight.product.product"), i18n.T(l, "insight.pair.second")}
	for _, k := range []string{"both", "members", "support", "confidence", "lift", "extra"} {
		head = append(head, i18n.T(l, "insight.pair."+k))
	}
	rows := [][]string{head}
	for _, p := range list {
		rows = append(rows, []string{clipped(s.Products[p.First].Title(), 36), clipped(s.Products[p.Second].Title(), 36), strconv.Itoa(p.Count.Both), strconv.Itoa(p.Members), Percent(p.Support()),
			Percent(p.Count.Confidence()), LiftText(p.Lift), decimals(p.Extra, 0)})
	}
	return aligned(rows)
}
