package api

import "reflect"

// Objects: which fields there are, twice, not at all.

func (c *checker) object(s *shape, v reflect.Value) {
	var seen uint64
	var keys keys
	guess := 0
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
		f := s.field(key, guess)
		elem := c.member(s, f, key, &seen, &keys)
		if f != nil {
			guess = f.no + 1
		}
		if !c.stop {
			c.value(elem, f.of(v))
		}
		c.pop()
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
func (c *checker) member(s *shape, f *field, key []byte, seen *uint64, keys *keys) *shape {
	known := f != nil
	st := step{key: key}
	if known {
		st = step{name: f.name}
	} else if len(key) == 0 {
		st.key = []byte("?")
	}
	if !c.push(st) {
		c.path = append(c.path, st) // the caller leaves what was not entered
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
	for no, f := range s.order {
		if s.need&^seen&(1<<no) != 0 && c.push(step{name: f.name}) {
			c.fault("field.required")
			c.pop()
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
