package plan

import (
	"regexp"

	"joren/internal/clock"
	"joren/internal/i18n"
	"joren/internal/label"
)

// Effect is what a change means for members.
type Effect string

const (
	Better  Effect = "better"
	Worse   Effect = "worse"
	Mixed   Effect = "mixed" // better for some and worse for others, or not to be told from the document
	Neutral Effect = "neutral"
)

// What happened to a part of the programme.
type What string

const (
	Added   What = "added"
	Removed What = "removed"
	Changed What = "changed"
)

// Change is one difference between two versions, told by the paragraphs of
// the terms before and after.
type Change struct {
	Key     string // of the paragraph, e.g. "rules.five-days"
	What    What
	For     Effect
	Heading label.Text
	Before  label.Text // zero when added
	After   label.Text // zero when removed
}

// Text is the change as one sentence.
func (c Change) Text(l i18n.Lang) string {
	return i18n.T(l, "plan.change."+string(c.What), "name", c.Heading, "before", c.Before, "after", c.After)
}

// Hurts reports that some members may be worse off: members must be told
// before it takes effect.
func (c Change) Hurts() bool { return c.For == Worse || c.For == Mixed }

// Diff says in words what new changes against old, in the order of the terms.
// Whether a change is better or worse is told only where the figures tell it;
// a change of condition is Mixed. The first day of a version is no change.
func Diff(old, new *Programme) []Change {
	// The terms tell the life of points by an example after the version's first
	// day; to compare them both are told for the same day.
	from := max(old.EffectiveFrom, new.EffectiveFrom)
	a, b := told(old, from), told(new, from)
	before, after := facts(old), facts(new)
	var out []Change
	for _, key := range b.order {
		y := b.by[key]
		x, was := a.by[key]
		switch {
		case key == "effective_from":
		case !was:
			out = append(out, Change{Key: key, What: Added, For: appearing(key), Heading: y.heading, After: y.text})
		case x.text != y.text:
			out = append(out, Change{key, Changed, weigh(x, y, before[key], after[key]), y.heading, x.text, y.text})
		case x.heading != y.heading:
			out = append(out, Change{key, Changed, Neutral, y.heading, x.heading, y.heading})
		}
	}
	for _, key := range a.order {
		if x := a.by[key]; b.by[key] == nil {
			out = append(out, Change{Key: key, What: Removed, For: opposite(appearing(key)), Heading: x.heading, Before: x.text})
		}
	}
	return out
}

// telling is the terms in both languages by key.
type telling struct {
	order []string
	by    map[string]*paragraph
}

type paragraph struct{ heading, text label.Text }

func told(p *Programme, from clock.Day) telling {
	ja, en := termsFrom(p, i18n.JA, from), termsFrom(p, i18n.EN, from)
	t := telling{by: map[string]*paragraph{}}
	for i, x := range ja.Paragraphs {
		y := en.Paragraphs[i]
		t.order = append(t.order, x.Key)
		t.by[x.Key] = &paragraph{label.Text{JA: x.Heading, EN: y.Heading}, label.Text{JA: x.Text, EN: y.Text}}
	}
	return t
}

// appearing is what it means for members that a paragraph is new: limits and
// ends take, group rules may do either, all else gives.
func appearing(key string) Effect {
	switch head, _, _ := cutKey(key); head {
	case "limits", "ends":
		return Worse
	case "groups", "tiers", "ranks":
		return Mixed
	}
	return Better
}

var keyParts = regexp.MustCompile(`^([a-z_]+)\.?(.*)$`)

func cutKey(key string) (head, rest string, ok bool) {
	m := keyParts.FindStringSubmatch(key)
	if m == nil {
		return key, "", false
	}
	return m[1], m[2], true
}

func opposite(e Effect) Effect {
	switch e {
	case Better:
		return Worse
	case Worse:
		return Better
	}
	return e
}

var figures = regexp.MustCompile(`[0-9][0-9,.]*`)

// weigh judges a changed paragraph. Only where nothing but figures changed,
// and every one of them has a known direction, is the answer certain.
func weigh(x, y *paragraph, before, after []fact) Effect {
	if figures.ReplaceAllString(x.text.JA, "#") != figures.ReplaceAllString(y.text.JA, "#") || len(before) != len(after) {
		return Mixed
	}
	up, down := false, false
	for i, f := range before {
		d := (after[i].n - f.n) * f.good
		up, down = up || d > 0, down || d < 0
	}
	switch {
	case up && !down:
		return Better
	case down && !up:
		return Worse
	}
	return Mixed
}
