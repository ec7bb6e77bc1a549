package segment

import (
	"encoding/json"
	"strings"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
)

// Snapshot is a membership frozen under a name: who was in the segment at an
// instant, by which definition. What a campaign is sent to must not move.
type Snapshot struct {
	ID         ident.ID
	Segment    string
	Name       string
	Definition Definition
	Members    int64 // when it was taken; who was erased since is not listed
	TakenAt    clock.Instant
	TakenBy    ident.ID // zero for a command or an API key
}

const snapshotColumns = `id, segment_id, name, definition, members, taken_at, taken_by`

func scanSnapshot(r db.Row) (s Snapshot, err error) {
	var def json.RawMessage
	if err = r.Scan(&s.ID, &s.Segment, &s.Name, &def, &s.Members, &s.TakenAt, &s.TakenBy); err != nil {
		return s, err
	}
	return s, json.Unmarshal(def, &s.Definition)
}

// Freeze takes a snapshot. Faults: segment.unknown, segment.not_counted for
// one that is not active or still being counted, field.required and
// field.too_long for its name.
func Freeze(tx *db.Tx, segment, name string, by ident.ID) (Snapshot, error) {
	name = strings.TrimSpace(name)
	switch {
	case name == "":
		return Snapshot{}, fault.New(fault.Invalid, "segment.invalid").With(fault.At("name", "field.required"))
	case len([]rune(name)) > maxName:
		return Snapshot{}, fault.New(fault.Invalid, "segment.invalid").With(fault.At("name", "field.too_long", "max", maxName))
	}
	if err := Lock(tx); err != nil {
		return Snapshot{}, err
	}
	s, err := Get(tx, segment)
	if err != nil {
		return Snapshot{}, err
	}
	if s.State != Active || s.FilledAt == 0 {
		return Snapshot{}, fault.New(fault.Conflict, "segment.not_counted", "id", segment)
	}
	def, err := json.Marshal(s.Definition)
	if err != nil {
		return Snapshot{}, err
	}
	id := ident.New()
	if _, err = tx.Exec(`INSERT INTO segment_snapshot (`+snapshotColumns+`) VALUES ($1, $2, $3, $4, 0, $5, $6)`, id, segment, name, string(def), tx.Now, by); err != nil {
		return Snapshot{}, err
	}
	n, err := tx.Exec(`INSERT INTO segment_snapshot_member (snapshot_id, member_id) SELECT segment_snapshot.id, segment_member.member_id
		FROM segment_snapshot JOIN segment_member ON segment_member.segment_id = segment_snapshot.segment_id WHERE segment_snapshot.id = $1`, id)
	if err != nil {
		return Snapshot{}, err
	}
	if _, err = tx.Exec(`UPDATE segment_snapshot SET members = $2 WHERE id = $1`, id, n); err != nil {
		return Snapshot{}, err
	}
	return SnapshotOf(tx, id)
}

// SnapshotOf finds a snapshot. Fault: segment.snapshot_unknown.
func SnapshotOf(tx *db.Tx, id ident.ID) (Snapshot, error) {
	return db.One(tx, fault.New(fault.NotFound, "segment.snapshot_unknown"), scanSnapshot, `SELECT `+snapshotColumns+` FROM segment_snapshot WHERE id = $1`, id)
}

// Snapshots lists a segment's snapshots, newest first.
func Snapshots(tx *db.Tx, segment string) ([]Snapshot, error) {
	return db.Query(tx, scanSnapshot, `SELECT `+snapshotColumns+` FROM segment_snapshot WHERE segment_id = $1 ORDER BY taken_at DESC, id DESC LIMIT 200`, segment)
}

// Frozen pages through who is in a snapshot, by id.
func Frozen(tx *db.Tx, snapshot, after ident.ID, n int) ([]ident.ID, error) {
	if after.IsZero() {
		return db.Query(tx, db.Value[ident.ID], `SELECT member_id FROM segment_snapshot_member WHERE snapshot_id = $1 ORDER BY member_id LIMIT $2`, snapshot, n)
	}
	return db.Query(tx, db.Value[ident.ID], `SELECT member_id FROM segment_snapshot_member WHERE snapshot_id = $1 AND member_id > $2 ORDER BY member_id LIMIT $3`, snapshot, after, n)
}
