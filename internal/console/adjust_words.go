package console

import (
	"github.com/a-h/templ"

	"joren/internal/ui"
)

func (p member360) typeOptions() []ui.Option {
	out := make([]ui.Option, len(p.accounts))
	for i, a := range p.accounts {
		out[i] = ui.Option{Value: a.Type, Label: a.name, On: p.form.Value("type") == a.Type}
	}
	return out
}

func (p member360) reasonOptions() []ui.Option {
	out := []ui.Option{{Value: "", Label: p.s.t("console.choose")}}
	for _, x := range adjustReasons {
		out = append(out, ui.Option{Value: x, Label: p.s.t("console.reason." + x)})
	}
	return out
}

// now says what she has, beside the field that changes it.
func (p member360) now() string {
	if len(p.accounts) == 0 {
		return ""
	}
	return p.s.t("console.adjust.now", "available", p.accounts[0].balance.Available)
}

func (p member360) expires() string {
	if p.form.in.Points < 0 {
		return "–"
	}
	if p.form.in.ExpiresOn != 0 {
		return p.s.day(p.form.in.ExpiresOn)
	}
	return p.s.t("console.adjust.as_programme")
}

// beforeAfter shows the balance before and after, figure by figure.
func (p member360) beforeAfter() ui.Table {
	s, b, a := p.s, p.form.before, p.form.after
	t := ui.Table{ID: "balance", Caption: s.t("console.adjust.result"), Columns: []ui.Column{{Label: ""}, {Label: s.t("console.adjust.before"), Num: true}, {Label: s.t("console.adjust.after"), Num: true}}}
	t.Columns[0].Label = s.t("console.points.title")
	for _, x := range []struct {
		key           string
		before, after int64
	}{{"available", b.Available, a.Available}, {"pending", b.Pending, a.Pending}, {"held", b.Held, a.Held}, {"debt", b.Debt, a.Debt}} {
		if x.before != 0 || x.after != 0 || x.key == "available" {
			t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text(s.t("console.member." + x.key)), ui.Number(x.before), ui.Number(x.after)}})
		}
	}
	return t
}

// stakeTable shows what she has, what of it is lost and, where any does, what
// waits.
func (p leaving) stakeTable() ui.Table {
	s := p.s
	t := ui.Table{ID: "stakes", Caption: s.t("console.withdraw.stakes"), Columns: []ui.Column{{Label: s.t("console.points.type")}, {Label: s.t("console.member.available"), Num: true},
		{Label: s.t("console.member.pending"), Num: true}, {Label: s.t("console.member.debt"), Num: true}, {Label: s.t("console.withdraw.lost"), Num: true}}}
	waits := p.kept() > 0
	if waits {
		t.Columns = append(t.Columns, ui.Column{Label: s.t("console.leaving.waiting"), Num: true})
	}
	for _, x := range p.stakes {
		cells := []templ.Component{ui.Text(s.pointType(x.Type)), ui.Number(x.Balance.Available), ui.Number(x.Balance.Pending), ui.Number(x.Balance.Debt), ui.Number(x.Lost)}
		if waits {
			cells = append(cells, ui.Number(x.Kept))
		}
		t.Rows = append(t.Rows, ui.Row{Cells: cells})
	}
	return t
}

func (p leaving) kept() (n int64) {
	for _, x := range p.stakes {
		n += x.Kept
	}
	return n
}

// title is the page's warning.
func (p leaving) title() string {
	if p.what == "withdraw" && p.kept() > 0 {
		return p.s.t("console.leaving.kept_title")
	}
	return p.s.t("console." + p.what + ".what")
}

// outcome says in words what becomes of each type of points.
func (p leaving) outcome() (out []string) {
	for _, x := range p.stakes {
		typ := p.s.pointType(x.Type)
		if x.Pooled {
			out = append(out, p.s.t("console.leaving.pooled", "type", typ))
			continue
		}
		if x.Lost > 0 {
			out = append(out, p.s.t("console.leaving.lost", "type", typ, "points", x.Lost))
		}
		if x.Kept > 0 {
			out = append(out, p.s.t("console.leaving.kept", "type", typ, "points", x.Kept, "until", x.Until))
		}
		if x.Balance.Debt > 0 {
			out = append(out, p.s.t("console.leaving.debt", "type", typ, "points", x.Balance.Debt))
		}
	}
	if len(out) == 0 && len(p.stakes) > 0 {
		out = append(out, p.s.t("console.leaving.none"))
	}
	return out
}
