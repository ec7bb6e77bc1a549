package insight

import (
	"cmp"
	"slices"

	"joren/internal/clock"
	"joren/internal/stats"
)

// Shelf is what the columns say about products at the end of a business day:
// who buys them again and when, what goes together, and who is due. It does
// not change.
//
// A product counts once a member and day, however many receipts and pieces. A
// day with it is a "customer-day"; a member's customer-days of all products
// are the baskets that products meet in. Guests are nobody and not in it.
type Shelf struct {
	First, Day clock.Day
	Members    int            // who have bought
	Baskets    int            // customer-days
	Categories int            // products that have one
	Second     stats.Interval // share of first customer-days followed by another within 90 days
	Firsts     int            // that Second is about
	Products   []Product      // by code
	Pairs      []Pair         // the strongest, of all products
	Compared   int            // pairs that were tested, for the correction
	Gaps       []CategoryGap  // largest first; none without categories

	due      dues
	belief   stats.Credibility
	strength float64 // of returning, see learn
	usual    float64 // days between customer-days of all who came back
	untaught error   // why belief is not known
	place    []int32 // of a product number in Products, -1 for none

	kept shelfCache
}

// Product is what is known of one product.
type Product struct {
	Code, Name, Category string
	Last                 clock.Day      // newest customer-day
	Buyers               int            // members who bought it
	Repeaters            int            // of them, on at least two days
	Days                 int            // customer-days
	Quantity, Sales      int64          // kept pieces; paid with tax, minor units
	Again                stats.Interval // Repeaters of Buyers, so far
	Firsts, Seconds      int            // first customer-days ever with it, watched for 90 days; followed by another
	Entry                stats.Interval // Seconds of Firsts
	NoEntry              error          // why Entry says nothing
	Return               stats.Return   // how many buy it again, and after how many days
	NoReturn             error          // why Return says nothing
	Replenished          bool           // bought again often enough to say when the next is due
	Partners             []Pair         // what is bought on the same day, the strongest first; this product is First
}

// Usual is the product's own interval in days; 0 where it is not known.
func (p *Product) Usual() int {
	if p.NoReturn != nil {
		return 0
	}
	return p.Return.Median
}

// leastBack is the share of buyers that must come back for a product, at the
// lower end of its interval, for it to be called replenished. A starting value.
const leastBack = 0.15

// tallied is a product while it is counted.
type tallied struct {
	Product
	back   *stats.Recurrence
	spread stats.Spread // of log gaps, within and between members
}

// shelving is a shelf while it is made.
type shelving struct {
	*Shelf
	w       *walker
	goods   []tallied // by number
	numbers []int32   // of what was bought, by code
}

// shelve reads purchases up to a day.
func (c *Columns) shelve(day clock.Day) *Shelf {
	s := c.stock(day)
	s.pair()
	s.categoryGaps()
	s.list(s.w)
	return s.Shelf
}

// stock is a shelf without pairs and lists.
func (c *Columns) stock(day clock.Day) *shelving {
	s := &shelving{Shelf: &Shelf{Day: day}, w: c.walker(day), goods: make([]tallied, len(c.products.list))}
	s.count()
	s.arrange(c)
	s.intervals()
	s.settle(c)
	return s
}

// count is the first walk: what everybody bought.
func (s *shelving) count() {
	seconds, span, repeats := 0, 0, 0
	s.w.each(func(int32) {
		first := s.w.days[0]
		span, repeats = span+int(s.w.days[len(s.w.days)-1]-first), repeats+len(s.w.days)-1
		if s.First == 0 || first < s.First {
			s.First = first
		}
		s.Members, s.Baskets = s.Members+1, s.Baskets+len(s.w.days)
		watched := first+f2Days < s.Day // which is not over; as the metric f2_rate counts
		second := len(s.w.days) > 1 && s.w.days[1] <= first+f2Days
		if watched {
			if s.Firsts++; second {
				seconds++
			}
		}
		s.w.eachProduct(func(list []taken) {
			s.goods[list[0].product].count(list)
			if watched && list[0].day == first {
				s.goods[list[0].product].entered(second)
			}
		})
	})
	s.usual = usualGap([]float64{float64(span)}, []float64{float64(repeats)})
	s.Second, _ = stats.Wilson(seconds, s.Firsts, level) // of nobody it stays 0 of 0
}

func (p *tallied) count(list []taken) {
	p.Buyers++
	p.Days += len(list)
	if len(list) > 1 {
		p.Repeaters++
	}
	for _, t := range list {
		p.Quantity, p.Sales = p.Quantity+t.quantity, p.Sales+t.amount
		p.Last = max(p.Last, t.day)
	}
}

func (p *tallied) entered(second bool) {
	if p.Firsts++; second {
		p.Seconds++
	}
}

// arrange puts what was bought in the order of codes, so that sums over
// products come out the same however they were met.
func (s *shelving) arrange(c *Columns) {
	s.place = make([]int32, len(s.goods))
	for n := range s.goods {
		s.place[n] = -1
		if s.goods[n].Buyers > 0 {
			s.numbers = append(s.numbers, int32(n))
		}
	}
	slices.SortFunc(s.numbers, func(a, b int32) int { return cmp.Compare(c.products.list[a], c.products.list[b]) })
	for at, n := range s.numbers {
		s.place[n] = int32(at)
	}
}

// settle makes the counted products the shelf's.
func (s *shelving) settle(c *Columns) {
	s.Products = make([]Product, len(s.numbers))
	for at, n := range s.numbers {
		p := &s.goods[n].Product
		p.Code, p.Name, p.Category = c.products.list[n], c.named(int(n)), c.goods.categories[n].word
		if p.Category != "" {
			s.Categories++
		}
		p.Again, _ = stats.Wilson(p.Repeaters, p.Buyers, level) // at least one buyer
		p.Entry, p.NoEntry = stats.Wilson(p.Seconds, p.Firsts, level)
		if p.Firsts < leastFirsts {
			p.NoEntry = &stats.NotEnough{Code: stats.FewCustomers, Have: float64(p.Firsts), Need: leastFirsts}
		}
		s.Products[at] = *p
	}
}

// leastFirsts is how many first purchases a product's share of seconds needs.
const leastFirsts = 10

// Find is a product by its code; nil for an unknown one.
func (s *Shelf) Find(code string) *Product {
	if i, ok := slices.BinarySearchFunc(s.Products, code, func(p Product, c string) int { return cmp.Compare(p.Code, c) }); ok {
		return &s.Products[i]
	}
	return nil
}
