package liability

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
)

// LoadMoves reads what moved in the months that were settled.
func LoadMoves(tx *db.Tx) ([]Move, error) {
	return db.Query(tx, func(r db.Row) (m Move, err error) {
		return m, r.Scan(&m.Month, &m.Type, &m.Origin, &m.Cohort, &m.Contra, &m.Priced, &m.Points, &m.Times)
	}, `SELECT month, type, origin, cohort, contra, priced, points, times FROM liability_move ORDER BY month, type, origin, cohort, contra, priced`)
}

// LoadSettled reads the statements of the months that were settled, in order.
// Their cohorts hold what was put off; the rest of them comes from the moves.
func LoadSettled(tx *db.Tx) ([]*Statement, error) {
	list, err := db.Query(tx, scanSettled, `SELECT m.month, m.settled_at, COALESCE(s.accounts, '{}')
		FROM liability_month m LEFT JOIN liability_setting s ON s.no = m.setting ORDER BY m.month`)
	if err != nil {
		return nil, err
	}
	at := make(map[Month]*Statement, len(list))
	for _, s := range list {
		at[s.Month] = s
	}
	if err := loadTerms(tx, at); err != nil {
		return nil, err
	}
	return list, loadWorths(tx, at)
}

func scanSettled(r db.Row) (*Statement, error) {
	s := &Statement{}
	var names json.RawMessage
	if err := r.Scan(&s.Month, &s.SettledAt, &names); err != nil {
		return nil, err
	}
	return s, json.Unmarshal(names, &s.Names)
}

func loadTerms(tx *db.Tx, at map[Month]*Statement) error {
	return db.Each(tx, func(r db.Row) error {
		var month Month
		var t Terms
		var hand, learnt, low, high *Share
		var by, why, missing string
		var on clock.Instant
		if err := r.Scan(&month, &t.Type, &t.Origin, &t.Method, &t.Value, &t.Use, &t.Source, &hand, &by, &why, &on, &learnt, &low, &high, &missing); err != nil {
			return err
		}
		if hand != nil {
			t.Set = &Basis{Key: t.Key, Use: hand, By: by, Reason: why, At: on}
		}
		if learnt != nil {
			t.Learnt.Share, t.Learnt.Low, t.Learnt.High = *learnt, *low, *high
		} else {
			t.Learnt.Missing = readMissing(missing)
		}
		if s := at[month]; s != nil {
			s.Terms = append(s.Terms, t)
		}
		return nil
	}, `SELECT month, type, origin, method, value, use_share, source, hand, hand_by, hand_why, hand_at, learnt, low, high, missing FROM liability_terms ORDER BY month, type, origin`)
}

func loadWorths(tx *db.Tx, at map[Month]*Statement) error {
	return db.Each(tx, func(r db.Row) error {
		var month Month
		w := Worth{Cohort: &Cohort{}}
		if err := r.Scan(&month, &w.Type, &w.Origin, &w.Month, &w.PutOff, &w.Expected, &w.Opening, &w.Added, &w.Spent, &w.Cancelled, &w.Released, &w.Closing, &w.OnUse); err != nil {
			return err
		}
		if s := at[month]; s != nil {
			s.Worths = append(s.Worths, w)
		}
		return nil
	}, `SELECT month, type, origin, cohort, put_off, expected, opening, added, spent, cancelled, released, closing, on_use FROM liability_worth ORDER BY month, type, origin, cohort`)
}

// Settle writes a month for good, with the moves it was valued from and under
// the settings in force. Months are settled in order and once. Fault:
// liability.settled.
func Settle(tx *db.Tx, s *Statement, moves []Move) error {
	n, err := tx.Exec(`INSERT INTO liability_month (month, settled_at, setting)
		SELECT $1, $2, COALESCE(MAX(no), 0) FROM liability_setting WHERE true ON CONFLICT (month) DO NOTHING`, s.Month, tx.Now)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "liability.settled", "month", string(s.Month))
	}
	for _, write := range []func() error{
		func() error { return saveMoves(tx, s.Month, moves) },
		func() error { return saveTerms(tx, s) },
		func() error { return saveWorths(tx, s) },
	} {
		if err != nil {
			return err
		}
		err = write()
	}
	s.SettledAt = tx.Now
	return err
}

var putMove = db.NewBulk("m text, t text, o text, h text, c text, d boolean, p bigint, n bigint",
	`INSERT INTO liability_move (month, type, origin, cohort, contra, priced, points, times) SELECT u.m, u.t, u.o, u.h, u.c, u.d, u.p, u.n FROM u`)

func saveMoves(tx *db.Tx, month Month, moves []Move) error {
	var t, o, h, c []string
	var d []bool
	var p, n []int64
	for _, m := range moves {
		if m.Month == month {
			t, o, h, c = append(t, m.Type), append(o, string(m.Origin)), append(h, string(m.Cohort)), append(c, string(m.Contra))
			d, p, n = append(d, m.Priced), append(p, m.Points), append(n, m.Times)
		}
	}
	_, err := tx.Bulk(putMove, string(month), t, o, h, c, d, p, n)
	return err
}

func saveTerms(tx *db.Tx, s *Statement) error {
	for _, t := range s.Terms {
		var hand, learnt, low, high *Share
		var by, why, missing string
		var at clock.Instant
		if t.Set != nil && t.Set.Use != nil {
			hand, by, why, at = t.Set.Use, t.Set.By, t.Set.Reason, t.Set.At
		}
		if e := t.Learnt; e.Missing == nil {
			learnt, low, high = &e.Share, &e.Low, &e.High
		} else {
			missing = writeMissing(e.Missing)
		}
		if _, err := tx.Exec(`INSERT INTO liability_terms (month, type, origin, method, value, use_share, source, hand, hand_by, hand_why, hand_at, learnt, low, high, missing)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
			s.Month, t.Type, t.Origin, t.Method, t.Value, t.Use, t.Source, hand, by, why, at, learnt, low, high, missing); err != nil {
			return err
		}
	}
	return nil
}

// writeMissing is why nothing was learned, as "code name=number …".
func writeMissing(err error) string {
	f := fault.Of(err)
	parts := []string{f.Code}
	for _, k := range slices.Sorted(maps.Keys(f.Args)) {
		if n, ok := f.Args[k].(int64); ok {
			parts = append(parts, fmt.Sprintf("%s=%d", k, n))
		}
	}
	return strings.Join(parts, " ")
}

func readMissing(s string) error {
	parts := strings.Fields(s)
	if len(parts) == 0 {
		parts = []string{"liability.none_issued"}
	}
	f := fault.New(fault.NotFound, parts[0])
	f.Args = fault.Args{}
	for _, p := range parts[1:] {
		k, v, _ := strings.Cut(p, "=")
		if n, err := strconv.ParseInt(v, 10, 64); err == nil {
			f.Args[k] = n
		}
	}
	return f
}

var putWorth = db.NewBulk("m text, t text, o text, h text, pu bigint, ex bigint, op bigint, ad bigint, sp bigint, ca bigint, re bigint, cl bigint, us bigint",
	`INSERT INTO liability_worth (month, type, origin, cohort, put_off, expected, opening, added, spent, cancelled, released, closing, on_use)
	SELECT u.m, u.t, u.o, u.h, u.pu, u.ex, u.op, u.ad, u.sp, u.ca, u.re, u.cl, u.us FROM u`)

func saveWorths(tx *db.Tx, s *Statement) error {
	n := len(s.Worths)
	t, o, h := make([]string, n), make([]string, n), make([]string, n)
	var col [9][]int64
	for i, w := range s.Worths {
		t[i], o[i], h[i] = w.Type, string(w.Origin), string(w.Month)
		for k, v := range []int64{w.PutOff, w.Expected, w.Opening, w.Added, w.Spent, w.Cancelled, w.Released, w.Closing, w.OnUse} {
			col[k] = append(col[k], v)
		}
	}
	_, err := tx.Bulk(putWorth, string(s.Month), t, o, h, col[0], col[1], col[2], col[3], col[4], col[5], col[6], col[7], col[8])
	return err
}
