package purchase

import (
	"encoding/binary"

	"joren/internal/db"
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
//	lines                   their number; of each a text of what names it,
//	                        quantity, returned, value
//
// and what names a line is three texts (number, name, category) and a byte
// for a fee. The JSON list is what the migration wrote of purchases recorded
// before: [day, value, eligible, guest, kept, store, channel, lines] and a
// zero. Either tells where it ends, so that records can stand together.
const (
	packedForm = 1

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
		naming = appendNaming(naming[:0], l)
		b = packText(b, naming)
		for _, n := range [...]int64{l.Quantity, l.Returned, l.Value} {
			b = binary.AppendVarint(b, n)
		}
	}
	return b
}

func appendNaming(b []byte, l *StoredLine) []byte {
	b = packText(packText(packText(b, l.SKU), l.Name), l.Category)
	return append(b, flag(l.Kind == Fee, 1))
}

func readNaming(s string) (n SoldName, fee, ok bool) {
	u := unpacker{s: s}
	n = SoldName{u.text(), u.text(), u.text()}
	fee = u.byte() == 1
	return n, fee, !u.broken && !u.more()
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
