package outbox

import (
	"context"
	"fmt"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
)

// Parked is an event set aside because a consumer could not handle it.
type Parked struct {
	Consumer string
	Event    Event
	Tries    int64
	Code     string // of the last failure
	Words    string // for the log and the people who look after the system
	ParkedAt clock.Instant
}

// Status is where a consumer stands.
type Status struct {
	Name     string
	Position int64
	Behind   int64 // events it has still to handle
	Tries    int64 // of the event it is stuck at
	RetryAt  clock.Instant
	Code     string // of the last failure, "" for none
	Words    string
	Parked   int64
}

// Statuses lists all consumers by name.
func Statuses(tx *db.Tx) ([]Status, error) {
	return db.Query(tx, func(r db.Row) (s Status, err error) {
		err = r.Scan(&s.Name, &s.Position, &s.Behind, &s.Tries, &s.RetryAt, &s.Code, &s.Words, &s.Parked)
		return s, err
	}, `SELECT c.name, c.position, s.number - c.position, c.tries, c.retry_at, COALESCE(c.failure_code, ''), COALESCE(c.failure_words, ''),
		(SELECT COUNT(*) FROM outbox_parked p WHERE p.consumer = c.name)
		FROM outbox_consumer c CROSS JOIN outbox_stream s ORDER BY c.name`)
}

const parkedColumns = `SELECT consumer, number, id, kind, subject, at, data, tries, code, words, parked_at FROM outbox_parked `

func scanParked(r db.Row) (p Parked, err error) {
	e := &p.Event
	err = r.Scan(&p.Consumer, &e.Number, &e.ID, &e.Kind, &e.Subject, &e.At, &e.Data, &p.Tries, &p.Code, &p.Words, &p.ParkedAt)
	return p, err
}

// ListParked lists parked events after (consumer, number), in that order.
func ListParked(tx *db.Tx, consumer string, number int64, limit int) ([]Parked, error) {
	return db.Query(tx, scanParked, parkedColumns+`WHERE (consumer, number) > ($1, $2) ORDER BY consumer, number LIMIT $3`, consumer, number, limit)
}

// Retry handles a parked event again, now and out of order, and takes it off
// the list if that succeeds. Fault outbox.unknown.
func (n *Node) Retry(ctx context.Context, consumer string, number int64) error {
	for _, c := range n.consumers {
		if c.Name == consumer {
			return n.db.Write(ctx, func(tx *db.Tx) error {
				p, err := db.One(tx, unknown(consumer, number), scanParked, parkedColumns+`WHERE consumer = $1 AND number = $2`, consumer, number)
				if err != nil {
					return err
				}
				if err := Discard(tx, consumer, number); err != nil { // first: it locks the row against a second retry
					return err
				}
				return handle(tx, c, []Event{p.Event})
			})
		}
	}
	return fmt.Errorf("outbox: no consumer %q", consumer)
}

// Discard forgets a parked event. Fault outbox.unknown.
func Discard(tx *db.Tx, consumer string, number int64) error {
	rows, err := tx.Exec(`DELETE FROM outbox_parked WHERE consumer = $1 AND number = $2`, consumer, number)
	if err == nil && rows == 0 {
		err = unknown(consumer, number)
	}
	return err
}

func unknown(consumer string, number int64) error {
	return fault.New(fault.NotFound, "outbox.unknown", "consumer", consumer, "number", number)
}
