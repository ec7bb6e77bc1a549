package purchase

import (
	"slices"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/halves"
	"joren/internal/ident"
)

// Sold is a purchase as measuring reads it: what was paid and what of it came
// back, without how it was judged.
type Sold struct {
	Member   ident.ID
	ID       ident.ID
	Guest    bool
	Day      clock.Day
	Store    string
	Channel  string
	Value    int64 // of all lines, with tax
	Returned int64 // of Value, by all its returns
	Eligible int64 // of what is kept
	Kept     bool  // a line is kept

	lines []soldLine
	words *SoldWords
}

// CountSold is about how many purchases EachSold streams.
func CountSold(tx *db.Tx) (int64, error) { return db.About(tx, "purchase_sold") }

// EachSold streams every purchase, in the order in which they are stored: to
// look each row up by its member costs more than all the rest. A guest's
// purchase is a member of its own. Rows are read while fn works, so fn runs on
// another goroutine, one call at a time; Sold is its own until it returns, and
// so is words.
func EachSold(tx *db.Tx, words *SoldWords, fn func(*Sold) error) error {
	back, err := returnedValues(tx, nil)
	if err != nil {
		return err
	}
	r := &soldReader{back: back, words: words}
	return halves.Stages(func(next *halves.Beside[*db.Texts]) error {
		b := &db.Texts{}
		each := func(row db.Row) error {
			if err := row.Scan(b); err != nil || len(*b) < soldAtOnce {
				return err
			}
			err := next.Put(b)
			if b = next.Empty(); b == nil {
				b = &db.Texts{}
			}
			*b = (*b)[:0]
			return err
		}
		if err := db.Through(tx, each, `SELECT sold FROM purchase_sold`); err != nil {
			return err
		}
		return next.Put(b)
	}, func(b *db.Texts) error { return r.each(b.Lend(0, len(*b)), fn) })
}

const soldAtOnce = 48 << 10 // bytes

var (
	soldByMember  = db.NewBulk("m uuid", `SELECT s.sold FROM u JOIN purchase_sold s ON s.member_id = u.m`)
	returnsOfMany = db.NewBulk("m uuid", `SELECT r.purchase_id, r.value FROM u JOIN purchase_return r ON r.member_id = u.m`)
	soldToGuests  = db.NewBulk("d text", `SELECT s.sold FROM u JOIN purchase_purchase p ON p.day = u.d AND p.guest JOIN purchase_sold s ON s.member_id = p.member_id AND s.purchase_id = p.id`)
	daysOf        = db.NewBulk("id uuid", `SELECT p.day FROM u JOIN purchase_purchase p ON p.id = u.id`)
)

// EachSoldTo streams the purchases of members, in no promised order.
func EachSoldTo(tx *db.Tx, members []ident.ID, fn func(*Sold) error) error {
	members = distinct(members)
	back, err := returnedValues(tx, members)
	if err != nil {
		return err
	}
	return db.EachOf(tx, soldByMember, soldTo(back, fn), members)
}

// EachSoldToGuests streams what nobody known bought on some days.
func EachSoldToGuests(tx *db.Tx, days []clock.Day, fn func(*Sold) error) error {
	var list []Sold
	var ids []ident.ID
	collect := func(s *Sold) error {
		kept := *s
		kept.lines = slices.Clone(s.lines)
		list, ids = append(list, kept), append(ids, s.Member)
		return nil
	}
	if err := db.EachOf(tx, soldToGuests, soldTo(nil, collect), days); err != nil {
		return err
	}
	back, err := returnedValues(tx, ids)
	if err != nil {
		return err
	}
	for i := range list {
		list[i].Returned = back[list[i].ID]
		if err := fn(&list[i]); err != nil {
			return err
		}
	}
	return nil
}

// DaysOf are the business days of purchases; ids that are none are left out.
func DaysOf(tx *db.Tx, ids []ident.ID) ([]clock.Day, error) {
	return db.BulkQuery(tx, daysOf, db.Value[clock.Day], ids)
}

// soldTo tells of one row after another; what their lines say is to keep.
func soldTo(back map[ident.ID]int64, fn func(*Sold) error) func(db.Row) error {
	r := &soldReader{back: back}
	return func(row db.Row) error {
		var record db.Texts
		if err := row.Scan(&record); err != nil {
			return err
		}
		return r.each(record.Lend(0, len(record)), fn)
	}
}

// returnedValues sums returns by purchase, of some members or (nil) of all.
func returnedValues(tx *db.Tx, members []ident.ID) (map[ident.ID]int64, error) {
	out := map[ident.ID]int64{}
	add := func(r db.Row) error {
		var id ident.ID
		var v int64
		err := r.Scan(&id, &v)
		out[id] += v
		return err
	}
	if members == nil {
		return out, db.Each(tx, add, `SELECT r.purchase_id, r.value FROM purchase_return r`)
	}
	return out, db.EachOf(tx, returnsOfMany, add, members)
}
