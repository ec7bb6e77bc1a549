package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"joren/internal/clock"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/intake"
	"joren/internal/purchase"
	"joren/internal/stats"
)

// read takes the purchases of a file, on the days of the file's zone. As in the
// shop's own columns a purchase counts with what was kept of it, whenever the
// rest came back, and one that came back whole does not count.
func (p past) read(e *env) ([]stats.Visit, error) {
	src := intake.Source{Name: filepath.Base(p.File), Open: func() (io.ReadCloser, error) {
		f, err := os.Open(p.File)
		if err != nil {
			return nil, fault.New(fault.NotFound, "cli.file", "path", p.File).Because(err)
		}
		return f, nil
	}}
	if p.Profile != "" {
		if src.Mapping = intake.Profile(p.Profile); src.Mapping == nil {
			return nil, fault.New(fault.NotFound, "cli.profile", "profile", p.Profile)
		}
	}
	h := fileHistory{who: map[string]int32{}, at: map[string]int{}}
	refused := 0
	facts, err := intake.Read(e.ctx, src, h.take, func(bad []intake.Problem) { refused += len(bad) })
	if refused > 0 {
		fmt.Fprintln(e.err, i18n.T(e.lang, "cli.insight_refused", "n", refused))
	}
	if err != nil {
		return nil, err
	}
	return h.visits(facts.Zone), nil
}

// fileHistory is what a file tells of purchases by known customers.
type fileHistory struct {
	who  map[string]int32
	at   map[string]int // place by order number
	list []fileOrder
}

type fileOrder struct {
	who   int32
	on    clock.Instant
	total int64
	lines []fileLine
}

type fileLine struct {
	no              int
	value, quantity int64 // as sold
	left            int64 // of the quantity
	off             int64 // of the value, for what came back or was corrected
}

func (h *fileHistory) take(it intake.Item) error {
	switch {
	case it.Sale != nil && !it.Person.IsZero():
		key := it.Person.Key()
		n, known := h.who[key]
		if !known {
			n = int32(len(h.who))
			h.who[key] = n
		}
		it.Sale.Complete()
		o := fileOrder{who: n, on: it.At, total: it.Sale.Total}
		for _, l := range it.Sale.Lines {
			o.lines = append(o.lines, fileLine{no: l.No, value: l.Amount - l.Discount, quantity: l.Quantity, left: l.Quantity})
		}
		h.at[it.Sale.OrderNo] = len(h.list)
		h.list = append(h.list, o)
	case it.Return != nil:
		if i, known := h.at[it.Return.OrderNo]; known {
			h.list[i].back(it.Return.Lines)
		}
	}
	return nil
}

// back takes off what came back: everything that is left where no line is
// named.
func (o *fileOrder) back(lines []purchase.ReturnLine) {
	for i := range o.lines {
		l := &o.lines[i]
		if lines == nil {
			l.left, l.off = 0, l.value
		}
		for _, r := range lines {
			if r.No == l.no {
				l.left -= min(l.left, r.Quantity)
				l.off += r.Amount
			}
		}
	}
}

// kept is what stayed of the order's total, in proportion to its lines; ok is
// false where no piece did.
func (o *fileOrder) kept() (amount float64, ok bool) {
	all, left := 0.0, 0.0
	for _, l := range o.lines {
		all += float64(l.value)
		if l.left > 0 && l.quantity > 0 {
			ok = true
			left += max(0, float64(l.value)*float64(l.left)/float64(l.quantity)-float64(l.off))
		}
	}
	if all <= 0 {
		return float64(o.total), ok
	}
	return float64(o.total) * left / all, ok
}

func (h *fileHistory) visits(zone clock.Zone) (out []stats.Visit) {
	for i := range h.list {
		if amount, ok := h.list[i].kept(); ok {
			out = append(out, stats.Visit{Who: h.list[i].who, Day: int32(zone.Day(h.list[i].on)), Amount: amount})
		}
	}
	return out
}
