package tier

import (
	"cmp"
	"slices"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
)

// Due lists members whose rank may change by day d, in their order. Evaluating
// and saving them (see [Turn]) takes them off the list.
func Due(tx *db.Tx, d clock.Day) ([]ident.ID, error) {
	// Sorted here: by ORDER BY member_id SQLite would go through all members.
	ids, err := db.Query(tx, db.Value[ident.ID], `SELECT member_id FROM tier_state WHERE due_on <= $1`, d)
	slices.SortFunc(ids, ident.ID.Compare)
	return ids, err
}

// Turn brings members to the start of day d and writes what changed. Running
// it twice, late or not at all changes no rank, only what is written down
// (T10).
func Turn(tx *db.Tx, r *Rules, members []ident.ID, joined []clock.Day, start clock.Instant, d clock.Day) ([]Moved, error) {
	if r == nil || len(r.Levels) == 0 {
		return nil, nil
	}
	cards := make([]*Card, len(members))
	for i, m := range members {
		cards[i] = &Card{Member: m, asked: start, on: d, joined: joined[i], changed: true}
	}
	if err := load(tx, r, cards); err != nil {
		return nil, err
	}
	for _, c := range cards {
		c.past = nil
	}
	return Save(tx, r, cards)
}

// stale is a state run under no rules: it is run afresh when next looked at.
var stale = []byte{}

// Of reads everything recorded about a member, for [At] at any instant.
func Of(tx *db.Tx, member ident.ID, joined clock.Day) (History, error) {
	all, err := histories(tx, []ident.ID{member})
	if err != nil {
		return History{}, err
	}
	all[member].Joined = joined
	return *all[member], nil
}

// Past is a row of a member's rank history.
type Past struct {
	Change
	RecordedAt clock.Instant
}

// Changes lists what was written down about a member's rank, oldest first.
func Changes(tx *db.Tx, member ident.ID) ([]Past, error) {
	list, err := db.Query(tx, func(r db.Row) (p Past, err error) {
		err = r.Scan(&p.On, &p.From, &p.To, (*string)(&p.Reason), &p.RecordedAt)
		return p, err
	}, `SELECT on_day, level_from, level_to, reason, recorded_at FROM tier_history WHERE member_id = $1 ORDER BY id`, member)
	return list, err
}

// Mix counts the members of each level that have bought or been given one.
func Mix(tx *db.Tx) (map[string]int64, error) {
	type pair struct {
		level string
		n     int64
	}
	list, err := db.Query(tx, func(r db.Row) (p pair, err error) {
		err = r.Scan(&p.level, &p.n)
		return p, err
	}, `SELECT level, COUNT(*) FROM tier_state GROUP BY level ORDER BY level`)
	slices.SortFunc(list, func(a, b pair) int { return cmp.Compare(a.level, b.level) })
	mix := make(map[string]int64, len(list))
	for _, p := range list {
		mix[p.level] += p.n
	}
	return mix, err
}
