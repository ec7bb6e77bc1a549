package audience

import (
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/label"
	"joren/internal/plan"
	"joren/internal/programme"
	"joren/internal/segment"
)

// check compiles a segment beside those in use, so that a name nobody knows
// and a circle are found while it is written.
func (a *Audience) check(tx *db.Tx, s segment.Segment) (*Known, error) {
	k, err := a.Known(tx)
	if err != nil {
		return nil, err
	}
	_, err = k.Set.With(s, k.Words)
	return k, err
}

// Check says all that is wrong with a segment. Faults: segment.invalid.
func (a *Audience) Check(tx *db.Tx, s segment.Segment) error {
	_, err := a.check(tx, s)
	return err
}

// Unnamed is the name of a definition that is tried before it has one.
var Unnamed = label.Text{JA: "–", EN: "–"}

// Create writes a segment as a draft. Faults: segment.invalid with all that is
// wrong, segment.taken.
func (a *Audience) Create(tx *db.Tx, s segment.Segment) (segment.Segment, error) {
	if _, err := a.check(tx, s); err != nil {
		return s, err
	}
	return segment.Create(tx, s)
}

// Change writes a segment anew; seen is the version it was changed from. One
// in use is to be filled again, see [Audience.Fill]. Faults: segment.invalid,
// segment.unknown, segment.changed.
func (a *Audience) Change(tx *db.Tx, s segment.Segment, seen int64) (segment.Segment, error) {
	if _, err := a.check(tx, s); err != nil {
		return s, err
	}
	return segment.Change(tx, s, seen)
}

// Turn switches a segment on, back to a draft, or puts it away. One that is
// switched on is to be filled, see [Audience.Fill]. Faults: segment.unknown,
// segment.changed, segment.invalid, segment.in_use with who names it: another
// segment, or a rule of the programme in force.
func (a *Audience) Turn(tx *db.Tx, id string, to segment.State, seen int64) (segment.Segment, error) {
	s, err := segment.Get(tx, id)
	if err != nil {
		return s, err
	}
	k, err := a.check(tx, s)
	if to == segment.Active && err != nil {
		return s, err
	}
	if to != segment.Active && s.State == segment.Active {
		if err := k.inUse(id); err != nil {
			return s, err
		}
	}
	return segment.Turn(tx, id, to, seen)
}

// inUse is the fault of taking away a segment that something names.
func (k *Known) inUse(id string) error {
	if by := k.Set.UsedBy(id); len(by) > 0 {
		return fault.New(fault.Conflict, "segment.in_use", "id", id, "by", by[0])
	}
	if k.programme == nil {
		return nil
	}
	for _, u := range k.programme.SegmentUses() {
		if u.Segment == id {
			return fault.New(fault.Conflict, "segment.in_use", "id", id, "by", u.Path)
		}
	}
	return nil
}

// Names are the segments a programme may ask for: all but those put away.
func Names(tx *db.Tx) (map[string]segment.State, error) {
	list, err := segment.List(tx, "")
	out := make(map[string]segment.State, len(list))
	for _, s := range list {
		if s.State != segment.Archived {
			out[s.ID] = s.State
		}
	}
	return out, err
}

// CheckProgramme compares the segments a programme's document asks for with those there
// are: unknown ones are wrong (programme.unknown_segment), and of those not
// switched on the document is warned (programme.segment_off), for nobody is in
// them.
func CheckProgramme(tx *db.Tx, p *plan.Programme) (wrong, warn plan.Problems, err error) {
	names, err := Names(tx)
	if err != nil {
		return nil, nil, err
	}
	wrong, warn = p.CheckSegments(func(id string) (known, on bool) {
		s, ok := names[id]
		return ok, s == segment.Active
	}, segmentIDs(names))
	return wrong, warn, nil
}

func segmentIDs(names map[string]segment.State) []string {
	out := make([]string, 0, len(names))
	for id := range names {
		out = append(out, id)
	}
	return out
}

// Publish saves and publishes a document whose segments all exist. Faults:
// programme.invalid with programme.unknown_segment, and those of
// [programme.Publish].
func Publish(tx *db.Tx, src []byte, o programme.Order) (programme.Version, error) {
	if err := refuse(tx, src); err != nil {
		return programme.Version{}, err
	}
	return programme.Publish(tx, src, o)
}

// PublishDraft publishes a draft whose segments all exist. Faults:
// programme.invalid with programme.unknown_segment, and those of
// [programme.PublishDraft].
func PublishDraft(tx *db.Tx, number int, o programme.Order) (programme.Version, error) {
	src, err := programme.Source(tx, number)
	if err == nil {
		err = refuse(tx, src)
	}
	if err != nil {
		return programme.Version{}, err
	}
	return programme.PublishDraft(tx, number, o)
}

// refuse names the segments of a document that do not exist; what else may be
// wrong with it is for package programme to say.
func refuse(tx *db.Tx, src []byte) error {
	p, bad := plan.Parse(src)
	if len(bad) > 0 {
		return nil
	}
	wrong, _, err := CheckProgramme(tx, p)
	if err != nil {
		return err
	}
	return wrong.Fault()
}
