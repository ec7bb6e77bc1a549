package insight

import (
	"bufio"
	"context"
	"encoding/gob"
	"errors"
	"io"
	"maps"
	"slices"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
)

// keepFrom is how many purchases are worth keeping as they stand in memory;
// fewer are read anew in a second or two.
const keepFrom = 200_000

// keptVersion changes when what is written does; another version is not read.
const keptVersion = 2

// kept is the beginning of what is written; the arrays follow, a message each.
type kept struct {
	Version                    int
	At                         int64 // number of the last event known
	Day                        clock.Day
	Waste, Blocks              int
	Stores, Channels, Products []string
	Names, Categories          []said
	Guests                     []keptGuests
}

type said struct {
	Word string
	Day  clock.Day
}

type keptGuests struct {
	Day                clock.Day
	Store, Channel     uint16
	Orders, Gross, Net int64
}

// Keep writes the purchases as they stand in memory, once a day or (again) now,
// and reports whether it did. Members, their ranks and traits are not written: those are
// read afresh at every start, and what is sealed stays sealed.
func (s *Store) Keep(ctx context.Context, today clock.Day, again bool) (bool, error) {
	least := s.KeepFrom
	if least == 0 {
		least = keepFrom
	}
	c, at := s.still()
	if c == nil || c.Len() < least {
		return false, nil
	}
	var have kept
	err := s.db.Read(ctx, func(tx *db.Tx) error { return openKept(tx).head(&have) })
	fresh := err == nil && (have.Day >= today || have.At == at)
	if fresh && !again {
		return false, nil
	}
	return true, s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(`DELETE FROM insight_kept`); err != nil {
			return err
		}
		w := &keptWriter{tx: tx}
		b := bufio.NewWriterSize(w, keptPart)
		if err := c.writeKept(b, at, today); err != nil {
			return err
		}
		return b.Flush()
	})
}

// still is what stands now, so that it can be read while the columns go on:
// their arrays only grow at the end, and what changes in place is copied.
func (s *Store) still() (*Columns, int64) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.c == nil {
		return nil, 0
	}
	c := *s.c
	c.people.id = slices.Clone(c.people.id)
	c.people.from, c.people.count = slices.Clone(c.people.from), slices.Clone(c.people.count)
	c.blocks.list = slices.Clone(c.blocks.list)
	c.goods.names, c.goods.categories = slices.Clone(c.goods.names), slices.Clone(c.goods.categories)
	c.guests = maps.Clone(c.guests)
	return &c, s.at
}

func (c *Columns) writeKept(w io.Writer, at int64, today clock.Day) error {
	h := kept{Version: keptVersion, At: at, Day: today, Waste: c.waste, Blocks: len(c.blocks.list),
		Stores: c.stores.list, Channels: c.channels.list, Products: c.products.list}
	for i, n := range c.goods.names {
		h.Names, h.Categories = append(h.Names, said{n.word, n.day}), append(h.Categories, said{c.goods.categories[i].word, c.goods.categories[i].day})
	}
	for k, g := range c.guests {
		h.Guests = append(h.Guests, keptGuests{k.day, k.store, k.channel, g.orders, g.gross, g.net})
	}
	e := gob.NewEncoder(w)
	for _, v := range []any{h, c.people.id, c.people.from, c.people.count, c.day, c.small, c.store, c.what, c.rest} {
		if err := e.Encode(v); err != nil {
			return err
		}
	}
	for _, b := range c.blocks.list {
		if err := e.Encode(b); err != nil {
			return err
		}
	}
	return nil
}

// readKept fills empty columns, whose members have no numbers yet, and reports
// up to which event they know.
func (c *Columns) readKept(k *keptReader) (at int64, err error) {
	var h kept
	if err := k.head(&h); err != nil {
		return 0, err
	}
	var ids []ident.ID
	var from, count []uint32
	for _, v := range []any{&ids, &from, &count, &c.day, &c.small, &c.store, &c.what, &c.rest} {
		if err := k.d.Decode(v); err != nil {
			return 0, err
		}
	}
	for range h.Blocks {
		var b []byte
		if err := k.d.Decode(&b); err != nil {
			return 0, err
		}
		c.blocks.list = append(c.blocks.list, b)
	}
	if !c.sound(from, count, len(ids)) || len(h.Names) != len(h.Categories) || len(h.Names) > len(h.Products) {
		return 0, errDamaged
	}
	for n, id := range ids {
		c.people.number(id)
		c.people.from[n], c.people.count[n] = from[n], count[n]
	}
	c.waste = h.Waste
	c.stores, c.channels, c.products = wordsOf(h.Stores), wordsOf(h.Channels), wordsOf(h.Products)
	for i, n := range h.Names {
		c.goods.names, c.goods.categories = append(c.goods.names, dated{n.Word, n.Day}), append(c.goods.categories, dated{h.Categories[i].Word, h.Categories[i].Day})
	}
	for _, g := range h.Guests {
		c.guests[guestCell{g.Day, g.Store, g.Channel}] = guestSum{g.Orders, g.Gross, g.Net}
	}
	return h.At, nil
}

func wordsOf(list []string) words {
	d := words{list: list, index: make(map[string]int, len(list))}
	for i, w := range list {
		d.index[w] = i
	}
	return d
}

var errDamaged = errors.New("insight: what is kept contradicts itself")

// sound reports whether everything points to where something is.
func (c *Columns) sound(from, count []uint32, people int) bool {
	n := len(c.day)
	if len(c.small) != n || len(c.store) != n || len(c.what) != n || len(c.rest) != n || len(from) != people || len(count) != people {
		return false
	}
	for i := range from {
		if uint64(from[i])+uint64(count[i]) > uint64(n) {
			return false
		}
	}
	for _, at := range c.rest {
		if b := int(at >> blockBits); b >= len(c.blocks.list) || int(at&(blockSize-1)) >= len(c.blocks.list[b]) {
			return false
		}
	}
	return true
}
