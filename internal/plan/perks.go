package plan

import (
	"joren/internal/amount"
	"joren/internal/clock"
	"joren/internal/label"
	"joren/internal/rules"
)

// Reward is something to be had for points.
type Reward struct {
	ID         string     `y:"id,req,id" about:"stable id"`
	Name       label.Text `y:"name,req" about:"what members read"`
	Points     string     `y:"points,id" about:"point type it is paid in; default the first"`
	Price      Price      `y:"price,req" about:"points; one number, or {default, TIER: …}"`
	Cost       int64      `y:"cost,min=0" about:"what it costs the shop, minor units"`
	Worth      int64      `y:"worth,min=0" about:"usual price with tax, minor units; premium limits look at it"`
	Stock      int64      `y:"stock,min=0" about:"pieces; without it there is no limit"`
	From       clock.Day  `y:"from" about:"first day"`
	To         clock.Day  `y:"to" about:"last day"`
	PerMember  CountLimit `y:"per_member" about:"a number, or {max, window}"`
	ValidDays  int        `y:"valid_days,min=1,max=3660" about:"days the ticket can be used; without it there is no end"`
	Fulfilment string     `y:"fulfilment,one=counter|shipped" about:"handed over at the counter (default) or sent"`
	Hidden     bool       `y:"only_by_benefit" about:"only members whose rank lists it as a benefit may take it"`
}

// Price is a points price, perhaps lower for some tiers.
type Price struct {
	Default int64
	ByTier  []TierAmount // in the document's order
}

// TierAmount is an amount for one tier.
type TierAmount struct {
	Tier   string
	Amount int64
}

// For is the price for a tier.
func (p Price) For(tier string) int64 {
	for _, t := range p.ByTier {
		if t.Tier == tier {
			return t.Amount
		}
	}
	return p.Default
}

// CountLimit is at most Max in a window; Max 0 is no limit.
type CountLimit struct {
	Max    int64
	Window rules.Window // lifetime unless said
}

// CouponKind is what a coupon does.
type CouponKind string

const (
	CouponAmount       CouponKind = "amount"
	CouponPercent      CouponKind = "percent"
	CouponFreeItem     CouponKind = "free_item"
	CouponFreeShipping CouponKind = "free_shipping"
	CouponMultiplier   CouponKind = "multiplier"
)

// Coupon is a price reduction or gift a member can use once issued.
type Coupon struct {
	ID         string       `y:"id,req,id" about:"stable id"`
	Name       label.Text   `y:"name" about:"what members read"`
	Kind       CouponKind   `y:"kind,req,one=amount|percent|free_item|free_shipping|multiplier" about:"what it does"`
	Value      int64        `y:"value,min=1" about:"amount: minor units; percent: 1–100"`
	SKU        string       `y:"sku" about:"free_item: the item"`
	Worth      int64        `y:"worth,min=0" about:"free_item: usual price with tax, minor units"`
	Multiply   amount.Milli `y:"multiply" about:"multiplier: factor on the base points of the order"`
	Points     string       `y:"points,id" about:"multiplier: point type; default the first"`
	Minimum    int64        `y:"minimum,min=1" about:"order amount after discounts from which it can be used, minor units"`
	Maximum    int64        `y:"maximum,min=1" about:"percent: largest reduction, minor units"`
	Valid      Validity     `y:"valid,req" about:"{from, to} or {days} from issue"`
	Code       string       `y:"code,req,one=unique|shared" about:"unique per member, or one shared code"`
	SharedCode string       `y:"shared_code" about:"shared: the code people type"`
	PerMember  CountLimit   `y:"per_member" about:"a number, or {max, window}"`
	Limit      int64        `y:"limit,min=1" about:"uses in all"`
	When       string       `y:"when" about:"condition (CEL)"`
	Lines      string       `y:"lines" about:"condition over line: it reduces these lines only (CEL)"`
	Stackable  bool         `y:"stackable" about:"may be combined with other coupons"`
	Restore    bool         `y:"restore_on_full_return" about:"a full return issues it again"`
	Cost       int64        `y:"cost,min=0" about:"what one use costs the shop, minor units, when not its value"`
}

// Validity is when a coupon can be used: between fixed days, or for Days days
// from the day of issue.
type Validity struct {
	From clock.Day `y:"from" about:"first day"`
	To   clock.Day `y:"to" about:"last day, inclusive"`
	Days int       `y:"days,min=1,max=3660" about:"days from issue"`
}

// LastDay is the last day a coupon issued on day d can be used.
func (v Validity) LastDay(d clock.Day) clock.Day {
	if v.Days > 0 {
		return d + clock.Day(v.Days)
	}
	return v.To
}

// Entitlement is a counted free service (無料サービス).
type Entitlement struct {
	ID    string       `y:"id,req,id" about:"stable id"`
	Name  label.Text   `y:"name,req" about:"what members read"`
	Count int64        `y:"count,req,min=1" about:"how many times in a period"`
	Per   rules.Window `y:"per,req,one=day|week|month|year|lifetime" about:"the period"`
	Worth int64        `y:"worth,min=0" about:"usual price with tax, minor units"`
	Cost  int64        `y:"cost,min=0" about:"what one use costs the shop, minor units"`
}

// Booking is a bookable resource with early access (優先予約).
type Booking struct {
	ID          string     `y:"id,req,id" about:"stable id"`
	Name        label.Text `y:"name" about:"what members read"`
	Resource    string     `y:"resource,req" about:"resource whose slots are booked"`
	EarlyHours  int        `y:"early_access_hours,min=0,max=8760" about:"hours the ranks with this benefit book before the others"`
	Capacity    int64      `y:"capacity,min=1" about:"places in a slot unless the slot says otherwise"`
	SlotMinutes int        `y:"slot_minutes,min=5,max=1440" about:"usual length of a slot"`
	PerMember   CountLimit `y:"per_member" about:"a number, or {max, window}"`
}

// Perk is a benefit of the owner's own making: a trigger, a condition and an
// effect; without trigger and effect it is a promise in words (gift wrapping).
type Perk struct {
	ID          string      `y:"id,req,id" about:"stable id"`
	Name        label.Text  `y:"name,req" about:"what members read"`
	On          string      `y:"on,id" about:"trigger: purchase, birthday, anniversary, joined, rank.up or an event kind"`
	When        string      `y:"when" about:"condition (CEL)"`
	Coupon      string      `y:"coupon,id" about:"coupon it issues"`
	Entitlement string      `y:"entitlement,id" about:"entitlement it grants"`
	Reward      string      `y:"reward,id" about:"reward it gives without points"`
	Window      *DateWindow `y:"window" about:"around a birthday or anniversary"`
	Once        rules.Once  `y:"once,one=ever|year" about:"one gift per member"`
}

// DateWindow is the span around a date in which a date perk counts.
type DateWindow struct {
	Before int `y:"before_days,min=0,max=366" about:"days before"`
	After  int `y:"after_days,min=0,max=366" about:"days after"`
}
