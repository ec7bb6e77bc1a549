package rules

import (
	"fmt"

	"joren/internal/amount"
)

// verdict decides type by type and writes the result.
func (j *judgement) verdict() (res Result, err error) {
	for t := range j.v.spec.Types {
		if !j.touched(t) {
			continue
		}
		if err := j.decide(t); err != nil {
			return Result{}, err
		}
		if err := j.applyLimits(t); err != nil {
			return Result{}, err
		}
		if err := j.award(t); err != nil {
			return Result{}, err
		}
	}
	res.Awards = j.written()
	if len(j.v.limits) > 0 {
		res.Counts, err = j.counters()
	}
	return res, err
}

// written is the awards in memory of their own.
func (j *judgement) written() []Award {
	if len(j.awards) == 0 {
		return nil
	}
	awards := append(make([]Award, 0, len(j.awards)), j.awards...)
	comps := append(make([]Component, 0, len(j.comps)), j.comps...)
	refused := append(make([]Refusal, 0, len(j.refused)), j.refused...)
	args := append(make(Args, 0, len(j.args)), j.args...)
	for i := range awards {
		a := &awards[i]
		n, m := len(a.Components), len(a.Refused)
		a.Components, comps = comps[:n:n], comps[n:]
		for k := range a.Components {
			args = args.cut(&a.Components[k].Args)
		}
		if m == 0 {
			a.Refused = nil
			continue
		}
		a.Refused, refused = refused[:m:m], refused[m:]
		for k := range a.Refused {
			args = args.cut(&a.Refused[k].Args)
		}
	}
	return awards
}

// cut gives as many arguments to x as it has, and the rest.
func (a Args) cut(x *Args) Args {
	n := len(*x)
	if n > 0 {
		*x = a[:n:n]
	}
	return a[n:]
}

// touched reports that some rule of the type was asked.
func (j *judgement) touched(t int) bool {
	for i := range j.cands {
		if j.cands[i].r.typ == t {
			return true
		}
	}
	for i := range j.outs {
		if j.outs[i].r.typ == t {
			return true
		}
	}
	return false
}

// award writes what a point type gives and, when it is to be explained, why
// its other rules give nothing; neither is no award.
func (j *judgement) award(t int) (err error) {
	a := Award{Type: j.v.spec.Types[t].ID}
	comps, refused := len(j.comps), len(j.refused)
	for i := range j.cands {
		c := &j.cands[i]
		if c.r.typ != t || c.state != counts || c.points == 0 {
			continue
		}
		j.component(c)
		if a.Points, err = amount.Add(a.Points, c.points); err != nil {
			return err
		}
	}
	if j.mode == Explained {
		j.refusals(t)
	}
	a.Components, a.Refused = j.comps[comps:], j.refused[refused:]
	if len(a.Components)+len(a.Refused) > 0 {
		j.awards = append(j.awards, a)
	}
	return nil
}

// note adds arguments to the memory that all explanations share and gives them
// back as a list of their own.
func (j *judgement) note(args ...Arg) Args {
	start := len(j.args)
	j.args = append(j.args, args...)
	return j.args[start:len(j.args):len(j.args)]
}

// component writes the part of a rule with what it was computed from.
func (j *judgement) component(c *candidate) {
	j.comps = append(j.comps, Component{Rule: c.r.ID, Points: c.points})
	out := &j.comps[len(j.comps)-1]
	start := len(j.args)
	switch {
	case c.r.Kind == Base && c.r.Steps == nil:
		out.Code, out.Base = "earn.per", c.eligible
		j.note(Num("per", c.r.Per), Num("give", c.r.Give))
	case c.r.Kind == Base && c.step >= 0:
		t := c.r.Steps.Table[c.step]
		out.Code, out.Base = "earn.step", c.eligible
		j.note(Num("per", t.Per), Num("give", t.Give), Num("from", t.From))
	case c.r.Kind == Base:
		out.Code, out.Base = "earn.bands", c.eligible
	case c.r.Kind == Multiplier:
		out.Code, out.Base = "earn.multiplier", c.base
		j.note(Word("multiply", c.r.times))
		if c.lines != nil {
			j.note(Num("eligible", c.baseOf))
		}
	case c.r.GivePerItem > 0:
		out.Code = "earn.per_item"
		j.note(Num("items", c.items))
	default:
		out.Code = "earn.bonus"
		j.tell(c.r)
	}
	if c.trimmed > 0 {
		j.note(Num("trimmed", c.trimmed), Num("limit", c.limit.Max))
	}
	if len(j.args) > start {
		out.Args = j.args[start:len(j.args):len(j.args)]
	}
}

// tell adds the figures a bonus is about: the visit or the count of a product.
func (j *judgement) tell(r *rule) {
	if r.tellVisit {
		j.note(Num("visit_no", j.view.f.Stats.VisitNo))
	}
	if r.tellSKU != "" {
		j.note(Word("sku", r.tellSKU), Num("count", j.view.product(r.tellSKU).Count))
	}
}

func milliText(n int64) string { return fmt.Sprintf("%d.%03d", n/1000, n%1000) }

// refusals lists why the other rules of the type gave nothing, in rule order.
func (j *judgement) refusals(t int) {
	ci, oi := 0, 0
	for ci < len(j.cands) || oi < len(j.outs) {
		if oi == len(j.outs) || ci < len(j.cands) && j.cands[ci].r.i < j.outs[oi].r.i {
			if c := &j.cands[ci]; c.r.typ == t && (c.state != counts || c.points == 0) {
				j.refused = append(j.refused, j.refusal(c))
			}
			ci++
			continue
		}
		if j.outs[oi].r.typ == t {
			j.refused = append(j.refused, j.refusedOut(&j.outs[oi]))
		}
		oi++
	}
}

func (j *judgement) refusal(c *candidate) Refusal {
	switch c.state {
	case lost:
		return Refusal{c.r.ID, "group.better_rule", j.note(Word("by", j.cands[c.lostTo].r.ID), Num("points", c.points))}
	case shutOut:
		return Refusal{c.r.ID, "group.exclusive", j.note(Word("by", j.cands[c.lostTo].r.ID), Num("points", c.points))}
	case counts:
		return Refusal{c.r.ID, "limit.reached", j.note(Word("limit", c.limit.ID), Num("max", c.limit.Max), Num("points", c.trimmed))}
	}
	x := Refusal{Rule: c.r.ID, Code: "earn.nothing"}
	switch short := c.short(); {
	case c.r.Kind == Base && short > 0:
		x.Args = j.note(Num("eligible", c.eligible), Num("missing", short))
	case c.r.Kind == Base:
		x.Args = j.note(Num("eligible", c.eligible))
	case c.r.Kind == Multiplier:
		x.Args = j.note(Num("base", c.base))
	}
	return x
}

// short is how much was missing for a base rule's first points, 0 when more
// of the order would not help.
func (c *candidate) short() int64 {
	r := c.r
	switch {
	case r.Kind != Base || r.Each != EachOrder || r.Steps != nil && r.Steps.ByUnitPrice:
		return 0
	case r.Steps == nil:
		return r.Per - c.eligible
	case c.step < 0 && len(r.Steps.Table) > 0 && !r.Steps.Marginal:
		return r.Steps.Table[0].From - c.eligible
	case c.step >= 0 && r.Steps.Table[c.step].Give > 0:
		return r.Steps.Table[c.step].Per - c.eligible
	}
	return 0
}

func (j *judgement) refusedOut(o *out) Refusal {
	r, v := o.r, &j.view
	x := Refusal{Rule: r.ID}
	switch o.why {
	case wrongDate:
		x.Code = "time.outside"
		x.Args = j.note(r.period...)
	case wrongWeekday:
		x.Code, x.Args = "time.outside", j.note(Word("weekday", weekdayName(v.o.Day.Weekday())))
	case wrongMonthday:
		x.Code, x.Args = "time.outside", j.note(Num("day", int64(v.o.Day.MonthDay().Day)))
	case wrongHour:
		x.Code, x.Args = "time.outside", j.note(Word("time", v.local().Format("15:04")))
	case wrongStore:
		x.Code, x.Args = "store.other", j.note(Word("actual", v.o.Store))
	case wrongChannel:
		x.Code, x.Args = "channel.other", j.note(Word("actual", v.o.Channel))
	case wrongTier:
		x.Code, x.Args = "tier.other", j.note(Word("actual", v.f.Member.Tier), Word("wanted", r.tiers))
	case wrongSegment:
		x.Code, x.Args = "segment.other", j.note(Word("wanted", r.segments))
	case noBirthday:
		x.Code = "date.unknown"
	case outsideWindow:
		x.Code = "window.outside"
	case alreadyGiven:
		x.Code, x.Args = "once.given", j.note(Word("on", v.f.Given[r.ID].String()))
	case whenFalse:
		start := len(j.args)
		j.args = o.failed.explain(j.args, v)
		x.Code, x.Args = "condition.false", j.args[start:len(j.args):len(j.args)]
	case noLine:
		x.Code, x.Args = "lines.none", j.note(Word("failed", r.Lines))
	default:
		x.Code, x.Args = "condition.error", j.note(Word("failed", o.failed.src), Word("error", o.err.Error()))
	}
	return x
}
