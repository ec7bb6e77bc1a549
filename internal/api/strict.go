package api

import (
	"encoding/json"
	"strconv"
	"unicode/utf8"

	"joren/internal/fault"
)

// A checker walks over a body once, beside its shape, and gathers everything
// encoding/json would let pass or would stop at: unknown fields, keys in
// another case, keys that stand twice, missing fields, numbers that are not
// whole or do not fit, numbers written as texts, null, NUL characters, broken
// UTF-8. It allocates nothing while all is well.
type checker struct {
	b     []byte
	i     int
	texts bool // also try to read the texts that mean something
	stop  bool // the syntax is broken: what follows means nothing
	depth int
	path  [maxDepth + 1]step
	bad   []fault.Field
}

type step struct {
	name  string // of a known field
	key   []byte // of a free one
	index int    // in a list, when name and key are empty
}

const (
	maxDepth  = 32
	maxPlaces = 100 // of wrong places told; more help nobody
	maxName   = 64  // of an unknown key told
)

// strict is what is wrong with a body, nil when it has the shape.
func strict(body []byte, s *shape, texts bool) []fault.Field {
	c := checker{b: body, texts: texts}
	if !utf8.Valid(body) {
		c.fault("text.encoding")
		return c.bad
	}
	c.value(s)
	if c.space(); !c.stop && c.i < len(c.b) {
		c.fault("json.trailing", "position", int64(c.i))
	}
	return c.bad
}

func (c *checker) fault(code string, args ...any) {
	if len(c.bad) < maxPlaces {
		c.bad = append(c.bad, fault.At(c.where(), code, args...))
	}
}

func (c *checker) syntax() {
	if !c.stop {
		c.stop = true
		c.fault("json.syntax", "position", int64(c.i))
	}
}

// where is the path of the present place: lines[2].quantity.
func (c *checker) where() string {
	var b []byte
	for _, s := range c.path[:c.depth] {
		switch {
		case s.name != "" || s.key != nil:
			if len(b) > 0 {
				b = append(b, '.')
			}
			b = append(append(b, s.name...), tellable(string(s.key))...)
		default:
			b = append(strconv.AppendInt(append(b, '['), int64(s.index), 10), ']')
		}
	}
	return string(b)
}

// tellable is a key as it may come back: keys the caller made up could be
// anything, a phone number or an address too.
func tellable(k string) string {
	if k == "" {
		return ""
	}
	if len(k) > maxName || k[0] >= '0' && k[0] <= '9' {
		return "?"
	}
	for _, x := range []byte(k) {
		if !(x >= 'a' && x <= 'z' || x >= 'A' && x <= 'Z' || x >= '0' && x <= '9' || x == '_' || x == '-') {
			return "?"
		}
	}
	return k
}

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

var unchecked = &shape{kind: isRaw}

func (c *checker) value(s *shape) {
	switch x := c.next(); {
	case x == '{':
		c.object(c.fit(s, isObject, isDict))
	case x == '[':
		c.list(c.fit(s, isList, isList))
	case x == '"':
		c.word(c.fit(s, isText, isText))
	case x == '-' || x >= '0' && x <= '9':
		c.number(c.fit(s, isWhole, isWhole))
	case x == 't':
		c.fit(s, isTruth, isTruth)
		c.literal("true")
	case x == 'f':
		c.fit(s, isTruth, isTruth)
		c.literal("false")
	case x == 'n':
		if c.literal("null"); !c.stop && !s.null && s.kind != isRaw {
			c.fault("json.type", "got", "null", "expected", s.kind.String())
		}
	default:
		c.syntax()
	}
}

// fit is the shape to go on with: s when it is of one of the kinds, anything
// after telling that it is not.
func (c *checker) fit(s *shape, one, other kind) *shape {
	if s.kind == one || s.kind == other || s.kind == isAny || s.kind == isRaw {
		return s
	}
	c.fault("json.type", "got", one.String(), "expected", s.kind.String())
	return unchecked
}

func (c *checker) literal(word string) {
	at := c.i
	if c.i += len(word); c.i > len(c.b) || string(c.b[at:c.i]) != word || !c.ended() {
		c.i = at
		c.syntax()
	}
}

func (c *checker) push(s step) bool {
	if c.depth == maxDepth {
		c.stop = true
		c.fault("json.too_deep", "max", int64(maxDepth))
		return false
	}
	c.path[c.depth] = s
	c.depth++
	return true
}

func (c *checker) list(s *shape) {
	elem := s.elem
	if elem == nil {
		elem = s
	}
	c.i++
	if c.next() == ']' {
		c.i++
		return
	}
	for n := 0; ; n++ {
		if !c.push(step{index: n}) {
			return
		}
		c.value(elem)
		c.depth--
		if c.stop || c.end(']') {
			return
		}
	}
}

// end takes a comma or the closing byte; true when the list is over or broken.
func (c *checker) end(closing byte) bool {
	switch c.next() {
	case ',':
		c.i++
		return false
	case closing:
		c.i++
	default:
		c.syntax()
	}
	return true
}

func (c *checker) object(s *shape) {
	var seen uint64
	var keys keys
	c.i++
	if c.next() == '}' {
		c.i++
		c.missing(s, 0)
		return
	}
	for {
		if c.next() != '"' {
			c.syntax()
			return
		}
		from := c.i
		if c.text(); c.stop {
			return
		}
		key := unquote(c.b[from:c.i])
		if c.next() != ':' {
			c.syntax()
			return
		}
		c.i++
		elem := c.member(s, key, &seen, &keys)
		if !c.stop {
			c.value(elem)
		}
		c.depth--
		if c.stop {
			return
		}
		if c.end('}') {
			break
		}
	}
	if !c.stop {
		c.missing(s, seen)
	}
}

// member enters a member of an object and tells its shape.
func (c *checker) member(s *shape, key []byte, seen *uint64, keys *keys) *shape {
	f, known := s.fields[string(key)]
	st := step{key: key}
	if known {
		st = step{name: s.names[f.no]}
	} else if len(key) == 0 {
		st.key = []byte("?")
	}
	if !c.push(st) {
		c.depth++ // the caller leaves what was not entered
		return unchecked
	}
	switch {
	case known && *seen&(1<<f.no) != 0, !known && s.kind != isRaw && keys.twice(key):
		c.fault("field.twice")
	case known:
		*seen |= 1 << f.no
	case s.kind == isObject:
		c.fault("field.unknown")
		return unchecked
	}
	switch {
	case known:
		return f.shape
	case s.kind == isDict:
		return s.elem
	}
	return s
}

func (c *checker) missing(s *shape, seen uint64) {
	if s.kind != isObject || s.need&^seen == 0 {
		return
	}
	for no, name := range s.names {
		if s.need&^seen&(1<<no) != 0 && c.push(step{name: name}) {
			c.fault("field.required")
			c.depth--
		}
	}
}

// keys are the free keys of one object.
type keys struct {
	few  [16][]byte
	n    int
	many map[string]bool
}

func (k *keys) twice(key []byte) bool {
	if k.many != nil {
		if k.many[string(key)] {
			return true
		}
		k.many[string(key)] = true
		return false
	}
	for _, x := range k.few[:k.n] {
		if string(x) == string(key) {
			return true
		}
	}
	if k.n < len(k.few) {
		k.few[k.n] = key
		k.n++
		return false
	}
	k.many = make(map[string]bool, 4*len(k.few))
	for _, x := range k.few {
		k.many[string(x)] = true
	}
	k.many[string(key)] = true
	return false
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

func (c *checker) word(s *shape) {
	from := c.i
	nul := c.text()
	if c.stop {
		return
	}
	if nul {
		c.fault("text.invalid")
		return
	}
	if s.text == nil {
		return
	}
	w := c.b[from+1 : c.i-1]
	if string(w) == "never" { // an instant of ours, nobody else's
		c.fault("time.invalid")
	} else if c.texts {
		if code := s.text(string(unquote(c.b[from:c.i]))); code != "" {
			c.fault(code)
		}
	}
}

// text walks over a string and tells whether a NUL, which no text has and
// PostgreSQL cannot keep, is in it.
func (c *checker) text() (nul bool) {
	for c.i++; c.i < len(c.b); c.i++ {
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

// number takes a number: whole, in int64, without a fraction or exponent.
func (c *checker) number(s *shape) {
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
	case len(n) > 18:
		if _, err := strconv.ParseInt(string(n), 10, 64); err != nil {
			c.fault("amount.overflow")
		}
	}
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

// decode reads a body into v, strictly. Fault: request.malformed with every
// wrong place.
func decode(body []byte, v any, s *shape) error {
	bad := strict(body, s, false)
	if len(bad) == 0 {
		err := json.Unmarshal(body, v)
		if err == nil {
			return nil
		}
		if bad = strict(body, s, true); len(bad) == 0 {
			return fault.New(fault.Invalid, "request.malformed").Because(err).With(fault.At("", "json.value"))
		}
	} else {
		bad = strict(body, s, true)
	}
	return fault.New(fault.Invalid, "request.malformed").With(bad...)
}
