package purchase

import (
	"cmp"

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

	lines string     // the rest of the record
	json  bool       // as the migration wrote it
	words *SoldWords // nil where lines stands as long as its words are needed
}

// CountSold is about how many purchases EachSold streams. To count ten million
// takes SQLite half a second; it numbers rows as they come.
func CountSold(tx *db.Tx) (int64, error) {
	if tx.Engine() == db.SQLite {
		return db.One(tx, nil, db.Value[int64], `SELECT COALESCE(MAX(rowid), 0) FROM purchase_sold`)
	}
	return db.One(tx, nil, db.Value[int64], `SELECT COUNT(*) FROM purchase_sold`)
}

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
	return halves.Stages(func(next *halves.Beside[*soldBatch]) error {
		b := &soldBatch{}
		err := db.Through(tx, func(row db.Row) error {
			if err := b.read(row); err != nil || len(b.ends) < soldAtOnce {
				return err
			}
			err := next.Put(b)
			b = cmp.Or(next.Empty(), &soldBatch{}).emptied()
			return err
		}, `SELECT sold FROM purchase_sold`)
		if err == nil {
			err = next.Put(b)
		}
		return err
	}, (&soldTeller{back: back, s: Sold{words: words}, fn: fn}).tell)
}

const soldAtOnce = 512

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
		list, ids = append(list, *s), append(ids, s.Member)
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
	b, t := &soldBatch{}, &soldTeller{back: back, fn: fn}
	return func(row db.Row) error {
		b.emptied().text = nil
		if err := b.read(row); err != nil {
			return err
		}
		return t.tell(b)
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
