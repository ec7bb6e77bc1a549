package audience

import (
	"maps"
	"slices"
	"testing"

	"joren/internal/db"
	"joren/internal/event"
	"joren/internal/ident"
	"joren/internal/outbox"
	"joren/internal/segment"
)

// told are the memberships as another system knows them that only hears events.
func (s *shop) told() (out []string) {
	in := map[string]map[ident.ID]bool{}
	s.read(func(tx *db.Tx) error {
		events, err := outbox.After(tx, 0, 100_000)
		for _, e := range events {
			f, err := e.Fact()
			if err != nil {
				return err
			}
			switch x := f.(type) {
			case event.SegmentEntered:
				if in[x.Segment] == nil {
					in[x.Segment] = map[ident.ID]bool{}
				}
				for _, m := range x.Members {
					if in[x.Segment][m] {
						s.t.Errorf("%s entered %s twice", m, x.Segment)
					}
					in[x.Segment][m] = true
				}
			case event.SegmentLeft:
				for _, m := range x.Members {
					if !in[x.Segment][m] {
						s.t.Errorf("%s left %s where she was not", m, x.Segment)
					}
					delete(in[x.Segment], m)
				}
			case event.SegmentEmptied:
				delete(in, x.Segment)
			}
		}
		return err
	})
	for _, id := range slices.Sorted(maps.Keys(in)) {
		for _, m := range slices.SortedFunc(maps.Keys(in[id]), ident.ID.Compare) {
			out = append(out, id+" "+m.String())
		}
	}
	return out
}

// kept are the memberships as they are.
func (s *shop) kept() (out []string) {
	s.read(func(tx *db.Tx) error {
		list, err := segment.List(tx, segment.Active)
		for _, x := range list {
			ids, err := segment.Everybody(tx, x.ID)
			if err != nil {
				return err
			}
			for _, m := range ids {
				out = append(out, x.ID+" "+m.String())
			}
		}
		return err
	})
	slices.Sort(out)
	return out
}

func TestWhoHearsEventsKnowsEverySegment(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		same := func(when string, least int) {
			t.Helper()
			told, kept := s.told(), s.kept()
			slices.Sort(told)
			if !slices.Equal(told, kept) || len(kept) < least {
				t.Errorf("%s: told %v, kept %v", when, told, kept)
			}
		}
		var who []ident.ID
		for range 5 {
			who = append(who, s.enrol())
		}
		s.buy(who[0], 1000)
		s.buy(who[1], 1000)
		s.use("f2", segment.Definition{When: "stats.visits == 1"}) // filled after the fact
		s.use("quiet", segment.Definition{When: "has(stats.days_since_last) && stats.days_since_last >= 10"})
		same("after switching on", 2)
		s.buy(who[2], 500)
		s.buy(who[0], 500)
		s.deliver()
		same("after purchases", 2)
		s.on("2026-05-20")
		if _, err := s.a.TurnDay(t.Context()); err != nil {
			t.Fatal(err)
		}
		same("on a later day", 5)
		s.write(func(tx *db.Tx) error {
			x, err := segment.Get(tx, "quiet")
			if err == nil {
				_, err = s.a.Turn(tx, "quiet", segment.Archived, x.Version)
			}
			return err
		})
		same("after one was put away", 2)
	})
}
