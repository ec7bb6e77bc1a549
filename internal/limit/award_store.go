package limit

import (
	"encoding/json"

	"joren/internal/db"
	"joren/internal/ident"
	"joren/internal/rules"
)

// Note keeps what an award that is no purchase and no event has in the
// counters, so that they can be proved and counted afresh. An award that
// counts nothing is noted too: its row says so.
func Note(tx *db.Tx, member, award ident.ID, counts []rules.Count) error {
	if counts == nil {
		counts = []rules.Count{}
	}
	b, err := json.Marshal(counts)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO limit_award (member_id, award_id, counts) VALUES ($1, $2, $3)`, member, award, string(b))
	return err
}

// EachNoted streams what was noted, for verify.
func EachNoted(tx *db.Tx, add func(ident.ID, []rules.Count)) error {
	return db.Each(tx, func(r db.Row) error {
		m, counts, err := scanNoted(r)
		if err == nil {
			add(m, counts)
		}
		return err
	}, `SELECT member_id, counts FROM limit_award`)
}

func scanNoted(r db.Row) (m ident.ID, counts []rules.Count, err error) {
	var raw json.RawMessage
	if err = r.Scan(&m, &raw); err != nil {
		return m, nil, err
	}
	return m, counts, json.Unmarshal(raw, &counts)
}

const moved = "m uuid, f uuid, t uuid"

var (
	notedOf = db.NewBulk("m uuid", `SELECT w.member_id, w.counts FROM u JOIN limit_award w ON w.member_id = u.m`)

	moves = []db.Bulk{
		db.NewBulk(moved, `INSERT INTO limit_award (member_id, award_id, counts, first_member) SELECT u.t, w.award_id, w.counts, NULLIF(u.m, u.t)
			FROM u JOIN limit_award w ON w.member_id = u.f AND COALESCE(w.first_member, w.member_id) = u.m`),
		db.NewBulk(moved, `DELETE FROM limit_award WHERE (member_id, award_id) IN (SELECT w.member_id, w.award_id
			FROM u JOIN limit_award w ON w.member_id = u.f AND COALESCE(w.first_member, w.member_id) = u.m)`),
		db.NewBulk(moved, `INSERT INTO limit_given (member_id, rule_id, award_id, day, first_member) SELECT u.t, g.rule_id, g.award_id, g.day, NULLIF(u.m, u.t)
			FROM u JOIN limit_given g ON g.member_id = u.f AND COALESCE(g.first_member, g.member_id) = u.m`),
		db.NewBulk(moved, `DELETE FROM limit_given WHERE (member_id, rule_id, award_id) IN (SELECT g.member_id, g.rule_id, g.award_id
			FROM u JOIN limit_given g ON g.member_id = u.f AND COALESCE(g.first_member, g.member_id) = u.m)`),
	}
)

// CountsOf tells what the noted awards of members have in the counters.
func CountsOf(tx *db.Tx, members []ident.ID, add func(ident.ID, []rules.Count)) error {
	_, err := db.BulkQuery(tx, notedOf, func(r db.Row) (none struct{}, err error) {
		m, counts, err := scanNoted(r)
		if err == nil {
			add(m, counts)
		}
		return none, err
	}, members)
	return err
}

// Move moves gifts and noted awards written for some members from one record
// to another; [Recount] afterwards.
func Move(tx *db.Tx, members []ident.ID, from, to ident.ID) error {
	for _, b := range moves {
		if _, err := tx.Bulk(b, members, from, to); err != nil {
			return err
		}
	}
	return nil
}

var putCounters = db.NewBulk("h uuid, l text, s text, f text, d bigint",
	`INSERT INTO limit_counter (holder_id, limit_id, store, window_from, used) SELECT u.h, u.l, u.s, u.f, u.d FROM u`)

// Recount sets the members' own counters to what all their awards count. Two
// records that are one person now may together be over a cap: what was given
// stays given, and nothing more fits. Counters all members share do not
// change.
func Recount(tx *db.Tx, members []ident.ID, all []Add) error {
	for _, m := range members {
		if _, err := tx.Exec(`DELETE FROM limit_counter WHERE holder_id = $1`, m); err != nil {
			return err
		}
	}
	rows, used, _ := sums(all, row.own)
	h, l, s, f := split(rows)
	_, err := tx.Bulk(putCounters, h, l, s, f, used)
	return err
}
