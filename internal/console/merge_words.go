package console

import (
	"strings"

	"github.com/a-h/templ"

	"joren/internal/ident"
	"joren/internal/ui"
)

// compared is a row of the comparison.
type compared struct {
	label      string
	kept, gone string
	who        bool // tells who she is
}

// differs marks what a person should look at before merging: two records of
// one person seldom have two birthdays.
func (x compared) differs() bool {
	return x.kept != x.gone && x.kept != "–" && x.gone != "–" && x.who
}

// rows compare the two records line by line.
func (p merging) rows() []compared {
	s, k, g := p.s, &p.kept, p.gone
	var out []compared
	say := func(who bool, key, a, b string) {
		out = append(out, compared{s.t("console.member." + key), dash(a), dash(b), who})
	}
	add := func(key, a, b string) { say(true, key, a, b) }
	num := func(label string, a, b int64) { out = append(out, compared{label, number(a), number(b), false}) }
	say(false, "number", k.m.Card, g.m.Card)
	add("name", k.p.Name, g.p.Name)
	add("kana", k.p.NameKana, g.p.NameKana)
	add("phone", k.p.Phone, g.p.Phone)
	add("email", k.p.Email, g.p.Email)
	add("birthday", birthday(s, k), birthday(s, g))
	add("address", join(" ", k.p.PostCode, k.p.Area, k.p.Address), join(" ", g.p.PostCode, g.p.Area, g.p.Address))
	say(false, "joined", s.day(k.m.JoinedOn), s.day(g.m.JoinedOn))
	if k.rank != nil && g.rank != nil {
		say(false, "rank", s.level(k.rank.Current), s.level(g.rank.Current))
	}
	say(false, "last", s.day(k.bought.LastOn), s.day(g.bought.LastOn))
	num(s.t("console.member.visits"), k.bought.Visits, g.bought.Visits)
	say(false, "spend", s.money(k.bought.Spend), s.money(g.bought.Spend))
	for i, a := range k.accounts {
		b := g.accounts[i]
		for _, x := range []struct {
			key  string
			a, b int64
			all  bool
		}{{"available", a.balance.Available, b.balance.Available, true}, {"pending", a.balance.Pending, b.balance.Pending, false},
			{"held", a.balance.Held, b.balance.Held, false}, {"debt", a.balance.Debt, b.balance.Debt, false}} {
			if x.all || x.a+x.b > 0 {
				num(k.pointsOf(a.name, x.key), x.a, x.b)
			}
		}
	}
	return out
}

// pointsOf names a figure of points, with the type where there are several.
func (p *member360) pointsOf(name, key string) string {
	word := p.s.t("console.member." + key)
	if len(p.accounts) < 2 {
		return word
	}
	return p.s.t("console.merge.points_of", "type", name, "what", word)
}

// moves say what a merge does, one sentence each.
func (p merging) moves() []string {
	s, k, g := p.s, &p.kept, p.gone
	out := []string{s.t("console.merge.cards", "name", k.m.name)}
	debt := int64(0)
	for i, a := range k.accounts {
		b := g.accounts[i].balance
		if n := b.Available + b.Pending; n > 0 {
			out = append(out, s.t("console.merge.points", "type", a.name, "points", n))
		}
		debt += a.balance.Debt + b.Debt
	}
	if debt > 0 {
		out = append(out, s.t("console.merge.debt", "points", debt))
	}
	out = append(out, s.t("console.merge.gaps"))
	if p.rank != "" {
		out = append(out, s.t("console.merge.rank", "rank", s.level(p.rank)))
	}
	return append(out, s.t("console.merge.undo_rule"))
}

// by says why two records may be one person.
func (s *scene) by(codes []string) string {
	words := make([]string, len(codes))
	for i, x := range codes {
		words[i] = s.t("console.double.by." + x)
	}
	return strings.Join(words, s.t("console.comma"))
}

func mergeURL(kept, gone ident.ID) string {
	return memberURL(kept) + "/merge?with=" + ident.Member.Text(gone)
}

func (p doublesPage) table() ui.Table {
	s := p.s
	t := ui.Table{ID: "doubles", Caption: s.t("console.double.title"), List: p.list, Pager: ui.Pager{Next: p.next, Shown: len(p.rows)}, Empty: ui.Empty(s.t("console.double.none"), nil),
		Columns: []ui.Column{{Label: s.t("console.double.older")}, {Label: s.t("console.double.older_on"), Keep: true}, {Label: s.t("console.double.newer")}, {Label: s.t("console.double.newer_on"), Keep: true},
			{Label: s.t("console.double.by")}, {Label: s.t("console.double.next")}}}
	for _, x := range p.rows {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{p.who(x.Older.ID), ui.Text(s.day(x.Older.JoinedOn)), p.who(x.Newer.ID), ui.Text(s.day(x.Newer.JoinedOn)),
			ui.Text(s.by(x.By)), ui.To(mergeURL(x.Older.ID, x.Newer.ID), s.t("console.double.compare"))}})
	}
	return t
}

func (p doublesPage) who(id ident.ID) templ.Component {
	x := p.people[id]
	return ui.To(x.href, join(" ", x.name, x.number))
}

func (p merging) maybeTable() ui.Table {
	s := p.s
	t := ui.Table{ID: "maybe", Caption: s.t("console.merge.maybe"), Columns: []ui.Column{{Label: s.t("console.member.name")}, {Label: s.t("console.member.number"), Keep: true},
		{Label: s.t("console.member.joined"), Keep: true}, {Label: s.t("console.double.by")}, {Label: s.t("console.double.next")}}}
	for _, x := range p.maybe {
		who := p.maybeNames[x.Member.ID]
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.To(who.href, who.name), ui.Text(who.number), ui.Text(s.day(x.Member.JoinedOn)), ui.Text(s.by(x.By)),
			ui.To(mergeURL(p.kept.m.ID, x.Member.ID), s.t("console.double.compare"))}})
	}
	return t
}
