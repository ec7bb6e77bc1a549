package purchase

import (
	"math"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
	"joren/internal/rules"
)

// stats are a member's purchases with a kept line.
type stats struct {
	visits, orders, spend int64
	first, last           clock.Day
	lastAt                clock.Instant
}

func (s *stats) into(r db.Row, head ...any) error {
	return r.Scan(append(head, &s.visits, &s.orders, &s.spend, &s.first, &s.last, &s.lastAt)...)
}

var loadStats = db.NewBulk("i bigint, m uuid",
	`SELECT u.i, s.visits, s.orders, s.spend, s.first_on, s.last_on, s.last_at FROM u JOIN purchase_stats s ON s.member_id = u.m`)

// asOf counts afresh up to an instant: for events older than the newest
// recorded one.
var asOf = db.NewBulk("i bigint, m uuid, at bigint",
	`SELECT u.i, COUNT(DISTINCT p.day), COUNT(*), CAST(SUM(p.eligible_kept) AS BIGINT), MIN(p.day), MAX(p.day), MAX(p.occurred_at)
	 FROM u JOIN purchase_purchase p ON p.member_id = u.m AND p.occurred_at <= u.at AND p.kept GROUP BY u.i`)

// addOne counts a new purchase in when it is its member's newest, as nearly
// all are; the members it does not return are counted afresh.
var addOne = db.NewBulk("m uuid, sp bigint, d text, at bigint",
	`INSERT INTO purchase_stats (member_id, visits, orders, spend, first_on, last_on, last_at)
	 SELECT u.m, 1, 1, u.sp, u.d, u.d, u.at FROM u
	 ON CONFLICT (member_id) DO UPDATE SET
	   visits = purchase_stats.visits + CASE WHEN purchase_stats.last_on = excluded.last_on THEN 0 ELSE 1 END,
	   orders = purchase_stats.orders + 1,
	   spend = purchase_stats.spend + excluded.spend,
	   first_on = COALESCE(purchase_stats.first_on, excluded.first_on),
	   last_on = excluded.last_on,
	   last_at = excluded.last_at
	 WHERE purchase_stats.last_at IS NULL OR purchase_stats.last_at <= excluded.last_at
	 RETURNING member_id`)

func addStats(tx *db.Tx, list []*Purchase) error {
	var members []ident.ID
	var spend []int64
	var days []clock.Day
	var at []clock.Instant
	times := make(map[ident.ID]int, len(list))
	for _, p := range list {
		if p.Guest || !p.Kept {
			continue
		}
		if times[p.Member]++; times[p.Member] == 1 {
			members, spend, days, at = append(members, p.Member), append(spend, p.EligibleKept), append(days, p.Day), append(at, p.OccurredAt)
		}
	}
	counted, err := db.BulkQuery(tx, addOne, db.Value[ident.ID], members, spend, days, at)
	if err != nil {
		return err
	}
	for _, m := range counted {
		times[m]--
	}
	var late []ident.ID
	for m, left := range times {
		if left > 0 {
			late = append(late, m)
		}
	}
	return Recount(tx, late)
}

var putStats = db.NewBulk("m uuid, v bigint, o bigint, sp bigint, f text, l text, at bigint",
	`INSERT INTO purchase_stats (member_id, visits, orders, spend, first_on, last_on, last_at)
	 SELECT u.m, u.v, u.o, u.sp, u.f, u.l, u.at FROM u
	 ON CONFLICT (member_id) DO UPDATE SET visits = excluded.visits, orders = excluded.orders, spend = excluded.spend,
	   first_on = excluded.first_on, last_on = excluded.last_on, last_at = excluded.last_at`)

// Recount counts members' statistics afresh from their purchases.
func Recount(tx *db.Tx, members []ident.ID) error {
	members = distinct(members)
	if len(members) == 0 {
		return nil
	}
	now, err := countUpTo(tx, members, clock.Instant(math.MaxInt64))
	if err != nil {
		return err
	}
	n := len(members)
	v, o, sp, f, l, at := make([]int64, n), make([]int64, n), make([]int64, n), make([]clock.Day, n), make([]clock.Day, n), make([]clock.Instant, n)
	for i, s := range now {
		v[i], o[i], sp[i], f[i], l[i], at[i] = s.visits, s.orders, s.spend, s.first, s.last, s.lastAt
	}
	_, err = tx.Bulk(putStats, members, v, o, sp, f, l, at)
	return err
}

// lesser is what returns change of statistics. A purchase that keeps something
// stays a visit and an order: only the sum is less. One that keeps nothing may
// have been the first or the last, so its member is counted afresh.
type lesser struct {
	spend   map[ident.ID]int64
	members []ident.ID // of spend, in the order of the returns
	afresh  []ident.ID
}

func (l *lesser) add(member ident.ID, spend int64, stays bool) {
	if !stays {
		l.afresh = append(l.afresh, member)
		return
	}
	if l.spend == nil {
		l.spend = map[ident.ID]int64{}
	}
	if _, twice := l.spend[member]; !twice {
		l.members = append(l.members, member)
	}
	l.spend[member] += spend
}

var addSpend = db.NewBulk("m uuid, sp bigint", `UPDATE purchase_stats SET spend = purchase_stats.spend + u.sp FROM u WHERE purchase_stats.member_id = u.m`)

// save writes them; those counted afresh last, for the count has the rest in it.
func (l *lesser) save(tx *db.Tx) error {
	if len(l.members) > 0 {
		spend := make([]int64, len(l.members))
		for i, m := range l.members {
			spend[i] = l.spend[m]
		}
		rows, err := tx.Bulk(addSpend, l.members, spend)
		if err != nil {
			return err
		}
		if rows < int64(len(l.members)) {
			l.afresh = append(l.afresh, l.members...)
		}
	}
	return Recount(tx, l.afresh)
}

func distinct(ids []ident.ID) []ident.ID {
	seen := make(map[ident.ID]bool, len(ids))
	out := ids[:0:0]
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}

// countUpTo counts members' purchases up to instants: one for all, or one
// each.
func countUpTo(tx *db.Tx, members []ident.ID, at any) ([]stats, error) {
	out := make([]stats, len(members))
	index := make([]int, len(members))
	for i := range index {
		index[i] = i
	}
	_, err := db.BulkQuery(tx, asOf, func(r db.Row) (none struct{}, err error) {
		var i int
		var s stats
		if err = s.into(r, &i); err == nil {
			out[i] = s
		}
		return none, err
	}, index, members, at)
	return out, err
}

// FillFacts fills Stats and Products of asks. Facts are what is recorded now,
// as of each ask's instant; a purchase recorded before at the same instant
// counts as before (SEMANTICS §1). Stats.TierMetric is for package tier.
func FillFacts(tx *db.Tx, asks []*rules.Ask) error {
	if err := fillStats(tx, asks); err != nil {
		return err
	}
	return fillProducts(tx, asks)
}

func fillStats(tx *db.Tx, asks []*rules.Ask) error {
	var index []int
	var members []ident.ID
	for i, a := range asks {
		if !a.Member.IsZero() {
			index, members = append(index, i), append(members, a.Member)
		}
		put(a, stats{})
	}
	var late []int
	_, err := db.BulkQuery(tx, loadStats, func(r db.Row) (none struct{}, err error) {
		var i int
		var s stats
		if err = s.into(r, &i); err != nil {
			return none, err
		}
		if asks[i].At < s.lastAt {
			late = append(late, i)
		} else {
			put(asks[i], s)
		}
		return none, nil
	}, index, members)
	if err != nil || len(late) == 0 {
		return err
	}
	members = members[:0]
	at := make([]clock.Instant, len(late))
	for k, i := range late {
		members, at[k] = append(members, asks[i].Member), asks[i].At
	}
	then, err := countUpTo(tx, members, at)
	for k, i := range late {
		put(asks[i], then[k])
	}
	return err
}

func put(a *rules.Ask, s stats) {
	f := &a.Facts.Stats
	f.Visits, f.Orders, f.Spend, f.FirstOn, f.LastOn = s.visits, s.orders, s.spend, s.first, s.last
	f.VisitNo = s.visits + 1
	if s.last == a.Day && s.last != 0 {
		f.VisitNo = 0
	}
	f.SinceLast, f.AvgInterval = -1, -1
	if s.last != 0 {
		f.SinceLast = int64(a.Day - s.last)
	}
	if s.visits >= 2 {
		f.AvgInterval = int64(s.last-s.first) / (s.visits - 1)
	}
}

// Lines stand in their purchase's row, so all a member bought is read to count
// her products: a third of a millisecond for a hundred purchases. Only
// programmes with such a rule pay for it.
var loadProducts = db.NewBulk("i bigint, m uuid, at bigint",
	`SELECT u.i, p.day, p.lines FROM u JOIN purchase_purchase p ON p.member_id = u.m AND p.occurred_at <= u.at AND p.kept`)

func fillProducts(tx *db.Tx, asks []*rules.Ask) error {
	var index []int
	var members []ident.ID
	var at []clock.Instant
	seen := make([]map[string]*seenProduct, len(asks))
	for i, a := range asks {
		want := a.Needs.ProductIDs
		if a.Needs.Products {
			want = append(want[:len(want):len(want)], a.SKUs...)
		}
		if len(want) == 0 || a.Member.IsZero() {
			continue
		}
		seen[i] = make(map[string]*seenProduct, len(want))
		for _, s := range want {
			if s != "" {
				seen[i][s] = &seenProduct{}
			}
		}
		index, members, at = append(index, i), append(members, a.Member), append(at, a.At)
	}
	_, err := db.BulkQuery(tx, loadProducts, func(r db.Row) (none struct{}, err error) {
		var i int
		var day clock.Day
		var lines string
		if err = r.Scan(&i, &day, &lines); err != nil {
			return none, err
		}
		bought, err := readLines(lines)
		once := map[string]bool{}
		for k := range bought {
			l := &bought[k]
			if p := seen[i][l.SKU]; p != nil && l.Returned < l.Quantity && !once[l.SKU] {
				once[l.SKU] = true
				p.add(day)
			}
		}
		return none, err
	}, index, members, at)
	for i, a := range asks {
		if seen[i] != nil {
			a.Facts.Products = make(map[string]rules.ProductStats, len(seen[i]))
		}
		for sku, p := range seen[i] {
			a.Facts.Products[sku] = p.stats()
		}
	}
	return err
}

// seenProduct counts the purchases that hold a product.
type seenProduct struct {
	count       int64
	first, last clock.Day
}

func (p *seenProduct) add(d clock.Day) {
	if p.count++; p.count == 1 {
		p.first, p.last = d, d
	}
	p.first, p.last = min(p.first, d), max(p.last, d)
}

func (p *seenProduct) stats() rules.ProductStats {
	s := rules.ProductStats{Count: p.count, Last: p.last, Interval: -1}
	if p.count >= 2 {
		s.Interval = int64(p.last-p.first) / (p.count - 1)
	}
	return s
}

// Total is what a member has bought so far, in figures.
type Total struct {
	Member        ident.ID
	Visits, Spend int64
	First, Last   clock.Day
}

// EachTotal streams the totals of all who have a kept purchase.
func EachTotal(tx *db.Tx, fn func(*Total) error) error {
	return db.Each(tx, func(r db.Row) error {
		var t Total
		if err := r.Scan(&t.Member, &t.Visits, &t.Spend, &t.First, &t.Last); err != nil {
			return err
		}
		return fn(&t)
	}, `SELECT member_id, visits, spend, first_on, last_on FROM purchase_stats WHERE visits > 0`)
}
