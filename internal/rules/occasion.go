package rules

import (
	"joren/internal/clock"
	"joren/internal/ident"
)

// Occasion is what happened: the thing to be judged.
type Occasion struct {
	Trigger string        // "purchase", "birthday", "anniversary", "joined", "rank.up" or an event kind
	At      clock.Instant // occurred_at
	Day     clock.Day     // its business day
	Store   string
	Channel string
	Source  string

	// Purchase
	Lines    []Line
	Shipping int64 // shipping's part of the eligible amount, 0 when the basis leaves it out
	Eligible int64 // sum over the lines + Shipping
	Total    int64
	Coupons  []string // coupon ids used
	Staff    string
	Delivery Delivery

	// Event
	Fields map[string]any // typed as declared: string, int64, bool, clock.Day
}

// Line is a line of the cart as the judge sees it.
type Line struct {
	No        int
	SKU       string
	Name      string
	Category  string
	Tags      []string
	Fee       bool
	Quantity  int64 // kept pieces
	UnitPrice int64 // amount / quantity, floored; what a table by line price looks at
	Amount    int64
	Eligible  int64 // of the kept pieces; 0 when excluded
}

// Delivery is what is known of how the goods came.
type Delivery struct {
	Method, Carrier, Area string
	PromisedOn            clock.Day
	ShippedAt             clock.Instant
	DeliveredAt           clock.Instant
}

// Facts is everything about the member that conditions may read, as it stood
// just before the occasion. The zero value is a member of whom nothing is
// known. Facts are stored with the award, so that a return is judged by the
// same ones.
type Facts struct {
	Member   MemberFacts             `json:"m,omitzero"`
	Stats    Stats                   `json:"s,omitzero"`
	Products map[string]ProductStats `json:"p,omitzero"` // by SKU; only those asked for
	Events   map[string]ProductStats `json:"e,omitzero"` // by event kind; only those asked for
	Used     map[string]int64        `json:"u,omitzero"` // by limit id: what the occasion's window has used so far
	Given    map[string]clock.Day    `json:"g,omitzero"` // by rule id: last day a once-rule gave to her (net of what returns took back)
}

// MemberFacts describe her.
type MemberFacts struct {
	Tier          string           `json:"tier,omitzero"`
	JoinedOn      clock.Day        `json:"joined,omitzero"`
	Birthday      clock.Day        `json:"birthday,omitzero"` // year 1 when only month and day are known; 0 when unknown
	Anniversaries []clock.MonthDay `json:"anniversaries,omitzero"`
	Gender        string           `json:"gender,omitzero"`
	Area          string           `json:"area,omitzero"`
	JoinStore     string           `json:"join_store,omitzero"`
	JoinSource    string           `json:"join_source,omitzero"`
	Segments      []string         `json:"segments,omitzero"`
	Attributes    map[string]any   `json:"attributes,omitzero"` // typed as declared: string, int64, bool, clock.Day
}

// Stats are her purchases so far. Guests and fully returned purchases do not
// count.
type Stats struct {
	VisitNo     int64     `json:"visit_no,omitzero"`    // business days with a kept purchase, this one included; 0 on a later purchase of a day that has one
	Visits      int64     `json:"visits,omitzero"`      // before
	Orders      int64     `json:"orders,omitzero"`      // before
	Spend       int64     `json:"spend,omitzero"`       // eligible amount kept, before, all time
	TierMetric  int64     `json:"tier_metric,omitzero"` // metric of the current tier window, before
	FirstOn     clock.Day `json:"first_on,omitzero"`
	LastOn      clock.Day `json:"last_on,omitzero"`
	SinceLast   int64     `json:"since_last,omitzero"`   // days since LastOn, -1 without one
	AvgInterval int64     `json:"avg_interval,omitzero"` // mean days between visits, floored; -1 with fewer than two
}

// ProductStats are her purchases of one product so far, or her events of one
// kind.
type ProductStats struct {
	Count    int64     `json:"count,omitzero"` // purchases holding it; events
	Last     clock.Day `json:"last,omitzero"`
	Interval int64     `json:"interval,omitzero"` // mean days between them, floored; -1 with fewer than two
}

// Needs says which facts a version reads for a trigger, so that nothing else
// is loaded.
type Needs struct {
	Stats      bool
	Products   bool // for the SKUs of the cart
	ProductIDs []string
	EventKinds []string // stats.event('…')
	Attributes bool
	Birthday   bool
	Segments   bool
	Once       []string // rule ids
	Limits     bool
}

// Ask is one member's facts to be filled. Slices that know something about
// members fill their part of many asks at once.
type Ask struct {
	Member ident.ID
	At     clock.Instant // facts as of this instant, exclusive
	Day    clock.Day
	SKUs   []string
	Needs  Needs
	Facts  *Facts

	// Seal encrypts what is to be kept of the personal facts that were filled,
	// so that it can be forgotten with the person; nil when none were.
	Seal func(plain []byte) ([]byte, error)
}

// LimitKey names one counter.
type LimitKey struct {
	Limit  string    `json:"l"`
	Member bool      `json:"m,omitempty"` // per member, otherwise programme-wide
	Store  string    `json:"s,omitempty"` // for per-store counters
	From   clock.Day `json:"f,omitzero"`  // first day of the window; 0 for lifetime and order
	Cap    int64     `json:"c"`           // the limit's maximum
}
