package shop

import (
	"context"
	"testing"
	"time"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/ident"
	"joren/internal/label"
)

var ctx = context.Background()

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wants(t *testing.T, err error, code string) {
	t.Helper()
	if !fault.Is(err, code) {
		t.Errorf("got %v, want %s", err, code)
	}
}

func bar(s Settings) Settings {
	s.Name, s.Lang, s.Zone, s.Currency = label.Text{JA: "バー月"}, i18n.JA, "Asia/Tokyo", "JPY"
	s.DayStarts, s.Setup, s.ShopClock = 5*time.Hour, Empty, clock.MustInstant("2011-12-10T00:00:00Z")
	return s
}

func TestANewShopIsNotSetUpAndKeepsWhatIsSaved(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		var saved Settings
		must(t, d.Write(ctx, func(tx *db.Tx) error {
			s, err := Load(tx)
			if s.Setup != New || s.Zone != "Asia/Tokyo" || s.Currency != "JPY" || s.ShopClock != 0 {
				t.Errorf("a new shop is %+v", s)
			}
			if err != nil {
				return err
			}
			saved, err = Save(tx, bar(s))
			return err
		}))
		must(t, d.Read(ctx, func(tx *db.Tx) error {
			s, err := Load(tx)
			if s != saved {
				t.Errorf("loaded %+v, saved %+v", s, saved)
			}
			if z := s.Calendar(); z.Day(clock.MustInstant("2026-11-16T04:59:00+09:00")) != clock.MustDay("2026-11-15") {
				t.Error("the bar's night belongs to the day before")
			}
			return err
		}))
	})
}

func TestAChangeByAnotherInBetweenIsNotOverwritten(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		var mine Settings
		must(t, d.Read(ctx, func(tx *db.Tx) (err error) { mine, err = Load(tx); return err }))
		save := func() error {
			return d.Write(ctx, func(tx *db.Tx) error { _, err := Save(tx, bar(mine)); return err })
		}
		must(t, save())
		wants(t, save(), "shop.changed_meanwhile")
	})
}

func TestSettingsThatCannotBeUsedAreRefusedAtEachField(t *testing.T) {
	err := Settings{Zone: "Mars/Olympus", Currency: "yen", DayStarts: 24 * time.Hour}.Check()
	var codes string
	for _, f := range fault.Of(err).Fields {
		codes += f.Path + " "
	}
	if codes != "name lang zone currency day_starts " {
		t.Errorf("fields %q", codes)
	}
	wants(t, Settings{Name: label.Text{JA: "x"}, Lang: "ja", Zone: "Local", Currency: "JPY"}.Check(), "shop.invalid")
}

func TestTheCacheShowsAChangeAtOnceHereAndAfterFiveSecondsElsewhere(t *testing.T) {
	at := clock.MustInstant("2026-11-22T10:00:00Z")
	hand := clock.Clock{Shop: func() clock.Instant { return at }, Wall: func() clock.Instant { return at }}
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		here, elsewhere := &Cache{}, &Cache{}
		name := func(c *Cache) (ja string) {
			must(t, d.Read(ctx, func(tx *db.Tx) error { s, err := c.Get(tx); ja = s.Name.JA; return err }))
			return ja
		}
		if name(here)+name(elsewhere) != "" {
			t.Fatal("the shop has a name before it was given one")
		}
		must(t, d.Write(ctx, func(tx *db.Tx) error {
			s, err := Load(tx)
			if err == nil {
				_, err = here.Save(tx, bar(s))
			}
			return err
		}))
		if name(here) != "バー月" || name(elsewhere) != "" {
			t.Errorf("here %q, elsewhere %q", name(here), name(elsewhere))
		}
		at = at.Add(5 * time.Second)
		if name(elsewhere) != "バー月" {
			t.Error("elsewhere still does not know after five seconds")
		}
	}, dbtest.WithClock(hand))
}

func TestStoresAreFoundManyAtATimeByTheirCodes(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		put := func(code string) error {
			return d.Write(ctx, func(tx *db.Tx) error {
				_, err := AddStore(tx, Store{Code: code, Name: label.Text{JA: code + "店"}})
				return err
			})
		}
		must(t, put("main"))
		must(t, put("web"))
		wants(t, put("main"), "shop.store_code_taken")
		wants(t, put("a b"), "shop.store_invalid")
		must(t, d.Read(ctx, func(tx *db.Tx) error {
			got, err := StoresByCode(tx, []string{"web", "main", "none", "web"})
			if len(got) != 2 || got["web"].Name.JA != "web店" || !got["main"].Active {
				t.Errorf("found %v", got)
			}
			if none, err := StoresByCode(tx, nil); len(none) != 0 || err != nil {
				t.Errorf("no codes: %v, %v", none, err)
			}
			return err
		}))
	})
}

func TestAClosedStoreKeepsItsCode(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		must(t, d.Write(ctx, func(tx *db.Tx) error {
			s, err := AddStore(tx, Store{Code: "main", Name: label.Text{EN: "Main"}, Zone: "Asia/Seoul"})
			if err != nil {
				return err
			}
			s.Active, s.Code = false, "other"
			if _, err := SaveStore(tx, s); err != nil {
				return err
			}
			got, err := GetStore(tx, s.ID)
			if got.Code != "main" || got.Active || got.Zone != "Asia/Seoul" {
				t.Errorf("stored %+v", got)
			}
			return err
		}))
	})
}

func TestAStoreChangedByAnotherInBetweenIsNotOverwritten(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		var mine Store
		must(t, d.Write(ctx, func(tx *db.Tx) (err error) {
			mine, err = AddStore(tx, Store{Code: "main", Name: label.Text{JA: "本店"}})
			return err
		}))
		if mine.Version != 1 {
			t.Errorf("a new store has version %d", mine.Version)
		}
		save := func(s Store) (is Store, err error) {
			err = d.Write(ctx, func(tx *db.Tx) (err error) { is, err = SaveStore(tx, s); return err })
			return is, err
		}
		theirs := mine
		theirs.Name.EN = "Main shop"
		theirs, err := save(theirs)
		must(t, err)
		mine.Zone = "Asia/Seoul"
		_, err = save(mine)
		wants(t, err, "shop.store_changed")
		for _, never := range []int64{0, -1, 3} {
			mine.Version = never
			_, err = save(mine)
			wants(t, err, "shop.store_changed")
		}
		stored := func() (s Store) {
			must(t, d.Read(ctx, func(tx *db.Tx) (err error) { s, err = GetStore(tx, mine.ID); return err }))
			return s
		}
		if s := stored(); s != theirs || s.Version != 2 || s.Zone != "" {
			t.Errorf("stored %+v, saved %+v", s, theirs)
		}
		mine.Version = 2
		mine, err = save(mine)
		must(t, err)
		if s := stored(); s != mine || s.Version != 3 {
			t.Errorf("stored %+v, saved %+v", s, mine)
		}
		mine.ID = ident.New()
		_, err = save(mine)
		wants(t, err, "shop.store_unknown")
	})
}
