package stats

import (
	"fmt"
	"testing"
)

// Rows integrated together come to what each comes to by itself.
func TestDropoutsTogetherAreThoseOfEachRow(t *testing.T) {
	var rows []Row
	for x := range 40 {
		for first := range 60 {
			for last := range (first + 3) / 4 {
				if (x == 0) == (last == 0) && (x < 8 || first == 59 && last%7 == x%7) {
					rows = append(rows, Row{x, float64(4*last) / 7, float64(first) / 7, 1})
				}
			}
		}
	}
	ages := newAges(rows)
	all := newDropouts(rows, ages)
	together := 0
	for _, r := range all.runs {
		if all.many(r) {
			together++
		}
	}
	if together < 6 || together == len(all.runs) {
		t.Fatalf("%d of %d numbers of purchases are summed together: the test needs both", together, len(all.runs))
	}
	for _, m := range []ParetoNBD{{.6, 11.6, .52, 8.8}, {.5, 3, 1.2, .01}, {3, .02, .3, 500}, {40, 1e-3, 8, 1e-3}, {.4, 9, 1, 1e7}, {2, 1e6, 3, 5}} {
		for i, d := range all.of(m, ages.grown(m.Alpha), ages.grown(m.Beta)) {
			want, name := m.dropout(rows[i]), fmt.Sprintf("%+v of %+v", rows[i], m)
			if rows[i].TX >= rows[i].T {
				if d != want {
					t.Fatal(name, d, want)
				}
				continue
			}
			about(t, name+": log odds", d.lnOdds, want.lnOdds, 1e-10)
			about(t, name+": ln(a+t)", d.lnAT, want.lnAT, 1e-9)
			about(t, name+": ln(b+t)", d.lnBT, want.lnBT, 1e-9)
			about(t, name+": 1/(a+t)", d.invAT, want.invAT, 1e-9*want.invAT)
			about(t, name+": 1/(b+t)", d.invBT, want.invBT, 1e-9*want.invBT)
		}
	}
}
