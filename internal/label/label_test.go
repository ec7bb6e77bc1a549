package label

import "testing"

func TestALabelFallsBackToTheOtherLanguage(t *testing.T) {
	both, ja, en := Text{"珈琲", "Coffee"}, Text{JA: "珈琲"}, Text{EN: "Coffee"}
	for _, c := range []struct {
		t    Text
		l    Lang
		want string
	}{{both, JA, "珈琲"}, {both, EN, "Coffee"}, {ja, EN, "珈琲"}, {en, JA, "Coffee"}, {Text{}.Or("x"), JA, "x"}} {
		if got := c.t.In(c.l); got != c.want {
			t.Errorf("%v in %s = %q, want %q", c.t, c.l, got, c.want)
		}
	}
}
