package ledger

import (
	"testing"

	"joren/internal/ident"
)

func TestDebtThatIsTooOldIsForgottenThoughNoDayWasTurned(t *testing.T) {
	p := cafe()
	p.WriteOffMonths = 3
	b := NewBook(Key{ident.New(), "regular"}, p)
	must(b.SpendAllowingDebt(on("01-31 10:00"), 40))(t)
	must(b.SpendAllowingDebt(on("04-10 10:00"), 60))(t) // goes with the older debt
	for _, x := range []struct {
		at   string
		debt int64
	}{{"04-29 23:59", 100}, {"04-30 00:00", 0}, {"09-01 00:00", 0}} {
		if got := b.At(jst(x.at)); got.Debt != x.debt {
			t.Errorf("at %s: %+v, want a debt of %d", x.at, got, x.debt)
		}
	}
	must(b.Award(on("06-01 10:00"), Grant{Points: 7, Origin: Sale}))(t)
	if got := b.At(jst("06-01 10:00")); got.Debt != 0 || got.Available+got.Pending != 7 {
		t.Errorf("points given after the day of forgetting repay nothing: %+v", got)
	}
	h := NewHistory(b, nil)
	for at, debt := range map[string]int64{"03-01 00:00": 40, "04-29 23:59": 100, "04-30 00:00": 0, "05-15 00:00": 0} {
		if got := h.At(jst(at)); got.Debt != debt {
			t.Errorf("as of %s: %+v, want a debt of %d", at, got, debt)
		}
	}
}

func TestALimitToDebtBroughtInLaterChangesNoPast(t *testing.T) {
	p := cafe()
	b := NewBook(Key{ident.New(), "regular"}, p)
	must(b.SpendAllowingDebt(on("01-10 10:00"), 40))(t)
	must(b.SpendAllowingDebt(on("06-01 10:00"), 2))(t)
	p.WriteOffMonths = 1
	b.Settle(jst("07-01 00:00"))
	h := NewHistory(b, nil)
	for at, debt := range map[string]int64{"05-01 00:00": 40, "05-31 23:59": 40, "07-01 00:00": 0} {
		if got := h.At(jst(at)); got.Debt != debt {
			t.Errorf("as of %s: %+v, want a debt of %d", at, got, debt)
		}
	}
}
