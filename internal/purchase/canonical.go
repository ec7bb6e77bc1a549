package purchase

import (
	"encoding/json"
	"strconv"
	"strings"

	"joren/internal/clock"
	"joren/internal/text"
)

// The canonical JSON of a purchase is written by hand, because every purchase
// is digested on its way through the one committer. It is byte for byte what
// encoding/json writes: digests that are stored stay good.

func (in *Input) appendJSON(b []byte) []byte {
	b = word(append(b, '{'), "source", in.Source)
	b = word(b, "order_no", in.OrderNo)
	b = numIf(b, "revision", in.Revision)
	b = instantIf(b, "updated_at", in.UpdatedAt)
	b = wordIf(b, "card", in.Card)
	b = wordIf(b, "member", in.Member)
	b = wordIf(b, "store", in.Store)
	b = wordIf(b, "channel", in.Channel)
	b = word(b, "occurred_at", in.OccurredAt.String())
	b = wordIf(b, "currency", in.Currency)
	b = wordIf(b, "prices", string(in.Prices))
	if in.Lines == nil {
		b = append(key(b, "lines"), "null"...)
	} else {
		b = list(b, "lines", in.Lines, (*Line).appendJSON)
	}
	b = listIf(b, "discounts", in.Discounts, (*Discount).appendJSON)
	b = listIf(b, "tax", in.Tax, (*Tax).appendJSON)
	b = numIf(b, "shipping", in.Shipping)
	if p := in.PointsPaid; p != nil {
		b = num(append(key(b, "points_paid"), '{'), "points", p.Points)
		b = wordIf(b, "hold", p.Hold)
		b = append(wordIf(b, "type", p.Type), '}')
	}
	b = num(b, "total", in.Total)
	if in.Delivery != nil {
		b = in.Delivery.appendJSON(key(b, "delivery"))
	}
	b = wordIf(b, "staff", in.Staff)
	return append(wordIf(b, "status", string(in.Status)), '}')
}

func (l *Line) appendJSON(b []byte) []byte {
	b = numIf(append(b, '{'), "no", int64(l.No))
	b = wordIf(b, "sku", l.SKU)
	b = wordIf(b, "name", l.Name)
	b = wordIf(b, "category", l.Category)
	b = listIf(b, "tags", l.Tags, func(s *string, b []byte) []byte { return quoted(b, *s) })
	b = wordIf(b, "kind", string(l.Kind))
	b = num(b, "quantity", l.Quantity)
	b = num(b, "amount", l.Amount)
	b = wordIf(b, "tax_rate", l.TaxRate.String())
	return append(numIf(b, "discount", l.Discount), '}')
}

func (d *Discount) appendJSON(b []byte) []byte {
	b = wordIf(append(b, '{'), "coupon", d.Coupon)
	b = wordIf(b, "name", d.Name)
	b = num(b, "amount", d.Amount)
	return append(numIf(b, "line", int64(d.Line)), '}')
}

func (t *Tax) appendJSON(b []byte) []byte {
	return append(num(word(append(b, '{'), "rate", t.Rate.String()), "amount", t.Amount), '}')
}

func (d *Delivery) appendJSON(b []byte) []byte {
	b = wordIf(append(b, '{'), "method", d.Method)
	b = wordIf(b, "carrier", d.Carrier)
	b = wordIf(b, "area", d.Area)
	b = wordIf(b, "promised_on", d.PromisedOn.String())
	b = instantIf(b, "shipped_at", d.ShippedAt)
	return append(instantIf(b, "delivered_at", d.DeliveredAt), '}')
}

func key(b []byte, k string) []byte {
	if b[len(b)-1] != '{' {
		b = append(b, ',')
	}
	return append(append(append(b, '"'), k...), '"', ':')
}

// quoted escapes what means something in HTML, too, as encoding/json does.
func quoted(b []byte, s string) []byte {
	if strings.ContainsAny(s, "<>&") {
		q, _ := json.Marshal(s)
		return append(b, q...)
	}
	return text.AppendQuoted(b, s)
}

func word(b []byte, k, s string) []byte { return quoted(key(b, k), s) }

func wordIf(b []byte, k, s string) []byte {
	if s == "" {
		return b
	}
	return word(b, k, s)
}

func num(b []byte, k string, n int64) []byte { return strconv.AppendInt(key(b, k), n, 10) }

func numIf(b []byte, k string, n int64) []byte {
	if n == 0 {
		return b
	}
	return num(b, k, n)
}

func instantIf(b []byte, k string, i clock.Instant) []byte { return wordIf(b, k, i.String()) }

func listIf[T any](b []byte, k string, l []T, one func(*T, []byte) []byte) []byte {
	if len(l) == 0 {
		return b
	}
	return list(b, k, l, one)
}

func list[T any](b []byte, k string, l []T, one func(*T, []byte) []byte) []byte {
	b = append(key(b, k), '[')
	for i := range l {
		if i > 0 {
			b = append(b, ',')
		}
		b = one(&l[i], b)
	}
	return append(b, ']')
}
