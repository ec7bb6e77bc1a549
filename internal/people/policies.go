package people

import (
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/lane"
	"joren/internal/ledger"
	"joren/internal/plan"
	"joren/internal/programme"
)

// PoliciesOf answers [People.Policies] from the published programme: the point
// types of the version in force at an instant, with what any version promises
// for points that exist already (apply_to_existing: if_better). The lane and the
// day turn read the same, so points live as long in every story.
func PoliciesOf(c *programme.Cache) func(tx *db.Tx, at clock.Instant) ([]*ledger.Policy, error) {
	return func(tx *db.Tx, at clock.Instant) (out []*ledger.Policy, err error) {
		line, err := c.Load(tx)
		if err != nil {
			return nil, err
		}
		p, err := line.At(at)
		if err != nil {
			return nil, err
		}
		all, err := line.All()
		if err != nil {
			return nil, err
		}
		var better []*plan.Programme
		for _, v := range all {
			if v.ApplyToExisting {
				better = append(better, v)
			}
		}
		for _, pp := range p.Points {
			out = append(out, lane.Policy(p, pp, better))
		}
		return out, nil
	}
}
