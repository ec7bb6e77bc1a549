package ledger

import (
	"time"

	"joren/internal/clock"
	"joren/internal/rules"
)

// Policy is how points of one type live, as one programme version has it.
type Policy struct {
	Type            string
	Value           int64       // minor units of money a point is worth
	Terms           rules.Terms // life of points that bring no terms of their own
	Consume         []string    // classes spent first, in this order; others follow
	Returns         Returns
	RefundIfExpired IfExpired
	GraceDays       int // 0 means 30
	WriteOffMonths  int // debt older than this is written off; 0 means never
	Better          []Better
	Zone            clock.Zone
	FiscalStart     time.Month
}

// Better is a later version's kinder expiry (apply_to_existing: if_better): lots
// of the class given before From and alive then live until the later of both.
type Better struct {
	From   clock.Instant
	Class  string
	Expiry rules.Expiry
}

// Returns says how the rest of a clawback is met once the award's own points
// are used up (SEMANTICS §6.3).
type Returns string

const (
	OnlyPending   Returns = "only_pending"   // the rest is forgiven
	WithinBalance Returns = "within_balance" // other active lots, then forgiven
	TakeDebt      Returns = "debt"           // other active lots, then debt; the default ("")
	Report        Returns = "report"         // other active lots, then reported as shortfall
)

// IfExpired says what becomes of refunded points whose lot has expired.
type IfExpired string

const (
	Grace   IfExpired = "grace" // open again for GraceDays; the default ("")
	Forfeit IfExpired = "forfeit"
	Reissue IfExpired = "reissue" // a new lot as if earned at the refund
)

// GraceUntil is the last day of points that come back at an instant to a lot that
// has expired, under [Grace].
func (p *Policy) GraceUntil(at clock.Instant) clock.Day { return p.Zone.Day(at) + p.graceDays() }

func (p *Policy) graceDays() clock.Day {
	if p.GraceDays == 0 {
		return 30
	}
	return clock.Day(p.GraceDays)
}

// dies is the first instant at which points with this expiry, whose clock
// starts on day start, are dead.
func (p *Policy) dies(e rules.Expiry, start clock.Day) clock.Instant {
	return p.after(e.LastDay(start, p.FiscalStart))
}

func (p *Policy) after(last clock.Day) clock.Instant {
	if last == 0 {
		return clock.Never
	}
	return p.Zone.Start(last + 1)
}

func classOf(name string) string {
	if name == "" {
		return "base"
	}
	return name
}

// rank orders classes for consumption.
func (p *Policy) rank(class string) int {
	for i, c := range p.Consume {
		if classOf(c) == classOf(class) {
			return i
		}
	}
	return len(p.Consume)
}
