package household

import (
	"slices"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
)

type seatRow struct{ member, household ident.ID }

var current = db.NewBulk("m uuid", `SELECT household_member.member_id, household_member.household_id
	FROM u JOIN household_member ON household_member.member_id = u.m AND household_member.left_at IS NULL
	JOIN household_household ON household_household.household_id = household_member.household_id AND household_household.pooled`)

// Holders are the holders of members' points: their household's id where it
// pools, or their own. Every id asked for is answered.
func Holders(tx *db.Tx, members []ident.ID) (map[ident.ID]ident.ID, error) {
	out := make(map[ident.ID]ident.ID, len(members))
	for _, m := range members {
		out[m] = m
	}
	asked := make([]ident.ID, 0, len(out))
	for m := range out {
		asked = append(asked, m)
	}
	slices.SortFunc(asked, ident.ID.Compare)
	rows, err := db.BulkQuery(tx, current, func(r db.Row) (s seatRow, err error) { return s, r.Scan(&s.member, &s.household) }, asked)
	for _, s := range rows {
		out[s.member] = s.household
	}
	return out, err
}

// Ever are the households with one account that members belong to or once
// belonged to: what they spent then was taken from there.
func Ever(tx *db.Tx, members []ident.ID) ([]ident.ID, error) {
	list, err := db.BulkQuery(tx, ever, db.Value[ident.ID], members)
	slices.SortFunc(list, ident.ID.Compare)
	return slices.Compact(list), err
}

var ever = db.NewBulk("m uuid", `SELECT household_member.household_id FROM u JOIN household_member ON household_member.member_id = u.m
	JOIN household_household ON household_household.household_id = household_member.household_id AND household_household.pooled`)

// Get loads a household as it is now. Fault: household.unknown.
func Get(tx *db.Tx, id ident.ID) (Household, error) {
	pooled, err := db.One(tx, fault.New(fault.NotFound, "household.unknown"), db.Value[bool], `SELECT pooled FROM household_household WHERE household_id = $1`, id)
	if err != nil {
		return Household{}, err
	}
	seats, err := db.Query(tx, func(r db.Row) (s Seat, err error) { return s, r.Scan(&s.Member, &s.Head, &s.JoinedAt) },
		`SELECT member_id, head, joined_at FROM household_member WHERE household_id = $1 AND left_at IS NULL ORDER BY joined_at, member_id`, id)
	return Household{ID: id, Pooled: pooled, Members: seats}, err
}

// Of is the household a member belongs to; ok is false for none.
func Of(tx *db.Tx, member ident.ID) (h Household, ok bool, err error) {
	id, ok, err := db.Maybe(tx, db.Value[ident.ID], `SELECT household_id FROM household_member WHERE member_id = $1 AND left_at IS NULL`, member)
	if err != nil || !ok {
		return h, false, err
	}
	h, err = Get(tx, id)
	return h, true, err
}

// Open makes a household with its head; pooled gives it one account. Fault:
// household.elsewhere.
func Open(tx *db.Tx, head ident.ID, pooled bool) (Household, error) {
	if _, in, err := Of(tx, head); err != nil || in {
		if err == nil {
			err = fault.New(fault.Conflict, "household.elsewhere")
		}
		return Household{}, err
	}
	id := ident.New()
	if _, err := tx.Exec(`INSERT INTO household_household (household_id, created_at, pooled) VALUES ($1, $2, $3)`, id, tx.Now, pooled); err != nil {
		return Household{}, err
	}
	if err := seat(tx, id, head, true); err != nil {
		return Household{}, err
	}
	return Get(tx, id)
}

// seat writes a place. A member who joined, left and joins again within one
// instant of shop time gets the next microsecond.
func seat(tx *db.Tx, id, member ident.ID, head bool) error {
	at := tx.Now
	last, found, err := db.Maybe(tx, db.Value[clock.Instant], `SELECT MAX(joined_at) FROM household_member WHERE member_id = $1 HAVING MAX(joined_at) IS NOT NULL`, member)
	if err != nil {
		return err
	}
	if found && last >= at {
		at = last + 1
	}
	_, err = tx.Exec(`INSERT INTO household_member (member_id, joined_at, household_id, head) VALUES ($1, $2, $3, $4)`, member, at, id, head)
	return err
}

// Join brings a member in where no more than most share it. Faults: household.unknown, household.closed,
// household.full, household.already, household.elsewhere.
func Join(tx *db.Tx, id, member ident.ID, most int) (Household, error) {
	h, err := Get(tx, id)
	if err != nil {
		return h, err
	}
	now, _, err := Of(tx, member)
	if err != nil {
		return h, err
	}
	if err := h.join(now.ID, most); err != nil {
		return h, err
	}
	if err := seat(tx, id, member, false); err != nil {
		if db.Unique(err) {
			err = fault.New(fault.Conflict, "household.elsewhere").Because(err)
		}
		return h, err
	}
	return Get(tx, id)
}

// Leave takes a member out; the last one closes the household. Fault:
// household.not_in_it.
func Leave(tx *db.Tx, member ident.ID) (Household, error) {
	h, in, err := Of(tx, member)
	if err == nil && !in {
		err = fault.New(fault.NotFound, "household.not_in_it")
	}
	if err != nil {
		return h, err
	}
	head, closes, err := h.leave(member)
	if err != nil {
		return h, err
	}
	if _, err := tx.Exec(`UPDATE household_member SET left_at = $2, head = $3 WHERE member_id = $1 AND left_at IS NULL`, member, tx.Now, false); err != nil {
		return h, err
	}
	if !head.IsZero() {
		_, err = tx.Exec(`UPDATE household_member SET head = $2 WHERE member_id = $1 AND left_at IS NULL`, head, true)
	} else if closes {
		_, err = tx.Exec(`UPDATE household_household SET closed_at = $2 WHERE household_id = $1`, h.ID, tx.Now)
	}
	if err != nil {
		return h, err
	}
	return Get(tx, h.ID)
}
