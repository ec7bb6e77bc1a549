package segment

import (
	"encoding/json"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
)

const columns = `id, name_ja, name_en, definition, state, version, members, filled_at, created_at, changed_at`

func scan(r db.Row) (s Segment, err error) {
	var def json.RawMessage
	if err = r.Scan(&s.ID, &s.Name.JA, &s.Name.EN, &def, &s.State, &s.Version, &s.Members, &s.FilledAt, &s.CreatedAt, &s.ChangedAt); err != nil {
		return s, err
	}
	return s, json.Unmarshal(def, &s.Definition)
}

// List lists segments by id, those of a state or, for "", all.
func List(tx *db.Tx, state State) ([]Segment, error) {
	return db.Query(tx, scan, `SELECT `+columns+` FROM segment_segment WHERE state = $1 OR $1 = '' ORDER BY id`, string(state))
}

// Get finds a segment. Fault: segment.unknown.
func Get(tx *db.Tx, id string) (Segment, error) {
	return db.One(tx, fault.New(fault.NotFound, "segment.unknown", "id", id), scan, `SELECT `+columns+` FROM segment_segment WHERE id = $1`, id)
}

// Create writes a new draft. Fault: segment.taken.
func Create(tx *db.Tx, s Segment) (Segment, error) {
	def, err := json.Marshal(s.Definition)
	if err != nil {
		return s, err
	}
	s.State, s.Version, s.Members, s.FilledAt, s.CreatedAt, s.ChangedAt = Draft, 1, 0, 0, tx.Now, tx.Now
	n, err := tx.Exec(`INSERT INTO segment_segment (`+columns+`) VALUES ($1, $2, $3, $4, $5, $6, 0, NULL, $7, $7) ON CONFLICT (id) DO NOTHING`,
		s.ID, s.Name.JA, s.Name.EN, string(def), string(s.State), s.Version, tx.Now)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "segment.taken", "id", s.ID).With(fault.At("id", "segment.taken", "id", s.ID))
	}
	return s, err
}

// Change writes a segment's names and definition; seen is the version the
// change was made from. A new definition empties the segment, which is to be
// filled again; what changes nothing writes nothing. Faults: segment.unknown, segment.changed.
func Change(tx *db.Tx, s Segment, seen int64) (Segment, error) {
	was, err := Get(tx, s.ID)
	if err != nil {
		return was, err
	}
	def, err := json.Marshal(s.Definition)
	if err != nil {
		return was, err
	}
	old, err := json.Marshal(was.Definition)
	if err != nil {
		return was, err
	}
	if was.Version != seen {
		return was, stale(&was)
	}
	if was.Name == s.Name && string(old) == string(def) {
		return was, nil
	}
	if err := set(tx, s.ID, seen, `name_ja = $4, name_en = $5, definition = $6`, s.Name.JA, s.Name.EN, string(def)); err != nil {
		return was, err
	}
	if string(old) != string(def) {
		if _, err := tx.Exec(`UPDATE segment_segment SET filled_at = NULL WHERE id = $1`, s.ID); err != nil {
			return was, err
		}
	}
	return Get(tx, s.ID)
}

func stale(s *Segment) error { return fault.New(fault.Conflict, "segment.changed", "id", s.ID) }

// set changes a row that still has the version seen: $1 to $3.
func set(tx *db.Tx, id string, seen int64, what string, args ...any) error {
	n, err := tx.Exec(`UPDATE segment_segment SET version = version + 1, changed_at = $3, `+what+` WHERE id = $1 AND version = $2`, append([]any{id, seen, tx.Now}, args...)...)
	if err == nil && n == 0 {
		err = stale(&Segment{ID: id})
	}
	return err
}

// Turn moves a segment to another state; archiving it, or making it a draft
// again, empties it. Faults: segment.unknown, segment.changed.
func Turn(tx *db.Tx, id string, to State, seen int64) (Segment, error) {
	s, err := Get(tx, id)
	if err != nil || s.State == to {
		return s, err
	}
	if s.Version != seen {
		return s, stale(&s)
	}
	if err := set(tx, id, seen, `state = $4, filled_at = NULL, members = 0`, string(to)); err != nil {
		return s, err
	}
	n, err := tx.Exec(`DELETE FROM segment_member WHERE segment_id = $1`, id)
	if err == nil {
		err = emptied(tx, id, n)
	}
	if err != nil {
		return s, err
	}
	return Get(tx, id)
}

// Empty takes everybody out of a segment that is to be filled again.
func Empty(tx *db.Tx, id string) error {
	n, err := tx.Exec(`DELETE FROM segment_member WHERE segment_id = $1`, id)
	if err == nil && n > 0 {
		if _, err = tx.Exec(`UPDATE segment_segment SET filled_at = NULL, members = 0 WHERE id = $1`, id); err == nil {
			err = emptied(tx, id, n)
		}
	}
	return err
}

// Filled notes that a segment's membership is complete.
func Filled(tx *db.Tx, ids []string) error {
	for _, id := range ids {
		if _, err := tx.Exec(`UPDATE segment_segment SET filled_at = $2 WHERE id = $1 AND filled_at IS NULL AND state = 'active'`, id, tx.Now); err != nil {
			return err
		}
	}
	return nil
}

// Size is how many a segment held at the beginning of a day.
type Size struct {
	Day     clock.Day
	Members int64
}

// Sizes lists a segment's sizes since a day.
func Sizes(tx *db.Tx, id string, since clock.Day) ([]Size, error) {
	return db.Query(tx, func(r db.Row) (s Size, err error) { return s, r.Scan(&s.Day, &s.Members) },
		`SELECT day, members FROM segment_size WHERE segment_id = $1 AND day >= $2 ORDER BY day`, id, since)
}

// KeepSizes writes down how many each segment holds on a day.
func KeepSizes(tx *db.Tx, day clock.Day) error {
	_, err := tx.Exec(`INSERT INTO segment_size (segment_id, day, members) SELECT id, $1, members FROM segment_segment WHERE state = 'active' AND filled_at IS NOT NULL
		ON CONFLICT (segment_id, day) DO UPDATE SET members = excluded.members`, day)
	return err
}
