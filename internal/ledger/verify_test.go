package ledger

import (
	"context"
	"errors"
	"testing"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/ident"
)

// plantable writes two accounts with every kind of row: spends, refunds,
// clawback with debt, expiry, an open hold, a transfer.
func plantable(t testing.TB, d *db.DB) (k Key) {
	k = Key{ident.New(), "regular"}
	other := Key{ident.New(), "regular"}
	award := ident.New()
	w := Want{Key: k, Policy: cafe(), Deep: true}
	w.Policy.Terms.Pending.Days = 0
	change(t, d, w, func(b *Book) {
		must(b.Award(by(on("10-01 12:00"), award), Grant{Points: 400, Origin: Sale}))(t)
		must(b.Award(on("10-02 12:00"), Grant{Points: 50, ExpiresOn: clock.MustDay("2026-10-10")}))(t)
		e := must(b.Spend(on("10-05 12:00"), 300))(t)
		must(b.Refund(on("10-06 12:00"), e.Seq, 20, b.Policy))(t)
		must(b.Clawback(by(on("11-01 12:00"), award), 400, TakeDebt))(t)
		must(b.Award(on("11-02 12:00"), Grant{Points: 1000}))(t)
		must(b.Reserve(on("11-03 12:00"), 30, 0, "x"))(t)
	})
	var parcel Parcel
	change(t, d, w, func(b *Book) { parcel = must(b.TransferOut(on("11-03 12:05"), 10))(t) })
	change(t, d, Want{Key: other, Policy: w.Policy}, func(b *Book) { must(b.TransferIn(on("11-03 12:05"), parcel))(t) })
	return k
}

func verify(t testing.TB, d *db.DB) (broken map[Law][]Violation, c Counts) {
	t.Helper()
	broken = map[Law][]Violation{}
	c = read(t, d, func(tx *db.Tx) (Counts, error) {
		return Verify(tx, func(v Violation) { broken[v.Law] = append(broken[v.Law], v) })
	})
	return broken, c
}

func TestVerifyIsSilentOnASoundLedgerAndCounts(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		if broken, c := verify(t, d); len(broken) > 0 || c != (Counts{}) {
			t.Fatalf("an empty ledger: %v, %+v", broken, c)
		}
		plantable(t, d)
		broken, c := verify(t, d)
		if len(broken) > 0 {
			t.Fatalf("violations in a sound ledger: %v", broken)
		}
		if want := (Counts{Accounts: 2, Lots: 4, Entries: 8, Allocations: 6, Holds: 1, Transfers: 7, Debits: 3, Months: 2}); c != want {
			t.Errorf("counts %+v, want %+v", c, want)
		}
	})
}

func TestVerifyFindsEachKindOfCorruption(t *testing.T) {
	type corruption struct {
		what, sql string
		law       Law
	}
	cases := []corruption{
		{"a line books against another account of the programme", `UPDATE ledger_entry SET contra = 'adjusted' WHERE holder_id = $1 AND seq = 1`, TransfersSumToZero},
		{"one side of a transfer is gone", `DELETE FROM ledger_entry WHERE holder_id <> $1`, TransfersSumToZero},
		{"the balance was written over", `UPDATE ledger_account SET balance = balance + 1 WHERE holder_id = $1`, BalanceAddsUp},
		{"the debt was written over", `UPDATE ledger_account SET debt = debt + 5, balance = balance - 5 WHERE holder_id = $1`, BalanceAddsUp},
		{"a lot has more left than its pieces say", `UPDATE ledger_lot SET remaining = remaining + 1 WHERE holder_id = $1 AND no = 1`, RemainingInBounds},
		{"a lot is gone", `DELETE FROM ledger_lot WHERE holder_id = $1 AND no = 1`, RemainingInBounds},
		{"an allocation is one point short", `UPDATE ledger_allocation SET points = points + 1 WHERE holder_id = $1 AND points < 0 AND undone = 0`, PiecesMakeEntries},
		{"an allocation belongs to no entry", `UPDATE ledger_allocation SET seq = 99 WHERE holder_id = $1 AND seq = 3`, PiecesMakeEntries},
		{"a hold is larger than what is left", `UPDATE ledger_hold SET points = 5000, lots = '[{"lot":3,"points":5000}]' WHERE holder_id = $1`, HoldsFit},
		{"a hold was closed behind the account's back", `UPDATE ledger_hold SET state = 'cancelled' WHERE holder_id = $1`, HoldsFit},
		{"an old line was touched", `UPDATE ledger_entry SET reason = 'forged' WHERE holder_id = $1 AND seq = 2`, ChainUnbroken},
		{"the last line was cut off", `DELETE FROM ledger_entry WHERE holder_id = $1 AND seq = (SELECT MAX(e.seq) FROM ledger_entry e WHERE e.holder_id = $1)`, ChainUnbroken},
		{"a line is missing in the middle", `DELETE FROM ledger_entry WHERE holder_id = $1 AND seq = 2`, NumbersGapless},
		{"a lot number was skipped", `UPDATE ledger_lot SET no = 50 WHERE holder_id = $1 AND no = 2`, NumbersGapless},
		{"a month's points do not lead to its closing", `UPDATE ledger_entry SET points = points + 7 WHERE holder_id = $1 AND seq = 1`, MonthsRollForward},
	}
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		k := plantable(t, d)
		undo := errors.New("undo")
		for _, c := range cases {
			broken := map[Law][]Violation{}
			err := d.Write(context.Background(), func(tx *db.Tx) error {
				n, err := tx.Exec(c.sql, k.Holder)
				if err != nil {
					return err
				}
				if n == 0 {
					t.Errorf("%s: touched no row", c.what)
				}
				if _, err := Verify(tx, func(v Violation) { broken[v.Law] = append(broken[v.Law], v) }); err != nil {
					return err
				}
				return undo
			})
			if !errors.Is(err, undo) {
				t.Errorf("%s: %v", c.what, err)
			}
			if len(broken[c.law]) == 0 {
				t.Errorf("%s: law %d (%s) was not found broken: %v", c.what, c.law, c.law, broken)
			}
		}
		if broken, _ := verify(t, d); len(broken) > 0 {
			t.Errorf("the corruption stayed: %v", broken)
		}
	})
}

func TestErasingANoteBreaksNothing(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		k := Key{ident.New(), "regular"}
		change(t, d, Want{Key: k, Policy: cafe()}, func(b *Book) {
			p := on("11-01 10:00")
			p.Note = "for Ms. So-and-so's trouble"
			must(b.Adjust(p, 100, Grant{}))(t)
		})
		write(t, d, func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE ledger_entry SET note = NULL WHERE holder_id = $1`, k.Holder)
			return err
		})
		if broken, _ := verify(t, d); len(broken) > 0 {
			t.Error(broken)
		}
	})
}
