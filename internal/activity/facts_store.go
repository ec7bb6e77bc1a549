package activity

import (
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
	"joren/internal/rules"
)

var countKind = db.NewBulk("i bigint, m uuid, k text, at bigint",
	`SELECT u.i, e.kind, COUNT(*), COUNT(DISTINCT e.day), MIN(e.day), MAX(e.day)
	 FROM u JOIN activity_event e ON e.member_id = u.m AND e.kind = u.k AND e.occurred_at <= u.at GROUP BY u.i, e.kind`)

// FillFacts fills Events of asks that name kinds, as of each ask's instant.
// With no such ask nothing is asked of the database.
func FillFacts(tx *db.Tx, asks []*rules.Ask) error {
	var index []int
	var members []ident.ID
	var kinds []string
	var at []clock.Instant
	for i, a := range asks {
		for _, k := range a.Needs.EventKinds {
			if !a.Member.IsZero() {
				index, members, kinds, at = append(index, i), append(members, a.Member), append(kinds, k), append(at, a.At)
			}
		}
	}
	_, err := db.BulkQuery(tx, countKind, func(r db.Row) (none struct{}, err error) {
		var i int
		var kind string
		var count, days int64
		var first, last clock.Day
		if err = r.Scan(&i, &kind, &count, &days, &first, &last); err != nil {
			return none, err
		}
		s := rules.ProductStats{Count: count, Last: last, Interval: -1}
		if days >= 2 {
			s.Interval = int64(last-first) / (days - 1)
		}
		if asks[i].Facts.Events == nil {
			asks[i].Facts.Events = map[string]rules.ProductStats{}
		}
		asks[i].Facts.Events[kind] = s
		return none, nil
	}, index, members, kinds, at)
	return err
}
