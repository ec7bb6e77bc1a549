package day

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/lane"
	"joren/internal/ledger"
	"joren/internal/liability"
)

func (s *shop) book() *liability.Book {
	s.t.Helper()
	return look(s, s.Books.Read)
}

// on runs fn on a member's account of regular points.
func (s *shop) on(m ident.ID, want lane.Want, fn func(b *ledger.Book, p ledger.Posting, p2 *ledger.Policy) error) {
	s.t.Helper()
	want.Accounts = true
	s.do(m, func(d *lane.Desk) error { d.Want = want; return nil }, func(d *lane.Desk) error {
		b, err := d.Book("")
		if err != nil {
			return err
		}
		return fn(b, ledger.Posting{Occurred: d.At, Recorded: d.Now, Actor: "test"}, b.Policy)
	})
}

func (s *shop) given(m ident.ID, o ledger.Origin, points int64) (award ident.ID) {
	s.t.Helper()
	award = ident.New()
	s.on(m, lane.Want{}, func(b *ledger.Book, p ledger.Posting, _ *ledger.Policy) error {
		p.Award = award
		_, err := b.Award(p, ledger.Grant{Points: points, Origin: o})
		return err
	})
	return award
}

// tied compares a book with the ledger: every month's roll-forward with what
// was booked, the closings with the accounts, the cohorts with the lots, and
// closed months with their rows.
func (s *shop) tied(b *liability.Book) {
	s.t.Helper()
	for _, x := range b.Months {
		want := map[liability.Roll]int64{}
		for _, f := range look(s, func(tx *db.Tx) ([]ledger.Booked, error) { return ledger.BookedOn(tx, x.Month.First(), x.Month.Last()) }) {
			want[liability.Roll{Key: liability.Key{Type: f.Type, Origin: f.Origin}}] += f.Points
		}
		for _, r := range x.Points {
			k := liability.Roll{Key: r.Key}
			if got := r.Closing - r.Opening; got != want[k] {
				s.t.Errorf("%s %v moved %d, booked are %d", x.Month, r.Key, got, want[k])
			}
			delete(want, k)
		}
		for k, n := range want {
			if n != 0 {
				s.t.Errorf("%s %v: booked are %d, the book has nothing", x.Month, k.Key, n)
			}
		}
	}
	s.closings(b)
}

func (s *shop) closings(b *liability.Book) {
	s.t.Helper()
	last := b.Last()
	if last == nil {
		return
	}
	points, open := map[string]int64{}, map[liability.Key]int64{}
	for _, r := range last.Points {
		points[r.Type] += r.Closing
		open[r.Key] += r.Closing
	}
	accounts := look(s, func(tx *db.Tx) ([]db.Two[string, int64], error) {
		return db.Query(tx, db.Value2[string, int64], `SELECT type, CAST(SUM(balance) AS BIGINT) FROM ledger_account GROUP BY type`)
	})
	for _, a := range accounts {
		if points[a.A] != a.B {
			s.t.Errorf("%s: the book closes with %d, the accounts hold %d", a.A, points[a.A], a.B)
		}
	}
	for _, w := range last.Worths {
		if w.Origin != ledger.Owed {
			open[w.Key] -= w.Open()
		}
	}
	for k, n := range open {
		if n != 0 && k.Origin != ledger.Owed {
			s.t.Errorf("%v: cohorts and roll-forward differ by %d", k, n)
		}
	}
	for _, m := range s.months("") {
		sum := Month{Month: m.Month, Type: m.Type, ClosedAt: m.ClosedAt}
		for _, r := range b.Statement(liability.Month(m.Month)).Points {
			if r.Type == m.Type {
				sum.Opening, sum.Closing = sum.Opening+r.Opening, sum.Closing+r.Closing
				sum.Issued, sum.Redeemed, sum.Expired = sum.Issued+r.Issued, sum.Redeemed+r.Redeemed, sum.Expired+r.Expired
				sum.Reversed, sum.Adjusted, sum.Transferred = sum.Reversed+r.Reversed, sum.Adjusted+r.Adjusted, sum.Transferred+r.Transferred
			}
		}
		if diff := cmp.Diff(m, sum); diff != "" {
			s.t.Errorf("closed month %s: %s", m.Month, diff)
		}
	}
}

var asSettled = cmp.Options{cmpopts.IgnoreFields(liability.Terms{}, "Learnt"), cmpopts.EquateEmpty(), cmpopts.IgnoreFields(liability.Basis{}, "Value")}

// settledOnly are the months that stay.
func settledOnly(b *liability.Book) (out []*liability.Statement) {
	for _, s := range b.Months {
		if s.Settled() {
			out = append(out, s)
		}
	}
	return out
}

func TestTheBookTiesToTheLedgerOnBothEngines(t *testing.T) {
	shops(t, func(t *testing.T, s *shop) {
		spring(s)
		s.tied(s.book())
		s.at("2026-06-01 00:05")
		for _, month := range []string{"2026-01", "2026-02", "2026-03", "2026-04"} {
			if _, err := s.CloseMonth(t.Context(), month); err != nil {
				t.Fatal(err)
			}
		}
		b := s.book()
		s.tied(b)
		if file, err := b.Statement("2026-01").JournalFile(liability.Yayoi, "JPY"); err != nil || strings.Contains(string(file), "regular") {
			t.Errorf("the journal calls points by their id: %v %s", err, file)
		}
		if got := b.Statement("2026-01").Types["regular"].EN; got != "Points" {
			t.Errorf("points are called %q", got)
		}
		if n := len(settledOnly(b)); n != 4 || len(b.Months) != 6 {
			t.Errorf("%d of %d months are settled, want 4 of 6", n, len(b.Months))
		}
		s.sound()
	})
}

// Whatever happened, in whatever order, with months closed in between.
func TestAnyHistoryTiesToTheLedger(t *testing.T) {
	s := newShop(t, db.SQLite)
	day := clock.MustDay("2026-02-01")
	closed := liability.Month("2025-12")
	var kept []*liability.Statement
	rapid.Check(t, func(rt *rapid.T) {
		s.t = t
		members := []ident.ID{s.enrol(day.String(), ""), s.enrol(day.String(), "")}
		awards := map[ident.ID]ident.ID{}
		debits := map[ident.ID][]int64{}
		for range rapid.IntRange(1, 8).Draw(rt, "steps") {
			day += clock.Day(rapid.IntRange(0, 12).Draw(rt, "days"))
			s.now = max(s.now.Add(time.Minute), jst(day.String()+" 12:00"))
			i := rapid.IntRange(0, 1).Draw(rt, "member")
			m, n := members[i], rapid.Int64Range(1, 500).Draw(rt, "points")
			switch rapid.IntRange(0, 10).Draw(rt, "what") {
			case 0, 1, 2:
				awards[m] = s.given(m, rapid.SampledFrom(liability.Origins).Draw(rt, "origin"), n)
			case 3, 4:
				s.on(m, lane.Want{}, func(b *ledger.Book, p ledger.Posting, _ *ledger.Policy) error {
					e, err := b.SpendAllowingDebt(p, n)
					if err == nil {
						debits[m] = append(debits[m], e.Seq)
					}
					return err
				})
			case 5:
				if list := debits[m]; len(list) > 0 {
					s.on(m, lane.Want{Debits: list}, func(b *ledger.Book, p ledger.Posting, spent *ledger.Policy) error {
						_, err := b.Refund(p, list[len(list)-1], n, spent)
						if fault.Is(err, "refund.exceeds_spend") {
							return nil
						}
						return err
					})
				}
			case 6:
				if a := awards[m]; !a.IsZero() {
					s.on(m, lane.Want{Awards: []ident.ID{a}}, func(b *ledger.Book, p ledger.Posting, _ *ledger.Policy) error {
						p.Award = a
						_, err := b.Clawback(p, n, ledger.TakeDebt)
						return err
					})
				}
			case 7:
				s.on(m, lane.Want{}, func(b *ledger.Book, p ledger.Posting, _ *ledger.Policy) error {
					if rapid.Bool().Draw(rt, "off") {
						n = -min(n, b.At(p.Recorded).Available)
					}
					if n == 0 {
						return nil
					}
					_, err := b.Adjust(p, n, ledger.Grant{Origin: ledger.Gift})
					return err
				})
			case 8:
				s.sends(m, members[1-i], n)
			case 9:
				s.late(m, (day-20).String()+" 12:00", n)
			case 10:
				s.on(m, lane.Want{Deep: true}, func(b *ledger.Book, p ledger.Posting, _ *ledger.Policy) error {
					b.Forfeit(p)
					return nil
				})
			}
		}
		if rapid.Bool().Draw(rt, "turned") {
			s.must(s.Turn(t.Context(), day))
		}
		for rapid.Bool().Draw(rt, "closes") && closed.Next() < liability.MonthOf(day-1) {
			if _, err := s.CloseMonth(t.Context(), string(closed.Next())); err != nil {
				rt.Fatal(err)
			}
			closed = closed.Next()
		}
		b := s.book()
		s.tied(b)
		now := settledOnly(b)
		if diff := cmp.Diff(kept, now[:len(kept)], asSettled); diff != "" {
			rt.Fatalf("a settled month changed: %s", diff)
		}
		kept = now
		if t.Failed() {
			rt.FailNow()
		}
	})
	s.sound()
}

// sends moves points from one member to another, if she has them.
func (s *shop) sends(from, to ident.ID, n int64) {
	s.t.Helper()
	var parcel ledger.Parcel
	s.on(from, lane.Want{}, func(b *ledger.Book, p ledger.Posting, _ *ledger.Policy) (err error) {
		if n = min(n, b.At(p.Recorded).Available); n > 0 {
			parcel, err = b.TransferOut(p, n)
		}
		return err
	})
	if len(parcel.Lots) > 0 {
		s.on(to, lane.Want{}, func(b *ledger.Book, p ledger.Posting, _ *ledger.Policy) error {
			_, err := b.TransferIn(p, parcel)
			return err
		})
	}
}

func TestWhatIsSetCountsFromTheFirstOpenMonth(t *testing.T) {
	shops(t, func(t *testing.T, s *shop) {
		m := s.enrol("2026-01-01", "")
		s.at("2026-01-20 12:00")
		s.given(m, ledger.Gift, 1_000)
		s.at("2026-02-20 12:00")
		if _, err := s.CloseMonth(t.Context(), "2026-01"); err != nil {
			t.Fatal(err)
		}
		share, value := liability.Share(600_000), int64(2)
		key := liability.Key{Type: "regular", Origin: ledger.Gift}
		s.write(func(tx *db.Tx) error {
			return liability.SaveBasis(tx, liability.Basis{Key: key, Use: &share, Value: &value, By: "stf_1", Reason: "auditor, 2026-02"})
		})
		s.write(func(tx *db.Tx) error {
			return liability.SaveSettings(tx, liability.Settings{Sale: liability.OnUse, Gift: liability.Provisioned, Names: map[liability.Account]string{liability.ProvisionHeld: "賞与引当金"}, By: "stf_1", Reason: "auditor"})
		})
		check := func() {
			t.Helper()
			b := s.book()
			jan, feb := b.Statement("2026-01").Total(), b.Statement("2026-02").Total()
			if jan.Closing != 1_000 || feb.Opening != 1_000 || feb.Closing != 1_200 || feb.Released != -200 {
				t.Errorf("January %+v, February %+v", jan, feb)
			}
			terms, _ := b.Statement("2026-02").TermsOf(key)
			if terms.Source != liability.ByHand || terms.Set == nil || terms.Set.By != "stf_1" || terms.Set.At == 0 || terms.Set.Reason != "auditor, 2026-02" {
				t.Errorf("%+v", terms)
			}
			if b.Settings.Name(liability.ProvisionHeld) != "賞与引当金" && b.Last().Month != "2026-03" {
				t.Error("the account's name is lost")
			}
		}
		check()
		s.at("2026-03-01 00:05")
		if _, err := s.CloseMonth(t.Context(), "2026-02"); err != nil {
			t.Fatal(err)
		}
		s.write(func(tx *db.Tx) error {
			return liability.SaveBasis(tx, liability.Basis{Key: key, By: "stf_2", Reason: "by the cohorts again"})
		})
		check()
		hist := look(s, func(tx *db.Tx) ([]liability.Basis, error) { return liability.BasisHistory(tx, 10) })
		if len(hist) != 2 || hist[0].By != "stf_2" || hist[0].Use != nil || *hist[1].Use != share {
			t.Errorf("history: %+v", hist)
		}
	})
}

// Months closed before anything was settled are settled by the next turn.
func TestMonthsClosedEarlierAreSettledByTheNextTurn(t *testing.T) {
	shops(t, func(t *testing.T, s *shop) {
		m := s.enrol("2026-01-01", "")
		s.at("2026-01-20 12:00")
		s.given(m, ledger.Gift, 1_000)
		s.at("2026-03-02 12:00")
		if _, err := s.CloseMonth(t.Context(), "2026-01"); err != nil {
			t.Fatal(err)
		}
		s.write(func(tx *db.Tx) error {
			for _, table := range []string{"month", "move", "terms", "worth"} {
				if _, err := tx.Exec(fmt.Sprintf(`DELETE FROM liability_%s`, table)); err != nil {
					return err
				}
			}
			return nil
		})
		if b := s.book(); b.Months[0].Settled() || b.Months[0].Total().Closing != 1_000 {
			t.Errorf("%+v", b.Months[0])
		}
		s.given(m, ledger.Gift, 5)
		s.turnInto("2026-03-03")
		if b := s.book(); !b.Months[0].Settled() || b.Months[0].Total().Closing != 1_000 {
			t.Errorf("%+v", b.Months[0])
		}
	})
}

func TestTheBookOfAnEmptyShopIsEmpty(t *testing.T) {
	shops(t, func(t *testing.T, s *shop) {
		if b := s.book(); len(b.Months) != 0 {
			t.Errorf("%+v", b.Months)
		}
	})
}
