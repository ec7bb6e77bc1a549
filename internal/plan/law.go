package plan

import (
	"fmt"
	"time"

	"joren/internal/amount"
	"joren/internal/rules"
)

// builtin event kinds need no declaration.
var builtin = []EventKind{
	{ID: "visit"},
	{ID: "view", Fields: []Attribute{{ID: "sku", Type: rules.AttrText}}},
	{ID: "cart", Fields: []Attribute{{ID: "sku", Type: rules.AttrText}}},
	{ID: "review", Fields: []Attribute{{ID: "sku", Type: rules.AttrText}, {ID: "stars", Type: rules.AttrInt}}},
	{ID: "share", Fields: []Attribute{{ID: "network", Type: rules.AttrText}}},
	{ID: "profile.completed"},
	{ID: "app.installed"},
	{ID: "survey.completed", Fields: []Attribute{{ID: "survey", Type: rules.AttrText}}},
	{ID: "referral.completed"},
}

// BuiltinEvents are the event kinds every programme knows, with their fields.
func BuiltinEvents() []EventKind { return append([]EventKind(nil), builtin...) }

var triggers = []string{"purchase", "birthday", "anniversary", "joined", "rank.up"}

// spec is the earning side for the judge.
func (d *document) spec(r *reader, p *Programme) rules.Spec {
	s := rules.Spec{Zone: p.Zone, WeekStart: p.WeekStart, Basis: p.Basis, Exclude: p.Exclude,
		Attributes: types(p.Attributes), Events: map[string]rules.EventType{}}
	for _, x := range p.Points {
		s.Types = append(s.Types, rules.PointType{ID: x.ID, Value: x.Value})
	}
	if p.Tiers != nil {
		for _, l := range p.Tiers.Levels {
			s.Tiers = append(s.Tiers, l.ID)
		}
	}
	for _, e := range append(BuiltinEvents(), p.Events...) {
		s.Events[e.ID] = rules.EventType{Fields: types(e.Fields)}
	}
	for _, x := range d.Rules {
		s.Rules = append(s.Rules, x.rule(p))
	}
	for _, g := range d.Groups {
		s.Groups = append(s.Groups, rules.Group{ID: g.ID, Mode: g.Mode, Compound: g.Compound})
	}
	for _, l := range d.Limits {
		s.Limits = append(s.Limits, l.limit(p, rules.ScopeProgramme))
	}
	return s
}

func types(as []Attribute) map[string]rules.AttrType {
	m := make(map[string]rules.AttrType, len(as))
	for _, a := range as {
		m[a.ID] = a.Type
	}
	return m
}

var roundModes = map[string]amount.Rounding{"": amount.Floor, "floor": amount.Floor, "half_up": amount.HalfUp, "ceil": amount.Ceil}

func (x ruleDoc) rule(p *Programme) rules.Rule {
	out := rules.Rule{ID: x.ID, Name: x.Name, Kind: x.Kind, Points: x.Points, Group: x.Group, On: x.On, When: x.When,
		Lines: x.Lines, From: x.From, To: x.To, DaysOfMonth: x.DaysOfMonth, Weekdays: x.Weekdays, Stores: x.Stores,
		Channels: x.Channels, Tiers: x.Tiers, Segments: x.Segments, Once: x.Once, Per: x.Per, Give: x.Give, Each: x.Each,
		Rounding: roundModes[x.Rounding], Multiply: x.Multiply, GivePerItem: x.GivePerItem, Terms: x.terms(p)}
	if x.Each == "order" {
		out.Each = rules.EachOrder
	}
	if x.Steps != nil {
		out.Steps = x.Steps.steps()
	}
	if x.Window != nil {
		out.Window = &rules.DateWindow{BeforeDays: x.Window.Before, AfterDays: x.Window.After}
	}
	for _, h := range x.Hours {
		out.Hours = append(out.Hours, rules.Hours{From: time.Duration(h.From), To: time.Duration(h.To)})
	}
	for i, l := range x.Limits {
		if l.ID == "" {
			l.ID = fmt.Sprintf("%s.%d", x.ID, i+1)
		}
		if l.Points == "" {
			l.Points = x.Points
		}
		if l.Rules == nil {
			l.Rules = []string{x.ID}
		}
		out.Limits = append(out.Limits, l.limit(p, rules.ScopeRule))
	}
	return out
}

// terms are nil when the point type's hold. The waiting time of a point type
// is for purchases; what is given on another occasion can be used at once
// unless the rule says so (SEMANTICS §20).
func (x ruleDoc) terms(p *Programme) *rules.Terms {
	purchase := x.On == "" || x.On == "purchase"
	if x.Class == "" && x.Pending == nil && x.Expiry == nil && purchase {
		return nil
	}
	policy, _ := p.Policy(x.Points)
	t := policy.Terms
	if !purchase {
		t.Pending = rules.Pending{}
	}
	if x.Class != "" {
		t.Class = x.Class
	}
	if x.Pending != nil {
		t.Pending = x.Pending.Pending
	}
	if x.Expiry != nil {
		t.Expiry = x.Expiry.Expiry
	}
	return &t
}

func (s stepsDoc) steps() *rules.Steps {
	out := &rules.Steps{ByUnitPrice: s.By == "line", Marginal: s.Mode == "marginal"}
	for _, x := range s.Table {
		out.Table = append(out.Table, rules.Step(x))
	}
	return out
}

func (l limitDoc) limit(p *Programme, scope rules.Scope) rules.Limit {
	if l.Scope != "" {
		scope = l.Scope
	}
	return rules.Limit{ID: l.ID, Scope: scope, Rules: l.Rules, Points: l.Points, PerMember: l.PerMember, PerStore: scope == rules.ScopeStore,
		Measure: l.Measure, Window: l.Window.kind, From: l.Window.from, To: l.Window.to, Max: l.Max, Reject: l.Over == "reject"}
}
