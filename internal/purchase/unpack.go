package purchase

import "encoding/binary"

// An unpacker reads records; what it cannot read is broken.
type unpacker struct {
	s      string
	i      int
	broken bool
}

func (u *unpacker) more() bool { return u.i < len(u.s) && !u.broken }

// number reads a varint.
func (u *unpacker) number() int64 {
	n := u.length()
	return int64(n>>1) ^ -int64(n&1)
}

// length reads an unsigned one. Nearly all are of one byte or two.
func (u *unpacker) length() uint64 {
	if i := u.i; i+1 < len(u.s) {
		a, b := u.s[i], u.s[i+1]
		if a < 0x80 {
			u.i = i + 1
			return uint64(a)
		}
		if b < 0x80 {
			u.i = i + 2
			return uint64(a&0x7f) | uint64(b)<<7
		}
	}
	return u.long()
}

func (u *unpacker) long() (n uint64) {
	for k := 0; k < binary.MaxVarintLen64 && u.i < len(u.s); k++ {
		c := u.s[u.i]
		u.i++
		if n |= uint64(c&0x7f) << (7 * k); c < 0x80 {
			return n
		}
	}
	u.broken = true
	return 0
}

func (u *unpacker) text() string { return u.take(u.length()) }

// take reads n bytes.
func (u *unpacker) take(n uint64) string {
	if n > uint64(len(u.s)-u.i) {
		u.i, u.broken = len(u.s), true
		return ""
	}
	from := u.i
	u.i += int(n)
	return u.s[from:u.i]
}

func (u *unpacker) byte() byte {
	if u.i == len(u.s) {
		u.broken = true
		return 0
	}
	u.i++
	return u.s[u.i-1]
}
