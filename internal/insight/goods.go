package insight

import (
	"strings"

	"joren/internal/clock"
)

// goods are what products are called and sorted under, by number: as on the
// newest receipt that says it. Of one day the name that comes last in the
// alphabet stands, so that the order of reading changes nothing. What only a
// receipt said that has since been changed stays until everything is read
// afresh.
type goods struct{ names, categories []dated }

// dated is a word and the newest day it was said on.
type dated struct {
	word string
	day  clock.Day
}

func (g *goods) note(n int, day clock.Day, w Words) {
	for len(g.names) <= n {
		g.names, g.categories = append(g.names, dated{}), append(g.categories, dated{})
	}
	g.names[n].say(day, w.Name)
	g.categories[n].say(day, w.Category)
}

func (d *dated) say(day clock.Day, word string) {
	switch {
	case word == "" || day < d.day:
	case word == d.word:
		d.day = day
	case day > d.day || word > d.word:
		*d = dated{strings.Clone(word), day}
	}
}

// named is what a product is called; its number where no receipt says.
func (c *Columns) named(n int) string {
	if w := c.goods.names[n].word; w != "" {
		return w
	}
	return c.products.list[n]
}
