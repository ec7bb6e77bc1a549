package ui

import (
	"slices"
	"strings"
	"testing"
)

func TestNamesBelowBarsAreWrapped(t *testing.T) {
	for _, c := range []struct {
		text string
		room int
		want []string
	}{
		{"France", 13, []string{"France"}},
		{"United Kingdom", 13, []string{"United", "Kingdom"}},
		{"神奈川県横浜市", 8, []string{"神奈川県", "横浜市"}},
		{"Llanfairpwllgwyngyll", 8, []string{"Llanfair", "pwllgwyn", "gyll"}},
		{"one two three four", 5, []string{"one", "two", "thre…"}},
	} {
		if got := wrap(c.text, c.room, 3); !slices.Equal(got, c.want) {
			t.Errorf("%q in %d: %q, want %q", c.text, c.room, got, c.want)
		}
	}
}

// A bar without its name says nothing: no place of a chart of words is left
// without one, however long the names are.
func TestNoBarOfWordsLacksItsName(t *testing.T) {
	ch := Chart{Kind: Bar, Words: true, X: []string{"United Kingdom", "Germany", "France", "EIRE", "Belgium", "Others"},
		Series: []Series{{Name: "Members", Values: []int64{3950, 95, 87, 3, 25, 212}}}}
	p := layout(ch, 760, 280)
	for i, x := range ch.X {
		if !p.labelled(i) || strings.Join(p.names(i), " ") != x {
			t.Errorf("%s is named %q", x, p.names(i))
		}
	}
	if one := layout(Chart{Kind: Bar, Words: true, X: ch.X[1:], Series: []Series{{Values: []int64{1, 2, 3, 4, 5}}}}, 760, 280); one.bottom != 30 || p.bottom != 30+lineHeight {
		t.Errorf("the room below is %v for two lines, %v for one", p.bottom, one.bottom)
	}
}
