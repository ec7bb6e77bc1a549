package insight

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// layouts are what columns and the head of what is kept are made of, by
// keptVersion. Where this test fails: what is written or read has changed, so
// keptVersion is to be raised; frozen, still and the two halves of kept.go are
// to be looked at; and the new layout is added here. "copied" is what frozen
// does not share, because it is changed in place.
var layouts = map[int]string{2: `
people.slots []int32
people.id []ident.ID
people.into []int32 copied
people.active []bool copied
people.joined []clock.Day
people.at []uint16
people.by []uint16
people.tier []uint16
people.ranked []bool
people.traits.born []uint16
people.traits.cols map[string]*insight.trait
people.from []uint32 copied
people.count []uint32 copied
people.family map[int32][]int32
people.sources words
people.tiers words
people.stores words
day []clock.Day
small []uint32
store []uint16
what []uint16
rest []uint32
blocks.list [][]uint8 copied
blocks.scratch []uint8
waste int
stores words
channels words
products words
goods.names []insight.dated copied
goods.categories []insight.dated copied
near *insight.nearby
guests map[insight.guestCell]insight.guestSum
dated.word string
dated.day clock.Day
guestCell.day clock.Day
guestCell.store uint16
guestCell.channel uint16
guestSum.orders int64
guestSum.gross int64
guestSum.net int64
words.list []string
words.index map[string]int
words.last int
kept.Version int
kept.At int64
kept.Day clock.Day
kept.Waste int
kept.Blocks int
kept.Stores []string
kept.Channels []string
kept.Products []string
kept.Names []insight.said
kept.Categories []insight.said
kept.Guests []insight.keptGuests
said.Word string
said.Day clock.Day
keptGuests.Day clock.Day
keptGuests.Store uint16
keptGuests.Channel uint16
keptGuests.Orders int64
keptGuests.Gross int64
keptGuests.Net int64
a purchase of 1234 as bytes: 84012f010003a60a, 0000
one of which nothing came back, nothing is kept: 000000, c001
`}

func TestALayoutIsKnownByItsVersion(t *testing.T) {
	c := columnsOf(t, generated(20, 5, 1))
	c.people.family = map[int32][]int32{0: {1}}
	var out strings.Builder
	out.WriteByte('\n')
	layOut(&out, "", reflect.ValueOf(*c), reflect.ValueOf(*c.frozen()))
	for _, v := range []any{dated{}, guestCell{}, guestSum{}, words{}, kept{}, said{}, keptGuests{}} {
		x := reflect.ValueOf(v)
		layOut(&out, x.Type().Name()+".", x, x)
	}
	one := newColumns()
	one.appendAll([]Purchase{{Day: 1, Net: 1234, Gross: 1300, Eligible: 1210, Kept: true, Lines: []Line{{Product: "A", Quantity: 3, Amount: 1318}}}})
	one.appendAll([]Purchase{{Day: 1, Channel: "web", Lines: []Line{}}})
	fmt.Fprintf(&out, "a purchase of 1234 as bytes: %x, %04x\n", one.bytes(0), one.what[0])
	fmt.Fprintf(&out, "one of which nothing came back, nothing is kept: %x, %04x\n", one.bytes(1), one.what[1])
	if d := cmp.Diff(layouts[keptVersion], out.String()); d != "" {
		t.Errorf("the columns are not those of version %d: raise keptVersion (see layouts)\n%s", keptVersion, d)
	}
}

// layOut writes every field with its type, and whether another value of it has
// memory of its own.
func layOut(out *strings.Builder, path string, v, other reflect.Value) {
	for i := range v.NumField() {
		f, name := v.Field(i), path+v.Type().Field(i).Name
		switch {
		case f.Type() == reflect.TypeFor[words]():
			fmt.Fprintf(out, "%s words\n", name)
		case f.Kind() == reflect.Struct:
			layOut(out, name+".", f, other.Field(i))
		default:
			fmt.Fprintf(out, "%s %s", name, f.Type())
			if k := f.Kind(); (k == reflect.Slice || k == reflect.Map) && f.Pointer() != other.Field(i).Pointer() {
				out.WriteString(" copied")
			}
			out.WriteByte('\n')
		}
	}
}
