// Package ident makes and reads identifiers: time-ordered 128-bit ids shown
// with a prefix, unguessable tokens, and member card numbers with a check
// digit. Ids are made here and never by the database.
package ident

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/google/uuid"
)

// ID is a UUID version 7 (RFC 9562): ids made later sort later. It shows its
// making time, so it never stands in a public link. The zero ID means "none"
// and is stored as NULL. Package db binds it as each engine needs.
type ID [16]byte

// New makes an id. Ids made by one process are strictly increasing.
func New() ID {
	u, err := uuid.NewV7()
	if err != nil {
		panic("ident: no randomness: " + err.Error())
	}
	return ID(u)
}

// IsZero reports "none".
func (id ID) IsZero() bool { return id == ID{} }

// Less orders ids by making time.
func (id ID) Less(o ID) bool { return string(id[:]) < string(o[:]) }

// Compare orders ids bytewise, for slices.SortFunc.
func (id ID) Compare(o ID) int { return strings.Compare(string(id[:]), string(o[:])) }

// String is the bare 32 hex digits; faces show ids with [Prefix.Text].
func (id ID) String() string {
	if id.IsZero() {
		return ""
	}
	return hex.EncodeToString(id[:])
}

func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

func (id *ID) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*id = ID{}
		return nil
	}
	return id.parse(string(b))
}

func (id *ID) parse(s string) error {
	s = strings.ReplaceAll(s, "-", "")
	if len(s) != 32 {
		return fmt.Errorf("ident: an id has 32 hex digits")
	}
	if _, err := hex.Decode(id[:], []byte(s)); err != nil {
		return fmt.Errorf("ident: an id has 32 hex digits")
	}
	return nil
}

// Scan reads an id as either engine returns it: 16 bytes or UUID text.
func (id *ID) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*id = ID{}
		return nil
	case []byte:
		if len(v) == 16 {
			copy(id[:], v)
			return nil
		}
		return id.parse(string(v))
	case string:
		return id.parse(v)
	case [16]byte:
		*id = v
		return nil
	}
	return fmt.Errorf("ident: cannot read an id from %T", src)
}

// Prefix names the kind of thing an id points to in texts and the API.
type Prefix string

const (
	Member   Prefix = "mem"
	House    Prefix = "hou"
	Snapshot Prefix = "snp"
	Purchase Prefix = "pur"
	Return   Prefix = "ret"
	Lot      Prefix = "lot"
	Entry    Prefix = "ent"
	Hold     Prefix = "hld"
	Account  Prefix = "acc"
	Event    Prefix = "evt"
	Import   Prefix = "imp"
	Merge    Prefix = "mrg"
	Transfer Prefix = "trf"
	Job      Prefix = "job"
	Staff    Prefix = "stf"
	Store    Prefix = "sto"
	Key      Prefix = "key"
	Request  Prefix = "req"
)

// Text is p_0192…; "" for the zero id.
func (p Prefix) Text(id ID) string {
	if id.IsZero() {
		return ""
	}
	return string(p) + "_" + id.String()
}

// Parse reads what Text wrote and refuses another kind's prefix.
func (p Prefix) Parse(s string) (ID, error) {
	rest, ok := strings.CutPrefix(s, string(p)+"_")
	var id ID
	if !ok || len(rest) != 32 || id.parse(rest) != nil {
		return ID{}, fmt.Errorf("ident: %q is not an id %s_…", s, p)
	}
	return id, nil
}

var crockford = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// Token makes an unguessable string of n random bytes in Crockford base 32
// (no I, L, O, U). Public links use 16 bytes, codes worth money at least 8.
func Token(n int) string {
	b := make([]byte, n)
	if _, err := rand.Read(b); err != nil {
		panic("ident: no randomness: " + err.Error())
	}
	return crockford.EncodeToString(b)
}
