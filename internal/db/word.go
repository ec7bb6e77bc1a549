package db

import (
	"strings"
	"unsafe"
)

// Words is scanned from a text that is one of a few, a day or a store: what was
// met costs no memory again.
type Words struct {
	last string
	near [nearWords]string // by a few bytes of them
	met  map[string]string
}

const (
	mostMet   = 1 << 12
	nearWords = 64
)

// String is what was scanned last.
func (w *Words) String() string { return w.last }

// Of is s, which need not stand.
func (w *Words) Of(s string) string {
	if w.last == s {
		return w.last
	}
	near := &w.near[nearWord(s)]
	if *near != s {
		*near = w.meet(s)
	}
	w.last = *near
	return w.last
}

// nearWord tells apart words that are numbered.
func nearWord(s string) int {
	if len(s) < 2 {
		return len(s)
	}
	return (int(s[len(s)-1]) + 11*int(s[len(s)-2])) % nearWords
}

func (w *Words) meet(s string) string {
	word, ok := w.met[s]
	if !ok {
		if word = strings.Clone(s); w.met == nil {
			w.met = map[string]string{}
		}
		if len(w.met) < mostMet {
			w.met[word] = word
		}
	}
	return word
}

// Texts is scanned by appending: texts or bytes of many rows in one piece of
// memory. A NULL appends nothing.
type Texts []byte

// Lend is a part of t as a text that stands until t is written to again.
func (t Texts) Lend(from, to int) string {
	return unsafe.String(unsafe.SliceData(t[from:to]), to-from)
}
