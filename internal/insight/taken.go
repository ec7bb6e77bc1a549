package insight

import (
	"cmp"
	"slices"

	"joren/internal/clock"
	"joren/internal/ident"
)

// taken is what a member took of one product on one day, however many receipts
// that was.
type taken struct {
	product          int32
	day              clock.Day
	quantity, amount int64
}

// frozen is c as it is now, to be read while events go on being put into c.
// It shares what is only ever appended to and copies what is changed in place.
func (c *Columns) frozen() *Columns {
	n := *c
	p := &n.people
	p.from, p.count = slices.Clone(p.from), slices.Clone(p.count)
	p.into, p.active = slices.Clone(p.into), slices.Clone(p.active)
	n.blocks.list = slices.Clone(c.blocks.list)
	n.goods = goods{slices.Clone(c.goods.names), slices.Clone(c.goods.categories)}
	return &n
}

// walker goes through members in the order of their ids, so that sums come out
// the same however the columns came to be. Its buffers are reused.
type walker struct {
	c      *Columns
	until  clock.Day
	nobody int // number of lines without a product, -1 for none
	rows   []int
	list   []taken
	days   []clock.Day // with a purchase
}

func (c *Columns) walker(until clock.Day) *walker {
	return &walker{c: c, until: until, nobody: slices.Index(c.products.list, "")} // not by the index, which others may be writing
}

// each gives every member who has bought something.
func (w *walker) each(fn func(n int32)) {
	p := &w.c.people
	order := make([]int32, 0, len(p.id))
	for n := range p.id {
		if p.into[n] < 0 {
			order = append(order, int32(n))
		}
	}
	slices.SortFunc(order, func(a, b int32) int { return ident.ID.Compare(p.id[a], p.id[b]) })
	for _, n := range order {
		if w.read(n); len(w.days) > 0 {
			fn(n)
		}
	}
}

// read fills list, by product and day, and days.
func (w *walker) read(n int32) {
	c := w.c
	w.rows, w.list, w.days = c.rows(n, w.rows), w.list[:0], w.days[:0]
	for _, i := range w.rows {
		if c.day[i] > w.until {
			break
		}
		if !c.kept(i) {
			continue
		}
		if len(w.days) == 0 || w.days[len(w.days)-1] != c.day[i] {
			w.days = append(w.days, c.day[i])
		}
		c.EachLine(i, func(product int, quantity, amount int64) {
			if product != w.nobody {
				w.list = append(w.list, taken{int32(product), c.day[i], quantity, amount})
			}
		})
	}
	slices.SortFunc(w.list, func(a, b taken) int { return cmp.Or(cmp.Compare(a.product, b.product), cmp.Compare(a.day, b.day)) })
	w.list = merged(w.list)
}

// merged makes one of what was taken of a product on one day.
func merged(list []taken) []taken {
	out := list[:0]
	for _, t := range list {
		if k := len(out) - 1; k >= 0 && out[k].product == t.product && out[k].day == t.day {
			out[k].quantity, out[k].amount = out[k].quantity+t.quantity, out[k].amount+t.amount
			continue
		}
		out = append(out, t)
	}
	return out
}

// eachProduct gives what the member at hand took, a product at a time.
func (w *walker) eachProduct(fn func(list []taken)) {
	for from := 0; from < len(w.list); {
		to := from + 1
		for to < len(w.list) && w.list[to].product == w.list[from].product {
			to++
		}
		fn(w.list[from:to])
		from = to
	}
}

// gaps are the days between days with a product, and how long the last has
// been open on a day. buf is reused.
func gaps(list []taken, day clock.Day, buf []int) (ended []int, open int) {
	buf = buf[:0]
	for i := 1; i < len(list); i++ {
		buf = append(buf, int(list[i].day-list[i-1].day))
	}
	return buf, int(day - list[len(list)-1].day)
}
