package console

import (
	"context"

	"github.com/a-h/templ"

	"joren/internal/member"
	"joren/internal/staff"
	"joren/internal/ui"
)

func (p membersPage) meta(ctx context.Context) ui.Meta {
	m := ui.Meta{Title: ui.T(ctx, "ui.word.members"), Lead: ui.T(ctx, "console.member.search_hint"), Word: ui.Members, Wide: true}
	if may(ctx, staff.MembersMerge) {
		m.More = append(m.More, ui.Button{Label: ui.T(ctx, "console.double.title"), Kind: "secondary", Href: "/members/duplicates"})
	}
	if mayEdit(ctx) {
		m.Action = &ui.Button{Label: ui.T(ctx, "console.member.new"), Href: "/members/new"}
	}
	return m
}

func (p membersPage) table(ctx context.Context) ui.Table {
	t := ui.Table{ID: "members", Caption: ui.T(ctx, "ui.word.members"), List: p.list, Pager: p.pager, CSV: mayExport(ctx), Empty: p.empty(ctx),
		Columns: []ui.Column{{Label: p.s.t("console.member.name"), Keep: true}, {Label: p.s.t("console.member.number"), Keep: true}, {Label: p.s.t("console.member.rank")},
			{Label: p.s.t("console.member.available"), Num: true}, {Label: p.s.t("console.member.last"), Keep: true}, {Label: p.s.t("console.member.visits"), Num: true},
			{Label: p.s.t("console.member.spend"), Num: true}, {Key: "joined", Label: p.s.t("console.member.joined"), Keep: true}}}
	if p.typed() {
		t.Columns[7].Key = ""
	}
	for _, x := range p.rows {
		t.Rows = append(t.Rows, ui.Row{Muted: x.Status != "active", Cells: []templ.Component{memberName(x, p.s), ui.Text(x.Card), ui.Badge(p.s.tone(x.rank), p.s.level(x.rank)),
			ui.Number(x.balance.Available), ui.Text(p.s.day(x.bought.LastOn)), ui.Number(x.bought.Visits), ui.Text(p.s.money(x.bought.Spend)), ui.Text(p.s.day(x.JoinedOn))}})
	}
	return t
}

// looked is how many members a page looks at, and no more.
func (p membersPage) looked() int {
	if p.typed() {
		return member.SearchAtMost
	}
	return walkAtMost
}

func (p membersPage) empty(ctx context.Context) templ.Component {
	switch {
	case p.floor != "": // who is not among those looked at may still be there
		return ui.Empty(p.s.t("console.looked", "n", p.looked()), &ui.Button{Label: p.s.t("console.looked_do"), Kind: "secondary", Href: p.list.URL("after", p.floor)})
	case p.typed():
		return ui.Empty(p.s.t("console.member.not_found", "q", p.list.Get("q")), enrolButton(ctx))
	case p.none:
		return ui.Empty(p.s.t("console.member.none"), &ui.Button{Label: p.s.t("console.member.import"), Href: "/import"})
	}
	return ui.Empty(p.s.t("console.member.none_here"), &ui.Button{Label: p.s.t("ui.filter_clear"), Kind: "secondary", Href: p.list.Clear()})
}

func (p membersPage) statusField() ui.Field {
	on := p.wanted.Get("status")
	if on == "" && p.wanted.Get("q") == "" {
		on = "active"
	}
	out := []ui.Option{}
	for _, v := range append([]string{"any"}, statuses...) {
		out = append(out, ui.Option{Value: v, Label: p.s.t("console.status." + v), On: v == on})
	}
	return p.choice("status", p.s.t("console.member.status"), "short", out)
}

func (p membersPage) tierField() ui.Field {
	return p.choice("tier", p.s.t("console.member.rank"), "short", p.s.options(p.wanted.Get("tier"), "console.any", p.s.levels(), p.s.level))
}

func (p membersPage) boughtField() ui.Field {
	return p.choice("bought", p.s.t("console.member.bought"), "short", p.s.options(p.wanted.Get("bought"), "console.any", boughts, func(v string) string { return p.s.t("console.bought." + v) }))
}
