package segment

import (
	"slices"
	"strings"

	"joren/internal/clock"
	"joren/internal/fault"
	"joren/internal/rules"
)

// Compiled is a segment ready to place members. It is immutable.
type Compiled struct {
	*Segment
	when  *rules.Condition // nil without one
	names []string         // segments its condition names
	timed bool             // time alone may change its condition's answer
}

// refused are what conditions of rules may read and those of segments may
// not, with the code that says why.
var refused = []struct{ prefix, code string }{
	{"purchase.", "segment.no_purchase"},
	{"event.", "segment.no_event"},
	{"now.hour", "segment.no_clock"},
	{"now.minute", "segment.no_clock"},
	{"stats.visit_no", "segment.no_visit_no"},
	{"stats.tier_metric", "segment.no_tier_metric"},
}

// timed are the figures that change by time alone.
var timed = []string{"now.", "stats.days_since_last", "member.days_since_joining", "member.age", "member.is_"}

// Compile checks a segment and makes it ready. All that is wrong comes at
// once, as the fault segment.invalid with fields: those of [Segment.Check],
// the condition's with the path "when", and what a condition of a segment may
// not read, segment.no_…: members are placed by the day, without a purchase at
// hand.
func Compile(s *Segment, w rules.Words) (*Compiled, error) {
	wrong := s.Check()
	c := &Compiled{Segment: s}
	if s.Definition.When != "" {
		var bad []rules.Problem
		if c.when, bad = rules.CompileCondition(rules.OfOccasion, s.Definition.When, w); len(bad) > 0 {
			for _, p := range bad {
				wrong = append(wrong, fault.Field{Path: "when", Code: p.Code, Args: p.Args})
			}
		} else {
			wrong = append(wrong, c.read()...)
		}
	}
	if len(wrong) > 0 {
		return nil, fault.New(fault.Invalid, "segment.invalid").With(wrong...)
	}
	return c, nil
}

// read finds what the condition depends on and refuses what it may not.
func (c *Compiled) read() (wrong []fault.Field) {
	r := c.when.Reads()
	for _, x := range refused {
		if i := slices.IndexFunc(r.Paths, func(p string) bool { return strings.HasPrefix(p, x.prefix) }); i >= 0 {
			wrong = append(wrong, fault.At("when", x.code, "field", r.Paths[i]))
		}
	}
	if r.Cart {
		wrong = append(wrong, fault.At("when", "segment.product_constant"))
	}
	if r.Vague {
		wrong = append(wrong, fault.At("when", "segment.segment_constant"))
	}
	slices.Sort(r.Segments)
	c.names = slices.Compact(r.Segments)
	c.timed = slices.ContainsFunc(r.Paths, func(p string) bool {
		return slices.ContainsFunc(timed, func(t string) bool { return strings.HasPrefix(p, t) })
	})
	return wrong
}

// Portrait is what is known of one member when she is placed.
type Portrait struct {
	Facts  *rules.Facts // as of the day, no purchase at hand
	Score  int64        // tenths of a point
	Scored bool
}

// holds judges everything but time's course: whether she belongs on a day.
// facts.Member.Segments are the segments before this one that she is in. A
// condition without an answer holds for nobody.
func (c *Compiled) holds(p *Portrait, n *Norms, o *rules.Occasion) bool {
	d := &c.Definition
	if d.RFM() {
		r, f, m := RFM(&p.Facts.Stats, n)
		if r == 0 || !among(d.Recency, r) || !among(d.Frequency, f) || !among(d.Money, m) {
			return false
		}
	}
	if d.Score != nil && !(p.Scored && d.Score.holds(p.Score)) {
		return false
	}
	if len(d.Stages) > 0 && !slices.Contains(d.Stages, StageOf(&p.Facts.Stats, n, o.Day)) {
		return false
	}
	if c.when == nil {
		return true
	}
	ok, err := c.when.Holds(o, p.Facts, nil)
	return ok && err == nil
}

func among(classes []int, k int) bool { return len(classes) == 0 || slices.Contains(classes, k) }

// occasion is a day on which members are placed.
func occasion(z clock.Zone, day clock.Day) *rules.Occasion {
	return &rules.Occasion{Trigger: "segment", At: z.Start(day), Day: day}
}
