package halves

import (
	"errors"
	"testing"
)

func TestBatchesAreTakenInOrderAndAllOfThem(t *testing.T) {
	var got []int
	s := Begin(func(b []int) error { got = append(got, b...); return nil })
	for i := range 100 {
		if err := s.Put(append(s.Empty()[:0], 2*i, 2*i+1)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.End(nil); err != nil {
		t.Fatal(err)
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
	s := Begin(func(n int) error {
		if n == 3 {
			return bad
		}
		return nil
	})
	var err error
	for n := 0; err == nil; n++ {
		err = s.Put(n)
	}
	if err := s.End(err); err != bad {
		t.Errorf("the end says %v, want the taker's error", err)
	}
}

func TestThePreparersErrorIsTheEndsWhereTakingHadNone(t *testing.T) {
	own := errors.New("own")
	if err := Begin(func(int) error { return nil }).End(own); err != own {
		t.Errorf("%v, want the preparer's", err)
	}
}

func TestAPanicBesideIsTheCallers(t *testing.T) {
	defer func() {
		if p := recover(); p != "boom" {
			t.Errorf("recovered %v", p)
		}
	}()
	s := Begin(func(int) error { panic("boom") })
	for n := 0; s.Put(n) == nil; n++ {
	}
	_ = s.End(nil)
}
