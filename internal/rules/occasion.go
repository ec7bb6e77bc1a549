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
	Member   MemberFacts
	Stats    Stats
	Products map[string]ProductStats // by SKU; only those asked for
	Used     map[string]int64        // by limit id: what the occasion's window has used so far
	Given    map[string]clock.Day    // by rule id: last day a once-rule gave to her (net of what returns took back)
}

// MemberFacts describe her.
type MemberFacts struct {
	Tier          string
	JoinedOn      clock.Day
	Birthday      clock.Day // year 1 when only month and day are known; 0 when unknown
	Anniversaries []clock.MonthDay
	Gender        string
	Area          string
	JoinStore     string
	JoinSource    string
	Segments      []string
	Attributes    map[string]any // typed as declared: string, int64, bool, clock.Day
}

// Stats are her purchases so far. Guests and fully returned purchases do not
// count.
type Stats struct {
	VisitNo     int64 // business days with a kept purchase, this one included; 0 on a later purchase of a day that has one
	Visits      int64 // before
	Orders      int64 // before
	Spend       int64 // eligible amount kept, before, all time
	TierMetric  int64 // metric of the current tier window, before
	FirstOn     clock.Day
	LastOn      clock.Day
	SinceLast   int64 // days since LastOn, -1 without one
	AvgInterval int64 // mean days between visits, floored; -1 with fewer than two
}

// ProductStats are her purchases of one product so far.
type ProductStats struct {
	Count    int64 // purchases holding it
	Last     clock.Day
	Interval int64 // mean days between them, floored; -1 with fewer than two
}

// Needs says which facts a version reads for a trigger, so that nothing else
// is loaded.
type Needs struct {
	Stats      bool
	Products   bool // for the SKUs of the cart
	ProductIDs []string
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
}

// LimitKey names one counter.
type LimitKey struct {
	Limit  string
	Member bool      // per member, otherwise programme-wide
	Store  string    // for per-store counters
	From   clock.Day // first day of the window; 0 for lifetime and order
	Cap    int64     // the limit's maximum
}
