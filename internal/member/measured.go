package member

import (
	"encoding/json"
	"errors"
	"strconv"

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

	status, store, source db.Word // mostly those of the row before
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
	x.Status, x.JoinStore, x.JoinSource = Status(b.status), string(b.store), string(b.source)
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
	var p struct {
		Birthday   clock.Day  `json:"birthday"`
		Gender     string     `json:"gender"`
		Area       string     `json:"area"`
		Attributes Attributes `json:"attributes"`
	}
	if err := json.Unmarshal(plain, &p); err != nil {
		return err
	}
	x.Traits = Traits{Gender: p.Gender, Area: p.Area, Own: schema.choices(p.Attributes)}
	if y, _, _ := p.Birthday.Date(); p.Birthday != 0 && y > leapUnknown {
		x.Traits.Born = y
	}
	return nil
}

// choices are the values of attributes that are a choice or yes and no.
func (s Schema) choices(values Attributes) map[string]string {
	var out map[string]string
	for id, v := range values {
		a := s.find(id)
		if a == nil {
			continue
		}
		text, ok := v.(string)
		switch b, yes := v.(bool); {
		case a.Type == rules.AttrBool && yes:
			text, ok = strconv.FormatBool(b), true
		case a.Type != rules.AttrChoice:
			ok = false
		}
		if ok && text != "" {
			if out == nil {
				out = map[string]string{}
			}
			out[id] = text
		}
	}
	return out
}
