package people

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
	"joren/internal/ledger"
	"joren/internal/member"
	"joren/internal/plan"
	"joren/internal/rules"
)

// booked sums all that is booked by the programme's account; "open" is what is
// left of all lots less what members owe.
func booked(t testing.TB, d *db.DB) map[ledger.Contra]int64 {
	t.Helper()
	sums := map[ledger.Contra]int64{}
	write(t, d, func(tx *db.Tx) error {
		list, err := ledger.BookedOn(tx, 1, clock.Date(9999, 12, 31))
		for _, x := range list {
			sums[x.Contra] += x.Points
			sums["open"] += x.Points
		}
		return err
	})
	for k, n := range sums {
		if n == 0 {
			delete(sums, k)
		}
	}
	return sums
}

func TestEveryPointIsAccountedForWhenRecordsAreMergedAndErased(t *testing.T) {
	for _, w := range []plan.Withdrawal{{Points: "forfeit"}, {Points: "keep", Days: 90}} {
		withdrawing(t, w, func(t *testing.T, d *db.DB, p *People, now *clock.Instant) {
			x := enrol(t, d, p, Present, request(t, "a", "", ""), request(t, "b", "", ""), request(t, "c", "", ""))
			a, b, c := x[0].Member.ID, x[1].Member.ID, x[2].Member.ID
			for _, id := range []ident.ID{a, b, c} {
				owns(t, d, p, id)
			}
			step := func(what string, want map[ledger.Contra]int64) {
				t.Helper()
				if diff := cmp.Diff(want, booked(t, d)); diff != "" {
					t.Errorf("after %s (-want +got): %s", what, diff)
				}
				verify(t, d)
			}
			all := map[ledger.Contra]int64{"open": 1050, ledger.Issued: 1050}
			step("giving", all)
			g, err := p.Merge(context.Background(), d, b, a, "")
			if err != nil {
				t.Fatal(err)
			}
			step("merging", all)
			if _, err := p.Undo(context.Background(), d, g.ID, ""); err != nil {
				t.Fatal(err)
			}
			step("undoing it", all)
			if _, err := p.Merge(context.Background(), d, b, a, ""); err != nil {
				t.Fatal(err)
			}
			var told []Stake
			write(t, d, func(tx *db.Tx) (err error) { told, err = p.ErasureStakes(tx, a); return err })
			if len(told) != 1 || told[0].Lost != 700 || told[0].Kept != 0 || told[0].Until != 0 {
				t.Errorf("%s: told %+v", w.Points, told)
			}
			write(t, d, func(tx *db.Tx) error { _, err := p.Erase(tx, a, "stf_1"); return err })
			erased := map[ledger.Contra]int64{"open": 350, ledger.Issued: 1050, ledger.Expired: -700}
			step("erasing both records", erased)
			write(t, d, func(tx *db.Tx) error { return ledger.Close(tx, clock.MustDay("2026-11-30")) })
			step("closing the month", erased)

			// Who left first keeps what waits until she is erased.
			write(t, d, func(tx *db.Tx) error { _, _, err := p.Withdraw(tx, c, "stf_1"); return err })
			write(t, d, func(tx *db.Tx) (err error) { told, err = p.ErasureStakes(tx, c); return err })
			if left := map[string]int64{"forfeit": 0, "keep": 350}[w.Points]; len(told) != 1 || told[0].Lost != left || told[0].Kept != 0 {
				t.Errorf("%s: told %+v", w.Points, told)
			}
			write(t, d, func(tx *db.Tx) error { _, err := p.Erase(tx, c, "stf_1"); return err })
			step("erasing who left", map[ledger.Contra]int64{ledger.Issued: 1050, ledger.Expired: -1050})
			reasons := map[string]int64{"": 0}
			write(t, d, func(tx *db.Tx) error {
				return db.Each(tx, func(r db.Row) error {
					var why string
					var n int64
					err := r.Scan(&why, &n)
					reasons[why] = n
					return err
				}, `SELECT reason, CAST(SUM(points) AS BIGINT) FROM ledger_entry WHERE contra = 'expired' GROUP BY reason`)
			})
			if want := map[string]map[string]int64{"forfeit": {"": 0, "member.erased": -700, "member.withdrawn": -350}, "keep": {"": 0, "member.erased": -1050}}[w.Points]; cmp.Diff(want, reasons) != "" {
				t.Errorf("%s: reasons %v, want %v", w.Points, reasons, want)
			}
		})
	}
}

func TestWhatEndedWithAMembershipStaysEnded(t *testing.T) {
	withdrawing(t, plan.Withdrawal{Points: "forfeit"}, func(t *testing.T, d *db.DB, p *People, now *clock.Instant) {
		const day = 86_400_000_000
		slides := *policy
		slides.Terms.Expiry = rules.Expiry{Kind: rules.ExpirySliding, Months: 12}
		p.Policies = func(*db.Tx, clock.Instant) ([]*ledger.Policy, error) { return []*ledger.Policy{&slides}, nil }
		id := enrol(t, d, p, Present, request(t, "山田", "09012345678", ""))[0].Member.ID
		give(t, d, p, id, 300)
		parcel := ident.New()
		change := func(awards []ident.ID, fn func(b *ledger.Book, at clock.Instant) error) {
			t.Helper()
			write(t, d, func(tx *db.Tx) error {
				books, err := ledger.Load(tx, []ledger.Want{{Key: ledger.Key{Holder: id, Type: "regular"}, Policy: &slides, Deep: true, Awards: awards}})
				if err != nil {
					return err
				}
				if err := fn(books[0], tx.Now); err != nil {
					return err
				}
				return save(tx, books)
			})
		}
		change(nil, func(b *ledger.Book, at clock.Instant) error {
			waits := rules.Terms{Expiry: slides.Terms.Expiry, Pending: rules.Pending{Kind: rules.PendingUntil, Event: "delivered"}}
			_, err := b.Award(ledger.Posting{Occurred: at, Recorded: at, Award: parcel}, ledger.Grant{Points: 50, Terms: &waits})
			return err
		})
		*now += day
		write(t, d, func(tx *db.Tx) error { _, _, err := p.Withdraw(tx, id, "stf_1"); return err })
		*now += day
		write(t, d, func(tx *db.Tx) error { _, err := p.Rejoin(tx, id, "stf_1"); return err })
		*now += day
		change([]ident.ID{parcel}, func(b *ledger.Book, at clock.Instant) error {
			_, err := b.Activate(ledger.Posting{Occurred: at, Recorded: at, Award: parcel}, "delivered")
			return err
		})
		change(nil, func(b *ledger.Book, at clock.Instant) error {
			b.NoteActivity(ledger.Posting{Occurred: at - day, Recorded: at})
			return nil
		})
		if b := balance(t, d, p, id); b != (ledger.Balance{}) {
			t.Errorf("after coming back: %+v", b)
		}
		verify(t, d)
	})
}

func TestAChangeThatChangesNothingIsNoFact(t *testing.T) {
	run(t, func(t *testing.T, d *db.DB, p *People) {
		id := enrol(t, d, p, Present, request(t, "山田", "09012345678", "1"))[0].Member.ID
		name, phone := " 山田 ", "090-1234-5678"
		for i, f := range []member.Fields{{}, {Name: &name, Phone: &phone}} {
			write(t, d, func(tx *db.Tx) error {
				m, err := p.Update(tx, id, f, 1)
				if m.Version != 1 {
					t.Errorf("%d: version %d", i, m.Version)
				}
				return err
			})
		}
		phone = "090-1234-0000"
		write(t, d, func(tx *db.Tx) error { _, err := p.Update(tx, id, member.Fields{Phone: &phone}, 1); return err })
		if diff := cmp.Diff([]string{"member.joined.v1", "member.changed.v1"}, kinds(t, d)); diff != "" {
			t.Error(diff)
		}
	})
}
