package limit

import (
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
	"joren/internal/rules"
)

// Gift is one gift of a rule that gives once (ever, or a year).
type Gift struct {
	Member ident.ID
	Rule   string
	Award  ident.ID
	Day    clock.Day
}

var loadGiven = db.NewBulk("i bigint, m uuid, r text",
	`SELECT u.i, g.rule_id, MAX(g.day) FROM u JOIN limit_given g ON g.member_id = u.m AND g.rule_id = u.r GROUP BY u.i, g.rule_id`)

// FillGiven fills Facts.Given of asks for the rules they need it of.
func FillGiven(tx *db.Tx, asks []*rules.Ask) error {
	var index []int
	var members []ident.ID
	var ids []string
	for i, a := range asks {
		if a.Member.IsZero() {
			continue
		}
		for _, r := range a.Needs.Once {
			index, members, ids = append(index, i), append(members, a.Member), append(ids, r)
		}
	}
	_, err := db.BulkQuery(tx, loadGiven, func(r db.Row) (none struct{}, err error) {
		var i int
		var rule string
		var day clock.Day
		if err = r.Scan(&i, &rule, &day); err != nil {
			return none, err
		}
		f := asks[i].Facts
		if f.Given == nil {
			f.Given = map[string]clock.Day{}
		}
		f.Given[rule] = day
		return none, nil
	}, index, members, ids)
	return err
}

var insertGiven = db.NewBulk("m uuid, r text, a uuid, d text",
	`INSERT INTO limit_given (member_id, rule_id, award_id, day) SELECT u.m, u.r, u.a, u.d FROM u ON CONFLICT DO NOTHING`)

// Give records gifts of once-rules.
func Give(tx *db.Tx, gifts []Gift) error {
	n := len(gifts)
	m, r, a, d := make([]ident.ID, n), make([]string, n), make([]ident.ID, n), make([]clock.Day, n)
	for i, g := range gifts {
		m[i], r[i], a[i], d[i] = g.Member, g.Rule, g.Award, g.Day
	}
	return tx.Later(insertGiven, nil, m, r, a, d)
}

// TakeBack forgets the gifts of an award: what a full return clawed back does
// not count as given.
func TakeBack(tx *db.Tx, member, award ident.ID) error {
	_, err := tx.Exec(`DELETE FROM limit_given WHERE member_id = $1 AND award_id = $2`, member, award)
	return err
}
