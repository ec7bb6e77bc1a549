package member

import (
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
)

// Wait notes the last day through which a withdrawn member's points wait for
// her; 0 that they wait no longer.
func (m *Members) Wait(tx *db.Tx, id ident.ID, until clock.Day) error {
	_, err := tx.Exec(`UPDATE member_member SET points_until = $2 WHERE member_id = $1`, id, until)
	return err
}

// WaitAnew lets points that came back to who has left wait for her through a
// day, unless some wait already: then these wait with them.
func (m *Members) WaitAnew(tx *db.Tx, id ident.ID, until clock.Day) error {
	_, err := tx.Exec(`UPDATE member_member SET points_until = $2 WHERE member_id = $1 AND status = 'withdrawn' AND points_until IS NULL`, id, until)
	return err
}

// Waited lists members whose points waited to no purpose: their last day is
// before today.
func (m *Members) Waited(tx *db.Tx, today clock.Day, n int) ([]ident.ID, error) {
	return db.Query(tx, db.Value[ident.ID], `SELECT member_id FROM member_member WHERE points_until < $1 ORDER BY points_until, member_id LIMIT $2`, today, n)
}

// Rejoin makes a withdrawn member active again, marked as rejoined, and gives
// the day through which her points waited, 0 for none. Her tombstones stay:
// under a new record she would be known too. Faults: member.unknown,
// member.erased, member.merged, member.active.
func (m *Members) Rejoin(tx *db.Tx, id ident.ID) (Member, clock.Day, error) {
	x, err := m.living(tx, id)
	if err == nil && x.Status == Active {
		err = fault.New(fault.Conflict, "member.active")
	}
	if err != nil {
		return x, 0, err
	}
	until, err := db.One(tx, unknown(), db.Value[clock.Day], `SELECT points_until FROM member_member WHERE member_id = $1`, id)
	if err != nil {
		return x, 0, err
	}
	if _, err := tx.Exec(`UPDATE member_member SET status = 'active', left_at = NULL, rejoined = $2, points_until = NULL WHERE member_id = $1`, id, true); err != nil {
		return x, 0, err
	}
	x.Status, x.LeftAt, x.Rejoined = Active, 0, true
	x, err = m.touch(tx, x)
	return x, until, err
}
