package measure

import (
	"sync"
	"testing"
	"time"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/insight"
	"joren/internal/programme"
)

// held is a source that lets nobody read all purchases until it is let go.
type held struct {
	Shop
	begun, free chan struct{}
	once        *sync.Once
}

func (h held) Purchases(tx *db.Tx, members []ident.ID, fn func(*insight.Batch) error) error {
	if members == nil {
		h.once.Do(func() { close(h.begun) })
		<-h.free
	}
	return h.Shop.Purchases(tx, members, fn)
}

// Nobody who asks a patient board waits for its first reading.
func TestAPatientBoardSaysThatItIsReading(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		s.lively()
		src := held{Shop{&programme.Cache{}, s.members}, make(chan struct{}), make(chan struct{}), &sync.Once{}}
		b := &insight.Board{Store: insight.NewStore(s.db, src), Horizon: 30, Patient: time.Hour,
			Zone: func(*db.Tx) (clock.Zone, error) { return clock.Tokyo, nil }}
		ctx := t.Context()
		warm := make(chan error, 1)
		go func() { warm <- b.Warm(ctx) }()
		<-src.begun
		asks := map[string]func() error{
			"reading":  func() error { _, err := b.Reading(ctx); return err },
			"shelf":    func() error { _, err := b.Shelf(ctx); return err },
			"backtest": func() error { _, err := b.Backtest(ctx); return err },
			"due":      func() error { _, err := b.DueTrial(ctx); return err },
			"metrics":  func() error { _, err := b.Metrics(ctx, insight.Filter{}); return err },
			"cohorts":  func() error { _, err := b.Cohorts(ctx, insight.Filter{}, 1); return err },
			"taste":    func() error { _, err := b.Taste(ctx, s.who[0]); return err },
			"standing": func() error { _, err := b.Standing(ctx, s.who[0]); return err },
			"test":     func() error { _, _, err := b.SelfTestOf(ctx, insight.Filter{Store: "honten"}); return err },
		}
		for name, ask := range asks {
			if err := ask(); name != "test" && (!insight.Waiting(err) || fault.Of(err).Kind != fault.Unavailable) || name == "test" && err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if test, err := b.LastSelfTest(ctx); test != nil || err != nil {
			t.Errorf("self-test %v, %v", test, err)
		}
		if read, all := b.Progress(); read != 0 || all < 100 {
			t.Errorf("%d of %d read", read, all)
		}
		close(src.free)
		if err := <-warm; err != nil {
			t.Fatal(err)
		}
		for name, ask := range asks {
			if err := ask(); err != nil {
				t.Errorf("%s after the first reading: %v", name, err)
			}
		}
		if read, all := b.Progress(); read != all {
			t.Errorf("%d of %d read", read, all)
		}
	})
}

// On a new day the former back-test is shown until the next is made.
func TestAPatientBoardShowsTheFormerBacktestOnANewDay(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		s.lively()
		b := s.board()
		b.Patient = time.Nanosecond
		if err := b.Warm(t.Context()); err != nil {
			t.Fatal(err)
		}
		_, was, err := b.Tried(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		s.now += 24 * 3600 * 1_000_000
		first, on, err := b.Tried(t.Context())
		if err != nil || on != was {
			t.Errorf("of %s, not of %s: %v", on, was, err)
		}
		for next := first; next == first; time.Sleep(time.Millisecond) {
			if next, on, err = b.Tried(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if on != was+1 {
			t.Errorf("the next is of %s", on)
		}
	})
}
