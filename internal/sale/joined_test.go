package sale

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/plan"
)

func TestJoiningIsGreetedOnceWhereTheProgrammeSaysSo(t *testing.T) {
	src, err := plan.Template("cafe")
	if err != nil {
		t.Fatal(err)
	}
	welcoming := strings.Replace(string(src), "\nrules:\n", "\nrules:\n  - {id: welcome, kind: bonus, on: joined, give: 200}\n", 1)
	shops(t, []byte(welcoming), func(t *testing.T, s *shop) {
		id := s.enrol(card, "2026-04-01")
		a, err := s.Joined(t.Context(), id, By{Actor: "test"})
		if err != nil {
			t.Fatal(err)
		}
		if a.Duplicate || a.Award == nil || a.Award.Points != 200 || a.Award.State != "active" || a.Award.Components[0].Rule != "welcome" || a.Balance.Available != 200 {
			t.Errorf("first: %s", asJSON(t, a))
		}
		again, err := s.Joined(t.Context(), id, By{Actor: "test"})
		if err != nil || !again.Duplicate || again.Award != nil || again.ID != a.ID {
			t.Errorf("again: %s, %v", asJSON(t, again), err)
		}
		if b := s.balance(id, "regular"); b.Available != 200 {
			t.Errorf("balance %+v", b)
		}
		if _, err := s.Joined(t.Context(), ident.New(), By{}); !fault.Is(err, "member.unknown") {
			t.Errorf("nobody: %v", err)
		}
		s.sound()
	})
	cafes(t, "cafe", func(t *testing.T, s *shop) {
		id := s.enrol(card, "2026-04-01")
		a, err := s.Joined(t.Context(), id, By{Actor: "test"})
		if err != nil || a.ID != "" || a.Award != nil {
			t.Errorf("without such a rule: %s, %v", asJSON(t, a), err)
		}
	})
}

func TestWhatAPurchaseGaveIsExplainedAsItWasAnswered(t *testing.T) {
	cafes(t, "cafe", func(t *testing.T, s *shop) {
		s.theRegular()
		s.at("2026-11-15T10:12:40+09:00")
		a := s.buys(decoded(t, cafeSale))
		if len(a.Award.Refused) == 0 {
			t.Fatal("the café refuses some rules here")
		}
		s.at("2026-12-20T10:00:00+09:00")
		why, err := s.Explain(t.Context(), a.ID)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(asJSON(t, a), asJSON(t, why)); d != "" {
			t.Errorf("explained otherwise:\n%s", d)
		}
		for _, id := range []string{"pur_1", ident.Purchase.Text(ident.New())} {
			if _, err := s.Explain(t.Context(), id); !fault.Is(err, "purchase.unknown") {
				t.Errorf("%s: %v", id, err)
			}
		}
	})
}

func TestPointsThatAreNoneAreRefusedBeforeTheirUnit(t *testing.T) {
	cafes(t, "cafe", func(t *testing.T, s *shop) {
		m := ident.Member.Text(s.enrol(card, "2026-04-01"))
		for what, call := range map[string]func() error{
			"hold of 0":   func() error { _, err := s.Hold(t.Context(), HoldInput{Member: m}, By{}); return err },
			"hold of -5":  func() error { _, err := s.Hold(t.Context(), HoldInput{Member: m, Points: -5}, By{}); return err },
			"adjust by 0": func() error { _, err := s.Adjust(t.Context(), AdjustInput{Member: m, Reason: "x"}, By{}); return err },
			"transfer of -1": func() error {
				_, err := s.Transfer(t.Context(), TransferInput{From: m, To: ident.Member.Text(ident.New()), Points: -1}, By{})
				return err
			},
		} {
			err := call()
			if f := fault.Of(err); !fault.Is(err, "points.not_positive") || len(f.Fields) != 1 || f.Fields[0].Path != "points" {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
}

func TestFaultsOfEventFieldsComeInTheOrderOfTheirNames(t *testing.T) {
	_, err := typedFields(plan.EventKind{}, map[string]any{"d": 1, "a": 1, "c": 1, "b": 1, "e": 1})
	var got []string
	for _, f := range fault.Of(err).Fields {
		got = append(got, f.Path)
	}
	if d := cmp.Diff([]string{"fields.a", "fields.b", "fields.c", "fields.d", "fields.e"}, got); d != "" {
		t.Error(d)
	}
}
