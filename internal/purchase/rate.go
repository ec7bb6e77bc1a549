package purchase

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"

	"joren/internal/clock"
)

// Rate is a tax rate. The zero Rate means "not said"; 0 % is a rate of its
// own, made by NewRate(0).
type Rate int64 // millionths + 1

const million = 1_000_000

// NewRate makes a rate from millionths: 8 % is 80,000.
func NewRate(millionths int64) Rate { return Rate(millionths + 1) }

// IsZero reports that no rate was said.
func (r Rate) IsZero() bool { return r == 0 }

// Millionths is the rate in millionths; 0 when none was said.
func (r Rate) Millionths() int64 { return max(0, int64(r)-1) }

// String is the rate as a decimal with at least two places: "0.08", "0.10";
// "" when none was said.
func (r Rate) String() string {
	if r == 0 {
		return ""
	}
	m := r.Millionths()
	s := fmt.Sprintf("%d.%06d", m/million, m%million)
	for strings.HasSuffix(s, "0") && len(s)-strings.IndexByte(s, '.') > 3 {
		s = s[:len(s)-1]
	}
	return s
}

// ParseRate reads a decimal from 0 to 1 with at most six places.
func ParseRate(s string) (Rate, error) {
	whole, frac, _ := strings.Cut(s, ".")
	if (whole != "0" && whole != "1") || len(frac) > 6 || strings.HasSuffix(s, ".") {
		return 0, badRate(s)
	}
	m := int64(whole[0]-'0') * million
	unit := int64(million / 10)
	for _, c := range frac {
		if c < '0' || c > '9' {
			return 0, badRate(s)
		}
		m += int64(c-'0') * unit
		unit /= 10
	}
	if m > million {
		return 0, badRate(s)
	}
	return NewRate(m), nil
}

func badRate(s string) error {
	return fmt.Errorf("purchase: %q is not a tax rate such as 0.08", s)
}

func (r Rate) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

func (r *Rate) UnmarshalText(b []byte) (err error) {
	if len(b) == 0 {
		*r = 0
		return nil
	}
	*r, err = ParseRate(string(b))
	return err
}

// exclusive is floor(net × rate): the tax on a price without tax.
func (r Rate) exclusive(net int64) int64 { return mulDiv(net, r.Millionths(), million) }

// inclusive is floor(gross × rate / (1 + rate)): the tax inside a price.
func (r Rate) inclusive(gross int64) int64 {
	return mulDiv(gross, r.Millionths(), million+r.Millionths())
}

// Rates is a dated table of the tax rates of one country, oldest first. The
// empty table knows no rate: any is taken as sent, and none means no tax.
type Rates []DatedRates

// DatedRates are the rates from a day on.
type DatedRates struct {
	From     clock.Day `yaml:"from"`
	Standard Rate      `yaml:"standard"`
	Reduced  []Rate    `yaml:"reduced"`
}

//go:embed taxrates.yaml
var rateFile []byte

var rateTables = sync.OnceValue(func() map[string]Rates {
	var m map[string]Rates
	if err := yaml.UnmarshalWithOptions(rateFile, &m, yaml.DisallowUnknownField()); err != nil {
		panic("purchase: taxrates.yaml: " + err.Error())
	}
	return m
})

// RatesOf is the table that goes with a currency; empty for a currency
// without one.
func RatesOf(currency string) Rates { return rateTables()[currency] }

// On is the row in force on day d; the zero row before the first.
func (t Rates) On(d clock.Day) DatedRates {
	var row DatedRates
	for _, r := range t {
		if r.From > d {
			break
		}
		row = r
	}
	return row
}

// Knows reports that the table is empty on d, or lists the rate. A rate of
// 0 % (tax-free and exempt sales) is always known.
func (t Rates) Knows(r Rate, d clock.Day) bool {
	row := t.On(d)
	if row.Standard == 0 || r.Millionths() == 0 || r == row.Standard {
		return true
	}
	for _, x := range row.Reduced {
		if x == r {
			return true
		}
	}
	return false
}
