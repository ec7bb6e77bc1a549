package proof

import (
	"joren/internal/db"
	"joren/internal/fault"
)

// worths checks every month whose liability was settled: what it says moved is
// what the closed month says, what is carried leads from opening to closing
// cohort by cohort, and each cohort opens with what it closed with before.
func (v *verifier) worths() error {
	l := v.law("liability.months", "months")
	n, err := db.One(v.tx, nil, db.Value[int64], `SELECT COUNT(*) FROM liability_month`)
	if err != nil {
		return err
	}
	l.Seen = n
	if err := v.settledMoves(l); err != nil {
		return err
	}
	return v.carried(l)
}

// settledMoves compares each settled month with the closed month of its type.
func (v *verifier) settledMoves(l *Law) error {
	return db.Each(v.tx, func(r db.Row) error {
		var month, typ string
		var want, got int64
		if err := r.Scan(&month, &typ, &want, &got); err != nil {
			return err
		}
		if want != got {
			l.report(Finding{"month", "settled.moves", fault.Args{"month": month, "type": typ, "want": want, "got": got}})
		}
		return nil
	}, `SELECT d.month, d.type, s.want, s.got FROM day_liability d JOIN liability_month m ON m.month = d.month JOIN (
			SELECT month, type, contra, SUM(want) AS want, SUM(got) AS got FROM (
				SELECT month, type, 'issued' AS contra, issued AS want, 0 AS got FROM day_liability
				UNION ALL SELECT month, type, 'redeemed', redeemed, 0 FROM day_liability
				UNION ALL SELECT month, type, 'expired', expired, 0 FROM day_liability
				UNION ALL SELECT month, type, 'reversed', reversed, 0 FROM day_liability
				UNION ALL SELECT month, type, 'adjusted', adjusted, 0 FROM day_liability
				UNION ALL SELECT month, type, 'transfer', transferred, 0 FROM day_liability
				UNION ALL SELECT month, type, contra, 0, points FROM liability_move) AS x
			GROUP BY month, type, contra) AS s ON s.month = d.month AND s.type = d.type
		WHERE s.want <> s.got ORDER BY d.month, d.type`)
}

// carried walks the cohorts of each account through their months.
func (v *verifier) carried(l *Law) error {
	type place struct{ typ, origin, cohort string }
	closing, last := map[place]int64{}, map[place]string{}
	var months []string
	at := map[string]int{}
	if err := db.Each(v.tx, func(r db.Row) error {
		var m string
		err := r.Scan(&m)
		at[m] = len(months)
		months = append(months, m)
		return err
	}, `SELECT month FROM liability_month ORDER BY month`); err != nil {
		return err
	}
	wrong := func(month string, p place, what string, want, got int64) {
		if want != got {
			l.report(Finding{"cohort", what, fault.Args{"month": month, "type": p.typ, "origin": p.origin, "cohort": p.cohort, "want": want, "got": got}})
		}
	}
	err := db.Each(v.tx, func(r db.Row) error {
		var month string
		var p place
		var open, moved, closes int64
		if err := r.Scan(&month, &p.typ, &p.origin, &p.cohort, &open, &moved, &closes); err != nil {
			return err
		}
		before := closing[p]
		if i, settled := at[month]; !settled || before != 0 && (i == 0 || months[i-1] != last[p]) {
			wrong(month, p, "settled.gap", 0, 1)
		}
		wrong(month, p, "settled.opening", before, open)
		wrong(month, p, "settled.sum", open+moved, closes)
		closing[p], last[p] = closes, month
		return nil
	}, `SELECT month, type, origin, cohort, opening, added - spent - cancelled - released, closing FROM liability_worth ORDER BY month, type, origin, cohort`)
	if err != nil || len(months) == 0 {
		return err
	}
	for p, n := range closing {
		if n != 0 && last[p] != months[len(months)-1] {
			wrong(last[p], p, "settled.gap", 0, 1)
		}
	}
	return nil
}
