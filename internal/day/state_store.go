package day

import (
	"time"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
)

// state is how far the turning of days is.
type state struct {
	Finished clock.Day // the last day turned into; 0 before the first
	Turning  clock.Day // a turn that is under way or was broken off
	Step     step      // the step it is in
	Place    string    // how far within it
	Fence    int64
	free     bool // nobody turns
}

const lease = time.Minute

func read(tx *db.Tx) (state, error) {
	return db.One(tx, fault.New(fault.Internal, "day.no_state"), func(r db.Row) (s state, err error) {
		var until clock.Instant
		err = r.Scan(&s.Finished, &s.Turning, &s.Step, &s.Place, &s.Fence, &until)
		s.free = until <= tx.Wall
		return s, err
	}, `SELECT finished, turning, step, place, fence, lease_until FROM day_turn WHERE id = 1`)
}

// claim takes the turn for owner unless another has it, and locks the row
// until the transaction ends.
func claim(tx *db.Tx, owner ident.ID) (s state, mine bool, err error) {
	return db.Maybe(tx, func(r db.Row) (s state, err error) {
		return s, r.Scan(&s.Finished, &s.Turning, &s.Step, &s.Place, &s.Fence)
	}, `UPDATE day_turn SET lease_owner = $1, lease_until = $2, fence = fence + 1
		WHERE id = 1 AND (lease_owner IS NULL OR lease_until <= $3) RETURNING finished, turning, step, place, fence`, owner, tx.Wall.Add(lease), tx.Wall)
}

// advance notes how far the turn is and keeps the lease. Fault day.lease_lost
// when another has the turn by now; nothing may be committed then.
func (s *state) advance(tx *db.Tx) error {
	n, err := tx.Exec(`UPDATE day_turn SET finished = $2, turning = $3, step = $4, place = $5, lease_until = $6 WHERE id = 1 AND fence = $1 AND lease_owner IS NOT NULL`,
		s.Fence, s.Finished, s.Turning, int64(s.Step), s.Place, tx.Wall.Add(lease))
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "day.lease_lost")
	}
	return err
}

// release lets others turn.
func (s *state) release(tx *db.Tx) error {
	_, err := tx.Exec(`UPDATE day_turn SET lease_owner = NULL, lease_until = NULL WHERE id = 1 AND fence = $1`, s.Fence)
	return err
}

// Finished is the last business day that was turned into; 0 for none. For the
// screen.
func Finished(tx *db.Tx) (clock.Day, error) {
	s, err := read(tx)
	return s.Finished, err
}
