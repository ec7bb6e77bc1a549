package insight

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"joren/internal/clock"
	"joren/internal/fault"
	"joren/internal/ident"
)

// Buyer is a member who bought a product, or two on the same days.
type Buyer struct {
	Member           ident.ID
	Times            int // customer-days
	First, Last      clock.Day
	Quantity, Amount int64 // of those days; of both products
}

// Detail is the rows behind a product's figures.
type Detail struct {
	Buyers []Buyer
	Ended  []int // gaps by length in days
	Open   []int // members by the days since they last bought it
}

// finder looks through members for days on which they bought all of some
// products. Its buffers are reused.
type finder struct {
	c     *Columns
	until clock.Day
	want  []int // product numbers
	met   []bool
	rows  []int
	days  []clock.Day // of the member at hand
}

// maxDetails is how many products' rows are kept; there are as many orders.
const maxDetails = 64

// Detail reads who bought a product up to the shelf's day. The rows of a
// product are read once a shelf.
//
// Faults: insight.product_unknown.
func (b *Board) Detail(ctx context.Context, code string) (*Product, *Detail, *Shelf, error) {
	s, err := b.Shelf(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	p := s.Find(code)
	if p == nil {
		return nil, nil, s, fault.New(fault.NotFound, "insight.product_unknown", "product", code)
	}
	d, err := b.detail(s, code)
	return p, d, s, err
}

// Meetings are the members who bought two products on the same day, and on how
// many days.
//
// Faults: insight.product_unknown.
func (b *Board) Meetings(ctx context.Context, code, with string) ([]Buyer, error) {
	s, err := b.Shelf(ctx)
	if err != nil {
		return nil, err
	}
	for _, x := range []string{code, with} {
		if s.Find(x) == nil {
			return nil, fault.New(fault.NotFound, "insight.product_unknown", "product", x)
		}
	}
	d, err := b.detail(s, code, with)
	if err != nil {
		return nil, err
	}
	return d.Buyers, nil
}

// detail is the shelf's, read when it is asked for the first time.
func (b *Board) detail(s *Shelf, codes ...string) (d *Detail, err error) {
	k, key := &s.kept, strings.Join(codes, "\x00")
	k.mu.Lock()
	d = k.details[key]
	k.mu.Unlock()
	if d != nil {
		return d, nil
	}
	if err := b.View(func(c *Columns) error { d = c.detail(s.Day, codes...); return nil }); err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.details == nil || len(k.details) >= maxDetails {
		k.details = map[string]*Detail{}
	}
	k.details[key] = d
	return d, nil
}

// detail reads who bought all of some products on a day, most often first.
func (c *Columns) detail(until clock.Day, codes ...string) *Detail {
	f := finder{c: c, until: until, want: make([]int, len(codes)), met: make([]bool, len(codes))}
	for i, x := range codes {
		f.want[i] = c.products.find(x)
	}
	d := &Detail{}
	for n := range c.people.id {
		if c.people.into[n] >= 0 {
			continue
		}
		b := f.read(int32(n))
		if b.Times == 0 {
			continue
		}
		d.Buyers = append(d.Buyers, b)
		for i := 1; i < len(f.days); i++ {
			d.Ended = raised(d.Ended, int(f.days[i]-f.days[i-1]))
		}
		d.Open = raised(d.Open, int(until-b.Last))
	}
	slices.SortFunc(d.Buyers, func(a, b Buyer) int {
		return cmp.Or(cmp.Compare(b.Times, a.Times), cmp.Compare(b.Last, a.Last), cmp.Compare(b.Amount, a.Amount), ident.ID.Compare(a.Member, b.Member))
	})
	return d
}

func (f *finder) read(n int32) Buyer {
	c, b := f.c, Buyer{Member: f.c.people.id[n]}
	f.rows, f.days = c.rows(n, f.rows), f.days[:0]
	for from := 0; from < len(f.rows) && c.day[f.rows[from]] <= f.until; {
		to, day := from, c.day[f.rows[from]]
		clear(f.met)
		quantity, amount := int64(0), int64(0)
		for ; to < len(f.rows) && c.day[f.rows[to]] == day; to++ {
			q, a := f.look(f.rows[to])
			quantity, amount = quantity+q, amount+a
		}
		if from = to; slices.Contains(f.met, false) {
			continue
		}
		f.days = append(f.days, day)
		b.Quantity, b.Amount = b.Quantity+quantity, b.Amount+amount
	}
	if b.Times = len(f.days); b.Times > 0 {
		b.First, b.Last = f.days[0], f.days[b.Times-1]
	}
	return b
}

// look notes which of the products the i-th purchase holds, and what of them.
func (f *finder) look(i int) (quantity, amount int64) {
	if !f.c.kept(i) {
		return 0, 0
	}
	f.c.EachLine(i, func(product int, q, a int64) {
		if k := slices.Index(f.want, product); k >= 0 {
			f.met[k] = true
			quantity, amount = quantity+q, amount+a
		}
	})
	return quantity, amount
}

func raised(counts []int, at int) []int {
	for len(counts) <= at {
		counts = append(counts, 0)
	}
	counts[at]++
	return counts
}
