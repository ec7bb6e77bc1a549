package insight

import (
	"math"
	"slices"

	"joren/internal/clock"
)

// Who of the chosen members a list is about.
type Who string

// Whos. Empty is active members who bought in the period.
const (
	Bought   Who = "bought"   // who bought, members who left included: metric buyers
	Repeated Who = "repeated" // of those, on two or more days
	Joined   Who = "joined"   // active members who joined in the period: metric new_members
	Everyone Who = "everyone" // active members who joined by its end: metric members
)

// Whos are the words of Who.
var Whos = []Who{Bought, Repeated, Joined, Everyone}

// buyer is what a chosen member did in a period.
type buyer struct {
	n      int32
	last   clock.Day // of a kept purchase; 0 without any
	visits int       // days
	money  int64
}

// buyers lists the chosen members a list is about; f is bound.
func (c *Columns) buyers(f Filter, who Who) []buyer {
	ch := c.chooser(f)
	return slices.Concat(inParts(c, c.parts(), func(from, to int) []buyer { return c.buyersBetween(&ch, who, from, to) })...)
}

// buyersBetween lists those of a range of numbers.
func (c *Columns) buyersBetween(ch *chooser, who Who, from, to int) (out []buyer) {
	p := &c.people
	var rows []int
	for n := int32(from); int(n) < to; n++ {
		if p.into[n] >= 0 || !ch.person(p, n) || !p.active[n] && who != Bought && who != Repeated {
			continue
		}
		rows = c.rows(n, rows)
		if !ch.began(c, rows) {
			continue
		}
		b := c.buyer(n, ch, rows)
		in := b.visits > 0
		switch who {
		case Repeated:
			in = b.visits > 1
		case Joined:
			in = p.joined[n] >= ch.From && p.joined[n] <= ch.To
		case Everyone:
			in = p.joined[n] <= ch.To
		}
		if in {
			out = append(out, b)
		}
	}
	return out
}

func (c *Columns) buyer(n int32, ch *chooser, rows []int) buyer {
	b := buyer{n: n}
	for _, i := range rows {
		if d := c.day[i]; d >= ch.From && d <= ch.To && c.kept(i) && ch.purchase(c, i) {
			if d != b.last {
				b.visits++
			}
			b.last, b.money = d, b.money+c.net(i)
		}
	}
	return b
}

// Classes is the number of groups of a recency, frequency, money map.
const Classes = 5

// RFM divides the buyers of a period by how recently, how often and for how
// much they bought, each into five groups as even as ties allow: members with
// the same value are always in the same group, the one their middle place
// falls into. 5 is best. Cells are by recency and frequency.
type RFM struct {
	Day     clock.Day // recency is counted from here
	Members int
	Cells   [Classes][Classes]RFMCell // [recency-1][frequency-1]
	Recency [Classes]Bounds           // days since the last purchase
	Visits  [Classes]Bounds           // days with a purchase
	Money   [Classes]Bounds           // net, minor units
}

// RFMCell is members of like recency and frequency.
type RFMCell struct {
	Members int
	Money   int64 // net, minor units, of all of them
}

// Bounds are the least and the greatest value of a group; Members is 0 for an
// empty one.
type Bounds struct {
	Low, High int64
	Members   int
}

// place is a buyer's groups, 1 to 5.
type rfmPlace struct{ recency, frequency, money int }

// rfm groups buyers as of a day.
func rfm(list []buyer, day clock.Day) (RFM, []rfmPlace) {
	out := RFM{Day: day, Members: len(list)}
	places := make([]rfmPlace, len(list))
	recency := func(b buyer) int64 { return int64(day - b.last) }
	group(list, func(b buyer) int64 { return -recency(b) }, func(i, g int) { places[i].recency = g; out.Recency[g-1].take(recency(list[i])) })
	group(list, func(b buyer) int64 { return int64(b.visits) }, func(i, g int) { places[i].frequency = g; out.Visits[g-1].take(int64(list[i].visits)) })
	group(list, func(b buyer) int64 { return b.money }, func(i, g int) { places[i].money = g; out.Money[g-1].take(list[i].money) })
	for i, p := range places {
		cell := &out.Cells[p.recency-1][p.frequency-1]
		cell.Members++
		cell.Money += list[i].money
	}
	return out, places
}

func (b *Bounds) take(v int64) {
	if b.Members == 0 {
		b.Low, b.High = v, v
	}
	b.Low, b.High, b.Members = min(b.Low, v), max(b.High, v), b.Members+1
}

// group gives each its group by the middle place among its equals.
func group(list []buyer, of func(buyer) int64, put func(i, g int)) {
	values := make([]int64, len(list))
	for i := range list {
		values[i] = of(list[i])
	}
	most := classes(values)
	for i, v := range values {
		g := 1
		for v > most[g-1] {
			g++
		}
		put(i, g)
	}
}

// classes gives the greatest value of each group or of those below it.
func classes(values []int64) (most [Classes]int64) {
	for k := range most {
		most[k] = math.MinInt64
	}
	sorted := slices.Sorted(slices.Values(values))
	for from := 0; from < len(sorted); {
		to := from
		for to < len(sorted) && sorted[to] == sorted[from] {
			to++
		}
		for k := min(Classes, 1+Classes*(from+to)/(2*len(sorted))) - 1; k < Classes; k++ {
			most[k] = sorted[from]
		}
		from = to
	}
	return most
}
