package programme

import (
	"context"
	"strings"
	"sync"
	"testing"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/plan"
)

var (
	ctx   = context.Background()
	noon  = clock.MustInstant("2026-05-10T12:00:00+09:00")
	shop  = dbtest.WithClock(clock.Fixed(noon))
	owner = Order{By: ident.New(), Note: "spring"}
)

// cafe is the café's programme with pairs of text replaced.
func cafe(t *testing.T, pairs ...string) []byte {
	t.Helper()
	src, err := plan.Template("cafe")
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(string(src), pairs[i]) {
			t.Fatalf("the café has no %q", pairs[i])
		}
	}
	return []byte(strings.NewReplacer(pairs...).Replace(string(src)))
}

func from(day string) []string {
	return []string{"effective_from: 2026-04-01", "effective_from: " + day}
}

func published(t *testing.T, d *db.DB, src []byte) Version {
	t.Helper()
	var v Version
	write(t, d, func(tx *db.Tx) (err error) { v, err = Publish(tx, src, owner); return err })
	return v
}

func write(t *testing.T, d *db.DB, f func(*db.Tx) error) {
	t.Helper()
	if err := d.Write(ctx, f); err != nil {
		t.Fatal(err)
	}
}

func refused(t *testing.T, d *db.DB, code string, f func(*db.Tx) error) {
	t.Helper()
	if err := d.Write(ctx, f); !fault.Is(err, code) {
		t.Errorf("got %v, want %s", err, code)
	}
}

func states(t *testing.T, d *db.DB) (out []State) {
	t.Helper()
	write(t, d, func(tx *db.Tx) error {
		vs, err := Versions(tx)
		out = nil
		for _, v := range vs {
			out = append(out, v.State)
		}
		return err
	})
	return out
}

func TestAVersionIsScheduledThenInForceThenSuperseded(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		first := published(t, d, cafe(t))
		next := published(t, d, cafe(t, from("2026-07-01")...))
		write(t, d, func(tx *db.Tx) error { _, err := Save(tx, cafe(t, from("2026-09-01")...), ident.ID{}, ""); return err })
		if first.State != InForce || first.Number != 1 || first.Hash != Hash(cafe(t)) || next.State != Scheduled || next.Number != 2 {
			t.Errorf("%+v %+v", first, next)
		}
		if got := states(t, d); len(got) != 3 || got[0] != InForce || got[1] != Scheduled || got[2] != Draft {
			t.Errorf("%v", got)
		}
		write(t, d, func(tx *db.Tx) error {
			tx.Now = clock.MustInstant("2026-07-01T00:00:00+09:00")
			vs, err := Versions(tx)
			if vs[0].State != Superseded || vs[1].State != InForce {
				t.Errorf("on 1 July: %v %v", vs[0].State, vs[1].State)
			}
			return err
		})
	}, shop)
}

func TestAPurchaseIsJudgedByTheVersionInForceWhenItHappened(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		published(t, d, cafe(t))
		published(t, d, cafe(t, from("2026-07-01")...))
		var c Cache
		write(t, d, func(tx *db.Tx) error {
			for at, want := range map[string]int{"2026-04-01T00:00:00+09:00": 1, "2026-06-30T23:59:59+09:00": 1, "2026-07-01T00:00:00+09:00": 2, "2030-01-01T00:00:00Z": 2} {
				p, err := c.At(tx, clock.MustInstant(at))
				if err != nil || p.Version != want || p.Spec.Version != want {
					t.Errorf("%s: %v %v", at, p, err)
				}
			}
			_, err := c.At(tx, clock.MustInstant("2026-03-31T23:59:59+09:00"))
			if !fault.Is(err, "programme.none_in_force") {
				t.Errorf("before the first version: %v", err)
			}
			tl, err := c.Load(tx)
			if err != nil {
				return err
			}
			if p, err := tl.Number(2); err != nil || p.Version != 2 {
				t.Errorf("by number: %v", err)
			}
			if p, err := tl.First(); err != nil || p.Version != 1 {
				t.Errorf("first: %v", err)
			}
			return nil
		})
	}, shop)
}

func TestAVersionThatDoesNotFitIsRefused(t *testing.T) {
	july := from("2026-07-01")
	for _, c := range []struct {
		what, code string
		pairs      []string
	}{
		{"a document with problems", "programme.invalid", []string{"mode: best", "mode: bset"}},
		{"the same first day", "programme.not_after", nil},
		{"a day before an existing version", "programme.not_after", from("2026-03-01")},
		{"a day that has begun", "programme.starts_in_past", from("2026-05-10")},
		{"another programme", "programme.other_programme", append([]string{"programme: hidamari", "programme: komorebi"}, july...)},
		{"another currency", "programme.currency_changed", append([]string{"currency: JPY", "currency: USD"}, july...)},
		{"another zone", "programme.zone_changed", append([]string{"zone: Asia/Tokyo", "zone: Asia/Seoul"}, july...)},
		{"a point type less", "programme.point_type_removed", append([]string{"  stamp:\n", "  sticker:\n", "points: stamp", "points: sticker"}, july...)},
		{"worse in three weeks", "programme.notice_too_short", append([]string{"{from: 0, per: 100, give: 1}", "{from: 0, per: 200, give: 1}"}, from("2026-06-01")...)},
	} {
		t.Run(c.what, func(t *testing.T) {
			d := dbtest.SQLite(t, shop)
			published(t, d, cafe(t))
			refused(t, d, c.code, func(tx *db.Tx) error { _, err := Publish(tx, cafe(t, c.pairs...), owner); return err })
			if got := states(t, d); len(got) != 1 {
				t.Errorf("something was stored: %v", got)
			}
		})
	}
}

func TestShortNoticeNeedsNoWordWhenNothingIsWorseOrTheOwnerKnows(t *testing.T) {
	d := dbtest.SQLite(t, shop)
	published(t, d, cafe(t))
	published(t, d, cafe(t, append(from("2026-06-01"), "{from: 0, per: 100, give: 1}", "{from: 0, per: 100, give: 2}", "{from: 5000, per: 100, give: 2}", "{from: 5000, per: 100, give: 3}")...))
	write(t, d, func(tx *db.Tx) error {
		o := owner
		o.ShortNotice = true
		_, err := Publish(tx, cafe(t, from("2026-06-05")...), o)
		return err
	})
}

func TestAPublishedVersionNeverChanges(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		v := published(t, d, cafe(t))
		refused(t, d, "programme.published", func(tx *db.Tx) error {
			_, err := Revise(tx, v.Number, v.Hash, cafe(t, from("2026-08-01")...))
			return err
		})
		refused(t, d, "programme.published", func(tx *db.Tx) error { _, err := PublishDraft(tx, v.Number, owner); return err })
		refused(t, d, "programme.not_scheduled", func(tx *db.Tx) error { return Withdraw(tx, v.Number) })
		refused(t, d, "programme.version_unknown", func(tx *db.Tx) error { return Withdraw(tx, 9) })
		write(t, d, func(tx *db.Tx) error {
			src, err := Source(tx, v.Number)
			if string(src) != string(cafe(t)) {
				t.Error("the text is not the one published")
			}
			return err
		})
	}, shop)
}

func TestADraftIsRevisedByWhoSawItsLatestText(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		var v Version
		write(t, d, func(tx *db.Tx) (err error) { v, err = Save(tx, cafe(t), owner.By, "first thoughts"); return err })
		write(t, d, func(tx *db.Tx) (err error) {
			_, err = Revise(tx, v.Number, v.Hash, cafe(t, from("2026-08-01")...))
			return err
		})
		refused(t, d, "programme.edited_meanwhile", func(tx *db.Tx) error { _, err := Revise(tx, v.Number, v.Hash, cafe(t)); return err })
		write(t, d, func(tx *db.Tx) error {
			got, err := Get(tx, v.Number)
			if got.EffectiveFrom.String() != "2026-08-01" || got.State != Draft || got.CreatedBy != owner.By || got.Note != "first thoughts" {
				t.Errorf("%+v", got)
			}
			return err
		})
	}, shop)
}

func TestAScheduledVersionCanBeWithdrawnAndReplaced(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		published(t, d, cafe(t))
		v := published(t, d, cafe(t, from("2026-07-01")...))
		write(t, d, func(tx *db.Tx) error { return Withdraw(tx, v.Number) })
		again := published(t, d, cafe(t, from("2026-07-01")...))
		if got := states(t, d); got[1] != Draft || got[2] != Scheduled || again.Number != 3 {
			t.Errorf("%v", got)
		}
	}, shop)
}

func TestTheCacheReadsOneRowUntilAVersionIsPublished(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		published(t, d, cafe(t))
		var here, there Cache // two processes
		load := func(c *Cache) (tl *Timeline) {
			write(t, d, func(tx *db.Tx) (err error) { tl, err = c.Load(tx); return err })
			return tl
		}
		a := load(&here)
		if load(&here) != a {
			t.Error("loaded again though nothing changed")
		}
		pa, _ := a.At(noon)
		published(t, d, cafe(t, from("2026-07-01")...))
		for _, c := range []*Cache{&here, &there} {
			tl := load(c)
			if p, err := tl.At(clock.MustInstant("2026-08-01T00:00:00Z")); err != nil || p.Version != 2 {
				t.Errorf("the new version is not seen: %v", err)
			}
		}
		if pb, _ := load(&here).At(noon); pb != pa {
			t.Error("an unchanged version was compiled again")
		}
	}, shop)
}

func TestACacheFilledInARolledBackTransactionForgetsIt(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		published(t, d, cafe(t))
		var c Cache
		refused(t, d, "stop", func(tx *db.Tx) error {
			if _, err := Publish(tx, cafe(t, from("2026-07-01")...), owner); err != nil {
				return err
			}
			if _, err := c.At(tx, noon); err != nil {
				return err
			}
			return fault.New(fault.Conflict, "stop")
		})
		published(t, d, cafe(t, from("2026-08-01")...))
		write(t, d, func(tx *db.Tx) error {
			p, err := c.At(tx, clock.MustInstant("2026-07-15T00:00:00Z"))
			if err == nil && p.Version != 1 {
				t.Errorf("version %d judges July", p.Version)
			}
			return err
		})
	}, shop)
}

func TestManyMayAskTheCacheAtOnce(t *testing.T) {
	d := dbtest.SQLite(t, shop)
	published(t, d, cafe(t))
	var c Cache
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			err := d.Read(ctx, func(tx *db.Tx) error {
				p, err := c.At(tx, noon)
				if err == nil && p.ID != "hidamari" {
					t.Errorf("%s", p.ID)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestTheDifferenceOfTwoVersionsIsToldInWords(t *testing.T) {
	d := dbtest.SQLite(t, shop)
	published(t, d, cafe(t))
	published(t, d, cafe(t, append(from("2026-07-01"), "give_per_item: 5", "give_per_item: 10")...))
	write(t, d, func(tx *db.Tx) error {
		cs, err := Diff(tx, 1, 2)
		if len(cs) != 1 || cs[0].Key != "rules.own-cup" || cs[0].For != plan.Better {
			t.Errorf("%+v", cs)
		}
		return err
	})
}
