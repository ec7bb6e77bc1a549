package intake

import (
	"context"
	"errors"
	"strings"
	"testing"
)

func TestReadingAsideTellsTheSameInTheSameOrder(t *testing.T) {
	src := bigSource(1000)
	told := func(read func(context.Context, Source, receiver) (*Facts, error)) (log []string, f *Facts) {
		f, err := read(t.Context(), src, receiver{
			items: func(items []Item) error {
				for _, it := range items {
					log = append(log, string(it.Kind)+it.Number)
				}
				return nil
			},
			refused: func(p []Problem) { log = append(log, p[0].Code) },
			tick:    func(int, int64) {},
			opened:  func(t *table) { log = append(log, t.Name) },
			read:    func(int) { log = append(log, "read") },
		})
		if err != nil {
			t.Fatal(err)
		}
		return log, f
	}
	a, fa := told(stream)
	b, fb := told(aside)
	if strings.Join(a, " ") != strings.Join(b, " ") || fa.Rows != fb.Rows {
		t.Errorf("aside tells %d things of %d rows, at once %d of %d", len(b), fb.Rows, len(a), fa.Rows)
	}
	if len(a) < 1000 {
		t.Fatalf("only %d things", len(a))
	}
}

func TestAnErrorOfTheReceiverEndsTheReading(t *testing.T) {
	boom := errors.New("boom")
	n := 0
	_, err := aside(t.Context(), bigSource(100_000), receiver{
		items:   func([]Item) error { n++; return boom },
		refused: func([]Problem) {}, tick: func(int, int64) {},
	})
	if !errors.Is(err, boom) || n != 1 {
		t.Errorf("%v after %d items", err, n)
	}
}

func TestCancellingEndsTheReadingAside(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	_, err := aside(ctx, bigSource(100_000), receiver{
		items:   func([]Item) error { cancel(); return nil },
		refused: func([]Problem) {}, tick: func(int, int64) {},
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
