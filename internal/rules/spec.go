package rules

import (
	"time"

	"joren/internal/amount"
	"joren/internal/clock"
	"joren/internal/label"
)

// Spec is the earning side of a programme as data, before its conditions are
// compiled. Package plan makes it from the programme document; [Compile]
// checks it and gives a [Version].
type Spec struct {
	Version    int // number of the programme version, for components and logs
	Zone       clock.Zone
	WeekStart  time.Weekday
	Types      []PointType // in the programme's order; rules without Points give Types[0]
	Basis      Basis
	Exclude    string // CEL over line; such lines count zero everywhere
	Rules      []Rule
	Groups     []Group
	Limits     []Limit              // the programme's; applied after the rules' own
	Tiers      []string             // tier ids, lowest first, for checking conditions
	Attributes map[string]AttrType  // member attributes the owner defined
	Events     map[string]EventType // event kinds with typed fields
}

// PointType is what the judge must know of a point type.
type PointType struct {
	ID    string
	Value int64 // minor units per point, for limits that measure money
}

// AttrType is the type of an attribute or event field.
type AttrType string

const (
	AttrText   AttrType = "text"
	AttrInt    AttrType = "int"
	AttrBool   AttrType = "bool"
	AttrDate   AttrType = "date"
	AttrChoice AttrType = "choice" // a text out of a list
)

// EventType is an event kind with its fields.
type EventType struct {
	Fields map[string]AttrType
}

// Basis is what of a purchase counts (SEMANTICS §3).
type Basis struct {
	TaxIncluded     bool // tax: included | excluded (default)
	DiscountsBefore bool // discounts: before | after (default)
	ShippingWith    bool // shipping: with | without (default)
	PointsPaidWith  bool // points_paid: with | without (default)
	FeesWith        bool // fees: with | without (default)
}

// RuleKind is what a rule does.
type RuleKind string

const (
	Base       RuleKind = "base"
	Multiplier RuleKind = "multiplier"
	Bonus      RuleKind = "bonus"
)

// Rule is one earning rule. Exactly the fields of its kind are set.
type Rule struct {
	ID     string
	Name   label.Text
	Kind   RuleKind
	Points string // point type; "" is the programme's first
	Group  string // id of its group; "" is none

	// When it may apply. All that are set must hold.
	On          string         // trigger: "" or "purchase", "birthday", "anniversary", "joined", "rank.up", or an event kind
	When        string         // CEL condition
	Lines       string         // CEL condition over line: the rule looks at these lines only
	From, To    clock.Day      // inclusive; 0 is open
	DaysOfMonth []int          // 1–31
	Weekdays    []time.Weekday // of the business day
	Hours       []Hours        // local wall-clock time
	Stores      []string
	Channels    []string
	Tiers       []string
	Segments    []string
	Once        Once
	Window      *DateWindow // around a birthday or anniversary

	// Base
	Per      int64 // minor units
	Give     int64 // points per Per
	Each     Each
	Rounding amount.Rounding
	Steps    *Steps

	// Multiplier
	Multiply amount.Milli // >= 1000

	// Bonus: Give per order, or
	GivePerItem int64 // per piece of the matching lines

	Terms  *Terms // nil: the point type's
	Limits []Limit
}

// Hours is a time of day from From up to, not including, To. To <= From runs
// over midnight.
type Hours struct{ From, To time.Duration }

// DateWindow is the span in which a date perk counts.
type DateWindow struct{ BeforeDays, AfterDays int }

// Once restricts a rule to one gift per member.
type Once string

const (
	OnceNo   Once = ""
	OnceEver Once = "ever"
	OnceYear Once = "year"
)

// Each is the unit a base rule floors by.
type Each string

const (
	EachOrder Each = ""     // once per order (the default)
	EachLine  Each = "line" // per line
	EachUnit  Each = "unit" // per piece
)

// Steps is a rate table.
type Steps struct {
	ByUnitPrice bool // by: line; otherwise by the order's eligible amount
	Marginal    bool // mode: marginal; otherwise the whole amount takes the step's rate
	Table       []Step
}

// Step applies from this amount on.
type Step struct{ From, Per, Give int64 }

// Group decides among the rules that name it.
type Group struct {
	ID       string
	Mode     GroupMode
	Compound bool // multipliers apply one on another in listed order
}

// GroupMode is how a group decides.
type GroupMode string

const (
	All       GroupMode = "all"
	First     GroupMode = "first"
	Best      GroupMode = "best"
	Cheapest  GroupMode = "cheapest"
	Exclusive GroupMode = "exclusive"
)

// Limit caps what a scope gives (SEMANTICS §9).
type Limit struct {
	ID        string // rule id + position unless given; counters run on across versions while it stays
	Scope     Scope
	Rules     []string // ScopeRule, ScopeCampaign: the rules in the scope
	Points    string   // point type; "" is the programme's first
	PerMember bool
	PerStore  bool // ScopeStore: one counter for each store
	Measure   Measure
	Window    Window
	From, To  clock.Day // WindowRange
	Max       int64
	Reject    bool // over: reject; otherwise trim
}

// Scope is what a limit covers.
type Scope string

const (
	ScopeProgramme Scope = "programme"
	ScopeCampaign  Scope = "campaign"
	ScopeRule      Scope = "rule"
	ScopeStore     Scope = "store"
)

// Measure is what a limit counts.
type Measure string

const (
	Times        Measure = "times"  // occasions in which the scope gave at least 1 point
	PointsGiven  Measure = "points" // points
	MoneyOfGiven Measure = "money"  // points × point value
)

// Window is the span a limit counts over.
type Window string

const (
	WindowOrder    Window = "order"
	WindowDay      Window = "day"
	WindowWeek     Window = "week"
	WindowMonth    Window = "month"
	WindowYear     Window = "year"
	WindowRange    Window = "range"
	WindowLifetime Window = "lifetime"
)
