package purchase

import (
	"strings"

	"joren/internal/db"
	"joren/internal/ident"
)

// A soldBatch is some rows as they were read, and no more: who reads rows has
// most to do.
type soldBatch struct {
	rows  []soldRow
	texts [soldTexts]db.Texts
}

const (
	dayText = iota
	storeText
	channelText
	linesText
	soldTexts
)

type soldRow struct {
	member, id      ident.ID
	value, eligible int64
	guest, kept     bool
	ends            [soldTexts]int // of its texts, which begin where those before end
}

func (b *soldBatch) emptied() *soldBatch {
	b.rows = b.rows[:0]
	for i := range b.texts {
		b.texts[i] = b.texts[i][:0]
	}
	return b
}

// A soldReader reads rows into batches.
type soldReader struct {
	row soldRow
	b   *soldBatch // that to leads to
	to  []any
}

func (r *soldReader) read(row db.Row, b *soldBatch) error {
	if r.b != b {
		x, t := &r.row, &b.texts
		r.b, r.to = b, append(r.to[:0], &x.member, &x.id, &x.guest, &t[dayText], &t[storeText], &t[channelText], &x.value, &x.eligible, &x.kept, &t[linesText])
	}
	err := row.Scan(r.to...)
	for i := range b.texts {
		r.row.ends[i] = len(b.texts[i])
	}
	b.rows = append(b.rows, r.row)
	return err
}

// A soldTeller tells fn of rows that were read. Days, stores and channels are
// mostly those of the row before.
type soldTeller struct {
	fn   func(*Sold) error
	back map[ident.ID]int64 // what came back, by purchase
	s    Sold

	day            string // the day that s has
	store, channel db.Words
}

func (t *soldTeller) tell(b *soldBatch) error {
	if t.s.words != nil {
		t.s.words.ahead(b.texts[linesText].Lend(0, len(b.texts[linesText])))
	}
	var from [soldTexts]int
	for i := range b.rows {
		x := &b.rows[i]
		if err := t.set(b, x, &from); err != nil {
			return err
		}
		if err := t.fn(&t.s); err != nil {
			return err
		}
		from = x.ends
	}
	return nil
}

func (t *soldTeller) set(b *soldBatch, x *soldRow, from *[soldTexts]int) error {
	text := func(i int) string { return b.texts[i].Lend(from[i], x.ends[i]) }
	s := &t.s
	s.Member, s.ID, s.Guest, s.Kept, s.Value, s.Eligible = x.member, x.id, x.guest, x.kept, x.value, x.eligible
	s.Store, s.Channel, s.lines, s.Returned = t.store.Of(text(storeText)), t.channel.Of(text(channelText)), text(linesText), 0
	if len(t.back) > 0 {
		s.Returned = t.back[s.ID]
	}
	if day := text(dayText); day != t.day {
		if err := s.Day.Scan(day); err != nil {
			return err
		}
		t.day = strings.Clone(day)
	}
	return nil
}
