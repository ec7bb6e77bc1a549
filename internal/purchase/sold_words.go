package purchase

import (
	"hash/maphash"
	"strings"
)

// SoldWords remembers what lines begin with while all purchases are read:
// number, name and category of a product are the same text in every line of
// it, and stand before its quantity. That text need not be read again, nor its
// end looked for: in a large shop one look into memory finds it.
type SoldWords struct {
	List []SoldName // what lines name by its place, in the order in which it was met

	near []nearWords          // by a few bytes of the text, in groups that fill one line of a cache
	at   map[string]nearWords // by all of it
	most int                  // texts; more are read each time they come
	line SoldLine             // the one that is being read

	places  []uint32 // of the lines ahead
	fetched uint64   // of no meaning
}

// nearWords is a text by its hash: of a shop's million texts no two have the
// same, but for one chance in thirty million.
type nearWords struct {
	hash uint64
	n    int32 // 0 for none
	size int16
	fee  bool
}

const (
	mostSoldWords    = 1 << 19
	longestSoldWords = 256
	nearBits         = 14
	nearGroup        = 4
	lineHead         = `{"no":`
	quantityHead     = `,"q":`
)

var wordsSeed = maphash.MakeSeed() // a number says nothing about it

// NewSoldWords remembers nothing yet.
func NewSoldWords() *SoldWords {
	return &SoldWords{most: mostSoldWords, at: map[string]nearWords{}, near: make([]nearWords, nearGroup<<nearBits)}
}

// ahead asks for what many lines will need from memory, so that it is on its
// way at once instead of each waiting for its own.
func (w *SoldWords) ahead(lines string) {
	w.places = w.places[:0]
	for i := strings.IndexByte(lines, '{'); i >= 0; i = strings.IndexByte(lines, '{') {
		lines = lines[i:]
		if from := wordsFrom(lines); from > 0 && len(lines)-from >= nearLeast {
			w.places = append(w.places, nearPlace(lines[from:]))
		}
		lines = lines[1:]
	}
	for _, at := range w.places {
		w.fetched += w.near[at].hash
	}
}

// read reads the beginning of a line into l, if it is one it remembers or can
// remember, and reports up to where it has.
func (w *SoldWords) read(line string, l *SoldLine) (end int) {
	from := wordsFrom(line)
	if from == 0 {
		return 0
	}
	rest := line[from:]
	group := w.group(rest)
	for i := range group {
		m := &group[i]
		if m.n == 0 {
			break
		}
		if size := int(m.size); size < len(rest) && strings.HasPrefix(rest[size:], quantityHead) && maphash.String(wordsSeed, rest[:size]) == m.hash {
			l.Words, l.Fee = m.n, m.fee
			return from + size
		}
	}
	if size := w.find(rest, group, l); size > 0 {
		return from + size
	}
	return 0
}

// find is read where nothing is near.
func (w *SoldWords) find(rest string, group []nearWords, l *SoldLine) (size int) {
	// A quotation mark within a text is escaped, so the quantity's name with
	// its marks and the colon stands nowhere else.
	size = strings.Index(rest[:min(len(rest), longestSoldWords)], quantityHead)
	if size <= 0 {
		return 0
	}
	if m, ok := w.at[rest[:size]]; ok {
		l.Words, l.Fee = m.n, m.fee
		return size
	}
	if !w.learn(rest[:size], group, l) {
		return 0
	}
	return size
}

// wordsFrom is where a line goes on after its number; 0 when it does not begin
// with one.
func wordsFrom(line string) int {
	if !strings.HasPrefix(line, lineHead) {
		return 0
	}
	i := len(lineHead)
	for i < len(line) && line[i]-'0' <= 9 {
		i++
	}
	if digits := i - len(lineHead); digits < 1 || digits > 9 || i == len(line) || line[i] != ',' {
		return 0
	}
	return i + 1
}

// What follows "sku":" tells products apart.
const (
	nearFrom  = len(`"sku":"`)
	nearLeast = nearFrom + 16
)

// group is where a text may be near; nil for one too short.
func (w *SoldWords) group(rest string) []nearWords {
	if len(rest) < nearLeast+len(quantityHead) {
		return nil
	}
	at := nearPlace(rest)
	return w.near[at : at+nearGroup]
}

func nearPlace(rest string) uint32 {
	a, b := eight(rest[nearFrom:]), eight(rest[nearFrom+8:])
	return uint32((a*0x9E3779B97F4A7C15 ^ b) * 0xD6E8FEB86659FD93 >> (64 - nearBits) * nearGroup)
}

func eight(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 | uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// learn remembers a text of whole fields; false when it is none, or there is no
// more room.
func (w *SoldWords) learn(words string, group []nearWords, l *SoldLine) bool {
	if len(w.at) == w.most {
		return false
	}
	const head = lineHead + "0,"
	text := head + words + "}"
	r := newLineReader(text)
	var said SoldLine
	if r.sold(&said, nil); r.bad || r.i != len(text) {
		return false
	}
	w.List = append(w.List, said.SoldName)
	l.Words, l.Fee = int32(len(w.List)), said.Fee
	m := nearWords{maphash.String(wordsSeed, words), l.Words, int16(len(words)), l.Fee}
	w.at[text[len(head):len(text)-1]] = m
	if len(words) < nearLeast {
		return true // what follows it would count
	}
	for i := range group {
		if group[i].n == 0 {
			group[i] = m
			break
		}
	}
	return true
}
