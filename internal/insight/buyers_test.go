package insight

import (
	"testing"

	"pgregory.net/rapid"
)

// Whatever is chosen, a figure about people counts the very members its list
// shows, and a cell of the triangle those who bought in its month.
func TestFiguresCountTheMembersTheirListsShow(t *testing.T) {
	c, today := lively(8), opened+500
	rapid.Check(t, func(t *rapid.T) {
		f := drawFilter(t, c)
		if f.check() != nil {
			return
		}
		f = f.bound(today)
		x := c.counted(f, today)
		repeated := 0
		for _, b := range c.buyers(f, Bought) {
			if b.visits > 1 {
				repeated++
			}
		}
		for what, n := range map[string][2]int{
			"members":  {int(x.at("members").Value), len(c.buyers(f, Everyone))},
			"new":      {int(x.at("new_members").Value), len(c.buyers(f, Joined))},
			"buyers":   {int(x.at("buyers").Value), len(c.buyers(f, Bought))},
			"repeated": {repeated, len(c.buyers(f, Repeated))},
			"census":   {x.census.members, int(x.at("members").Value)},
		} {
			if n[0] != n[1] {
				t.Fatalf("%s under %+v: figure %d, list %d", what, f, n[0], n[1])
			}
		}
		step := rapid.SampledFrom([]int{1, 3}).Draw(t, "step")
		for _, k := range c.cohorts(f, today, step) {
			g := f
			g.From, g.Store, g.Channel, g.To = 0, "", "", today
			g.CohortFrom, g.CohortTo = max(k.Start, f.CohortFrom, f.From), k.End
			if f.CohortTo != 0 {
				g.CohortTo = min(g.CohortTo, f.CohortTo)
			}
			g.CohortTo = min(g.CohortTo, f.To)
			if n := len(c.buyers(g, Bought)); n != k.N {
				t.Fatalf("cohort %s under %+v: %d, list %d", k.Start, f, k.N, n)
			}
			g.Store, g.Channel = f.Store, f.Channel
			for _, cell := range k.Back {
				g.From, g.To = cell.From, cell.To
				if n := len(c.buyers(g, Bought)); n != cell.Bought {
					t.Fatalf("cohort %s in %s under %+v: %d, list %d", k.Start, cell.From, f, cell.Bought, n)
				}
			}
		}
	})
}

func TestTheMapSharesTiesAndHoldsEverybodyOnce(t *testing.T) {
	c, today := lively(9), opened+500
	rapid.Check(t, func(t *rapid.T) {
		f := drawFilter(t, c)
		if f.check() != nil {
			return
		}
		f = f.bound(today)
		list := c.buyers(f, "")
		m, places := rfm(list, f.To)
		total, money := 0, int64(0)
		for _, row := range m.Cells {
			for _, cell := range row {
				total, money = total+cell.Members, money+cell.Money
			}
		}
		if total != len(list) || m.Members != total {
			t.Fatalf("%d members in cells, %d in all", total, len(list))
		}
		for i, a := range list {
			for j, b := range list {
				if a.visits == b.visits && places[i].frequency != places[j].frequency || a.visits > b.visits && places[i].frequency < places[j].frequency {
					t.Fatalf("%d visits in group %d, %d in %d", a.visits, places[i].frequency, b.visits, places[j].frequency)
				}
				if a.last == b.last && places[i].recency != places[j].recency || a.last > b.last && places[i].recency < places[j].recency {
					t.Fatalf("recency of %s in %d, of %s in %d", a.last, places[i].recency, b.last, places[j].recency)
				}
			}
		}
	})
	same := []buyer{{visits: 1}, {visits: 1}, {visits: 1}, {visits: 9}}
	_, places := rfm(same, today)
	if places[0].frequency != 2 || places[3].frequency != 5 {
		t.Errorf("three alike and one above: %+v", places)
	}
}
