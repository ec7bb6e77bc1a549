package plan

import (
	"fmt"
	"regexp"
	"slices"

	"joren/internal/fault"
)

var namesSegment = regexp.MustCompile(`\bin_segment\(\s*['"]([^'"]*)['"]\s*\)|['"]([^'"]*)['"]\s+in\s+member\.segments\b`)

// SegmentUse is a place of the document that asks for a segment.
type SegmentUse struct{ Path, Segment string }

// SegmentUses lists the segments the document asks for, in its order.
func (p *Programme) SegmentUses() (out []SegmentUse) {
	add := func(path, when string) {
		for _, m := range namesSegment.FindAllStringSubmatch(when, -1) {
			out = append(out, SegmentUse{path, m[1] + m[2]})
		}
	}
	for i, x := range p.Spec.Rules {
		path := fmt.Sprintf("rules[%d]", i)
		for _, s := range x.Segments {
			out = append(out, SegmentUse{path + ".segments", s})
		}
		add(path+".when", x.When)
		add(path+".lines", x.Lines)
	}
	for i, x := range p.Perks {
		add(fmt.Sprintf("perks[%d].when", i), x.When)
	}
	for i, x := range p.Coupons {
		add(fmt.Sprintf("coupons[%d].when", i), x.When)
	}
	return out
}

// CheckSegments compares the segments the document asks for with those there
// are, all of which names lists: programme.unknown_segment is wrong,
// programme.segment_off a warning, for nobody is in it until it is switched
// on.
func (p *Programme) CheckSegments(find func(id string) (known, on bool), names []string) (wrong, warn Problems) {
	slices.Sort(names)
	for _, u := range p.SegmentUses() {
		x := Problem{Path: u.Path, Line: p.Line(u.Path)}
		known, on := find(u.Segment)
		switch {
		case !known:
			x.Code, x.Args = "programme.unknown_segment", segmentArgs("segment", u.Segment, "hint", hint(u.Segment, names))
			wrong = append(wrong, x)
		case !on:
			x.Code, x.Args = "programme.segment_off", segmentArgs("segment", u.Segment)
			warn = append(warn, x)
		}
	}
	return wrong.sorted(), warn.sorted()
}

// UnseenSegments warns of each segment the document asks for, where there is
// no shop to look them up in.
func (p *Programme) UnseenSegments() (warn Problems) {
	for _, u := range p.SegmentUses() {
		warn = append(warn, Problem{Path: u.Path, Line: p.Line(u.Path), Code: "programme.segment_unseen", Args: segmentArgs("segment", u.Segment)})
	}
	return warn.sorted()
}

func segmentArgs(kv ...any) fault.Args { return fault.New(fault.Invalid, "", kv...).Args }
