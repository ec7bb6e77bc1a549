package console

import (
	"cmp"
	"context"

	"github.com/a-h/templ"

	"joren/internal/ident"
	"joren/internal/ledger"
	"joren/internal/ui"
)

func (p pointsPage) table(ctx context.Context) ui.Table {
	s := p.s
	t := ui.Table{ID: "entries", Caption: s.t("console.points.entries"), List: p.list, Pager: p.pager, CSV: mayExport(ctx), Empty: ui.Empty(s.t("console.points.none"), p.clear()),
		Columns: []ui.Column{{Label: s.t("console.points.at"), Keep: true}, {Label: s.t("console.purchase.member")}, {Label: s.t("console.points.kind")}, {Label: s.t("console.points.points"), Num: true},
			{Label: s.t("console.points.balance"), Num: true}, {Label: s.t("console.points.type")}, {Label: s.t("console.store")}, {Label: s.t("console.points.reason")}}}
	for _, x := range p.rows {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text(s.when(x.Occurred)), ownerCell(p.people, x.Holder), ui.Text(s.t("console.entry." + string(x.Kind))), ui.Text(signed(x.Points)),
			ui.Number(x.Balance), ui.Text(s.pointType(x.Key.Type)), ui.Text(s.store(x.Store)), s.because(x)}})
	}
	return t
}

func (p pointsPage) clear() *ui.Button {
	if !p.list.Filtered() {
		return nil
	}
	return &ui.Button{Label: p.s.t("ui.filter_clear"), Kind: "secondary", Href: p.list.Clear()}
}

// because leads to the purchase an entry belongs to, or says its reason.
func (s *scene) because(x *ledger.Line) templ.Component {
	if !x.Purchase.IsZero() {
		return ui.To(purchaseURL(x.Purchase), s.t("console.points.purchase"))
	}
	if w := s.reason(x.Reason); w != "" {
		return ui.Text(w)
	}
	return ui.Text(x.Reason)
}

// ownerCell links an account's holder; one without a name shows its id.
func ownerCell(people map[ident.ID]owner, id ident.ID) templ.Component {
	if who, ok := people[id]; ok {
		return ui.To(who.href, who.name)
	}
	return ui.Text(ident.Account.Text(id))
}

// sums are the movements of the days asked for, by what they are.
func (p pointsPage) sums() []ui.Fact {
	var out []ui.Fact
	for _, c := range contras {
		if n := p.flows[ledger.Contra(c)]; n != 0 {
			out = append(out, ui.Say(p.s.t("console.what."+c), signed(n)))
		}
	}
	return out
}

// types are the programme's types of points.
func (s *scene) types() []string {
	ids := make([]string, len(s.policies))
	for i, p := range s.policies {
		ids[i] = p.Type
	}
	return ids
}

func (p pointsPage) whatField() ui.Field {
	return p.choice("what", p.s.t("console.points.kind"), "mid", p.s.options(p.wanted.Get("what"), "console.any", contras, func(v string) string { return p.s.t("console.what." + v) }))
}

func (p pointsPage) typeField() ui.Field {
	return p.choice("type", p.s.t("console.points.type"), "mid", p.s.options(p.wanted.Get("type"), "console.any", p.s.types(), p.s.pointType))
}

func (p accountsPage) typeField() ui.Field {
	return p.choice("type", p.s.t("console.points.type"), "mid", p.s.options(cmp.Or(p.wanted.Get("type"), p.typ), "console.any", p.s.types(), p.s.pointType)[1:])
}

func (p accountsPage) table(ctx context.Context) ui.Table {
	s := p.s
	t := ui.Table{ID: "accounts", Caption: s.t("console.accounts.title"), List: p.list, CSV: mayExport(ctx), Pager: ui.Pager{Next: p.next.String(), Shown: len(p.rows)}, Empty: ui.Empty(s.t("console.accounts.none"), nil),
		Columns: []ui.Column{{Label: s.t("console.purchase.member")}, {Label: s.t("console.member.available"), Num: true}, {Label: s.t("console.member.pending"), Num: true},
			{Label: s.t("console.member.held"), Num: true}, {Label: s.t("console.member.debt"), Num: true}, {Label: s.t("console.accounts.next"), Keep: true, Full: true}}}
	for _, b := range p.rows {
		x := b.At(s.now)
		next := "–"
		if x.Next.Points > 0 {
			next = s.t("console.accounts.expiring", "points", x.Next.Points, "on", s.day(x.Next.On))
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ownerCell(p.people, b.Holder), ui.Number(x.Available), ui.Number(x.Pending), ui.Number(x.Held), ui.Number(x.Debt), ui.Text(next)}})
	}
	return t
}
