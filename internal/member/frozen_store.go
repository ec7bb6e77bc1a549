package member

import (
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/sign"
)

// What an award was judged by may be personal (a birthday, an area). It is
// kept beside the award sealed under the member's own key, so that erasing her
// makes it unreadable and leaves the figures.

func frozenPlace(id ident.ID) sign.Place {
	return sign.Place{Table: "judged", Column: "personal", Row: id}
}

func (m *Members) sealFrozen(id ident.ID, wrapped, plain []byte) ([]byte, error) {
	k, err := m.ring.Unwrap(wrapped, keyPlace(id))
	if err != nil {
		return nil, err
	}
	return k.Seal(plain, frozenPlace(id)), nil
}

// OpenFrozen opens what Ask.Seal sealed; nil when she has been erased since.
func (m *Members) OpenFrozen(tx *db.Tx, id ident.ID, box []byte) ([]byte, error) {
	d, found, err := db.Maybe(tx, scanDoc, `SELECT member_id, wrapped_key, sealed FROM member_document WHERE member_id = $1`, id)
	if err != nil || !found {
		return nil, err
	}
	k, err := m.ring.Unwrap(d.wrapped, keyPlace(id))
	if err != nil {
		return nil, err
	}
	plain, err := k.Open(box, frozenPlace(id))
	if err != nil {
		return nil, fault.New(fault.Internal, "seal.broken").Because(err)
	}
	return plain, nil
}
