package segment

import (
	"slices"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
	"joren/internal/outbox"
	"joren/internal/rules"
)

// Placed is where one member belongs now, and the day time alone may change
// it; 0 for none.
type Placed struct {
	Member ident.ID
	In     []string
	Due    clock.Day
}

var (
	inOf      = db.NewBulk("m uuid", `SELECT segment_member.member_id, segment_member.segment_id, segment_member.since FROM u JOIN segment_member ON segment_member.member_id = u.m`)
	enter     = db.NewBulk("s text, m uuid, at bigint", `INSERT INTO segment_member (segment_id, member_id, since) SELECT u.s, u.m, u.at FROM u ON CONFLICT (segment_id, member_id) DO NOTHING`)
	leave     = db.NewBulk("s text, m uuid", `DELETE FROM segment_member WHERE (segment_id, member_id) IN (SELECT u.s, u.m FROM u)`)
	addCount  = db.NewBulk("s text, n bigint", `UPDATE segment_segment SET members = segment_segment.members + u.n FROM u WHERE segment_segment.id = u.s`)
	putDue    = db.NewBulk("m uuid, d text", `INSERT INTO segment_due (member_id, day) SELECT u.m, u.d FROM u ON CONFLICT (member_id) DO UPDATE SET day = excluded.day WHERE segment_due.day <> excluded.day`)
	dropDue   = db.NewBulk("m uuid", `DELETE FROM segment_due WHERE member_id IN (SELECT u.m FROM u)`)
	dropScore = db.NewBulk("m uuid", `DELETE FROM segment_score WHERE member_id IN (SELECT u.m FROM u)`)
	unfreeze  = db.NewBulk("m uuid", `DELETE FROM segment_snapshot_member WHERE member_id IN (SELECT u.m FROM u)`)
)

// Lock lets one transaction at a time change memberships: facts read after it
// are not older than those of whoever changed them before.
func Lock(tx *db.Tx) error {
	_, err := tx.Exec(`UPDATE segment_norm SET touched = touched + 1 WHERE id = 1`)
	return err
}

// Save makes memberships what list says and reports how many entered or left.
// It writes differences only; the transaction holds [Lock].
func Save(tx *db.Tx, list []Placed) (moved int, err error) {
	ids := make([]ident.ID, len(list))
	for i, p := range list {
		ids[i] = p.Member
	}
	now, err := Of(tx, ids)
	if err != nil {
		return 0, err
	}
	d := differences(list, now)
	if _, err = tx.Bulk(leave, d.left, d.leavers); err != nil {
		return 0, err
	}
	if _, err = tx.Bulk(enter, d.entered, d.enterers, tx.Now); err != nil {
		return 0, err
	}
	if err := d.count(tx); err != nil {
		return 0, err
	}
	if err := outbox.Append(tx, d.events()...); err != nil {
		return 0, err
	}
	return len(d.left) + len(d.entered), saveDue(tx, list)
}

type difference struct {
	left, entered     []string
	leavers, enterers []ident.ID
}

func differences(list []Placed, now map[ident.ID][]string) (d difference) {
	for _, p := range list {
		for _, s := range now[p.Member] {
			if !has(p.In, s) {
				d.left, d.leavers = append(d.left, s), append(d.leavers, p.Member)
			}
		}
		for _, s := range p.In {
			if !has(now[p.Member], s) {
				d.entered, d.enterers = append(d.entered, s), append(d.enterers, p.Member)
			}
		}
	}
	return d
}

func has[T comparable](list []T, s T) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

func (d *difference) count(tx *db.Tx) error {
	sums := map[string]int64{}
	for _, s := range d.left {
		sums[s]--
	}
	for _, s := range d.entered {
		sums[s]++
	}
	var ids []string
	var by []int64
	for s, n := range sums {
		if n != 0 {
			ids, by = append(ids, s), append(by, n)
		}
	}
	_, err := tx.Bulk(addCount, ids, by)
	return err
}

func saveDue(tx *db.Tx, list []Placed) error {
	var none, some []ident.ID
	var days []clock.Day
	for _, p := range list {
		if p.Due == 0 {
			none = append(none, p.Member)
		} else {
			some, days = append(some, p.Member), append(days, p.Due)
		}
	}
	if _, err := tx.Bulk(dropDue, none); err != nil {
		return err
	}
	_, err := tx.Bulk(putDue, some, days)
	return err
}

// Forget deletes what is kept of members who are no members any more: their
// scores, and from snapshots who was in them. How many a snapshot held stays.
func Forget(tx *db.Tx, erased []ident.ID) error {
	for _, b := range []db.Bulk{dropScore, unfreeze} {
		if _, err := tx.Bulk(b, erased); err != nil {
			return err
		}
	}
	return nil
}

// Of tells which segments members are in, sorted by name.
func Of(tx *db.Tx, members []ident.ID) (map[ident.ID][]string, error) {
	out := make(map[ident.ID][]string, len(members))
	list, err := Memberships(tx, members)
	for _, x := range list {
		out[x.Member] = append(out[x.Member], x.Segment)
	}
	for _, in := range out {
		slices.Sort(in)
	}
	return out, err
}

// Membership is one member in one segment.
type Membership struct {
	Member  ident.ID
	Segment string
	Since   clock.Instant
}

// Memberships lists which segments members are in.
func Memberships(tx *db.Tx, members []ident.ID) ([]Membership, error) {
	return db.BulkQuery(tx, inOf, func(r db.Row) (x Membership, err error) {
		return x, r.Scan(&x.Member, &x.Segment, &x.Since)
	}, members)
}

// FillFacts fills Member.Segments of asks that need it: the segments a member
// has been in since the ask's instant or before, as is known now. With no such
// ask nothing is asked of the database.
func FillFacts(tx *db.Tx, asks []*rules.Ask) error {
	var members []ident.ID
	for _, a := range asks {
		if a.Needs.Segments && !a.Member.IsZero() {
			members = append(members, a.Member)
		}
	}
	if len(members) == 0 {
		return nil
	}
	list, err := Memberships(tx, members)
	if err != nil {
		return err
	}
	for _, a := range asks {
		if !a.Needs.Segments {
			continue
		}
		for _, x := range list {
			if x.Member == a.Member && x.Since <= a.At && !has(a.Facts.Member.Segments, x.Segment) {
				a.Facts.Member.Segments = append(a.Facts.Member.Segments, x.Segment)
			}
		}
	}
	return nil
}

// In pages through a segment's members by id: n of them after a place or, with
// back, before it, always in rising order.
func In(tx *db.Tx, segment string, from ident.ID, back bool, n int) ([]Membership, error) {
	scan := func(r db.Row) (x Membership, err error) { return x, r.Scan(&x.Member, &x.Segment, &x.Since) }
	const q = `SELECT member_id, segment_id, since FROM segment_member WHERE segment_id = $1`
	switch {
	case back:
		return db.Query(tx, scan, `SELECT member_id, segment_id, since FROM (`+q+` AND member_id < $2 ORDER BY member_id DESC LIMIT $3) AS x ORDER BY member_id`, segment, from, n)
	case from.IsZero():
		return db.Query(tx, scan, q+` ORDER BY member_id LIMIT $2`, segment, n)
	}
	return db.Query(tx, scan, q+` AND member_id > $2 ORDER BY member_id LIMIT $3`, segment, from, n)
}

// Due lists members whose day has come, at most n.
func Due(tx *db.Tx, day clock.Day, n int) ([]ident.ID, error) {
	return db.Query(tx, db.Value[ident.ID], `SELECT member_id FROM segment_due WHERE day <= $1 ORDER BY day, member_id LIMIT $2`, day, n)
}

// Anybody pages through everybody who is in a segment or waits for a day, so
// that who is no member any more is found too.
func Anybody(tx *db.Tx, after ident.ID, n int) ([]ident.ID, error) {
	q, args := `SELECT member_id FROM (SELECT member_id FROM segment_member UNION SELECT member_id FROM segment_due) AS x`, []any{n}
	if !after.IsZero() {
		q, args = q+` WHERE member_id > $2`, append(args, after)
	}
	return db.Query(tx, db.Value[ident.ID], q+` ORDER BY member_id LIMIT $1`, args...)
}

// Recount counts each segment's members afresh.
func Recount(tx *db.Tx) error {
	_, err := tx.Exec(`UPDATE segment_segment SET members = (SELECT COUNT(*) FROM segment_member WHERE segment_member.segment_id = segment_segment.id)`)
	return err
}

// Everybody are all members of a segment, by id. Fault: segment.unknown.
func Everybody(tx *db.Tx, id string) ([]ident.ID, error) {
	if _, err := Get(tx, id); err != nil {
		return nil, err
	}
	return db.Query(tx, db.Value[ident.ID], `SELECT member_id FROM segment_member WHERE segment_id = $1 ORDER BY member_id`, id)
}
