package ledger

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
)

// Filter chooses journal lines over all accounts. Zero fields choose all.
type Filter struct {
	Holder   ident.ID
	Type     string
	Contra   Contra
	Store    string
	From, To clock.Day // of accounting, inclusive
	Floor    Place     // nothing before this place, see [Within]
}

// Line is a journal line with its account.
type Line struct {
	Key
	Entry
}

// Place is a line's place in a list: the last day of accounting comes first,
// within it what happened last. A Place without Seq is the instant itself.
type Place struct {
	On     clock.Day
	At     clock.Instant
	Holder ident.ID
	Type   string
	Seq    int64
}

// Place of a line.
func (l *Line) Place() Place { return Place{l.BookOn, l.Occurred, l.Holder, l.Type, l.Seq} }

// String is the place for a link.
func (p Place) String() string {
	if p.On == 0 {
		return ""
	}
	return fmt.Sprintf("%s.%d.%s.%d.%s", p.On, int64(p.At), p.Holder, p.Seq, p.Type)
}

// ParsePlace reads what String wrote; ok is false for anything else.
func ParsePlace(s string) (p Place, ok bool) {
	if s == "" {
		return p, true
	}
	part := strings.SplitN(s, ".", 5)
	if len(part) != 5 || p.On.UnmarshalText([]byte(part[0])) != nil || p.On == 0 {
		return Place{}, false
	}
	at, err1 := strconv.ParseInt(part[1], 10, 64)
	seq, err2 := strconv.ParseInt(part[3], 10, 64)
	if err1 != nil || err2 != nil || seq < 0 || p.Holder.UnmarshalText([]byte(part[2])) != nil {
		return Place{}, false
	}
	p.At, p.Seq, p.Type = clock.Instant(at), seq, part[4]
	return p, true
}

// sides are the accounts of the programme, in the order of a statement.
var sides = []Contra{Issued, Redeemed, Expired, Reversed, Adjusted, Elsewhere}

// Heard reports whether any line of the journal names a store. No index begins
// with stores: a code that none has costs a look through one.
func Heard(tx *db.Tx, store string) (bool, error) {
	return db.One(tx, nil, db.Value[bool], `SELECT EXISTS (SELECT 1 FROM ledger_entry WHERE store = $1)`, store)
}

// List reads up to n lines after a place, without what they did to which
// lots; with back those before it. Either way the newest comes first.
//
// Without a holder it reads each contra account by its index and takes the
// best n of those, so that it never sorts the whole journal.
func List(tx *db.Tx, f Filter, at Place, back bool, n int) ([]*Line, error) {
	order := "DESC"
	if back {
		order = "ASC"
	}
	by := strings.ReplaceAll("ORDER BY book_on ?, occurred_at ?, holder_id ?, type ?, seq ?", "?", order)
	where, args := f.where(at, back)
	args = append(args, n)
	limit := fmt.Sprintf(" %s LIMIT $%d", by, len(args))
	read := func(cond string) string {
		from := `ledger_entry e WHERE ` + cond + " AND " + strings.Join(where, " AND ") + limit
		if f.Holder.IsZero() && (f.Store != "" || f.Type != "") {
			// The index knows stores, on SQLite types too: lines of others are passed by without being read.
			from = `(SELECT e.holder_id AS h, e.type AS t, e.seq AS n FROM ` + from + `) AS k CROSS JOIN ledger_entry e WHERE e.holder_id = k.h AND e.type = k.t AND e.seq = k.n ` + by
		}
		return `SELECT ` + entryColumns + ` FROM ` + from
	}
	q := ""
	switch {
	case !f.Holder.IsZero() && f.Contra == "":
		args = append(args, f.Holder)
		q = read(fmt.Sprintf("e.holder_id = $%d", len(args)))
	case !f.Holder.IsZero():
		args = append(args, f.Holder, string(f.Contra))
		q = read(fmt.Sprintf("e.holder_id = $%d AND e.contra || '' = $%d", len(args)-1, len(args))) // the account's key is better than the index of contras
	case f.Contra != "":
		args = append(args, string(f.Contra))
		q = read(fmt.Sprintf("e.contra = $%d", len(args)))
	default:
		parts := make([]string, len(sides))
		for i, c := range sides {
			parts[i] = "SELECT * FROM (" + read("e.contra = '"+string(c)+"'") + ") AS " + string(c)
		}
		q = "SELECT * FROM (" + strings.Join(parts, " UNION ALL ") + ") AS e" + limit
	}
	list, err := db.Query(tx, scanLine, q, args...)
	if back {
		slices.Reverse(list)
	}
	return list, err
}

func scanLine(r db.Row) (*Line, error) {
	e, err := scanEntry(r)
	if err != nil {
		return nil, err
	}
	return &Line{e.Key, *e.Entry}, nil
}

const firstDay, lastDay = "0000-00-00", "9999-12-31"

// where are the conditions of f beside holder and contra. The days of the place
// and of the floor bound the days as well: both engines then begin and end
// there in the index.
func (f Filter) where(at Place, back bool) (where []string, args []any) {
	from, to := max(f.From, f.Floor.On), f.To
	sign := "<"
	switch {
	case at.On != 0 && back:
		from, sign = max(from, at.On), ">"
	case at.On != 0 && (to == 0 || at.On < to):
		to = at.On
	}
	add := func(cond string, vs ...any) {
		for _, v := range vs {
			args = append(args, v)
			cond = strings.Replace(cond, "?", fmt.Sprintf("$%d", len(args)), 1)
		}
		where = append(where, cond)
	}
	add("e.book_on >= ? AND e.book_on <= ?", dayOr(from, firstDay), dayOr(to, lastDay))
	if at.On != 0 {
		add("(e.book_on, e.occurred_at, e.holder_id, e.type, e.seq) "+sign+" (?, ?, ?, ?, ?)", at.On, int64(at.At), at.Holder, at.Type, at.Seq)
	}
	if f.Floor.On != 0 {
		add("(e.book_on, e.occurred_at) >= (?, ?)", f.Floor.On, int64(f.Floor.At))
	}
	if f.Type != "" {
		add("e.type = ?", f.Type)
	}
	if f.Store != "" {
		add("e.store = ?", f.Store)
	}
	return where, args
}

func dayOr(d clock.Day, other string) string {
	if d == 0 {
		return other
	}
	return d.String()
}

// Within is the place up to which at most about n lines are looked at from a
// place on, for conditions that no index knows; more is false when the list
// ends before.
func Within(tx *db.Tx, f Filter, at Place, n int) (floor Place, more bool, err error) {
	f.Store, f.Type = "", ""
	where, args := f.where(at, false)
	args = append(args, n)
	for _, c := range sides {
		if f.Contra != "" && f.Contra != c {
			continue
		}
		p, found, err := db.Maybe(tx, func(r db.Row) (p Place, err error) { return p, r.Scan(&p.On, &p.At) }, fmt.Sprintf(
			`SELECT e.book_on, e.occurred_at FROM ledger_entry e WHERE e.contra = '%s' AND %s ORDER BY e.book_on DESC, e.occurred_at DESC LIMIT 1 OFFSET $%d`,
			c, strings.Join(where, " AND "), len(args)), args...)
		if err != nil {
			return floor, false, err
		}
		if found && (p.On > floor.On || p.On == floor.On && p.At > floor.At) {
			floor, more = p, true
		}
	}
	return floor, more, nil
}

// Lately reads the last n lines of a holder before an instant, in the order in
// which they happened.
func Lately(tx *db.Tx, holder ident.ID, before clock.Instant, n int) ([]*Line, error) {
	return db.Query(tx, scanLine, `SELECT `+entryColumns+` FROM ledger_entry e WHERE e.holder_id = $1 AND e.occurred_at < $2
		ORDER BY e.occurred_at DESC, e.type DESC, e.seq DESC LIMIT $3`, holder, int64(before), n)
}

// Flows sums what moved against each of the programme's accounts on days of
// accounting, inclusive, as the members' accounts gained it: issued is
// positive, redeemed negative. It reads the sums of the days, not the journal.
func Flows(tx *db.Tx, pointType string, from, to clock.Day) (map[Contra]int64, error) {
	list, err := BookedOn(tx, from, to)
	out := map[Contra]int64{}
	for _, b := range list {
		if b.Type == pointType || pointType == "" {
			out[b.Contra] += b.Points
		}
	}
	return out, err
}

// FlowsOf sums the same over the journal of one holder.
func FlowsOf(tx *db.Tx, holder ident.ID, pointType string, from, to clock.Day) (map[Contra]int64, error) {
	rows, err := db.Query(tx, db.Value2[string, int64], `SELECT e.contra, CAST(SUM(e.points) AS BIGINT) FROM ledger_entry e
		WHERE e.holder_id = $1 AND (e.type = $2 OR $2 = '') AND e.book_on || '' >= $3 AND e.book_on || '' <= $4 GROUP BY e.contra`,
		holder, pointType, dayOr(from, firstDay), dayOr(to, lastDay))
	out := make(map[Contra]int64, len(rows))
	for _, r := range rows {
		out[Contra(r.A)] = r.B
	}
	return out, err
}

// Unposted sums the bookings that Fold has not taken yet.
func Unposted(tx *db.Tx) ([]Booked, error) {
	return db.Query(tx, scanBooked, `SELECT book_on, type, contra, origin, CAST(SUM(points) AS BIGINT) FROM ledger_booking
		GROUP BY book_on, type, contra, origin ORDER BY book_on, type, contra, origin`)
}

// Open is what all accounts of a type hold.
type Open struct {
	Accounts int64 // with points left or debt
	Points   int64 // left in lots, pending and held ones too
	Debt     int64
}

// Outstanding sums what is left on all accounts of a type at an instant. Lots
// with a fixed end are left out from that end on, written or not; of sliding
// lots those count that the day turn has not closed.
func Outstanding(tx *db.Tx, pointType string, now clock.Instant) (o Open, err error) {
	o.Points, err = db.One(tx, nil, db.Value[int64], `SELECT COALESCE(CAST(SUM(remaining) AS BIGINT), 0) FROM ledger_lot
		WHERE type = $1 AND remaining > 0 AND (expires_at > $2 OR life IS NOT NULL) AND (cancel_at IS NULL OR cancel_at > $2 OR phase <> 'pending')`, pointType, int64(now))
	if err != nil {
		return o, err
	}
	sum, err := db.One(tx, nil, db.Value2[int64, int64], `SELECT COUNT(*), COALESCE(CAST(SUM(debt) AS BIGINT), 0) FROM ledger_account
		WHERE type = $1 AND (balance <> 0 OR debt > 0)`, pointType)
	o.Accounts, o.Debt = sum.A, sum.B
	return o, err
}

// CountAccounts counts the accounts of a type that have points or debt.
func CountAccounts(tx *db.Tx, pointType string) (int64, error) {
	return db.One(tx, nil, db.Value[int64], `SELECT COUNT(*) FROM ledger_account WHERE type = $1 AND (balance <> 0 OR debt > 0)`, pointType)
}

// Accounts lists the holders that have points or debt of a type, in the order
// of their ids; after is the last one of the page before.
func Accounts(tx *db.Tx, pointType string, after ident.ID, n int) ([]ident.ID, error) {
	if after.IsZero() {
		after = ident.ID{15: 1}
	}
	return db.Query(tx, db.Value[ident.ID], `SELECT holder_id FROM ledger_account
		WHERE holder_id > $1 AND type = $2 AND (balance <> 0 OR debt > 0) ORDER BY holder_id LIMIT $3`, after, pointType, n)
}
