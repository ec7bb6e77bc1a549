package halves

import (
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
)

// staged runs the stages in a bubble: a goroutine that is left behind fails
// the test. It gives what came out as a panic and as an error.
func staged[B any](t *testing.T, prepare func(*Beside[B]) error, take func(B) error) (panicked any, err error) {
	t.Helper()
	synctest.Test(t, func(*testing.T) {
		defer func() { panicked = recover() }()
		err = Stages(prepare, take)
	})
	return panicked, err
}

// counting puts 0, 1, 2, … until it may no more.
func counting(next *Beside[int]) error {
	for n := 0; ; n++ {
		if err := next.Put(n); err != nil {
			return err
		}
	}
}

func TestBatchesAreTakenInOrderAndAllOfThem(t *testing.T) {
	var got []int
	panicked, err := staged(t, func(next *Beside[[]int]) error {
		for i := range 100 {
			if err := next.Put(append(next.Empty()[:0], 2*i, 2*i+1)); err != nil {
				return err
			}
		}
		return nil
	}, func(b []int) error { got = append(got, b...); return nil })
	if err != nil || panicked != nil {
		t.Fatal(err, panicked)
	}
	for i, n := range got {
		if n != i {
			t.Fatalf("place %d has %d", i, n)
		}
	}
	if len(got) != 200 {
		t.Errorf("%d of 200 were taken", len(got))
	}
}

func TestPuttingEndsSoonAfterTakingHasFailed(t *testing.T) {
	bad := errors.New("bad")
	last := -1
	_, err := staged(t, counting, func(n int) error {
		last = n
		if n == 3 {
			return bad
		}
		return nil
	})
	if err != bad || last != 3 {
		t.Errorf("the end says %v after batch %d, want the taker's error after the third", err, last)
	}
}

func TestThePreparersErrorIsTheEndsWhereTakingHadNone(t *testing.T) {
	own := errors.New("own")
	_, err := staged(t, func(*Beside[int]) error { return own }, func(int) error { return nil })
	if err != own {
		t.Errorf("%v, want the preparer's", err)
	}
}

func TestAPanicOfEitherStageIsTheCallersAndNothingStays(t *testing.T) {
	boom := func(int) error { panic("taking") }
	for name, c := range map[string]struct {
		prepare func(*Beside[int]) error
		take    func(int) error
		want    any
	}{
		"taking":                 {counting, boom, "taking"},
		"preparing, nothing put": {func(*Beside[int]) error { panic("preparing") }, boom, "preparing"},
		"preparing": {func(next *Beside[int]) error {
			for n := range 3 * deep {
				if err := next.Put(n); err != nil {
					return err
				}
			}
			panic("preparing")
		}, func(int) error { return nil }, "preparing"},
		"both": {func(next *Beside[int]) error { _ = counting(next); panic("preparing") }, boom, "preparing"},
	} {
		if got, _ := staged(t, c.prepare, c.take); got != c.want {
			t.Errorf("%s: recovered %v, want %v", name, got, c.want)
		}
	}
}

// A test that fails inside a stage leaves its goroutine without a panic.
func TestAStageThatLeavesIsNoSuccess(t *testing.T) {
	_, err := staged(t, counting, func(int) error { runtime.Goexit(); return nil })
	if err != errLeft {
		t.Errorf("%v, want that taking has left", err)
	}
	synctest.Test(t, func(*testing.T) {
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = Stages(func(*Beside[int]) error { runtime.Goexit(); return nil }, func(int) error { return nil })
		}()
		<-done
	})
}

// Reading, splitting and counting: a stage may put into the next one.
func TestStagesStandInARow(t *testing.T) {
	bad := errors.New("bad")
	sum := 0
	outer := func(next *Beside[int]) error {
		return Stages(counting, func(n int) error { return next.Put(2 * n) })
	}
	_, err := staged(t, outer, func(n int) error {
		if sum += n; n == 10 {
			return bad
		}
		return nil
	})
	if err != bad || sum != 30 {
		t.Errorf("%v and %d, want the last stage's error and 30", err, sum)
	}
}
