package purchase

import (
	"encoding/json"

	"joren/internal/db"
	"joren/internal/ident"
	"joren/internal/rules"
)

// Rows of a member that is merged move to the record she lives on in, and back
// when the merge is undone. A row remembers for whom it was written
// (first_member); her own have none.

// hers are the rows of f that were written for m.
const hers = ` FROM u JOIN purchase_purchase p ON p.member_id = u.f AND COALESCE(p.first_member, p.member_id) = u.m AND NOT p.guest`

// moves are run in this order: what follows a purchase while it still stands
// at its old place, the purchase last.
var moves = []db.Bulk{
	db.NewBulk(moved, `UPDATE purchase_key SET member_id = u.t`+hers+` WHERE purchase_key.source = p.source AND purchase_key.order_no = p.order_no AND purchase_key.purchase_id = p.id`),
	db.NewBulk(moved, `INSERT INTO purchase_return (member_id, purchase_id, id, source, return_no, occurred_at, recorded_at, day, store, staff, reason, value, eligible, points_back, cash, lines, demanded, answer)
		SELECT u.t, l.purchase_id, l.id, l.source, l.return_no, l.occurred_at, l.recorded_at, l.day, l.store, l.staff, l.reason, l.value, l.eligible, l.points_back, l.cash, l.lines, l.demanded, l.answer`+
		hers+` JOIN purchase_return l ON l.member_id = p.member_id AND l.purchase_id = p.id`),
	db.NewBulk(moved, `INSERT INTO purchase_revision (member_id, purchase_id, id, replaced_at, content)
		SELECT u.t, l.purchase_id, l.id, l.replaced_at, l.content`+hers+` JOIN purchase_revision l ON l.member_id = p.member_id AND l.purchase_id = p.id`),
	remove("purchase_return"), remove("purchase_revision"), remove("purchase_sold"),
	db.NewBulk(moved, `INSERT INTO purchase_purchase (member_id, occurred_at, id, guest, source, order_no, store, channel, day, recorded_at, status, total, value, eligible, eligible_kept, kept, doc, judged, lines, first_member)
		SELECT u.t, p.occurred_at, p.id, p.guest, p.source, p.order_no, p.store, p.channel, p.day, p.recorded_at, p.status, p.total, p.value, p.eligible, p.eligible_kept, p.kept, p.doc, p.judged, p.lines,
			NULLIF(u.m, u.t)`+hers),
	db.NewBulk(moved, `DELETE FROM purchase_purchase WHERE (member_id, occurred_at, id) IN (SELECT p.member_id, p.occurred_at, p.id`+hers+`)`),
}

const moved = "m uuid, f uuid, t uuid"

func remove(table string) db.Bulk {
	return db.NewBulk(moved, `DELETE FROM `+table+` WHERE (member_id, purchase_id) IN (SELECT p.member_id, p.id`+hers+`)`)
}

var soldOf = db.NewBulk(moved, `SELECT l.sold`+hers+` JOIN purchase_sold l ON l.member_id = p.member_id AND l.purchase_id = p.id`)

// moveSold writes what measuring reads under the other record; that of the old
// one goes with the rest.
func moveSold(tx *db.Tx, hers []ident.ID, from, to ident.ID) error {
	records, err := db.BulkQuery(tx, soldOf, db.Value[[]byte], hers, from, to)
	if err != nil {
		return err
	}
	ids := make([]ident.ID, len(records))
	for i, r := range records {
		copy(r, to[:])
		copy(ids[i][:], r[len(to):])
	}
	_, err = tx.Bulk(insertSold, to, ids, records)
	return err
}

var returnsOf = db.NewBulk(moved, `SELECT l.id`+hers+` JOIN purchase_return l ON l.member_id = p.member_id AND l.purchase_id = p.id`)

// Move moves the purchases written for some members, with lines, returns,
// revisions and keys, from one record to another and counts both afresh. It
// gives the ids of their returns.
func Move(tx *db.Tx, hers []ident.ID, from, to ident.ID) (returns []ident.ID, err error) {
	if returns, err = db.BulkQuery(tx, returnsOf, db.Value[ident.ID], hers, from, to); err != nil {
		return nil, err
	}
	if err := moveSold(tx, hers, from, to); err != nil {
		return nil, err
	}
	for _, b := range moves {
		if _, err := tx.Bulk(b, hers, from, to); err != nil {
			return nil, err
		}
	}
	return returns, Recount(tx, []ident.ID{from, to})
}

var moveKeys = db.NewBulk("s text, o text, k text, e text, m uuid",
	`UPDATE purchase_key SET member_id = u.m FROM u WHERE purchase_key.source = u.s AND purchase_key.order_no = u.o AND purchase_key.kind = u.k AND purchase_key.event_no = u.e`)

// MoveKeys gives natural keys to another member; those that are not there are
// passed over.
func MoveKeys(tx *db.Tx, keys []Key, to ident.ID) error {
	c := keyColumns(keys)
	_, err := tx.Bulk(moveKeys, c.source, c.order, c.kind, c.event, to)
	return err
}

// First is the member a purchase was written for: its sealed facts are under
// her key, and what it paid was taken from her account.
func First(tx *db.Tx, p *Purchase) (ident.ID, error) {
	return db.One(tx, unknown(), db.Value[ident.ID], `SELECT COALESCE(first_member, member_id) FROM purchase_purchase WHERE member_id = $1 AND occurred_at = $2 AND id = $3`,
		p.Member, p.OccurredAt, p.ID)
}

var judgedOf = db.NewBulk("m uuid", `SELECT p.member_id, p.judged FROM u JOIN purchase_purchase p ON p.member_id = u.m`)

// CountsOf tells what the purchases of members have in the limit counters.
func CountsOf(tx *db.Tx, members []ident.ID, add func(ident.ID, []rules.Count)) error {
	_, err := db.BulkQuery(tx, judgedOf, func(r db.Row) (none struct{}, err error) {
		var m ident.ID
		var raw json.RawMessage
		if err := r.Scan(&m, &raw); err != nil {
			return none, err
		}
		counts, err := rules.CountsIn(raw)
		if err == nil {
			add(m, counts)
		}
		return none, err
	}, members)
	return err
}
