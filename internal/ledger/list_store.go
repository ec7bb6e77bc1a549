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
	From, To clock.Instant // when it happened, To exclusive
}

// Line is a journal line with its account.
type Line struct {
	Key
	Entry
}

// Place is a line's place in a list: what happened last comes first.
type Place struct {
	At     clock.Instant
	Holder ident.ID
	Type   string
	Seq    int64
}

// Place of a line.
func (l *Line) Place() Place { return Place{l.Occurred, l.Holder, l.Type, l.Seq} }

// String is the place for a link.
func (p Place) String() string {
	if p.Seq == 0 {
		return ""
	}
	return fmt.Sprintf("%d.%s.%d.%s", int64(p.At), p.Holder, p.Seq, p.Type)
}

// ParsePlace reads what String wrote; ok is false for anything else.
func ParsePlace(s string) (p Place, ok bool) {
	if s == "" {
		return p, true
	}
	part := strings.SplitN(s, ".", 4)
	if len(part) != 4 {
		return p, false
	}
	at, err1 := strconv.ParseInt(part[0], 10, 64)
	seq, err2 := strconv.ParseInt(part[2], 10, 64)
	if err1 != nil || err2 != nil || seq <= 0 || p.Holder.UnmarshalText([]byte(part[1])) != nil || p.Holder.IsZero() {
		return Place{}, false
	}
	p.At, p.Seq, p.Type = clock.Instant(at), seq, part[3]
	return p, true
}

// List reads up to n lines after a place, without what they did to which
// lots; with back those before it. Either way the newest comes first.
func List(tx *db.Tx, f Filter, at Place, back bool, n int) ([]*Line, error) {
	where, args := f.where()
	sign, order := "<", "DESC"
	if back {
		sign, order = ">", "ASC"
	}
	if at.Seq != 0 {
		k := len(args)
		where = append(where, fmt.Sprintf("(e.occurred_at, e.holder_id, e.type, e.seq) %s ($%d, $%d, $%d, $%d)", sign, k+1, k+2, k+3, k+4))
		args = append(args, int64(at.At), at.Holder, at.Type, at.Seq)
	}
	args = append(args, n)
	list, err := db.Query(tx, scanLine, fmt.Sprintf(`SELECT %s FROM ledger_entry e WHERE %s ORDER BY e.occurred_at %s, e.holder_id %s, e.type %s, e.seq %s LIMIT $%d`,
		entryColumns, strings.Join(where, " AND "), order, order, order, order, len(args)), args...)
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

func (f Filter) where() (where []string, args []any) {
	to := f.To
	if to == 0 {
		to = clock.Never
	}
	where, args = []string{"e.occurred_at >= $1", "e.occurred_at < $2"}, []any{int64(f.From), int64(to)}
	add := func(cond string, v any) {
		args = append(args, v)
		where = append(where, fmt.Sprintf(cond, len(args)))
	}
	if !f.Holder.IsZero() {
		add("e.holder_id = $%d", f.Holder)
	}
	if f.Type != "" {
		add("e.type = $%d", f.Type)
	}
	if f.Contra != "" {
		add("e.contra = $%d", string(f.Contra))
	}
	if f.Store != "" {
		add("e.store = $%d", f.Store)
	}
	return where, args
}

// Flows sums what moved against each of the programme's accounts, as the
// members' accounts gained it: issued is positive, redeemed negative.
func Flows(tx *db.Tx, f Filter) (map[Contra]int64, error) {
	where, args := f.where()
	rows, err := db.Query(tx, db.Value2[string, int64], `SELECT e.contra, CAST(SUM(e.points) AS BIGINT) FROM ledger_entry e WHERE `+strings.Join(where, " AND ")+` GROUP BY e.contra`, args...)
	out := make(map[Contra]int64, len(rows))
	for _, r := range rows {
		out[Contra(r.A)] = r.B
	}
	return out, err
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

// Accounts lists the holders that have points or debt of a type, in the order
// of their ids; after is the last one of the page before.
func Accounts(tx *db.Tx, pointType string, after ident.ID, n int) ([]ident.ID, error) {
	if after.IsZero() {
		after = ident.ID{15: 1}
	}
	return db.Query(tx, db.Value[ident.ID], `SELECT holder_id FROM ledger_account
		WHERE holder_id > $1 AND type = $2 AND (balance <> 0 OR debt > 0) ORDER BY holder_id LIMIT $3`, after, pointType, n)
}
