package intake

import (
	"fmt"
	"reflect"
	"runtime"
	"testing"

	"joren/internal/clock"
	"joren/internal/purchase"
)

// shuffled writes drafts in runs, the later ones of them first, and gives what
// was written.
func shuffled(t *testing.T, s *spool, runs, each int) (all map[string]*draft) {
	t.Helper()
	all = map[string]*draft{}
	for r := range runs {
		for i := range each {
			n := i*runs + runs - r // every run reaches from the beginning to the end
			d := &draft{Kind: KindSale, Row: n, At: clock.Instant(n), Number: fmt.Sprint("n", n), Person: Person{ID: fmt.Sprint("p", n%7)},
				Lines: []purchase.Line{{No: 1, Name: "thing", Quantity: 2, Amount: int64(n)}}}
			if n%3 == 0 {
				d.Tax = map[purchase.Rate]int64{purchase.NewRate(100_000): int64(n)}
			}
			if err := s.add(d); err != nil {
				t.Fatal(err)
			}
			all[d.Number] = d
		}
		if err := s.flush(); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func TestWhatWasSortedOnDiskComesBackWholeAndInOrder(t *testing.T) {
	s := &spool{dir: t.TempDir(), before: byTime}
	defer s.close()
	all := shuffled(t, s, 9, 50)
	last, seen := clock.Instant(0), 0
	err := s.sorted(func(d *draft) error {
		if d.At <= last || !reflect.DeepEqual(d, all[d.Number]) {
			t.Errorf("after %d: %+v, want %+v", last, d, all[d.Number])
		}
		last, seen = d.At, seen+1
		return nil
	})
	if err != nil || seen != len(all) {
		t.Errorf("%d of %d came back: %v", seen, len(all), err)
	}
}

// Merging many runs takes little more memory than merging a few: a file of
// ten times the length has ten times the runs.
func TestARunOnDiskTakesNextToNoMemory(t *testing.T) {
	merging := func(runs int) (bytes int64) {
		s := &spool{dir: t.TempDir(), before: byTime}
		defer s.close()
		shuffled(t, s, runs, 20)
		var before, during runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		n := 0
		if err := s.sorted(func(*draft) error {
			if n++; n == runs {
				runtime.GC()
				runtime.ReadMemStats(&during)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return int64(during.HeapAlloc) - int64(before.HeapAlloc)
	}
	few, many := merging(6), merging(66)
	t.Logf("%d bytes for 6 runs, %d for 66", few, many)
	if each := (many - few) / 60; each > 6_000 {
		t.Errorf("%d bytes for each run more", each)
	}
}
