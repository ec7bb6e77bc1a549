package console

import (
	"strings"

	"github.com/a-h/templ"

	"joren/internal/purchase"
	"joren/internal/sale"
	"joren/internal/ui"
)

// lines is the receipt.
func (p *purchasePage) lines() ui.Table {
	s := p.s
	t := ui.Table{ID: "lines", Caption: s.t("console.receipt.title"), Columns: []ui.Column{{Label: s.t("console.receipt.item")}, {Label: s.t("console.receipt.quantity"), Num: true},
		{Label: s.t("console.receipt.amount"), Num: true}, {Label: s.t("console.receipt.discount"), Num: true}, {Label: s.t("console.receipt.rate"), Num: true},
		{Label: s.t("console.receipt.value"), Num: true}, {Label: s.t("console.purchase.eligible"), Num: true}, {Label: s.t("console.receipt.returned"), Num: true}}}
	for _, l := range p.p.Lines {
		t.Rows = append(t.Rows, ui.Row{Muted: l.Returned >= l.Quantity, Cells: []templ.Component{receiptItem(s, l), ui.Number(l.Quantity), ui.Text(s.money(l.Amount)), ui.Text(s.money(-l.Shared)),
			ui.Text(rate(l.TaxRate)), ui.Text(s.money(l.Value)), ui.Text(s.money(l.Eligible)), ui.Number(l.Returned)}})
	}
	return t
}

func rate(r purchase.Rate) string {
	if r.IsZero() {
		return "–"
	}
	return strings.TrimSuffix(strings.TrimRight(itoa(r.Millionths()/10_000)+"."+pad2(r.Millionths()/100%100), "0"), ".") + "%"
}

func pad2(n int64) string {
	if n < 10 {
		return "0" + itoa(n)
	}
	return itoa(n)
}

// sums are the figures under the receipt.
func (p *purchasePage) sums() []ui.Fact {
	s, d := p.s, p.p.Doc
	var out []ui.Fact
	for _, x := range d.Discounts {
		name := x.Name
		if name == "" {
			name = s.t("console.receipt.discount")
		}
		out = append(out, ui.Say(join(" ", name, x.Coupon), s.money(-x.Amount)))
	}
	for _, x := range d.Tax {
		out = append(out, ui.Say(s.t("console.receipt.tax", "rate", rate(x.Rate)), s.money(x.Amount)))
	}
	if d.Shipping != 0 {
		out = append(out, ui.Say(s.t("console.receipt.shipping"), s.money(d.Shipping)))
	}
	if x := d.PointsPaid; x != nil && x.Points > 0 {
		out = append(out, ui.Say(s.t("console.receipt.paid"), s.points(x.Points)+"（"+s.money(-x.Points*max(1, d.PointValue))+"）"))
	}
	return append(out, ui.Say(s.t("console.purchase.total"), s.money(p.p.Total)), ui.Say(s.t("console.purchase.eligible"), s.money(p.p.Eligible)))
}

// place names the store, or the channel of what was sold in none.
func (s *scene) place(store, channel string) ui.Fact {
	if store == "" && channel != "" {
		return ui.Say(s.t("console.purchase.channel"), channel)
	}
	return ui.Say(s.t("console.store"), s.where(store, channel))
}

// facts are where and when it was.
func (p *purchasePage) facts() []ui.Fact {
	s, x := p.s, p.p
	member := ui.Fact{Term: s.t("console.purchase.member"), Value: ui.Badge("", s.t("console.purchase.guest"))}
	if p.who != nil {
		member.Value = ui.To(p.who.href, p.who.name)
	}
	out := []ui.Fact{member, ui.Say(s.t("console.purchase.at"), s.when(x.OccurredAt)), s.place(x.Store, x.Channel),
		ui.Say(s.t("console.purchase.source"), x.Source), ui.Say(s.t("console.purchase.recorded"), s.when(x.RecordedAt))}
	if x.Judged.Version > 0 {
		out = append(out, ui.Fact{Term: s.t("console.purchase.version"), Value: ui.To("/programme/versions/"+itoa(int64(x.Judged.Version)), s.t("console.purchase.version_no", "n", x.Judged.Version))})
	}
	return out
}

// table is the why-table: one row a component, with how it came about.
func (w why) table(s *scene, id string) ui.Table {
	t := ui.Table{ID: id, Caption: w.title(s), Columns: []ui.Column{{Label: s.t("console.why.rule")}, {Label: s.t("console.points.points"), Num: true}, {Label: s.t("console.why.how")}}}
	for _, row := range w.Rows {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text(row.Name), ui.Number(row.Points), ui.Text(row.Text)}})
	}
	return t
}

func (w why) title(s *scene) string {
	return s.t("console.why.title", "points", w.points, "type", w.name)
}

// lives says from when until when the points can be used.
func (w why) lives(s *scene) (out []string) {
	for _, l := range w.lots {
		args := []any{"points", l.Points, "from", s.zone.Day(l.ActivatesAt), "until", l.ExpiresOn}
		switch {
		case l.ActivatesAt == 0:
			out = append(out, s.t("console.why.awaits", args...))
		case l.ExpiresOn == 0:
			out = append(out, s.t("console.why.forever", args...))
		default:
			out = append(out, s.t("console.why.lives", args...))
		}
	}
	return out
}

// returns lists what has come back.
func (p *purchasePage) returns() ui.Table {
	s := p.s
	t := ui.Table{ID: "returns", Caption: s.t("console.return.so_far"), Columns: []ui.Column{{Label: s.t("console.purchase.at"), Keep: true}, {Label: s.t("console.return.lines")},
		{Label: s.t("console.return.value"), Num: true}, {Label: s.t("console.return.points_back"), Num: true}, {Label: s.t("console.return.clawback"), Num: true},
		{Label: s.t("console.return.cash"), Num: true}, {Label: s.t("console.return.reason")}}}
	for _, x := range p.p.Returns {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text(s.when(x.OccurredAt)), ui.Text(p.goods(x.Lines)), ui.Text(s.money(x.Value)), ui.Number(x.PointsBack),
			ui.Number(x.Demanded[s.mainType()]), ui.Text(s.money(x.Cash)), ui.Text(x.Reason)}})
	}
	return t
}

// goods names what came back.
func (p *purchasePage) goods(lines []purchase.ReturnLine) string {
	var out []string
	for _, x := range lines {
		for _, l := range p.p.Lines {
			if l.No == x.No {
				out = append(out, lineName(l)+" × "+number(x.Quantity))
			}
		}
	}
	if len(out) == 0 {
		return p.s.t("console.return.everything")
	}
	return strings.Join(out, p.s.t("console.comma"))
}

func (p *purchasePage) title() string {
	return p.s.t("console.purchase.one", "order", p.p.OrderNo)
}

func (p *purchasePage) crumbs() []ui.Link {
	return []ui.Link{{Label: p.s.t("console.purchase.title"), Href: "/purchases"}}
}

// quantities are the fields of the lines that can still come back.
func (p returning) quantities() []ui.Field {
	var out []ui.Field
	for _, l := range p.p.Lines {
		if left := l.Quantity - l.Returned; left > 0 {
			f := numeric(p.Field("quantity_"+itoa(int64(l.No)), lineName(l)))
			f.Hint = p.s.t("console.return.of", "left", left, "value", p.s.money(l.Value))
			out = append(out, f)
		}
	}
	return out
}

// outcome says in figures what the return comes to.
func (p returning) outcome() []ui.Fact {
	s, a := p.s, p.preview
	out := []ui.Fact{ui.Say(s.t("console.return.lines"), p.goods(p.in.Lines)), ui.Say(s.t("console.return.value"), s.money(a.Value)), ui.Say(s.t("console.return.cash"), s.money(a.CashRefund))}
	if a.PointsReturned != nil {
		out = append(out, ui.Say(s.t("console.return.points_back"), s.points(a.PointsReturned.Points)))
	}
	for _, c := range clawbacks(a) {
		out = append(out, ui.Say(s.pointType(c.Type), s.t("console.return.again", "was", c.AwardWas, "now", c.AwardNow, "take", c.Points)))
		for _, x := range []struct {
			key string
			n   int64
		}{{"debt", c.Debt}, {"forgiven", c.Forgiven}, {"shortfall", c.Shortfall}} {
			if x.n > 0 {
				out = append(out, ui.Say(s.t("console.return."+x.key), s.points(x.n)))
			}
		}
	}
	if a.Balance != nil {
		out = append(out, ui.Say(s.t("console.return.balance"), s.t("console.return.balance_is", "available", a.Balance.Available, "pending", a.Balance.Pending, "debt", a.Balance.Debt)))
	}
	if a.Tier != nil {
		out = append(out, ui.Say(s.t("console.return.rank"), s.level(a.Tier.Current)))
	}
	return out
}

func clawbacks(a *sale.ReturnAnswer) []sale.Clawback {
	if a.Clawback == nil {
		return nil
	}
	return append([]sale.Clawback{*a.Clawback}, a.Clawbacks...)
}
