package purchase

import (
	"bytes"

	"joren/internal/db"
	"joren/internal/ident"
)

// CheckSold compares what measuring reads of every purchase with the purchase,
// for verify: what is not there (sold.missing), says something else
// (sold.differs) or is of no purchase (sold.orphan) goes to found.
func CheckSold(tx *db.Tx, found func(member, purchase ident.ID, what string)) (seen int64, err error) {
	there := int64(0)
	var buf []byte
	err = db.Each(tx, func(r db.Row) error {
		p := &Purchase{}
		var lines string
		var record []byte
		if err := r.Scan(&p.Member, &p.ID, &p.Guest, &p.Day, &p.Store, &p.Channel, &p.Value, &p.EligibleKept, &p.Kept, &lines, &record); err != nil {
			return err
		}
		if seen++; record == nil {
			found(p.Member, p.ID, "sold.missing")
			return nil
		}
		there++
		var broken, other error
		p.Lines, broken = readLines(lines)
		buf = AppendSold(buf[:0], p)
		if record, other = packed(record); broken != nil || other != nil || !bytes.Equal(record, buf) {
			found(p.Member, p.ID, "sold.differs")
		}
		return nil
	}, `SELECT p.member_id, p.id, p.guest, p.day, p.store, p.channel, p.value, p.eligible_kept, p.kept, p.lines, s.sold
		FROM purchase_purchase p LEFT JOIN purchase_sold s ON s.member_id = p.member_id AND s.purchase_id = p.id`)
	if err != nil {
		return seen, err
	}
	all, err := db.One(tx, nil, db.Value[int64], `SELECT COUNT(*) FROM purchase_sold`)
	if err != nil || all == there {
		return seen, err
	}
	return seen, db.Each(tx, func(r db.Row) error {
		var member, id ident.ID
		err := r.Scan(&member, &id)
		found(member, id, "sold.orphan")
		return err
	}, `SELECT s.member_id, s.purchase_id FROM purchase_sold s
		WHERE NOT EXISTS (SELECT 1 FROM purchase_purchase p WHERE p.member_id = s.member_id AND p.id = s.purchase_id) ORDER BY s.member_id, s.purchase_id`)
}

// packed is a record in its packed form.
func packed(record []byte) ([]byte, error) {
	r := &soldReader{}
	if err := r.read(string(record)); err != nil || len(r.list) != 1 || record[2*len(ident.ID{})] == packedForm {
		return record, err
	}
	s := &r.list[0]
	p := Purchase{Member: s.Member, ID: s.ID, Guest: s.Guest, Kept: s.Kept, Day: s.Day, Store: s.Store, Channel: s.Channel, Value: s.Value, EligibleKept: s.Eligible}
	for _, l := range r.lines {
		name, fee, _ := readNaming(l.naming)
		line := StoredLine{Line: Line{SKU: name.SKU, Name: name.Name, Category: name.Category, Quantity: l.quantity}, Returned: l.returned, Value: l.value}
		if fee {
			line.Kind = Fee
		}
		p.Lines = append(p.Lines, line)
	}
	return AppendSold(nil, &p), nil
}
