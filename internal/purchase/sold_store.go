package purchase

import (
	"joren/internal/clock"
	"joren/internal/db"
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
	Lines    []StoredLine
}

const soldColumns = `p.member_id, p.id, p.guest, p.day, p.store, p.channel, p.value, p.eligible_kept, p.kept, p.lines`

// EachSold streams every purchase, each member's together; a guest's purchase
// is a member of its own. Sold and its lines are fn's until it returns.
//
// Member order costs a look-up per row where the table is not clustered by
// member; a shop that has ten million rows reads them once at start.
func EachSold(tx *db.Tx, fn func(*Sold) error) error {
	back, err := returnedValues(tx, nil)
	if err != nil {
		return err
	}
	return db.Each(tx, soldTo(back, fn), `SELECT `+soldColumns+` FROM purchase_purchase p ORDER BY p.member_id, p.occurred_at, p.id`)
}

var (
	soldByMember  = db.NewBulk("m uuid", `SELECT `+soldColumns+` FROM u JOIN purchase_purchase p ON p.member_id = u.m`)
	returnsOfMany = db.NewBulk("m uuid", `SELECT r.purchase_id, r.value FROM u JOIN purchase_return r ON r.member_id = u.m`)
	soldToGuests  = db.NewBulk("d text", `SELECT `+soldColumns+` FROM u JOIN purchase_purchase p ON p.day = u.d AND p.guest`)
	daysOf        = db.NewBulk("id uuid", `SELECT p.day FROM u JOIN purchase_purchase p ON p.id = u.id`)
)

// EachSoldTo streams the purchases of members, in no promised order.
func EachSoldTo(tx *db.Tx, members []ident.ID, fn func(*Sold) error) error {
	members = distinct(members)
	back, err := returnedValues(tx, members)
	if err != nil {
		return err
	}
	_, err = db.BulkQuery(tx, soldByMember, asScan(soldTo(back, fn)), members)
	return err
}

// EachSoldToGuests streams what nobody known bought on some days.
func EachSoldToGuests(tx *db.Tx, days []clock.Day, fn func(*Sold) error) error {
	var list []Sold
	var ids []ident.ID
	collect := func(s *Sold) error {
		list, ids = append(list, *s), append(ids, s.Member)
		return nil
	}
	if _, err := db.BulkQuery(tx, soldToGuests, asScan(soldTo(nil, collect)), days); err != nil {
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

func asScan(fn func(db.Row) error) func(db.Row) (struct{}, error) {
	return func(r db.Row) (struct{}, error) { return struct{}{}, fn(r) }
}

func soldTo(back map[ident.ID]int64, fn func(*Sold) error) func(db.Row) error {
	var s Sold
	return func(r db.Row) error {
		var lines string
		if err := r.Scan(&s.Member, &s.ID, &s.Guest, &s.Day, &s.Store, &s.Channel, &s.Value, &s.Eligible, &s.Kept, &lines); err != nil {
			return err
		}
		var err error
		if s.Lines, err = readLines(lines); err != nil {
			return err
		}
		s.Returned = back[s.ID]
		return fn(&s)
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
	_, err := db.BulkQuery(tx, returnsOfMany, asScan(add), members)
	return out, err
}
