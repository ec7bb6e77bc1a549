package insight

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// A series of months, counted in one pass, says what every month says alone.
func TestMonthsSayWhatEachOfThemSaysAlone(t *testing.T) {
	c, today := lively(7), opened+400
	b := &Board{Store: &Store{c: c}}
	told := 0
	rapid.Check(t, func(t *rapid.T) {
		f := drawFilter(t, c).bound(today)
		list, err := b.countMonths(f, today, 14)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range list {
			g := f
			g.From, g.To = x.From, x.To
			alone := c.tally(g, today)
			for _, v := range x.Values {
				if want := v.Metric.value(v.Metric.of(alone)); !reflect.DeepEqual(bare(v), bare(want)) {
					t.Fatalf("%s of %s under %+v is %+v, alone %+v", v.Metric.ID, x.From, f, v, want)
				}
				told++
			}
		}
	})
	if told < 100 {
		t.Errorf("only %d figures were compared", told)
	}
}

// bare is a value without its metric, which holds a function.
func bare(v Value) Value {
	v.Metric = nil
	return v
}

// Into how many parts the people are divided changes nothing.
func TestPartsChangeNothing(t *testing.T) {
	c, today := lively(8), opened+400
	rapid.Check(t, func(t *rapid.T) {
		f, parts := drawFilter(t, c).bound(today), rapid.IntRange(2, 7).Draw(t, "parts")
		ch := c.chooser(f)
		for _, who := range append(slices.Clone(Whos), "") {
			whole := c.buyersBetween(&ch, who, 0, len(c.people.id))
			if got := slices.Concat(inParts(c, parts, func(from, to int) []buyer { return c.buyersBetween(&ch, who, from, to) })...); !slices.Equal(got, whole) {
				t.Fatalf("%v, not %v", got, whole)
			}
		}
		one, chosen := c.heads(f), make([]bool, len(c.people.id))
		one.between(&ch, chosen, 0, len(chosen))
		again := make([]bool, len(chosen))
		all := inParts(c, parts, func(from, to int) *heads { h := c.heads(f); h.between(&ch, again, from, to); return h })
		for _, o := range all[1:] {
			all[0].join(o)
		}
		if !reflect.DeepEqual(all[0], one) || !slices.Equal(chosen, again) {
			t.Fatalf("%+v, not %+v", all[0], one)
		}
	})
}

// A page of a long list is that of the list in its whole order.
func TestTheForemostAreThoseOfTheWholeOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		list := make([]ranked, r.IntN(400))
		for i := range list {
			list[i] = ranked{buyer: buyer{n: int32(i)}, key: float64(r.IntN(20))}
		}
		r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		whole, n := slices.SortedFunc(slices.Values(list), ranked.before), r.IntN(60)
		if got := foremost(list, n); !slices.Equal(got, whole[:min(n, len(whole))]) {
			t.Fatalf("the first %d of %d are %v", n, len(whole), got)
		}
	}
}
