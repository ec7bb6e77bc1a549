package people

import (
	"fmt"
	"strings"
	"testing"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/ident"
	"joren/internal/ledger"
	"joren/internal/plan"
	"joren/internal/programme"
)

// kinder is a shop whose points lived twelve months when they were given, and
// whose later version lets those that exist live twenty-four.
func kinder(t *testing.T, fn func(t *testing.T, d *db.DB, p *People, now *clock.Instant)) {
	now := clock.Instant(0)
	tick := func() clock.Instant { return now }
	const months = "{months: 12, from: activation, round: end_of_month}"
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		cafe, err := plan.Template("cafe")
		if err != nil {
			t.Fatal(err)
		}
		second := strings.NewReplacer("effective_from: 2026-04-01", "effective_from: 2026-10-01", "apply_to_existing: never", "apply_to_existing: if_better",
			months, "{months: 24, from: activation, round: end_of_month}").Replace(string(cafe))
		now = clock.MustInstant("2026-03-01T00:00:00Z")
		for _, src := range []string{string(cafe), second} {
			write(t, d, func(tx *db.Tx) error {
				_, err := programme.Publish(tx, []byte(src), programme.Order{ShortNotice: true})
				return err
			})
		}
		p := story()
		p.Policies = PoliciesOf(&programme.Cache{})
		now = clock.MustInstant("2026-05-01T00:00:00Z")
		fn(t, d, p, &now)
		verify(t, d)
	}, dbtest.WithClock(clock.Clock{Shop: tick, Wall: tick}))
}

func TestPointsThatALaterVersionKeepsAliveLiveInEveryStory(t *testing.T) {
	kinder(t, func(t *testing.T, d *db.DB, p *People, now *clock.Instant) {
		var rs []Request
		for i := range 5 {
			rs = append(rs, request(t, fmt.Sprint("m", i), "", ""))
		}
		var ids []ident.ID
		for _, e := range enrol(t, d, p, Present, rs...) {
			ids = append(ids, e.Member.ID)
			give(t, d, p, e.Member.ID, 100)
		}
		leaver, erased, gone, kept, head := ids[0], ids[1], ids[2], ids[3], ids[4]
		*now = clock.MustInstant("2027-09-01T00:00:00Z") // past the twelve months, within the twenty-four
		for _, id := range ids {
			if b := balance(t, d, p, id); b.Available != 100 {
				t.Fatalf("before: %+v", b)
			}
		}
		lost := func(what string, s []Stake) {
			t.Helper()
			if len(s) == 0 || s[0].Lost != 100 {
				t.Errorf("%s: points alive are %+v", what, s)
			}
		}
		write(t, d, func(tx *db.Tx) error {
			_, stakes, err := p.Withdraw(tx, leaver, "")
			lost("leaving", stakes)
			return err
		})
		write(t, d, func(tx *db.Tx) error {
			_, err := p.Erase(tx, erased, "")
			return err
		})
		if entry := lastEntry(t, d, erased); entry != -100 {
			t.Errorf("erasing ended %d points", entry)
		}
		m, err := p.Merge(t.Context(), d, gone, kept, "")
		if err != nil {
			t.Fatal(err)
		}
		if b := balance(t, d, p, kept); b.Available != 200 {
			t.Errorf("merged: %+v", b)
		}
		if _, err := p.Undo(t.Context(), d, m.ID, ""); err != nil {
			t.Fatal(err)
		}
		write(t, d, func(tx *db.Tx) error {
			h, err := p.OpenHousehold(tx, head, "")
			if err != nil {
				return err
			}
			_, err = p.JoinHousehold(tx, h.ID, kept, "")
			return err
		})
		if b := balance(t, d, p, head); b.Available != 200 {
			t.Errorf("pooled: %+v", b)
		}
		*now = clock.MustInstant("2028-06-01T00:00:00Z")
		if b := balance(t, d, p, head); b.Available != 0 {
			t.Errorf("after the twenty-four months: %+v", b)
		}
	})
}

// lastEntry is the points of the last row on a member's own account.
func lastEntry(t *testing.T, d *db.DB, id ident.ID) (points int64) {
	t.Helper()
	write(t, d, func(tx *db.Tx) error {
		list, err := ledger.Entries(tx, ledger.Key{Holder: id, Type: "regular"}, 0, 100)
		for _, e := range list.Entries {
			points = e.Points
		}
		return err
	})
	return points
}
