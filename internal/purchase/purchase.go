// Package purchase knows what was bought: the purchase as a shop sends it,
// what it costs and what of it counts for points ([Price]), what a return
// gives back ([Returned]), and the tables that keep all of it.
//
// Words: a line is one row of the receipt. Its net is the amount after
// discount, its value the net with tax: what the customer pays for it. Its
// eligible amount is what counts for points. Net, value and eligible amount
// are fixed when the purchase is recorded; a return takes shares of them
// (SEMANTICS §3, §6, §20).
//
// The package judges no points and books none: it hands carts to package
// rules and keeps the judgement that comes back. It knows no member but by id.
package purchase

import (
	"joren/internal/clock"
)

// Input is a purchase as a till, a web shop or a file hands it over: the body
// of POST /v1/purchases. Money is in minor units, whole numbers only.
type Input struct {
	Source     string        `json:"source" doc:"the system that sends: a till, a web shop, a file"`
	OrderNo    string        `json:"order_no" doc:"the source's own number of the order"`
	Revision   int64         `json:"revision,omitempty" doc:"grows when the order changes"`
	UpdatedAt  clock.Instant `json:"updated_at,omitzero" doc:"when the source last changed the order"`
	Card       string        `json:"card,omitempty"`
	Member     string        `json:"member,omitempty" doc:"mem_…; neither card nor member: a guest"`
	Store      string        `json:"store,omitempty"`
	Channel    string        `json:"channel,omitempty"`
	OccurredAt clock.Instant `json:"occurred_at"`
	Currency   string        `json:"currency,omitempty" doc:"ISO 4217; the programme's when left out"`
	Prices     Prices        `json:"prices,omitempty" doc:"tax_included (default) or tax_excluded"`
	Lines      []Line        `json:"lines"`
	Discounts  []Discount    `json:"discounts,omitempty"`
	Tax        []Tax         `json:"tax,omitempty" doc:"per rate; computed when left out"`
	Shipping   int64         `json:"shipping,omitempty" doc:"to pay, its tax inside"`
	PointsPaid *PointsPaid   `json:"points_paid,omitempty"`
	Total      int64         `json:"total" doc:"lines − discounts + tax (when prices exclude it) + shipping; points paid are not taken off"`
	Delivery   *Delivery     `json:"delivery,omitempty"`
	Staff      string        `json:"staff,omitempty"`
	Status     Status        `json:"status,omitempty"`
}

// Prices says whether line amounts contain tax.
type Prices string

const (
	TaxIncluded Prices = "tax_included" // Σ lines − discounts + shipping = total
	TaxExcluded Prices = "tax_excluded" // Σ lines − discounts + tax + shipping = total
)

// Line is one row of the receipt.
type Line struct {
	No       int      `json:"no,omitempty" doc:"its number on the receipt; by position when no line has one"`
	SKU      string   `json:"sku,omitempty"`
	Name     string   `json:"name,omitempty"`
	Category string   `json:"category,omitempty"`
	Tags     []string `json:"tags,omitempty"`
	Kind     Kind     `json:"kind,omitempty" doc:"goods (default) or fee"`
	Quantity int64    `json:"quantity"`
	Amount   int64    `json:"amount" doc:"for all pieces, before discount"`
	TaxRate  Rate     `json:"tax_rate,omitzero" doc:"\"0.08\"; the standard rate of the day when left out"`
	Discount int64    `json:"discount,omitempty" doc:"on this line alone"`
}

// Kind of a line.
type Kind string

const (
	Goods Kind = "goods"
	Fee   Kind = "fee" // wrapping, cash on delivery: eligible only when the basis says so
)

// Discount is a coupon or a price reduction, on the order or on one line.
type Discount struct {
	Coupon string `json:"coupon,omitempty" doc:"the coupon's code"`
	Name   string `json:"name,omitempty"`
	Amount int64  `json:"amount"`
	Line   int    `json:"line,omitempty" doc:"number of the line it is tied to"`
}

// Tax is the tax of one rate as the receipt states it.
type Tax struct {
	Rate   Rate  `json:"rate"`
	Amount int64 `json:"amount"`
}

// PointsPaid are points used on the purchase.
type PointsPaid struct {
	Points int64  `json:"points"`
	Hold   string `json:"hold,omitempty" doc:"hld_…"`
	Type   string `json:"type,omitempty" doc:"the programme's first when left out"`
}

// Delivery is what is known of how the goods came.
type Delivery struct {
	Method      string        `json:"method,omitempty"`
	Carrier     string        `json:"carrier,omitempty"`
	Area        string        `json:"area,omitempty"`
	PromisedOn  clock.Day     `json:"promised_on,omitzero"`
	ShippedAt   clock.Instant `json:"shipped_at,omitzero"`
	DeliveredAt clock.Instant `json:"delivered_at,omitzero"`
}

// Status is how far an order has come (受付 → 発送 → 完了 → 取消/返品).
type Status string

const (
	Placed    Status = "placed"
	Shipped   Status = "shipped"
	Delivered Status = "delivered"
	Completed Status = "completed"
	Cancelled Status = "cancelled"
	SentBack  Status = "returned"
)

// Void reports that an order of this status leaves nothing with the customer.
func (s Status) Void() bool { return s == Cancelled || s == SentBack }

// ReturnInput is the body of POST /v1/returns. No lines means all that is
// left.
type ReturnInput struct {
	Source     string        `json:"source"`
	ReturnNo   string        `json:"return_no" doc:"the source's own number of the return"`
	OrderNo    string        `json:"order_no" doc:"the order it belongs to"`
	OccurredAt clock.Instant `json:"occurred_at"`
	Lines      []ReturnLine  `json:"lines,omitempty" doc:"left out: everything that is left"`
	Store      string        `json:"store,omitempty"`
	Staff      string        `json:"staff,omitempty"`
	Reason     string        `json:"reason,omitempty"`
}

// ReturnLine names pieces that come back, or, without a quantity, an amount
// taken off the price of what stays.
type ReturnLine struct {
	No       int   `json:"no"`
	Quantity int64 `json:"quantity,omitempty"`
	Amount   int64 `json:"amount,omitempty" doc:"a price correction, with tax; the pieces stay"`
}

// Complete fills what may be left out: prices, kinds, and line numbers by
// position when no line has one. It is idempotent.
func (in *Input) Complete() {
	if in.Prices == "" {
		in.Prices = TaxIncluded
	}
	numbered := false
	for i := range in.Lines {
		numbered = numbered || in.Lines[i].No != 0
	}
	for i := range in.Lines {
		if !numbered {
			in.Lines[i].No = i + 1
		}
		if in.Lines[i].Kind == "" {
			in.Lines[i].Kind = Goods
		}
	}
}
