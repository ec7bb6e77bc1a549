package ledger

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/ident"
)

func write(t testing.TB, d *db.DB, fn func(*db.Tx) error) {
	t.Helper()
	if err := d.Write(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

func read[T any](t testing.TB, d *db.DB, fn func(*db.Tx) (T, error)) (v T) {
	t.Helper()
	if err := d.Read(context.Background(), func(tx *db.Tx) (err error) { v, err = fn(tx); return err }); err != nil {
		t.Fatal(err)
	}
	return v
}

// change loads one account, changes it and saves it.
func change(t testing.TB, d *db.DB, w Want, fn func(b *Book)) {
	t.Helper()
	write(t, d, func(tx *db.Tx) error {
		books, err := Load(tx, []Want{w})
		if err != nil {
			return err
		}
		fn(books[0])
		lost, err := Save(tx, books)
		if len(lost) > 0 {
			return fmt.Errorf("lost %v", lost)
		}
		return err
	})
}

var ignore = []cmp.Option{
	cmpopts.IgnoreUnexported(Lot{}, Hold{}, Piece{}, Book{}), cmpopts.EquateEmpty(),
	cmp.Comparer(func(x, y clock.Instant) bool { return x == y }),
}

func TestWhatIsSavedIsLoadedAgain(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		var whole *Book
		k := Key{ident.New(), "regular"}
		w := Want{Key: k, Policy: cafe()}
		award := ident.New()
		var hold, spent ident.ID
		var seq int64
		steps := []struct {
			want Want
			do   func(b *Book)
		}{
			{w, func(b *Book) {
				must(b.Award(on("10-01 12:00"), Grant{Points: 400, ExpiresOn: clock.MustDay("2026-11-30"), Origin: Paid}, Grant{Points: 500, Origin: Migrated}))(t)
			}},
			{w, func(b *Book) { hold = must(b.Reserve(on("11-15 10:10"), 600, 0, "8801"))(t).ID }},
			{Want{Key: k, Policy: w.Policy, Holds: []ident.ID{hold}}, func(b *Book) {
				p := on("11-15 10:12:40")
				p.Store, p.Actor, p.Reason, p.Note, p.Purchase = "honten", "stf_1", "sale", "free words", award
				seq = must(b.CommitHold(p, hold, 600))(t).Seq
				spent = p.Purchase
				must(b.Award(by(p, award), Grant{Points: 355, Origin: Sale, EarnedBy: ident.New()}))(t)
			}},
			{Want{Key: k, Policy: w.Policy, Awards: []ident.ID{award}, Debits: []int64{3, 3}}, func(b *Book) {
				must(b.Refund(by(on("11-18 15:01:10"), ident.ID{}), seq, 156, b.Policy))(t)
				must(b.Clawback(by(on("11-18 15:01:10"), award), 192, TakeDebt))(t)
			}},
			{w, func(b *Book) { must(b.Spend(on("12-01 09:30"), 500))(t) }},
			{Want{Key: k, Policy: w.Policy, Awards: []ident.ID{award}, Purchases: []ident.ID{award}}, func(b *Book) {
				must(b.Refund(on("12-05 16:20"), seq, 444, b.Policy))(t)
				must(b.Clawback(by(on("12-05 16:20"), award), 163, TakeDebt))(t)
				must(b.GiveBack(by(on("12-05 16:21"), award), 20))(t)
			}},
		}
		whole = NewBook(k, w.Policy)
		_ = spent
		for i, s := range steps {
			if i == 2 {
				s.want.Holds = []ident.ID{hold}
			}
			change(t, d, s.want, func(b *Book) {
				s.do(b)
				whole.entries = append(whole.entries, b.entries...)
				whole.Head = b.Head
			})
		}
		stored := read(t, d, func(tx *db.Tx) (Page, error) { return Entries(tx, k, 0, 100) })
		same := append(slices.Clone(ignore), cmpopts.IgnoreFields(Piece{}, "Undone"), cmpopts.IgnoreFields(Entry{}, "Born"))
		if diff := cmp.Diff(whole.entries, stored.Entries, same...); diff != "" {
			t.Errorf("journal: %s", diff)
		}
		b := read(t, d, func(tx *db.Tx) (*Book, error) {
			bs, err := Load(tx, []Want{{Key: k, Policy: w.Policy, Deep: true}})
			return bs[0], err
		})
		if b.Version != int64(len(steps)) || b.Balance != whole.Balance || b.Hash != whole.Hash || b.LastSeq != whole.LastSeq {
			t.Errorf("head %+v, want %+v", b.Head, whole.Head)
		}
		b.audit()
		h := read(t, d, func(tx *db.Tx) (*History, error) { return ReadHistory(tx, k, w.Policy) })
		for at, want := range map[string]Balance{
			"11-15 10:09": {Available: 900}, "11-15 10:11": {Available: 300, Held: 600}, "11-15 10:13": {Available: 300, Pending: 355},
			"11-18 15:02": {Available: 456, Pending: 163}, "12-01 09:31": {Available: 119}, "12-05 16:21": {Available: 420},
		} {
			got := h.At(jst(at))
			got.Next = Expiring{}
			if got != want {
				t.Errorf("at %s: %+v, want %+v", at, got, want)
			}
		}
	})
}

func TestConcurrentSaversLoseByVersionAndReachAnExactSum(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		keys := []Key{{ident.New(), "regular"}, {ident.New(), "regular"}, {ident.New(), "regular"}}
		const workers, rounds = 4, 12
		var wg sync.WaitGroup
		var mu sync.Mutex
		losses := 0
		for range workers {
			wg.Add(1)
			go func() {
				defer wg.Done()
				for range rounds {
					todo := slices.Clone(keys)
					for len(todo) > 0 {
						var lost []ident.ID
						err := d.Write(context.Background(), func(tx *db.Tx) error {
							var wants []Want
							for _, k := range todo {
								stamps := Key{k.Holder, "stamp"}
								wants = append(wants, Want{Key: k, Policy: cafe()}, Want{Key: stamps, Policy: cafe()})
							}
							books, err := Load(tx, wants)
							if err != nil {
								return err
							}
							for i, b := range books {
								if _, err := b.Award(on("11-15 10:00"), Grant{Points: int64(i%2 + 1)}); err != nil {
									return err
								}
							}
							lost, err = Save(tx, books)
							return err
						})
						if err != nil {
							t.Error(err)
							return
						}
						todo = slices.DeleteFunc(todo, func(k Key) bool { return !slices.Contains(lost, k.Holder) })
						mu.Lock()
						losses += len(lost)
						mu.Unlock()
					}
				}
			}()
		}
		wg.Wait()
		for _, k := range keys {
			for n, typ := range []string{"regular", "stamp"} {
				b := read(t, d, func(tx *db.Tx) (*Book, error) {
					bs, err := Load(tx, []Want{{Key: Key{k.Holder, typ}, Policy: cafe()}})
					return bs[0], err
				})
				if want := int64(workers * rounds * (n + 1)); b.Balance != want || b.Version != workers*rounds {
					t.Errorf("%s: balance %d, version %d; want %d, %d", typ, b.Balance, b.Version, want, workers*rounds)
				}
			}
		}
		t.Logf("%d times a holder was judged again", losses)
	})
}

func TestAHolderWinsWithAllHerAccountsOrWithNone(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h := ident.New()
		wants := []Want{{Key: Key{h, "regular"}, Policy: cafe()}, {Key: Key{h, "stamp"}, Policy: cafe()}, {Key: Key{h, "new"}, Policy: cafe()}}
		change(t, d, wants[0], func(b *Book) { must(b.Award(on("11-01 10:00"), Grant{Points: 1}))(t) })
		change(t, d, wants[1], func(b *Book) { must(b.Award(on("11-01 10:00"), Grant{Points: 1}))(t) })
		stale := read(t, d, func(tx *db.Tx) ([]*Book, error) { return Load(tx, wants) })
		change(t, d, wants[1], func(b *Book) { must(b.Award(on("11-02 10:00"), Grant{Points: 10}))(t) })
		for _, b := range stale {
			must(b.Award(on("11-03 10:00"), Grant{Points: 100}))(t)
		}
		write(t, d, func(tx *db.Tx) error {
			lost, err := Save(tx, stale)
			if !slices.Equal(lost, []ident.ID{h}) {
				t.Errorf("lost %v, want the holder", lost)
			}
			return err
		})
		now := read(t, d, func(tx *db.Tx) ([]*Book, error) { return Load(tx, wants) })
		var got [][2]int64
		for _, b := range now {
			got = append(got, [2]int64{b.Version, b.Balance})
		}
		if diff := cmp.Diff([][2]int64{{1, 1}, {2, 11}, {0, 0}}, got); diff != "" {
			t.Errorf("version and balance: %s", diff)
		}
	})
}

func TestTheDayTurnFindsTheAccountsWithRowsDue(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		k, other := Key{ident.New(), "regular"}, Key{ident.New(), "regular"}
		change(t, d, Want{Key: k, Policy: cafe()}, func(b *Book) { must(b.Award(on("11-15 10:00"), Grant{Points: 5}))(t) })
		change(t, d, Want{Key: other, Policy: cafe()}, func(b *Book) {
			must(b.Award(on("11-14 10:00"), Grant{Points: 5, ExpiresOn: clock.MustDay("2026-11-25")}))(t)
		})
		due := func(from, to string) []Key {
			return read(t, d, func(tx *db.Tx) ([]Key, error) { return Due(tx, jst(from), jst(to)) })
		}
		for _, c := range []struct {
			from, to string
			want     []Key
		}{
			{"11-15 00:00", "11-20 23:00", nil},
			{"11-20 23:00", "11-21 00:00", []Key{other}},
			{"11-21 00:00", "11-22 00:00", []Key{k}},
		} {
			if diff := cmp.Diff(c.want, due(c.from, c.to), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("due in (%s, %s]: %s", c.from, c.to, diff)
			}
		}
		change(t, d, Want{Key: other, Policy: cafe()}, func(b *Book) { b.Settle(jst("11-21 00:00")) })
		if got := due("11-25 00:00", "11-26 00:00"); !slices.Equal(got, []Key{other}) {
			t.Errorf("after activation the lot is due at its expiry, got %v", got)
		}
		change(t, d, Want{Key: other, Policy: cafe()}, func(b *Book) { b.Settle(jst("11-26 00:00")) })
		if got := due("11-01 00:00", "12-31 00:00"); !slices.Equal(got, []Key{k}) {
			t.Errorf("a dead lot is due no more, got %v", got)
		}
	})
}
