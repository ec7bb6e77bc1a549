package audience

import (
	"strings"
	"testing"

	"joren/internal/i18n"
	"joren/internal/ident"
	"joren/internal/label"
	"joren/internal/segment"
)

func TestATrialCountsUntilItMustEstimate(t *testing.T) {
	ids := make([]ident.ID, 100)
	for i := range ids {
		ids[i] = ident.New()
	}
	few := spread(ids, 10)
	if len(few) != 10 || few[0] != ids[0] || few[9] != ids[90] || len(spread(ids, 200)) != 100 {
		t.Errorf("spread %d", len(few))
	}
	exact := &Trial{Members: 100, Looked: 100}
	if err := exact.settle(ids[:35]); err != nil || exact.Count != 35 || exact.Low != 35 || exact.High != 35 || len(exact.Samples) != samples {
		t.Errorf("%+v, %v", exact, err)
	}
	about := &Trial{Members: 1_000_000, Looked: 20_000}
	if err := about.settle(make([]ident.ID, 5000)); err != nil || about.Count != 250_000 || about.Low >= about.Count || about.High <= about.Count || about.High-about.Low > 15_000 {
		t.Errorf("%+v, %v", about, err)
	}
	none := &Trial{Members: 1_000_000, Looked: 20_000}
	if err := none.settle(nil); err != nil || none.Count != 0 || none.Low != 0 || none.High == 0 {
		t.Errorf("%+v, %v", none, err)
	}
	for _, l := range []i18n.Lang{i18n.JA, i18n.EN} {
		for _, x := range []*Trial{exact, about, {}, {Members: 3, Unknown: true}} {
			if s := Say(l, x); s == "" || strings.ContainsAny(s, "{[") || strings.Contains(s, "NaN") {
				t.Errorf("%s: %q", l, s)
			}
		}
	}
}

func TestADraftIsCountedAsItWouldBeAfterSaving(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		for i := range 30 {
			who := s.enrol()
			for k := range i % 4 {
				s.on([]string{"2026-04-01", "2026-04-03", "2026-04-05"}[k])
				s.buy(who, int64(500+100*i))
			}
			s.on("2026-04-01")
		}
		s.on("2026-04-06")
		for id, d := range map[string]segment.Definition{"a": {Stages: []segment.Stage{segment.Growing}}, "b": {When: "stats.visits >= 2"}, "c": {When: "stats.visits == 0"}} {
			trial, err := s.a.Try(t.Context(), segment.Segment{ID: id, Name: label.Text{EN: id}, Definition: d})
			s.must(err)
			s.use(id, d)
			in := 0
			for _, who := range s.who {
				for _, x := range s.in(who) {
					if x == id {
						in++
					}
				}
			}
			if in == 0 || trial.Count != in || trial.Members != 30 || !trial.Exact() {
				t.Errorf("%s: tried %+v, got %d", id, trial, in)
			}
		}
	})
}
