// Package segment says which members belong together: by recency, frequency
// and money, by a band of the loyalty score, by where a member stands in her
// own rhythm of buying, by a condition, or by several of these at once.
//
// Its words: a definition is what a segment asks for, all of it must hold; a
// portrait is what is known of one member when she is placed; norms are what
// members of the shop are measured against on a business day; a set is the
// segments in use, in an order in which each comes after those it names.
//
// Placing is pure. Who knows the facts about members fills the portraits; the
// store keeps definitions, memberships and snapshots.
package segment

import (
	"regexp"
	"slices"

	"joren/internal/clock"
	"joren/internal/fault"
	"joren/internal/label"
)

// State of a segment.
type State string

const (
	Draft    State = "draft"    // written down; nobody is in it
	Active   State = "active"   // kept up to date; rules may ask for it
	Archived State = "archived" // out of use; nobody is in it any more
)

// Segment is a stored one.
type Segment struct {
	ID         string
	Name       label.Text
	Definition Definition
	State      State
	Version    int64 // grows with each change
	Members    int64
	FilledAt   clock.Instant // since when the membership is complete; 0 while it is being counted
	CreatedAt  clock.Instant
	ChangedAt  clock.Instant
}

// Definition is what a segment asks for. All parts that are set must hold.
type Definition struct {
	Recency   []int   `json:"recency,omitempty"` // classes 1 to 5, 5 the best; empty is any
	Frequency []int   `json:"frequency,omitempty"`
	Money     []int   `json:"money,omitempty"`
	Score     *Band   `json:"score,omitempty"`
	Stages    []Stage `json:"stages,omitempty"`
	When      string  `json:"when,omitempty"` // CEL
}

// Band of the loyalty score in points: from From up to, not including, To; 100
// is included in a band that ends there.
type Band struct {
	From int `json:"from"`
	To   int `json:"to"`
}

// holds judges a score in tenths of a point.
func (b Band) holds(tenths int64) bool {
	return tenths >= 10*int64(b.From) && (tenths < 10*int64(b.To) || b.To == 100)
}

// RFM reports whether classes are asked for.
func (d *Definition) RFM() bool { return len(d.Recency)+len(d.Frequency)+len(d.Money) > 0 }

// Kinds are the parts that are set: rfm, score, lifecycle, condition.
func (d *Definition) Kinds() (kinds []string) {
	for _, k := range []struct {
		set  bool
		name string
	}{{d.RFM(), "rfm"}, {d.Score != nil, "score"}, {len(d.Stages) > 0, "lifecycle"}, {d.When != "", "condition"}} {
		if k.set {
			kinds = append(kinds, k.name)
		}
	}
	return kinds
}

// IDForm is what an id may look like: it stands in conditions and links.
var IDForm = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,39}$`)

const maxName = 100

// Check says what is wrong with a segment apart from its condition, all at
// once, as fields of segment.invalid: segment.bad_id, segment.unnamed,
// segment.empty, segment.bad_class, segment.bad_band, segment.bad_stage.
func (s *Segment) Check() (wrong []fault.Field) {
	if !IDForm.MatchString(s.ID) {
		wrong = append(wrong, fault.At("id", "segment.bad_id", "value", s.ID))
	}
	if s.Name.IsZero() {
		wrong = append(wrong, fault.At("name_ja", "segment.unnamed"))
	}
	for _, n := range []struct{ path, text string }{{"name_ja", s.Name.JA}, {"name_en", s.Name.EN}} {
		if len([]rune(n.text)) > maxName {
			wrong = append(wrong, fault.At(n.path, "field.too_long", "max", maxName))
		}
	}
	return append(wrong, s.Definition.check()...)
}

func (d *Definition) check() (wrong []fault.Field) {
	if len(d.Kinds()) == 0 {
		return []fault.Field{fault.At("when", "segment.empty")}
	}
	for _, c := range []struct {
		path    string
		classes []int
	}{{"recency", d.Recency}, {"frequency", d.Frequency}, {"money", d.Money}} {
		for _, k := range c.classes {
			if k < 1 || k > Classes {
				wrong = append(wrong, fault.At(c.path, "segment.bad_class", "value", k))
			}
		}
	}
	if b := d.Score; b != nil && (b.From < 0 || b.To > 100 || b.From >= b.To) {
		wrong = append(wrong, fault.At("score_from", "segment.bad_band", "from", b.From, "to", b.To))
	}
	for _, st := range d.Stages {
		if !slices.Contains(Stages, st) {
			wrong = append(wrong, fault.At("stages", "segment.bad_stage", "value", string(st)))
		}
	}
	return wrong
}
