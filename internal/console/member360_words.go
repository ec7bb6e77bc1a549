package console

import (
	"context"

	"github.com/a-h/templ"

	"joren/internal/ledger"
	"joren/internal/staff"
	"joren/internal/ui"
)

func (p *member360) meta(ctx context.Context) ui.Meta {
	m := ui.Meta{Title: p.m.name, Lead: p.lead(), Word: ui.Members, Wide: true, Crumbs: []ui.Link{{Label: p.s.t("ui.word.members"), Href: "/members"}}}
	if p.into != nil {
		return m
	}
	if p.living() && mayEdit(ctx) {
		m.More = append(m.More, ui.Button{Label: p.s.t("console.member.edit"), Kind: "secondary", Href: p.m.url() + "/edit"})
	}
	if p.active() && may(ctx, staff.MembersMerge) {
		m.More = append(m.More, ui.Button{Label: p.s.t("console.merge.title"), Kind: "text", Href: p.m.url() + "/merge"})
	}
	if p.active() && may(ctx, staff.PointsAdjust) && len(p.accounts) > 0 {
		m.Action = &ui.Button{Label: p.s.t("console.adjust.title"), Href: p.m.url() + "/adjust", Dialog: "adjust"}
	}
	return m
}

func (p *member360) lead() string {
	return p.s.t("console.member.lead", "number", dash(p.m.Card), "joined", p.m.JoinedOn, "status", p.s.t("console.status."+string(p.m.Status)))
}

func dash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

func (p *member360) chips() []ui.Tab {
	out := make([]ui.Tab, len(shows))
	for i, v := range shows {
		out[i] = ui.Tab{Label: p.s.t("console.show." + v), Href: p.m.url() + "?show=" + v + "#line", On: v == p.line.show}
	}
	return out
}

func (p *member360) facts() []ui.Fact {
	s := p.s
	var out []ui.Fact
	add := func(key, v string) {
		if v != "" {
			out = append(out, ui.Say(s.t("console.member."+key), v))
		}
	}
	add("kana", p.p.NameKana)
	add("phone", p.p.Phone)
	add("email", p.p.Email)
	add("birthday", birthday(s, p))
	if p.p.Gender != "" {
		add("gender", s.t("console.gender."+string(p.p.Gender)))
	}
	add("address", join(" ", p.p.PostCode, p.p.Area, p.p.Address))
	for _, a := range p.p.Anniversaries {
		out = append(out, ui.Say(a.Name, partDay(a.On)))
	}
	for _, a := range p.schema {
		if x, ok := p.p.Attributes[a.ID]; ok {
			out = append(out, ui.Say(a.Name.In(s.lang), s.attribute(a, x)))
		}
	}
	for _, source := range sortedKeys(p.p.ExternalIDs) {
		out = append(out, ui.Say(s.t("console.member.external_at", "source", source), p.p.ExternalIDs[source]))
	}
	add("spend", s.money(p.bought.Spend))
	add("join_store", s.store(p.m.JoinStore))
	add("memo", p.p.Memo)
	return out
}

func openLots(a account) []*ledger.Lot {
	var out []*ledger.Lot
	for _, l := range a.Lots() {
		if l.Remaining > 0 {
			out = append(out, l)
		}
	}
	return out
}

// fewLots is how many lots a member's page shows at once.
const fewLots = 8

// lotTable shows the lots that expire first, or the rest of them.
func (p *member360) lotTable(a account, rest bool) ui.Table {
	s := p.s
	id, lots := "lots-"+a.Type, byExpiry(a)
	if rest {
		id, lots = id+"-rest", lots[fewLots:]
	} else {
		lots = lots[:min(fewLots, len(lots))]
	}
	t := ui.Table{ID: id, Caption: s.t("console.member.lots"), Columns: []ui.Column{{Label: s.t("console.lot.points"), Num: true}, {Label: s.t("console.lot.state")},
		{Label: s.t("console.lot.expires"), Keep: true}, {Label: s.t("console.lot.usable"), Keep: true}, {Label: s.t("console.lot.from"), Keep: true}}}
	t.Pager = ui.Pager{Shown: len(lots), Total: len(openLots(a))}
	for _, l := range lots {
		tone, word := s.lotState(a, l)
		var from templ.Component = ui.Text(s.day(s.zone.Day(l.OccurredAt)) + " " + s.t("console.origin."+string(l.Origin)))
		if l.Origin == ledger.Sale && !l.Award.IsZero() {
			from = ui.To(purchaseURL(l.Award), s.day(s.zone.Day(l.OccurredAt)))
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Number(l.Remaining), ui.Badge(tone, word), ui.Text(s.expiry(a, l)), ui.Text(s.usable(l)), from}})
	}
	return t
}

// balanceFacts are the figures of an account; what is nothing is left out.
func (s *scene) balanceFacts(a account) []ui.Fact {
	out := []ui.Fact{ui.Say(s.t("console.member.available"), number(a.balance.Available))}
	for _, x := range []struct {
		key string
		n   int64
	}{{"pending", a.balance.Pending}, {"held", a.balance.Held}, {"debt", a.balance.Debt}} {
		if x.n != 0 {
			out = append(out, ui.Say(s.t("console.member."+x.key), number(x.n)))
		}
	}
	return out
}
