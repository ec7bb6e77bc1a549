package insight

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"joren/internal/clock"
	"joren/internal/ident"
)

// member is the n-th id of tests.
func memberID(n int) (id ident.ID) {
	binary.BigEndian.PutUint32(id[:], uint32(n+1))
	id[15] = 1
	return id
}

var opened = clock.MustDay("2024-01-01")

// generated gives members' purchases, each member's together, of three lines
// out of 20,000 products.
func generated(members, each int, seed uint64) func(fn func(*Purchase) error) error {
	return func(fn func(*Purchase) error) error {
		r := rand.New(rand.NewPCG(seed, 7))
		names := make([]string, 20_000)
		for i := range names {
			names[i] = fmt.Sprintf("SKU%05d", i)
		}
		lines := make([]Line, 3)
		for m := range members {
			day := opened + clock.Day(r.IntN(300))
			for range each {
				p := Purchase{Member: memberID(m), Day: day, Store: names[r.IntN(40)], Channel: names[r.IntN(3)], Kept: true, Lines: lines}
				for i := range lines {
					lines[i] = Line{Product: names[r.IntN(len(names))], Quantity: 1 + r.Int64N(3), Amount: 100 + r.Int64N(5000)}
					p.Net += lines[i].Amount
				}
				p.Gross, p.Eligible = p.Net, p.Net
				if err := fn(&p); err != nil {
					return err
				}
				day += clock.Day(1 + r.IntN(60))
			}
		}
		return nil
	}
}

func columnsOf(t testing.TB, each func(func(*Purchase) error) error) *Columns {
	t.Helper()
	c := newColumns()
	if err := c.fill(0, func(fn func(*Batch) error) error {
		return each(func(p *Purchase) error { return fn(&Batch{List: []Purchase{*p}}) })
	}); err != nil {
		t.Fatal(err)
	}
	c.people.relate()
	return c
}

func TestColumnsGiveBackWhatWasPutIn(t *testing.T) {
	c := columnsOf(t, generated(50, 6, 1))
	i := 0
	err := generated(50, 6, 1)(func(p *Purchase) error {
		if c.day[i] != p.Day || c.net(i) != p.Net || c.gross(i) != p.Gross || c.stores.list[c.store[i]] != p.Store || c.channels.list[c.channel(i)] != p.Channel || !c.kept(i) {
			t.Errorf("purchase %d came back otherwise", i)
		}
		k := 0
		c.EachLine(i, func(product int, quantity, amount int64) {
			if got := (Line{Product: c.products.list[product], Quantity: quantity, Amount: amount}); got != p.Lines[k] {
				t.Errorf("purchase %d line %d: %+v, want %+v", i, k, got, p.Lines[k])
			}
			k++
		})
		if k != len(p.Lines) {
			t.Errorf("purchase %d has %d lines", i, k)
		}
		i++
		return nil
	})
	if err != nil || c.Len() != i {
		t.Errorf("%d purchases of %d, %v", c.Len(), i, err)
	}
}

func TestSweepingChangesNothingButTheWaste(t *testing.T) {
	c := columnsOf(t, generated(50, 6, 1))
	for m := range 30 {
		var list []Purchase
		for _, i := range c.rows(int32(m), nil) {
			p := Purchase{Day: c.day[i], Net: c.net(i), Gross: c.gross(i), Store: c.stores.list[c.store[i]], Channel: c.channels.list[c.channel(i)], Kept: c.kept(i)}
			c.EachLine(i, func(product int, quantity, amount int64) {
				p.Lines = append(p.Lines, Line{Product: c.products.list[product], Quantity: quantity, Amount: amount})
			})
			list = append(list, p)
		}
		c.put(int32(m), list[:len(list)-m%2])
	}
	before, waste := c.Digest(), c.waste
	s := c.swept()
	if waste == 0 || s.waste != 0 || s.Digest() != before || s.Len() != c.Len() {
		t.Errorf("waste %d then %d; digest %s then %s", waste, s.waste, before, s.Digest())
	}
}

func TestAmountsOfAnySizeComeBack(t *testing.T) {
	c := newColumns()
	nets := []int64{0, 1, tooLarge - 1, tooLarge, tooLarge + 1, 1 << 60}
	var list []Purchase
	for i, n := range nets {
		list = append(list, Purchase{Day: opened + clock.Day(i), Net: n, Gross: n + 7, Eligible: n / 2, Kept: true, Lines: []Line{{Product: "A", Quantity: 1, Amount: n}}})
	}
	c.put(c.people.number(memberID(0)), list)
	for i, n := range nets {
		if c.net(i) != n || c.gross(i) != n+7 {
			t.Errorf("net %d came back as %d, gross %d", n, c.net(i), c.gross(i))
		}
		c.EachLine(i, func(_ int, _, amount int64) {
			if amount != n {
				t.Errorf("line of %d came back as %d", n, amount)
			}
		})
		if b := c.bytes(i); len(b) == 0 {
			t.Errorf("nothing stands of %d", n)
		}
	}
}

func TestLongPurchasesCrossNoBlock(t *testing.T) {
	var b blocks
	var at []uint32
	for i := range 5 {
		s := make([]byte, blockSize/2+i*blockSize/2)
		s[0], s[len(s)-1] = byte(i), byte(i)
		at = append(at, b.add(s))
	}
	for i, p := range at {
		s := b.at(p)
		if n := blockSize/2 + i*blockSize/2; len(s) < n || s[0] != byte(i) || s[n-1] != byte(i) {
			t.Errorf("string %d came back otherwise", i)
		}
	}
}

func TestHowManyCountChangesNothing(t *testing.T) {
	c := columnsOf(t, generated(500, 6, 3))
	for _, f := range []Filter{{}, {From: opened + 100, To: opened + 250}, {Store: "SKU00007"}, {CohortFrom: opened + 50}} {
		f = f.bound(opened + 500)
		one := c.tallyIn(f, opened+500, 1)
		for _, parts := range []int{2, 3, 7} {
			if d := cmp.Diff(one, c.tallyIn(f, opened+500, parts), cmp.AllowUnexported(tally{}, guestSum{}), cmpopts.EquateEmpty(), cmpopts.EquateErrors()); d != "" {
				t.Errorf("%+v in %d parts: %s", f, parts, d)
			}
		}
	}
}

// BenchmarkLoadTenMillion is the aim of ten million purchases in memory: one
// million members, three lines a purchase. It generates them meanwhile, which
// is about half of its time.
func BenchmarkLoadTenMillion(b *testing.B) {
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		c := columnsOf(b, generated(1_000_000, 10, 1))
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MiB")
		b.ReportMetric(float64(c.Size().Bytes)/(1<<20), "counted-MiB")
		b.ReportMetric(float64(c.Len()), "purchases")
	}
}

// BenchmarkMetrics evaluates the whole registry over a million purchases of a
// hundred thousand members.
func BenchmarkMetrics(b *testing.B) {
	c := columnsOf(b, generated(100_000, 10, 1))
	for b.Loop() {
		c.tally(Filter{From: opened + 100}.bound(opened+500), opened+500).values()
	}
}

// What is remembered of products while all is read leads to the same names,
// under which they are called later too.
func TestProductsAreCalledTheSameHoweverTheyWereRead(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 2))
	var list []Purchase
	words, said := map[Line]int32{}, []Words(nil)
	for range 3000 {
		p := Purchase{Member: memberID(r.IntN(50)), Day: opened + clock.Day(r.IntN(40)), Kept: true}
		for range 1 + r.IntN(3) {
			n := r.IntN(60)
			l := Line{Product: fmt.Sprintf("SKU%d", n), Name: []string{"", "tea", "green tea"}[r.IntN(3)], Category: []string{"", "drink"}[r.IntN(2)]}
			if n == 0 {
				l.Product = ""
			}
			if n%7 > 0 { // of the others it is not known
				if words[l] == 0 {
					said = append(said, l.words())
					words[l] = int32(len(said))
				}
				l.Words = words[l]
			}
			l.Quantity = 1
			p.Lines = append(p.Lines, l)
		}
		list = append(list, p)
	}
	near, far := newColumns(), newColumns()
	end := near.remember()
	handed := 0
	for some := range slices.Chunk(list, 7) {
		far.appendAll(some)
		b := &Batch{List: some}
		for _, p := range some {
			for i, l := range p.Lines {
				if l.Words > 0 {
					p.Lines[i] = Line{Quantity: 1, Words: l.Words}
				}
				if more := int(l.Words) - handed; more > 0 {
					b.Words, handed = append(b.Words, said[handed:l.Words]...), int(l.Words)
				}
			}
		}
		near.number(b)
	}
	end()
	for n, word := range near.products.list {
		m := far.products.find(word)
		if m != n || near.goods.names[n] != far.goods.names[m] || near.goods.categories[n] != far.goods.categories[m] {
			t.Errorf("%q: %d %v %v, by itself %d %v %v", word, n, near.goods.names[n], near.goods.categories[n], m, far.goods.names[m], far.goods.categories[m])
		}
	}
	if len(near.products.list) != 60 || len(far.products.list) != 60 || near.near != nil {
		t.Error(len(near.products.list), len(far.products.list))
	}
}
