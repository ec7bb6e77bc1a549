// Package event is the catalogue of facts: one struct for each thing that has
// happened and that other rooms or the outside may want to know. A fact holds
// ids, figures and dates, never a name, address or free text, so that erasing
// a person leaves no trace in it.
//
// A fact's kind carries its version ("purchase.recorded.v1"). Fields may be
// added to a version; a change of meaning is a new struct with the next
// number, and both are published until nobody reads the old one.
package event

import (
	"encoding/json"
	"fmt"
	"sort"

	"joren/internal/clock"
	"joren/internal/ident"
)

// A Fact is one thing that happened.
type Fact interface {
	Kind() string      // versioned name
	Subject() ident.ID // the member it is about, zero for none
}

// PurchaseRecorded: a purchase was stored and judged.
type PurchaseRecorded struct {
	Purchase   ident.ID      `json:"purchase"`
	Member     ident.ID      `json:"member"` // zero for a guest
	Source     string        `json:"source"`
	Store      string        `json:"store,omitempty"`
	Channel    string        `json:"channel,omitempty"`
	OccurredAt clock.Instant `json:"occurred_at"`
	Day        clock.Day     `json:"day"`
	Currency   string        `json:"currency"`
	Total      int64         `json:"total"`    // minor units
	Eligible   int64         `json:"eligible"` // minor units
	Points     int64         `json:"points"`   // awarded
	Version    int64         `json:"version"`  // of the programme
}

// PurchaseReturned: part or all of a purchase came back.
type PurchaseReturned struct {
	Return     ident.ID      `json:"return"`
	Purchase   ident.ID      `json:"purchase"`
	Member     ident.ID      `json:"member"`
	Store      string        `json:"store,omitempty"`
	OccurredAt clock.Instant `json:"occurred_at"`
	Day        clock.Day     `json:"day"`
	Value      int64         `json:"value"`    // minor units
	Eligible   int64         `json:"eligible"` // minor units
	Clawback   int64         `json:"clawback"` // points demanded back
	Refunded   int64         `json:"refunded"` // points paid that were given back
	Full       bool          `json:"full"`     // no line is kept
}

// PurchaseRevised: a newer state of an order took the place of the recorded
// one.
type PurchaseRevised struct {
	Purchase ident.ID  `json:"purchase"`
	Member   ident.ID  `json:"member"` // zero for a guest
	Day      clock.Day `json:"day"`    // of the purchase
	Total    int64     `json:"total"`
	Eligible int64     `json:"eligible"` // of what is kept now
}

// PurchaseClaimed: a guest's purchase became a member's (後付け).
type PurchaseClaimed struct {
	Purchase ident.ID  `json:"purchase"`
	Member   ident.ID  `json:"member"`
	Day      clock.Day `json:"day"` // of the purchase
	Total    int64     `json:"total"`
	Eligible int64     `json:"eligible"`
}

// ActivityRecorded: something that is no purchase was stored.
type ActivityRecorded struct {
	Event      ident.ID      `json:"event"`
	Member     ident.ID      `json:"member"`
	Activity   string        `json:"activity"` // its kind
	Source     string        `json:"source"`
	Store      string        `json:"store,omitempty"`
	OccurredAt clock.Instant `json:"occurred_at"`
	Day        clock.Day     `json:"day"`
}

// PointsChanged: one journal entry of an account was written.
type PointsChanged struct {
	Entry      ident.ID      `json:"entry"`
	Holder     ident.ID      `json:"holder"`
	Member     ident.ID      `json:"member"`
	Type       string        `json:"type"`       // point type
	Entered    string        `json:"entry_kind"` // earn, redeem, …
	Points     int64         `json:"points"`     // signed
	Balance    int64         `json:"balance"`
	OccurredAt clock.Instant `json:"occurred_at"`
	Day        clock.Day     `json:"day"`
}

// TierChanged: a member moved to another tier.
type TierChanged struct {
	Member     ident.ID      `json:"member"`
	From       string        `json:"from"`
	To         string        `json:"to"`
	Reason     string        `json:"reason"` // a code
	OccurredAt clock.Instant `json:"occurred_at"`
	Day        clock.Day     `json:"day"`
}

// MemberJoined: a member enrolled.
type MemberJoined struct {
	Member ident.ID  `json:"member"`
	Source string    `json:"source,omitempty"`
	Store  string    `json:"store,omitempty"`
	Day    clock.Day `json:"day"`
}

// MemberChanged: a member's particulars or consents changed; which is read
// from the member.
type MemberChanged struct {
	Member ident.ID `json:"member"`
}

// MemberMerged: Gone became part of Kept; Undone says that this was reversed.
type MemberMerged struct {
	Merge  ident.ID `json:"merge"`
	Kept   ident.ID `json:"kept"`
	Gone   ident.ID `json:"gone"`
	Undone bool     `json:"undone,omitempty"`
}

// MemberLeft: a member withdrew (退会).
type MemberLeft struct {
	Member ident.ID  `json:"member"`
	Day    clock.Day `json:"day"`
}

// MemberErased: a member's personal data was deleted. Whoever keeps any
// deletes it on this fact.
type MemberErased struct {
	Member ident.ID `json:"member"`
}

// ProgrammePublished: a programme version was scheduled to take force.
type ProgrammePublished struct {
	Version       int64         `json:"version"`
	EffectiveFrom clock.Instant `json:"effective_from"`
}

// PointsExpiring: points of an account end on a day soon if nothing happens.
type PointsExpiring struct {
	Holder ident.ID  `json:"holder"` // member or household
	Type   string    `json:"type"`
	Points int64     `json:"points"`
	On     clock.Day `json:"on"` // last day they can be used
}

// TierEnding: a member's rank ends on a day soon if nothing is bought.
type TierEnding struct {
	Member ident.ID  `json:"member"`
	Tier   string    `json:"tier"`
	Next   string    `json:"next"` // the rank after it
	On     clock.Day `json:"on"`   // last day it is held
}

// SegmentEntered: members came into a segment, at most SegmentMembers in one
// event. Filling one that was switched on is told alike.
type SegmentEntered struct {
	Segment string     `json:"segment"`
	Members []ident.ID `json:"members"`
}

// SegmentLeft: members left a segment.
type SegmentLeft struct {
	Segment string     `json:"segment"`
	Members []ident.ID `json:"members"`
}

// SegmentEmptied: nobody is in a segment any more; it was put away, or is to
// be filled anew.
type SegmentEmptied struct {
	Segment string `json:"segment"`
}

// SegmentMembers bounds an event's list.
const SegmentMembers = 500

func (SegmentEntered) Kind() string { return "segment.entered.v1" }
func (SegmentLeft) Kind() string    { return "segment.left.v1" }
func (SegmentEmptied) Kind() string { return "segment.emptied.v1" }

func (SegmentEntered) Subject() ident.ID { return ident.ID{} }
func (SegmentLeft) Subject() ident.ID    { return ident.ID{} }
func (SegmentEmptied) Subject() ident.ID { return ident.ID{} }

func (PurchaseRecorded) Kind() string   { return "purchase.recorded.v1" }
func (PurchaseReturned) Kind() string   { return "purchase.returned.v1" }
func (PurchaseRevised) Kind() string    { return "purchase.revised.v1" }
func (PurchaseClaimed) Kind() string    { return "purchase.claimed.v1" }
func (ActivityRecorded) Kind() string   { return "activity.recorded.v1" }
func (PointsChanged) Kind() string      { return "points.changed.v1" }
func (TierChanged) Kind() string        { return "tier.changed.v1" }
func (MemberJoined) Kind() string       { return "member.joined.v1" }
func (MemberChanged) Kind() string      { return "member.changed.v1" }
func (MemberMerged) Kind() string       { return "member.merged.v1" }
func (MemberLeft) Kind() string         { return "member.left.v1" }
func (MemberErased) Kind() string       { return "member.erased.v1" }
func (ProgrammePublished) Kind() string { return "programme.published.v1" }

func (PointsExpiring) Kind() string { return "points.expiring.v1" }
func (TierEnding) Kind() string     { return "tier.ending.v1" }

func (f PointsExpiring) Subject() ident.ID   { return f.Holder }
func (f TierEnding) Subject() ident.ID       { return f.Member }
func (f PurchaseRecorded) Subject() ident.ID { return f.Member }
func (f PurchaseReturned) Subject() ident.ID { return f.Member }
func (f PurchaseRevised) Subject() ident.ID  { return f.Member }
func (f PurchaseClaimed) Subject() ident.ID  { return f.Member }
func (f ActivityRecorded) Subject() ident.ID { return f.Member }
func (f PointsChanged) Subject() ident.ID    { return f.Member }
func (f TierChanged) Subject() ident.ID      { return f.Member }
func (f MemberJoined) Subject() ident.ID     { return f.Member }
func (f MemberChanged) Subject() ident.ID    { return f.Member }
func (f MemberMerged) Subject() ident.ID     { return f.Kept }
func (f MemberLeft) Subject() ident.ID       { return f.Member }
func (f MemberErased) Subject() ident.ID     { return f.Member }
func (ProgrammePublished) Subject() ident.ID { return ident.ID{} }

var catalogue = map[string]func([]byte) (Fact, error){}

func register[F Fact]() {
	var zero F
	catalogue[zero.Kind()] = func(b []byte) (Fact, error) {
		var f F
		err := json.Unmarshal(b, &f)
		return f, err
	}
}

func init() {
	register[PurchaseRecorded]()
	register[PurchaseReturned]()
	register[PurchaseRevised]()
	register[PurchaseClaimed]()
	register[ActivityRecorded]()
	register[PointsChanged]()
	register[TierChanged]()
	register[MemberJoined]()
	register[MemberChanged]()
	register[MemberMerged]()
	register[MemberLeft]()
	register[MemberErased]()
	register[ProgrammePublished]()
	register[PointsExpiring]()
	register[TierEnding]()
	register[SegmentEntered]()
	register[SegmentLeft]()
	register[SegmentEmptied]()
}

// Kinds lists the catalogue, sorted.
func Kinds() []string {
	ks := make([]string, 0, len(catalogue))
	for k := range catalogue {
		ks = append(ks, k)
	}
	sort.Strings(ks)
	return ks
}

// Decode reads a fact of a known kind; the value is the struct, no pointer.
func Decode(kind string, data []byte) (Fact, error) {
	read, ok := catalogue[kind]
	if !ok {
		return nil, fmt.Errorf("event: unknown kind %q", kind)
	}
	return read(data)
}
