package member

import (
	"encoding/json"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
)

// MergeState is how far a merge is.
type MergeState string

const (
	Moving  MergeState = "moving"  // the redirect stands; points are on their way
	Done    MergeState = "merged"  // done
	Undoing MergeState = "undoing" // points are on their way back; the redirect still stands
	Undone  MergeState = "undone"
)

// Merge is the record of one merge: Gone lives on in Kept.
type Merge struct {
	ID         ident.ID
	Gone, Kept ident.ID
	State      MergeState
	Filled     []string // names of the fields Kept took over
	StartedAt  clock.Instant
	EndedAt    clock.Instant
}

const mergeColumns = `merge_id, source_id, target_id, state, moved, started_at, ended_at`

func scanMerge(r db.Row) (g Merge, err error) {
	var filled string
	if err = r.Scan(&g.ID, &g.Gone, &g.Kept, &g.State, &filled, &g.StartedAt, &g.EndedAt); err != nil {
		return g, err
	}
	return g, json.Unmarshal([]byte(filled), &g.Filled)
}

// MergeByID loads a merge. Fault: merge.unknown.
func (m *Members) MergeByID(tx *db.Tx, id ident.ID) (Merge, error) {
	return db.One(tx, fault.New(fault.NotFound, "merge.unknown"), scanMerge, `SELECT `+mergeColumns+` FROM member_merge WHERE merge_id = $1`, id)
}

// OpenMerges are those that are still moving points, oldest first.
func (m *Members) OpenMerges(tx *db.Tx) ([]Merge, error) {
	return db.Query(tx, scanMerge, `SELECT `+mergeColumns+` FROM member_merge WHERE state IN ('moving', 'undoing') ORDER BY merge_id`)
}

// BeginMerge sets the redirect: from now on every card and number of gone
// leads to kept, and kept's gaps are filled from gone. Faults: merge.same,
// merge.not_active (one of the two left, or is merged or erased), and
// member.unknown.
func (m *Members) BeginMerge(tx *db.Tx, gone, kept ident.ID) (Merge, error) {
	g := Merge{ID: ident.New(), Gone: gone, Kept: kept, State: Moving, StartedAt: tx.Now}
	if gone == kept {
		return g, fault.New(fault.Invalid, "merge.same")
	}
	var both [2]Member
	for i, id := range []ident.ID{gone, kept} {
		x, err := m.Get(tx, id)
		if err == nil && x.Status != Active {
			err = fault.New(fault.Conflict, "merge.not_active")
		}
		if err != nil {
			return g, err
		}
		both[i] = x
	}
	if _, err := m.touch(tx, both[0]); err != nil {
		return g, err
	}
	_, err := tx.Exec(`UPDATE member_member SET status = 'merged', merged_into = $2 WHERE member_id = $1`, gone, kept)
	if err != nil {
		return g, err
	}
	if g.Filled, err = m.absorb(tx, both[1], gone); err != nil {
		return g, err
	}
	filled, err := json.Marshal(g.Filled)
	if err != nil {
		return g, err
	}
	_, err = tx.Exec(`INSERT INTO member_merge (merge_id, source_id, target_id, state, moved, started_at) VALUES ($1, $2, $3, 'moving', $4, $5)`, g.ID, gone, kept, string(filled), tx.Now)
	return g, err
}

func (m *Members) absorb(tx *db.Tx, kept Member, gone ident.ID) ([]string, error) {
	old, doc, err := m.document(tx, kept.ID)
	if err != nil {
		return nil, err
	}
	other, err := m.Person(tx, gone)
	if err != nil {
		return nil, err
	}
	p, filled := absorb(old, other)
	if len(filled) == 0 {
		return nil, nil
	}
	_, err = m.replace(tx, kept, doc, &old, &p)
	return filled, err
}

// EndMerge notes that the points have arrived. Ending twice changes nothing.
func (m *Members) EndMerge(tx *db.Tx, id ident.ID) (ended bool, err error) {
	n, err := tx.Exec(`UPDATE member_merge SET state = 'merged', ended_at = $2 WHERE merge_id = $1 AND state = 'moving'`, id, tx.Now)
	return n == 1, err
}

// BeginUndo starts to take a merge apart. Faults: merge.unknown,
// merge.moving (not finished yet), merge.undone, merge.kept_gone (the kept
// record was itself merged, left or was erased: that comes first, or it cannot
// be undone any more).
func (m *Members) BeginUndo(tx *db.Tx, id ident.ID) (Merge, error) {
	g, err := m.MergeByID(tx, id)
	if err != nil {
		return g, err
	}
	switch g.State {
	case Undoing:
		return g, nil
	case Moving:
		return g, fault.New(fault.Conflict, "merge.moving")
	case Undone:
		return g, fault.New(fault.Conflict, "merge.undone")
	}
	kept, err := m.Get(tx, g.Kept)
	if err == nil && kept.Status != Active {
		err = fault.New(fault.Conflict, "merge.kept_gone")
	}
	if err != nil {
		return g, err
	}
	g.State = Undoing
	_, err = tx.Exec(`UPDATE member_merge SET state = 'undoing' WHERE merge_id = $1 AND state = 'merged'`, id)
	return g, err
}

// EndUndo takes the redirect away and the filled fields back, when the points
// are where they were. Ending twice changes nothing.
func (m *Members) EndUndo(tx *db.Tx, id ident.ID) (ended bool, err error) {
	n, err := tx.Exec(`UPDATE member_merge SET state = 'undone', ended_at = $2 WHERE merge_id = $1 AND state = 'undoing'`, id, tx.Now)
	if err != nil || n == 0 {
		return false, err
	}
	g, err := m.MergeByID(tx, id)
	if err != nil {
		return false, err
	}
	if _, err := tx.Exec(`UPDATE member_member SET status = 'active', merged_into = NULL, version = version + 1, changed_at = $2 WHERE member_id = $1 AND status = 'merged'`, g.Gone, tx.Now); err != nil {
		return false, err
	}
	return true, m.release(tx, g)
}

func (m *Members) release(tx *db.Tx, g Merge) error {
	if len(g.Filled) == 0 {
		return nil
	}
	kept, err := m.Get(tx, g.Kept)
	if err != nil {
		return err
	}
	old, doc, err := m.document(tx, g.Kept)
	if err != nil {
		return err
	}
	gone, err := m.Person(tx, g.Gone)
	if err != nil {
		return err
	}
	p := release(old, gone, g.Filled)
	_, err = m.replace(tx, kept, doc, &old, &p)
	return err
}
