package purchase

import (
	"encoding/json"

	"joren/internal/amount"
	"joren/internal/db"
	"joren/internal/ident"
)

// Priced amounts are asked for this many purchases at a time.
const pricesAtOnce = 5000

var pricesOf = db.NewBulk("id uuid", `SELECT p.id, p.doc, p.lines FROM u JOIN purchase_purchase p ON p.id = u.id`)

// EachPrice tells the price of purchases as they were sold: goods without tax,
// less the part paid by points. Ids that are none are left out.
func EachPrice(tx *db.Tx, ids []ident.ID, fn func(id ident.ID, price int64) error) error {
	ids = distinct(ids)
	for from := 0; from < len(ids); from += pricesAtOnce {
		err := db.EachOf(tx, pricesOf, func(r db.Row) error {
			var id ident.ID
			var doc json.RawMessage
			var lines string
			if err := r.Scan(&id, &doc, &lines); err != nil {
				return err
			}
			n, err := price(doc, lines)
			if err != nil {
				return err
			}
			return fn(id, n)
		}, ids[from:min(from+pricesAtOnce, len(ids))])
		if err != nil {
			return err
		}
	}
	return nil
}

// price is Σ (value − tax) of the lines, less points' share of it: what points
// paid is shared between goods and shipping by what each comes to.
func price(doc json.RawMessage, lines string) (int64, error) {
	var d struct {
		Shipping   int64       `json:"shipping"`
		PointsPaid *PointsPaid `json:"points_paid"`
		PointValue int64       `json:"point_value"`
	}
	if err := json.Unmarshal(doc, &d); err != nil {
		return 0, err
	}
	list, err := readLines(lines)
	if err != nil {
		return 0, err
	}
	net, total := int64(0), d.Shipping
	for i := range list {
		net += list[i].Value - list[i].Tax
		total += list[i].Value
	}
	if d.PointsPaid == nil || total <= 0 || net <= 0 {
		return max(0, net), nil
	}
	paid, err := amount.Mul(d.PointsPaid.Points, max(1, d.PointValue))
	if err != nil {
		return 0, err
	}
	off, err := amount.MulDiv(net, min(max(0, paid), total), total)
	return net - off, err
}
