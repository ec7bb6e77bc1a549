package purchase

import "encoding/binary"

// An unpacker reads a record; what it cannot read is broken.
type unpacker struct {
	s      string
	broken bool
}

// number reads a varint.
func (u *unpacker) number() int64 {
	n := u.length()
	return int64(n>>1) ^ -int64(n&1)
}

// length reads an unsigned one. Most are of one byte or two.
func (u *unpacker) length() uint64 {
	s := u.s
	if len(s) > 0 && s[0] < 0x80 {
		u.s = s[1:]
		return uint64(s[0])
	}
	n := uint64(0)
	for i := 0; i < len(s) && i < binary.MaxVarintLen64; i++ {
		if n |= uint64(s[i]&0x7f) << (7 * i); s[i] < 0x80 {
			u.s = s[i+1:]
			return n
		}
	}
	u.s, u.broken = "", true
	return 0
}

func (u *unpacker) text() string {
	n := u.length()
	if n > uint64(len(u.s)) {
		u.s, u.broken = "", true
		return ""
	}
	text := u.s[:n]
	u.s = u.s[n:]
	return text
}

func (u *unpacker) byte() byte {
	if u.s == "" {
		u.broken = true
		return 0
	}
	c := u.s[0]
	u.s = u.s[1:]
	return c
}
