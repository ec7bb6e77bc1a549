package sign

import (
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"

	"joren/internal/fault"
)

// Place is where a sealed value is stored. It is authenticated with the value
// (additional data of AES-256-GCM), so that a value copied to another row or
// column does not open.
type Place struct {
	Table, Column string
	Row           [16]byte
}

func (p Place) aad(dst []byte) []byte {
	dst = append(dst, p.Table...)
	dst = append(dst, 0)
	dst = append(dst, p.Column...)
	dst = append(dst, 0)
	return append(dst, p.Row[:]...)
}

const (
	sealVersion = 1
	nonceSize   = 12
	wrapHead    = 1 + 4 // version, key id
)

// DataKey encrypts the documents of one row. Destroying every wrapped copy of
// it makes them unreadable.
type DataKey struct {
	raw  []byte
	aead cipher.AEAD
}

// NewDataKey makes a data key and its wrapped form for storing.
func (r *Ring) NewDataKey(p Place) (DataKey, []byte) {
	k := dataKey(random())
	return k, r.Wrap(k, p)
}

func dataKey(raw []byte) DataKey { return DataKey{raw, newGCM(raw)} }

// Wrap encrypts a data key with the master key in use, as when a rotation
// wraps it anew.
func (r *Ring) Wrap(k DataKey, p Place) []byte {
	m := r.current()
	out := make([]byte, wrapHead, wrapHead+nonceSize+secretSize+16)
	out[0] = sealVersion
	binary.BigEndian.PutUint32(out[1:], m.kid)
	return sealTo(out, m.wrap, k.raw, p)
}

// Unwrap is the opposite of Wrap. Faults: keys.unknown (wrapped by a master
// key that is not in the ring), seal.broken (altered, or from another place).
func (r *Ring) Unwrap(wrapped []byte, p Place) (DataKey, error) {
	if len(wrapped) < wrapHead || wrapped[0] != sealVersion {
		return DataKey{}, broken()
	}
	m := r.master(binary.BigEndian.Uint32(wrapped[1:]))
	if m == nil {
		return DataKey{}, fault.New(fault.Internal, "keys.unknown")
	}
	raw, err := openFrom(wrapped[wrapHead:], m.wrap, p)
	if err != nil || len(raw) != secretSize {
		return DataKey{}, broken()
	}
	return dataKey(raw), nil
}

// WrappedBy is the number of the master key that wrapped, 0 if unreadable.
func WrappedBy(wrapped []byte) uint32 {
	if len(wrapped) < wrapHead {
		return 0
	}
	return binary.BigEndian.Uint32(wrapped[1:])
}

// Seal encrypts plain for p.
func (k DataKey) Seal(plain []byte, p Place) []byte {
	return sealTo(append(make([]byte, 0, 1+nonceSize+len(plain)+16), sealVersion), k.aead, plain, p)
}

// Open decrypts what Seal made for the same place. Fault: seal.broken.
func (k DataKey) Open(box []byte, p Place) ([]byte, error) {
	if len(box) < 1 || box[0] != sealVersion {
		return nil, broken()
	}
	plain, err := openFrom(box[1:], k.aead, p)
	if err != nil {
		return nil, broken()
	}
	return plain, nil
}

func broken() error { return fault.New(fault.Internal, "seal.broken") }

// A random 96-bit nonce is safe for 2^32 messages under one key (NIST SP
// 800-38D, 8.3); the master key, the busiest, wraps one message per member.
func sealTo(dst []byte, a cipher.AEAD, plain []byte, p Place) []byte {
	var nonce [nonceSize]byte
	if _, err := rand.Read(nonce[:]); err != nil {
		panic("sign: no randomness: " + err.Error())
	}
	var buf [96]byte
	return a.Seal(append(dst, nonce[:]...), nonce[:], plain, p.aad(buf[:0]))
}

func openFrom(box []byte, a cipher.AEAD, p Place) ([]byte, error) {
	if len(box) < nonceSize {
		return nil, broken()
	}
	var buf [96]byte
	return a.Open(nil, box[:nonceSize], box[nonceSize:], p.aad(buf[:0]))
}
