package console

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/a-h/templ"

	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/ident"
	"joren/internal/insight"
	"joren/internal/stats"
	"joren/internal/ui"
)

var dueList = ui.ListSpec{Sorts: []string{"worth", "chance", "on", "times"}, Sort: "-worth", Filters: []string{"state", "product", "member"}, Size: 25}

// duePage is the list of who is due for what, with its proof.
type duePage struct {
	question
	s       *scene
	from    int
	rows    []insight.Awaited
	all     int
	of      *insight.Shelf
	people  called
	product *insight.Product
	trial   *insight.DueTrial
	untried *ui.Notice
}

func queryEscape(s string) string { return url.QueryEscape(s) }

// dueStates reads the filter's state; none is those to act on.
func dueStates(word string) []insight.DueState {
	if word == "all" {
		return insight.DueStates
	}
	for _, d := range insight.DueStates {
		if d.String() == word {
			return []insight.DueState{d}
		}
	}
	return nil
}

func (c *Console) insightDue(w http.ResponseWriter, r *http.Request) error {
	s, err := c.insightScene(r)
	if err != nil {
		return err
	}
	p := duePage{s: s, question: c.ask(r, dueList)}
	q := insight.DueQuery{States: dueStates(p.oneOf("state", dueWords...))}
	p.from = p.place()
	if err := c.read(r, func(tx *db.Tx) (err error) { q.Member, err = c.memberOf(tx, &p.question); return err }); err != nil {
		return err
	}
	if p.of, err = c.Insight.Shelf(r.Context()); err != nil {
		return c.insightNotYet(w, r, unready{s, "/due", p.question, dueBar(p)}, err)
	}
	q = p.ofProduct(q)
	if p.file() {
		return c.exportDue(w, r, p.list.Filter, q)
	}
	q.From, q.Most = p.from, p.list.Size
	if p.rows, p.all, p.of, err = c.Insight.Due(r.Context(), q); err != nil {
		return err
	}
	ids := make([]ident.ID, len(p.rows))
	for i, x := range p.rows {
		ids[i] = x.Who
	}
	if p.people, err = c.called(r, s, ids); err != nil {
		return err
	}
	p.trial, err = c.Insight.DueTrial(r.Context())
	if insight.Waiting(err) {
		again(w)
	}
	if p.untried = s.notEnough(err); p.untried != nil {
		p.untried.Title = s.t("insight.due_trial.untried")
	}
	return ui.Render(w, r, p.status(), dueView(p))
}

// ofProduct completes what the page asks of the board.
func (p *duePage) ofProduct(q insight.DueQuery) insight.DueQuery {
	q.Product = p.wanted.Get("product")
	if p.product = p.of.Find(q.Product); p.product == nil && q.Product != "" {
		p.refuseAt("product", fault.New(fault.NotFound, "insight.product_unknown", "product", q.Product))
	}
	q, p.from = heeded(&p.question, q), heeded(&p.question, p.from)
	q.Sort, q.Desc, q.Most = p.list.Sort, p.list.Desc, maxRows
	return q
}

func (c *Console) exportDue(w http.ResponseWriter, r *http.Request, filter url.Values, q insight.DueQuery) error {
	rows, _, _, err := c.Insight.Due(r.Context(), q)
	if err != nil {
		return err
	}
	table := [][]string{insight.DueHead}
	for _, x := range rows {
		table = append(table, x.Cells())
	}
	return c.exportTable(w, r, "due", filter, table)
}

func (p duePage) says() []string {
	s := p.s
	over, a := p.of.DueCount(insight.Overdue)
	soon, b := p.of.DueCount(insight.DueSoon)
	out := []string{s.t("insight.due.says", "n", over+soon, "overdue", over, "soon", soon, "worth", s.money(int64(a+b)))}
	if p.trial != nil {
		out = append(out, p.trial.Says(s.lang))
	}
	return append(out, s.t("insight.due.rules"))
}

// nothing is why there is no list at all; nil when there is one.
func (p duePage) nothing() *ui.Notice {
	if _, n := p.of.List(insight.ProductQuery{Only: "replenished"}); n > 0 {
		return nil
	}
	return &ui.Notice{Tone: "info", Title: p.s.t("insight.not_enough"), Text: p.s.t("insight.due.none_yet", "n", stats.LeastReturned)}
}

var dueWords = []string{"overdue", "soon", "later", "all"}

func (p duePage) states() ui.Field {
	return p.choice("state", p.s.t("insight.due.state"), "", p.s.options(p.wanted.Get("state"), "insight.due.now", dueWords, func(v string) string {
		if v == "all" {
			return p.s.t("insight.due.every")
		}
		return p.s.t("insight.due." + v)
	}))
}

func (p duePage) table(ctx context.Context) ui.Table {
	t := dueTable(ctx, p.s, p.rows, p.people, p.of, true)
	t.List, t.CSV, t.Pager = p.list, true, numbered(p.from, len(p.rows), p.all, p.list.Size)
	return t
}

var dueTones = map[insight.DueState]string{insight.Overdue: "warn", insight.DueSoon: "info"}

// dueTable shows rows; of one product's page without naming it.
func dueTable(ctx context.Context, s *scene, rows []insight.Awaited, people called, of *insight.Shelf, products bool) ui.Table {
	t := ui.Table{ID: "due", Tight: true, Caption: s.t("insight.page/due"), Empty: ui.Empty(s.t("insight.due.none"), nil), Columns: []ui.Column{{Label: s.t("insight.due.member"), Keep: true}}}
	if products {
		t.Columns = append(t.Columns, ui.Column{Label: s.t("insight.due.product"), Full: true})
	}
	key := func(k string) string {
		if products {
			return k
		}
		return ""
	}
	t.Columns = append(t.Columns, ui.Column{Label: s.t("insight.due.state")}, ui.Column{Key: key("on"), Label: s.t("insight.due.on"), Keep: true}, ui.Column{Key: key("times"), Label: s.t("insight.due.times"), Num: true},
		ui.Column{Label: s.t("insight.due.interval"), Num: true}, ui.Column{Key: key("chance"), Label: s.t("insight.due.chance"), Num: true},
		ui.Column{Key: key("worth"), Label: s.t("insight.due.worth"), Num: true})
	for _, x := range rows {
		cells := []templ.Component{people.cell(x.Who)}
		if products {
			cells = append(cells, ui.To(productURL(x.Product.Code), x.Product.Name))
		}
		cells = append(cells, ui.Badge(dueTones[x.State], x.State.Word(s.lang)), aboutCell(s.day(x.On), insight.DueIn(s.lang, x.On, of.Day)), people.times(ctx, x.Who, x.Times), ui.Text(strconv.Itoa(int(x.Interval+0.5))),
			ui.Text(insight.Percent(x.Chance)), aboutCell(s.money(int64(x.Worth())), s.t("insight.due.of_amount", "chance", insight.Percent(x.Chance), "amount", s.money(x.Amount))))
		t.Rows = append(t.Rows, ui.Row{Cells: cells})
	}
	return t
}

func (p duePage) trials() ui.Table {
	t := ui.Table{ID: "trials", Caption: p.s.t("insight.due_trial.title"), Matrix: true}
	for i, h := range insight.TrialHead(p.s.lang) {
		t.Columns = append(t.Columns, ui.Column{Label: h, Num: i > 0})
	}
	for _, x := range p.trial.Rows {
		t.Rows = append(t.Rows, ui.Row{Cells: textCells(x.Cells(p.s.lang)), Muted: x.Missing != nil})
	}
	return t
}

// bins draws what was said beside what came, in tenths of a percent.
func (p duePage) bins() ui.Chart {
	s, t := p.s, p.trial
	ch := ui.Chart{SayX: true, ID: "bins", Title: s.t("insight.due_trial.calibration"), Kind: ui.Bar, XName: s.t("insight.due_trial.bin"), Series: []ui.Series{{Name: s.t("insight.due_trial.said")}, {Name: s.t("insight.due_trial.came")}},
		Format: func(v int64) string { return insight.Percent(float64(v) / 1000) }}
	for i, b := range t.Bins {
		ch.X = append(ch.X, strconv.Itoa(i+1))
		ch.Series[0].Values, ch.Series[1].Values = append(ch.Series[0].Values, thousandths(b.Said)), append(ch.Series[1].Values, thousandths(b.Came))
	}
	ch.Reading = s.t("insight.due_trial.bins_say", "n", i18n.Number(int64(t.N)), "said", insight.Percent(t.Said), "came", insight.Percent(t.Base.Value))
	return ch
}
