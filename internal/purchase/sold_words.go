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

	near []nearWords          // by the hash, in groups that fill one line of a cache
	met  map[string]nearWords // by all of it
	most int                  // more than these are read each time they come
	line SoldLine             // the one that is being read

	hashes []uint64 // of the lines ahead
	first  []int    // of them, by record
	start  int      // of them, of the record that is told
	next   int      // of them
	wanted int32    // of no meaning
}

// nearWords is what names a line by its hash: of a shop's million no two have
// the same, but for one chance in thirty million.
type nearWords struct {
	hash uint64
	n    int32 // 0 for none
	fee  bool
}

const (
	mostSoldWords    = 1 << 19
	longestSoldWords = 256
	nearBits         = 14
	nearGroup        = 4
)

var wordsSeed = maphash.MakeSeed() // a number says nothing about it

// NewSoldWords remembers nothing yet.
func NewSoldWords() *SoldWords {
	return &SoldWords{most: mostSoldWords, met: map[string]nearWords{}, near: make([]nearWords, nearGroup<<nearBits)}
}

// ahead hashes what names the lines of records, and asks for what is
// remembered of it all at once, so that no line waits for its own.
func (w *SoldWords) ahead(b *soldBatch) {
	w.hashes, w.first = w.hashes[:0], w.first[:0]
	from := 0
	for _, end := range b.ends {
		w.first = append(w.first, len(w.hashes))
		lines := packedLines(b.text.Lend(from, end))
		for from = end; lines.s != ""; {
			hash := maphash.String(wordsSeed, lines.text())
			lines.number()
			lines.number()
			lines.number()
			w.hashes = append(w.hashes, hash)
			w.wanted += w.near[nearest(hash)].n
		}
	}
}

// at is told which record's lines may be read next.
func (w *SoldWords) at(i int) { w.start = w.first[i] }

// open is told that they are.
func (w *SoldWords) open() {
	if w != nil {
		w.next = w.start
	}
}

// packedLines are those of a record; none where it is not packed, or broken.
func packedLines(record string) unpacker {
	if len(record) <= idBytes || record[idBytes] != packedForm {
		return unpacker{}
	}
	u := unpacker{s: record[idBytes+1:]}
	u.byte()
	for range 3 {
		u.number()
	}
	u.text()
	u.text()
	u.length()
	return u
}

func nearest(hash uint64) uint64 { return hash >> (64 - nearBits) * nearGroup }

// place is where List says what a line is named, and one; 0 where it is not
// remembered. A nil w remembers nothing.
func (w *SoldWords) place(naming string, fee *bool) int32 {
	if w == nil {
		return 0
	}
	hash := w.hash(naming)
	at := nearest(hash)
	group := w.near[at : at+nearGroup]
	for i := range group {
		if m := &group[i]; m.hash == hash && m.n > 0 {
			*fee = m.fee
			return m.n
		}
	}
	m := w.find(naming, hash, group)
	*fee = m.fee
	return m.n
}

// hash is that of the next line.
func (w *SoldWords) hash(naming string) uint64 {
	if w.next < len(w.hashes) {
		w.next++
		return w.hashes[w.next-1]
	}
	return maphash.String(wordsSeed, naming)
}

// find is asked where nothing is near, and learns what it does not know.
func (w *SoldWords) find(naming string, hash uint64, group []nearWords) nearWords {
	if m, ok := w.met[naming]; ok {
		return m
	}
	if len(w.met) == w.most || len(naming) > longestSoldWords {
		return nearWords{}
	}
	naming = strings.Clone(naming)
	name, fee, ok := readNaming(naming)
	if !ok {
		return nearWords{}
	}
	w.List = append(w.List, name)
	m := nearWords{hash, int32(len(w.List)), fee}
	w.met[naming] = m
	for i := range group {
		if group[i].n == 0 {
			group[i] = m
			break
		}
	}
	return m
}
