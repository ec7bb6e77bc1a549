package people

import (
	"testing"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/ledger"
	"joren/internal/member"
	"joren/internal/plan"
	"joren/internal/rules"
)

// withdrawing runs a test of leaving under a withdrawal policy, on a clock it
// sets.
func withdrawing(t *testing.T, w plan.Withdrawal, fn func(t *testing.T, d *db.DB, p *People, now *clock.Instant)) {
	now := clock.MustInstant("2026-11-22T00:00:00Z")
	tick := func() clock.Instant { return now }
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		now = clock.MustInstant("2026-11-22T00:00:00Z")
		p := story()
		g := &plan.Programme{Zone: clock.Tokyo, Withdrawal: w}
		p.Programme = func(*db.Tx) (*plan.Programme, error) { return g, nil }
		fn(t, d, p, &now)
	}, dbtest.WithClock(clock.Clock{Shop: tick, Wall: tick}))
}

// owns gives 300 points at once and 50 that can be used in a week.
func owns(t *testing.T, d *db.DB, p *People, id ident.ID) (award ident.ID) {
	t.Helper()
	give(t, d, p, id, 300)
	award = ident.New()
	write(t, d, func(tx *db.Tx) error {
		books, _, err := p.books(tx, id)
		if err != nil {
			return err
		}
		week := rules.Terms{Expiry: policy.Terms.Expiry, Pending: rules.Pending{Kind: rules.PendingDays, Days: 7}}
		if _, err := books[0].Award(ledger.Posting{Occurred: tx.Now, Recorded: tx.Now, Award: award}, ledger.Grant{Points: 50, Terms: &week}); err != nil {
			return err
		}
		return save(tx, books)
	})
	return award
}

func TestLeavingEndsPendingPointsTooAndALaterReturnOwesNothing(t *testing.T) {
	withdrawing(t, plan.Withdrawal{Points: "forfeit"}, func(t *testing.T, d *db.DB, p *People, now *clock.Instant) {
		id := enrol(t, d, p, Present, request(t, "山田", "09012345678", ""))[0].Member.ID
		award := owns(t, d, p, id)
		write(t, d, func(tx *db.Tx) error {
			_, stakes, err := p.Withdraw(tx, id, "stf_1")
			if len(stakes) != 1 || stakes[0].Lost != 350 || stakes[0].Kept != 0 {
				t.Errorf("%+v", stakes)
			}
			return err
		})
		*now += 30 * 86_400_000_000 // when they would have been usable
		if b := balance(t, d, p, id); b != (ledger.Balance{}) {
			t.Errorf("a month later: %+v", b)
		}
		write(t, d, func(tx *db.Tx) error {
			books, err := ledger.Load(tx, []ledger.Want{{Key: ledger.Key{Holder: id, Type: "regular"}, Policy: policy, Awards: []ident.ID{award}}})
			if err != nil {
				return err
			}
			e, err := books[0].Clawback(ledger.Posting{Occurred: tx.Now, Recorded: tx.Now, Award: award}, 50, ledger.TakeDebt)
			if err != nil {
				return err
			}
			if got := e.Taken(); got.Debt != 0 || len(got.Lots) != 1 || got.Lots[0].Source != ledger.Lost {
				t.Errorf("the return took %+v", got)
			}
			return save(tx, books)
		})
		verify(t, d)
	})
}

func TestPointsThatWaitAreThereForWhoComesBackInTime(t *testing.T) {
	withdrawing(t, plan.Withdrawal{Points: "keep", Days: 90}, func(t *testing.T, d *db.DB, p *People, now *clock.Instant) {
		const days = 86_400_000_000
		leave := func(id ident.ID) {
			t.Helper()
			write(t, d, func(tx *db.Tx) error {
				_, stakes, err := p.Withdraw(tx, id, "stf_1")
				if len(stakes) != 1 || stakes[0].Kept != 350 || stakes[0].Lost != 0 || stakes[0].Until != clock.MustDay("2027-02-20") {
					t.Errorf("%+v", stakes)
				}
				return err
			})
		}
		lapse := func(want int) {
			t.Helper()
			write(t, d, func(tx *db.Tx) error {
				n, err := p.Lapse(tx, 10)
				if n != want {
					t.Errorf("%d lapsed, want %d", n, want)
				}
				return err
			})
		}
		back := func(id ident.ID) {
			t.Helper()
			write(t, d, func(tx *db.Tx) error {
				m, err := p.Rejoin(tx, id, "stf_1")
				if m.Status != member.Active || !m.Rejoined {
					t.Errorf("%+v", m)
				}
				return err
			})
		}
		x := enrol(t, d, p, Present, request(t, "a", "", ""), request(t, "b", "", ""), request(t, "c", "", ""))
		soon, late, never := x[0].Member.ID, x[1].Member.ID, x[2].Member.ID
		for _, id := range []ident.ID{soon, late, never} {
			owns(t, d, p, id)
			leave(id)
		}
		*now += 90 * days // the last day
		lapse(0)
		back(soon)
		if b := balance(t, d, p, soon); b.Available != 350 {
			t.Errorf("back in time: %+v", b)
		}
		*now += 1 * days
		back(late) // before the scheduler looked
		if b := balance(t, d, p, late); b.Available != 0 {
			t.Errorf("back too late: %+v", b)
		}
		lapse(1)
		lapse(0)
		if b := balance(t, d, p, never); b.Available != 0 {
			t.Errorf("never back: %+v", b)
		}
		err := d.Write(t.Context(), func(tx *db.Tx) error { _, err := p.Rejoin(tx, soon, ""); return err })
		if !fault.Is(err, "member.active") {
			t.Errorf("%v", err)
		}
		verify(t, d)
	})
}

func TestTheLastOfAHouseholdLosesWhatItHad(t *testing.T) {
	withdrawing(t, plan.Withdrawal{Points: "forfeit"}, func(t *testing.T, d *db.DB, p *People, now *clock.Instant) {
		p.Programme = nil // households pool
		x := enrol(t, d, p, Present, request(t, "母", "", ""), request(t, "子", "", ""))
		a, b := x[0].Member.ID, x[1].Member.ID
		give(t, d, p, a, 300)
		give(t, d, p, b, 100)
		write(t, d, func(tx *db.Tx) error {
			h, err := p.OpenHousehold(tx, a, "")
			if err != nil {
				return err
			}
			_, err = p.JoinHousehold(tx, h.ID, b, "")
			return err
		})
		for i, id := range []ident.ID{b, a} {
			write(t, d, func(tx *db.Tx) error {
				_, stakes, err := p.Withdraw(tx, id, "")
				if want := []int64{0, 400}[i]; stakes[0].Lost != want || stakes[0].Pooled != (i == 0) {
					t.Errorf("%d: %+v", i, stakes)
				}
				return err
			})
		}
		verify(t, d)
	})
}
