package rules

import "joren/internal/amount"

// rate is what a base rule gives on the lines it looks at, or on those of
// them that are also in also. Steps are chosen by the order in both cases.
// eligible is the amount behind it.
func (j *judgement) rate(c *candidate, also []bool) (points, eligible int64, err error) {
	r := &c.r.Rule
	if r.Each != EachOrder {
		return j.rateEach(c, also)
	}
	if r.Steps != nil && r.Steps.ByUnitPrice {
		return j.rateByUnitPrice(c, also)
	}
	e := c.eligible
	if also != nil {
		if e, err = j.shared(c, also); err != nil {
			return 0, 0, err
		}
	}
	switch s := r.Steps; {
	case s == nil:
		points, err = earn(e, r.Per, r.Give, r.Rounding)
	case s.Marginal:
		points, err = s.marginal(e, c.eligible, r.Rounding)
	default:
		if c.step = s.of(c.eligible); c.step >= 0 {
			t := s.Table[c.step]
			points, err = earn(e, t.Per, t.Give, r.Rounding)
		}
	}
	return points, e, err
}

// earn is round(e / per) × give.
func earn(e, per, give int64, how amount.Rounding) (int64, error) {
	if e <= 0 {
		return 0, nil
	}
	n, err := amount.MulDivRound(e, 1, per, how)
	if err != nil {
		return 0, err
	}
	return amount.Mul(n, give)
}

// of is the step x falls on, -1 below the first.
func (s *Steps) of(x int64) int {
	k := -1
	for i := range s.Table {
		if x >= s.Table[i].From {
			k = i
		}
	}
	return k
}

// band is the part of x that lies on step k.
func (s *Steps) band(k int, x int64) int64 {
	low, high := s.Table[k].From, x
	if k+1 < len(s.Table) {
		high = min(x, s.Table[k+1].From)
	}
	return max(high-low, 0)
}

// marginal rounds band by band. For a part of the order each band counts in
// proportion: part / whole of it, floored.
func (s *Steps) marginal(part, whole int64, how amount.Rounding) (sum int64, err error) {
	for k := range s.Table {
		x := s.band(k, whole)
		if part < whole && whole > 0 {
			if x, err = amount.MulDiv(x, max(part, 0), whole); err != nil {
				return 0, err
			}
		}
		p, err := earn(x, s.Table[k].Per, s.Table[k].Give, how)
		if err != nil {
			return 0, err
		}
		if sum, err = amount.Add(sum, p); err != nil {
			return 0, err
		}
	}
	return sum, nil
}

// looks reports that the rule looks at line i and also does.
func (c *candidate) looks(i int, also []bool) bool {
	return (c.lines == nil || c.lines[i]) && (also == nil || also[i])
}

// shared is the eligible amount of the lines both look at.
func (j *judgement) shared(c *candidate, also []bool) (e int64, err error) {
	for i := range j.view.lines {
		if c.looks(i, also) {
			if e, err = amount.Add(e, max(j.view.lines[i].Eligible, 0)); err != nil {
				return 0, err
			}
		}
	}
	return e, nil
}

// rateByUnitPrice adds up, step by step of the unit price, the amounts of the
// lines and rounds once per step. Marginal steps cut each piece's price into
// bands. Shipping has no unit price and is left out.
func (j *judgement) rateByUnitPrice(c *candidate, also []bool) (points, eligible int64, err error) {
	s := c.r.Steps
	for k := range s.Table {
		var x int64
		for i := range j.view.lines {
			l := &j.view.lines[i]
			if !c.looks(i, also) || l.Eligible <= 0 {
				continue
			}
			part := int64(0)
			if !s.Marginal {
				if s.of(l.UnitPrice) == k {
					part = l.Eligible
				}
			} else if part, err = s.lineBand(k, l); err != nil {
				return 0, 0, err
			}
			if x, err = amount.Add(x, part); err != nil {
				return 0, 0, err
			}
		}
		p, err := earn(x, s.Table[k].Per, s.Table[k].Give, c.r.Rounding)
		if err != nil {
			return 0, 0, err
		}
		if points, err = amount.Add(points, p); err != nil {
			return 0, 0, err
		}
	}
	eligible, err = j.shared(c, also)
	return points, eligible, err
}

// lineBand is the part of a line's amount that lies on step k of its price.
func (s *Steps) lineBand(k int, l *Line) (int64, error) {
	low, err := amount.Mul(s.Table[k].From, l.Quantity)
	if err != nil {
		return 0, nil // the step is far above the line
	}
	high := l.Eligible
	if k+1 < len(s.Table) {
		if h, err := amount.Mul(s.Table[k+1].From, l.Quantity); err == nil {
			high = min(high, h)
		}
	}
	return max(high-low, 0), nil
}

// rateEach rounds line by line or piece by piece. The pieces of a line share
// its amount so that they sum to it: the first ones carry one unit more.
func (j *judgement) rateEach(c *candidate, also []bool) (points, eligible int64, err error) {
	add := func(e, times, unitPrice int64) error {
		p, err := c.r.rateOf(e, unitPrice, c)
		if err != nil {
			return err
		}
		if p, err = amount.Mul(p, times); err != nil {
			return err
		}
		points, err = amount.Add(points, p)
		return err
	}
	if c.lines == nil && also == nil {
		if err := add(j.view.o.Shipping, 1, j.view.o.Shipping); err != nil {
			return 0, 0, err
		}
	}
	for i := range j.view.lines {
		l := &j.view.lines[i]
		if !c.looks(i, also) || l.Eligible <= 0 {
			continue
		}
		if c.r.Each == EachLine {
			err = add(l.Eligible, 1, l.UnitPrice)
		} else if err = add(l.Eligible/l.Quantity+1, l.Eligible%l.Quantity, l.UnitPrice); err == nil {
			err = add(l.Eligible/l.Quantity, l.Quantity-l.Eligible%l.Quantity, l.UnitPrice)
		}
		if err != nil {
			return 0, 0, err
		}
	}
	if also == nil {
		return points, c.eligible, nil
	}
	eligible, err = j.shared(c, also)
	return points, eligible, err
}

// rateOf is the rate of one line or piece.
func (r *rule) rateOf(e, unitPrice int64, c *candidate) (int64, error) {
	if r.Steps == nil {
		return earn(e, r.Per, r.Give, r.Rounding)
	}
	x := c.eligible
	if r.Steps.ByUnitPrice {
		x = unitPrice
	}
	k := r.Steps.of(x)
	if k < 0 {
		return 0, nil
	}
	t := r.Steps.Table[k]
	if !r.Steps.ByUnitPrice {
		c.step = k
	}
	return earn(e, t.Per, t.Give, r.Rounding)
}
