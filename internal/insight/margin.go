package insight

import (
	"strings"

	"joren/internal/db"
	"joren/internal/fault"
)

// Margins are what the shop keeps of what is paid: gross profit as a share of
// the amount with tax, in ten-thousandths, by product. "" is for all others.
type Margins map[string]int64

// default_ is the rate of products without one; ok is false when the shop has
// named none.
func (m Margins) default_() (rate int64, ok bool) {
	rate, ok = m[""]
	return rate, ok
}

const whole10000 = 10000

// byProduct are the rates by the columns' numbers of products.
func (m Margins) byProduct(products *words) []int64 {
	rest, _ := m.default_()
	out := make([]int64, len(products.list))
	for i, name := range products.list {
		if r, ok := m[name]; ok {
			out[i] = r
		} else {
			out[i] = rest
		}
	}
	return out
}

// addMargin sums the margin of the chosen purchases. What a purchase's net
// amount and its lines differ by (price corrections, shipping) and what guests
// bought go by the default rate.
func (c *Columns) addMargin(x *census, f Filter, m Margins) {
	rest, ok := m.default_()
	if !ok {
		x.marginMissing = noMargin()
		return
	}
	rates := m.byProduct(&c.products)
	ch := c.chooser(f)
	tenThousandths := int64(0)
	var rows []int
	for n := range c.people.id {
		if c.people.into[n] >= 0 || !x.chosen[n] {
			continue
		}
		rows = c.rows(int32(n), rows)
		for _, i := range rows {
			if c.day[i] >= ch.From && c.day[i] <= ch.To && c.kept(i) && ch.purchase(c, i) {
				tenThousandths += c.marginOf(i, rates, rest, len(m) > 1)
			}
		}
	}
	if !f.people() {
		for k, s := range c.guests {
			if k.day >= ch.From && k.day <= ch.To && fits(ch.store, k.store) && fits(ch.channel, k.channel) {
				tenThousandths += s.net * rest
			}
		}
	}
	x.margin = tenThousandths / whole10000
}

func (c *Columns) marginOf(i int, rates []int64, rest int64, apart bool) int64 {
	left := c.net(i)
	if !apart {
		return left * rest
	}
	sum := int64(0)
	c.EachLine(i, func(product int, _, amount int64) {
		sum += amount * rates[product]
		left -= amount
	})
	return sum + left*rest
}

// LoadMargins reads the shop's rates.
func LoadMargins(tx *db.Tx) (Margins, error) {
	rows, err := db.Query(tx, db.Value2[string, int64], `SELECT product, rate FROM insight_margin`)
	out := make(Margins, len(rows))
	for _, r := range rows {
		out[r.A] = r.B
	}
	return out, err
}

// SaveMargins replaces the shop's rates.
//
// Faults: insight.margin for a rate that is none or a product without the
// default.
func SaveMargins(tx *db.Tx, m Margins) error {
	for product, rate := range m {
		if rate < 0 || rate > whole10000 || len(product) > 255 || strings.TrimSpace(product) != product {
			return fault.New(fault.Invalid, "insight.margin", "product", product)
		}
	}
	if _, ok := m.default_(); !ok && len(m) > 0 {
		return fault.New(fault.Invalid, "insight.margin_default")
	}
	if _, err := tx.Exec(`DELETE FROM insight_margin`); err != nil {
		return err
	}
	products, rates := make([]string, 0, len(m)), make([]int64, 0, len(m))
	for product, rate := range m {
		products, rates = append(products, product), append(rates, rate)
	}
	_, err := tx.Bulk(putMargins, products, rates)
	return err
}

var putMargins = db.NewBulk("p text, r bigint", `INSERT INTO insight_margin (product, rate) SELECT u.p, u.r FROM u`)
