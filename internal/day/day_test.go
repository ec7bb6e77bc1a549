package day

import (
	"context"
	_ "embed"
	"fmt"
	"testing"
	"time"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/ident"
	"joren/internal/jobs"
	"joren/internal/lane"
	"joren/internal/ledger"
	"joren/internal/member"
	"joren/internal/outbox"
	"joren/internal/programme"
	"joren/internal/rules"
	"joren/internal/sign"
	"joren/internal/tier"
)

//go:embed testdata/year.yaml
var yearDocument []byte

// shop is a shop with the programme above on a clock the test sets.
type shop struct {
	*Turner
	t     testing.TB
	db    *db.DB
	now   clock.Instant
	ahead time.Duration            // wall time is ahead by this
	hit   func(point string) error // as dbtest.WithInject
}

func (s *shop) clock() clock.Clock {
	tick := func() clock.Instant { return s.now }
	return clock.Clock{Shop: tick, Wall: func() clock.Instant { return s.now.Add(s.ahead) }}
}

// shops runs a test on both engines.
func shops(t *testing.T, fn func(t *testing.T, s *shop)) {
	t.Helper()
	for _, e := range []db.Engine{db.SQLite, db.Postgres} {
		t.Run(string(e), func(t *testing.T) { fn(t, newShop(t, e)) })
	}
}

func newShop(t testing.TB, e db.Engine) *shop {
	t.Helper()
	s := &shop{t: t, now: jst("2026-01-01 00:00")}
	s.db = dbtest.Open(t, dbtest.URL(t, e), dbtest.WithClock(s.clock()), dbtest.WithInject(func(point string) error {
		if s.hit == nil {
			return nil
		}
		return s.hit(point)
	}))
	s.write(func(tx *db.Tx) error {
		_, err := programme.Publish(tx, yearDocument, programme.Order{})
		return err
	})
	s.Turner = s.turner()
	return s
}

// turner is another node's turner on the same database.
func (s *shop) turner() *Turner {
	members, programmes := member.New(ring), &programme.Cache{}
	l := lane.New(s.db, members, programmes)
	s.t.Cleanup(l.Close)
	return New(s.db, l, members, programmes)
}

var ring = sign.New()

func jst(s string) clock.Instant {
	return clock.MustInstant(s[:10] + "T" + s[11:] + ":00+09:00")
}

func (s *shop) at(when string) { s.now = jst(when) }

func (s *shop) write(fn func(*db.Tx) error) {
	s.t.Helper()
	if err := s.db.Write(context.Background(), fn); err != nil {
		s.t.Fatal(err)
	}
}

func look[T any](s *shop, fn func(*db.Tx) (T, error)) (v T) {
	s.t.Helper()
	if err := s.db.Read(context.Background(), func(tx *db.Tx) (err error) { v, err = fn(tx); return err }); err != nil {
		s.t.Fatal(err)
	}
	return v
}

func (s *shop) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// turnInto turns the day at its first instant.
func (s *shop) turnInto(day string) {
	s.t.Helper()
	if start := jst(day + " 00:00"); s.now < start {
		s.now = start
	}
	s.must(s.Turn(context.Background(), clock.MustDay(day)))
}

// enrol makes a member; birthday may be "".
func (s *shop) enrol(joined, birthday string, anniversaries ...string) ident.ID {
	s.t.Helper()
	n := member.Newcomer{JoinedOn: clock.MustDay(joined)}
	if birthday != "" {
		n.Person.Birthday = clock.MustDay(birthday)
	}
	for _, a := range anniversaries {
		n.Person.Anniversaries = append(n.Person.Anniversaries, member.Anniversary{On: clock.MustDay(a)})
	}
	var id ident.ID
	s.write(func(tx *db.Tx) error {
		made, err := s.members.Create(tx, []member.Newcomer{n})
		if err == nil {
			id, err = made[0].Member.ID, made[0].Err
		}
		return err
	})
	return id
}

// buys earns as a purchase does: points by the rules, spend for the rank, an
// activity for sliding points.
func (s *shop) buys(m ident.ID, yen int64) {
	s.t.Helper()
	id := ident.New()
	s.do(m, func(d *lane.Desk) error {
		d.Occasion = &rules.Occasion{Trigger: rules.Purchase, At: d.At, Day: d.Day, Eligible: yen, Total: yen,
			Lines: []rules.Line{{No: 1, SKU: "x", Quantity: 1, UnitPrice: yen, Amount: yen, Eligible: yen}}}
		return nil
	}, func(d *lane.Desk) error {
		res, err := d.Programme.Rules.Evaluate(d.Occasion, &d.Facts)
		if err != nil {
			return err
		}
		for _, a := range res.Awards {
			b, err := d.Book(a.Type)
			if err != nil {
				return err
			}
			p := ledger.Posting{Occurred: d.At, Recorded: d.Now, Actor: "till", Award: id}
			if _, err := b.Award(p, ledger.Grant{Points: a.Points, Origin: ledger.Sale}); err != nil {
				return err
			}
			b.NoteActivity(p)
		}
		d.Card.Add(id, tier.Event{At: d.At, On: d.Day, Day: d.Day, Delta: tier.Amounts{tier.NetSpend: yen, tier.Orders: 1}})
		return nil
	})
}

// spends takes points, into debt if need be.
func (s *shop) spends(m ident.ID, points int64) {
	s.t.Helper()
	s.do(m, func(d *lane.Desk) error { d.Want.Accounts = true; return nil }, func(d *lane.Desk) error {
		b, err := d.Book("")
		if err == nil {
			_, err = b.SpendAllowingDebt(ledger.Posting{Occurred: d.At, Recorded: d.Now, Actor: "till"}, points)
		}
		return err
	})
}

func (s *shop) do(m ident.ID, prepare, decide func(*lane.Desk) error) {
	s.t.Helper()
	_, err := s.lane.Do(context.Background(), &lane.Work{Who: lane.Who{Member: m}, Prepare: prepare, Decide: decide})
	s.must(err)
}

// balance is the account at an instant, as the ledger says.
func (s *shop) balance(m ident.ID, typ, when string) ledger.Balance {
	s.t.Helper()
	return look(s, func(tx *db.Tx) (ledger.Balance, error) {
		p, err := s.programmes.At(tx, tx.Now)
		if err != nil {
			return ledger.Balance{}, err
		}
		h, err := ledger.ReadHistory(tx, ledger.Key{Holder: m, Type: typ}, s.policies.Of(p, nil)[typ])
		if err != nil {
			return ledger.Balance{}, err
		}
		return h.At(jst(when)), nil
	})
}

func (s *shop) available(m ident.ID, typ, when string) int64 {
	s.t.Helper()
	return s.balance(m, typ, when).Available
}

// gifts are what was given for a kind of occasion.
func (s *shop) gifts(kind string) int64 {
	s.t.Helper()
	return look(s, func(tx *db.Tx) (int64, error) {
		return db.One(tx, nil, db.Value[int64], `SELECT COUNT(*) FROM day_gift WHERE kind = $1`, kind)
	})
}

func (s *shop) events(kind string) (out []outbox.Event) {
	s.t.Helper()
	for _, e := range look(s, func(tx *db.Tx) ([]outbox.Event, error) { return outbox.After(tx, 0, 100000) }) {
		if e.Kind == kind {
			out = append(out, e)
		}
	}
	return out
}

func (s *shop) rank(m ident.ID) string {
	s.t.Helper()
	return look(s, func(tx *db.Tx) (string, error) {
		return db.One(tx, nil, db.Value[string], `SELECT level FROM tier_state WHERE member_id = $1`, m)
	})
}

// sound proves the ledger and the closed months.
func (s *shop) sound() {
	s.t.Helper()
	look(s, func(tx *db.Tx) (ledger.Counts, error) {
		if err := Verify(tx, func(v Violation) { s.t.Error(v) }); err != nil {
			return ledger.Counts{}, err
		}
		return ledger.Verify(tx, func(v ledger.Violation) { s.t.Error(v) })
	})
}

// rows is everything a turn writes, less ids made at random.
func (s *shop) rows() string {
	s.t.Helper()
	out := ""
	for _, q := range []string{
		`SELECT CAST(seq AS TEXT) || type || kind || CAST(points AS TEXT) || ' ' || CAST(balance AS TEXT) || ' ' || CAST(occurred_at AS TEXT) || ' ' || CAST(recorded_at AS TEXT) || actor || reason || book_on FROM ledger_entry ORDER BY 1`,
		`SELECT CAST(no AS TEXT) || type || phase || CAST(remaining AS TEXT) || ' ' || CAST(activates_at AS TEXT) || ' ' || CAST(expires_at AS TEXT) || ' ' || CAST(COALESCE(due_at, 0) AS TEXT) FROM ledger_lot ORDER BY 1`,
		`SELECT kind || event_no || day || awards FROM day_gift WHERE kind <> 'rank.up' ORDER BY 1`,
		`SELECT kind || day || awards FROM day_gift WHERE kind = 'rank.up' ORDER BY 1`,
		`SELECT on_day || level_from || level_to || reason FROM tier_history ORDER BY 1`,
		`SELECT level || COALESCE(due_on, '') FROM tier_state ORDER BY 1`,
		`SELECT day || type || origin || CAST(points AS TEXT) FROM day_open ORDER BY 1`,
		`SELECT book_on || type || contra || origin || CAST(points AS TEXT) FROM ledger_booked ORDER BY 1`,
		`SELECT kind || CAST(COUNT(*) AS TEXT) FROM outbox_event GROUP BY kind ORDER BY 1`,
		`SELECT COALESCE(finished, '') || COALESCE(turning, '') || CAST(step AS TEXT) || place FROM day_turn`,
	} {
		for _, r := range look(s, func(tx *db.Tx) ([]string, error) { return db.Query(tx, db.Value[string], q) }) {
			out += r + "\n"
		}
		out += "--\n"
	}
	return out
}

func TestPointsOpenAndDieOnTheirDayWhetherTheDayIsTurnedOrNot(t *testing.T) {
	shops(t, func(t *testing.T, s *shop) {
		m := s.enrol("2026-01-01", "")
		s.turnInto("2026-01-02")
		s.at("2026-01-05 12:00")
		s.buys(m, 10000) // 100 points, open from 12 January, until 30 April
		check := func() {
			t.Helper()
			for when, want := range map[string]int64{"2026-01-11 23:59": 0, "2026-01-12 00:00": 100, "2026-04-30 23:59": 100, "2026-05-01 00:00": 0} {
				if got := s.available(m, "regular", when); got != want {
					t.Errorf("%s: %d, want %d", when, got, want)
				}
			}
		}
		check()
		s.turnInto("2026-01-12")
		check()
		s.turnInto("2026-05-01")
		check()
		kinds := look(s, func(tx *db.Tx) ([]string, error) {
			return db.Query(tx, db.Value[string], `SELECT kind || ' ' || CAST(occurred_at AS TEXT) FROM ledger_entry WHERE type = 'regular' ORDER BY seq`)
		})
		want := fmt.Sprint([]string{fmt.Sprint("earn ", int64(jst("2026-01-05 12:00"))), fmt.Sprint("activate ", int64(jst("2026-01-12 00:00"))), fmt.Sprint("expire ", int64(jst("2026-05-01 00:00")))})
		if got := fmt.Sprint(kinds); got != want {
			t.Errorf("journal %s, want %s", got, want)
		}
		s.sound()
	})
}

func TestABirthdayIsGivenOnceWhenItsWindowOpensAlsoOn29February(t *testing.T) {
	shops(t, func(t *testing.T, s *shop) {
		leap := s.enrol("2026-01-01", "1992-02-29")
		s.enrol("2026-01-01", "1990-02-28")
		late := s.enrol("2026-02-27", "1990-02-25") // joins two days after: still in the window
		gone := s.enrol("2026-03-10", "1990-02-25") // and too late
		s.turnInto("2026-02-24")
		if n := s.gifts("birthday"); n != 0 {
			t.Errorf("before the windows open: %d gifts", n)
		}
		s.turnInto("2026-02-25") // 28 February less 3 days
		if n := s.gifts("birthday"); n != 2 {
			t.Errorf("when they open: %d gifts", n)
		}
		if got := s.available(leap, "regular", "2026-02-25 00:00"); got != 300 {
			t.Errorf("born on 29 February: %d", got)
		}
		s.turnInto("2026-03-20")
		if n, got := s.gifts("birthday"), s.available(late, "regular", "2026-03-20 00:00"); n != 3 || got != 300 || s.available(gone, "regular", "2026-03-20 00:00") != 0 {
			t.Errorf("%d gifts, the newcomer has %d", n, got)
		}
		s.turnInto("2027-03-20")
		if n := s.gifts("birthday"); n != 7 {
			t.Errorf("a year later: %d gifts, want 3 and 4", n)
		}
		s.turnInto("2028-02-25")
		if n := s.gifts("birthday"); n != 10 {
			t.Errorf("in the leap year, three days before the 28th: %d gifts, want 10", n)
		}
		s.turnInto("2028-02-26") // 29 February less 3 days
		if n := s.gifts("birthday"); n != 11 {
			t.Errorf("in the leap year, three days before the 29th: %d gifts, want 11", n)
		}
		s.sound()
	})
}

func TestARankThatRisesIsGivenForOnce(t *testing.T) {
	shops(t, func(t *testing.T, s *shop) {
		m := s.enrol("2026-01-01", "")
		s.at("2026-01-10 12:00")
		s.buys(m, 40000)
		node := outbox.NewNode(s.db, s.RankConsumer())
		r := s.runner()
		for range 2 {
			if _, err := node.Drain(t.Context(), "day.rank"); err != nil {
				t.Fatal(err)
			}
			if _, err := r.RunDue(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if n, got := s.gifts("rank.up"), s.available(m, "regular", "2026-01-10 12:00"); n != 1 || got != 500 {
			t.Errorf("%d gifts, %d points", n, got)
		}
		s.write(func(tx *db.Tx) error { // the outbox delivers at least once
			_, err := tx.Exec(`UPDATE outbox_consumer SET position = 0`)
			return err
		})
		if _, err := node.Drain(t.Context(), "day.rank"); err != nil {
			t.Fatal(err)
		}
		if _, err := r.RunDue(t.Context()); err != nil {
			t.Fatal(err)
		}
		if n := s.gifts("rank.up"); n != 1 {
			t.Errorf("delivered again: %d gifts", n)
		}
		s.sound()
	})
}

func TestARankHoldsToTheEndOfTheNextWindowAndItsGrace(t *testing.T) {
	shops(t, func(t *testing.T, s *shop) {
		m := s.enrol("2026-01-01", "")
		s.turnInto("2026-01-10")
		s.at("2026-01-10 12:00")
		s.buys(m, 40000)
		s.turnInto("2026-07-10")
		if got := s.rank(m); got != "silver" {
			t.Errorf("on the last day of grace: %s", got)
		}
		s.turnInto("2026-07-11")
		if got := s.rank(m); got != "bronze" {
			t.Errorf("after it: %s", got)
		}
		if e := s.events("tier.ending.v1"); len(e) != 1 {
			t.Errorf("%d reminders of the end", len(e))
		} else if f := string(e[0].Data); f != fmt.Sprintf(`{"member":"%s","tier":"silver","next":"bronze","on":"2026-07-10"}`, m) {
			t.Errorf("reminder %s", f)
		}
	})
}

func TestPointsThatEndInThirtyDaysAreToldOnce(t *testing.T) {
	shops(t, func(t *testing.T, s *shop) {
		m := s.enrol("2026-01-01", "")
		s.at("2026-01-05 12:00")
		s.buys(m, 10000)
		s.turnInto("2026-01-06")
		s.spends(m, 1) // becomes debt: only 99 can be lost
		s.turnInto("2026-03-30")
		before := len(s.events("points.expiring.v1"))
		s.turnInto("2026-03-31")
		s.turnInto("2026-04-20")
		var regular []string
		for _, e := range s.events("points.expiring.v1")[before:] {
			regular = append(regular, string(e.Data))
		}
		want := fmt.Sprintf(`[{"holder":"%s","type":"regular","points":99,"on":"2026-04-30"}]`, m)
		if got := fmt.Sprint(regular); got != want {
			t.Errorf("told %s, want %s", got, want)
		}
	})
}

func TestOldDebtIsWrittenOffWhereTheProgrammeSaysSo(t *testing.T) {
	shops(t, func(t *testing.T, s *shop) {
		m := s.enrol("2026-01-01", "")
		s.at("2026-03-31 12:00")
		s.spends(m, 70)
		s.turnInto("2026-09-29")
		if b := s.balance(m, "regular", "2026-09-29 00:00"); b.Debt != 70 {
			t.Errorf("too early: %+v", b)
		}
		s.turnInto("2026-09-30")
		if b := s.balance(m, "regular", "2026-09-30 00:00"); b.Debt != 0 {
			t.Errorf("after six months: %+v", b)
		}
		s.sound()
	})
}

func (s *shop) runner(sweeps ...func(*db.Tx) (int64, error)) *jobs.Runner {
	r := jobs.NewRunner(s.db)
	s.Register(r, sweeps...)
	return r
}
