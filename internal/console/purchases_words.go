package console

import (
	"context"

	"github.com/a-h/templ"

	"joren/internal/purchase"
	"joren/internal/ui"
)

func (p purchasesPage) table(ctx context.Context) ui.Table {
	s := p.s
	t := ui.Table{ID: "purchases", Caption: s.t("console.purchase.title"), List: p.list, Pager: p.pager, CSV: mayExport(ctx),
		Empty: ui.Empty(s.t("console.purchase.none"), p.emptyButton()),
		Columns: []ui.Column{{Label: s.t("console.purchase.at"), Keep: true}, {Label: s.t("console.purchase.order"), Keep: true}, {Label: s.t("console.store")}, {Label: s.t("console.purchase.member")},
			{Label: s.t("console.purchase.total"), Num: true}, {Label: s.t("console.purchase.points"), Num: true}, {Label: s.t("console.purchase.notes")}}}
	for _, x := range p.rows {
		t.Rows = append(t.Rows, ui.Row{Muted: !x.Kept, Cells: []templ.Component{ui.Text(s.when(x.OccurredAt)), ui.To(purchaseURL(x.ID), x.OrderNo), ui.Text(s.where(x.Store, x.Channel)),
			p.buyer(x), ui.Text(s.money(x.Total)), ui.Number(s.earned(x)), purchaseNotes(s, x)}})
	}
	return t
}

func (p purchasesPage) emptyButton() *ui.Button {
	if !p.list.Filtered() {
		return nil
	}
	return &ui.Button{Label: p.s.t("ui.filter_clear"), Kind: "secondary", Href: p.list.Clear()}
}

func (p purchasesPage) buyer(x *purchase.Purchase) templ.Component {
	who, ok := p.people[x.Member]
	if x.Guest || !ok {
		return ui.Badge("", p.s.t("console.purchase.guest"))
	}
	return ui.To(who.href, who.name)
}

func (p purchasesPage) meta() ui.Meta {
	m := ui.Meta{Title: p.s.t("console.purchase.title"), Word: ui.Members, Wide: true, Crumbs: []ui.Link{{Label: p.s.t("ui.word.members"), Href: "/members"}}}
	if p.who != nil {
		m.Crumbs = append(m.Crumbs, ui.Link{Label: p.who.name, Href: p.who.href})
		m.Lead = p.s.t("console.purchase.of", "name", p.who.name)
	}
	return m
}

func waitingTable(ctx context.Context, s *scene, list []purchase.Parked) ui.Table {
	t := ui.Table{ID: "parked", Caption: s.t("console.parked.title"), List: ui.List{Path: "/purchases/parked"}, CSV: mayExport(ctx), Empty: ui.Empty(s.t("console.parked.none"), nil),
		Columns: []ui.Column{{Label: s.t("console.parked.since"), Keep: true}, {Label: s.t("console.purchase.source")}, {Label: s.t("console.purchase.order"), Keep: true},
			{Label: s.t("console.return.no"), Keep: true}, {Label: s.t("console.store")}, {Label: s.t("console.return.lines"), Num: true}, {Label: s.t("console.return.reason")}}}
	for _, p := range list {
		in := p.Input
		lines := ui.Text(s.t("console.return.everything"))
		if len(in.Lines) > 0 {
			lines = ui.Number(int64(len(in.Lines)))
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text(s.when(p.At)), ui.Text(in.Source), ui.Text(in.OrderNo), ui.Text(in.ReturnNo), ui.Text(s.store(in.Store)), lines, ui.Text(in.Reason)}})
	}
	return t
}
