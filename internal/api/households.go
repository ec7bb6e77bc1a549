package api

import (
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/household"
	"joren/internal/ident"
	"joren/internal/staff"
)

// HouseholdRequest opens a household.
type HouseholdRequest struct {
	Head string `json:"head" doc:"mem_…: who opens it"`
}

// HouseholdMember names who comes or goes.
type HouseholdMember struct {
	Member string `json:"member" doc:"mem_…"`
}

// Household is who shares it now, in the order they joined.
type Household struct {
	ID      string `json:"id"`
	Pooled  bool   `json:"pooled" doc:"one balance for all; as the programme had it when the household was opened"`
	Members []Seat `json:"members" doc:"none: it is closed"`
}

// Seat is one member's place.
type Seat struct {
	Member   string        `json:"member"`
	Head     bool          `json:"head"`
	JoinedAt clock.Instant `json:"joined_at"`
}

type openHouseIn struct{ Body HouseholdRequest }

type houseRef struct {
	ID string `path:"id" doc:"hh_…"`
}

type houseIn struct {
	ID   string `path:"id" doc:"hh_…"`
	Body HouseholdMember
}

func (s *server) households() {
	handle(s, created(route{Method: "POST", Path: "/v1/households", Tag: "Members", Scope: staff.ScopeWrite, Once: mayKey, Summary: "Open a household",
		Detail: "Where the programme pools points, the head's become the household's, each lot with its expiry, and so does what she owes."}), s.postHousehold)
	handle(s, route{Method: "GET", Path: "/v1/households/{id}", Tag: "Members", Scope: staff.ScopeRead, Summary: "A household"}, s.getHousehold)
	handle(s, route{Method: "POST", Path: "/v1/households/{id}/join", Tag: "Members", Scope: staff.ScopeWrite, Once: mayKey, Summary: "Join a household",
		Detail: "Her points become the household's, each lot with its expiry."}, s.postJoin)
	handle(s, route{Method: "POST", Path: "/v1/households/{id}/leave", Tag: "Members", Scope: staff.ScopeWrite, Once: mayKey, Summary: "Leave a household",
		Detail: "She takes what is left of the lots she earned. What is owed stays with the household; the last one takes everything."}, s.postLeave)
}

func houseID(text string) (ident.ID, error) {
	id, err := ident.House.Parse(text)
	if err != nil {
		err = fault.New(fault.NotFound, "household.unknown")
	}
	return id, err
}

// someone is the member of a body's field; merges are followed.
func (s *server) someone(tx *db.Tx, field, text string) (ident.ID, error) {
	m, err := s.find(tx, text)
	if fault.Is(err, "member.unknown") {
		err = fault.New(fault.NotFound, "member.unknown").With(fault.At(field, "member.unknown"))
	}
	return m.ID, err
}

func (s *server) postHousehold(c *call, in *openHouseIn) (answer[Household], error) {
	return unbusy(c, func(tx *db.Tx) (out Household, err error) {
		head, err := s.someone(tx, "head", in.Body.Head)
		if err != nil {
			return out, err
		}
		h, err := s.People.OpenHousehold(tx, head, c.actor())
		return houseOut(&h), err
	})
}

func (s *server) getHousehold(c *call, in *houseRef) (out answer[Household], err error) {
	id, err := houseID(in.ID)
	if err != nil {
		return out, err
	}
	err = s.DB.Read(c.ctx, func(tx *db.Tx) error {
		h, err := household.Get(tx, id)
		out.body = houseOut(&h)
		return err
	})
	return out, err
}

func (s *server) postJoin(c *call, in *houseIn) (answer[Household], error) {
	return s.moveHouse(c, in, s.People.JoinHousehold)
}

func (s *server) postLeave(c *call, in *houseIn) (answer[Household], error) {
	return s.moveHouse(c, in, s.People.LeaveHousehold)
}

func (s *server) moveHouse(c *call, in *houseIn, move func(tx *db.Tx, house, who ident.ID, actor string) (household.Household, error)) (a answer[Household], err error) {
	id, err := houseID(in.ID)
	if err != nil {
		return a, err
	}
	return unbusy(c, func(tx *db.Tx) (out Household, err error) {
		who, err := s.someone(tx, "member", in.Body.Member)
		if err != nil {
			return out, err
		}
		h, err := move(tx, id, who, c.actor())
		return houseOut(&h), err
	})
}

func houseOut(h *household.Household) Household {
	out := Household{ID: ident.House.Text(h.ID), Pooled: h.Pooled, Members: []Seat{}}
	for _, x := range h.Members {
		out.Members = append(out.Members, Seat{Member: ident.Member.Text(x.Member), Head: x.Head, JoinedAt: x.JoinedAt})
	}
	return out
}

func (s *server) postRejoin(c *call, in *memberRef) (a answer[Member], err error) {
	id, err := memberID(in.ID)
	if err != nil {
		return a, err
	}
	return unbusy(c, func(tx *db.Tx) (Member, error) {
		if _, err := s.People.Rejoin(tx, id, c.actor()); err != nil {
			return Member{}, err
		}
		return s.member(tx, in.ID)
	})
}

// unbusy is inOne for stories that change accounts outside the lane: one that
// lost a race for an account against a purchase runs again.
func unbusy[T any](c *call, fn func(tx *db.Tx) (T, error)) (a answer[T], err error) {
	for range 10 {
		if a, err = inOne(c, fn); !fault.Is(err, "member.busy") {
			break
		}
	}
	return a, err
}
