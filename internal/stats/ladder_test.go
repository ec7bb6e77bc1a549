package stats

import (
	"fmt"
	"slices"
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
	for _, m := range []ParetoNBD{{.6, 11.6, .52, 8.8}, {.5, 3, 1.2, .01}, {3, .02, .3, 500}, {40, 1e-3, 8, 1e-3}, {.4, 9, 1, 1e7}, {2, 1e6, 3, 5}, {1.04, 10.2, 2.8e6, 6.1e7}} {
		for i, d := range all.of(m, ages.grown(m.Alpha), ages.grown(m.Beta)) {
			want, name := m.dropout(rows[i]), fmt.Sprintf("%+v of %+v", rows[i], m)
			if rows[i].TX >= rows[i].T {
				if d != want {
					t.Fatal(name, d, want)
				}
				continue
			}
			about(t, name+": log odds", d.lnOdds, want.lnOdds, 1e-11)
			about(t, name+": ln(a+t)", d.lnAT, want.lnAT, 1e-9)
			about(t, name+": ln(b+t)", d.lnBT, want.lnBT, 1e-9)
			about(t, name+": 1/(a+t)", d.invAT, want.invAT, 1e-9*want.invAT)
			about(t, name+": 1/(b+t)", d.invBT, want.invBT, 1e-9*want.invBT)
		}
	}
}

// What is read of many rows or times at once is what each row says by itself.
func TestManyRowsAtOnceSayWhatEachSays(t *testing.T) {
	rows := tiny()
	times := []float64{1, 13, 39}
	for _, m := range []Model{NBD{.4, 12}, BGNBD{.24, 4.4, .8, 2.4}, MBGNBD{.5, 6, .9, 1.6}, ParetoNBD{.55, 10.6, .6, 11.7}} {
		for i, all := range Course(m, rows, times) {
			said, sum := make([]Prediction, len(rows)), 0.0
			m.Predict(said, rows, times[i])
			for k, r := range rows {
				sum += float64(r.N) * m.Expected(r, times[i])
				about(t, fmt.Sprintf("%+v in %g by %s: expected", r, times[i], m.Name()), said[k].Expected, m.Expected(r, times[i]), 1e-10)
				about(t, fmt.Sprintf("%+v in %g by %s: at least one", r, times[i], m.Name()), said[k].AtLeastOne, m.AtLeastOne(r, times[i]), 1e-10)
				about(t, fmt.Sprintf("%+v by %s: alive", r, m.Name()), said[k].Alive, m.Alive(r), 1e-10)
			}
			about(t, fmt.Sprintf("course of %s to %g", m.Name(), times[i]), all, sum, 1e-9)
		}
	}
}

// Purchases by day are the days that Later counts.
func TestLaterByDayAddsUpToLater(t *testing.T) {
	visits := []Visit{{3, 12, 5}, {1, 2, 100}, {1, 11, 1}, {1, 11, 2}, {2, 11, 7}, {3, 10, 1}, {3, 11, -4}, {4, 13, 9}, {1, 14, 3}}
	s, err := Summarise(visits, Window{0, 10, 7})
	if err != nil {
		t.Fatal(err)
	}
	got := s.LaterByDay(visits, 13)
	if want := []int{2, 1, 0}; !slices.Equal(got, want) { // 2 has no visit in the window, nor has 4
		t.Errorf("%v, want %v", got, want)
	}
	days, _ := s.Later(visits, 13)
	if a, b := got[0]+got[1]+got[2], days[0]+days[1]; a != b {
		t.Errorf("%d by day, %d by customer", a, b)
	}
}
