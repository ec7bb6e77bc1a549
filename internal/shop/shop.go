// Package shop holds what is true of the shop as a whole: its name, language,
// calendar zone and currency, where its set-up stands, and its stores.
//
// Words: Settings is the one row of the shop; a Store is a place or channel
// that sells, known to tills and files by its code; the shop clock is set only
// in a demo or test database, whose story ended in the past.
//
// It does not know members, points or programmes; the programme document has
// its own zone and currency, which rule for points.
package shop

import (
	"strings"
	"time"

	"joren/internal/clock"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/label"
)

// Setup is where the first set-up stands.
type Setup string

const (
	New    Setup = "new"    // nobody has answered the set-up page yet
	Sample Setup = "sample" // the owner looks round with sample data
	Empty  Setup = "empty"  // the shop's own data
)

// Settings is what is true of the shop as a whole.
type Settings struct {
	Name      label.Text
	Lang      i18n.Lang // of the shop; each person may choose their own
	Zone      string    // IANA name
	Currency  string    // ISO 4217
	DayStarts time.Duration
	ShopClock clock.Instant // where a demo's story stands; 0 = the machine's time
	Setup     Setup
	Version   int64 // rises with each change
}

// Currencies the set-up page offers; any ISO 4217 code of three letters may
// be stored.
var Currencies = []string{"JPY", "USD", "EUR", "GBP", "KRW", "TWD", "THB", "SGD", "AUD"}

// Zones the set-up page offers first; any IANA zone may be stored.
var Zones = []string{"Asia/Tokyo", "Asia/Seoul", "Asia/Taipei", "Asia/Singapore", "Asia/Bangkok", "Australia/Sydney", "Europe/London", "Europe/Paris", "America/New_York", "America/Los_Angeles", "UTC"}

// Calendar is the zone in which the shop's business days are counted.
func (s Settings) Calendar() clock.Zone {
	z, err := clock.LoadZone(s.Zone, s.DayStarts)
	if err != nil {
		z = clock.Tokyo
		z.Starts = s.DayStarts
	}
	return z
}

// Check refuses settings that cannot be used, each at its field:
// shop.name_missing, shop.lang_unknown, shop.zone_unknown,
// shop.currency_unknown, shop.day_starts_invalid.
func (s Settings) Check() error {
	f := fault.New(fault.Invalid, "shop.invalid")
	if strings.TrimSpace(s.Name.JA+s.Name.EN) == "" || len([]rune(s.Name.JA)) > 100 || len([]rune(s.Name.EN)) > 100 {
		f.With(fault.At("name", "shop.name_missing"))
	}
	if s.Lang != i18n.JA && s.Lang != i18n.EN {
		f.With(fault.At("lang", "shop.lang_unknown"))
	}
	if !knownZone(s.Zone) {
		f.With(fault.At("zone", "shop.zone_unknown"))
	}
	if !isCurrency(s.Currency) {
		f.With(fault.At("currency", "shop.currency_unknown"))
	}
	if s.DayStarts < 0 || s.DayStarts >= 24*time.Hour || s.DayStarts%time.Minute != 0 {
		f.With(fault.At("day_starts", "shop.day_starts_invalid"))
	}
	if len(f.Fields) > 0 {
		return f
	}
	return nil
}

func knownZone(name string) bool {
	_, err := clock.LoadZone(name, 0)
	return err == nil && name != "" && name != "Local"
}

func isCurrency(s string) bool {
	return len(s) == 3 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}
