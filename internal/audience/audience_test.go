package audience

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/programme"
	"joren/internal/segment"
)

func TestAPurchaseMovesHerAndTimeMovesHerBack(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		s.use("new", segment.Definition{Stages: []segment.Stage{segment.New}})
		s.use("risk", segment.Definition{Stages: []segment.Stage{segment.AtRisk}})
		s.use("quiet", segment.Definition{When: "has(stats.days_since_last) && stats.days_since_last >= 10"})
		s.use("both", segment.Definition{When: "member.in_segment('quiet') && member.in_segment('risk')"})
		s.use("f2", segment.Definition{When: "stats.visits == 1"})
		who := s.enrol()
		s.deliver()
		if in := s.in(who); len(in) != 0 {
			t.Errorf("who never bought is in %v", in)
		}
		s.buy(who, 1000)
		s.deliver()
		if in := s.in(who); !slices.Equal(in, []string{"f2", "new"}) {
			t.Errorf("after one purchase she is in %v", in)
		}
		for _, c := range []struct{ day, want string }{
			{"2026-04-08", "f2 new"},             // a week on: the shop's usual gap is a week
			{"2026-04-11", "f2 new quiet"},       // ten days; 1.5 weeks is 10.5
			{"2026-04-12", "both f2 quiet risk"}, // eleven
			{"2026-04-16", "f2 quiet"},           // over twice: lapsing
			{"2026-06-30", "f2 quiet"},           // a condition that stays true
		} {
			s.on(c.day)
			if _, err := s.a.TurnDay(t.Context()); err != nil {
				t.Fatal(err)
			}
			if in := strings.Join(s.in(who), " "); in != c.want {
				t.Errorf("on %s she is in %q, want %q", c.day, in, c.want)
			}
		}
		s.buy(who, 500)
		s.deliver()
		if in := s.in(who); len(in) != 0 {
			t.Errorf("back after all, she is still in %v", in)
		}
		if n, err := s.a.TurnDay(t.Context()); err != nil || n != 0 {
			t.Errorf("a day that was turned was turned again: %d, %v", n, err)
		}
	})
}

func TestWhatFollowedEventsIsWhatARebuildFinds(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		s.use("growing", segment.Definition{Stages: []segment.Stage{segment.Growing, segment.Regular}})
		s.use("late", segment.Definition{Stages: []segment.Stage{segment.AtRisk, segment.Lapsing, segment.Dormant, segment.Lost}})
		s.use("best", segment.Definition{Recency: []int{4, 5}, Money: []int{4, 5}})
		s.use("high", segment.Definition{Score: &segment.Band{From: 20, To: 100}})
		s.use("week", segment.Definition{When: "stats.days_since_last >= 7 && stats.days_since_last < 14 && stats.visits > 0"})
		s.use("latte", segment.Definition{When: "stats.product('LATTE').count >= 2"})
		s.use("reviewers", segment.Definition{When: "stats.event('review').count >= 1 && member.tier != 'gold'"})
		s.use("named", segment.Definition{When: "member.in_segment('late') && !member.in_segment('latte')"})
		l := &live{shop: s, r: rand.New(rand.NewPCG(1, 1)), did: map[string]int{}}
		filled := map[string]bool{}
		for range 60 {
			s.enrol()
		}
		for range 300 { // a past long enough for scores
			l.now = l.now.Add(8 * time.Hour)
			s.must(l.sell())
		}
		s.must(s.a.Rebuild(t.Context()))
		for i := range 300 {
			l.step()
			if l.r.IntN(3) == 0 {
				s.deliver()
			}
			if i%60 != 59 {
				continue
			}
			s.deliver()
			_, err := s.a.TurnDay(t.Context())
			s.must(err)
			followed := s.dump()
			s.must(s.a.Rebuild(t.Context()))
			if d := cmp.Diff(s.dump(), followed); d != "" {
				t.Fatalf("after %d steps (− rebuilt, + followed):\n%s", i+1, d)
			}
			for _, line := range followed {
				name, n, _ := strings.Cut(line, " ")
				filled[name] = filled[name] || n != "0"
			}
		}
		for _, id := range []string{"growing", "late", "best", "high", "week", "latte", "reviewers", "named"} {
			if !filled[id] {
				t.Errorf("nobody was ever in %s", id)
			}
		}
		for _, what := range []string{"enrol", "sale", "return", "revision", "event", "merge", "undo", "leave", "day"} {
			if l.did[what] == 0 {
				t.Errorf("no %s took effect: %v", what, l.did)
			}
		}
	})
}

func TestARuleWithASegmentGivesAtTheTillToWhoIsInIt(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		src := strings.Replace(string(mustTemplate(t)), "rules:\n", "rules:\n  - {id: again, kind: bonus, segments: [f2], give: 50}\n", 1)
		next := strings.Replace(src, "effective_from: "+from(t, src), "effective_from: 2026-04-02", 1)
		publish := func() error {
			return s.db.Write(t.Context(), func(tx *db.Tx) error {
				_, err := Publish(tx, []byte(next), programme.Order{ShortNotice: true})
				return err
			})
		}
		if err := publish(); !fault.Is(err, "programme.invalid") || fault.Of(err).Fields[0].Code != "programme.unknown_segment" {
			t.Fatalf("a rule for a segment nobody made was published: %v", err)
		}
		s.use("f2", segment.Definition{When: "stats.visits == 1"})
		s.must(publish())
		who := s.enrol()
		s.on("2026-04-03")
		first := s.buy(who, 1000)
		s.deliver()
		s.on("2026-04-04")
		second := s.buy(who, 1000)
		s.deliver()
		s.on("2026-04-05")
		third := s.buy(who, 1000)
		gives := func(a []string) bool { return slices.Contains(a, "again") }
		if gives(rulesOf(&first)) || !gives(rulesOf(&second)) || gives(rulesOf(&third)) {
			t.Errorf("given by %v, %v, %v", rulesOf(&first), rulesOf(&second), rulesOf(&third))
		}
		s.write(func(tx *db.Tx) error {
			x, err := segment.Get(tx, "f2")
			if err == nil {
				_, err = s.a.Turn(tx, "f2", segment.Archived, x.Version)
			}
			if !fault.Is(err, "segment.in_use") {
				t.Errorf("a segment a rule asks for was put away: %v", err)
			}
			return nil
		})
	})
}

func TestASnapshotStaysAndAnErasedMemberLeavesIt(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		s.use("f2", segment.Definition{When: "stats.visits == 1"})
		a, b := s.enrol(), s.enrol()
		s.buy(a, 1000)
		s.buy(b, 1000)
		s.deliver()
		var snap segment.Snapshot
		s.write(func(tx *db.Tx) (err error) {
			snap, err = segment.Freeze(tx, "f2", " 春の便り ", ident.ID{})
			return err
		})
		if snap.Members != 2 || snap.Name != "春の便り" || snap.Definition.When != "stats.visits == 1" {
			t.Errorf("%+v", snap)
		}
		s.on("2026-04-02")
		s.buy(a, 1000)
		s.write(func(tx *db.Tx) error { _, err := s.hall.Erase(tx, b, "test"); return err })
		s.deliver()
		s.read(func(tx *db.Tx) error {
			ids, err := segment.Frozen(tx, snap.ID, ident.ID{}, 10)
			if !slices.Equal(ids, []ident.ID{a}) {
				t.Errorf("in the snapshot %v, want who left the segment and was not erased: %v", ids, a)
			}
			x, _ := segment.Get(tx, "f2")
			if x.Members != 0 {
				t.Errorf("%d members are left", x.Members)
			}
			again, _ := segment.SnapshotOf(tx, snap.ID)
			if again.Members != 2 {
				t.Errorf("the snapshot says %d", again.Members)
			}
			return err
		})
	})
}

func TestSegmentsAreRefusedWithAllThatIsWrong(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		s.use("a", segment.Definition{When: "stats.visits > 1"})
		s.use("b", segment.Definition{When: "member.in_segment('a')"})
		s.write(func(tx *db.Tx) error {
			a, err := segment.Get(tx, "a")
			s.must(err)
			a.Definition.When = "member.in_segment('b') && stats.visits > 1"
			_, err = s.a.Change(tx, a, a.Version)
			if f := fault.Of(err); f.Code != "segment.invalid" || f.Fields[0].Code != "segment.circle" {
				t.Errorf("a circle: %v", err)
			}
			if _, err = s.a.Turn(tx, "a", segment.Archived, a.Version); !fault.Is(err, "segment.in_use") {
				t.Errorf("a is named by b: %v", err)
			}
			a.Definition.When = "stats.visits > 2"
			if _, err = s.a.Change(tx, a, a.Version+1); !fault.Is(err, "segment.changed") {
				t.Errorf("changed meanwhile: %v", err)
			}
			_, err = s.a.Create(tx, segment.Segment{ID: "A b", Definition: segment.Definition{Recency: []int{6}, Stages: []segment.Stage{"gone"}, When: "member.attr.hobby == 'x' && stats.visit > 1"}})
			var got []string
			for _, f := range fault.Of(err).Fields {
				got = append(got, f.Path+" "+f.Code)
			}
			want := []string{"id segment.bad_id", "name_ja segment.unnamed", "recency segment.bad_class", "stages segment.bad_stage", "when condition.unknown_field", "when condition.unknown_field"}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
			return nil
		})
	})
}
