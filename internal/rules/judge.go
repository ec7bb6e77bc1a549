package rules

import (
	"sync"

	"joren/internal/amount"
)

// Mode is how much a judgement explains. The points are the same in each.
type Mode uint8

const (
	Explained Mode = iota // refusals of all rules of the trigger
	Quick                 // no refusals: the back-test
)

// Evaluate judges an occasion: how many points of each type, by which rule,
// and why not more (SEMANTICS §4, §20). It is pure: it changes neither o nor
// f, and the same input always gives the same answer. The only error is
// amount.overflow. A purchase of which nothing is kept earns nothing.
func (v *Version) Evaluate(o *Occasion, f *Facts) (Result, error) {
	return v.EvaluateMode(o, f, Explained)
}

// EvaluateMode is Evaluate with a choice of how much is explained.
func (v *Version) EvaluateMode(o *Occasion, f *Facts, m Mode) (Result, error) {
	if f == nil {
		f = &noFacts
	}
	j := pool.Get().(*judgement)
	defer j.release()
	if err := j.open(v, o, f, m); err != nil {
		return Result{}, err
	}
	if o.Trigger == Purchase && len(j.view.lines) == 0 {
		return Result{}, nil
	}
	if err := j.gather(); err != nil {
		return Result{}, err
	}
	return j.verdict()
}

// judgement is the scratch memory of one Evaluate.
type judgement struct {
	v     *Version
	mode  Mode
	view  view
	kept  []Line      // when o.Lines holds returned or excluded lines
	masks []bool      // storage of the candidates' line masks
	cands []candidate // rules whose conditions hold, in rule order
	outs  []out       // rules that did not get that far, in rule order

	// The result as it is being written: copied in the end into memory of
	// exactly its size.
	awards  []Award
	comps   []Component
	refused []Refusal
	args    Args // of all explanations, one after the other
}

// candidate is a rule whose conditions hold.
type candidate struct {
	r        *rule
	lines    []bool // which lines it looks at; nil is all and the shipping
	eligible int64  // base rules: amount looked at
	items    int64  // bonuses: pieces looked at
	step     int    // base rules with a table chosen by the order: the step, -1 none or several

	base    int64 // what a multiplier looked at
	baseOf  int64 // line multipliers: the eligible amount behind base
	points  int64
	state   state
	lostTo  int   // candidate that won the group or drove it out, -1 none
	trimmed int64 // taken by limits
	limit   *limit
}

type state uint8

const (
	idle    state = iota // yields nothing
	counts               // gives its points
	lost                 // another of its group was better
	shutOut              // an exclusive group drove it out
)

// out is a rule that is no candidate.
type out struct {
	r      *rule
	why    reason
	failed *part
	err    error
}

var pool = sync.Pool{New: func() any { return new(judgement) }}

// release gives the scratch memory back. What it points to beyond the occasion
// is the programme's, or goes with the pool at the collector's second look.
func (j *judgement) release() {
	clear(j.kept)
	j.v = nil
	j.view.reset()
	j.kept, j.masks, j.cands, j.outs = j.kept[:0], j.masks[:0], j.cands[:0], j.outs[:0]
	j.awards, j.comps, j.refused, j.args = j.awards[:0], j.comps[:0], j.refused[:0], j.args[:0]
	pool.Put(j)
}

// open fills the view: kept lines that are not excluded, and their sums.
func (j *judgement) open(v *Version, o *Occasion, f *Facts, m Mode) (err error) {
	j.v, j.mode = v, m
	j.view.o, j.view.f, j.view.zone = o, f, v.spec.Zone
	j.view.lines = j.keptLines(o.Lines)
	j.view.eligible = o.Shipping
	goods := v.spec.Basis.FeesWith
	for i := range j.view.lines {
		l := &j.view.lines[i]
		if j.view.eligible, err = amount.Add(j.view.eligible, max(l.Eligible, 0)); err != nil {
			return err
		}
		if !l.Fee {
			goods = true
			if j.view.items, err = amount.Add(j.view.items, l.Quantity); err != nil {
				return err
			}
		}
	}
	if !goods { // fees alone are no purchase
		j.view.lines = nil
	}
	return nil
}

// keptLines leaves out what was returned and what is excluded. It copies only
// when there is something to leave out.
func (j *judgement) keptLines(lines []Line) []Line {
	for i := range lines {
		if j.counted(&lines[i]) {
			continue
		}
		j.kept = append(j.kept[:0], lines[:i]...)
		for k := i + 1; k < len(lines); k++ {
			if j.counted(&lines[k]) {
				j.kept = append(j.kept, lines[k])
			}
		}
		return j.kept
	}
	return lines
}

func (j *judgement) counted(l *Line) bool {
	if l.Quantity <= 0 {
		return false
	}
	if j.v.exclude == nil {
		return true
	}
	j.view.line = l
	ok, _, err := j.v.exclude.judge(&j.view)
	j.view.line = nil
	return !ok || err != nil
}

// gather finds the candidates of the trigger, day, store and channel and asks
// the rest of their conditions.
func (j *judgement) gather() error {
	x := j.v.index[j.view.o.Trigger]
	if x == nil {
		return nil
	}
	sets := x.sets(j.view.o)
	if j.mode == Explained {
		for i := range j.v.rules {
			if x.all.has(i) {
				j.ask(&j.v.rules[i])
			}
		}
		return nil
	}
	x.all.each(sets, func(i int) { j.ask(&j.v.rules[i]) })
	return nil
}

// ask makes a candidate of a rule whose conditions hold.
func (j *judgement) ask(r *rule) {
	why, failed, err := j.gate(r)
	if why != passed {
		j.refuse(out{r, why, failed, err})
		return
	}
	j.cands = append(j.cands, candidate{r: r, lostTo: -1, step: -1})
	c := &j.cands[len(j.cands)-1]
	if r.lines != nil {
		var e error
		if c.lines, e = j.mask(r.lines); e != nil {
			j.drop(out{r, lineError, &r.lines.parts[0], e})
			return
		}
	}
	if !j.sum(c) {
		j.drop(out{r: r, why: noLine})
	}
}

// drop takes the last candidate back.
func (j *judgement) drop(o out) {
	j.cands = j.cands[:len(j.cands)-1]
	j.refuse(o)
}

func (j *judgement) refuse(o out) {
	if j.mode == Explained {
		j.outs = append(j.outs, o)
	}
}

// mask marks the lines a condition holds for.
func (j *judgement) mask(c *Condition) ([]bool, error) {
	start := len(j.masks)
	var bad error
	for i := range j.view.lines {
		j.view.line = &j.view.lines[i]
		ok, _, err := c.judge(&j.view)
		if err != nil && bad == nil {
			bad = err
		}
		j.masks = append(j.masks, ok)
	}
	j.view.line = nil
	return j.masks[start:len(j.masks):len(j.masks)], bad
}

// sum adds up what the rule looks at; false when it looks at no line.
func (j *judgement) sum(c *candidate) bool {
	if c.lines == nil {
		c.eligible, c.items = j.view.eligible, j.view.items
		return true
	}
	any := false
	for i := range j.view.lines {
		if !c.lines[i] {
			continue
		}
		l := &j.view.lines[i]
		any = true
		c.eligible += max(l.Eligible, 0)
		if !l.Fee {
			c.items += l.Quantity
		}
	}
	return any
}
