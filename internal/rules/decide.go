package rules

import "joren/internal/amount"

// decide lets the groups of one point type choose (SEMANTICS §4.4). Each
// exclusive group is supposed to win in listed order; the first that has a
// rule that counts does.
func (j *judgement) decide(typ int) error {
	if err := j.baseYields(typ); err != nil {
		return err
	}
	if j.v.cross {
		for g := range j.v.spec.Groups {
			if j.v.spec.Groups[g].Mode != Exclusive {
				continue
			}
			if err := j.suppose(typ, g); err != nil {
				return err
			}
			if j.wins(typ, g) {
				return nil
			}
		}
	}
	return j.suppose(typ, -1)
}

func (j *judgement) wins(typ, g int) bool {
	for i := range j.cands {
		if c := &j.cands[i]; c.r.typ == typ && c.r.group == g && c.state == counts {
			return true
		}
	}
	return false
}

func (j *judgement) baseYields(typ int) (err error) {
	for i := range j.cands {
		c := &j.cands[i]
		if c.r.typ != typ || c.r.Kind != Base {
			continue
		}
		if c.points, _, err = j.rate(c, nil); err != nil {
			return err
		}
	}
	return nil
}

// suppose decides everything under the supposition that exclusive group
// winner wins (-1: none does); every other exclusive group acts as best.
func (j *judgement) suppose(typ, winner int) error {
	for i := range j.cands {
		if c := &j.cands[i]; c.r.typ == typ {
			c.state, c.lostTo = idle, -1
			if c.r.Kind != Base {
				c.points = 0
			}
		}
	}
	j.choose(typ, Base, winner)
	if winner >= 0 {
		j.shut(typ, winner)
	}
	base, err := j.baseSum(typ)
	if err != nil {
		return err
	}
	if err := j.multiplierYields(typ, base); err != nil {
		return err
	}
	if err := j.bonusYields(typ); err != nil {
		return err
	}
	j.choose(typ, Multiplier, winner)
	j.choose(typ, Bonus, winner)
	if winner >= 0 {
		j.shut(typ, winner)
	}
	return nil
}

// choose lets each group of a kind choose and counts the ungrouped rules.
func (j *judgement) choose(typ int, kind RuleKind, winner int) {
	for i := range j.cands {
		c := &j.cands[i]
		if c.r.typ != typ || c.r.Kind != kind {
			continue
		}
		c.state, c.lostTo = idle, -1
		if c.points < 1 {
			continue
		}
		c.state = counts
		if c.r.group < 0 {
			continue
		}
		for k := range i {
			if c.state == counts && j.cands[k].r.typ == typ && j.cands[k].r.group == c.r.group && j.cands[k].state == counts {
				j.duel(&j.cands[k], c, k, i)
			}
		}
	}
	j.settle(typ, kind)
}

// duel lets a group's earlier rule a and later rule b compete; ties go to the
// earlier.
func (j *judgement) duel(a, b *candidate, ai, bi int) {
	aWins := true
	switch j.v.spec.Groups[a.r.group].Mode {
	case All, "":
		return
	case Best, Exclusive:
		aWins = a.points >= b.points
	case Cheapest:
		aWins = a.points <= b.points
	}
	if aWins {
		b.state, b.lostTo = lost, ai
	} else {
		a.state, a.lostTo = lost, bi
	}
}

// settle lets every loser name the rule that finally won its group.
func (j *judgement) settle(typ int, kind RuleKind) {
	for i := range j.cands {
		c := &j.cands[i]
		for c.r.typ == typ && c.r.Kind == kind && c.state == lost && j.cands[c.lostTo].state == lost {
			c.lostTo = j.cands[c.lostTo].lostTo
		}
	}
}

// shut drives out what an exclusive group leaves no room for: every
// multiplier and bonus outside it and, when it holds base rules, every other
// base rule. Rules that yield nothing stay idle.
func (j *judgement) shut(typ, winner int) {
	by := -1
	kind := Base
	for i := range j.cands {
		if c := &j.cands[i]; c.r.typ == typ && c.r.group == winner && c.state == counts {
			by, kind = i, c.r.Kind
		}
	}
	if by < 0 {
		return
	}
	for i := range j.cands {
		c := &j.cands[i]
		if c.r.typ != typ || c.r.group == winner || c.points < 1 || c.r.Kind == Base && kind != Base {
			continue
		}
		c.state, c.lostTo = shutOut, by
	}
}

// baseSum is the base the multipliers look at.
func (j *judgement) baseSum(typ int) (sum int64, err error) {
	for i := range j.cands {
		c := &j.cands[i]
		if c.r.typ == typ && c.r.Kind == Base && c.state == counts {
			if sum, err = amount.Add(sum, c.points); err != nil {
				return 0, err
			}
		}
	}
	return sum, nil
}

func (j *judgement) multiplierYields(typ int, base int64) error {
	for i := range j.cands {
		c := &j.cands[i]
		if c.r.typ != typ || c.r.Kind != Multiplier {
			continue
		}
		c.base, c.baseOf = base, 0
		if c.lines != nil {
			if err := j.lineBase(typ, c); err != nil {
				return err
			}
		}
		if err := j.compound(i, base); err != nil {
			return err
		}
		var err error
		if c.points, err = amount.MulDiv(c.base, int64(c.r.Multiply)-1000, 1000); err != nil {
			return err
		}
	}
	return nil
}

// lineBase judges the base again on the lines that match both the multiplier
// and the base rule.
func (j *judgement) lineBase(typ int, m *candidate) error {
	m.base = 0
	for i := range j.cands {
		c := &j.cands[i]
		if c.r.typ != typ || c.r.Kind != Base || c.state != counts {
			continue
		}
		p, _, err := j.rate(c, m.lines)
		if err != nil {
			return err
		}
		if m.base, err = amount.Add(m.base, p); err != nil {
			return err
		}
	}
	for i := range j.view.lines {
		if m.lines[i] && j.inBase(typ, i) {
			m.baseOf += max(j.view.lines[i].Eligible, 0)
		}
	}
	return nil
}

// inBase reports that some base rule that counts looks at line i.
func (j *judgement) inBase(typ, i int) bool {
	for k := range j.cands {
		c := &j.cands[k]
		if c.r.typ == typ && c.r.Kind == Base && c.state == counts && c.looks(i, nil) {
			return true
		}
	}
	return false
}

// compound adds to a multiplier's base what the multipliers listed before it
// in a compound group have added. A line multiplier takes its share of that:
// added × its base / base, floored.
func (j *judgement) compound(i int, base int64) (err error) {
	c := &j.cands[i]
	if c.r.group < 0 || !j.v.spec.Groups[c.r.group].Compound {
		return nil
	}
	if m := j.v.spec.Groups[c.r.group].Mode; m != All && m != "" {
		return nil
	}
	var added int64
	for k := range i {
		if o := &j.cands[k]; o.r.typ == c.r.typ && o.r.group == c.r.group {
			if added, err = amount.Add(added, o.points); err != nil {
				return err
			}
		}
	}
	if c.base != base && base > 0 {
		if added, err = amount.MulDiv(added, c.base, base); err != nil {
			return err
		}
	}
	c.base, err = amount.Add(c.base, added)
	return err
}

func (j *judgement) bonusYields(typ int) (err error) {
	for i := range j.cands {
		c := &j.cands[i]
		if c.r.typ != typ || c.r.Kind != Bonus {
			continue
		}
		c.points = c.r.Give
		if c.r.GivePerItem > 0 {
			if c.points, err = amount.Mul(c.items, c.r.GivePerItem); err != nil {
				return err
			}
		}
	}
	return nil
}
