package sale

import (
	"joren/internal/clock"
	"joren/internal/rules"
)

// Repeat tells an answer that is given again.
type Repeat struct {
	Replayed bool `json:"-"` // the caller's key had this answer already
}

func (r *Repeat) again() { r.Replayed = true }

// Answer is what a recorded purchase gives back (EXAMPLES §4). It is stored
// with the purchase, so that a repeat gets the same words.
type Answer struct {
	ID        string `json:"id"`
	Member    string `json:"member,omitempty"` // empty for a guest
	Duplicate bool   `json:"duplicate"`
	Revised   bool   `json:"revised,omitempty"` // a newer state of the order was laid over it
	Repeat
	Award   *Award       `json:"award,omitempty" doc:"of the first point type that gave or refused something"`
	Awards  []Award      `json:"awards,omitempty" doc:"of the programme's other point types"`
	Balance *Balance     `json:"balance,omitempty"`
	Tier    *Tier        `json:"tier,omitempty"`
	Flags   []Flag       `json:"flags,omitempty"`
	Paid    *PointsTaken `json:"points_paid,omitempty"`

	// Booked is what was booked of the programme's first point type just now:
	// the award, what a newer state of the order changed of it, 0 of a repeat.
	Booked int64 `json:"-"`
}

// Award is what one point type gave, as judged.
type Award struct {
	Type        string            `json:"type,omitempty"`
	Points      int64             `json:"points"`
	Eligible    int64             `json:"eligible"`
	Version     int               `json:"version"`
	Lot         string            `json:"lot,omitempty"`
	Lots        []AwardLot        `json:"lots,omitempty"` // when rules' own terms split it
	State       string            `json:"state,omitempty"`
	ActivatesAt clock.Instant     `json:"activates_at,omitzero"`
	ExpiresOn   clock.Day         `json:"expires_on,omitzero"`
	RepaidDebt  int64             `json:"repaid_debt,omitempty"`
	Components  []rules.Component `json:"components"`
	Refused     []rules.Refusal   `json:"refused,omitempty"`
}

// AwardLot is one of several lots an award made.
type AwardLot struct {
	Lot         string        `json:"lot"`
	Points      int64         `json:"points"`
	State       string        `json:"state"`
	ActivatesAt clock.Instant `json:"activates_at,omitzero"`
	ExpiresOn   clock.Day     `json:"expires_on,omitzero"`
}

// Balance of one account at one instant. Screens show these four, never the
// bare sum of entries.
type Balance struct {
	Available int64 `json:"available"`
	Pending   int64 `json:"pending"`
	Held      int64 `json:"held"`
	Debt      int64 `json:"debt"`
}

// Tier is a member's rank and forecast (SEMANTICS §7 T8).
type Tier struct {
	Current       string    `json:"current"`
	ValidUntil    clock.Day `json:"valid_until,omitzero"`
	GraceUntil    clock.Day `json:"grace_until,omitzero"`
	Metric        int64     `json:"metric"`
	ToKeep        int64     `json:"to_keep"`
	Next          string    `json:"next,omitempty"`
	ToNext        int64     `json:"to_next,omitempty"`
	IfNothingMore string    `json:"if_nothing_more,omitempty"`
	AtPace        *AtPace   `json:"at_pace,omitempty"`
}

// AtPace is where she ends at the present pace.
type AtPace struct {
	Metric int64  `json:"metric"`
	Tier   string `json:"tier"`
}

// Flag marks something a person should look at; the purchase stands.
type Flag struct {
	Code string     `json:"code"`
	Args rules.Args `json:"args,omitempty"`
}

// PointsTaken is how points were paid.
type PointsTaken struct {
	Points int64     `json:"points"`
	Lots   []LotPart `json:"lots"`
	Debt   int64     `json:"debt,omitempty"` // what no lot could give
}

// LotPart is points of one lot.
type LotPart struct {
	Lot    string `json:"lot"`
	Points int64  `json:"points"`
}

// ReturnAnswer is what a return gives back (EXAMPLES §4).
type ReturnAnswer struct {
	ID        string `json:"id"`
	Purchase  string `json:"purchase,omitempty"`
	State     string `json:"state,omitempty"` // "parked" while its purchase is unknown
	Duplicate bool   `json:"duplicate,omitempty"`
	Repeat
	Clawback       *Clawback       `json:"clawback,omitempty" doc:"of the first point type that was awarded"`
	Clawbacks      []Clawback      `json:"clawbacks,omitempty" doc:"of the programme's other point types"`
	PointsReturned *PointsReturned `json:"points_returned,omitempty"`
	Value          int64           `json:"value"`
	CashRefund     int64           `json:"cash_refund"`
	Balance        *Balance        `json:"balance,omitempty"`
	Tier           *Tier           `json:"tier,omitempty"`
}

// Clawback is what a return takes of an award.
type Clawback struct {
	Type      string      `json:"type,omitempty"`
	Points    int64       `json:"points"` // demanded by this return; negative is given back
	AwardWas  int64       `json:"award_was"`
	AwardNow  int64       `json:"award_now"`
	Taken     []TakenPart `json:"taken"`
	Debt      int64       `json:"debt"`
	Shortfall int64       `json:"shortfall"`
	Forgiven  int64       `json:"forgiven,omitempty"`
}

// TakenPart is points taken from one place.
type TakenPart struct {
	Lot    string `json:"lot,omitempty"`
	Points int64  `json:"points"`
	From   string `json:"from"` // pending, active, expired, debt_repaid, other
}

// PointsReturned is spent points going back to where they came from.
type PointsReturned struct {
	Points int64     `json:"points"`
	Lots   []LotPart `json:"lots"`
}
