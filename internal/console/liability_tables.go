package console

import (
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"joren/internal/i18n"
	"joren/internal/ledger"
	"joren/internal/liability"
	"joren/internal/ui"
)

// keyName is a type of points and where they came from, in words.
func (s *scene) keyName(k liability.Key) string {
	return s.t("liability.key", "type", s.pointType(k.Type), "origin", liability.OriginName(s.lang, k.Origin))
}

func (p liabilityPage) monthField() ui.Field {
	var out []ui.Option
	for _, m := range slices.Backward(p.book.Months) {
		out = append(out, ui.Option{Value: string(m.Month), Label: liability.MonthName(p.s.lang, m.Month), On: m.Month == p.st.Month})
	}
	return p.choice("month", p.s.t("liability.col.month"), "mid", out)
}

func (p liabilityPage) keyField() ui.Field {
	var out []ui.Option
	for _, r := range p.st.Points {
		if r.Origin != ledger.Owed {
			out = append(out, ui.Option{Value: keyCode(r.Key), Label: p.s.keyName(r.Key), On: r.Key == p.key})
		}
	}
	return p.choice("points", p.s.t("liability.points"), "mid", out)
}

// tiles are the month's figures at a glance.
func (p liabilityPage) tiles() []ui.NumberTile {
	s, m := p.s, p.st.Total()
	tiles := []ui.NumberTile{{Label: s.t("liability.carried"), Value: s.money(m.Closing), Href: p.list.URL() + "#money", Note: s.t("liability.was", "money", s.money(m.Opening))}}
	for _, r := range p.st.Points {
		if r.Key == p.key {
			tiles = append(tiles, ui.NumberTile{Label: s.t("liability.open_points"), Value: i18n.Number(r.Closing), Href: p.list.URL() + "#points", Note: s.keyName(p.key)})
		}
	}
	if t, known := p.st.TermsOf(p.key); known {
		tiles = append(tiles, ui.NumberTile{Label: s.t("liability.use"), Value: t.Use.Percent(), Href: p.list.URL() + "#terms", Note: s.t("liability.source." + string(t.Source))})
		tiles = append(tiles, ui.NumberTile{Label: s.t("liability.breakage"), Value: breakageOf(t), Href: p.list.URL() + "#burn", Note: p.breakageNote(t)})
	}
	return tiles
}

// breakageOf is the share that is expected to lapse; where neither the past
// nor a person says anything there is none to show.
func breakageOf(t liability.Terms) string {
	if t.Source == liability.Cautiously && t.Method != liability.Advance {
		return "–"
	}
	return t.Use.Breakage().Percent()
}

func (p liabilityPage) breakageNote(t liability.Terms) string {
	if t.Learnt.Missing != nil {
		return p.s.t("liability.breakage_unknown")
	}
	return p.s.t("liability.breakage_learned", "share", t.Learnt.Share.Breakage().Percent(), "low", t.Learnt.High.Breakage().Percent(), "high", t.Learnt.Low.Breakage().Percent())
}

// carriedChart is what was carried at months' ends.
func (p liabilityPage) carriedChart() ui.Chart {
	s := p.s
	ch := ui.Chart{ID: "carried", Title: s.t("liability.carried_chart"), Kind: ui.Bar, XName: s.t("liability.col.month"), Series: []ui.Series{{Name: s.t("liability.carried")}}, Format: s.money}
	most := p.book.Months[0]
	for _, m := range p.book.Months {
		n := m.Total().Closing
		ch.X = append(ch.X, i18n.ShortMonth(s.lang, m.Month.First()))
		ch.Series[0].Values = append(ch.Series[0].Values, n)
		ch.Series[0].Hrefs = append(ch.Series[0].Hrefs, p.list.URL("month", string(m.Month)))
		if n > most.Total().Closing {
			most = m
		}
	}
	first, last := p.book.Months[0], p.book.Last()
	ch.Reading = s.t("liability.carried_says", "from", first.Month.First(), "was", s.money(first.Total().Closing), "to", last.Month.First(), "is", s.money(last.Total().Closing),
		"peak", most.Month.First(), "most", s.money(most.Total().Closing))
	return ch
}

// pointsTable is the roll-forward in points; every movement leads to its rows.
func (p liabilityPage) pointsTable() ui.Table {
	s := p.s
	t := ui.Table{ID: "points", Caption: s.t("liability.roll_points"), List: p.list, CSV: true, Columns: []ui.Column{{Label: s.t("liability.points")}}}
	for _, h := range liability.PointsHead(s.lang) {
		t.Columns = append(t.Columns, ui.Column{Label: h, Num: true})
	}
	for _, r := range p.st.Points {
		row := ui.Row{Cells: []templ.Component{ui.To(p.list.URL("points", keyCode(r.Key))+"#burn", s.keyName(r.Key))}}
		if r.Origin == ledger.Owed {
			row.Cells[0] = ui.Text(s.keyName(r.Key))
		}
		for i, n := range r.Figures() {
			row.Cells = append(row.Cells, p.movement(r.Type, i, n))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// movement is a figure of the roll-forward, with the rows behind it.
func (p liabilityPage) movement(typ string, column int, n int64) templ.Component {
	sides := []ledger.Contra{"", ledger.Issued, ledger.Redeemed, ledger.Expired, ledger.Reversed, ledger.Adjusted, ledger.Elsewhere, ""}
	switch {
	case n == 0:
		return ui.Text("0")
	case sides[column] == "":
		return ui.Text(i18n.Number(n))
	}
	return ui.To("/points?what="+string(sides[column])+"&type="+typ+"&from="+p.st.Month.First().String()+"&to="+p.st.Month.Last().String(), signed(n))
}

// moneyTable is the roll-forward in money, with its sum.
func (p liabilityPage) moneyTable() ui.Table {
	s := p.s
	t := ui.Table{ID: "money", Caption: s.t("liability.roll_money"), List: p.list, CSV: true, Tight: true, Columns: []ui.Column{{Label: s.t("liability.points")}, {Label: s.t("liability.col.method")}}}
	for _, h := range liability.MoneyHead(s.lang) {
		t.Columns = append(t.Columns, ui.Column{Label: h, Num: true})
	}
	add := func(name templ.Component, method string, m liability.Money) {
		row := ui.Row{Cells: []templ.Component{name, ui.Text(method)}}
		for _, n := range m.Figures() {
			row.Cells = append(row.Cells, ui.Text(s.money(n)))
		}
		t.Rows = append(t.Rows, row)
	}
	list := p.st.Money()
	for _, c := range list {
		if c.Value > 0 || c.Closing != 0 || c.Opening != 0 {
			add(ui.To(p.list.URL("points", keyCode(c.Key))+"#cohorts", s.keyName(c.Key)), liability.MethodName(s.lang, c.Method), c.Money)
		}
	}
	if len(t.Rows) > 1 {
		add(ui.Text(s.t("liability.sum")), "", p.st.Total())
	}
	return t
}

// termsTable says what the month is valued by: what is used and what else was
// there to be used.
func (p liabilityPage) termsTable() ui.Table {
	s := p.s
	t := ui.Table{ID: "terms", Caption: s.t("liability.by_what"), List: p.list, Empty: ui.Empty(s.t("liability.nothing_valued"), nil),
		Columns: []ui.Column{{Label: s.t("liability.points")}, {Label: s.t("liability.col.value"), Num: true}, {Label: s.t("liability.use"), Num: true}, {Label: s.t("liability.col.why"), Full: true},
			{Label: s.t("liability.col.by_hand"), Num: true}, {Label: s.t("liability.col.learned"), Full: true}}}
	for _, x := range p.st.Terms {
		if x.Value == 0 && x.Set == nil {
			continue // no money, nothing to value
		}
		hand := "–"
		if x.Set != nil && x.Set.Use != nil {
			hand = x.Set.Use.Percent()
		}
		value := s.t("liability.no_value")
		if x.Value > 0 {
			value = s.money(x.Value)
		}
		why := x.Why(s.lang, p.named)
		if x.Source == liability.ByHand && x.Set != nil && x.Set.At != 0 {
			why += s.t("liability.set_at", "at", s.when(x.Set.At))
		}
		t.Rows = append(t.Rows, ui.Row{Muted: x.Value == 0, Cells: []templ.Component{ui.Text(s.keyName(x.Key)), ui.Text(value), ui.Text(x.Use.Percent()), ui.Text(why), ui.Text(hand), ui.Text(x.Learned(s.lang))}})
	}
	return t
}

// burnChart is how points of the chosen key go with age.
func (p liabilityPage) burnChart() *ui.Chart {
	s := p.s
	pool := liability.Pool(p.curves)
	if !slices.ContainsFunc(pool, func(b liability.Burn) bool { return b.Used > 0 || b.Lapsed > 0 }) {
		return nil // two lines at 0 show nothing
	}
	ch := ui.Chart{SayX: true, ID: "burn-curve", Title: s.t("liability.burn"), Kind: ui.Line, XName: s.t("liability.age"), Series: []ui.Series{{Name: s.t("liability.used")}, {Name: s.t("liability.lapsed")}},
		Format: func(v int64) string { return rough(liability.Share(v)) }}
	for _, b := range pool {
		ch.X = append(ch.X, strconv.Itoa(b.Age))
		ch.Series[0].Values = append(ch.Series[0].Values, int64(b.Of(b.Used)))
		ch.Series[1].Values = append(ch.Series[1].Values, int64(b.Of(b.Lapsed)))
	}
	last := pool[len(pool)-1]
	ch.Reading = s.t("liability.burn_says", "points", s.keyName(p.key), "age", last.Age, "n", last.Cohorts, "used", rough(last.Of(last.Used)), "lapsed", rough(last.Of(last.Lapsed)))
	return &ch
}

// rough shows a share with one decimal.
func rough(v liability.Share) string { return i18n.Milli((int64(v)+500)/1000*100) + "%" }

// shownAges is how many months the triangle shows.
const shownAges = 25

// triangle is what of each month of issue was used, by age.
func (p liabilityPage) triangle() ui.Table {
	s := p.s
	t := ui.Table{ID: "cohorts", Caption: s.t("liability.triangle", "points", s.keyName(p.key)), List: p.list, Matrix: true, Empty: ui.Empty(s.t("liability.no_cohorts"), nil),
		Columns: []ui.Column{{Label: s.t("liability.issued_in"), Keep: true}, {Label: s.t("liability.basis"), Num: true}, {Label: s.t("liability.open"), Num: true}, {Label: s.t("liability.expected"), Num: true},
			{Label: s.t("liability.carried"), Num: true}}}
	wide := 0
	for _, c := range p.curves {
		wide = max(wide, min(shownAges, len(c.Used)))
	}
	for a := range wide {
		t.Columns = append(t.Columns, ui.Column{Label: s.t("liability.after", "n", a), Num: true, Keep: true})
	}
	for _, c := range p.curves {
		t.Rows = append(t.Rows, p.cohortRow(c, wide))
	}
	return t
}

func (p liabilityPage) cohortRow(c liability.Curve, wide int) ui.Row {
	s := p.s
	expected, carried := "–", "–"
	for _, w := range p.st.Worths {
		if w.Key == p.key && w.Month == c.Month {
			expected, carried = i18n.Number(w.Expected), s.money(w.Closing)
		}
	}
	row := ui.Row{Muted: c.Open() == 0, Cells: []templ.Component{ui.Text(liability.MonthName(s.lang, c.Month)), ui.Number(c.Basis()), ui.Number(c.Open()), ui.Text(expected), ui.Text(carried)}}
	for a := range wide {
		if a >= len(c.Used) {
			row.Cells = append(row.Cells, ui.Text(""))
			continue
		}
		b := liability.Burn{Basis: c.Basis()}
		row.Cells = append(row.Cells, tightCell(rough(b.Of(c.Used[a])), s.t("liability.cell", "used", c.Used[a], "lapsed", c.Lapsed[a], "basis", c.Basis())))
	}
	return row
}

// storesTable is who issued and who took the points.
func (p liabilityPage) storesTable() ui.Table {
	s := p.s
	t := ui.Table{ID: "stores", Caption: s.t("liability.by_store"), List: p.list, Empty: ui.Empty(s.t("liability.no_stores"), nil),
		Columns: []ui.Column{{Label: s.t("console.store")}, {Label: s.t("console.points.type")}, {Label: s.t("liability.col.issued"), Num: true}, {Label: s.t("liability.col.redeemed"), Num: true}}}
	span := "&from=" + p.st.Month.First().String() + "&to=" + p.st.Month.Last().String()
	for _, f := range p.stores {
		name, store := s.store(f.Store), ""
		if f.Store == "" {
			name = s.t("liability.no_store")
		} else {
			store = "&store=" + f.Store
		}
		rows := func(what ledger.Contra, n int64) templ.Component {
			if n == 0 {
				return ui.Text("0")
			}
			return ui.To("/points?what="+string(what)+"&type="+f.Type+store+span, signed(n))
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text(name), ui.Text(s.pointType(f.Type)), rows(ledger.Issued, f.Issued), rows(ledger.Redeemed, f.Redeemed)}})
	}
	return t
}

// journalTable is what the files of a closed month hold.
func (p liabilityPage) journalTable() *ui.Table {
	s := p.s
	entries, err := liability.Journal(p.st)
	if err != nil {
		return nil
	}
	t := ui.Table{ID: "journal", Caption: s.t("liability.journal_of", "month", p.st.Month.First()), List: p.list, Empty: ui.Empty(s.t("liability.journal_empty"), nil),
		Columns: []ui.Column{{Label: "No.", Num: true}, {Label: s.t("liability.debit")}, {Label: s.t("liability.credit")}, {Label: s.t("liability.amount"), Num: true}, {Label: s.t("liability.tax")}, {Label: s.t("liability.memo_head"), Full: true}}}
	for _, e := range entries {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Number(int64(e.No)), ui.Text(p.st.Name(e.Debit)), ui.Text(p.st.Name(e.Credit)), ui.Text(s.money(e.Amount)),
			ui.Text(s.t("liability.out_of_scope")), ui.Text(p.st.Memo(e, s.lang))}})
	}
	return &t
}

// layouts are the forms the shop's currency can be written in; names is "" for
// those of the closed month, or today.
func (p liabilityPage) layouts(names string) []ui.Button {
	var out []ui.Button
	if names != "" {
		names = "&names=" + names
	}
	for _, l := range liability.Layouts {
		if l == liability.Generic || p.s.currency == "JPY" {
			out = append(out, ui.Button{Label: p.s.t("liability.layout." + string(l)), Kind: "secondary", Href: "/insight/liability/journal?month=" + string(p.st.Month) + "&layout=" + string(l) + names})
		}
	}
	return out
}
