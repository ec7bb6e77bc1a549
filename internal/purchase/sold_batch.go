package purchase

import (
	"joren/internal/db"
	"joren/internal/ident"
)

// A soldBatch is some records as they were read, and no more: who reads rows
// has most to do.
type soldBatch struct {
	text db.Texts
	ends []int // of each
}

func (b *soldBatch) emptied() *soldBatch {
	b.text, b.ends = b.text[:0], b.ends[:0]
	return b
}

func (b *soldBatch) read(row db.Row) error {
	err := row.Scan(&b.text)
	b.ends = append(b.ends, len(b.text))
	return err
}

// A soldTeller tells fn of records that were read.
type soldTeller struct {
	fn   func(*Sold) error
	back map[ident.ID]int64 // what came back, by purchase
	s    Sold

	store, channel db.Words
}

func (t *soldTeller) tell(b *soldBatch) error {
	words := t.s.words
	if words != nil {
		words.ahead.read(b, words)
	}
	from := 0
	for i, end := range b.ends {
		if words != nil {
			words.ahead.at(i)
		}
		if err := t.set(b.text.Lend(from, end)); err != nil {
			return err
		}
		if err := t.fn(&t.s); err != nil {
			return err
		}
		from = end
	}
	return nil
}

func (t *soldTeller) set(record string) (err error) {
	s := &t.s
	if err := s.read(record); err != nil {
		return err
	}
	s.Store, s.Channel, s.Returned = t.store.Of(s.Store), t.channel.Of(s.Channel), 0
	if len(t.back) > 0 {
		s.Returned = t.back[s.ID]
	}
	return nil
}
