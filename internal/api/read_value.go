package api

import (
	"bytes"
	"reflect"
	"strconv"
)

// What one word of a body means, and where it goes.

func (c *checker) word(s *shape, v reflect.Value) {
	from := c.i
	nul := c.text()
	if c.stop {
		return
	}
	if nul {
		c.fault("text.invalid")
		return
	}
	if s.kind != isText || !v.IsValid() {
		return
	}
	w := c.quoted(from)
	if s.text == nil {
		v.SetString(w)
	} else if code := s.text(v, w); code != "" {
		c.fault(code)
	}
}

// quoted is the text that began at from, without its quotes. Texts share one
// copy of the body; one with escapes is rare and made new.
func (c *checker) quoted(from int) string {
	w := c.b[from+1 : c.i-1]
	if len(w) == 0 {
		return ""
	}
	if bytes.IndexByte(w, '\\') >= 0 {
		return string(unquote(c.b[from:c.i]))
	}
	if c.copied == "" {
		c.copied = string(c.b)
	}
	return c.copied[from+1 : c.i-1]
}

// number takes a number: whole, in int64, without a fraction or exponent.
func (c *checker) number(s *shape, v reflect.Value) {
	from := c.i
	fraction := false
	for c.i < len(c.b) {
		x := c.b[c.i]
		if x == '.' || x == 'e' || x == 'E' || x == '+' {
			fraction = true
		} else if !(x >= '0' && x <= '9' || x == '-') {
			break
		}
		c.i++
	}
	n := c.b[from:c.i]
	switch {
	case !isNumber(n) || !c.ended():
		c.i = from
		c.syntax()
	case s.kind == isRaw:
	case fraction:
		c.fault("number.not_whole", "actual", string(n[:min(len(n), 40)]))
	default:
		c.whole(n, v)
	}
}

func (c *checker) whole(n []byte, v reflect.Value) {
	x, fits := small(n)
	if !fits {
		var err error
		if x, err = strconv.ParseInt(string(n), 10, 64); err != nil {
			c.fault("amount.overflow")
			return
		}
	}
	if v.IsValid() {
		v.SetInt(x)
	}
}

// small reads a number of few digits, as nearly all are.
func small(n []byte) (x int64, ok bool) {
	if len(n) > 18 {
		return 0, false
	}
	digits := n
	if n[0] == '-' {
		digits = n[1:]
	}
	for _, d := range digits {
		x = x*10 + int64(d-'0')
	}
	if len(digits) < len(n) {
		x = -x
	}
	return x, true
}

// truth takes true or false.
func (c *checker) truth(word string, v reflect.Value) {
	if c.literal(word); !c.stop && v.IsValid() {
		v.SetBool(word == "true")
	}
}

// null is taken where it may stand: it leaves what is there empty.
func (c *checker) null(s *shape) {
	if c.literal("null"); !c.stop && !s.null && s.kind != isRaw {
		c.fault("json.type", "got", "null", "expected", s.kind.String())
	}
}
