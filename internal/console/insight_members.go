package console

import (
	"context"
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"joren/internal/db"
	"joren/internal/ident"
	"joren/internal/insight"
	"joren/internal/intake"
	"joren/internal/staff"
	"joren/internal/ui"
)

var worthList = cutList(ui.ListSpec{Sorts: []string{"risk", "value", "score", "money", "last"}, Sort: "-risk", Filters: []string{"who", "r", "f", "band", "rhythm"}, Size: 25})

// worthPage is the list of value and risk, and of the members behind figures.
type worthPage struct {
	cut
	pick   insight.Pick
	rows   []insight.Worth
	people map[ident.ID]owner
	all    int
	from   int
	r      *insight.Reading
}

func (c *Console) insightMembers(w http.ResponseWriter, r *http.Request) (err error) {
	var p worthPage
	if p.cut, err = c.cut(r, worthList); err != nil {
		return err
	}
	p.choose()
	if p.file() {
		return c.exportWorth(w, r, p)
	}
	if err := c.fillWorth(r, &p, p.list.Size); err != nil {
		return c.insightNotYet(w, r, p.unready("/members", p.parts()...), err)
	}
	return ui.Render(w, r, p.status(), worthView(p))
}

// choose reads which part of the members is asked for.
func (p *worthPage) choose() {
	number := func(name string) int { return wholeOr(p.oneOf(name, partNumbers(name)...), 0) }
	pick := insight.Pick{Who: insight.Who(p.oneOf("who", whos...)), Recency: number("r"), Frequency: number("f"), Band: number("band")}
	rhythm := p.oneOf("rhythm", "active", "dormant", "churned")
	for _, x := range rhythms {
		if x.String() == rhythm {
			pick.Rhythm = &x
		}
	}
	p.from = p.place()
	p.f = heeded(&p.question, p.f)
	pick.Filter = p.f
	p.pick = heeded(&p.question, pick)
}

var whos = []string{string(insight.Bought), string(insight.Repeated), string(insight.Joined), string(insight.Everyone)}

var rhythms = []insight.Rhythm{insight.InRhythm, insight.Dormant, insight.Churned}

// fillWorth reads up to n members from the page's place on.
func (c *Console) fillWorth(r *http.Request, p *worthPage, n int) (err error) {
	if p.rows, p.all, p.r, err = c.Insight.Ranking(r.Context(), insight.Order(p.list.Sort), !p.list.Desc, p.pick, p.from, n); err != nil {
		return err
	}
	if !can(r, staff.MembersView) { // others see figures, not names
		return nil
	}
	ids := make([]ident.ID, len(p.rows))
	for i, x := range p.rows {
		ids[i] = x.Member
	}
	return c.read(r, func(tx *db.Tx) (err error) { p.people, err = c.owners(tx, p.s, ids); return err })
}

func (p worthPage) table(ctx context.Context) ui.Table {
	s := p.s
	t := ui.Table{ID: "worth", Caption: s.t("insight.page/members"), List: p.list, Pager: p.pager(), CSV: may(ctx, staff.InsightExport), Tight: true,
		Empty: ui.Empty(s.t("insight.nobody"), nil),
		Columns: []ui.Column{{Label: s.t("insight.who"), Keep: true}, {Key: "score", Label: s.t("insight.score.score"), Num: true}, {Key: "value", Label: s.t("insight.score.money"), Num: true},
			{Key: "risk", Label: s.t("insight.at_risk"), Num: true}, {Key: "money", Label: s.t("insight.bought"), Num: true}, {Key: "last", Label: s.t("insight.last"), Keep: true},
			{Label: s.t("insight.why_act"), Wide: true}}}
	for _, x := range p.rows {
		cells := []templ.Component{p.who(x), ui.Text("–"), ui.Text("–"), ui.Text("–"), ui.Text(s.money(x.Money)), ui.Text(s.day(x.Last)), ui.Text("–")}
		if x.Told {
			cells[1] = ui.Text(x.Loyalty.Score.String())
			if !x.Loyalty.Odds.NoMoney {
				cells[2] = ui.Text(s.money(int64(x.Loyalty.Odds.Money)))
			}
			if risk, ok := x.Risk(); ok {
				cells[3] = ui.Text(s.money(int64(risk)))
			}
		}
		if x.Loyalty.Past.Visits > 0 {
			act := s.t("insight.act." + x.Rhythm.String())
			if !x.Active {
				act = s.t("insight.has_left")
			}
			cells[6] = whyCell(toneOf(x.Rhythm), s.t("insight.rhythm."+x.Rhythm.String()), x.Why(s.lang, s.currency), act)
		}
		t.Rows = append(t.Rows, ui.Row{Cells: cells, Muted: !x.Active})
	}
	return t
}

func (p worthPage) who(x insight.Worth) templ.Component {
	if o, ok := p.people[x.Member]; ok {
		return ui.To(o.href, o.name)
	}
	text := ident.Member.Text(x.Member)
	return ui.Text(text[:4] + "…" + text[len(text)-6:])
}

func toneOf(r insight.Rhythm) string {
	return [...]string{"good", "warn", "bad"}[r]
}

func (p worthPage) pager() ui.Pager {
	g := ui.Pager{Shown: len(p.rows), Total: p.all}
	if p.from > 0 {
		g.Prev = strconv.Itoa(max(0, p.from-p.list.Size))
	}
	if to := p.from + len(p.rows); to < p.all {
		g.Next = strconv.Itoa(to)
	}
	return g
}

// reading says whom the list shows.
func (p worthPage) reading() string {
	s := p.s
	n := p.all
	switch {
	case p.pick.Recency > 0 || p.pick.Frequency > 0:
		return s.t("insight.worth_cell", "n", n, "r", p.pick.Recency, "f", p.pick.Frequency)
	case p.pick.Band > 0:
		return s.t("insight.worth_band", "n", n, "low", 10*p.pick.Band-10, "high", 10*p.pick.Band)
	case p.pick.Who != "":
		return s.t("insight.worth_"+string(p.pick.Who), "n", n)
	}
	return s.t("insight.worth_says", "n", n, "horizon", p.r.Horizon)
}

// bar is the filter, which names what the page's own fields ask for too.
func (p worthPage) bar() cut {
	c := p.cut
	for _, f := range p.parts() {
		for _, o := range f.Options {
			if o.On && o.Value != "" {
				c.also = append(c.also, p.s.t("insight.cut_is", "name", f.Label, "value", o.Label))
			}
		}
	}
	return c
}

// parts are the fields beside the filter's own.
func (p worthPage) parts() []ui.Field {
	s := p.s
	out := []ui.Field{p.choice("who", s.t("insight.whom"), "", s.options(p.wanted.Get("who"), "insight.who.active", whos, func(v string) string { return s.t("insight.who." + v) })),
		p.choice("rhythm", s.t("insight.rhythm"), "short", s.options(p.wanted.Get("rhythm"), "console.any", []string{"active", "dormant", "churned"}, func(v string) string { return s.t("insight.rhythm." + v) }))}
	for _, name := range []string{"band", "r", "f"} {
		if v := p.wanted.Get(name); v != "" {
			out = append(out, p.choice(name, s.t("insight.part_of."+name), "short", s.options(v, "console.any", partNumbers(name), func(v string) string { return s.t("insight.part_of."+name+".is", "n", v, "low", lowOf(v)) })))
		}
	}
	return out
}

func partNumbers(name string) []string {
	most := insight.Classes
	if name == "band" {
		most = 10
	}
	out := make([]string, most)
	for i := range out {
		out[i] = strconv.Itoa(i + 1)
	}
	return out
}

// lowOf is where the n-th ten points begin.
func lowOf(v string) int {
	n, _ := strconv.Atoi(v)
	return 10 * (n - 1)
}

// exportWorth writes the whole list, with names for who may take them along.
func (c *Console) exportWorth(w http.ResponseWriter, r *http.Request, p worthPage) error {
	names := can(r, staff.MembersExport)
	if err := c.fillWorth(r, &p, maxRows); err != nil {
		return err
	}
	return c.export(w, r, staff.InsightExport, "members", p.list.Filter, func(_ *db.Tx, out *intake.CSVWriter) error {
		if err := out.Row("member", "number", "name", "score", "probability", "horizon_days", "expected_purchases", "expected_spend", "at_risk", "bought", "purchase_days", "last_purchase", "rhythm", "why"); err != nil {
			return err
		}
		for _, x := range p.rows {
			if err := p.row(out, x, names); err != nil {
				return err
			}
		}
		return nil
	})
}

func (p worthPage) row(out *intake.CSVWriter, x insight.Worth, names bool) error {
	o := owner{}
	if names {
		o = p.people[x.Member]
	}
	figures := []string{"", "", "", "", ""}
	if x.Told {
		d := x.Loyalty.Odds
		figures = []string{x.Loyalty.Score.String(), insight.Figure(d.Probability), insight.Figure(d.Count), "", ""}
		if !d.NoMoney {
			figures[3] = insight.Figure(d.Money)
		}
		if risk, ok := x.Risk(); ok {
			figures[4] = insight.Figure(risk)
		}
	}
	rhythm, why, last := "", "", ""
	if x.Loyalty.Past.Visits > 0 {
		rhythm, why = x.Rhythm.String(), x.Why(p.s.lang, p.s.currency)
	}
	if x.Last != 0 {
		last = x.Last.String()
	}
	return out.Row(ident.Member.Text(x.Member), o.number, o.name, figures[0], figures[1], strconv.Itoa(p.r.Horizon), figures[2], figures[3], figures[4],
		strconv.FormatInt(x.Money, 10), strconv.Itoa(x.Visits), last, rhythm, why)
}
