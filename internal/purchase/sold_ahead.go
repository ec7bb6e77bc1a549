package purchase

import "hash/maphash"

// soldAhead are the lines of a batch of records, read before anybody asks for
// them: the places in memory that they need are then asked for one after
// another, instead of each line waiting for its own.
type soldAhead struct {
	lines  []aheadLine
	ends   []int       // of each record's; none of one that is broken or not packed
	told   []aheadLine // of the record that is told
	wanted uint64      // of no meaning
}

type aheadLine struct {
	naming                    string
	hash                      uint64
	quantity, returned, value int64
}

// read reads the lines of a batch.
func (a *soldAhead) read(b *soldBatch, w *SoldWords) {
	a.lines, a.ends = a.lines[:0], a.ends[:0]
	from := 0
	for _, end := range b.ends {
		a.record(b.text.Lend(from, end), w)
		a.ends = append(a.ends, len(a.lines))
		from = end
	}
}

func (a *soldAhead) record(record string, w *SoldWords) {
	if len(record) <= idBytes || record[idBytes] != packedForm {
		return
	}
	u, begin := unpacker{s: record[idBytes+1:]}, len(a.lines)
	u.byte()
	for range 3 {
		u.number()
	}
	u.text()
	u.text()
	for n := u.length(); n > 0 && !u.broken; n-- {
		naming := u.text()
		l := aheadLine{naming, maphash.String(wordsSeed, naming), u.number(), u.number(), u.number()}
		a.wanted += w.lineOf(l.hash)[0]
		a.lines = append(a.lines, l)
	}
	if u.broken || u.s != "" {
		a.lines = a.lines[:begin]
	}
}

// at is told which record comes next.
func (a *soldAhead) at(i int) {
	from := 0
	if i > 0 {
		from = a.ends[i-1]
	}
	a.told = a.lines[from:a.ends[i]]
}

// eachAhead gives the lines that were read ahead.
func (w *SoldWords) eachAhead(fn func(l *SoldLine)) error {
	for i := range w.ahead.told {
		x, l := &w.ahead.told[i], &w.line
		*l = SoldLine{Quantity: x.quantity, Returned: x.returned, Value: x.value}
		if p := w.place(x.naming, x.hash); p != 0 {
			l.Words, l.Fee = p.words(), p.fee()
		} else if !l.named(x.naming, true) {
			return brokenAt(i)
		}
		fn(l)
	}
	return nil
}
