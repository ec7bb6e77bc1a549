package member

import (
	"encoding/json"

	"joren/internal/ident"
	"joren/internal/sign"
)

func keyPlace(id ident.ID) sign.Place {
	return sign.Place{Table: "member_document", Column: "wrapped_key", Row: id}
}
func docPlace(id ident.ID) sign.Place {
	return sign.Place{Table: "member_document", Column: "sealed", Row: id}
}

// sealNew seals p under a fresh key.
func (m *Members) sealNew(id ident.ID, p *Person) (wrapped, sealed []byte, err error) {
	plain, err := json.Marshal(p)
	if err != nil {
		return nil, nil, err
	}
	k, wrapped := m.ring.NewDataKey(keyPlace(id))
	return wrapped, k.Seal(plain, docPlace(id)), nil
}

// reseal seals p again under the key its document has.
func (m *Members) reseal(id ident.ID, wrapped []byte, p *Person) ([]byte, error) {
	k, err := m.ring.Unwrap(wrapped, keyPlace(id))
	if err != nil {
		return nil, err
	}
	plain, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	return k.Seal(plain, docPlace(id)), nil
}

func (m *Members) open(id ident.ID, wrapped, sealed []byte) (p Person, err error) {
	k, err := m.ring.Unwrap(wrapped, keyPlace(id))
	if err != nil {
		return p, err
	}
	plain, err := k.Open(sealed, docPlace(id))
	if err != nil {
		return p, err
	}
	return p, json.Unmarshal(plain, &p)
}

// Aside is the store of a copy of this database that is thrown away: it finds
// the same people, but the keys there are wrapped by a master key that stands
// nowhere, so what is left of a lost copy cannot be read. wrap makes a wrapped
// key of this store one of that.
func (m *Members) Aside() (aside *Members, wrap func(id ident.ID, wrapped []byte) (kid int64, again []byte, err error), err error) {
	ring := m.ring.Rotated()
	if ring, err = ring.Retired(ring.KeyID()); err != nil {
		return nil, nil, err
	}
	wrap = func(id ident.ID, wrapped []byte) (int64, []byte, error) {
		k, err := m.ring.Unwrap(wrapped, keyPlace(id))
		if err != nil {
			return 0, nil, err
		}
		return int64(ring.KeyID()), ring.Wrap(k, keyPlace(id)), nil
	}
	return New(ring), wrap, nil
}
