package purchase

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
)

// Filter chooses purchases of a list. Zero fields choose all.
type Filter struct {
	From, To clock.Day // business days, inclusive
	Store    string
	Member   ident.ID
	Guests   bool   // of nobody only
	Flagged  bool   // with something a person should look at
	OrderNo  string // exactly this number
	Floor    Place  // nothing before this place, see [Reach]
}

// Place is a purchase's place in a list: newest business day first, within a
// day the one that happened last. The zero Place is before the first.
type Place struct {
	Day clock.Day
	At  clock.Instant
	ID  ident.ID
}

// PlaceOf is the place of p.
func PlaceOf(p *Purchase) Place { return Place{p.Day, p.OccurredAt, p.ID} }

// String is the place for a link.
func (p Place) String() string {
	if p.ID.IsZero() {
		return ""
	}
	return p.Day.String() + "." + strconv.FormatInt(int64(p.At), 36) + "." + p.ID.String()
}

// ParsePlace reads what String wrote; ok is false for anything else.
func ParsePlace(s string) (p Place, ok bool) {
	if s == "" {
		return p, true
	}
	parts := strings.Split(s, ".")
	if len(parts) != 3 || p.Day.UnmarshalText([]byte(parts[0])) != nil || p.ID.UnmarshalText([]byte(parts[2])) != nil || p.Day == 0 || p.ID.IsZero() {
		return Place{}, false
	}
	at, err := strconv.ParseInt(parts[1], 36, 64)
	if err != nil {
		return Place{}, false
	}
	p.At = clock.Instant(at)
	return p, true
}

// List reads up to n purchases after a place, without lines; with back those
// before it. Either way the newest comes first.
func List(tx *db.Tx, f Filter, at Place, back bool, n int) ([]*Purchase, error) {
	where, args := f.where(at, back)
	order := "DESC"
	if back {
		order = "ASC"
	}
	args = append(args, n)
	list, err := db.Query(tx, scanPurchase, fmt.Sprintf(`SELECT %[1]s FROM purchase_purchase p WHERE %[2]s ORDER BY p.day %[3]s, p.occurred_at %[3]s, p.id %[3]s LIMIT $%[4]d`,
		purchaseColumns, strings.Join(where, " AND "), order, len(args)), args...)
	if back {
		slices.Reverse(list)
	}
	return list, err
}

const firstDay, lastDay = "0000-00-00", "9999-12-31"

// where are the conditions of f behind a place, or with back before it. The
// days of the place and of the floor bound the days as well: SQLite then
// begins and ends there in the index.
func (f Filter) where(at Place, back bool) (where []string, args []any) {
	from, to, sign := f.From, f.To, "<"
	if from = max(from, f.Floor.Day); back {
		from, sign = max(from, at.Day), ">"
	} else if at.Day != 0 && (to == 0 || at.Day < to) {
		to = at.Day
	}
	where, args = []string{"p.day >= $1", "p.day <= $2"}, []any{dayOr(from, firstDay), dayOr(to, lastDay)}
	if !at.ID.IsZero() {
		args = append(args, at.Day, at.At, at.ID)
		where = append(where, "(p.day, p.occurred_at, p.id) "+sign+" ($3, $4, $5)")
	}
	add := func(cond string, v any) {
		args = append(args, v)
		where = append(where, fmt.Sprintf(cond, len(args)))
	}
	if !f.Floor.ID.IsZero() {
		args = append(args, f.Floor.Day, f.Floor.At, f.Floor.ID)
		where = append(where, fmt.Sprintf("(p.day, p.occurred_at, p.id) >= ($%d, $%d, $%d)", len(args)-2, len(args)-1, len(args)))
	}
	if f.Store != "" {
		add("p.store = $%d", f.Store)
	}
	if !f.Member.IsZero() {
		add("p.member_id = $%d", f.Member)
	}
	if f.OrderNo != "" {
		args = append(args, f.OrderNo)
		where = append(where, fmt.Sprintf(numbered, len(args)))
	}
	if f.Guests {
		where = append(where, "p.guest")
	}
	if f.Flagged {
		where = append(where, flagged)
	}
	return where, args
}

func dayOr(d clock.Day, other string) string {
	if d == 0 {
		return other
	}
	return d.String()
}

// numbered finds an order number at every source there is, by the natural key:
// each source is found by stepping over the one before.
const numbered = `p.id IN (
	WITH RECURSIVE s (source) AS (
		SELECT MIN(k.source) FROM purchase_key k
		UNION ALL SELECT (SELECT MIN(k.source) FROM purchase_key k WHERE k.source > s.source) FROM s WHERE s.source IS NOT NULL)
	SELECT k.purchase_id FROM s JOIN purchase_key k ON k.source = s.source AND k.order_no = $%d)`

// Reach is the place up to which n purchases are looked at from a place on,
// for conditions that no index knows; more is false when there are fewer.
func Reach(tx *db.Tx, f Filter, at Place, n int) (floor Place, more bool, err error) {
	where, args := Filter{From: f.From, To: f.To}.where(at, false)
	args = append(args, n)
	return db.Maybe(tx, func(r db.Row) (p Place, err error) { return p, r.Scan(&p.Day, &p.At, &p.ID) }, fmt.Sprintf(
		`SELECT p.day, p.occurred_at, p.id FROM purchase_purchase p WHERE %s ORDER BY p.day DESC, p.occurred_at DESC, p.id DESC LIMIT 1 OFFSET $%d`, strings.Join(where, " AND "), len(args)), args...)
}

// The answer a purchase was given stands with its judgement, flags and all;
// nothing else in there has a list of that name.
const flagged = `p.judged LIKE '%"flags":[{%'`

// Count counts the purchases a filter chooses, up to most.
func Count(tx *db.Tx, f Filter, most int) (int64, error) {
	where, args := f.where(Place{}, false)
	args = append(args, most)
	return db.One(tx, nil, db.Value[int64], fmt.Sprintf(`SELECT COUNT(*) FROM (SELECT p.id FROM purchase_purchase p WHERE %s LIMIT $%d) AS counted`,
		strings.Join(where, " AND "), len(args)), args...)
}

// DayTotal is what was bought on one business day.
type DayTotal struct {
	Day       clock.Day
	Purchases int64 // guests' included
	Guests    int64
	Value     int64 // of all lines, with tax
}

// PerDay sums purchases by business day, oldest first; days without any are
// left out.
func PerDay(tx *db.Tx, from, to clock.Day) ([]DayTotal, error) {
	return db.Query(tx, func(r db.Row) (t DayTotal, err error) {
		return t, r.Scan(&t.Day, &t.Purchases, &t.Guests, &t.Value)
	}, `SELECT p.day, COUNT(*), CAST(SUM(CASE WHEN p.guest THEN 1 ELSE 0 END) AS BIGINT), CAST(SUM(p.value) AS BIGINT)
		FROM purchase_purchase p WHERE p.day >= $1 AND p.day <= $2 GROUP BY p.day ORDER BY p.day`, from, to)
}

// Repeaters counts the members who have kept a purchase, and of them those who
// have kept two or more.
func Repeaters(tx *db.Tx) (buyers, repeaters int64, err error) {
	v, err := db.One(tx, nil, db.Value2[int64, int64], `SELECT COUNT(*), COALESCE(CAST(SUM(CASE WHEN orders >= 2 THEN 1 ELSE 0 END) AS BIGINT), 0)
		FROM purchase_stats WHERE orders > 0`)
	return v.A, v.B, err
}

// Summary is what a member has bought and kept.
type Summary struct {
	Visits, Orders int64
	Spend          int64 // eligible amount kept
	FirstOn        clock.Day
	LastOn         clock.Day
	LastAt         clock.Instant
}

var summaries = db.NewBulk("m uuid", `SELECT s.member_id, s.visits, s.orders, s.spend, s.first_on, s.last_on, s.last_at
	FROM u JOIN purchase_stats s ON s.member_id = u.m`)

// Summaries reads what members have bought; those without a purchase are
// left out.
func Summaries(tx *db.Tx, members []ident.ID) (map[ident.ID]Summary, error) {
	type row struct {
		id ident.ID
		s  Summary
	}
	rows, err := db.BulkQuery(tx, summaries, func(r db.Row) (x row, err error) {
		return x, r.Scan(&x.id, &x.s.Visits, &x.s.Orders, &x.s.Spend, &x.s.FirstOn, &x.s.LastOn, &x.s.LastAt)
	}, distinct(members))
	out := make(map[ident.ID]Summary, len(rows))
	for _, x := range rows {
		out[x.id] = x.s
	}
	return out, err
}

// Back is a return with the purchase it belongs to.
type Back struct {
	Purchase ident.ID
	Return
}

// ReturnsOf lists a member's returns before an instant, newest first.
func ReturnsOf(tx *db.Tx, member ident.ID, before clock.Instant, n int) ([]Back, error) {
	return db.Query(tx, func(row db.Row) (b Back, err error) {
		var lines, demanded json.RawMessage
		r := &b.Return
		if err = row.Scan(&b.Purchase, &r.ID, &r.Source, &r.ReturnNo, &r.OccurredAt, &r.RecordedAt, &r.Day, &r.Store, &r.Staff, &r.Reason,
			&r.Value, &r.Eligible, &r.PointsBack, &r.Cash, &lines, &demanded); err != nil {
			return b, err
		}
		if err = json.Unmarshal(lines, &r.Lines); err != nil {
			return b, err
		}
		return b, json.Unmarshal(demanded, &r.Demanded)
	}, `SELECT r.purchase_id, r.id, r.source, r.return_no, r.occurred_at, r.recorded_at, r.day, r.store, r.staff, r.reason,
		r.value, r.eligible, r.points_back, r.cash, r.lines, r.demanded
		FROM purchase_return r WHERE r.member_id = $1 AND r.occurred_at < $2 ORDER BY r.occurred_at DESC, r.id DESC LIMIT $3`, member, int64(before), n)
}
