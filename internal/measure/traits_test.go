package measure

import (
	"strings"
	"testing"

	"joren/internal/db"
	"joren/internal/insight"
	"joren/internal/programme"
)

// Members are cut by what their documents allow, nothing of it tells who they
// are, and an erased member is in no cut any more.
func TestMembersAreCutByTraitsUntilTheyAreErased(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		for range 24 {
			s.enrol()
		}
		b := s.board()
		members := func(f insight.Filter) int {
			t.Helper()
			values, err := b.Metrics(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			return int(values[0].Value)
		}
		women, dry := insight.Filter{Gender: "female"}, insight.Filter{Own: "skin:dry"}
		tokyo, forties := insight.Filter{Area: "東京都"}, insight.Filter{Age: "40-49"}
		want := map[insight.Filter]int{{}: 24, women: 6, dry: 6, tokyo: 8, {Own: "parking:true"}: 6, {Own: "remark:likes the window seat"}: 0, {Area: "沖縄県"}: 0, {Gender: "female", Area: "東京都"}: 2}
		for f, n := range want {
			if got := members(f); got != n {
				t.Errorf("%+v: %d members, want %d", f, got, n)
			}
		}
		ages := 0
		for _, band := range insight.Ages {
			ages += members(insight.Filter{Age: band})
		}
		if ages != 24 || members(forties) == 0 {
			t.Errorf("all bands together hold %d of 24, the forties %d", ages, members(forties))
		}
		if text := said(t, b.Store); strings.Contains(text, "山田") || strings.Contains(text, "window") {
			t.Errorf("measuring knows too much: %s", text[:200])
		}
		s.write(func(tx *db.Tx) error { _, err := s.people.Erase(tx, s.who[1], "test"); return err })
		s.write(func(tx *db.Tx) error { _, err := s.people.Erase(tx, s.who[2], "test"); return err })
		if n := members(insight.Filter{Gender: "male"}) + members(women); n != 16 {
			t.Errorf("of 18 members with a gender 2 were erased, %d are left", n)
		}
		afresh := insight.NewStore(s.db, Shop{&programme.Cache{}, s.members})
		if err := afresh.Rebuild(t.Context()); err != nil || said(t, afresh) != said(t, b.Store) {
			t.Errorf("read afresh it says otherwise, %v", err)
		}
	})
}
