package console

import (
	"context"
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"joren/internal/db"
	"joren/internal/i18n"
	"joren/internal/ident"
	"joren/internal/insight"
	"joren/internal/staff"
	"joren/internal/ui"
)

var worthList = ui.ListSpec{Sorts: []string{"risk", "value", "score"}, Sort: "-risk", Filters: []string{"tier"}, Size: 25}

// worthPage is the list of value and risk.
type worthPage struct {
	s      *scene
	list   ui.List
	rows   []insight.Worth
	people map[ident.ID]owner
	all    int
	from   int
	r      *insight.Reading
}

func (c *Console) insightMembers(w http.ResponseWriter, r *http.Request) error {
	s, err := c.insightScene(r)
	if err != nil {
		return err
	}
	p := worthPage{s: s, list: ui.ParseList(r.URL, worthList)}
	p.from, _ = strconv.Atoi(p.list.After) // a mistyped place is the first page
	p.from = max(0, p.from)
	if p.rows, p.all, p.r, err = c.Insight.Ranking(r.Context(), insight.Order(p.list.Sort), !p.list.Desc, p.list.Get("tier"), p.from, p.list.Size); err != nil {
		return c.insightNotYet(w, r, s, "/members", err)
	}
	if can(r, staff.MembersView) { // others see figures, not names
		ids := make([]ident.ID, len(p.rows))
		for i, x := range p.rows {
			ids[i] = x.Member
		}
		if err := c.read(r, func(tx *db.Tx) (err error) { p.people, err = c.owners(tx, s, ids); return err }); err != nil {
			return err
		}
	}
	return ui.Render(w, r, http.StatusOK, worthView(p))
}

func (p worthPage) tiers() []string {
	var out []string
	if p.s.plan != nil && p.s.plan.Tiers != nil {
		for _, l := range p.s.plan.Tiers.Levels {
			out = append(out, l.ID)
		}
	}
	return out
}

func (p worthPage) table(ctx context.Context) ui.Table {
	s := p.s
	t := ui.Table{ID: "worth", Caption: s.t("insight.page/members"), List: p.list, Pager: p.pager(),
		Empty: ui.Empty(s.t("insight.nobody"), nil),
		Columns: []ui.Column{{Label: s.t("insight.who"), Keep: true}, {Key: "score", Label: s.t("insight.score.score"), Num: true}, {Key: "value", Label: s.t("insight.score.money"), Num: true},
			{Key: "risk", Label: s.t("insight.at_risk"), Num: true}, {Label: s.t("insight.rhythm")}, {Label: s.t("insight.why")}, {Label: s.t("insight.act")}}}
	for _, x := range p.rows {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{p.who(x), ui.Text(x.Loyalty.Score.String()), ui.Text(s.money(int64(x.Loyalty.Odds.Money))), ui.Text(s.money(int64(x.AtRisk))),
			ui.Badge(toneOf(x.Rhythm), s.t("insight.rhythm."+x.Rhythm.String())), ui.Text(p.why(x)), ui.Text(s.t("insight.act." + x.Rhythm.String()))}})
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

// why is the rhythm, which is what one can act on, before the largest reason.
func (p worthPage) why(x insight.Worth) string {
	return x.Loyalty.Sentence(p.s.lang, "recency", p.s.currency)
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

func (p worthPage) reading() string {
	return p.s.t("insight.worth_says", "n", i18n.Number(int64(p.all)), "horizon", p.r.Horizon)
}
