package limit

import (
	"slices"

	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/rules"
)

var load = db.NewBulk("i bigint, h uuid, l text, s text, f text",
	`SELECT u.i, c.used FROM u JOIN limit_counter c ON c.holder_id = u.h AND c.limit_id = u.l AND c.store = u.s AND c.window_from = u.f`)

// FillFacts fills Facts.Used of asks with what their counters have used;
// keys[i] are the counters of asks[i].
func FillFacts(tx *db.Tx, asks []*rules.Ask, keys [][]rules.LimitKey) error {
	type place struct {
		ask   int
		limit string
	}
	var places []place
	var rows []row
	var index []int
	for i, a := range asks {
		if a.Facts.Used == nil && len(keys[i]) > 0 {
			a.Facts.Used = make(map[string]int64, len(keys[i]))
		}
		for _, k := range keys[i] {
			if k.Member && a.Member.IsZero() {
				continue
			}
			index = append(index, len(places))
			places, rows = append(places, place{i, k.Limit}), append(rows, rowOf(a.Member, k))
			a.Facts.Used[k.Limit] = 0
		}
	}
	h, l, s, f := split(rows)
	_, err := db.BulkQuery(tx, load, func(r db.Row) (none struct{}, err error) {
		var i int
		var used int64
		if err = r.Scan(&i, &used); err == nil {
			asks[places[i].ask].Facts.Used[places[i].limit] = used
		}
		return none, err
	}, index, h, l, s, f)
	return err
}

func split(rows []row) (h []ident.ID, l, s, f []string) {
	for _, r := range rows {
		h, l, s, f = append(h, r.holder), append(l, r.limit), append(s, r.store), append(f, r.from)
	}
	return h, l, s, f
}

// What is only added needs no answer: who would overshoot breaks the
// constraint limit_counter_cap, now or when the transaction ends ([Overshot]).
var put = db.NewBulk("h uuid, l text, s text, f text, d bigint, c bigint",
	`INSERT INTO limit_counter (holder_id, limit_id, store, window_from, used, cap) SELECT u.h, u.l, u.s, u.f, u.d, u.c FROM u
	 ON CONFLICT (holder_id, limit_id, store, window_from) DO UPDATE SET used = limit_counter.used + excluded.used, cap = excluded.cap`)

// What is given back always fits, under whatever cap.
var addTo = db.NewBulk("h uuid, l text, s text, f text, d bigint, c bigint",
	`UPDATE limit_counter SET used = limit_counter.used + u.d, cap = CASE WHEN u.d < 0 THEN 9223372036854775807 ELSE u.c END FROM u
	 WHERE limit_counter.holder_id = u.h AND limit_counter.limit_id = u.l AND limit_counter.store = u.s AND limit_counter.window_from = u.f
	 RETURNING limit_counter.holder_id, limit_counter.limit_id, limit_counter.store, limit_counter.window_from`)

// Save adds to members' own counters, each counter once with the sum of all
// adds.
//
// An error that is [Overshot], then or as late as the commit, says that a
// counter has meanwhile been used by others so far that a cap would be
// overshot: judge again. Fault limit.changed (Conflict): something is given
// back to a counter that is not there.
func Save(tx *db.Tx, adds []Add) error { return save(tx, adds, row.own) }

// SaveShared does the same for the counters that all members share. They stay
// locked until the transaction ends: make it one of its last works, and call it
// once.
func SaveShared(tx *db.Tx, adds []Add) error { return save(tx, adds, row.shared) }

// Overshot reports that a transaction failed because it would have overshot a
// cap.
func Overshot(err error) bool { return db.Breaks(err, "limit_counter_cap") }

func save(tx *db.Tx, adds []Add, which func(row) bool) error {
	rows, deltas, caps := sums(adds, which)
	if len(rows) == 0 {
		return nil
	}
	if slices.Min(deltas) < 0 {
		var err error
		if rows, deltas, caps, err = addThere(tx, rows, deltas, caps); err != nil {
			return err
		}
	}
	h, l, s, f := split(rows)
	return tx.Later(put, nil, h, l, s, f, deltas, caps)
}

// addThere adds to the counters that are there, in one order whether it is
// more or less, and returns the rest, which has to be more.
func addThere(tx *db.Tx, rows []row, deltas, caps []int64) (fresh []row, first, under []int64, err error) {
	h, l, s, f := split(rows)
	done, err := db.BulkQuery(tx, addTo, func(r db.Row) (x row, err error) {
		err = r.Scan(&x.holder, &x.limit, &x.store, &x.from)
		return x, err
	}, h, l, s, f, deltas, caps)
	had := make(map[row]bool, len(done))
	for _, r := range done {
		had[r] = true
	}
	for i, r := range rows {
		switch {
		case err != nil || had[r]:
		case deltas[i] < 0:
			err = fault.New(fault.Conflict, "limit.changed")
		default:
			fresh, first, under = append(fresh, r), append(first, deltas[i]), append(under, caps[i])
		}
	}
	return fresh, first, under, err
}

// Usage is a counter as it stands. Member is zero for one all members share.
type Usage struct {
	Member ident.ID
	Limit  string
	Store  string
	From   string // first day of the window, "" for lifetime
	Used   int64
}

// Of shows the counters of a limit all members share, newest window first.
func Of(tx *db.Tx, limit string) ([]Usage, error) {
	return db.Query(tx, scanUsage, `SELECT holder_id, limit_id, store, window_from, used FROM limit_counter WHERE holder_id = $1 AND limit_id = $2 ORDER BY window_from DESC, store`, programme, limit)
}

// OfMember shows a member's own counters.
func OfMember(tx *db.Tx, member ident.ID) ([]Usage, error) {
	return db.Query(tx, scanUsage, `SELECT holder_id, limit_id, store, window_from, used FROM limit_counter WHERE holder_id = $1 ORDER BY limit_id, window_from DESC, store`, member)
}

func scanUsage(r db.Row) (u Usage, err error) {
	err = r.Scan(&u.Member, &u.Limit, &u.Store, &u.From, &u.Used)
	if u.Member == programme {
		u.Member = ident.ID{}
	}
	return u, err
}

// Wrong is a counter that does not hold what the awards say.
type Wrong struct {
	Usage
	Should int64
}

// Audit compares every counter with what the awards count, for verify: each
// calls its argument for every award.
func Audit(tx *db.Tx, each func(func(Add)) error) ([]Wrong, error) {
	should := map[row]int64{}
	err := each(func(a Add) {
		for _, c := range a.Counts {
			should[rowOf(a.Member, c.Key)] += c.Delta
		}
	})
	if err != nil {
		return nil, err
	}
	var wrong []Wrong
	err = db.Each(tx, func(r db.Row) error {
		var x row
		var used int64
		if err := r.Scan(&x.holder, &x.limit, &x.store, &x.from, &used); err != nil {
			return err
		}
		if used != should[x] {
			wrong = append(wrong, x.wrong(used, should[x]))
		}
		delete(should, x)
		return nil
	}, `SELECT holder_id, limit_id, store, window_from, used FROM limit_counter ORDER BY holder_id, limit_id, store, window_from`)
	for x, n := range should {
		if n != 0 {
			wrong = append(wrong, x.wrong(0, n))
		}
	}
	return wrong, err
}

func (r row) wrong(used, should int64) Wrong {
	u := Usage{Member: r.holder, Limit: r.limit, Store: r.store, From: r.from, Used: used}
	if r.holder == programme {
		u.Member = ident.ID{}
	}
	return Wrong{u, should}
}
