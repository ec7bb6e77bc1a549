package plan

import (
	"time"

	"joren/internal/clock"
	"joren/internal/label"
	"joren/internal/rules"
)

// Tiers are the ranks of a programme (SEMANTICS §7).
type Tiers struct {
	Metric       Metric
	Window       TierWindow
	Evaluation   Evaluation
	SettlingDays int  // purchases count for an evaluation only after this many days
	NextPeriod   bool // upgrade: next_period; otherwise at once
	Downgrade    Downgrade
	LossAtOnce   bool    // return_loss: at_once; otherwise at the end of the running period
	Levels       []Level // lowest first; the first is entered by joining
}

// Level is one rank.
type Level struct {
	ID       string
	Name     label.Text
	Enter    []int64  // thresholds, one for each part of the metric
	Keep     []int64  // never above Enter; the same as Enter when the document gives none
	Benefits []string // ids of entitlements, bookings, perks, rewards, coupons
	OnEnter  OnEnter
	Manual   bool // given by hand only, never by the metric
}

// OnEnter is given once each time a member rises to the level.
type OnEnter struct {
	Coupon      string `y:"coupon,id" about:"coupon issued on rising to the rank"`
	Entitlement string `y:"entitlement,id" about:"entitlement granted on rising to the rank"`
}

// Metric is what standing is measured by. With one part Join is empty.
type Metric struct {
	Join  Join
	Parts []Measure
}

// Join says how the parts of a metric hold together.
type Join string

const (
	JoinNone Join = ""
	JoinAll  Join = "all" // every part must reach its threshold
	JoinAny  Join = "any" // one is enough
)

// Measure is one figure of a member within the window.
type Measure struct {
	Kind   MeasureKind
	Points string       // EarnedPoints, StatusPoints: the point type
	Basis  *rules.Basis // NetSpend: its own basis; nil: the programme's eligible amount
}

// MeasureKind is what is counted.
type MeasureKind string

const (
	NetSpend     MeasureKind = "net_spend"     // Σ eligible amount kept
	EarnedPoints MeasureKind = "earned_points" // points awarded net of clawback
	Orders       MeasureKind = "orders"        // purchases with a kept line
	Visits       MeasureKind = "visits"        // business days with a kept purchase
	StatusPoints MeasureKind = "points"        // credits of a status point type
)

// TierWindow is the span a metric is measured over.
type TierWindow struct {
	Kind   WindowKind
	Months int        // WindowCalendar: 1, 3, 6, 12; WindowRolling: N or 0
	Days   int        // WindowRolling: N or 0
	Start  time.Month // WindowCalendar: month the periods are counted from
}

// WindowKind is the kind of a tier window.
type WindowKind string

const (
	WindowLifetime    WindowKind = "lifetime"
	WindowCalendar    WindowKind = "calendar"
	WindowRolling     WindowKind = "rolling"
	WindowAnniversary WindowKind = "anniversary" // years from the joining date
)

// Evaluation says when standing is reviewed.
type Evaluation struct {
	Kind  EvaluationKind
	Dates []clock.MonthDay // EvaluateOnDates
}

// EvaluationKind is a way of choosing review days.
type EvaluationKind string

const (
	EvaluateDaily    EvaluationKind = "daily"
	EvaluateMonthEnd EvaluationKind = "month_end"
	EvaluateOnDates  EvaluationKind = "dates"
)

// Downgrade says how a tier is lost.
type Downgrade struct {
	How       DowngradeHow
	GraceDays int
}

// DowngradeHow is how far a tier falls.
type DowngradeHow string

const (
	DowngradeNever   DowngradeHow = "never"
	DowngradeOneStep DowngradeHow = "one_step"
	DowngradeFull    DowngradeHow = "full"
)

// RankBasis is the basis of the rank's net spend where it has one of its own;
// nil otherwise.
func (p *Programme) RankBasis() *rules.Basis {
	if p.Tiers == nil {
		return nil
	}
	for _, m := range p.Tiers.Metric.Parts {
		if m.Kind == NetSpend {
			return m.Basis
		}
	}
	return nil
}

// RankPoints are the point types that the metrics earned_points and points
// count: the programme's first, and none, unless the tiers name others.
func (p *Programme) RankPoints() (earned, status string) {
	if len(p.Points) > 0 {
		earned = p.Points[0].ID
	}
	if p.Tiers == nil {
		return earned, ""
	}
	for _, m := range p.Tiers.Metric.Parts {
		switch {
		case m.Kind == EarnedPoints && m.Points != "":
			earned = m.Points
		case m.Kind == StatusPoints:
			status = m.Points
		}
	}
	return earned, status
}
