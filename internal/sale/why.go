package sale

import (
	"context"
	"slices"

	"joren/internal/fault"
	"joren/internal/lane"
	"joren/internal/purchase"
	"joren/internal/rules"
)

// Why are the awards of a recorded purchase as they were judged, with what was
// not given: refusals are not stored but follow from the version and the
// frozen facts. It writes nothing. Faults: purchase.unknown.
func (s *Sales) Why(ctx context.Context, source, orderNo string) ([]rules.Award, error) {
	w := &lane.Work{Order: purchase.PurchaseKey(source, orderNo)}
	w.Prepare = func(d *lane.Desk) error {
		r := d.Purchase
		if r == nil {
			return fault.New(fault.NotFound, "purchase.unknown")
		}
		b := r.Bought()
		_, res, err := rejudge(d, r, b.Cart, b.Freight)
		if err != nil {
			return err
		}
		out := slices.Clone(r.Judged.Awards)
		for i := range out {
			for _, again := range res.Awards {
				if again.Type == out[i].Type {
					out[i].Refused = again.Refused
				}
			}
		}
		return d.Answer(out)
	}
	a, err := s.lane.Try(ctx, w)
	if err != nil {
		return nil, err
	}
	return a.([]rules.Award), nil
}

// Explain is the answer a purchase had when it was recorded, with the rules
// that gave points and those that did not: refusals are judged anew by the
// version and facts of then. It writes nothing. Faults: purchase.unknown.
func (s *Sales) Explain(ctx context.Context, purchaseID string) (Answer, error) {
	p, err := s.find(ctx, purchaseID)
	if err != nil {
		return Answer{}, err
	}
	w := &lane.Work{Order: purchase.PurchaseKey(p.Source, p.OrderNo)}
	w.Prepare = func(d *lane.Desk) error {
		if d.Purchase == nil {
			return fault.New(fault.NotFound, "purchase.unknown")
		}
		a, err := answerOf(d, d.Purchase)
		if err != nil {
			return err
		}
		return d.Answer(a)
	}
	a, err := s.lane.Try(ctx, w)
	if err != nil {
		return Answer{}, err
	}
	return a.(Answer), nil
}
