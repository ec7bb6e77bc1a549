package lane

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"joren/internal/fault"
)

func TestWhatArrivesDuringACommitSharesTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sizes []int
		q := newQueue(func(ts []*task) {
			sizes = append(sizes, len(ts))
			time.Sleep(10 * time.Millisecond)
			for _, t := range ts {
				t.answer = "done"
			}
		})
		var wg sync.WaitGroup
		for i := range 101 {
			wg.Go(func() {
				time.Sleep(time.Duration(i) * time.Microsecond)
				one := []*task{{}}
				if err := q.submit(t.Context(), one); err != nil || one[0].answer != "done" {
					t.Errorf("task %d: %v, %v", i, one[0].answer, err)
				}
			})
		}
		wg.Wait()
		q.close()
		if got, want := fmt.Sprint(sizes), "[1 100]"; got != want {
			t.Errorf("batches %s, want %s", got, want)
		}
	})
}

func TestAFullQueueAnswersAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		q := newQueue(func([]*task) { <-release })
		go q.submit(t.Context(), []*task{{}})
		synctest.Wait() // the committer is busy with the first
		for range maxQueue {
			go q.submit(t.Context(), []*task{{}})
		}
		synctest.Wait()
		if err := q.submit(t.Context(), []*task{{}}); !fault.Is(err, "lane.full") {
			t.Errorf("submit to a full queue: %v", err)
		}
		close(release)
		q.close()
	})
}

func TestACallerWhoGivesUpLearnsThatTheOutcomeIsOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var committed int
		q := newQueue(func(ts []*task) { <-release; committed += len(ts) })
		ctx, cancel := context.WithCancel(t.Context())
		var first, second error
		go func() { first = q.submit(ctx, []*task{{}}) }()
		synctest.Wait()
		go func() { second = q.submit(ctx, []*task{{}}) }()
		synctest.Wait()
		cancel()
		synctest.Wait()
		close(release)
		q.close()
		if fault.Of(first).Kind != fault.Ambiguous || fault.Of(second).Kind != fault.Ambiguous {
			t.Errorf("answers: %v, %v", first, second)
		}
		if committed != 1 {
			t.Errorf("%d works committed; the one still waiting should have been dropped", committed)
		}
	})
}

func TestClosingFinishesWhatWasHandedIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(func(ts []*task) { time.Sleep(time.Second) })
		errs := make(chan error, 50)
		for range 50 {
			go func() { errs <- q.submit(t.Context(), []*task{{}}) }()
		}
		synctest.Wait()
		q.close()
		for range 50 {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		if err := q.submit(t.Context(), []*task{{}}); !fault.Is(err, "lane.closed") {
			t.Errorf("after close: %v", err)
		}
	})
}

func TestCallersWhoComeBackAtOnceShareOneBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sizes []int
		q := newQueue(func(ts []*task) { sizes = append(sizes, len(ts)); time.Sleep(10 * time.Millisecond) })
		var wg sync.WaitGroup
		for i := range 32 {
			wg.Go(func() {
				time.Sleep(time.Duration(i) * time.Microsecond)
				for range 10 {
					q.submit(t.Context(), []*task{{}})
					time.Sleep(time.Millisecond)
				}
			})
		}
		wg.Wait()
		q.close()
		for _, n := range sizes[3 : len(sizes)-3] {
			if n != 32 {
				t.Fatalf("batches %v: the callers stay split", sizes)
			}
		}
	})
}

func TestNobodyWaitsLongForCallersWhoDoNotComeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(func([]*task) { time.Sleep(time.Millisecond) })
		var slow int
		var mu sync.Mutex
		var wg sync.WaitGroup
		for i := range 400 { // 20 at a time, each once
			wg.Go(func() {
				time.Sleep(time.Duration(i/20) * 10 * time.Millisecond)
				start := time.Now()
				q.submit(t.Context(), []*task{{}})
				mu.Lock()
				defer mu.Unlock()
				if d := time.Since(start); d > 5*time.Millisecond {
					t.Errorf("waited %s", d)
				} else if d > 2*time.Millisecond {
					slow++
				}
			})
		}
		wg.Wait()
		q.close()
		if slow > 60 {
			t.Errorf("%d of 400 waited in vain", slow)
		}
	})
}
