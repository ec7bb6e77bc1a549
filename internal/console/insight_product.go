package console

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"joren/internal/i18n"
	"joren/internal/ident"
	"joren/internal/insight"
	"joren/internal/ui"
)

var buyerList = ui.ListSpec{Filters: []string{"with"}, Size: 25}

// productPage is everything known of one product.
type productPage struct {
	question
	s      *scene
	from   int
	x      *insight.Product
	detail *insight.Detail
	of     *insight.Shelf
	due    []insight.Awaited
	dueAll int
	with   *insight.Product // only who bought both on a day
	all    []insight.Buyer
	rows   []insight.Buyer // of all, this page
	people called
}

func (c *Console) insightProduct(w http.ResponseWriter, r *http.Request) error {
	s, err := c.insightScene(r)
	if err != nil {
		return err
	}
	code := r.PathValue("no")
	p := productPage{s: s, question: c.ask(r, buyerList)}
	p.list.Path = productURL(code)
	p.from = p.place()
	if p.x, p.detail, p.of, err = c.Insight.Detail(r.Context(), code); err != nil {
		return c.insightNotYet(w, r, unready{s: s, at: "/products", q: p.question}, err)
	}
	if err := c.fillBuyers(r, &p); err != nil {
		return err
	}
	if p.file() {
		return c.exportTable(w, r, "buyers", p.list.Filter, buyerTable(p.all))
	}
	if p.due, p.dueAll, _, err = c.Insight.Due(r.Context(), insight.DueQuery{Product: code, Sort: "chance", Desc: true, Most: 5}); err != nil {
		return err
	}
	ids := make([]ident.ID, 0, len(p.rows)+len(p.due))
	for _, b := range p.rows {
		ids = append(ids, b.Member)
	}
	for _, d := range p.due {
		ids = append(ids, d.Who)
	}
	if p.people, err = c.called(r, s, ids); err != nil {
		return err
	}
	return ui.Render(w, r, p.status(), productView(p))
}

func (c *Console) fillBuyers(r *http.Request, p *productPage) (err error) {
	p.all = p.detail.Buyers
	with := p.wanted.Get("with")
	if p.with = p.of.Find(with); p.with == nil && with != "" {
		p.strange("with", with)
	}
	if p.with = heeded(&p.question, p.with); p.with != nil {
		if p.all, err = c.Insight.Meetings(r.Context(), p.x.Code, with); err != nil {
			return err
		}
	}
	p.from = min(heeded(&p.question, p.from), len(p.all))
	p.rows = p.all[p.from:min(p.from+p.list.Size, len(p.all))]
	return nil
}

// buyerTable is who bought a product as rows of a file.
func buyerTable(list []insight.Buyer) [][]string {
	out := [][]string{{"member", "times", "first_on", "last_on", "quantity", "amount"}}
	for _, b := range list {
		first := ""
		if b.First != 0 {
			first = b.First.String()
		}
		out = append(out, []string{ident.Member.Text(b.Member), strconv.Itoa(b.Times), first, b.Last.String(), strconv.FormatInt(b.Quantity, 10), strconv.FormatInt(b.Amount, 10)})
	}
	return out
}

func (p productPage) meta() ui.Meta {
	m := p.head(p.s.insightMeta("/products"))
	m.Title, m.Lead = p.x.Title(), p.x.Category
	m.Crumbs = []ui.Link{{Label: p.s.t("insight.page/products"), Href: "/insight/products"}}
	return m
}

func (p productPage) tiles() []ui.NumberTile {
	s, x, at := p.s, p.x, productURL(p.x.Code)
	out := []ui.NumberTile{
		{Label: s.t("insight.product.buyers"), Value: i18n.Number(int64(x.Buyers)), Unit: s.t("console.unit.people"), Href: at + "#buyers"},
		{Label: s.t("insight.product.again"), Value: insight.Percent(x.Again.Value), Href: at + "#buyers", Note: s.ofMembers(shareRange(x.Again.Low, x.Again.High), x.Buyers)},
		{Label: s.t("insight.product.days"), Value: i18n.Number(int64(x.Days)), Unit: s.t("insight.unit.days"), Href: at + "#buyers"},
		{Label: s.t("insight.product.sales"), Value: s.money(x.Sales), Href: at + "#buyers"},
		{Label: s.t("insight.product.entry"), Value: "–", Href: at + "#buyers", Note: s.ofMembers("", x.Firsts)},
		{Label: s.t("insight.product.interval"), Value: "–", Href: at + "#intervals", Note: s.t("insight.not_enough")},
	}
	if x.NoEntry == nil {
		out[4].Value, out[4].Note = insight.Percent(x.Entry.Value), s.ofMembers(shareRange(x.Entry.Low, x.Entry.High), x.Firsts)
	}
	if x.NoReturn == nil {
		out[5].Value, out[5].Unit = strconv.Itoa(x.Return.Median), s.t("insight.unit.days")
		out[5].Note = s.ofMembers(fmt.Sprintf("%d–%d", x.Return.Low, x.Return.High), x.Return.Repeaters)
	}
	return out
}

func shareRange(low, high float64) string {
	return strings.TrimSuffix(insight.Percent(low), "%") + "–" + insight.Percent(high)
}

// intervalSays tells the interval in a sentence, or what is missing.
func (p productPage) intervalSays() string {
	s, r := p.s, p.x.Return
	if p.x.NoReturn != nil {
		return s.t("insight.product.interval_missing", "why", insight.Explain(s.lang, p.x.NoReturn))
	}
	return s.t("insight.product.interval_says", "median", r.Median, "low", r.Low, "high", r.High, "quarter", r.Quarter, "late", r.Late, "within", r.Within,
		"share", insight.Percent(r.Share.Value), "range", unbroken(shareRange(r.Share.Low, r.Share.High)), "n", r.Subjects, "repeaters", r.Repeaters, "gaps", r.Gaps)
}

// mostGapBars is how many bars a histogram has at most.
const mostGapBars = 16

// intervals draws gaps that ended beside those still open, in bars of a day,
// a week or some weeks.
func (p productPage) intervals() ui.Chart {
	s, d := p.s, p.detail
	longest := max(len(d.Ended), len(d.Open))
	wide := 1
	for _, w := range []int{1, 7, 14, 28, 56, 112, 224, 448} {
		if wide = w; longest <= w*mostGapBars {
			break
		}
	}
	ch := ui.Chart{ID: "intervals", Title: s.t("insight.product.history"), Kind: ui.Bar, XName: s.t("insight.product.days_axis"), SayX: true, Reading: p.intervalSays(),
		Series: []ui.Series{{Name: s.t("insight.product.ended")}, {Name: s.t("insight.product.open")}}}
	for from := 0; from < longest; from += wide {
		label := strconv.Itoa(from)
		if wide > 1 {
			label = fmt.Sprintf("%d–%d", from, from+wide-1)
		}
		ch.X = append(ch.X, label)
		ch.Series[0].Values = append(ch.Series[0].Values, counted(d.Ended, from, wide))
		ch.Series[1].Values = append(ch.Series[1].Values, counted(d.Open, from, wide))
	}
	return ch
}

func counted(counts []int, from, wide int) (n int64) {
	for i := from; i < min(from+wide, len(counts)); i++ {
		n += int64(counts[i])
	}
	return n
}

func (p productPage) dueTable(ctx context.Context) ui.Table {
	t := dueTable(ctx, p.s, p.due, p.people, p.of, false)
	t.ID, t.Caption = "due", p.s.t("insight.product.who_due")
	return t
}

func (p productPage) dueURL() string { return "/insight/due?product=" + queryEscape(p.x.Code) }

func (p productPage) partners() ui.Table {
	t := pairTable(p.s, p.of, p.x.Partners, false)
	t.ID, t.Caption, t.Empty = "partners", p.s.t("insight.product.goes_with"), ui.Empty(p.s.t("insight.product.no_pairs"), nil)
	return t
}

func (p productPage) buyersTitle() string {
	if p.with != nil {
		return p.s.t("insight.product.who_both", "with", p.with.Name)
	}
	return p.s.t("insight.product.who_bought")
}

func (p productPage) buyers(ctx context.Context) ui.Table {
	t := buyersTable(ctx, p.s, p.rows, p.people, p.list)
	t.Caption, t.Pager = p.buyersTitle(), numbered(p.from, len(p.rows), len(p.all), p.list.Size)
	return t
}

func buyersTable(ctx context.Context, s *scene, rows []insight.Buyer, people called, list ui.List) ui.Table {
	t := ui.Table{ID: "who", List: list, CSV: true, Empty: ui.Empty(s.t("insight.gap.nobody"), nil),
		Columns: []ui.Column{{Label: s.t("insight.who"), Keep: true}, {Label: s.t("insight.product.days"), Num: true}, {Label: s.t("insight.product.last"), Keep: true}, {Label: s.t("insight.product.quantity"), Num: true}, {Label: s.t("insight.product.amount"), Num: true}}}
	for _, b := range rows {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{people.cell(b.Member), people.times(ctx, b.Member, b.Times), ui.Text(s.day(b.Last)), ui.Number(b.Quantity), ui.Text(s.money(b.Amount))}})
	}
	return t
}
