package insight

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"joren/internal/clock"
)

// traits divide members by what is known of them. They live in memory only:
// they come out of sealed documents, and an erased member has none.
type traits struct {
	born []uint16          // year; 0 when it is not known
	cols map[string]*trait // gender, area, and own attributes under "own:" and their id
}

// trait is one property, as words by member's number. Number 0 is "nothing
// known", and so is every member behind the end.
type trait struct {
	words words
	of    []uint16
}

const ownTrait = "own:"

func (t *traits) set(n int32, x *Traits) {
	for len(t.born) <= int(n) {
		t.born = append(t.born, 0)
	}
	t.born[n] = uint16(max(0, min(x.Born, 9999)))
	t.put("gender", n, x.Gender)
	t.put("area", n, x.Area)
	for k, c := range t.cols {
		if id, own := strings.CutPrefix(k, ownTrait); own && x.Own[id] == "" {
			c.put(n, "")
		}
	}
	for id, v := range x.Own {
		t.put(ownTrait+id, n, v)
	}
}

func (t *traits) put(name string, n int32, v string) {
	c := t.cols[name]
	if c == nil {
		if v == "" {
			return
		}
		if t.cols == nil {
			t.cols = map[string]*trait{}
		}
		c = &trait{}
		c.words.number("", mostWords)
		t.cols[name] = c
	}
	c.put(n, v)
}

func (c *trait) put(n int32, v string) {
	if v == "" && int(n) >= len(c.of) {
		return
	}
	for len(c.of) <= int(n) {
		c.of = append(c.of, 0)
	}
	c.of[n] = uint16(c.words.number(v, mostWords))
}

// at is the number of a member's word; of no trait at all nothing is known.
func (c *trait) at(n int32) int {
	if c != nil && int(n) < len(c.of) {
		return int(c.of[n])
	}
	return 0
}

func (t *traits) bornIn(n int32) int {
	if int(n) < len(t.born) {
		return int(t.born[n])
	}
	return 0
}

// values are the words of a trait, sorted, without "nothing known".
func (t *traits) values(name string) []string {
	c := t.cols[name]
	if c == nil {
		return nil
	}
	return slices.Sorted(slices.Values(c.words.list[1:]))
}

// owned are the own attributes met, sorted.
func (t *traits) owned() (ids []string) {
	for _, k := range slices.Sorted(maps.Keys(t.cols)) {
		if id, own := strings.CutPrefix(k, ownTrait); own {
			ids = append(ids, id)
		}
	}
	return ids
}

// say writes a member's traits for the digest.
func (t *traits) say(n int32) string {
	out := ""
	if y := t.bornIn(n); y > 0 {
		out += fmt.Sprintf(" born=%d", y)
	}
	for _, k := range slices.Sorted(maps.Keys(t.cols)) {
		if c := t.cols[k]; c.at(n) > 0 {
			out += " " + k + "=" + c.words.list[c.at(n)]
		}
	}
	return out
}

// Ages are the bands members are divided by: the age reached in the year in
// which the period ends. Measuring knows the year of birth and nothing finer.
var Ages = []string{"0-19", "20-29", "30-39", "40-49", "50-59", "60-69", "70-"}

// years are the years of birth of a band in a year; ok is false for no band.
func years(band string, in int) (from, to int, ok bool) {
	if !slices.Contains(Ages, band) {
		return 0, 0, false
	}
	low, high, _ := strings.Cut(band, "-")
	young, _ := strconv.Atoi(low)
	old := 200
	if high != "" {
		old, _ = strconv.Atoi(high)
	}
	return max(1, in-old), in - young, true
}

// aged reports whether a member's band is the one asked for.
func (t *traits) aged(n int32, from, to int) bool {
	y := t.bornIn(n)
	return y > 0 && y >= from && y <= to
}

func yearOf(d clock.Day) int { y, _, _ := d.Date(); return y }
