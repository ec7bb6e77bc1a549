package insight

import (
	"context"

	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/stats"
)

// OutlookLevel is the confidence of an outlook's ranges.
const OutlookLevel = 0.95

// Outlook is what the next days of one member may bring. Each range is about
// the figure itself: what members with such a past do on average, given how
// much past there is to learn from. One member's actual days scatter far more.
type Outlook struct {
	Horizon      int            // days
	Probability  stats.Interval // of at least one purchase
	Count        stats.Interval // purchases
	Money        stats.Interval // spend, minor units; zero where MoneyMissing says why
	MoneyMissing error
}

// Outlook of member n within the next days, 1 to [MostOutlookDays].
//
// Faults: insight.never_bought, stats.… where the shop's past is too short,
// insight.horizon.
func (r *Reading) Outlook(n int32, days int) (o Outlook, err error) {
	i, ok := r.place(n)
	if !ok || r.Missing != nil {
		return o, r.why(n)
	}
	if days < 1 || days > MostOutlookDays {
		return o, fault.New(fault.Invalid, "insight.horizon", "days", days, "most", MostOutlookDays)
	}
	d, err := r.doubt()
	if err != nil {
		return o, Why(err)
	}
	x, err := r.Score.Outlook(d, r.sum.Customer(i, r.features), float64(days)/Unit, OutlookLevel)
	if err != nil {
		return o, Why(err)
	}
	p := x.Probability
	p.Value, p.Low, p.High = unsure(p.Value), unsure(p.Low), unsure(p.High)
	return Outlook{days, p, x.Count, x.Money, Why(r.Score.NoSpend)}, nil
}

// MostOutlookDays bounds how far ahead one may ask: three years are more than
// any shop's past carries.
const MostOutlookDays = 3 * 366

// Outlook of a member, up to date as [Board.Reading] is.
//
// Faults: as [Reading.Outlook], and member.unknown.
func (b *Board) Outlook(ctx context.Context, id ident.ID, days int) (o Outlook, err error) {
	r, err := b.Reading(ctx)
	if err != nil {
		return o, err
	}
	var n int32
	err = b.View(func(c *Columns) error {
		var ok bool
		if n, ok = c.Find(id); !ok {
			return fault.New(fault.NotFound, "member.unknown")
		}
		return nil
	})
	if err != nil {
		return o, err
	}
	return r.Outlook(n, days)
}
