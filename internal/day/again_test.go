package day

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
	"joren/internal/ledger"
)

// spring is a story up to 20 March whose dues fall due by 20 July: activation,
// expiry, gifts by date and rank, a demotion, reminders and old debt.
func spring(s *shop) {
	a, b, c := s.enrol("2026-01-01", "1990-04-10", "2010-05-05"), s.enrol("2026-01-01", "1988-02-29"), s.enrol("2026-01-01", "")
	s.turnInto("2026-01-02")
	for i, x := range []struct {
		m    ident.ID
		when string
		yen  int64
	}{{a, "2026-01-05 10:00", 40000}, {b, "2026-01-09 10:00", 12345}, {a, "2026-02-14 18:30", 3300}, {c, "2026-03-01 12:00", 35000}, {b, "2026-03-15 09:00", 20000}} {
		s.turnInto(x.when[:10])
		s.at(x.when)
		s.buys(x.m, x.yen)
		if i == 2 {
			s.spends(b, 900)
		}
	}
	s.turnInto("2026-03-20")
}

// summer is the last day of the story.
const summer = "2026-10-20"

// plain is the story with each day turned on time.
func plain(t *testing.T, e db.Engine) *shop {
	s := newShop(t, e)
	spring(s)
	for d := clock.MustDay("2026-03-21"); d <= clock.MustDay(summer); d++ {
		s.turnInto(d.String())
	}
	return s
}

// plainRows keeps what the plain story writes on an engine.
var plainRows = map[db.Engine]string{}

// other runs the story otherwise and compares every row.
func other(t *testing.T, turn func(t *testing.T, s *shop)) {
	for _, e := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(string(e), func(t *testing.T) {
			want := plainRows[e]
			if want == "" {
				want = plain(t, e).rows()
				plainRows[e] = want
			}
			s := newShop(t, e)
			spring(s)
			s.at(summer + " 00:00")
			turn(t, s)
			if diff := cmp.Diff(want, s.rows()); diff != "" {
				t.Errorf("rows differ: %s", diff)
			}
			s.sound()
		})
	}
}

func TestTheStoryHasEverythingATurnDoes(t *testing.T) {
	s := plain(t, db.SQLite)
	for kind, want := range map[string]int{"tier.changed.v1": 5, "tier.ending.v1": 2, "points.expiring.v1": 6} {
		if got := len(s.events(kind)); got < want {
			t.Errorf("%d of %s, want at least %d", got, kind, want)
		}
	}
	for _, kind := range []string{"birthday", "anniversary"} {
		if s.gifts(kind) == 0 {
			t.Errorf("no gift for %s", kind)
		}
	}
	for _, kind := range []ledger.Kind{ledger.Activate, ledger.Expire, ledger.WriteOff} {
		if n := look(s, func(tx *db.Tx) (int64, error) {
			return db.One(tx, nil, db.Value[int64], `SELECT COUNT(*) FROM ledger_entry WHERE kind = $1`, string(kind))
		}); n == 0 {
			t.Errorf("no %s", kind)
		}
	}
}

func TestTurningLateWritesTheSameRows(t *testing.T) {
	other(t, func(t *testing.T, s *shop) { s.turnInto(summer) })
}

func TestTurningTwiceWritesNothingMore(t *testing.T) {
	other(t, func(t *testing.T, s *shop) {
		for range 3 {
			s.turnInto("2026-05-01")
			s.turnInto(summer)
		}
	})
}

func TestATurnBrokenOffAnywhereGoesOnWhereItWas(t *testing.T) {
	other(t, func(t *testing.T, s *shop) {
		s.part = 1 // every thing its own transaction
		var n, next atomic.Int64
		crash := errors.New("crash")
		next.Store(7)
		s.hit = func(point string) error {
			if n.Add(1) == next.Load() {
				return crash
			}
			return nil
		}
		broken := 0
		for err := crash; err != nil; broken++ {
			if broken > 1000 {
				t.Fatal(err)
			}
			n.Store(0)
			next.Add(8)
			s.ahead += 2 * lease // the lease of what was broken off runs out
			err = s.Turn(t.Context(), clock.MustDay(summer))
		}
		s.hit = nil
		if broken < 20 {
			t.Errorf("it was broken off %d times only", broken)
		}
	})
}

func TestATurnThatIsCancelledGoesOnWhereItWas(t *testing.T) {
	other(t, func(t *testing.T, s *shop) {
		s.part = 1
		for wait := time.Millisecond; ; wait *= 2 {
			ctx, cancel := context.WithTimeout(t.Context(), wait)
			err := s.Turn(ctx, clock.MustDay(summer))
			cancel()
			if err == nil {
				return
			}
			s.ahead += 2 * lease
		}
	})
}

func TestTwoNodesThatTurnAtOnceWriteTheSameRows(t *testing.T) {
	other(t, func(t *testing.T, s *shop) {
		var wg sync.WaitGroup
		for i := range 3 {
			node := s.Turner
			if i > 0 {
				node = s.turner()
			}
			if i != 1 {
				node.part = 1
			}
			wg.Go(func() {
				if err := node.Turn(t.Context(), clock.MustDay(summer)); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	})
}

func TestANodeThatLostItsLeaseWritesNothing(t *testing.T) {
	shops(t, func(t *testing.T, s *shop) {
		var old state
		s.write(func(tx *db.Tx) (err error) { old, _, err = claim(tx, ident.New()); return err })
		s.ahead += 2 * lease
		s.write(func(tx *db.Tx) error {
			_, mine, err := claim(tx, ident.New())
			if !mine {
				t.Error("a lease that ran out was kept")
			}
			return err
		})
		if err := s.db.Write(t.Context(), func(tx *db.Tx) error { return old.advance(tx) }); err == nil {
			t.Error("the fence let an old node through")
		}
	})
}

func TestADayThatHasNotBegunIsNotTurned(t *testing.T) {
	shops(t, func(t *testing.T, s *shop) {
		s.at("2026-02-01 12:00")
		if err := s.Turn(t.Context(), clock.MustDay("2026-02-02")); err == nil {
			t.Error("tomorrow was turned")
		}
		s.must(s.Through(t.Context(), clock.MustDay("2027-01-01")))
		if d := look(s, Finished); d != clock.MustDay("2026-02-01") {
			t.Errorf("through a year ahead it came to %s", d)
		}
	})
}

// Two shops live the same days, one turns some of them, the other none.
func TestNoBalanceNeedsATurn(t *testing.T) {
	turned, left := newShop(t, db.SQLite), newShop(t, db.SQLite)
	both := []*shop{turned, left}
	day := clock.MustDay("2026-01-02")
	rapid.Check(t, func(rt *rapid.T) {
		var m [2]ident.ID
		for i, s := range both {
			s.t = t
			m[i] = s.enrol(day.String(), "")
		}
		var asked []string
		for range rapid.IntRange(1, 8).Draw(rt, "steps") {
			day += clock.Day(rapid.IntRange(0, 45).Draw(rt, "days"))
			when := day.String() + " 12:00"
			if turned.now >= jst(when) {
				when = turned.now.Add(9*time.Hour + time.Minute).Time().Format("2006-01-02 15:04")
			}
			what, n := rapid.IntRange(0, 2).Draw(rt, "what"), rapid.Int64Range(1, 300).Draw(rt, "points")
			if rapid.Bool().Draw(rt, "turned") {
				turned.at(when)
				turned.must(turned.Turn(t.Context(), day))
			}
			for i, s := range both {
				s.at(when)
				switch what {
				case 0, 1:
					s.buys(m[i], n*100)
				case 2:
					s.spends(m[i], n)
				}
			}
			asked = append(asked, when, (day+8).String()+" 00:00", (day+40).String()+" 00:00", (day+130).String()+" 00:00")
		}
		if rapid.Bool().Draw(rt, "last") {
			turned.must(turned.Turn(t.Context(), day))
		}
		for _, when := range asked {
			for _, typ := range []string{"regular", "stamp"} {
				if a, b := turned.balance(m[0], typ, when), left.balance(m[1], typ, when); a != b {
					rt.Fatalf("%s of %s: turned %+v, not turned %+v", when, typ, a, b)
				}
			}
		}
		day++
	})
	turned.sound()
	left.sound()
}
