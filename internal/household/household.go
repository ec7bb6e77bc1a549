// Package household lets members of one family or company share one account.
//
// Its words: a household has a head, who opened it, and up to five more
// members; the holder of a member's points is her own id, or her household's
// while she belongs to one. Belonging has a beginning and an end and is never
// overwritten.
//
// A household pools its points or does not, as the programme had it when it was
// opened, and stays so: a later version cannot take points from under people.
//
// The package does not move points: the story that calls it does (SEMANTICS §5
// L8).
package household

import (
	"slices"

	"joren/internal/clock"
	"joren/internal/fault"
	"joren/internal/ident"
)

// Most is how many members share one household where the programme names no
// number (a head and five, as Japanese point programmes commonly allow).
const Most = 6

// Household is who belongs to it now, in the order they joined.
type Household struct {
	ID      ident.ID
	Pooled  bool // one account for all
	Members []Seat
}

// Seat is one member's place.
type Seat struct {
	Member   ident.ID
	Head     bool
	JoinedAt clock.Instant
}

func (h Household) seat(member ident.ID) int {
	return slices.IndexFunc(h.Members, func(s Seat) bool { return s.Member == member })
}

// join decides whether a member may come in. elsewhere is the household she
// belongs to now, zero for none; most is how many may share one. Faults: household.already, household.elsewhere,
// household.full, household.closed.
func (h Household) join(elsewhere ident.ID, most int) error {
	switch {
	case elsewhere == h.ID:
		return fault.New(fault.Conflict, "household.already")
	case !elsewhere.IsZero():
		return fault.New(fault.Conflict, "household.elsewhere")
	case len(h.Members) == 0:
		return fault.New(fault.Conflict, "household.closed")
	case len(h.Members) >= most:
		return fault.New(fault.Conflict, "household.full", "max", most)
	}
	return nil
}

// leave decides what happens when a member goes: the next one becomes head
// when the head goes, and a household of one closes. Fault:
// household.not_in_it.
func (h Household) leave(member ident.ID) (head ident.ID, closes bool, err error) {
	i := h.seat(member)
	if i < 0 {
		return head, false, fault.New(fault.NotFound, "household.not_in_it")
	}
	rest := slices.Delete(slices.Clone(h.Members), i, i+1)
	if len(rest) == 0 {
		return head, true, nil
	}
	if h.Members[i].Head {
		head = rest[0].Member
	}
	return head, false, nil
}
