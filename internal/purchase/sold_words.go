package purchase

import (
	"hash/maphash"
	"strings"
)

// SoldWords remembers what names lines while all purchases are read: number,
// name and category of a product are the same bytes in every line of it. They
// need not be read again: one look into memory finds them.
type SoldWords struct {
	List []SoldName // what lines name by its place, in the order in which it was met

	met   map[string]wordsPlace // by what names them
	slots []uint64              // the same by their hashes
	most  int                   // more than these are read each time they come

	line   SoldLine // the one that is being read
	wanted uint64   // of no meaning
}

// wordsPlace is a place in the list, and one, times two, and one for a fee.
type wordsPlace uint32

func (p wordsPlace) words() int32 { return int32(p >> 1) }
func (p wordsPlace) fee() bool    { return p&1 == 1 }

// A slot has a place in its low bits and the hash in the others. Eight of them
// fill a line of the processor's cache; the hash's low bits say which line. So
// 56 bits of 64 tell twenty thousand products apart, and more bits more: two
// of a shop's have the same once in a hundred million shops.
const (
	slotsInLine = 8
	placeBits   = 20

	mostSoldWords    = 1<<(placeBits-1) - 1
	longestSoldWords = 256
)

var wordsSeed = maphash.MakeSeed() // a number says nothing about it

// NewSoldWords remembers nothing yet.
func NewSoldWords() *SoldWords {
	return &SoldWords{most: mostSoldWords, met: map[string]wordsPlace{}, slots: make([]uint64, 64*slotsInLine)}
}

func (w *SoldWords) lineOf(hash uint64) []uint64 {
	at := hash * slotsInLine & uint64(len(w.slots)-1)
	return w.slots[at : at+slotsInLine]
}

// want asks memory for what place will look at.
func (w *SoldWords) want(hash uint64) { w.wanted += w.lineOf(hash)[0] }

// place is where List says what a line is named; 0 where it is not remembered.
// A nil w remembers nothing.
func (w *SoldWords) place(l *soldLine) wordsPlace {
	if w == nil {
		return 0
	}
	for _, s := range w.lineOf(l.hash) {
		if s>>placeBits == l.hash>>placeBits && s != 0 {
			return wordsPlace(s & (1<<placeBits - 1))
		}
	}
	if p, ok := w.met[l.naming]; ok {
		return p
	}
	return w.learn(l.naming, l.hash)
}

func (w *SoldWords) learn(naming string, hash uint64) wordsPlace {
	if len(w.List) >= w.most || len(naming) > longestSoldWords {
		return 0
	}
	naming = strings.Clone(naming)
	name, fee, ok := readNaming(naming)
	if !ok {
		return 0
	}
	w.List = append(w.List, name)
	p := wordsPlace(len(w.List))<<1 | wordsPlace(flag(fee, 1))
	w.met[naming] = p
	if 8*len(w.List) > 5*len(w.slots) {
		w.grow()
	} else {
		w.keep(hash, p)
	}
	return p
}

// keep puts a place where it is found at a look; without room there, the map
// has it.
func (w *SoldWords) keep(hash uint64, p wordsPlace) {
	line := w.lineOf(hash)
	for i := range line {
		if line[i] == 0 {
			line[i] = hash>>placeBits<<placeBits | uint64(p)
			return
		}
	}
}

func (w *SoldWords) grow() {
	w.slots = make([]uint64, 2*len(w.slots))
	for naming, p := range w.met {
		w.keep(maphash.String(wordsSeed, naming), p)
	}
}
