package db

// Word is scanned from a text that is mostly that of the row before, a store
// or a day: the same again costs no memory.
type Word string

func (w *Word) set(c cell) {
	if string(*w) != c.s {
		*w = Word(c.text())
	}
}

// Texts is scanned by appending: texts or bytes of many rows in one piece of
// memory. A NULL appends nothing.
type Texts []byte
