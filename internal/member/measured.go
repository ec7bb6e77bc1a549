package member

import (
	"errors"
	"strconv"

	"github.com/tidwall/gjson"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/halves"
	"joren/internal/rules"
)

const measuredAtOnce = 256

// A measuredBatch is some members with their documents, still sealed: to open
// those is most of the work.
type measuredBatch struct {
	list       []Measured
	keys, docs db.Texts
	upTo       []struct{ key, doc int } // where each one's end

	status, store, source db.Words
}

func (b *measuredBatch) emptied() *measuredBatch {
	b.list, b.keys, b.docs, b.upTo = b.list[:0], b.keys[:0], b.docs[:0], b.upTo[:0]
	return b
}

func (b *measuredBatch) read(r db.Row) error {
	var x Measured
	if err := r.Scan(&x.ID, &b.status, &x.MergedInto, &x.JoinedOn, &b.store, &b.source, &b.keys, &b.docs); err != nil {
		return err
	}
	x.Status, x.JoinStore, x.JoinSource = Status(b.status.String()), b.store.String(), b.source.String()
	b.list, b.upTo = append(b.list, x), append(b.upTo, struct{ key, doc int }{len(b.keys), len(b.docs)})
	return nil
}

// each opens the documents, unless m is nil, and gives the members to fn.
func (b *measuredBatch) each(m *Members, schema Schema, fn func(*Measured) error) error {
	if m != nil {
		if err := b.open(m, schema); err != nil {
			return err
		}
	}
	for i := range b.list {
		if err := fn(&b.list[i]); err != nil {
			return err
		}
	}
	return nil
}

func (b *measuredBatch) open(m *Members, schema Schema) error {
	errs := make([]error, len(b.list))
	halves.Of(len(b.list), func(from, to int) {
		for i := from; i < to; i++ {
			if wrapped, sealed := b.sealed(i); len(sealed) > 0 {
				errs[i] = m.readTraits(&b.list[i], wrapped, sealed, schema)
			}
		}
	})
	return errors.Join(errs...)
}

func (b *measuredBatch) sealed(i int) (wrapped, doc []byte) {
	key, at := 0, 0
	if i > 0 {
		key, at = b.upTo[i-1].key, b.upTo[i-1].doc
	}
	return b.keys[key:b.upTo[i].key], b.docs[at:b.upTo[i].doc]
}

// readTraits opens a document for nothing but the traits.
func (m *Members) readTraits(x *Measured, wrapped, sealed []byte, schema Schema) error {
	k, err := m.ring.Unwrap(wrapped, keyPlace(x.ID))
	if err != nil {
		return err
	}
	plain, err := k.Open(sealed, docPlace(x.ID))
	if err != nil {
		return err
	}
	x.Traits, err = schema.traits(plain)
	return err
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
