package liability

import (
	"math"
	"testing"

	"joren/internal/fault"
	"joren/internal/ledger"
)

// shopOf plays months of a shop: each month's points are used at given rates
// by age and lapse after the last one. Uses are counted in tens of points.
func shopOf(months int, points int64, used ...int64) (moves []Move, until Month) {
	m := Month("2024-01")
	for range months {
		moves = append(moves, sold(m, saleKey, points))
		until = m
		m = m.Next()
	}
	for cohort := Month("2024-01"); cohort <= until; cohort = cohort.Next() {
		left, at := points, cohort
		for _, n := range used {
			if at <= until && n > 0 {
				x := moved(at, cohort, saleKey, ledger.Redeemed, -n)
				x.Times = n / 10
				moves = append(moves, x)
			}
			left -= n
			at = at.Next()
		}
		if at <= until {
			moves = append(moves, moved(at, cohort, saleKey, ledger.Expired, -left))
		}
	}
	return moves, until
}

func TestTheShareOfASteadyShopIsLearned(t *testing.T) {
	moves, until := shopOf(12, 1_000, 0, 300, 200, 100)
	e := Learn(moves, saleKey, until)
	if e.Missing != nil {
		t.Fatal(e.Missing)
	}
	if e.Share != 600_000 || e.Low > e.Share || e.High < e.Share {
		t.Errorf("share %d (%d to %d), want 600,000", e.Share, e.Low, e.High)
	}
	if e.RunOut != 8 || e.Cohorts != 12 {
		t.Errorf("%d of %d cohorts have run out, want 8 of 12", e.RunOut, e.Cohorts)
	}
	for m, n := range e.Unused {
		if n != 400 {
			t.Errorf("%s: %d unused in the end, want 400", m, n)
		}
	}
}

func TestTheIntervalIsWiderWhereMonthsDiffer(t *testing.T) {
	steady, until := shopOf(12, 1_000, 0, 300, 200, 100)
	uneven := append([]Move(nil), steady...)
	for i := range uneven {
		if uneven[i].Contra == ledger.Redeemed && uneven[i].Cohort.Since("2024-01")%2 == 0 {
			uneven[i].Points += 90
		}
		if uneven[i].Contra == ledger.Expired && uneven[i].Cohort.Since("2024-01")%2 == 0 {
			uneven[i].Points -= 270
		}
	}
	a, b := Learn(steady, saleKey, until), Learn(uneven, saleKey, until)
	if b.High-b.Low <= a.High-a.Low || b.Low >= b.Share || b.High <= b.Share {
		t.Errorf("steady %d to %d, uneven %d to %d around %d", a.Low, a.High, b.Low, b.High, b.Share)
	}
}

// All points are used: the share is 100 %, without a division by nothing.
func TestPointsThatAreAllUsed(t *testing.T) {
	moves, until := shopOf(6, 1_000, 600, 400)
	if e := Learn(moves, saleKey, until); e.Missing != nil || e.Share != Whole {
		t.Errorf("%+v", e)
	}
}

func TestWhatIsNotEnoughIsSaid(t *testing.T) {
	old, until := shopOf(12, 1_000, 0, 300, 200, 100)
	young, soon := shopOf(2, 1_000, 300, 100)
	unused, end := shopOf(12, 1_000, 0, 0)
	few, last := shopOf(12, 100, 10)
	for name, x := range map[string]struct {
		moves []Move
		key   Key
		until Month
		code  string
	}{
		"no points":                     {nil, saleKey, until, "liability.none_issued"},
		"none of this origin":           {old, giftKey, until, "liability.none_issued"},
		"all expired, nothing was used": {unused, saleKey, end, "liability.never_used"},
		"a dozen uses":                  {few, saleKey, last, "liability.few_uses"},
		"two months old":                {young, saleKey, soon, "liability.none_run_out"},
		"none has run its life yet":     {old, saleKey, "2024-02", "liability.none_run_out"},
	} {
		e := Learn(x.moves, x.key, x.until)
		if !fault.Is(e.Missing, x.code) || e.Share != 0 || e.Unused != nil {
			t.Errorf("%s: %v, share %d; want %s", name, e.Missing, e.Share, x.code)
		}
	}
}

// Fewer than three months cannot be compared, though one has run its life.
func TestTwoMonthsCannotBeCompared(t *testing.T) {
	moves, until := shopOf(2, 1_000, 800)
	e := Learn(moves, saleKey, until)
	if !fault.Is(e.Missing, "stats.few_cohorts") {
		t.Errorf("%v", e.Missing)
	}
}

// What was missing when a month was settled is told with its figures later.
func TestWhatWasMissingIsKeptWithItsFigures(t *testing.T) {
	for _, f := range []*fault.Fault{
		fault.New(fault.NotFound, "liability.few_uses", "have", int64(math.MaxInt64), "need", int64(30)),
		fault.New(fault.NotFound, "liability.never_used", "points", int64(12)),
		fault.New(fault.NotFound, "liability.none_issued"),
		fault.New(fault.NotFound, "stats.few_cohorts", "have", int64(2), "need", int64(3)),
	} {
		s := writeMissing(f)
		got := fault.Of(readMissing(s))
		if len(s) > 64 || got.Code != f.Code || len(got.Args) != len(f.Args) {
			t.Errorf("%q of %v", s, f)
		}
		for k, v := range f.Args {
			if got.Args[k] != v {
				t.Errorf("%s: %v, want %v", k, got.Args[k], v)
			}
		}
	}
}
