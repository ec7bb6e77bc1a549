package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/event"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/outbox"
)

var ctx = context.Background()

func write(t testing.TB, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(ctx, fn); err != nil {
		t.Fatal(err)
	}
}

func read(t testing.TB, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Read(ctx, fn); err != nil {
		t.Fatal(err)
	}
}

// publish appends n events, each in its own transaction, named e1, e2, ….
func publish(t testing.TB, d *db.DB, n int) {
	t.Helper()
	for range n {
		write(t, d, func(tx *db.Tx) error {
			last, err := outbox.Last(tx)
			if err != nil {
				return err
			}
			return outbox.Append(tx, outbox.Event{Kind: fmt.Sprintf("e%d", last+1)})
		})
	}
}

// manual is a clock that tests set.
func manual() (*atomic.Int64, clock.Clock) {
	at := new(atomic.Int64)
	at.Store(int64(clock.MustInstant("2026-11-22T00:00:00Z")))
	f := func() clock.Instant { return clock.Instant(at.Load()) }
	return at, clock.Clock{Shop: f, Wall: f}
}

func TestEventsAreNumberedWithoutGapsInCommitOrderByManyWriters(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		const writers, each = 8, 25
		var seen atomic.Int64
		stop := make(chan struct{})
		var watch sync.WaitGroup
		watch.Go(func() { // a reader that has seen n must never find a smaller number missing then
			for {
				read(t, d, func(tx *db.Tx) error {
					got, err := outbox.After(tx, 0, 10000)
					for i, e := range got {
						if e.Number != int64(i)+1 {
							t.Errorf("event %d has number %d", i+1, e.Number)
						}
					}
					seen.Store(int64(len(got)))
					return err
				})
				select {
				case <-stop:
					return
				default:
				}
			}
		})
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				for i := range each {
					err := d.Write(ctx, func(tx *db.Tx) error {
						if err := outbox.Append(tx, outbox.Event{Kind: "a"}, outbox.Event{Kind: "b"}); err != nil {
							return err
						}
						if (w+i)%5 == 0 {
							return errors.New("rolled back")
						}
						return nil
					})
					if err != nil && err.Error() != "rolled back" {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		close(stop)
		watch.Wait()
		read(t, d, func(tx *db.Tx) error {
			last, err := outbox.Last(tx)
			if want := int64(writers * each * 4 / 5 * 2); last != want {
				t.Errorf("last number %d, want %d", last, want)
			}
			return err
		})
	})
}

func TestAFactIsDeliveredAsItWasAppended(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		want := event.PurchaseRecorded{Purchase: ident.New(), Member: ident.New(), Day: clock.MustDay("2026-11-15"), OccurredAt: 5, Points: 355}
		write(t, d, func(tx *db.Tx) error { return outbox.Append(tx, outbox.Of(want)) })
		var got []outbox.Event
		n := outbox.NewNode(d, outbox.Consumer{Name: "c", Handle: func(_ *db.Tx, es []outbox.Event) error { got = append(got, es...); return nil }})
		if k, err := n.Drain(ctx, "c"); k != 1 || err != nil {
			t.Fatalf("drained %d, %v", k, err)
		}
		f, err := got[0].Fact()
		if diff := cmp.Diff(event.Fact(want), f); diff != "" || err != nil || got[0].Subject != want.Member || got[0].At == 0 || got[0].ID.IsZero() {
			t.Errorf("%v %+v\n%s", err, got[0], diff)
		}
	})
}

func TestTooLargeAFactIsRefusedBeforeAnythingIsWritten(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		err := d.Write(ctx, func(tx *db.Tx) error {
			return outbox.Append(tx, outbox.Event{Kind: "big", Data: make([]byte, 65537)})
		})
		if !fault.Is(err, "outbox.too_large") {
			t.Error(err)
		}
	})
}

// collect is a consumer that keeps the kinds it was given.
type collect struct {
	mu    sync.Mutex
	kinds []string
	fail  func(outbox.Event) error
}

func (c *collect) handle(tx *db.Tx, es []outbox.Event) error {
	for _, e := range es {
		if c.fail != nil {
			if err := c.fail(e); err != nil {
				return err
			}
		}
	}
	tx.AfterCommit(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, e := range es {
			c.kinds = append(c.kinds, e.Kind)
		}
	})
	return nil
}

func TestEachConsumerGetsEveryEventOnceInOrder(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		var a, b collect
		n := outbox.NewNode(d, outbox.Consumer{Name: "a", Handle: a.handle, Batch: 2}, outbox.Consumer{Name: "b", Handle: b.handle})
		publish(t, d, 5)
		n.Drain(ctx, "a")
		publish(t, d, 2)
		n.Drain(ctx, "a")
		n.Drain(ctx, "b")
		want := []string{"e1", "e2", "e3", "e4", "e5", "e6", "e7"}
		if diff := cmp.Diff([][]string{want, want}, [][]string{a.kinds, b.kinds}); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAnEventThatFailsForeverIsParkedAndTheRestGoesOn(t *testing.T) {
	at, c := manual()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		broken := true
		got := &collect{fail: func(e outbox.Event) error {
			if e.Kind == "e3" && broken {
				return fault.New(fault.Internal, "test.poison")
			}
			return nil
		}}
		n := outbox.NewNode(d, outbox.Consumer{Name: "c", Handle: got.handle, MaxTries: 3})
		publish(t, d, 5)
		for range 5 {
			if _, err := n.Drain(ctx, "c"); err != nil {
				t.Fatal(err)
			}
			at.Add(int64(time.Minute / time.Microsecond))
		}
		if diff := cmp.Diff([]string{"e1", "e2", "e4", "e5"}, got.kinds); diff != "" {
			t.Error(diff)
		}
		read(t, d, func(tx *db.Tx) error {
			parked, err := outbox.ListParked(tx, "", 0, 10)
			if len(parked) != 1 || parked[0].Event.Kind != "e3" || parked[0].Code != "test.poison" || parked[0].Tries != 3 {
				t.Errorf("%+v", parked)
			}
			s, err2 := outbox.Statuses(tx)
			if len(s) != 1 || s[0].Behind != 0 || s[0].Parked != 1 {
				t.Errorf("%+v", s)
			}
			return errors.Join(err, err2)
		})
		if err := n.Retry(ctx, "c", 3); !fault.Is(err, "test.poison") {
			t.Errorf("still broken, got %v", err)
		}
		broken = false
		if err := n.Retry(ctx, "c", 3); err != nil || got.kinds[4] != "e3" {
			t.Errorf("%v, %v", err, got.kinds)
		}
		if err := n.Retry(ctx, "c", 3); !fault.Is(err, "outbox.unknown") {
			t.Errorf("a second retry gave %v", err)
		}
	}, dbtest.WithClock(c))
}

func TestAStrictConsumerWaitsAtTheEventThatFails(t *testing.T) {
	at, c := manual()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		fails := 20
		got := &collect{fail: func(e outbox.Event) error {
			if e.Kind == "e2" && fails > 0 {
				fails--
				panic("a defect")
			}
			return nil
		}}
		n := outbox.NewNode(d, outbox.Consumer{Name: "c", Handle: got.handle, MaxTries: 3, Policy: outbox.Stop})
		publish(t, d, 3)
		for range 10 {
			n.Drain(ctx, "c")
			at.Add(int64(time.Hour / time.Microsecond))
		}
		if diff := cmp.Diff([]string{"e1"}, got.kinds); diff != "" {
			t.Error(diff)
		}
		read(t, d, func(tx *db.Tx) error {
			s, err := outbox.Statuses(tx)
			if s[0].Behind != 2 || s[0].Code != "outbox.panic" || s[0].Tries < 5 {
				t.Errorf("%+v", s)
			}
			return err
		})
		fails = 0
		n.Drain(ctx, "c")
		if diff := cmp.Diff([]string{"e1", "e2", "e3"}, got.kinds); diff != "" {
			t.Error(diff)
		}
	}, dbtest.WithClock(c))
}

func TestWhatAFailedHandlerWroteIsUndone(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		publish(t, d, 1)
		n := outbox.NewNode(d, outbox.Consumer{Name: "c", Handle: func(tx *db.Tx, _ []outbox.Event) error {
			if err := outbox.Append(tx, outbox.Event{Kind: "by handler"}); err != nil {
				return err
			}
			return errors.New("after writing")
		}})
		n.Drain(ctx, "c")
		read(t, d, func(tx *db.Tx) error {
			last, err := outbox.Last(tx)
			if last != 1 {
				t.Errorf("%d events", last)
			}
			return err
		})
	})
}

func TestOneNodeOfTwoWorksAndTheOtherTakesOverWhenItDies(t *testing.T) {
	at, c := manual()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		var a, b collect
		first := outbox.NewNode(d, outbox.Consumer{Name: "c", Handle: a.handle})
		second := outbox.NewNode(d, outbox.Consumer{Name: "c", Handle: b.handle})
		publish(t, d, 2)
		first.Drain(ctx, "c")
		publish(t, d, 1)
		if n, err := second.Drain(ctx, "c"); n != 0 || err != nil {
			t.Errorf("the second node worked during the first one's lease: %d, %v", n, err)
		}
		at.Add(int64(31 * time.Second / time.Microsecond)) // the first node is dead
		second.Drain(ctx, "c")
		if n, _ := first.Drain(ctx, "c"); n != 0 {
			t.Error("the first node woke up and worked again")
		}
		if diff := cmp.Diff([][]string{{"e1", "e2"}, {"e3"}}, [][]string{a.kinds, b.kinds}); diff != "" {
			t.Error(diff)
		}
	}, dbtest.WithClock(c))
}

func TestTwoNodesAtOnceDeliverEachEventOnce(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		var got collect
		run, stop := context.WithCancel(ctx)
		var wg sync.WaitGroup
		for range 2 {
			n := outbox.NewNode(d, outbox.Consumer{Name: "c", Handle: got.handle, Batch: 3})
			wg.Go(func() {
				if err := n.Run(run, 5*time.Millisecond); err != nil {
					t.Error(err)
				}
			})
		}
		publish(t, d, 40)
		for deadline := time.After(20 * time.Second); ; {
			got.mu.Lock()
			n := len(got.kinds)
			got.mu.Unlock()
			if n >= 40 {
				break
			}
			select {
			case <-deadline:
				t.Fatalf("only %d of 40 delivered", n)
			case <-time.After(5 * time.Millisecond):
			}
		}
		stop()
		wg.Wait()
		for i, k := range got.kinds {
			if k != fmt.Sprintf("e%d", i+1) {
				t.Fatalf("place %d holds %s", i+1, k)
			}
		}
	})
}

func TestPruningKeepsWhatAConsumerStillNeedsAndWhatIsYoung(t *testing.T) {
	at, c := manual()
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		var got collect
		n := outbox.NewNode(d, outbox.Consumer{Name: "c", Handle: got.handle})
		publish(t, d, 4)
		n.Drain(ctx, "c")
		at.Add(int64(time.Hour / time.Microsecond))
		young := clock.Instant(at.Load())
		publish(t, d, 2)
		prune := func(cutoff clock.Instant, limit int) (k int64) {
			write(t, d, func(tx *db.Tx) (err error) { k, err = outbox.Prune(tx, cutoff, limit); return err })
			return k
		}
		if k := prune(young, 3); k != 3 {
			t.Errorf("pruned %d, want the limit 3", k)
		}
		if k := prune(young.Add(time.Hour), 100); k != 1 {
			t.Errorf("pruned %d, want 1: the rest is not consumed", k)
		}
		n.Drain(ctx, "c")
		if k := prune(young, 100); k != 0 {
			t.Errorf("pruned %d young events", k)
		}
		late := outbox.NewNode(d, outbox.Consumer{Name: "late", Handle: got.handle})
		late.Drain(ctx, "late")
		if diff := cmp.Diff([]string{"e1", "e2", "e3", "e4", "e5", "e6", "e5", "e6"}, got.kinds); diff != "" {
			t.Error(diff)
		}
	}, dbtest.WithClock(c))
}

func TestAConsumerOfSomeKindsPassesOverTheOthers(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		var got []string
		n := outbox.NewNode(d, outbox.Consumer{Name: "c", Kinds: []string{"b", "d"}, Batch: 2, Handle: func(_ *db.Tx, es []outbox.Event) error {
			for _, e := range es {
				got = append(got, e.Kind)
			}
			return nil
		}})
		drain := func() int {
			k, err := n.Drain(t.Context(), "c")
			if err != nil {
				t.Fatal(err)
			}
			return k
		}
		add := func(kinds ...string) {
			t.Helper()
			var es []outbox.Event
			for _, k := range kinds {
				es = append(es, outbox.Event{Kind: k})
			}
			if err := d.Write(t.Context(), func(tx *db.Tx) error { return outbox.Append(tx, es...) }); err != nil {
				t.Fatal(err)
			}
		}
		position := func() (at int64) {
			t.Helper()
			if err := d.Read(t.Context(), func(tx *db.Tx) (err error) {
				at, err = db.One(tx, nil, db.Value[int64], `SELECT position FROM outbox_consumer WHERE name = 'c'`)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			return at
		}
		add("a", "b", "c", "d", "b", "a")
		if k := drain(); k != 3 || fmt.Sprint(got) != "[b d b]" || position() != 6 {
			t.Errorf("%d events, %v, at %d", k, got, position())
		}
		add("a", "c")
		if k := drain(); k != 0 || position() != 8 {
			t.Errorf("%d events, at %d: what is not for it is to be passed", k, position())
		}
	})
}
