package db

import (
	"strings"
	"unsafe"
)

// Words is scanned from a text that is one of a few, a day or a store: what was
// met costs no memory again.
type Words struct {
	last string
	met  map[string]string
}

const mostMet = 1 << 12

// String is what was scanned last.
func (w *Words) String() string { return w.last }

// Of is s, which need not stand.
func (w *Words) Of(s string) string {
	if w.last == s {
		return w.last
	}
	word, ok := w.met[s]
	if !ok {
		if word = strings.Clone(s); w.met == nil {
			w.met = map[string]string{}
		}
		if len(w.met) < mostMet {
			w.met[word] = word
		}
	}
	w.last = word
	return word
}

// Texts is scanned by appending: texts or bytes of many rows in one piece of
// memory. A NULL appends nothing.
type Texts []byte

// Lend is a part of t as a text that stands until t is written to again.
func (t Texts) Lend(from, to int) string {
	return unsafe.String(unsafe.SliceData(t[from:to]), to-from)
}
