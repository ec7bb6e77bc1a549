// Package plan is the programme document: one YAML text that says what a
// loyalty programme gives, to whom, and for how long. [Parse] reads and checks
// it, [Diff] says in words what one version changes against another, and
// [Terms] writes the member-facing terms from it, so that the terms cannot
// disagree with what the engine does.
//
// Its words: a programme has point policies, earning rules (judged by package
// rules), tiers, rewards, coupons, entitlements, bookings and perks. Keys and
// values are those of programme.schema.json, which is made from the same
// structs the reader fills.
//
// The package is pure: no database, no clock. A [Programme] is never changed
// after Parse has returned it and may be shared by goroutines.
package plan

import (
	"time"

	"joren/internal/clock"
	"joren/internal/label"
	"joren/internal/rules"
)

// Programme is a checked document with its compiled rules. Read only.
type Programme struct {
	Version         int // number given to [ParseVersion]; 0 for a document that is no stored version
	ID              string
	Name            label.Text
	Currency        string // ISO 4217; amounts are in its minor unit
	Zone            clock.Zone
	ZoneName        string // IANA
	EffectiveFrom   clock.Day
	ApplyToExisting bool // if_better: lots alive at EffectiveFrom take the better expiry
	FiscalStart     time.Month
	WeekStart       time.Weekday
	LastEarnOn      clock.Day // last day purchases earn; 0 = no end announced
	LastSpendOn     clock.Day // last day points can be spent; 0 = no end announced
	ClaimDays       int       // receipts may be claimed, and purchases before joining counted, this many days; 0 = not at all
	NoticeDays      int       // days members are told before a worse version takes effect
	Withdrawal      Withdrawal

	Basis      rules.Basis
	Exclude    string
	Words      map[string]label.Text // what shop words (categories, tags, stores) are called in the terms
	Attributes []Attribute
	Events     []EventKind // the declared ones; built-in kinds are in BuiltinEvents

	Points       []PointPolicy // the first is the default type
	Spec         rules.Spec    // what Rules was compiled from
	Rules        *rules.Version
	Tiers        *Tiers // nil: the programme has no tiers
	Rewards      []Reward
	Coupons      []Coupon
	Entitlements []Entitlement
	Bookings     []Booking
	Perks        []Perk
	Household    *Household // nil: members do not pool

	source []byte
	lines  map[string]int
}

// Source is the text the programme was parsed from.
func (p *Programme) Source() []byte { return append([]byte(nil), p.source...) }

// Line is the line of the document that path stands on, or that of the
// nearest part around it; 0 when nothing of it is in the document.
func (p *Programme) Line(path string) int { return lineOf(p.lines, path) }

// Starts is the first instant at which the version judges purchases.
func (p *Programme) Starts() clock.Instant { return p.Zone.Start(p.EffectiveFrom) }

// Earns reports whether purchases of business day d earn.
func (p *Programme) Earns(d clock.Day) bool { return p.LastEarnOn == 0 || d <= p.LastEarnOn }

// Spends reports whether points can be used on business day d.
func (p *Programme) Spends(d clock.Day) bool { return p.LastSpendOn == 0 || d <= p.LastSpendOn }

// Policy finds the policy of a point type; "" is the programme's first.
func (p *Programme) Policy(id string) (PointPolicy, bool) {
	if id == "" && len(p.Points) > 0 {
		return p.Points[0], true
	}
	return find(p.Points, func(x PointPolicy) bool { return x.ID == id })
}

// Coupon finds a coupon by id.
func (p *Programme) Coupon(id string) (Coupon, bool) {
	return find(p.Coupons, func(x Coupon) bool { return x.ID == id })
}

// Reward finds a reward by id.
func (p *Programme) Reward(id string) (Reward, bool) {
	return find(p.Rewards, func(x Reward) bool { return x.ID == id })
}

// Entitlement finds an entitlement by id.
func (p *Programme) Entitlement(id string) (Entitlement, bool) {
	return find(p.Entitlements, func(x Entitlement) bool { return x.ID == id })
}

// Booking finds a booking by id.
func (p *Programme) Booking(id string) (Booking, bool) {
	return find(p.Bookings, func(x Booking) bool { return x.ID == id })
}

// Level finds a tier by id.
func (p *Programme) Level(id string) (Level, bool) {
	if p.Tiers == nil {
		return Level{}, false
	}
	return find(p.Tiers.Levels, func(x Level) bool { return x.ID == id })
}

func find[T any](xs []T, ok func(T) bool) (T, bool) {
	for _, x := range xs {
		if ok(x) {
			return x, true
		}
	}
	var none T
	return none, false
}

// Withdrawal says what happens to the points of a member who leaves.
type Withdrawal struct {
	Points string `y:"points,one=forfeit|keep" about:"forfeit: points end with the membership (default); keep: they wait keep_days for her return"`
	Days   int    `y:"keep_days,min=1,max=3660" about:"how long kept points wait"`
}

// Attribute is a member attribute the owner defines.
type Attribute struct {
	ID      string
	Name    label.Text     `y:"name" about:"what people read"`
	Type    rules.AttrType `y:"type,req,one=text|int|bool|date|choice" about:"type of its values"`
	Choices []string       `y:"choices" about:"the allowed values of a choice"`
}

// EventKind is an event that is not a purchase, with its typed fields.
type EventKind struct {
	ID     string      `y:"id,req,id" about:"kind as sent to POST /v1/events"`
	Name   label.Text  `y:"name" about:"what people read"`
	Fields []Attribute `y:"fields,keyed" about:"fields by name"`
}

// PointPolicy is one point type with the life of its points.
type PointPolicy struct {
	ID             string
	Name           label.Text
	Value          int64       // minor units per point when paying and for the liability; 0: not for paying (stamps, status)
	PaidAs         PaidAs      // how a part paid by points is taxed
	Terms          rules.Terms // of points from purchases, unless the rule has its own
	Consume        []string    // class order before soonest expiry; empty: no class order
	Returns        ReturnPolicy
	IfExpired      RefundMode // of spent points given back after their lot died
	GraceDays      int        // RefundGrace: open until the end of business day refund + GraceDays
	WriteOffMonths int        // debt is written off after this many months; 0: never
	Spend          SpendRules
}

// PaidAs is what paying by points is for the tax (SEMANTICS §3).
type PaidAs string

const (
	PaidAsDiscount PaidAs = "discount"
	PaidAsPayment  PaidAs = "payment"
)

// ReturnPolicy says from where a clawback takes what the award's own lots no
// longer hold (SEMANTICS §6.3).
type ReturnPolicy string

const (
	ReturnOnlyPending   ReturnPolicy = "only_pending"
	ReturnWithinBalance ReturnPolicy = "within_balance"
	ReturnDebt          ReturnPolicy = "debt"
	ReturnReport        ReturnPolicy = "report"
)

// RefundMode says what becomes of refunded points whose lot died meanwhile
// (SEMANTICS §5 L5).
type RefundMode string

const (
	RefundForfeit RefundMode = "forfeit"
	RefundGrace   RefundMode = "grace"
	RefundReissue RefundMode = "reissue"
)

// SpendRules bound how points pay an order. They bind previews and holds;
// a sale that already happened is never refused.
type SpendRules struct {
	Unit       int64 `y:"unit,min=1" about:"points are spent in multiples of this (default 1)"`
	Minimum    int64 `y:"minimum,min=1" about:"fewest points in one order"`
	Maximum    int64 `y:"maximum,min=1" about:"most points in one order"`
	MinOrder   int64 `y:"minimum_order,min=1" about:"order total in minor units from which points may pay"`
	MaxPercent int64 `y:"maximum_percent,min=1,max=100" about:"largest part of the order total points may pay, in percent"`
}

// Household lets members of one household share points or standing.
type Household struct {
	Members int    `y:"members,req,min=2,max=50" about:"most members of one household"`
	Points  string `y:"points,one=pooled|own" about:"pooled: one balance for all; own (default)"`
	Tier    string `y:"tier,one=pooled|own" about:"pooled: purchases of all count together; own (default)"`
}
