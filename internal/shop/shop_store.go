package shop

import (
	"sync/atomic"
	"time"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
)

func scanSettings(r db.Row) (s Settings, err error) {
	var minutes int64
	err = r.Scan(&s.Name.JA, &s.Name.EN, &s.Lang, &s.Zone, &s.Currency, &minutes, &s.ShopClock, &s.Setup, &s.Version)
	s.DayStarts = time.Duration(minutes) * time.Minute
	return s, err
}

// Load reads the settings.
func Load(tx *db.Tx) (Settings, error) {
	return db.One(tx, fault.New(fault.Internal, "shop.row_missing"), scanSettings,
		`SELECT name_ja, name_en, lang, zone, currency, day_starts, shop_clock, setup, version FROM shop_setting WHERE id = 1`)
}

// Save stores settings as they were loaded and changed; someone else's change
// in between is shop.changed_meanwhile. Faults of [Settings.Check].
func Save(tx *db.Tx, s Settings) (Settings, error) {
	if err := s.Check(); err != nil {
		return s, err
	}
	n, err := tx.Exec(`UPDATE shop_setting SET name_ja = $1, name_en = $2, lang = $3, zone = $4, currency = $5, day_starts = $6,
		shop_clock = $7, setup = $8, version = version + 1 WHERE id = 1 AND version = $9`,
		s.Name.JA, s.Name.EN, string(s.Lang), s.Zone, s.Currency, int64(s.DayStarts/time.Minute), s.ShopClock, string(s.Setup), s.Version)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "shop.changed_meanwhile")
	}
	s.Version++
	return s, err
}

// SetClock moves the shop clock of a demo or test database; 0 gives it back
// to the machine's time.
func SetClock(tx *db.Tx, at clock.Instant) error {
	_, err := tx.Exec(`UPDATE shop_setting SET shop_clock = $1, version = version + 1 WHERE id = 1`, at)
	return err
}

// Cache remembers the settings for up to five seconds, so that pages need not
// ask for each request; another process's change shows after that.
type Cache struct{ held atomic.Pointer[held] }

type held struct {
	s     Settings
	until clock.Instant
}

// Get gives the settings, from memory when they are fresh.
func (c *Cache) Get(tx *db.Tx) (Settings, error) {
	if h := c.held.Load(); h != nil && tx.Wall < h.until {
		return h.s, nil
	}
	s, err := Load(tx)
	if err == nil {
		c.held.Store(&held{s, tx.Wall.Add(5 * time.Second)})
	}
	return s, err
}

// Save is [Save] and forgets what was remembered once the change is durable.
func (c *Cache) Save(tx *db.Tx, s Settings) (Settings, error) {
	s, err := Save(tx, s)
	tx.AfterCommit(func() { c.held.Store(nil) })
	return s, err
}
