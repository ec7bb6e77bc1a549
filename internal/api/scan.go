package api

import (
	"encoding/json"
	"strconv"
)

// The words of JSON as a checker meets them (RFC 8259).

func (c *checker) space() {
	for c.i < len(c.b) && (c.b[c.i] == ' ' || c.b[c.i] == '\n' || c.b[c.i] == '\t' || c.b[c.i] == '\r') {
		c.i++
	}
}

// next is the first byte of what follows, 0 at the end.
func (c *checker) next() byte {
	c.space()
	if c.i >= len(c.b) {
		return 0
	}
	return c.b[c.i]
}

func (c *checker) literal(word string) {
	at := c.i
	if c.i += len(word); c.i > len(c.b) || string(c.b[at:c.i]) != word || !c.ended() {
		c.i = at
		c.syntax()
	}
}

// text walks over a string and tells whether a NUL, which no text has and
// PostgreSQL cannot keep, is in it.
func (c *checker) text() (nul bool) {
	for c.i++; c.i < len(c.b); c.i++ {
		for c.i < len(c.b)-1 && !special[c.b[c.i]] {
			c.i++
		}
		switch x := c.b[c.i]; {
		case x == '"':
			c.i++
			return nul
		case x < 0x20:
			c.syntax()
			return nul
		case x == '\\':
			if c.i++; c.i >= len(c.b) {
				break
			}
			if c.b[c.i] == 'u' {
				r, ok := c.hex()
				nul = nul || ok && r == 0
			} else if !escapes[c.b[c.i]] {
				c.syntax()
				return nul
			}
			if c.stop {
				return nul
			}
		}
	}
	c.syntax()
	return nul
}

// special are the bytes of a text that are not simply part of it.
var special = func() (s [256]bool) {
	for x := range 0x20 {
		s[x] = true
	}
	s['"'], s['\\'] = true, true
	return s
}()

var escapes = [256]bool{'"': true, '\\': true, '/': true, 'b': true, 'f': true, 'n': true, 'r': true, 't': true}

func (c *checker) hex() (r rune, ok bool) {
	if c.i+4 >= len(c.b) {
		c.syntax()
		return 0, false
	}
	n, err := strconv.ParseUint(string(c.b[c.i+1:c.i+5]), 16, 32)
	if err != nil {
		c.syntax()
		return 0, false
	}
	c.i += 4
	return rune(n), true
}

// ended reports that a bare word ends here: 0x10 is not 0 and something.
func (c *checker) ended() bool {
	if c.i >= len(c.b) {
		return true
	}
	switch c.b[c.i] {
	case ' ', '\n', '\t', '\r', ',', ']', '}':
		return true
	}
	return false
}

// isNumber follows RFC 8259 §6.
func isNumber(b []byte) bool {
	i := 0
	digits := func() bool {
		from := i
		for i < len(b) && b[i] >= '0' && b[i] <= '9' {
			i++
		}
		return i > from
	}
	if i < len(b) && b[i] == '-' {
		i++
	}
	zero := i < len(b) && b[i] == '0'
	from := i
	if !digits() || zero && i-from > 1 {
		return false
	}
	if i < len(b) && b[i] == '.' {
		if i++; !digits() {
			return false
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		if i++; i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		if !digits() {
			return false
		}
	}
	return i == len(b)
}

// unquote is a key without its quotes; one with escapes is rare and made new.
func unquote(quoted []byte) []byte {
	for _, x := range quoted {
		if x == '\\' {
			var s string
			_ = json.Unmarshal(quoted, &s)
			return []byte(s)
		}
	}
	return quoted[1 : len(quoted)-1]
}
