package insight

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"

	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/text"
)

// shelfCache is what is made of a shelf when it is first asked for: orders of
// its lists, and who bought a product.
type shelfCache struct {
	mu      sync.Mutex
	orders  map[string][]int32
	details map[string]*Detail
	fold    sync.Once
	folded  []string // by place
}

// order is the places of a list by a key, the least first; the first asker of
// a shelf waits for it.
func (k *shelfCache) order(name string, n int, by func(a, b int32) int) []int32 {
	k.mu.Lock()
	defer k.mu.Unlock()
	if o, ok := k.orders[name]; ok {
		return o
	}
	o := make([]int32, n)
	for i := range o {
		o[i] = int32(i)
	}
	slices.SortStableFunc(o, by)
	if k.orders == nil {
		k.orders = map[string][]int32{}
	}
	k.orders[name] = o
	return o
}

// paged takes from an order, either way, what is in, from a place on.
func paged(order []int32, desc bool, in func(int32) bool, from, most int) (out []int32, all int) {
	for i := range order {
		at := order[i]
		if desc {
			at = order[len(order)-1-i]
		}
		if !in(at) {
			continue
		}
		if all >= from && len(out) < most {
			out = append(out, at)
		}
		all++
	}
	return out, all
}

// ProductQuery asks for a page of products.
type ProductQuery struct {
	Search   string // in code or name
	Only     string // "replenished", or "" for all
	Category string
	Sort     string // one of ProductSorts
	Desc     bool
	From     int
	Most     int
}

// ProductSorts are the orders of products.
var ProductSorts = []string{"sales", "buyers", "days", "again", "interval", "entry", "name"}

// List is a page of products and how many there are in all. Products whose
// figure is not known stand last either way.
func (s *Shelf) List(q ProductQuery) (rows []*Product, all int) {
	by := q.Sort
	if !slices.Contains(ProductSorts, by) {
		by = "sales"
	}
	order := s.kept.order("product."+by, len(s.Products), func(a, b int32) int {
		return s.Products[a].compare(&s.Products[b], by)
	})
	search := text.Fold(q.Search)
	want := func(at int32) bool {
		p := &s.Products[at]
		return (q.Only != "replenished" || p.Replenished) && (q.Category == "" || q.Category == p.Category) &&
			(search == "" || strings.Contains(s.folded(at), search))
	}
	known := func(is bool) func(int32) bool {
		return func(at int32) bool { return s.Products[at].knows(by) == is && want(at) }
	}
	places, n := paged(order, q.Desc, known(true), q.From, q.Most)
	rest, unknown := paged(order, q.Desc, known(false), max(0, q.From-n), q.Most-len(places))
	for _, at := range append(places, rest...) {
		rows = append(rows, &s.Products[at])
	}
	return rows, n + unknown
}

// folded is a product's number and name in the form in which they are searched,
// made once a shelf.
func (s *Shelf) folded(at int32) string {
	s.kept.fold.Do(func() {
		s.kept.folded = make([]string, len(s.Products))
		for i := range s.Products {
			p := &s.Products[i]
			s.kept.folded[i] = text.Fold(p.Code) + "\n" + text.Fold(p.Name)
		}
	})
	return s.kept.folded[at]
}

func (p *Product) knows(by string) bool {
	return by == "interval" && p.NoReturn == nil || by == "entry" && p.NoEntry == nil || by != "interval" && by != "entry"
}

// compare orders shares by the lower end of their interval, so that few cases
// do not stand on top.
func (p *Product) compare(o *Product, by string) int {
	switch by {
	case "buyers":
		return cmp.Compare(p.Buyers, o.Buyers)
	case "days":
		return cmp.Compare(p.Days, o.Days)
	case "again":
		return cmp.Compare(p.Again.Low, o.Again.Low)
	case "interval":
		return cmp.Compare(p.Usual(), o.Usual())
	case "entry":
		return cmp.Compare(p.Entry.Low, o.Entry.Low)
	case "name":
		return cmp.Compare(p.Name, o.Name)
	}
	return cmp.Compare(p.Sales, o.Sales)
}

// PairSorts are the orders of pairs.
var PairSorts = []string{"extra", "lift", "both", "confidence"}

// PairList is a page of the strongest pairs; of a product's when code is one.
func (s *Shelf) PairList(by string, desc bool, from, most int) (rows []Pair, all int) {
	if !slices.Contains(PairSorts, by) {
		by = "extra"
	}
	order := s.kept.order("pair."+by, len(s.Pairs), func(a, b int32) int {
		x, y := &s.Pairs[a], &s.Pairs[b]
		switch by {
		case "lift":
			return cmp.Compare(x.Lift.Low, y.Lift.Low)
		case "both":
			return cmp.Compare(x.Count.Both, y.Count.Both)
		case "confidence":
			return cmp.Compare(x.Count.Confidence(), y.Count.Confidence())
		}
		return cmp.Compare(x.Extra, y.Extra)
	})
	places, all := paged(order, desc, func(int32) bool { return true }, from, most)
	for _, at := range places {
		rows = append(rows, s.Pairs[at])
	}
	return rows, all
}

// DueQuery asks for a page of who is due.
type DueQuery struct {
	States  []DueState // none: those to act on, overdue and soon
	Product string     // code
	Member  ident.ID
	Sort    string // one of DueSorts
	Desc    bool
	From    int
	Most    int
}

// DueSorts are the orders of who is due.
var DueSorts = []string{"worth", "chance", "on", "amount", "times"}

// Awaited is one row of a list of who is due.
type Awaited struct {
	Due
	Who     ident.ID
	Product *Product
}

// Due lists who is due for what.
//
// Faults: insight.product_unknown.
func (b *Board) Due(ctx context.Context, q DueQuery) (rows []Awaited, all int, s *Shelf, err error) {
	if s, err = b.Shelf(ctx); err != nil {
		return nil, 0, nil, err
	}
	product := int32(-1)
	if q.Product != "" {
		p := s.Find(q.Product)
		if p == nil {
			return nil, 0, s, fault.New(fault.NotFound, "insight.product_unknown", "product", q.Product)
		}
		product = s.at(p)
	}
	err = b.View(func(c *Columns) error {
		member := int32(-1)
		if !q.Member.IsZero() {
			n, ok := c.Find(q.Member)
			if !ok {
				return nil
			}
			member = n
		}
		rows, all = s.dueList(c, q, member, product)
		return nil
	})
	return rows, all, s, err
}

// at is a product's place.
func (s *Shelf) at(p *Product) int32 {
	i, _ := slices.BinarySearchFunc(s.Products, p.Code, func(x Product, c string) int { return cmp.Compare(x.Code, c) })
	return int32(i)
}

func (s *Shelf) dueList(c *Columns, q DueQuery, member, product int32) (rows []Awaited, all int) {
	states := q.States
	if len(states) == 0 {
		states = []DueState{Overdue, DueSoon}
	}
	var in [NotDue + 1]bool
	for _, x := range states {
		in[x] = true
	}
	list := s.due.rows
	places, all := paged(s.dueOrder(q.Sort), q.Desc, func(at int32) bool {
		d := &list[at]
		return in[d.State] && (product < 0 || d.Product == product) && (member < 0 || d.Member == member) && c.people.active[d.Member]
	}, q.From, q.Most)
	for _, at := range places {
		d := list[at]
		rows = append(rows, Awaited{d, c.people.id[d.Member], &s.Products[d.Product]})
	}
	return rows, all
}

func (s *Shelf) dueOrder(by string) []int32 {
	if !slices.Contains(DueSorts, by) {
		by = "worth"
	}
	list := s.due.rows
	return s.kept.order("due."+by, len(list), func(a, b int32) int {
		x, y := &list[a], &list[b]
		switch by {
		case "chance":
			return cmp.Compare(x.Chance, y.Chance)
		case "on":
			return cmp.Compare(x.On, y.On)
		case "amount":
			return cmp.Compare(x.Amount, y.Amount)
		case "times":
			return cmp.Compare(x.Times, y.Times)
		}
		return cmp.Compare(x.Worth(), y.Worth())
	})
}
