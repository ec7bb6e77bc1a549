package tier

import (
	"joren/internal/clock"
)

// State is where a member stands after the start of a day and the events up
// to an instant: what the next step needs to know. Stored between purchases
// so that one need not read a whole history; never the truth, which is the
// history.
type State struct {
	Day    clock.Day     `json:"d"`           // the business day reached; its start is judged
	At     clock.Instant `json:"at,omitzero"` // the last event applied
	Joined clock.Day     `json:"j,omitzero"`
	Level  string        `json:"l"`
	Held   clock.Day     `json:"h,omitzero"` // no review takes the level before the end of this day
	Drop   clock.Day     `json:"x,omitzero"` // a failed review: first day of the lower level
	Target string        `json:"t,omitempty"`
	From   clock.Day     `json:"f,omitzero"` // first day of the running window
	Sum    Amounts       `json:"m"`          // over the running window
	Below  clock.Day     `json:"b,omitzero"` // rolling: first day below keep
	Failed clock.Day     `json:"v,omitzero"` // last day of the window whose review failed
	Last   clock.Day     `json:"o,omitzero"` // last day with an order
	Late   bool          `json:"r,omitempty"`
	Closed *Closed       `json:"c,omitempty"` // a closed window waiting to be judged
}

// Closed is a closed window before its review.
type Closed struct {
	From  clock.Day `json:"f"`
	To    clock.Day `json:"t"`
	Judge clock.Day `json:"j"` // judged at the end of this day
	Sum   Amounts   `json:"m"`
}

// Change is a move from one level to another.
type Change struct {
	On       clock.Day
	From, To string
	Reason   Reason
}

// Reason of a change.
type Reason string

const (
	Entered  Reason = "entered"  // an entry-threshold was reached
	Expired  Reason = "expired"  // a review failed and grace is over
	Returned Reason = "returned" // lost by a return
	Opened   Reason = "opened"   // brought from another system
	Given    Reason = "given"    // a manual level begins
	Ended    Reason = "ended"    // a manual level ends
	Changed  Reason = "changed"  // the programme's tiers changed
	Revised  Reason = "revised"  // a late purchase or correction was recorded
)
