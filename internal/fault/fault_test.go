package fault

import (
	"errors"
	"fmt"
	"testing"
)

func TestAFaultIsFoundThroughWrapping(t *testing.T) {
	base := New(Invalid, "points.insufficient", "short", 5)
	err := fmt.Errorf("hold: %w", base)
	if !Is(err, "points.insufficient") || Of(err) != base {
		t.Fatalf("Of(%v) = %v", err, Of(err))
	}
	if got, want := base.With(At("points", "too_many")).Error(), "points.insufficient short=5; points: too_many"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
}

func TestAPlainErrorIsInternal(t *testing.T) {
	cause := errors.New("disk on fire")
	f := Of(cause)
	if f.Kind != Internal || f.Code != "internal" || !errors.Is(f, cause) {
		t.Errorf("Of(plain) = %#v", f)
	}
	if Of(nil) != nil {
		t.Error("Of(nil) is not nil")
	}
}
