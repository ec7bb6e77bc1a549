package purchase

import (
	"cmp"
	"errors"
	"sync/atomic"

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

	lines string // as appendLines wrote them
}

// SoldLine is what measuring reads of a line.
type SoldLine struct {
	SKU, Name, Category string
	Fee                 bool // no goods
	Quantity, Returned  int64
	Value               int64 // with tax, of all pieces
}

const soldColumns = `p.member_id, p.id, p.guest, p.day, p.store, p.channel, p.value, p.eligible_kept, p.kept, p.lines`

// CountSold is how many purchases EachSold streams.
func CountSold(tx *db.Tx) (int64, error) {
	return db.One(tx, nil, db.Value[int64], `SELECT COUNT(*) FROM purchase_purchase`)
}

// EachSold streams every purchase, in the order in which they are stored: to
// look each row up by its member costs more than all the rest. A guest's
// purchase is a member of its own. Rows are read while fn works, so fn runs on
// another goroutine, one call at a time; Sold is its own until it returns.
func EachSold(tx *db.Tx, fn func(*Sold) error) error {
	back, err := returnedValues(tx, nil)
	if err != nil {
		return err
	}
	return beside(fn, func(put func(*Sold) error) error {
		return db.Each(tx, soldTo(back, put), `SELECT `+soldColumns+` FROM purchase_purchase p`)
	})
}

const (
	soldAtOnce  = 512
	soldBatches = 4
)

// beside runs read, and fn on what read puts, both at once.
func beside(fn func(*Sold) error, read func(put func(*Sold) error) error) error {
	full, empty, ended := make(chan []Sold, soldBatches), make(chan []Sold, soldBatches), make(chan error, 1)
	var failed atomic.Bool
	go func() {
		var err error
		for batch := range full {
			for i := 0; i < len(batch) && err == nil; i++ {
				err = fn(&batch[i])
			}
			failed.Store(err != nil)
			select {
			case empty <- batch[:0]:
			default:
			}
		}
		ended <- err
	}()
	var batch []Sold
	err := read(func(s *Sold) error {
		if batch = append(batch, *s); len(batch) < soldAtOnce {
			return nil
		}
		if full <- batch; failed.Load() {
			return errStopped
		}
		select {
		case batch = <-empty:
		default:
			batch = make([]Sold, 0, soldAtOnce)
		}
		return nil
	})
	if err == nil && len(batch) > 0 {
		full <- batch
	}
	close(full)
	return cmp.Or(<-ended, err)
}

// errStopped ends a reading whose rows nobody takes any more.
var errStopped = errors.New("purchase: the reader of sold purchases has failed")

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

// soldTo reads one row after another into the same Sold. A day is mostly that
// of the row before, and is then not read again.
func soldTo(back map[ident.ID]int64, fn func(*Sold) error) func(db.Row) error {
	var s Sold
	var day, last string
	to := []any{&s.Member, &s.ID, &s.Guest, &day, &s.Store, &s.Channel, &s.Value, &s.Eligible, &s.Kept, &s.lines}
	return func(r db.Row) error {
		if err := r.Scan(to...); err != nil {
			return err
		}
		if day != last {
			if err := s.Day.Scan(day); err != nil {
				return err
			}
			last = day
		}
		s.Returned = 0
		if len(back) > 0 {
			s.Returned = back[s.ID]
		}
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
