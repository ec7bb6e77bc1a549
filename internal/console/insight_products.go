package console

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/a-h/templ"

	"joren/internal/db"
	"joren/internal/i18n"
	"joren/internal/ident"
	"joren/internal/insight"
	"joren/internal/intake"
	"joren/internal/staff"
	"joren/internal/stats"
	"joren/internal/ui"
)

var productList = ui.ListSpec{Sorts: insight.ProductSorts, Sort: "-sales", Filters: []string{"q", "only", "category"}, Size: 25}

// productsPage is the list of products.
type productsPage struct {
	question
	s    *scene
	from int
	rows []*insight.Product
	all  int
	of   *insight.Shelf
}

// numbered leads to the pages before and after rows counted from a place.
func numbered(from, shown, all, size int) ui.Pager {
	g := ui.Pager{Shown: shown, Total: all}
	if from > 0 {
		g.Prev = strconv.Itoa(max(0, from-size))
	}
	if to := from + shown; to < all {
		g.Next = strconv.Itoa(to)
	}
	return g
}

func productURL(code string) string { return "/insight/products/" + url.PathEscape(code) }

func (c *Console) insightProducts(w http.ResponseWriter, r *http.Request) error {
	s, err := c.insightScene(r)
	if err != nil {
		return err
	}
	p := productsPage{s: s, question: c.ask(r, productList), of: &insight.Shelf{}}
	q := insight.ProductQuery{Search: p.wanted.Get("q"), Only: p.oneOf("only", "replenished")}
	p.from = p.place()
	of, err := c.Insight.Shelf(r.Context())
	if err != nil {
		return c.insightNotYet(w, r, unready{s, "/products", p.question, productBar(p)}, err)
	}
	p.of = of
	q.Category = p.oneOf("category", p.of.CategoryNames()...)
	q, p.from = heeded(&p.question, q), heeded(&p.question, p.from)
	q.Sort, q.Desc, q.Most = p.list.Sort, p.list.Desc, maxRows
	if p.file() {
		rows, _ := p.of.List(q)
		return c.exportTable(w, r, "products", p.list.Filter, insight.ProductTable(rows))
	}
	q.From, q.Most = p.from, p.list.Size
	p.rows, p.all = p.of.List(q)
	return ui.Render(w, r, p.status(), productsView(p))
}

// exportTable answers rows under their head as a file.
func (c *Console) exportTable(w http.ResponseWriter, r *http.Request, name string, filter url.Values, table [][]string) error {
	return c.export(w, r, staff.InsightExport, name, filter, func(_ *db.Tx, out *intake.CSVWriter) error {
		for _, row := range table {
			if err := out.Row(row...); err != nil {
				return err
			}
		}
		return nil
	})
}

func (p productsPage) replenished() int {
	_, n := p.of.List(insight.ProductQuery{Only: "replenished"})
	return n
}

func (p productsPage) says() []string {
	s := p.s
	out := []string{s.t("insight.product.says", "members", p.of.Members, "days", p.of.Baskets, "products", len(p.of.Products), "replenished", p.replenished())}
	if p.of.Firsts > 0 {
		out = append(out, s.t("insight.product.says_second", "share", insight.Percent(p.of.Second.Value), "range", unbroken(shareRange(p.of.Second.Low, p.of.Second.High)), "n", p.of.Firsts))
	}
	return append(out, s.t("insight.product.rules", "n", stats.LeastReturned))
}

func (p productsPage) tiles() []ui.NumberTile {
	s := p.s
	due, worth := dueNow(p.of)
	return []ui.NumberTile{
		{Label: s.t("insight.product.due_now"), Value: i18n.Number(int64(due)), Unit: s.t("insight.product.due_unit"), Href: "/insight/due", Note: s.t("insight.product.due_note", "worth", s.money(int64(worth)))},
		{Label: s.t("insight.product.replenished"), Value: i18n.Number(int64(p.replenished())), Unit: s.t("insight.product.product_unit"), Href: "/insight/products?only=replenished"},
		{Label: s.t("insight.page/pairs"), Value: i18n.Number(int64(len(p.of.Pairs))), Unit: s.t("insight.product.pair_unit"), Href: "/insight/pairs", Note: s.t("insight.product.pairs_note", "compared", p.of.Compared)},
	}
}

func dueNow(of *insight.Shelf) (n int, worth float64) {
	for _, d := range []insight.DueState{insight.Overdue, insight.DueSoon} {
		k, v := of.DueCount(d)
		n, worth = n+k, worth+v
	}
	return n, worth
}

func (p productsPage) only() ui.Field {
	return p.choice("only", p.s.t("insight.product.only"), "short", p.s.options(p.wanted.Get("only"), "console.any", []string{"replenished"}, func(v string) string { return p.s.t("insight.product." + v) }))
}

func (p productsPage) categories() ui.Field {
	return p.choice("category", p.s.t("insight.product.category"), "short", p.s.options(p.wanted.Get("category"), "console.any", p.of.CategoryNames(), func(v string) string { return v }))
}

func (p productsPage) table() ui.Table {
	s := p.s
	col := func(key string) ui.Column {
		return ui.Column{Key: key, Label: s.t("insight.product." + key), Num: true}
	}
	t := ui.Table{ID: "products", Caption: s.t("insight.page/products"), List: p.list, CSV: true, Pager: numbered(p.from, len(p.rows), p.all, p.list.Size), Empty: ui.Empty(s.t("insight.product.none"), nil),
		Columns: []ui.Column{{Key: "name", Label: s.t("insight.product.product")}, col("buyers"), col("again"), col("days"), col("sales"), col("interval"), col("entry")}}
	for _, x := range p.rows {
		at := productURL(x.Code)
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.To(at, x.Title()), linked(at+"#buyers", int64(x.Buyers)), shareCell(s, x.Again, nil, x.Buyers), linked(at+"#buyers", int64(x.Days)), ui.Text(s.money(x.Sales)),
			usualCell(s, x), shareCell(s, x.Entry, x.NoEntry, x.Firsts)}})
	}
	return t
}

func linked(href string, n int64) templ.Component { return ui.To(href, i18n.Number(n)) }

// shareCell is a share; its interval and n stand behind it.
func shareCell(s *scene, iv stats.Interval, missing error, n int) templ.Component {
	if missing != nil {
		return aboutCell("–", insight.Explain(s.lang, missing))
	}
	return aboutCell(insight.Percent(iv.Value), s.ofMembers(shareRange(iv.Low, iv.High), n))
}

// usualCell is a product's interval; its own interval and n stand behind it.
func usualCell(s *scene, x *insight.Product) templ.Component {
	if x.NoReturn != nil {
		return aboutCell("–", insight.Explain(s.lang, x.NoReturn))
	}
	r := x.Return
	return aboutCell(s.t("insight.days", "days", r.Median), s.ofMembers(fmt.Sprintf("%d–%d", r.Low, r.High), r.Repeaters))
}

// called names members by link; who may not see people sees the end of an id.
type called map[ident.ID]owner

func (c *Console) called(r *http.Request, s *scene, ids []ident.ID) (people called, err error) {
	if !can(r, staff.MembersView) {
		return nil, nil
	}
	err = c.read(r, func(tx *db.Tx) (err error) { people, err = c.owners(tx, s, ids); return err })
	return people, err
}

func (k called) cell(id ident.ID) templ.Component {
	if o, ok := k[id]; ok {
		return ui.To(o.href, o.name)
	}
	text := ident.Member.Text(id)
	return ui.Text(text[:4] + "…" + text[len(text)-6:])
}

// times leads to a member's purchases, for those who may see them.
func (k called) times(ctx context.Context, id ident.ID, n int) templ.Component {
	if _, ok := k[id]; ok && may(ctx, staff.PurchasesView) {
		return linked("/purchases?member="+ident.Member.Text(id), int64(n))
	}
	return ui.Text(i18n.Number(int64(n)))
}
