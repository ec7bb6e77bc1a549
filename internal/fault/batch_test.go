package fault

import (
	"errors"
	"testing"
)

func TestOfAThousandErrorsTheFirstIsToldAndHowMany(t *testing.T) {
	errs := make([]error, 1000)
	if err := First(errs); err != nil {
		t.Errorf("none: %v", err)
	}
	errs[500] = New(Internal, "seal.broken", "member", 7)
	if err := First(errs); err != errs[500] {
		t.Errorf("one: %v", err)
	}
	for i := 501; i < 1000; i++ {
		errs[i] = errors.New("another")
	}
	err := First(errs)
	if got, want := err.Error(), "seal.broken member=7 (and 499 more)"; got != want || !Is(err, "seal.broken") {
		t.Errorf("got %q, want %q", got, want)
	}
}
