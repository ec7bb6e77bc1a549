package activity

import (
	"encoding/json"

	"joren/internal/db"
	"joren/internal/ident"
	"joren/internal/rules"
)

const moved = "m uuid, f uuid, t uuid"

// hers are the rows of f that were written for m.
const hers = ` FROM u JOIN activity_event e ON e.member_id = u.f AND COALESCE(e.first_member, e.member_id) = u.m`

var (
	movedEvents  = db.NewBulk(moved, `SELECT e.source, e.event_no, e.kind, e.id`+hers)
	copyEvents   = db.NewBulk(moved, `INSERT INTO activity_event (`+columns+`, first_member) SELECT u.t, e.occurred_at, e.id, e.source, e.event_no, e.kind, e.day, e.store, e.recorded_at, e.fields, e.judged, NULLIF(u.m, u.t)`+hers)
	removeEvents = db.NewBulk(moved, `DELETE FROM activity_event WHERE (member_id, occurred_at, id) IN (SELECT e.member_id, e.occurred_at, e.id`+hers+`)`)
	judgedOf     = db.NewBulk("m uuid", `SELECT e.member_id, e.judged FROM u JOIN activity_event e ON e.member_id = u.m`)
)

// Move moves the events written for some members from one record to another
// and gives them with what names them.
func Move(tx *db.Tx, members []ident.ID, from, to ident.ID) ([]Event, error) {
	list, err := db.BulkQuery(tx, movedEvents, func(r db.Row) (e Event, err error) {
		return e, r.Scan(&e.Source, &e.EventNo, &e.Kind, &e.ID)
	}, members, from, to)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	for _, b := range []db.Bulk{copyEvents, removeEvents} {
		if _, err := tx.Bulk(b, members, from, to); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// CountsOf tells what the events of members have in the limit counters.
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
