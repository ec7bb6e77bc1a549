package console

import (
	"context"
	"fmt"
	"net/http"

	"github.com/a-h/templ"

	"joren/internal/i18n"
	"joren/internal/ident"
	"joren/internal/insight"
	"joren/internal/ui"
)

var pairList = ui.ListSpec{Sorts: insight.PairSorts, Sort: "-extra", Size: 25}

// pairsPage is what is bought together, and what categories are left out.
type pairsPage struct {
	question
	s    *scene
	from int
	rows []insight.Pair
	all  int
	of   *insight.Shelf
}

func (c *Console) insightPairs(w http.ResponseWriter, r *http.Request) error {
	s, err := c.insightScene(r)
	if err != nil {
		return err
	}
	p := pairsPage{s: s, question: c.ask(r, pairList)}
	p.from = p.place()
	if p.of, err = c.Insight.Shelf(r.Context()); err != nil {
		return c.insightNotYet(w, r, unready{s: s, at: "/pairs", q: p.question}, err)
	}
	if p.file() {
		rows, _ := p.of.PairList(p.list.Sort, p.list.Desc, 0, maxRows)
		return c.exportTable(w, r, "pairs", p.list.Filter, p.of.PairTable(rows))
	}
	p.rows, p.all = p.of.PairList(p.list.Sort, p.list.Desc, p.from, p.list.Size)
	return ui.Render(w, r, p.status(), pairsView(p))
}

func (p pairsPage) meta() ui.Meta {
	m := p.head(p.s.insightMeta("/products"))
	m.Title, m.Lead = p.s.t("insight.page/pairs"), p.s.t("insight.lead/pairs")
	m.Crumbs = []ui.Link{{Label: p.s.t("insight.page/products"), Href: "/insight/products"}}
	return m
}

func (p pairsPage) says() []string {
	if len(p.of.Pairs) == 0 {
		return []string{p.s.t("insight.pair.none")}
	}
	x := p.of.Pairs[0]
	return []string{p.s.t("insight.pair.says", "compared", p.of.Compared, "first", p.of.Products[x.First].Name, "second", p.of.Products[x.Second].Name, "both", x.Count.Both,
		"expected", fmt.Sprintf("%.1f", float64(x.Count.First)*float64(x.Count.Second)/float64(max(1, x.Count.All)))), p.s.t("insight.pair.rules")}
}

func (p pairsPage) table() ui.Table {
	t := pairTable(p.s, p.of, p.rows, true)
	t.List, t.CSV, t.Pager = p.list, true, numbered(p.from, len(p.rows), p.all, p.list.Size)
	return t
}

// pairTable shows pairs; on a product's own page only with what.
func pairTable(s *scene, of *insight.Shelf, rows []insight.Pair, both bool) ui.Table {
	t := ui.Table{ID: "pairs", Caption: s.t("insight.page/pairs"), Empty: ui.Empty(s.t("insight.pair.none"), nil)}
	key, confidence := func(k string) string { return k }, "insight.pair.confidence"
	if !both {
		key, confidence = func(string) string { return "" }, "insight.pair.confidence_own"
	}
	if both {
		t.Columns = append(t.Columns, ui.Column{Label: s.t("insight.product.product")})
	}
	t.Columns = append(t.Columns, ui.Column{Label: s.t("insight.pair.second"), Full: true}, ui.Column{Key: key("both"), Label: s.t("insight.pair.both"), Num: true}, ui.Column{Label: s.t("insight.pair.members"), Num: true},
		ui.Column{Label: s.t("insight.pair.support"), Num: true}, ui.Column{Key: key("confidence"), Label: s.t(confidence), Num: true}, ui.Column{Key: key("lift"), Label: s.t("insight.pair.lift"), Num: true}, ui.Column{Key: key("extra"), Label: s.t("insight.pair.extra"), Num: true})
	for _, x := range rows {
		a, b := &of.Products[x.First], &of.Products[x.Second]
		behind := productURL(a.Code) + "?with=" + queryEscape(b.Code) + "#buyers"
		var cells []templ.Component
		if both {
			cells = append(cells, ui.To(productURL(a.Code), a.Name))
		}
		t.Rows = append(t.Rows, ui.Row{Cells: append(cells, ui.To(productURL(b.Code), b.Name), linked(behind, int64(x.Count.Both)), linked(behind, int64(x.Members)), ui.Text(insight.Percent(x.Support())),
			ui.Text(insight.Percent(x.Count.Confidence())), aboutCell(fmt.Sprintf("%.1f", x.Lift.Value), s.t("insight.interval_only", "range", unbroken(fmt.Sprintf("%.1f–%.1f", x.Lift.Low, x.Lift.High)))), ui.Text(i18n.Number(int64(x.Extra))))})
	}
	return t
}

func (p pairsPage) gaps() ui.Table {
	s := p.s
	t := ui.Table{ID: "gaps", Caption: s.t("insight.gap.title"), Empty: ui.Empty(s.t("insight.gap.none"), nil),
		Columns: []ui.Column{{Label: s.t("insight.gap.has")}, {Label: s.t("insight.gap.lacks"), Full: true}, {Label: s.t("insight.gap.missing"), Num: true}, {Label: s.t("insight.gap.both"), Num: true}, {Label: s.t("insight.pair.lift"), Num: true}}}
	for _, g := range p.of.Gaps[:min(len(p.of.Gaps), 100)] {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text(g.Has), ui.Text(g.Lacks), linked("/insight/gaps?has="+queryEscape(g.Has)+"&lacks="+queryEscape(g.Lacks), int64(g.Missing)), ui.Number(int64(g.Count.Both)), ui.Text(insight.LiftText(g.Lift))}})
	}
	return t
}

// gapPage is who buys one category and not another.
type gapPage struct {
	question
	s      *scene
	from   int
	all    []insight.Buyer
	rows   []insight.Buyer
	people called
}

var gapList = ui.ListSpec{Filters: []string{"has", "lacks"}, Size: 25}

func (c *Console) insightGap(w http.ResponseWriter, r *http.Request) error {
	s, err := c.insightScene(r)
	if err != nil {
		return err
	}
	p := gapPage{s: s, question: c.ask(r, gapList)}
	from := p.place()
	if p.all, err = c.Insight.Lacking(r.Context(), p.wanted.Get("has"), p.wanted.Get("lacks")); err != nil {
		return c.insightNotYet(w, r, unready{s: s, at: "/products", q: p.question}, err)
	}
	p.from = min(from, len(p.all))
	p.list.Filter = p.wanted.Filter // without its two categories there is no such page
	if p.file() {
		return c.exportTable(w, r, "gap", p.list.Filter, buyerTable(p.all))
	}
	p.rows = p.all[p.from:min(p.from+p.list.Size, len(p.all))]
	ids := make([]ident.ID, len(p.rows))
	for i, x := range p.rows {
		ids[i] = x.Member
	}
	if p.people, err = c.called(r, s, ids); err != nil {
		return err
	}
	return ui.Render(w, r, p.status(), gapView(p))
}

func (p gapPage) meta() ui.Meta {
	m := p.head(p.s.insightMeta("/products"))
	m.Title, m.Lead = p.s.t("insight.gap.title"), p.s.t("insight.gap.who", "has", p.wanted.Get("has"), "lacks", p.wanted.Get("lacks"))
	m.Crumbs = []ui.Link{{Label: p.s.t("insight.page/pairs"), Href: "/insight/pairs#gaps"}}
	return m
}

func (p gapPage) table(ctx context.Context) ui.Table {
	t := buyersTable(ctx, p.s, p.rows, p.people, p.list)
	t.Caption, t.Pager = p.meta().Lead, numbered(p.from, len(p.rows), len(p.all), p.list.Size)
	return t
}
