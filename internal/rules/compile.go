package rules

import (
	"fmt"
	"slices"

	"joren/internal/clock"
)

// Compile checks a specification and makes the judge. It reports every
// problem at once; with any problem there is no version.
func Compile(s Spec) (*Version, []Problem) {
	b := newBuilder(s)
	b.types()
	b.groups()
	b.rules()
	b.limits()
	b.exclude()
	if len(b.problems) > 0 {
		return nil, b.problems
	}
	b.v.index = buildIndex(b.v.rules)
	b.v.readNeeds()
	return b.v, nil
}

// builder gathers a version and the problems met on the way.
type builder struct {
	s        Spec
	v        *Version
	typeID   map[string]int
	groupID  map[string]int
	ruleID   map[string]int
	limitID  map[string]bool
	conds    map[string]*condCompiler // by trigger: each event kind has its own fields
	problems []Problem
}

func newBuilder(s Spec) *builder {
	if s.Zone.Location == nil {
		s.Zone = clock.Tokyo
	}
	return &builder{s: s, v: &Version{spec: s, byID: map[string]int{}}, typeID: map[string]int{}, groupID: map[string]int{},
		ruleID: map[string]int{}, limitID: map[string]bool{}, conds: map[string]*condCompiler{}}
}

func (b *builder) bad(path, code string, args ...any) {
	b.problems = append(b.problems, problem(path, code, args...))
}

// oneOf refuses a value outside a list.
func oneOf[T ~string](b *builder, path string, v T, allowed ...T) {
	if slices.Contains(allowed, v) {
		return
	}
	names, list := make([]string, 0, len(allowed)), ""
	for _, a := range allowed {
		if a != "" {
			names = append(names, string(a))
			list += ", " + string(a)
		}
	}
	b.bad(path, "programme.bad_value", "value", string(v), "allowed", list[2:], "hint", hint(string(v), names))
}

// atLeast refuses numbers below a minimum.
func (b *builder) atLeast(path string, n, least int64) {
	if n < least {
		b.bad(path, "programme.too_small", "value", n, "least", least)
	}
}

// id registers an identifier and refuses empty ones and repeats.
func (b *builder) id(path, id string, in map[string]int, i int) {
	if id == "" {
		b.bad(path, "programme.required")
	} else if _, twice := in[id]; twice {
		b.bad(path, "programme.duplicate_id", "id", id)
	} else {
		in[id] = i
	}
}

// ref resolves a reference; -1 when it is empty or unknown.
func (b *builder) ref(path, id string, in map[string]int) int {
	if id == "" {
		return -1
	}
	if i, ok := in[id]; ok {
		return i
	}
	known := make([]string, 0, len(in))
	for k := range in {
		known = append(known, k)
	}
	slices.Sort(known)
	b.bad(path, "programme.unknown_reference", "id", id, "hint", hint(id, known))
	return -1
}

func (b *builder) types() {
	if len(b.s.Types) == 0 {
		b.bad("points", "programme.required")
	}
	for i, t := range b.s.Types {
		b.id(fmt.Sprintf("points[%d].id", i), t.ID, b.typeID, i)
		b.atLeast(fmt.Sprintf("points[%d].value", i), t.Value, 0)
	}
}

func (b *builder) groups() {
	for i, g := range b.s.Groups {
		p := fmt.Sprintf("groups[%d]", i)
		b.id(p+".id", g.ID, b.groupID, i)
		oneOf(b, p+".mode", g.Mode, "", All, First, Best, Cheapest, Exclusive)
		b.v.cross = b.v.cross || g.Mode == Exclusive
	}
}

func (b *builder) exclude() {
	if b.s.Exclude != "" {
		b.v.exclude = b.condition("exclude", OfGoods, b.s.Exclude, "")
	}
}

// condition compiles a condition of a rule with this trigger.
func (b *builder) condition(path string, of Subject, src, trigger string) *Condition {
	if src == "" {
		return nil
	}
	if len(b.s.Events[trigger].Fields) == 0 {
		trigger = "" // without fields of their own all triggers speak alike
	}
	cc := b.conds[trigger]
	if cc == nil {
		cc = newCompiler(Words{Zone: b.s.Zone, Tiers: b.s.Tiers, Attributes: b.s.Attributes, Event: b.s.Events[trigger].Fields})
		b.conds[trigger] = cc
	}
	c, bad := cc.compile(of, src)
	for _, p := range bad {
		p.Path = path
		b.problems = append(b.problems, p)
	}
	return c
}
