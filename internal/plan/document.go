package plan

import (
	"time"

	"joren/internal/amount"
	"joren/internal/clock"
	"joren/internal/label"
	"joren/internal/rules"
)

// document is the YAML as written, before references and meanings are
// checked. The published schema is made from it.
type document struct {
	Programme       string                `y:"programme,req,id" about:"stable id of the programme"`
	Name            label.Text            `y:"name,req" about:"what members read"`
	Currency        string                `y:"currency,req" about:"ISO 4217; every amount is in its minor unit (JPY: 1 yen, GBP: 1 penny)"`
	Zone            string                `y:"zone" about:"IANA time zone; default Asia/Tokyo"`
	DayStartsAt     timeOfDay             `y:"day_starts_at" about:"a business day begins at this time; default 00:00"`
	EffectiveFrom   clock.Day             `y:"effective_from,req" about:"first business day of this version"`
	ApplyToExisting string                `y:"apply_to_existing,one=never|if_better" about:"whether points already given take a better expiry; default never"`
	FiscalStart     time.Month            `y:"fiscal_year_start" about:"first month of the fiscal year; quarters and halves are counted from it; default 1"`
	WeekStart       time.Weekday          `y:"week_start" about:"default monday"`
	LastEarnOn      clock.Day             `y:"last_earn_on" about:"announced end: last day purchases earn"`
	LastSpendOn     clock.Day             `y:"last_spend_on" about:"announced end: last day points can be used"`
	ClaimDays       int                   `y:"claim_days,min=1,max=366" about:"receipts without card may be claimed within these days"`
	NoticeDays      int                   `y:"notice_days,min=0,max=366" about:"notice before a worse version takes effect; default 30"`
	Withdrawal      Withdrawal            `y:"withdrawal" about:"what happens to points of a member who leaves"`
	Words           map[string]label.Text `y:"words" about:"what categories, tags and stores are called in the terms"`
	Basis           basisDoc              `y:"basis" about:"what of a purchase counts"`
	Exclude         string                `y:"exclude" about:"condition over line (CEL): such lines count zero everywhere"`
	Attributes      []Attribute           `y:"attributes,keyed" about:"member attributes by name: a type, or {type, name, choices}"`
	Events          []EventKind           `y:"events" about:"event kinds of your own"`
	Points          []pointDoc            `y:"points,req,keyed" about:"point types by id; the first is the default"`
	Rules           []ruleDoc             `y:"rules" about:"earning rules"`
	Groups          []groupDoc            `y:"groups" about:"how rules that name the group compete"`
	Limits          []limitDoc            `y:"limits" about:"limits and budgets over several rules"`
	Tiers           *tiersDoc             `y:"tiers" about:"member ranks"`
	Rewards         []Reward              `y:"rewards" about:"things to be had for points"`
	Coupons         []Coupon              `y:"coupons" about:"coupons"`
	Entitlements    []Entitlement         `y:"entitlements" about:"counted free services"`
	Bookings        []Booking             `y:"bookings" about:"bookable resources with early access"`
	Perks           []Perk                `y:"perks" about:"benefits of your own: a trigger, a condition, an effect"`
	Household       *Household            `y:"household" about:"members of one household sharing points or rank"`
}

type basisDoc struct {
	Tax        string `y:"tax,one=excluded|included" about:"default excluded"`
	Discounts  string `y:"discounts,one=after|before" about:"default after"`
	Shipping   string `y:"shipping,one=without|with" about:"default without"`
	PointsPaid string `y:"points_paid,one=without|with" about:"the part paid by points; default without"`
	Fees       string `y:"fees,one=without|with" about:"lines of kind fee; default without"`
}

func (b basisDoc) basis() rules.Basis {
	return rules.Basis{TaxIncluded: b.Tax == "included", DiscountsBefore: b.Discounts == "before",
		ShippingWith: b.Shipping == "with", PointsPaidWith: b.PointsPaid == "with", FeesWith: b.Fees == "with"}
}

type pointDoc struct {
	ID       string
	Name     label.Text   `y:"name,req" about:"what members read"`
	Value    int64        `y:"value,min=1" about:"minor units per point when paying and for the liability; without it the points cannot pay"`
	PaidAs   PaidAs       `y:"paid_as,one=discount|payment" about:"for the tax; default discount"`
	Class    string       `y:"class,id" about:"class of its points; default base"`
	Pending  pendingForm  `y:"pending" about:"when points of a purchase can be used; default none (at once)"`
	Expiry   expiryForm   `y:"expiry,req" about:"when points end"`
	Consume  []string     `y:"consume,id" about:"classes used first, before soonest expiry"`
	Returns  ReturnPolicy `y:"returns,one=only_pending|within_balance|debt|report" about:"what a return takes back; default debt"`
	Refund   *refundDoc   `y:"refund_of_spent" about:"spent points given back after they expired; default {if_expired: grace, days: 30}"`
	WriteOff int          `y:"write_off_months,min=1,max=120" about:"debt is written off after these months; default never"`
	Spend    SpendRules   `y:"spend" about:"bounds of paying by points"`
}

type refundDoc struct {
	IfExpired RefundMode `y:"if_expired,req,one=forfeit|grace|reissue" about:"default grace"`
	Days      int        `y:"days,min=1,max=366" about:"grace: usable this many days; default 30"`
}

type ruleDoc struct {
	ID          string         `y:"id,req,id" about:"stable id"`
	Name        label.Text     `y:"name" about:"what members read"`
	Kind        rules.RuleKind `y:"kind,req,one=base|multiplier|bonus" about:"what it does"`
	Points      string         `y:"points,id" about:"point type; default the first"`
	Group       string         `y:"group,id" about:"group it competes in"`
	On          string         `y:"on,id" about:"trigger: purchase (default), birthday, anniversary, joined, rank.up or an event kind"`
	When        string         `y:"when" about:"condition (CEL)"`
	Lines       string         `y:"lines" about:"condition over line: it looks at these lines only (CEL)"`
	From        clock.Day      `y:"from" about:"first day"`
	To          clock.Day      `y:"to" about:"last day, inclusive"`
	DaysOfMonth []int          `y:"days_of_month,min=1,max=31" about:"days of the month"`
	Weekdays    []time.Weekday `y:"weekdays" about:"days of the week"`
	Hours       []hoursDoc     `y:"hours" about:"times of day"`
	Stores      []string       `y:"stores" about:"store codes"`
	Channels    []string       `y:"channels" about:"channels: shop, web, app, phone …"`
	Tiers       []string       `y:"tiers,id" about:"ranks"`
	Segments    []string       `y:"segments,id" about:"segments"`
	Once        rules.Once     `y:"once,one=ever|year" about:"one gift per member"`
	Window      *DateWindow    `y:"window" about:"around a birthday or anniversary"`
	Per         int64          `y:"per,min=1" about:"base: minor units"`
	Give        int64          `y:"give,min=1" about:"base: points per that; bonus: points"`
	Each        rules.Each     `y:"each,one=order|line|unit" about:"base: floored once per order (default), line or unit"`
	Rounding    string         `y:"rounding,one=floor|half_up|ceil" about:"base: default floor"`
	Steps       *stepsDoc      `y:"steps" about:"base: a rate table"`
	Multiply    amount.Milli   `y:"multiply" about:"multiplier: 1 or more, at most three places"`
	GivePerItem int64          `y:"give_per_item,min=1" about:"bonus: points per matching piece"`
	Class       string         `y:"class,id" about:"class of its points, for consume"`
	Pending     *pendingForm   `y:"pending" about:"instead of the point type's"`
	Expiry      *expiryForm    `y:"expiry" about:"instead of the point type's"`
	Limits      []limitDoc     `y:"limits" about:"limits of this rule"`
}

type hoursDoc struct {
	From timeOfDay `y:"from,req" about:"from"`
	To   timeOfDay `y:"to,req" about:"up to, not including; before from runs over midnight"`
}

type stepsDoc struct {
	By    string    `y:"by,one=order|line" about:"the order's eligible amount (default) or the line's unit price chooses the step"`
	Mode  string    `y:"mode,one=whole|marginal" about:"the whole amount takes the step's rate (default) or band by band"`
	Table []stepDoc `y:"table,req" about:"steps, ascending"`
}

type stepDoc struct {
	From int64 `y:"from,req,min=0" about:"from this amount, minor units"`
	Per  int64 `y:"per,req,min=1" about:"minor units"`
	Give int64 `y:"give,req,min=0" about:"points per that"`
}

type groupDoc struct {
	ID       string          `y:"id,req,id" about:"stable id"`
	Name     label.Text      `y:"name" about:"what members read"`
	Mode     rules.GroupMode `y:"mode,req,one=all|first|best|cheapest|exclusive" about:"who counts"`
	Compound bool            `y:"compound" about:"multipliers apply one on another in listed order"`
}

type limitDoc struct {
	ID        string        `y:"id,id" about:"stable id; counters run on across versions while it stays"`
	Scope     rules.Scope   `y:"scope,one=programme|campaign|rule|store" about:"what it covers; default programme, inside a rule the rule"`
	Rules     []string      `y:"rules,id" about:"campaign, rule: the rules it covers"`
	Points    string        `y:"points,id" about:"point type; default the first"`
	PerMember bool          `y:"per_member" about:"one counter per member"`
	Measure   rules.Measure `y:"measure,req,one=times|points|money" about:"what is counted"`
	Window    windowForm    `y:"window,req" about:"order, day, week, month, year, lifetime or {from, to}"`
	Max       int64         `y:"max,req,min=1" about:"the most"`
	Over      string        `y:"over,req,one=trim|reject" about:"trim: give what is left; reject: give nothing when it does not fit whole"`
}

type tiersDoc struct {
	Metric     metricForm     `y:"metric,req" about:"what standing is measured by"`
	Window     tierWindowForm `y:"window,req" about:"the span it is measured over"`
	Evaluation evaluationForm `y:"evaluation" about:"daily (default), month_end or {dates: [MM-DD]}"`
	Settling   int            `y:"settling_days,min=0,max=120" about:"purchases count after these days"`
	Upgrade    string         `y:"upgrade,one=at_once|next_period" about:"default at_once"`
	Downgrade  downgradeForm  `y:"downgrade" about:"never, one_step, full or {how, grace_days}; default full"`
	ReturnLoss string         `y:"return_loss,one=period_end|at_once" about:"when a rank lost by a return goes; default period_end"`
	Levels     []levelDoc     `y:"levels,req" about:"ranks, lowest first"`
}

type levelDoc struct {
	ID       string      `y:"id,req,id" about:"stable id"`
	Name     label.Text  `y:"name,req" about:"what members read"`
	Enter    *amountForm `y:"enter" about:"to reach it; with several metrics {METRIC: amount}"`
	Keep     *amountForm `y:"keep" about:"to keep it; default as enter"`
	Benefits []string    `y:"benefits,id" about:"ids of entitlements, bookings, perks, rewards, coupons"`
	OnEnter  OnEnter     `y:"on_enter" about:"given on rising to it"`
	Manual   bool        `y:"manual" about:"given by hand only"`
}
