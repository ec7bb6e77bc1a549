package rules

import "joren/internal/clock"

// Told is one operand of a condition with what was found.
type Told struct {
	Text   string // the operand in words
	Actual string // the figure it looked at; "" when it compares none
	Holds  bool
}

// Tell judges a condition operand by operand, in words: why it holds, or does
// not.
func (s Speaker) Tell(c *Condition, o *Occasion, f *Facts) []Told {
	v := newView(o, f, c.voc.words.Zone)
	out := make([]Told, 0, len(c.parts))
	for i := range c.parts {
		p := &c.parts[i]
		ok, err := p.yes(v)
		out = append(out, Told{Text: s.Condition(p.src), Actual: s.actual(p, v), Holds: ok && err == nil})
	}
	return out
}

// actual is the figure on the left of a comparison.
func (s Speaker) actual(p *part, v *view) string {
	d := s.parse(p.src)
	if p.cmp == nil || d == nil {
		return ""
	}
	switch p.cmp.x.kind {
	case kindText:
		if x, err := p.cmp.x.str(v); err == nil {
			return s.wordText(d.figure(), x)
		}
	case kindDate:
		if n, err := p.cmp.x.num(v); err == nil && n != 0 {
			return clock.Day(n).String()
		}
	case kindInt:
		if n, err := p.cmp.x.num(v); err == nil {
			return s.figureText(d.figure(), n)
		}
	}
	return ""
}
