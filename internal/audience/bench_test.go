package audience

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/ident"
	"joren/internal/segment"
)

// crowd is how many members the benchmark has; JOREN_CROWD changes it.
func crowd() int {
	if n, err := strconv.Atoi(os.Getenv("JOREN_CROWD")); err == nil {
		return n
	}
	return 1_000_000
}

// generate fills a shop with members who bought at rhythms of their own. Only
// their totals are written: a touch reads nothing else of a purchase.
func (s *shop) generate(n int) {
	s.t.Helper()
	today := clock.Tokyo.Day(s.now)
	const step = 5000
	for from := 0; from < n; from += step {
		k := min(step, n-from)
		ids, visits, spend := make([]ident.ID, k), make([]int64, k), make([]int64, k)
		first, last := make([]clock.Day, k), make([]clock.Day, k)
		for i := range k {
			x := uint64(from+i+1) * mixing
			ids[i], visits[i] = ident.New(), 1+int64(x>>8%7)
			last[i] = today - clock.Day(x>>16%300)
			first[i] = last[i] - clock.Day(int64(x>>24%60)*(visits[i]-1))
			spend[i] = visits[i] * int64(500+x>>32%5000)
		}
		s.write(func(tx *db.Tx) error {
			if _, err := tx.Bulk(someMembers, ids, s.now); err != nil {
				return err
			}
			_, err := tx.Bulk(someTotals, ids, visits, spend, first, last, s.now)
			return err
		})
	}
}

var (
	someMembers = db.NewBulk("m uuid, at bigint", `INSERT INTO member_member (member_id, status, joined_on, join_store, join_source, rejoined, version, created_at, changed_at)
		SELECT u.m, 'active', '2025-01-01', 'honten', 'till', FALSE, 1, u.at, u.at FROM u`)
	someTotals = db.NewBulk("m uuid, v bigint, s bigint, f text, l text, at bigint", `INSERT INTO purchase_stats (member_id, visits, orders, spend, first_on, last_on, last_at)
		SELECT u.m, u.v, u.v, u.s, u.f, u.l, u.at FROM u`)
)

// BenchmarkOnePurchase is what a purchase costs the segments in a shop of a
// million members with eight segments in use: the event is read, the buyer is
// placed and the difference written. ns/op holds the consumer's whole turn.
func BenchmarkOnePurchase(b *testing.B) {
	for _, e := range []struct {
		name string
		open func(testing.TB, ...dbtest.Option) *db.DB
	}{{"sqlite", dbtest.SQLite}, {"postgres", dbtest.Postgres}} {
		b.Run(e.name, func(b *testing.B) {
			s := &shop{}
			tick := func() clock.Instant { return s.now }
			s.open(b, e.open(b, dbtest.WithClock(clock.Clock{Shop: tick, Wall: tick})))
			began := time.Now()
			s.generate(crowd())
			b.Logf("%d members made in %.0f s", crowd(), time.Since(began).Seconds())
			for _, o := range segment.Offered {
				if o.Score != nil || o.ID == "birthday-month" { // those need what is not generated
					continue
				}
				x, _ := segment.Offer(o.ID)
				s.write(func(tx *db.Tx) error {
					x, err := s.a.Create(tx, x)
					if err == nil {
						_, err = s.a.Turn(tx, x.ID, segment.Active, x.Version)
					}
					return err
				})
			}
			began = time.Now()
			s.must(s.a.Fill(b.Context()))
			b.Logf("counted in %.0f s", time.Since(began).Seconds())
			who := s.enrol()
			s.deliver()
			for b.Loop() {
				b.StopTimer()
				s.now = s.now.Add(time.Minute)
				s.buy(who, 500)
				b.StartTimer()
				s.deliver()
			}
			for _, line := range s.sizes() {
				b.Log(line)
			}
			day(b, s)
		})
	}
}

// day tells what the change of the day takes.
func day(b *testing.B, s *shop) {
	s.now = s.now.Add(24 * time.Hour)
	began := time.Now()
	n, err := s.a.TurnDay(b.Context())
	s.must(err)
	b.Logf("the next day: %d members placed anew in %.1f s", n, time.Since(began).Seconds())
}

func (s *shop) sizes() (out []string) {
	s.read(func(tx *db.Tx) error {
		list, err := segment.List(tx, segment.Active)
		for _, x := range list {
			out = append(out, fmt.Sprintf("%s: %d", x.ID, x.Members))
		}
		return err
	})
	return out
}
