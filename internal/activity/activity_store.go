package activity

import (
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
)

const columns = `member_id, occurred_at, id, source, event_no, kind, day, store, recorded_at, fields, judged`

func scan(r db.Row) (e Event, err error) {
	err = r.Scan(&e.Member, &e.OccurredAt, &e.ID, &e.Source, &e.EventNo, &e.Kind, &e.Day, &e.Store, &e.RecordedAt, &e.Fields, &e.Judged)
	return e, err
}

// Save writes one event.
func Save(tx *db.Tx, e Event) error {
	_, err := tx.Exec(`INSERT INTO activity_event (`+columns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		e.Member, e.OccurredAt, e.ID, e.Source, e.EventNo, e.Kind, e.Day, e.Store, e.RecordedAt, string(e.Fields), string(e.Judged))
	return err
}

// Get finds a member's event by its id. Fault: event.unknown.
func Get(tx *db.Tx, member, id ident.ID) (Event, error) {
	return db.One(tx, fault.New(fault.NotFound, "event.unknown"), scan, `SELECT `+columns+` FROM activity_event WHERE member_id = $1 AND id = $2`, member, id)
}

// ByMember lists a member's events before an instant, newest first.
func ByMember(tx *db.Tx, member ident.ID, before clock.Instant, n int) ([]Event, error) {
	return db.Query(tx, scan, `SELECT `+columns+` FROM activity_event WHERE member_id = $1 AND occurred_at < $2 ORDER BY occurred_at DESC, id DESC LIMIT $3`, member, before, n)
}

// Transfer is points on their way from one holder to another.
type Transfer struct {
	ID       ident.ID
	From, To ident.ID
	Type     string
	Points   int64
	Parcel   []byte // as the story wrote it
}

// Start notes a transfer with the debit.
func Start(tx *db.Tx, t Transfer) error {
	_, err := tx.Exec(`INSERT INTO activity_transfer (transfer_id, from_id, to_id, type, points, parcel, started_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		t.ID, t.From, t.To, t.Type, t.Points, string(t.Parcel), tx.Now)
	return err
}

// Finish notes that it has arrived. done is false when it had already: then
// the credit must not be written again.
func Finish(tx *db.Tx, id ident.ID) (done bool, err error) {
	n, err := tx.Exec(`UPDATE activity_transfer SET finished_at = $2 WHERE transfer_id = $1 AND finished_at IS NULL`, id, tx.Now)
	return n == 1, err
}

// Unfinished lists transfers that stopped half way, oldest first.
func Unfinished(tx *db.Tx, n int) ([]Transfer, error) {
	return db.Query(tx, func(r db.Row) (t Transfer, err error) {
		var parcel string
		err = r.Scan(&t.ID, &t.From, &t.To, &t.Type, &t.Points, &parcel)
		t.Parcel = []byte(parcel)
		return t, err
	}, `SELECT transfer_id, from_id, to_id, type, points, parcel FROM activity_transfer WHERE finished_at IS NULL ORDER BY started_at LIMIT $1`, n)
}
