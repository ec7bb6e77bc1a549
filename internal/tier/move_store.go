package tier

import (
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
)

const moved = "m uuid, f uuid, t uuid"

const (
	hersAt    = ` FROM u JOIN tier_event e ON e.member_id = u.f AND COALESCE(e.first_member, e.member_id) = u.m`
	hersGiven = ` FROM u JOIN tier_given g ON g.member_id = u.f AND COALESCE(g.first_member, g.member_id) = u.m`
)

var moves = []db.Bulk{
	db.NewBulk(moved, `INSERT INTO tier_event (member_id, at, id, on_day, day, spend, points, orders, status, first_member)
		SELECT u.t, e.at, e.id, e.on_day, e.day, e.spend, e.points, e.orders, e.status, NULLIF(u.m, u.t)`+hersAt),
	db.NewBulk(moved, `DELETE FROM tier_event WHERE (member_id, at, id) IN (SELECT e.member_id, e.at, e.id`+hersAt+`)`),
	db.NewBulk(moved, `INSERT INTO tier_given (member_id, id, kind, level, from_on, until_on, reason, staff_id, recorded_at, first_member)
		SELECT u.t, g.id, g.kind, g.level, g.from_on, g.until_on, g.reason, g.staff_id, g.recorded_at, NULLIF(u.m, u.t)`+hersGiven),
	db.NewBulk(moved, `DELETE FROM tier_given WHERE (member_id, id) IN (SELECT g.member_id, g.id`+hersGiven+`)`),
}

// markReturns gives the events of returns to the member whose purchase they
// belong to, though they were recorded for the record she lived on in.
var markReturns = db.NewBulk("f uuid, id uuid, m uuid",
	`UPDATE tier_event SET first_member = u.m FROM u WHERE tier_event.member_id = u.f AND tier_event.id = u.id AND tier_event.first_member IS NULL`)

// Move moves what ranks depend on and was written for a member and those merged
// into her (herself first) from one record to another
// and lets both ranks be run afresh when next looked at, at the latest by the
// turn of day today. The history of what was said stays where it was said.
//
// The event of a newer revision of an order has an id of its own and stays
// with the record it was posted to when a merge is undone: the difference is
// then missing on the other side until the order is revised again.
func Move(tx *db.Tx, members, returns []ident.ID, from, to ident.ID, today clock.Day) error {
	back := members[0] == to
	if back {
		if _, err := tx.Bulk(markReturns, from, returns, to); err != nil {
			return err
		}
	}
	for _, b := range moves {
		if _, err := tx.Bulk(b, members, from, to); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(`INSERT INTO tier_state (member_id, level, joined_on, due_on, state) SELECT $1, level, joined_on, due_on, state FROM tier_state WHERE member_id = $2 ON CONFLICT DO NOTHING`, to, from); err != nil {
		return err
	}
	for _, m := range []ident.ID{from, to} {
		if _, err := tx.Exec(`UPDATE tier_state SET due_on = $1, state = $2 WHERE member_id = $3`, today, stale, m); err != nil {
			return err
		}
	}
	if back {
		return nil
	}
	_, err := tx.Exec(`DELETE FROM tier_state WHERE member_id = $1`, from) // she has no rank of her own any more
	return err
}
