package segment

import (
	"maps"
	"slices"

	"joren/internal/clock"
	"joren/internal/fault"
	"joren/internal/rules"
)

// Set is the segments in use, each after those its condition names. It is
// immutable and safe for concurrent use.
type Set struct {
	list []*Compiled
	zone clock.Zone

	Needs    rules.Needs // facts their conditions read
	Measured bool        // one asks for classes or stages: norms count
	Scored   bool        // one asks for the loyalty score
	Ranked   bool        // a condition reads the rank
	Timed    bool        // a condition changes by time alone
}

// NewSet compiles segments together. Faults: segment.invalid of any of them;
// segment.unknown_name for a condition that names one that is not among them;
// segment.circle with the names, when segments name each other in a circle.
func NewSet(list []Segment, w rules.Words) (*Set, error) {
	s := &Set{zone: w.Zone}
	if s.zone.Location == nil {
		s.zone = clock.Tokyo
	}
	by := make(map[string]*Compiled, len(list))
	for i := range list {
		c, err := Compile(&list[i], w)
		if err != nil {
			return nil, err
		}
		by[c.ID] = c
	}
	if err := s.order(by); err != nil {
		return nil, err
	}
	for _, c := range s.list {
		s.Measured = s.Measured || c.Definition.RFM() || len(c.Definition.Stages) > 0
		s.Scored = s.Scored || c.Definition.Score != nil
		s.Timed = s.Timed || c.timed
		if c.when != nil {
			join(&s.Needs, c.when.Needs())
			s.Ranked = s.Ranked || slices.Contains(c.when.Reads().Paths, "member.tier")
		}
	}
	return s, nil
}

// Usable is the set of those segments that can be used, and why the others
// cannot: a later programme may have taken away the rank a condition names.
func Usable(list []Segment, w rules.Words) (*Set, map[string]error) {
	broken := map[string]error{}
	for {
		good := slices.DeleteFunc(slices.Clone(list), func(s Segment) bool { return broken[s.ID] != nil })
		before := len(broken)
		known := map[string]bool{}
		for _, x := range good {
			known[x.ID] = true
		}
		for i := range good {
			c, err := Compile(&good[i], w)
			if err == nil {
				err = c.unknown(known)
			}
			if err != nil {
				broken[good[i].ID] = err
			}
		}
		if len(broken) > before {
			continue
		}
		s, err := NewSet(good, w)
		if err == nil {
			return s, broken
		}
		for _, x := range good { // only a circle is left, and saving refuses those
			broken[x.ID] = err
		}
	}
}

// unknown is the fault of naming a segment that is not known.
func (c *Compiled) unknown(known map[string]bool) error {
	for _, name := range c.names {
		if !known[name] {
			return fault.New(fault.Invalid, "segment.invalid").With(fault.At("when", "segment.unknown_name", "name", name))
		}
	}
	return nil
}

// order puts each segment after those it names.
func (s *Set) order(by map[string]*Compiled) error {
	const inside, done = 1, 2
	mark := map[string]int{}
	var path []string
	var visit func(id string) error
	visit = func(id string) error {
		switch mark[id] {
		case done:
			return nil
		case inside:
			return circle(append(path[slices.Index(path, id):], id))
		}
		mark[id], path = inside, append(path, id)
		for _, name := range by[id].names {
			if by[name] == nil {
				return by[id].unknown(present(by))
			}
			if err := visit(name); err != nil {
				return err
			}
		}
		mark[id], path = done, path[:len(path)-1]
		s.list = append(s.list, by[id])
		return nil
	}
	for _, id := range slices.Sorted(maps.Keys(by)) {
		if err := visit(id); err != nil {
			return err
		}
	}
	return nil
}

func circle(ids []string) error {
	text := ids[0]
	for _, id := range ids[1:] {
		text += " → " + id
	}
	return fault.New(fault.Invalid, "segment.invalid").With(fault.At("when", "segment.circle", "path", text))
}

func join(n *rules.Needs, m rules.Needs) {
	n.Stats, n.Products, n.Attributes, n.Birthday, n.Segments = n.Stats || m.Stats, n.Products || m.Products, n.Attributes || m.Attributes, n.Birthday || m.Birthday, n.Segments || m.Segments
	n.ProductIDs = union(n.ProductIDs, m.ProductIDs)
	n.EventKinds = union(n.EventKinds, m.EventKinds)
}

func union(a, b []string) []string {
	out := slices.Concat(a, b)
	slices.Sort(out)
	return slices.Compact(out)
}

// Len is the number of segments.
func (s *Set) Len() int { return len(s.list) }

// Find is a segment of the set; nil when it is not in it.
func (s *Set) Find(id string) *Compiled {
	for _, c := range s.list {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// With is the set with a segment added or put in another's place: a draft to
// be tried. Faults as [NewSet].
func (s *Set) With(x Segment, w rules.Words) (*Set, error) {
	list := []Segment{x}
	for _, c := range s.list {
		if c.ID != x.ID {
			list = append(list, *c.Segment)
		}
	}
	return NewSet(list, w)
}

// Only is the set of one segment and those it depends on.
func (s *Set) Only(id string, w rules.Words) (*Set, error) {
	want := map[string]bool{id: true}
	var list []Segment
	for _, c := range slices.Backward(s.list) { // what is named stands before
		if want[c.ID] {
			list = append(list, *c.Segment)
			for _, n := range c.names {
				want[n] = true
			}
		}
	}
	return NewSet(list, w)
}

// UsedBy lists the segments whose conditions name one.
func (s *Set) UsedBy(id string) (ids []string) {
	for _, c := range s.list {
		if has(c.names, id) {
			ids = append(ids, c.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// IDs lists the segments.
func (s *Set) IDs() []string {
	ids := make([]string, len(s.list))
	for i, c := range s.list {
		ids[i] = c.ID
	}
	slices.Sort(ids)
	return ids
}

// Place names the segments a member is in on a day, sorted. It leaves them in
// p.Facts.Member.Segments.
func (s *Set) Place(p *Portrait, n *Norms, day clock.Day) []string {
	o := occasion(s.zone, day)
	in := make([]string, 0, 4)
	for _, c := range s.list {
		p.Facts.Member.Segments = in
		if c.holds(p, n, o) {
			in = append(in, c.ID)
		}
	}
	slices.Sort(in)
	p.Facts.Member.Segments = in
	return in
}

// ahead is how many days NextChange looks ahead; a member whose answers stay
// is looked at again then.
const ahead = 31

// NextChange is the next day on which time alone may change what she is in,
// looked for day by day: the first within a month on which a condition gives
// another answer, else the day a month from now. 0 when no condition depends
// on time. Stages, classes and scores move with the norms of each day and are
// compared when those are taken.
func (s *Set) NextChange(p *Portrait, n *Norms, day clock.Day) clock.Day {
	if !s.Timed {
		return 0
	}
	now := p.Facts.Member.Segments
	was := p.Facts.Stats
	defer func() { p.Facts.Stats, p.Facts.Member.Segments = was, now }()
	for d := day + 1; d < day+ahead; d++ {
		p.Facts.Stats = at(was, d)
		o := occasion(s.zone, d)
		for _, c := range s.list {
			if c.timed && c.holds(p, n, o) != slices.Contains(now, c.ID) {
				return d
			}
		}
	}
	return day + ahead
}

// at is what statistics are on a later day if nothing is bought until then.
func at(s rules.Stats, d clock.Day) rules.Stats {
	if s.LastOn != 0 {
		s.SinceLast = max(0, int64(d-s.LastOn))
	}
	return s
}

// Key is what of a member's standing against the norms the segments of a set
// can tell apart: where it is the same, no class, stage or band changed.
func (s *Set) Key(st *rules.Stats, score int64, scored bool, n *Norms, day clock.Day) (k Key) {
	if s.Measured {
		k.stage = StageOf(st, n, day)
		k.r, k.f, k.m = RFM(st, n)
	}
	if s.Scored && scored {
		k.bands = 1
		for _, c := range s.list {
			if b := c.Definition.Score; b != nil {
				k.bands *= 1099511628211 // FNV-1a's prime
				if b.holds(score) {
					k.bands++
				}
			}
		}
	}
	return k
}

// Key compares standings.
type Key struct {
	stage   Stage
	r, f, m int
	bands   uint64
}

func present(by map[string]*Compiled) map[string]bool {
	out := make(map[string]bool, len(by))
	for id := range by {
		out[id] = true
	}
	return out
}
