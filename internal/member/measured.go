package member

import (
	"cmp"
	"strconv"

	"github.com/tidwall/gjson"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/halves"
	"joren/internal/ident"
	"joren/internal/rules"
)

const measuredAtOnce = 256

// inBatches has take work on the rows that each gives, some at a time and on
// another goroutine, while the next are read. read says how many b holds.
func inBatches[B any](each func(func(db.Row) error) error, read func(b *B, r db.Row) (int, error), take func(b *B) error) error {
	return halves.Stages(func(next *halves.Beside[*B]) error {
		b := new(B)
		err := each(func(r db.Row) error {
			n, err := read(b, r)
			if err != nil || n < measuredAtOnce {
				return err
			}
			err = next.Put(b)
			b = cmp.Or(next.Empty(), new(B))
			return err
		})
		if err == nil {
			err = next.Put(b)
		}
		return err
	}, take)
}

type measuredBatch struct {
	list                  []Measured
	status, store, source db.Words
}

func (b *measuredBatch) read(r db.Row) (n int, err error) {
	var x Measured
	err = r.Scan(&x.ID, &b.status, &x.MergedInto, &x.JoinedOn, &b.store, &b.source)
	x.Status, x.JoinStore, x.JoinSource = Status(b.status.String()), b.store.String(), b.source.String()
	b.list = append(b.list, x)
	return len(b.list), err
}

func (b *measuredBatch) each(fn func(*Measured) error) error {
	defer func() { b.list = b.list[:0] }()
	for i := range b.list {
		if err := fn(&b.list[i]); err != nil {
			return err
		}
	}
	return nil
}

// A sealedBatch is some members' documents, still sealed: to open them is most
// of the work.
type sealedBatch struct {
	ids        []ident.ID
	keys, docs db.Texts
	upTo       []struct{ key, doc int } // where each one's end
	traits     []Traits
	errs       []error
}

func (b *sealedBatch) read(r db.Row) (n int, err error) {
	var id ident.ID
	err = r.Scan(&id, &b.keys, &b.docs)
	b.ids, b.upTo = append(b.ids, id), append(b.upTo, struct{ key, doc int }{len(b.keys), len(b.docs)})
	return len(b.ids), err
}

func (b *sealedBatch) emptied() {
	b.ids, b.keys, b.docs, b.upTo = b.ids[:0], b.keys[:0], b.docs[:0], b.upTo[:0]
}

func (b *sealedBatch) each(m *Members, schema Schema, fn func(ident.ID, *Traits) error) error {
	defer b.emptied()
	b.open(m, schema)
	for i, id := range b.ids {
		if b.errs[i] != nil {
			return b.errs[i]
		}
		if err := fn(id, &b.traits[i]); err != nil {
			return err
		}
	}
	return nil
}

func (b *sealedBatch) open(m *Members, schema Schema) {
	b.traits, b.errs = append(b.traits[:0], make([]Traits, len(b.ids))...), append(b.errs[:0], make([]error, len(b.ids))...)
	halves.Of(len(b.ids), func(from, to int) {
		for i := from; i < to; i++ {
			wrapped, sealed := b.sealed(i)
			b.traits[i], b.errs[i] = m.readTraits(b.ids[i], wrapped, sealed, schema)
		}
	})
}

func (b *sealedBatch) sealed(i int) (wrapped, doc []byte) {
	key, at := 0, 0
	if i > 0 {
		key, at = b.upTo[i-1].key, b.upTo[i-1].doc
	}
	return b.keys[key:b.upTo[i].key], b.docs[at:b.upTo[i].doc]
}

// readTraits opens a document for nothing but the traits.
func (m *Members) readTraits(id ident.ID, wrapped, sealed []byte, schema Schema) (t Traits, err error) {
	k, err := m.ring.Unwrap(wrapped, keyPlace(id))
	if err != nil {
		return t, err
	}
	plain, err := k.Open(sealed, docPlace(id))
	if err != nil {
		return t, err
	}
	return schema.traits(plain)
}

// traits are those of a document. It was sealed by this program and opened
// with its key, so it is the JSON that was written; a million of them are read
// by looking for four names in each.
func (s Schema) traits(doc []byte) (t Traits, err error) {
	gjson.ParseBytes(doc).ForEach(func(name, v gjson.Result) bool {
		switch name.Str {
		case "birthday":
			err = t.bornOn(v.Str)
		case "gender":
			t.Gender = v.Str
		case "area":
			t.Area = v.Str
		case "attributes":
			v.ForEach(func(id, v gjson.Result) bool {
				s.own(&t, id.Str, v)
				return true
			})
		}
		return err == nil
	})
	return t, err
}

func (t *Traits) bornOn(birthday string) error {
	if birthday == "" {
		return nil
	}
	day, err := clock.ParseDay(birthday)
	if y, _, _ := day.Date(); err == nil && y > leapUnknown {
		t.Born = y
	}
	return err
}

// own notes an attribute that is a choice or yes and no.
func (s Schema) own(t *Traits, id string, v gjson.Result) {
	a, text := s.find(id), ""
	switch {
	case a == nil:
	case a.Type == rules.AttrChoice:
		text = v.Str
	case a.Type == rules.AttrBool && v.IsBool():
		text = strconv.FormatBool(v.Bool())
	}
	if text == "" {
		return
	}
	if t.Own == nil {
		t.Own = map[string]string{}
	}
	t.Own[id] = text
}
