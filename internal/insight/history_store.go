package insight

import (
	"encoding/json"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/event"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/outbox"
)

// Month is the score of the whole shop at a month's end.
type Month struct {
	Month   string    // YYYY-MM
	Day     clock.Day // the last one it knew
	Horizon int
	Members int
	Mean    Tenths
	Spread  [10]int // members per ten points
	Missing string  // the code of why there is no score; "" when there is one
}

// Kept is a member's score at a month's end.
type Kept struct {
	Month   string
	Score   Tenths
	Horizon int
	Parts   map[string]Tenths // what each known part gave
}

var putScores = db.NewBulk("m uuid, mo text, s bigint, h bigint, p text",
	`INSERT INTO insight_score (member_id, month, score, horizon, parts) SELECT u.m, u.mo, u.s, u.h, u.p FROM u
	 ON CONFLICT (member_id, month) DO UPDATE SET score = excluded.score, horizon = excluded.horizon, parts = excluded.parts`)

const rowsAtOnce = 5000

// saveMonth writes a month with its members' scores, again if it must.
func saveMonth(tx *db.Tx, m Month, ids []ident.ID, all []Loyalty) error {
	for from := 0; from < len(ids); from += rowsAtOnce {
		to := min(from+rowsAtOnce, len(ids))
		if err := saveScores(tx, m, ids[from:to], all[from:to]); err != nil {
			return err
		}
	}
	spread, err := json.Marshal(m.Spread)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO insight_month (month, day, horizon, members, mean, spread, missing, recorded_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (month) DO UPDATE SET day = excluded.day, horizon = excluded.horizon, members = excluded.members, mean = excluded.mean,
		spread = excluded.spread, missing = excluded.missing, recorded_at = excluded.recorded_at`,
		m.Month, m.Day, m.Horizon, m.Members, int64(m.Mean), string(spread), m.Missing, tx.Now)
	return err
}

func saveScores(tx *db.Tx, m Month, ids []ident.ID, all []Loyalty) error {
	n := len(ids)
	months, scores, horizons, parts := make([]string, n), make([]int64, n), make([]int64, n), make([]string, n)
	for i, l := range all {
		given := map[string]Tenths{}
		for _, p := range l.Parts {
			if p.Known {
				given[p.Name] = p.Gives
			}
		}
		b, err := json.Marshal(given)
		if err != nil {
			return err
		}
		months[i], scores[i], horizons[i], parts[i] = m.Month, int64(l.Score), int64(l.Horizon), string(b)
	}
	_, err := tx.Bulk(putScores, ids, months, scores, horizons, parts)
	return err
}

// Months lists what is kept of the shop, oldest first.
func Months(tx *db.Tx) ([]Month, error) {
	return db.Query(tx, func(r db.Row) (m Month, err error) {
		var spread json.RawMessage
		var mean int64
		if err = r.Scan(&m.Month, &m.Day, &m.Horizon, &m.Members, &mean, &spread, &m.Missing); err != nil {
			return m, err
		}
		m.Mean = Tenths(mean)
		return m, json.Unmarshal(spread, &m.Spread)
	}, `SELECT month, day, horizon, members, mean, spread, missing FROM insight_month ORDER BY month`)
}

// History lists a member's scores at months' ends, oldest first.
func History(tx *db.Tx, member ident.ID) ([]Kept, error) {
	return db.Query(tx, func(r db.Row) (k Kept, err error) {
		var parts json.RawMessage
		var score int64
		if err = r.Scan(&k.Month, &score, &k.Horizon, &parts); err != nil {
			return k, err
		}
		k.Score = Tenths(score)
		return k, json.Unmarshal(parts, &k.Parts)
	}, `SELECT month, score, horizon, parts FROM insight_score WHERE member_id = $1 ORDER BY month`, member)
}

// ErasureConsumer deletes the scores of who is erased.
func ErasureConsumer() outbox.Consumer {
	return outbox.Consumer{Name: "insight.erase", Handle: func(tx *db.Tx, events []outbox.Event) error {
		for _, e := range events {
			if e.Kind != (event.MemberErased{}).Kind() {
				continue
			}
			if _, err := tx.Exec(`DELETE FROM insight_score WHERE member_id = $1`, e.Subject); err != nil {
				return err
			}
		}
		return nil
	}}
}

// codeOf is the code of why there is no score.
func codeOf(err error) string {
	if err == nil {
		return ""
	}
	return fault.Of(err).Code
}
