package tier

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/rules"
)

func write(t testing.TB, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

// record does what the lane does with one event and gives the facts it was
// judged by.
func record(t testing.TB, d *db.DB, r *Rules, m ident.ID, joined clock.Day, e Event) (tier string, metric int64, moved []Moved) {
	t.Helper()
	write(t, d, func(tx *db.Tx) error {
		f := &rules.Facts{Member: rules.MemberFacts{JoinedOn: joined}}
		cards, err := FillFacts(tx, r, []*rules.Ask{{Member: m, At: e.At, Day: e.On, Facts: f}})
		if err != nil {
			return err
		}
		tier, metric = f.Member.Tier, f.Stats.TierMetric
		cards[0].Add(ident.New(), e)
		moved, err = Save(tx, r, cards)
		return err
	})
	return tier, metric, moved
}

func TestAPurchaseNeverBenefitsFromTheRankItReaches(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		m, joined := ident.New(), day("2026-04-01")
		if tier, metric, moved := record(t, d, cafe(), m, joined, buy("2026-06-10", 31000)); tier != "bronze" || metric != 0 || len(moved) != 1 || moved[0].To != "silver" || !moved[0].Up {
			t.Errorf("%s %d %+v", tier, metric, moved)
		}
		if tier, metric, moved := record(t, d, cafe(), m, joined, buy("2026-06-11", 100)); tier != "silver" || metric != 31000 || moved != nil {
			t.Errorf("%s %d %+v", tier, metric, moved)
		}
		// late: judged by what was before it
		if tier, metric, _ := record(t, d, cafe(), m, joined, buy("2026-06-09", 500)); tier != "bronze" || metric != 0 {
			t.Errorf("%s %d", tier, metric)
		}
		if tier, metric, _ := record(t, d, cafe(), m, joined, buy("2026-06-12", 500)); tier != "silver" || metric != 31600 {
			t.Errorf("%s %d", tier, metric)
		}
	})
}

func TestTheDayTurnWritesDownWhatIsDue(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		r, m, joined := cafe(), ident.New(), day("2026-04-01")
		idle := ident.New()
		record(t, d, r, m, joined, buy("2026-06-10", 60000))
		record(t, d, r, idle, joined, buy("2026-06-10", 100))
		due := func(on string) (list []ident.ID) {
			write(t, d, func(tx *db.Tx) (err error) { list, err = Due(tx, day(on)); return err })
			return list
		}
		if l := due("2027-04-30"); len(l) != 0 {
			t.Errorf("%d due in grace", len(l))
		}
		if l := due("2027-05-01"); len(l) != 1 || l[0] != m {
			t.Fatalf("%d due after grace", len(l))
		}
		turn := func(on string) (moved []Moved) {
			write(t, d, func(tx *db.Tx) (err error) {
				moved, err = Turn(tx, r, []ident.ID{m}, []clock.Day{joined}, at(day(on), 0), day(on))
				return err
			})
			return moved
		}
		want := []Moved{{m, Change{day("2027-05-01"), "gold", "bronze", Expired}, false}}
		if diff := cmp.Diff(want, turn("2027-05-03")); diff != "" { // late by two days
			t.Error(diff)
		}
		if again := turn("2027-05-03"); again != nil {
			t.Errorf("run twice: %+v", again)
		}
		if l := due("2030-01-01"); len(l) != 0 {
			t.Errorf("%d still due", len(l))
		}
		write(t, d, func(tx *db.Tx) error {
			list, err := Changes(tx, m)
			if len(list) != 2 || list[0].To != "gold" || list[1].To != "bronze" || list[1].On != day("2027-05-01") {
				t.Errorf("%+v", list)
			}
			mix, err2 := Mix(tx)
			if diff := cmp.Diff(map[string]int64{"bronze": 2}, mix); diff != "" || err2 != nil {
				t.Error(diff, err2)
			}
			return err
		})
	})
}

func TestAManualRankHasAReasonAndAnEndAndIsNeverSilent(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		r, m, joined := cafe(), ident.New(), day("2026-04-01")
		g := Grant{ID: ident.New(), Member: m, Level: "gold", From: day("2026-05-01"), Until: day("2026-05-31"), Reason: "お詫び", RecordedAt: 5}
		for code, change := range map[string]func(*Grant){
			"tier.unknown": func(g *Grant) { g.Level = "platinum" }, "tier.dates": func(g *Grant) { g.Until = g.From - 1 }, "tier.reason_required": func(g *Grant) { g.Reason = "" },
		} {
			bad := g
			change(&bad)
			if err := d.Write(t.Context(), func(tx *db.Tx) error { return Give(tx, r, []Grant{bad}) }); !fault.Is(err, code) {
				t.Errorf("%v, want %s", err, code)
			}
		}
		var moved []Moved
		turn := func(on string) {
			write(t, d, func(tx *db.Tx) error {
				x, err := Turn(tx, r, []ident.ID{m}, []clock.Day{joined}, at(day(on), 0), day(on))
				moved = append(moved, x...)
				return err
			})
		}
		write(t, d, func(tx *db.Tx) error { return Give(tx, r, []Grant{g}) })
		turn("2026-05-01")
		if tier, _, _ := record(t, d, r, m, joined, buy("2026-05-20", 30000)); tier != "gold" {
			t.Errorf("%s in May", tier)
		}
		write(t, d, func(tx *db.Tx) error {
			l, err := Due(tx, day("2026-06-01"))
			if len(l) != 1 {
				t.Errorf("%d due when it ends", len(l))
			}
			return err
		})
		turn("2026-06-01")
		want := []Moved{{m, Change{day("2026-05-01"), "bronze", "gold", Given}, true}, {m, Change{day("2026-06-01"), "gold", "silver", Ended}, false}}
		if diff := cmp.Diff(want, moved); diff != "" {
			t.Error(diff)
		}
	})
}

// Stored and stepwise, in any order of arrival, it is the pure function.
func TestWhatIsStoredIsThePureFunctionOfWhatIsRecorded(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		windows := []Window{{Kind: Lifetime}, {Kind: Calendar, Months: 3, StartMonth: time.April}, {Kind: Calendar, Months: 6, StartMonth: time.April}, {Kind: Rolling, Months: 6}, {Kind: Rolling, Days: 90}, {Kind: Anniversary}}
		rng := rand.New(rand.NewPCG(7, 11))
		late, returns := 0, 0
		for round := range 36 {
			r := cafe()
			r.Window, r.Downgrade, r.NextPeriod, r.LossAtOnce = windows[round%6], Downgrade(rng.IntN(3)), rng.IntN(2) == 0, rng.IntN(2) == 0
			r.Grace = []int{0, 14}[rng.IntN(2)]
			r.Evaluation.Kind = EvaluationKind(rng.IntN(2))
			m, joined := ident.New(), epoch
			var known []Event
			now := epoch
			for i := range 14 {
				now += clock.Day(rng.IntN(70))
				e := Event{At: at(now, 8) + clock.Instant(i), On: now, Day: now, Delta: Amounts{NetSpend: []int64{1000, 24000, 30000}[rng.IntN(3)], Orders: 1}}
				switch k := rng.IntN(6); {
				case k == 0 && now > epoch+40: // late
					late++
					e.On -= clock.Day(rng.IntN(40))
					e.Day, e.At = e.On, at(e.On, 8)+clock.Instant(i)
				case k == 1 && len(known) > 0 && known[0].Delta[Orders] == 1: // all of an earlier one comes back
					returns++
					p := known[rng.IntN(len(known))]
					e.Day, e.Delta = p.Day, Amounts{NetSpend: -500}
				case k == 2: // the day turn runs
					write(t, d, func(tx *db.Tx) error {
						_, err := Turn(tx, r, []ident.ID{m}, []clock.Day{joined}, at(now, 0), now)
						return err
					})
				}
				var before []Event
				for _, x := range known {
					if x.At <= e.At {
						before = append(before, x)
					}
				}
				want := At(r, History{Joined: joined, Events: before}, e.At, e.On)
				tier, metric, _ := record(t, d, r, m, joined, e)
				if tier != want.Current || metric != want.Metric {
					t.Fatalf("round %d, event %d of %+v: judged as %s with %d, want %s with %d", round, i, r.Window, tier, metric, want.Current, want.Metric)
				}
				at, _ := slices.BinarySearchFunc(known, e, func(a, b Event) int {
					if a.At <= b.At {
						return -1
					}
					return 1
				})
				known = slices.Insert(known, at, e)
			}
			write(t, d, func(tx *db.Tx) error {
				h, err := Of(tx, m, joined)
				if diff := cmp.Diff(known, h.Events); diff != "" {
					t.Error(diff)
				}
				f := &rules.Facts{Member: rules.MemberFacts{JoinedOn: joined}}
				end := now + 30
				cards, err2 := FillFacts(tx, r, []*rules.Ask{{Member: m, At: at(end, 12), Day: end, Facts: f}})
				if err2 != nil {
					return err2
				}
				if diff := cmp.Diff(At(r, h, at(end, 12), end), cards[0].Standing()); diff != "" {
					t.Errorf("round %d %+v: %s", round, r, diff)
				}
				return err
			})
		}
		if late == 0 || returns == 0 {
			t.Error("the generator made no late event or no return")
		}
	})
}

func TestOtherRulesRunTheHistoryAfresh(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		old, m, joined := cafe(), ident.New(), day("2026-04-01")
		record(t, d, old, m, joined, buy("2026-06-10", 31000))
		harder := cafe()
		harder.Levels = []Level{{ID: "bronze", Enter: []int64{0}}, {ID: "silver", Enter: []int64{90000}, Keep: []int64{24000}}}
		harder.Since, harder.Before = day("2026-10-01"), old
		if tier, _, _ := record(t, d, harder, m, joined, buy("2026-09-30", 100)); tier != "silver" {
			t.Errorf("%s before the new version", tier)
		}
		if tier, _, _ := record(t, d, harder, m, joined, buy("2026-10-02", 24000)); tier != "silver" {
			t.Errorf("%s: a new version takes nothing away", tier)
		}
	})
}

func BenchmarkHotPath512(b *testing.B) {
	dbtest.Bench(b, func(b *testing.B, d *db.DB) {
		r := cafe()
		members := make([]ident.ID, 512)
		for i := range members {
			members[i] = ident.New()
		}
		now, n := epoch, 0
		for b.Loop() {
			now++
			write(b, d, func(tx *db.Tx) error {
				asks := make([]*rules.Ask, len(members))
				for i, m := range members {
					asks[i] = &rules.Ask{Member: m, At: at(now, 8), Day: now, Facts: &rules.Facts{Member: rules.MemberFacts{JoinedOn: epoch}}}
				}
				cards, err := FillFacts(tx, r, asks)
				if err != nil {
					return err
				}
				for _, c := range cards {
					c.Add(ident.New(), Event{At: at(now, 8), On: now, Day: now, Delta: Amounts{NetSpend: 500, Orders: 1}})
				}
				_, err = Save(tx, r, cards)
				return err
			})
			n += len(members)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n)/1000, "µs/purchase")
	})
}

// EXAMPLES §4: the rank in the answer to return R-881.
func TestTheAnswerToAReturnShowsTheRankAfterIt(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		r, m, joined := cafe(), ident.New(), day("2026-04-01")
		for _, e := range []Event{buy("2026-06-10", 31000), buy("2026-10-20", 18400), buy("2026-11-15", 5250)} {
			record(t, d, r, m, joined, e)
		}
		for _, deep := range []bool{false, true} {
			write(t, d, func(tx *db.Tx) error {
				e := back("2026-11-18", "2026-11-15", 1377, false)
				cards, err := FillFacts(tx, r, []*rules.Ask{{Member: m, At: e.At, Day: e.On, Facts: &rules.Facts{Member: rules.MemberFacts{JoinedOn: joined}}}})
				if err != nil {
					return err
				}
				if deep {
					if err := Deepen(tx, r, cards); err != nil {
						return err
					}
				}
				cards[0].Add(ident.New(), e)
				before := cards[0].Standing()
				if before.Metric != 22273 || before.ToKeep != 1727 || before.ToNext != 37727 || before.Current != "silver" {
					t.Errorf("deep %v: %+v", deep, before)
				}
				if !deep {
					return nil // a preview: nothing is saved
				}
				if _, err := Save(tx, r, cards); err != nil {
					return err
				}
				if diff := cmp.Diff(before, cards[0].Standing()); diff != "" {
					t.Errorf("saved: %s", diff)
				}
				return nil
			})
		}
	})
}

// A rank's own list: in order of joining both ways, by day of joining, told of
// each change of rank.
func TestTheListOfARankGoesBothWaysAndFollowsEachChange(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		r := cafe()
		joined := []clock.Day{day("2026-04-03"), day("2026-04-01"), day("2026-04-02"), day("2026-04-02")}
		ms := make([]ident.ID, len(joined))
		for i := range ms {
			ms[i] = ident.New()
			record(t, d, r, ms[i], joined[i], buy("2026-06-10", 31000))
		}
		list := func(w Walk) (out []int) {
			t.Helper()
			write(t, d, func(tx *db.Tx) error {
				places, err := Holders(tx, w)
				for _, p := range places {
					i := slices.Index(ms, p.Member)
					if out = append(out, i); p.JoinedOn != joined[i] {
						t.Errorf("member %d joined on %s, listed by %s", i, joined[i], p.JoinedOn)
					}
				}
				return err
			})
			return out
		}
		at := func(i int) Place { return Place{joined[i], ms[i]} }
		for _, c := range []struct {
			w    Walk
			want []int
		}{
			{Walk{}, []int{0, 3, 2, 1}}, {Walk{Oldest: true}, []int{1, 2, 3, 0}}, {Walk{Limit: 2}, []int{0, 3}}, {Walk{From: at(3), Limit: 1}, []int{2}},
			{Walk{From: at(3), Oldest: true}, []int{0}}, {Walk{JoinedFrom: joined[2], JoinedTo: joined[2]}, []int{3, 2}}, {Walk{From: at(1)}, nil},
		} {
			c.w.Level = "silver"
			if c.w.Limit == 0 {
				c.w.Limit = 9
			}
			if diff := cmp.Diff(c.want, list(c.w)); diff != "" {
				t.Errorf("%+v:\n%s", c.w, diff)
			}
		}
		record(t, d, r, ms[2], joined[2], buy("2026-06-11", 31000)) // gold
		write(t, d, func(tx *db.Tx) error {
			if err := Give(tx, r, []Grant{{ID: ident.New(), Member: ms[0], Level: "gold", From: day("2026-06-01"), Until: day("2026-12-31"), Reason: "apology", RecordedAt: tx.Now}}); err != nil {
				return err
			}
			_, err := Turn(tx, r, ms[:1], joined[:1], 0, day("2026-06-12"))
			return err
		})
		if diff := cmp.Diff([][]int{{3, 1}, {0, 2}}, [][]int{list(Walk{Level: "silver", Limit: 9}), list(Walk{Level: "gold", Limit: 9})}); diff != "" {
			t.Error(diff)
		}
	})
}
