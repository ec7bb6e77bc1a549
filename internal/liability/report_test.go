package liability

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"joren/internal/fault"
	"joren/internal/ledger"
)

var (
	saleKey = Key{"regular", ledger.Sale}
	giftKey = Key{"regular", ledger.Gift}
	yen     = Values{"regular": 1}
)

func sold(month Month, k Key, points int64) Move {
	return Move{Month: month, Key: k, Cohort: month, Contra: ledger.Issued, Priced: k.Origin == ledger.Sale, Points: points, Times: 1}
}

func moved(month, cohort Month, k Key, c ledger.Contra, points int64) Move {
	return Move{Month: month, Key: k, Cohort: cohort, Contra: c, Points: points, Times: 1}
}

func hand(k Key, use Share) Basis { return Basis{Key: k, Use: &use} }

// walk closes month after month, each under what is set then.
type walk struct {
	t  *testing.T
	in Input
}

func (w *walk) month(m Month, use Share, moves ...Move) *Statement {
	w.t.Helper()
	if w.in.First == "" {
		w.in.First = m
	}
	w.in.Until, w.in.Bases = m, []Basis{hand(saleKey, use)}
	w.in.Moves = append(w.in.Moves, moves...)
	b, err := Make(w.in)
	if err != nil {
		w.t.Fatal(err)
	}
	s := b.Last()
	kept := *s
	kept.SettledAt = 1
	w.in.Settled = append(w.in.Settled, &kept)
	return s
}

// The standard example walked through the books, a month for a year.
func TestStandardExampleMonthByMonth(t *testing.T) {
	w := walk{t: t, in: Input{Settings: Defaults(), Values: yen, Prices: []Price{{"2026-04", saleKey, "2026-04", 100_000}}}}
	want := []Money{
		{Added: 8_676, Closing: 8_676},
		{Opening: 8_676, Spent: 4_110, Closing: 4_566},
		{Opening: 4_566, Spent: 3_493, Closing: 1_073},
		{Opening: 1_073, Spent: 1_073},
	}
	got := []Money{
		w.month("2026-04", 950_000, sold("2026-04", saleKey, 10_000)).Total(),
		w.month("2026-05", 950_000, moved("2026-05", "2026-04", saleKey, ledger.Redeemed, -4_500)).Total(),
		w.month("2026-06", 970_000, moved("2026-06", "2026-04", saleKey, ledger.Redeemed, -4_000)).Total(),
		w.month("2026-07", 970_000, moved("2026-07", "2026-04", saleKey, ledger.Redeemed, -1_200), moved("2026-07", "2026-04", saleKey, ledger.Expired, -300)).Total(),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// 43,062 through the books, and what a return of half of it takes back.
func TestAReturnTakesItsPartOfTheSaleBack(t *testing.T) {
	w := walk{t: t, in: Input{Settings: Defaults(), Values: yen, Prices: []Price{{"2026-04", saleKey, "2026-04", 1_000_000}}}}
	got := []Money{
		w.month("2026-04", 900_000, sold("2026-04", saleKey, 50_000)).Total(),
		w.month("2026-05", 900_000, moved("2026-05", "2026-04", saleKey, ledger.Reversed, -25_000)).Total(),
		w.month("2026-06", 900_000, moved("2026-06", "2026-04", saleKey, ledger.Redeemed, -22_500)).Total(),
	}
	want := []Money{
		{Added: 43_062, Closing: 43_062},
		{Opening: 43_062, Cancelled: 21_531, Closing: 21_531},
		{Opening: 21_531, Spent: 21_531},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestEachOriginStandsOnItsOwn(t *testing.T) {
	keys := []Key{saleKey, giftKey, {"regular", ledger.Paid}, {"regular", ledger.Migrated}, {"stamp", ledger.Sale}}
	in := Input{First: "2026-04", Until: "2026-05", Settings: Defaults(), Values: yen, Prices: []Price{{"2026-04", saleKey, "2026-04", 100_000}}}
	for _, k := range keys {
		in.Bases = append(in.Bases, hand(k, 800_000))
		in.Moves = append(in.Moves, sold("2026-04", k, 1_000), moved("2026-05", "2026-04", k, ledger.Redeemed, -200), moved("2026-05", "2026-04", k, ledger.Expired, -100))
	}
	in.Moves = append(in.Moves, Move{Month: "2026-05", Key: Key{"regular", ledger.Owed}, Contra: ledger.Reversed, Points: -50})
	b, err := Make(in)
	if err != nil {
		t.Fatal(err)
	}
	got := map[Key]Money{}
	for _, c := range b.Last().Money() {
		got[c.Key] = c.Money
	}
	want := map[Key]Money{
		// 100,000 × 800 / 100,800 = 793.7; of 800 expected 200 are used: 198.5.
		saleKey: {Opening: 794, Spent: 199, Closing: 595},
		// 800 expected at 1 yen; 200 used.
		giftKey:                      {Opening: 800, Spent: 200, Closing: 600},
		{"regular", ledger.Migrated}: {Opening: 800, Spent: 200, Closing: 600},
		// Bought points are owed in full until they lapse.
		{"regular", ledger.Paid}: {Opening: 1_000, Spent: 200, Released: 100, Closing: 700},
		// Points without a value have no money.
		{"stamp", ledger.Sale}: {},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, r := range b.Last().Points {
		if r.Origin == ledger.Owed && (r.Reversed != -50 || r.Closing != -50) {
			t.Errorf("owed: %+v", r)
		}
	}
}

func TestMethodsOfAShop(t *testing.T) {
	in := Input{First: "2026-04", Until: "2026-05", Values: yen, Bases: []Basis{hand(saleKey, 900_000)},
		Prices: []Price{{"2026-04", saleKey, "2026-04", 10_000}},
		Moves:  []Move{sold("2026-04", saleKey, 100), moved("2026-05", "2026-04", saleKey, ledger.Redeemed, -40)}}
	for method, want := range map[Method]Money{
		ContractLiability: {Opening: 89, Spent: 40, Closing: 49}, // 10,000 × 90 / 10,090 = 89.2; 89 × 40 / 90 = 39.6
		Provisioned:       {Opening: 90, Spent: 40, Closing: 50},
		OnUse:             {OnUse: 40},
	} {
		in.Settings = Settings{Sale: method, Gift: Provisioned}
		b, err := Make(in)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, b.Last().Total()); diff != "" {
			t.Errorf("%s: %s", method, diff)
		}
	}
}

// A month that was settled keeps its figures whatever is set or comes later.
func TestASettledMonthStays(t *testing.T) {
	w := walk{t: t, in: Input{Settings: Defaults(), Values: yen, Prices: []Price{{"2026-04", saleKey, "2026-04", 100_000}}}}
	first := w.month("2026-04", 950_000, sold("2026-04", saleKey, 10_000)).Total()
	w.in.Values = Values{"regular": 5}
	w.in.Settings = Settings{Sale: OnUse, Gift: OnUse}
	next := w.month("2026-05", 100_000)
	b, err := Make(w.in)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, b.Months[0].Total()); diff != "" {
		t.Error(diff)
	}
	if m := next.Total(); m.Opening != first.Closing || m.Closing != 0 || m.Released != first.Closing {
		t.Errorf("the month after another method: %+v", m)
	}
	if next.Before[saleKey] != ContractLiability {
		t.Errorf("method before: %v", next.Before)
	}
}

// With no breakage expected, what lapses is earned when it lapses (IFRS 15 B46),
// and not only when the month's last point is gone.
func TestLapsedPointsAreEarnedAsTheyLapseWhereNoneWereExpectedTo(t *testing.T) {
	in := Input{First: "2026-04", Until: "2026-05", Settings: Defaults(), Values: yen, Prices: []Price{{"2026-04", saleKey, "2026-04", 100_000}},
		Moves: []Move{sold("2026-04", saleKey, 10_000), moved("2026-05", "2026-04", saleKey, ledger.Redeemed, -1_000), moved("2026-05", "2026-04", saleKey, ledger.Expired, -4_000)}}
	b, err := Make(in)
	if err != nil {
		t.Fatal(err)
	}
	// 100,000 × 10,000 / 110,000 = 9,090.9; half of the points are used or gone.
	if m := b.Last().Total(); m.Opening != 9_091 || m.Spent != 4_546 || m.Closing != 4_545 {
		t.Errorf("%+v", m)
	}
}

func TestNothingBookedHasNoMonths(t *testing.T) {
	b, err := Make(Input{Settings: Defaults(), Values: yen})
	if err != nil || len(b.Months) != 0 || b.Last() != nil {
		t.Errorf("%v, %v", b.Months, err)
	}
}

// A sale with no price behind it, and points whose use is not expected at all.
func TestSalesWithoutPriceOrUse(t *testing.T) {
	bare := moved("2026-04", "2026-04", saleKey, ledger.Issued, 100) // brought in as earned by a sale elsewhere
	for name, x := range map[string]struct {
		use   Share
		move  Move
		paid  int64
		close int64
	}{
		"no purchase behind":      {900_000, bare, 0, 90},
		"a purchase paid with 0":  {900_000, sold("2026-04", saleKey, 100), 0, 0},
		"no use expected":         {0, sold("2026-04", saleKey, 100), 10_000, 0},
		"a negative price (lost)": {900_000, sold("2026-04", saleKey, 100), -5, 0},
	} {
		b, err := Make(Input{First: "2026-04", Until: "2026-04", Settings: Defaults(), Values: yen, Bases: []Basis{hand(saleKey, x.use)},
			Moves: []Move{x.move}, Prices: []Price{{"2026-04", saleKey, "2026-04", x.paid}}})
		if err != nil {
			t.Fatal(name, err)
		}
		if m := b.Last().Total(); m.Closing != x.close || m.Added != x.close {
			t.Errorf("%s: %+v, want closing %d", name, m, x.close)
		}
	}
}

func TestAPointWorthTooMuchIsRefused(t *testing.T) {
	_, err := Make(Input{First: "2026-04", Until: "2026-04", Settings: Settings{Sale: Provisioned, Gift: Provisioned}, Values: Values{"regular": 1 << 40}, Moves: []Move{sold("2026-04", saleKey, 1<<40)}})
	if !fault.Is(err, "amount.overflow") {
		t.Error(err)
	}
}

// history draws months of random movements that a ledger could have made.
func history(t *rapid.T) Input {
	in := Input{First: "2026-01", Until: "2026-08", Values: yen,
		Settings: Settings{Sale: rapid.SampledFrom(SaleMethods).Draw(t, "sale"), Gift: rapid.SampledFrom(GiftMethods).Draw(t, "gift")}}
	open := map[cohortKey]int64{}
	for m := in.First; m <= in.Until; m = m.Next() {
		for _, o := range Origins {
			k := Key{"regular", o}
			if n := rapid.Int64Range(0, 5_000).Draw(t, "issued"); n > 0 {
				in.Moves = append(in.Moves, sold(m, k, n))
				in.Prices = append(in.Prices, Price{m, k, m, n * 50})
				open[cohortKey{k, m}] += n
			}
			for c := in.First; c <= m; c = c.Next() {
				for _, contra := range []ledger.Contra{ledger.Redeemed, ledger.Expired, ledger.Reversed, ledger.Adjusted} {
					left := open[cohortKey{k, c}]
					if n := min(left, rapid.Int64Range(0, 2_000).Draw(t, string(contra))); n > 0 && rapid.Bool().Draw(t, "moves") {
						in.Moves = append(in.Moves, moved(m, c, k, contra, -n))
						open[cohortKey{k, c}] -= n
					}
				}
			}
		}
		if rapid.Bool().Draw(t, "by hand") {
			in.Bases = []Basis{hand(saleKey, Share(rapid.Int64Range(0, int64(Whole)).Draw(t, "share")))}
		}
	}
	return in
}

func TestEveryMonthRollsForward(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, err := Make(history(t))
		if err != nil {
			t.Fatal(err)
		}
		closing, points := map[Key]int64{}, map[Key]int64{}
		for _, s := range b.Months {
			for _, c := range s.Money() {
				m := c.Money
				if m.Opening != closing[c.Key] {
					t.Fatalf("%s %v opens with %d, the month before closed with %d", s.Month, c.Key, m.Opening, closing[c.Key])
				}
				if m.Opening+m.Added-m.Spent-m.Cancelled-m.Released != m.Closing || m.Closing < 0 {
					t.Fatalf("%s %v does not add up: %+v", s.Month, c.Key, m)
				}
				closing[c.Key] = m.Closing
			}
			for _, r := range s.Points {
				if r.Opening != points[r.Key] || r.Opening+r.Issued+r.Redeemed+r.Expired+r.Reversed+r.Adjusted+r.Transferred != r.Closing {
					t.Fatalf("%s %v: %+v after %d", s.Month, r.Key, r, points[r.Key])
				}
				points[r.Key] = r.Closing
				if open := closing[r.Key]; r.Closing == 0 && open != 0 {
					t.Fatalf("%s %v: no points are left, %d is carried", s.Month, r.Key, open)
				}
			}
			for _, w := range s.Worths {
				if w.Expected < w.Used() || w.Expected > w.Used()+w.Open() {
					t.Fatalf("%s: expected %d of used %d and open %d", s.Month, w.Expected, w.Used(), w.Open())
				}
			}
		}
	})
}
