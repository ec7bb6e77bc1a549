package purchase

import (
	"encoding/binary"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
)

// What measuring reads of a purchase stands a second time in purchase_sold:
// a row of purchase_purchase is six times as long, and most of what it cost to
// read all of them was to read past the rest. A record is
//
//	member, purchase        16 bytes each
//	form                    packedForm, or the first byte of a JSON list
//	guest and kept          a byte
//	day, value, eligible    varints
//	store, channel          texts: a length and the bytes
//	lines                   their number; of each, to the end, a text of what
//	                        names it, quantity, returned, value
//
// and what names a line is three texts (number, name, category) and a byte
// for a fee. The JSON list is what the migration wrote of purchases recorded
// before: [day, value, eligible, guest, kept, store, channel, lines].
const (
	packedForm = 1
	idBytes    = 2 * len(ident.ID{})

	guestFlag = 1
	keptFlag  = 2
)

// AppendSold writes the record of what measuring reads of a purchase.
func AppendSold(b []byte, p *Purchase) []byte {
	b = append(append(b, p.Member[:]...), p.ID[:]...)
	b = append(b, packedForm, flag(p.Guest, guestFlag)|flag(p.Kept, keptFlag))
	for _, n := range [...]int64{int64(p.Day), p.Value, p.EligibleKept} {
		b = binary.AppendVarint(b, n)
	}
	b = packText(packText(b, p.Store), p.Channel)
	b = binary.AppendUvarint(b, uint64(len(p.Lines)))
	var naming []byte
	for i := range p.Lines {
		l := &p.Lines[i]
		naming = packText(packText(packText(naming[:0], l.SKU), l.Name), l.Category)
		naming = append(naming, flag(l.Kind == Fee, 1))
		b = packText(b, naming)
		for _, n := range [...]int64{l.Quantity, l.Returned, l.Value} {
			b = binary.AppendVarint(b, n)
		}
	}
	return b
}

func flag(is bool, bit byte) byte {
	if is {
		return bit
	}
	return 0
}

func packText[T string | []byte](b []byte, s T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// read reads a record up to its lines; its texts are parts of it.
// Fault: purchase.lines_broken.
func (s *Sold) read(record string) error {
	if len(record) <= idBytes {
		return brokenAt(len(record))
	}
	copy(s.Member[:], record)
	copy(s.ID[:], record[len(s.Member):])
	if s.json = record[idBytes] != packedForm; s.json {
		return s.readJSON(record[idBytes:])
	}
	u := unpacker{s: record[idBytes+1:]}
	flags := u.byte()
	s.Guest, s.Kept = flags&guestFlag != 0, flags&keptFlag != 0
	s.Day, s.Value, s.Eligible = clock.Day(u.number()), u.number(), u.number()
	s.Store, s.Channel = u.text(), u.text()
	if u.broken {
		return brokenAt(len(record))
	}
	s.lines = u.s
	return nil
}

func (s *Sold) readJSON(list string) error {
	var guest, kept int64
	r := lineReader{s: list}
	r.need('[')
	day := r.text()
	for _, n := range [...]*int64{&s.Value, &s.Eligible, &guest, &kept} {
		r.need(',')
		*n = r.integer()
	}
	for _, t := range [...]*string{&s.Store, &s.Channel} {
		r.need(',')
		*t = r.text()
	}
	r.need(',')
	last := len(list) - 1
	if r.bad || last < r.i || list[last] != ']' || s.Day.Scan(day) != nil {
		return brokenAt(idBytes + r.i)
	}
	s.Guest, s.Kept, s.lines = guest == 1, kept == 1, list[r.i:last]
	return nil
}

func brokenAt(i int) error {
	return fault.New(fault.Internal, "purchase.lines_broken", "at", int64(i))
}

var (
	insertSold = db.NewBulk("m uuid, id uuid, s bytea", `INSERT INTO purchase_sold (member_id, purchase_id, sold) SELECT u.m, u.id, u.s FROM u`)
	updateSold = db.NewBulk("m uuid, id uuid, s bytea", `UPDATE purchase_sold SET sold = u.s FROM u WHERE purchase_sold.member_id = u.m AND purchase_sold.purchase_id = u.id`)
)

// forgetSold takes out what measuring read of a purchase that is no more, or
// that is written again.
func forgetSold(tx *db.Tx, member, id ident.ID) error {
	_, err := tx.Exec(`DELETE FROM purchase_sold WHERE member_id = $1 AND purchase_id = $2`, member, id)
	return err
}
