// Package outbox publishes facts: a transaction appends events beside its
// effect, and consumers get them in order, at least once, each at its own
// pace.
//
// Its words: the stream is the one gapless numbering of all events in commit
// order; a consumer has a position in it; an event that a consumer cannot
// handle is parked, with its cause, so that the rest goes on.
//
// It must not know what events mean, nor do network traffic: a consumer that
// calls the outside enqueues a job.
package outbox

import (
	"encoding/json"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/event"
	"joren/internal/fault"
	"joren/internal/ident"
)

// Event is one fact in the stream.
type Event struct {
	Number  int64 // place in the stream, from 1, without gaps; given by Append
	ID      ident.ID
	Kind    string // e.g. purchase.recorded.v1
	Subject ident.ID
	At      clock.Instant // shop time at which it was recorded
	Data    json.RawMessage
}

// Of makes an event of a fact from package event.
func Of(f event.Fact) Event {
	data, err := json.Marshal(f)
	if err != nil {
		panic("outbox: a fact that is no JSON: " + err.Error())
	}
	return Event{ID: ident.New(), Kind: f.Kind(), Subject: f.Subject(), Data: data}
}

// Fact decodes the event's data.
func (e Event) Fact() (event.Fact, error) { return event.Decode(e.Kind, e.Data) }

const maxData = 65536

// The row of outbox_stream counts the events first; each then stands as far
// below it as its place in the list is from the end. So numbering needs no
// answer, and both statements travel with COMMIT. Without the row the number
// would be NULL, which the table refuses.
var (
	advance = db.NewBulk("n bigint", `UPDATE outbox_stream SET number = outbox_stream.number + u.n FROM u WHERE outbox_stream.id = 1`)
	insert  = db.NewBulk("back bigint, id uuid, kind text, subject uuid, at bigint, data text",
		`INSERT INTO outbox_event (number, id, kind, subject, at, data)
		 SELECT (SELECT number FROM outbox_stream WHERE id = 1) - u.back, u.id, u.kind, u.subject, u.at, u.data FROM u`)
)

// Append adds events to the stream when tx commits. The numbers come from the
// single row of outbox_stream, taken as the last work of the transaction: it
// stays locked only for the commit, and since it does, numbers follow commit
// order and a reader that has seen n will never find a smaller one later.
// Call it once per transaction with all events. A missing ID or At is filled.
//
// Fault outbox.too_large when an event's data exceed 64 KiB.
func Append(tx *db.Tx, events ...Event) error {
	for i := range events {
		if len(events[i].Data) > maxData {
			return fault.New(fault.Invalid, "outbox.too_large", "kind", events[i].Kind, "bytes", len(events[i].Data))
		}
	}
	if len(events) > 0 {
		tx.BeforeCommit(func() error { return number(tx, events) })
	}
	return nil
}

func number(tx *db.Tx, events []Event) error {
	n := len(events)
	if err := tx.Later(advance, nil, []int64{int64(n)}); err != nil {
		return err
	}
	numbers, ids, kinds := make([]int64, n), make([]ident.ID, n), make([]string, n)
	subjects, ats, data := make([]ident.ID, n), make([]clock.Instant, n), make([]json.RawMessage, n)
	for i, e := range events {
		if e.ID.IsZero() {
			e.ID = ident.New()
		}
		if e.At == 0 {
			e.At = tx.Now
		}
		if e.Data == nil {
			e.Data = json.RawMessage("{}")
		}
		numbers[i] = int64(n - 1 - i)
		ids[i], kinds[i], subjects[i], ats[i], data[i] = e.ID, e.Kind, e.Subject, e.At, e.Data
	}
	return tx.Later(insert, nil, numbers, ids, kinds, subjects, ats, data)
}

// After lists up to limit events with a number greater than n, in order.
func After(tx *db.Tx, n int64, limit int) ([]Event, error) {
	return db.Query(tx, scanEvent, `SELECT number, id, kind, subject, at, data FROM outbox_event WHERE number > $1 ORDER BY number LIMIT $2`, n, limit)
}

func scanEvent(r db.Row) (e Event, err error) {
	err = r.Scan(&e.Number, &e.ID, &e.Kind, &e.Subject, &e.At, &e.Data)
	return e, err
}

// Last is the number of the newest event, 0 for none.
func Last(tx *db.Tx) (int64, error) {
	return db.One(tx, fault.New(fault.Internal, "outbox.no_stream"), db.Value[int64], `SELECT number FROM outbox_stream WHERE id = 1`)
}

// LastAt is the shop time of the newest event, 0 for none.
func LastAt(tx *db.Tx) (clock.Instant, error) {
	at, _, err := db.Maybe(tx, db.Value[clock.Instant], `SELECT at FROM outbox_event ORDER BY number DESC LIMIT 1`)
	return at, err
}

// Prune deletes events recorded before cutoff (shop time) that every consumer
// has passed, at most limit of them, and reports how many.
func Prune(tx *db.Tx, cutoff clock.Instant, limit int) (int64, error) {
	upTo, err := db.One(tx, nil, db.Value[int64], `SELECT MIN(n) FROM (
		SELECT number AS n FROM outbox_stream
		UNION ALL SELECT pruned + $2 FROM outbox_stream
		UNION ALL SELECT position FROM outbox_consumer
		UNION ALL SELECT COALESCE(MIN(number) - 1, 9223372036854775807) FROM outbox_event WHERE at >= $1) AS bounds`, cutoff, limit)
	if err != nil {
		return 0, err
	}
	if _, err := tx.Exec(`UPDATE outbox_stream SET pruned = $1 WHERE id = 1 AND pruned < $1`, upTo); err != nil {
		return 0, err
	}
	return tx.Exec(`DELETE FROM outbox_event WHERE number <= $1`, upTo)
}
