package event

import (
	"encoding/json"
	"regexp"
	"testing"

	"joren/internal/clock"
	"joren/internal/ident"
)

func TestEveryKindHasAVersionAndIsReadBackAsWritten(t *testing.T) {
	name := regexp.MustCompile(`^[a-z]+\.[a-z_]+\.v[0-9]+$`)
	for _, k := range Kinds() {
		if !name.MatchString(k) {
			t.Errorf("%q is no versioned name", k)
		}
		f, err := Decode(k, []byte(`{}`))
		if err != nil || f.Kind() != k {
			t.Errorf("%s came back as %v, %v", k, f, err)
		}
	}
	want := PurchaseRecorded{Purchase: ident.New(), Member: ident.New(), OccurredAt: 1, Day: clock.MustDay("2026-11-15"), Points: 355}
	b, _ := json.Marshal(want)
	if got, err := Decode(want.Kind(), b); err != nil || got != Fact(want) {
		t.Errorf("got %+v, %v", got, err)
	}
	if want.Subject() != want.Member {
		t.Error("the subject of a purchase is its member")
	}
	if _, err := Decode("purchase.recorded.v0", b); err == nil {
		t.Error("an unknown kind was decoded")
	}
}
