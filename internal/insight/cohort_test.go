package insight

import (
	"testing"

	"joren/internal/clock"
)

func TestTheTriangleShowsWholeMonthsOnly(t *testing.T) {
	c, today := little(t), clock.MustDay("2024-12-31")
	list := c.cohorts(Filter{}.bound(today), today, 1)
	by := map[string]Cohort{}
	for _, x := range list {
		by[monthOf(x.Start)] = x
	}
	jan := by["2024-01"]
	if jan.N != 1 || len(jan.Back) != 10 { // February to November; December has not ended
		t.Fatalf("January: %+v", jan)
	}
	for k, cell := range jan.Back {
		want := 0
		if k == 0 || k == 4 { // February, June
			want = 1
		}
		if cell.Bought != want || cell.Low > cell.Share || cell.High < cell.Share {
			t.Errorf("month %d after January: %+v", k+1, cell)
		}
	}
	if dec := by["2024-12"]; dec.N != 1 || len(dec.Back) != 0 {
		t.Errorf("December: %+v", dec)
	}
	if mar := by["2024-03"]; mar.N != 1 || mar.Back[0].Bought != 0 {
		t.Errorf("a purchase wholly returned counts: %+v", mar)
	}
	total := 0
	for _, x := range c.cohorts(Filter{JoinBy: "web"}.bound(today), today, 1) {
		total += x.N
	}
	if total != 1 {
		t.Errorf("%d members joined on the web", total)
	}
}
