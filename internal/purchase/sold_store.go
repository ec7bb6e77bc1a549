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

	lines string     // as appendLines wrote them
	words *SoldWords // nil where lines stands as long as its words are needed
}

// SoldLine is what measuring reads of a line.
type SoldLine struct {
	SoldName                 // nothing where Words says it
	Fee                bool  // no goods
	Quantity, Returned int64 // pieces
	Value              int64 // with tax, of all pieces
	Words              int32 // place of its name in SoldWords.List, and one; 0 for none
}

// SoldName is what a line is called by.
type SoldName struct{ SKU, Name, Category string }

const soldColumns = `p.member_id, p.id, p.guest, p.day, p.store, p.channel, p.value, p.eligible_kept, p.kept, p.lines`

// CountSold is about how many purchases EachSold streams. To count ten million
// takes SQLite half a second; it numbers rows as they come.
func CountSold(tx *db.Tx) (int64, error) {
	if tx.Engine() == db.SQLite {
		return db.One(tx, nil, db.Value[int64], `SELECT COALESCE(MAX(rowid), 0) FROM purchase_purchase`)
	}
	return db.One(tx, nil, db.Value[int64], `SELECT COUNT(*) FROM purchase_purchase`)
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
		r, b := newSoldReader(back), &soldBatch{}
		err := db.Through(tx, func(row db.Row) error {
			if err := r.read(row, &b.lines); err != nil {
				return err
			}
			if b.add(r.s); len(b.list) < soldAtOnce {
				return nil
			}
			err := next.Put(b)
			b = cmp.Or(next.Empty(), &soldBatch{}).emptied()
			return err
		}, `SELECT `+soldColumns+` FROM purchase_purchase p`)
		if err == nil {
			err = next.Put(b)
		}
		return err
	}, func(b *soldBatch) error { return b.each(words, fn) })
}

const soldAtOnce = 512

// A soldBatch is some purchases whose lines are one text.
type soldBatch struct {
	list  []Sold
	lines db.Texts
	upTo  []int // where each one's lines end
}

func (b *soldBatch) add(s Sold) { b.list, b.upTo = append(b.list, s), append(b.upTo, len(b.lines)) }

func (b *soldBatch) emptied() *soldBatch {
	b.list, b.lines, b.upTo = b.list[:0], b.lines[:0], b.upTo[:0]
	return b
}

func (b *soldBatch) each(words *SoldWords, fn func(*Sold) error) error {
	words.ahead(b.lines.Lend(0, len(b.lines)))
	from := 0
	for i, to := range b.upTo {
		b.list[i].lines, b.list[i].words, from = b.lines.Lend(from, to), words, to
		if err := fn(&b.list[i]); err != nil {
			return err
		}
	}
	return nil
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

// soldTo reads one row after another into the same Sold.
func soldTo(back map[ident.ID]int64, fn func(*Sold) error) func(db.Row) error {
	r := newSoldReader(back)
	var lines db.Texts
	return func(row db.Row) error {
		lines = lines[:0]
		if err := r.read(row, &lines); err != nil {
			return err
		}
		r.s.lines = string(lines)
		return fn(&r.s)
	}
}

// A soldReader reads one row after another into s, but for its lines. Days,
// stores and channels are mostly those of the row before.
type soldReader struct {
	s                   Sold
	back                map[ident.ID]int64
	last                string // the day that s has
	day, store, channel db.Words
	to                  []any
}

func newSoldReader(back map[ident.ID]int64) *soldReader {
	r := &soldReader{back: back}
	r.to = []any{&r.s.Member, &r.s.ID, &r.s.Guest, &r.day, &r.store, &r.channel, &r.s.Value, &r.s.Eligible, &r.s.Kept, nil}
	return r
}

// read appends the row's lines to lines.
func (r *soldReader) read(row db.Row, lines *db.Texts) error {
	r.to[len(r.to)-1] = lines
	if err := row.Scan(r.to...); err != nil {
		return err
	}
	if day := r.day.String(); day != r.last {
		if err := r.s.Day.Scan(day); err != nil {
			return err
		}
		r.last = day
	}
	r.s.Store, r.s.Channel, r.s.Returned = r.store.String(), r.channel.String(), 0
	if len(r.back) > 0 {
		r.s.Returned = r.back[r.s.ID]
	}
	return nil
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
