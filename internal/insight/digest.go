package insight

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"

	"joren/internal/ident"
)

// WriteTo writes what the columns say, one line a fact, in an order that
// follows from the content alone: columns that followed events and columns
// read afresh write the same.
func (c *Columns) WriteTo(w io.Writer) (total int64, err error) {
	say := func(format string, args ...any) {
		n, e := fmt.Fprintf(w, format, args...)
		total += int64(n)
		err = cmp.Or(err, e)
	}
	p := &c.people
	order := make([]int32, len(p.id))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return ident.ID.Compare(p.id[a], p.id[b]) })
	var rows []int
	for _, n := range order {
		rows = c.rows(n, rows)
		if !p.active[n] && len(rows) == 0 {
			continue
		}
		say("%s active=%t joined=%s at=%s by=%s tier=%s\n", p.id[n], p.active[n], p.joined[n], place(&p.stores, p.at[n]), place(&p.sources, p.by[n]), place(&p.tiers, p.tier[n]))
		if t := p.traits.say(n); t != "" || p.ranked[n] {
			say("  ranked=%t%s\n", p.ranked[n], t)
		}
		for _, line := range c.sayRows(rows) {
			say("%s", line)
		}
	}
	for _, line := range c.sayGuests() {
		say("%s", line)
	}
	return total, err
}

// Digest is a fingerprint of what WriteTo writes.
func (c *Columns) Digest() string {
	h := sha256.New()
	_, _ = c.WriteTo(h) // a hash takes everything
	return hex.EncodeToString(h.Sum(nil)[:16])
}

func place(d *words, n uint16) string {
	if int(n) < len(d.list) {
		return d.list[n]
	}
	return ""
}

func (c *Columns) sayRows(rows []int) []string {
	out := make([]string, 0, len(rows))
	for _, i := range rows {
		s := fmt.Sprintf("  %s %d of %d store=%s channel=%s kept=%t", c.day[i], c.net(i), c.gross(i), c.stores.list[c.store[i]], c.channels.list[c.channel(i)], c.kept(i))
		c.EachLine(i, func(product int, quantity, amount int64) {
			s += fmt.Sprintf(" %s×%d=%d", c.products.list[product], quantity, amount)
		})
		out = append(out, s+"\n")
	}
	slices.Sort(out) // of one day any order is right
	return out
}

func (c *Columns) sayGuests() []string {
	var out []string
	for k, s := range c.guests {
		out = append(out, fmt.Sprintf("guests %s store=%s channel=%s orders=%d %d of %d\n", k.day, c.stores.list[k.store], c.channels.list[k.channel], s.orders, s.net, s.gross))
	}
	slices.Sort(out)
	return out
}

// Size is what the columns hold and about what memory that takes.
type Size struct {
	People, Purchases, GuestDays int
	Bytes                        int64
}

// Size counts.
func (c *Columns) Size() Size {
	s := Size{People: len(c.people.id), Purchases: c.Len(), GuestDays: len(c.guests)}
	s.Bytes = int64(cap(c.day))*(4+4+2+2+4) + int64(len(c.people.id))*(16+4+1+4+2+2+2+4+4) + int64(len(c.people.slots))*4
	for _, b := range c.blocks.list {
		s.Bytes += int64(cap(b))
	}
	return s
}
