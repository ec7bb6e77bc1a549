package sign

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"hash"
	"sync"
)

// An Index makes the blind indexes of one field: HMAC-SHA-256 with a key of
// that field alone, so equal values of two fields have unrelated indexes. The
// caller normalises values first. Safe for concurrent use.
type Index struct{ macs sync.Pool }

// Index is the index of a field, e.g. "member.phone".
func (r *Ring) Index(field string) *Index {
	key := derive(r.lookup, "field/"+field)
	return &Index{sync.Pool{New: func() any { return hmac.New(sha256.New, key) }}}
}

// Sum is the index in full.
func (x *Index) Sum(value string) (out [32]byte) {
	m := x.macs.Get().(hash.Hash)
	m.Reset()
	m.Write([]byte(value))
	m.Sum(out[:0])
	x.macs.Put(m)
	return out
}

// Key is the index cut to 16 bytes, for keys that must be unique.
func (x *Index) Key(value string) []byte {
	s := x.Sum(value)
	return s[:16]
}

// Token is the index cut to 63 bits, for search: it is small, and what it
// finds is decrypted and compared anyway.
func (x *Index) Token(value string) int64 {
	s := x.Sum(value)
	return int64(binary.BigEndian.Uint64(s[:8]) >> 1)
}

// CodeHash is the keyed hash under which a code of low entropy (coupon code,
// one-time code) is stored and looked up.
func (r *Ring) CodeHash(kind, code string) []byte {
	m := hmac.New(sha256.New, r.codes)
	m.Write([]byte(kind))
	m.Write([]byte{0})
	m.Write([]byte(code))
	return m.Sum(nil)
}

// Equal compares two secrets in a time that depends on their lengths only.
func Equal(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }
