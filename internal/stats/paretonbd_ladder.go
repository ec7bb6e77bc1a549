package stats

import (
	"cmp"
	"math"
	"slices"
)

// dropouts finds what [ParetoNBD.dropout] finds, for many rows at once. Times
// are days, so thousands of rows begin and end at a few hundred ages: for rows
// with the same X the integral is summed once from each age to the last, and a
// row's own is the difference of two. From X to X+1 the integrand only changes
// by a factor at each node, so no power is taken twice.
type dropouts struct {
	rows  []Row
	ages  ages
	runs  []run // by rising X
	steps int   // runs with fewer rows than an eighth of them are integrated by row
	out   []gone
}

// run is the rows of one X.
type run struct {
	x  int
	of []int32
}

func newDropouts(rows []Row, a ages) *dropouts {
	d := &dropouts{rows: rows, ages: a, steps: max(0, len(a.at)-1), out: make([]gone, len(rows))}
	order := make([]int32, len(rows))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(rows[a].X, rows[b].X) })
	for from := 0; from < len(order); {
		x, to := rows[order[from]].X, from
		for to < len(order) && rows[order[to]].X == x {
			to++
		}
		d.runs = append(d.runs, run{x, order[from:to]})
		from = to
	}
	return d
}

// dropouts of rows, each in its place.
func (m ParetoNBD) dropouts(rows []Row) []gone {
	ages := newAges(rows)
	return newDropouts(rows, ages).of(m, ages.grown(m.Alpha), ages.grown(m.Beta))
}

// of fills out for a model. buys and lives are the ages grown by Alpha and Beta.
func (d *dropouts) of(m ParetoNBD, buys, lives []grown) []gone {
	var l *ladder
	last := d.most(m, buys, lives)
	for _, r := range d.runs {
		if r.x > last || !d.many(r) {
			for _, i := range r.of {
				d.out[i] = m.dropout(d.rows[i])
			}
			continue
		}
		if l == nil {
			l = newLadder(m, d.ages.at, buys, lives, r.x, last)
		}
		l.climb(r.x)
		for _, i := range r.of {
			d.out[i] = l.dropout(d.rows[i], d.ages.then[i], d.ages.now[i])
		}
	}
	return d.out
}

func (d *dropouts) many(r run) bool { return 8*len(r.of) >= d.steps }

// mostFall is how far a decay may fall within a step: beyond, it would have to
// be cut off where nothing is left of it.
const mostFall = 25

// most is the largest X of many rows that does not fall too far between two
// ages; -1 without any.
func (d *dropouts) most(m ParetoNBD, buys, lives []grown) int {
	for _, r := range slices.Backward(d.runs) {
		if d.many(r) && steepest(m, r.x, buys, lives) <= mostFall {
			return r.x
		}
	}
	return -1
}

func steepest(m ParetoNBD, x int, buys, lives []grown) (fall float64) {
	for i := 1; i < len(buys); i++ {
		fall = max(fall, (m.R+float64(x))*(buys[i].rise-buys[i-1].rise)+(m.S+1)*(lives[i].rise-lives[i-1].rise))
	}
	return fall
}

// ladder holds, for one number of purchases, the decay
// ((a+t₀)/(a+t))^(R+X) ((b+t₀)/(b+t))^(S+1), integrated from each age t₀ on to
// the last.
type ladder struct {
	m           ParetoNBD
	x           int
	buys, lives []grown

	step  []int32 // where the nodes of each step between two ages begin
	node  []node
	fall  []float64 // what is left of the decay at the end of a step
	more  []float64 // what one purchase more leaves of that
	rungs []rung    // by age
}

// node is a place within a step, and the integrand there with its weight.
type node struct {
	w, more      float64 // more: what one purchase more leaves of w
	lnAT, lnBT   float64
	invAT, invBT float64
}

// rung is an integral that starts with a decay of 1, with its moments.
type rung struct{ value, lnAT, lnBT, invAT, invBT float64 }

func newLadder(m ParetoNBD, at []float64, buys, lives []grown, first, last int) *ladder {
	l := &ladder{m: m, x: first, buys: buys, lives: lives, step: []int32{0}, rungs: make([]rung, len(at))}
	for i := 1; i < len(at); i++ {
		l.between(at[i-1], at[i], buys[i].rise-buys[i-1].rise, lives[i].rise-lives[i-1].rise, last)
	}
	return l
}

// between lays the nodes from one age to the next, in the variable of
// [decay.integrate]. There must be enough for the largest X.
func (l *ladder) between(from, to, rise, age float64, last int) {
	a, b, k, s := l.m.Alpha+from, l.m.Beta+from, l.m.R+float64(l.x), l.m.S+1
	c, pace, lnA, lnB := a, rise, math.Log(a), math.Log(b)
	if b < a {
		c, pace = b, age
	}
	g := nodes((l.m.R+float64(last))*rise+s*age, pace)
	for i, y := range g.at {
		by := c * math.Expm1(pace*y)
		upA, upB := math.Log1p(by/a), math.Log1p(by/b)
		n := node{more: a / (a + by), lnAT: lnA + upA, lnBT: lnB + upB, invAT: 1 / (a + by), invBT: 1 / (b + by)}
		n.w = g.w[i] * pace * (c + by) * math.Exp(-k*upA-s*upB)
		l.node = append(l.node, n)
	}
	l.step = append(l.step, int32(len(l.node)))
	l.fall, l.more = append(l.fall, math.Exp(-k*rise-s*age)), append(l.more, math.Exp(-rise))
}

// climb goes on to x purchases and sums from the last age back.
func (l *ladder) climb(x int) {
	for by := x - l.x; by > 0; by-- {
		for i := range l.node {
			l.node[i].w *= l.node[i].more
		}
		for i := range l.fall {
			l.fall[i] *= l.more[i]
		}
	}
	l.x = x
	var r rung
	l.rungs[len(l.rungs)-1] = r
	for i := len(l.fall) - 1; i >= 0; i-- {
		f := l.fall[i]
		r = rung{f * r.value, f * r.lnAT, f * r.lnBT, f * r.invAT, f * r.invBT}
		for _, n := range l.node[l.step[i]:l.step[i+1]] {
			r.value += n.w
			r.lnAT += n.w * n.lnAT
			r.lnBT += n.w * n.lnBT
			r.invAT += n.w * n.invAT
			r.invBT += n.w * n.invBT
		}
		l.rungs[i] = r
	}
}

// dropout is that of a row between two ages. Where the difference would keep
// too few digits the row is integrated by itself.
func (l *ladder) dropout(r Row, then, now int32) gone {
	if then >= now {
		return gone{lnOdds: math.Inf(-1)}
	}
	rise, age := l.buys[now].rise-l.buys[then].rise, l.lives[now].rise-l.lives[then].rise
	from, to := &l.rungs[then], &l.rungs[now]
	k := l.m.R + float64(l.x)
	left := math.Exp(-k*rise - (l.m.S+1)*age)
	v := from.value - left*to.value
	if !(v > 1e-4*from.value) {
		return l.m.dropout(r)
	}
	ln := math.Log(l.m.S*l.lives[then].inv*v) + k*rise + l.m.S*age
	return gone{ln, integral{v,
		(from.lnAT - left*to.lnAT) / v, (from.lnBT - left*to.lnBT) / v,
		(from.invAT - left*to.invAT) / v, (from.invBT - left*to.invBT) / v}}
}
