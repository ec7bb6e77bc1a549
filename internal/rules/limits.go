package rules

import "joren/internal/amount"

// applyLimits applies every limit of a point type in order. Groups are not
// decided again and multipliers not computed again.
func (j *judgement) applyLimits(typ int) error {
	for i := range j.v.limits {
		l := &j.v.limits[i]
		if l.typ != typ || !l.open(j.view.o.Day) {
			continue
		}
		sum, err := j.scopeSum(l)
		if err != nil {
			return err
		}
		if sum == 0 {
			continue
		}
		if room := j.room(l); sum > room {
			j.cut(l, sum-room)
		}
	}
	return nil
}

func (j *judgement) scopeSum(l *limit) (sum int64, err error) {
	for i := range j.cands {
		if c := &j.cands[i]; c.state == counts && l.covers[c.r.i] {
			if sum, err = amount.Add(sum, c.points); err != nil {
				return 0, err
			}
		}
	}
	return sum, nil
}

// room is how many points the limit still lets through.
func (j *judgement) room(l *limit) int64 {
	var used int64
	if l.Window != WindowOrder {
		used = j.view.f.Used[l.ID]
	}
	left := max(l.Max-max(used, 0), 0)
	switch l.Measure {
	case Times:
		if left > 0 {
			return unlimited
		}
		return 0
	case MoneyOfGiven:
		return left / j.v.spec.Types[l.typ].Value
	}
	return left
}

const unlimited = 1<<63 - 1

// cut takes excess points from the last component in the scope backwards, or
// everything in the scope.
func (j *judgement) cut(l *limit, excess int64) {
	for i := len(j.cands) - 1; i >= 0; i-- {
		c := &j.cands[i]
		if c.state != counts || !l.covers[c.r.i] || c.points == 0 {
			continue
		}
		take := c.points
		if !l.Reject {
			take = min(take, excess)
		}
		if take == 0 {
			return
		}
		c.points -= take
		c.trimmed += take
		c.limit = l
		excess -= take
	}
}

// counters are what the award adds to the counters of its limits.
func (j *judgement) counters() (out []Count, err error) {
	for i := range j.v.limits {
		l := &j.v.limits[i]
		if l.Window == WindowOrder || !l.open(j.view.o.Day) {
			continue
		}
		sum, err := j.scopeSum(l)
		if err != nil {
			return nil, err
		}
		if sum == 0 {
			continue
		}
		if out == nil {
			out = make([]Count, 0, len(j.v.limits)-i)
		}
		switch l.Measure {
		case Times:
			sum = 1
		case MoneyOfGiven:
			if sum, err = amount.Mul(sum, j.v.spec.Types[l.typ].Value); err != nil {
				return nil, err
			}
		}
		out = append(out, Count{Key: j.v.key(l, j.view.o), Type: j.v.spec.Types[l.typ].ID, Delta: sum})
	}
	return out, nil
}
