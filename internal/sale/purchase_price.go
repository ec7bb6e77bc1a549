package sale

import (
	"joren/internal/fault"
	"joren/internal/lane"
	"joren/internal/plan"
	"joren/internal/purchase"
)

// price prices the purchase under the version in force when it happened.
func (b *buying) price(d *lane.Desk) error {
	if b.with == d.Programme {
		return nil
	}
	if c := b.in.Currency; c != "" && c != d.Programme.Currency {
		return fault.New(fault.Invalid, "purchase.currency", "currency", c, "expected", d.Programme.Currency).
			With(fault.At("currency", "currency.wrong", "expected", d.Programme.Currency))
	}
	p, err := purchase.Price(&b.in, purchase.RatesOf(d.Programme.Currency), b.options(d))
	if err != nil {
		return err
	}
	b.priced, b.with = *p, d.Programme
	return b.priceForRank(d)
}

// priceForRank prices it once more where the rank's net spend has a basis of
// its own.
func (b *buying) priceForRank(d *lane.Desk) error {
	b.rank = nil
	basis := d.Programme.RankBasis()
	if basis == nil {
		return nil
	}
	o := b.options(d)
	o.Basis = *basis
	p, err := purchase.Price(&b.in, purchase.RatesOf(d.Programme.Currency), o)
	if err != nil {
		return err
	}
	b.rank = purchase.SharesOf(p)
	return nil
}

func (b *buying) options(d *lane.Desk) purchase.Options {
	o := purchase.Options{Basis: d.Programme.Basis, Excluded: d.Programme.Rules.Excluded, Day: d.Day}
	if pp, ok := b.paidPolicy(d); ok {
		o.PointValue, o.PointsAs = pp.Value, purchase.PointsAs(pp.PaidAs)
	}
	return o
}

func (b *buying) paidPolicy(d *lane.Desk) (plan.PointPolicy, bool) {
	typ := ""
	if b.in.PointsPaid != nil {
		typ = b.in.PointsPaid.Type
	}
	return d.Programme.Policy(typ)
}

func (b *buying) pointValue(d *lane.Desk) int64 {
	pp, _ := b.paidPolicy(d)
	return max(1, pp.Value)
}
