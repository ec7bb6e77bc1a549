package purchase

import (
	"encoding/json"

	"joren/internal/clock"
	"joren/internal/ident"
	"joren/internal/rules"
)

// Purchase is a recorded purchase: what was sent, what it came to, how it was
// judged, and what has come back since.
type Purchase struct {
	ID     ident.ID
	Member ident.ID // a guest's purchase is its own member
	Guest  bool

	Source, OrderNo string
	Content         []byte // hash of what was sent
	Revision        int64
	UpdatedAt       clock.Instant

	OccurredAt clock.Instant
	RecordedAt clock.Instant
	Day        clock.Day
	Store      string
	Channel    string
	Status     Status

	Total        int64
	Value        int64 // of all lines, with tax
	Eligible     int64 // as judged
	EligibleKept int64
	Kept         bool // a line is kept

	Doc     Doc
	Judged  Judged
	Lines   []StoredLine
	Returns []Return
}

// Doc is what a purchase says beside its columns and lines.
type Doc struct {
	Currency   string      `json:"currency,omitempty"`
	Prices     Prices      `json:"prices"`
	Card       string      `json:"card,omitempty"`
	Staff      string      `json:"staff,omitempty"`
	Shipping   int64       `json:"shipping,omitempty"`
	Freight    int64       `json:"freight,omitempty"` // shipping's part of the eligible amount
	Discounts  []Discount  `json:"discounts,omitempty"`
	Tax        []TaxPart   `json:"tax,omitempty"`
	Delivery   *Delivery   `json:"delivery,omitempty"`
	PointsPaid *PointsPaid `json:"points_paid,omitempty"`
	PointValue int64       `json:"point_value,omitempty"`
	Flags      []string    `json:"flags,omitempty"`
	Rank       *Shares     `json:"rank,omitempty"` // where the rank counts by a basis of its own
}

// Judged is everything an award was judged by, so that a return is judged by
// the same (SEMANTICS §6). Facts are kept as the caller wrote them.
type Judged struct {
	Version int              `json:"version,omitempty"`
	Facts   json.RawMessage  `json:"facts,omitempty"`
	Sealed  []byte           `json:"sealed,omitempty"` // the personal ones, under the member's own key
	Awards  []rules.Award    `json:"awards,omitempty"`
	Counts  []rules.Count    `json:"counts,omitempty"`  // what it has in the limit counters now
	Settled map[string]int64 `json:"settled,omitempty"` // of returns before a newer state of the order was judged: what they took is no part of Awards
	Answer  json.RawMessage  `json:"answer,omitempty"`  // what the caller was told, for a repeat
}

// StoredLine is a line with its shares.
type StoredLine struct {
	Line
	Returned int64
	Shared   int64 // discounts, its own and its share of the order's
	Tax      int64
	Value    int64
	Eligible int64
}

// Return is a recorded return. Demanded is what it took back per point type;
// negative where it gave back.
type Return struct {
	ID         ident.ID
	Source     string
	ReturnNo   string
	OccurredAt clock.Instant
	RecordedAt clock.Instant
	Day        clock.Day
	Store      string
	Staff      string
	Reason     string
	Lines      []ReturnLine
	Value      int64
	Eligible   int64
	PointsBack int64
	Cash       int64
	Demanded   map[string]int64
	Answer     json.RawMessage // what the caller was told, for a repeat
}

// New makes the record of a priced purchase, not yet judged. A zero member is
// a guest.
func New(id, member ident.ID, in *Input, p *Priced, day clock.Day, now clock.Instant, pointValue int64) *Purchase {
	r := &Purchase{ID: id, Member: member, Guest: member.IsZero(), Source: in.Source, OrderNo: in.OrderNo, Content: in.Hash(),
		Revision: in.Revision, UpdatedAt: in.UpdatedAt, OccurredAt: in.OccurredAt, RecordedAt: now, Day: day,
		Store: in.Store, Channel: in.Channel, Status: in.Status, Total: p.Total, Value: p.Value,
		Eligible: p.Eligible, EligibleKept: p.Eligible, Kept: true,
		Doc: Doc{Currency: in.Currency, Prices: in.Prices, Card: in.Card, Staff: in.Staff, Shipping: in.Shipping, Freight: p.Freight,
			Discounts: in.Discounts, Tax: p.Tax, Delivery: in.Delivery, PointsPaid: in.PointsPaid, PointValue: pointValue, Flags: p.Flags}}
	if r.Guest {
		r.Member = id
	}
	r.Lines = make([]StoredLine, len(in.Lines))
	for i, l := range in.Lines {
		s := p.Lines[i]
		r.Lines[i] = StoredLine{Line: l, Shared: s.Discount, Tax: s.Tax, Value: s.Value, Eligible: s.Eligible}
	}
	return r
}

// Bought is the purchase as returns need it.
func (r *Purchase) Bought() *Bought {
	b := &Bought{Cart: make([]rules.Line, len(r.Lines)), Values: make([]int64, len(r.Lines)), Freight: r.Doc.Freight, PointValue: r.Doc.PointValue}
	for i := range r.Lines {
		b.Cart[i] = cartLine(&r.Lines[i].Line)
		b.Cart[i].Eligible = r.Lines[i].Eligible
		b.Values[i] = r.Lines[i].Value
	}
	if r.Doc.PointsPaid != nil {
		b.PointsPaid = r.Doc.PointsPaid.Points
	}
	return b
}

// Slips are its returns so far, in recording order.
func (r *Purchase) Slips() []Slip {
	s := make([]Slip, len(r.Returns))
	for i, x := range r.Returns {
		s[i] = Slip{Lines: x.Lines, PointsBack: x.PointsBack, Cash: x.Cash}
	}
	return s
}

// Demanded is what its returns have taken back so far per point type of the
// award as it is judged now.
func (r *Purchase) Demanded() map[string]int64 {
	sum := r.Taken()
	for t, n := range r.Judged.Settled {
		sum[t] -= n
	}
	return sum
}

// Taken is what its returns have taken back so far per point type, those
// before a newer state of the order too.
func (r *Purchase) Taken() map[string]int64 {
	sum := map[string]int64{}
	for _, x := range r.Returns {
		for t, n := range x.Demanded {
			sum[t] += n
		}
	}
	return sum
}

// Occasion is the purchase as the judge sees it, with the given cart: the
// whole one, or what is kept.
func (r *Purchase) Occasion(cart []rules.Line, freight int64) rules.Occasion {
	o := rules.Occasion{Trigger: "purchase", At: r.OccurredAt, Day: r.Day, Store: r.Store, Channel: r.Channel, Source: r.Source,
		Lines: cart, Shipping: freight, Eligible: freight, Total: r.Total, Staff: r.Doc.Staff}
	for _, l := range cart {
		o.Eligible += l.Eligible
	}
	for _, d := range r.Doc.Discounts {
		if d.Coupon != "" {
			o.Coupons = append(o.Coupons, d.Coupon)
		}
	}
	if d := r.Doc.Delivery; d != nil {
		o.Delivery = rules.Delivery{Method: d.Method, Carrier: d.Carrier, Area: d.Area, PromisedOn: d.PromisedOn, ShippedAt: d.ShippedAt, DeliveredAt: d.DeliveredAt}
	}
	return o
}
