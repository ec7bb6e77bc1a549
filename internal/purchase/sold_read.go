package purchase

import (
	"hash/maphash"
	"strings"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
)

// A soldReader reads records that stand together. It reads all of them before
// it tells of the first: what their lines need from memory is then asked for
// one after another, instead of each line waiting for its own.
type soldReader struct {
	back  map[ident.ID]int64 // what came back, by purchase
	words *SoldWords         // nil where the text that is read stands as long as its words are needed

	list           []Sold
	ends           []int // of the lines of each
	lines          []soldLine
	store, channel db.Words
}

// A soldLine is a line as it stands in a record.
type soldLine struct {
	naming                    string
	hash                      uint64
	quantity, returned, value int64
}

// each tells fn of the records of a text. Fault: purchase.lines_broken.
func (r *soldReader) each(text string, fn func(*Sold) error) error {
	if err := r.read(text); err != nil {
		return err
	}
	from := 0
	for i := range r.list {
		s := &r.list[i]
		s.lines, from = r.lines[from:r.ends[i]], r.ends[i]
		if err := fn(s); err != nil {
			return err
		}
	}
	return nil
}

func (r *soldReader) read(text string) error {
	r.list, r.ends, r.lines = r.list[:0], r.ends[:0], r.lines[:0]
	for u := (unpacker{s: text}); u.more(); {
		r.list = append(r.list, Sold{words: r.words})
		if !r.record(&r.list[len(r.list)-1], &u) {
			return fault.New(fault.Internal, "purchase.lines_broken", "at", int64(u.i))
		}
		r.ends = append(r.ends, len(r.lines))
	}
	return nil
}

// record reads the next one.
func (r *soldReader) record(s *Sold, u *unpacker) (ok bool) {
	copy(s.Member[:], u.take(uint64(len(s.Member))))
	copy(s.ID[:], u.take(uint64(len(s.ID))))
	if len(r.back) > 0 {
		s.Returned = r.back[s.ID]
	}
	if form := u.byte(); form != packedForm {
		u.i--
		return !u.broken && r.json(s, u)
	}
	flags := u.byte()
	s.Guest, s.Kept = flags&guestFlag != 0, flags&keptFlag != 0
	s.Day, s.Value, s.Eligible = clock.Day(u.number()), u.number(), u.number()
	s.Store, s.Channel = r.store.Of(u.text()), r.channel.Of(u.text())
	for n := u.length(); n > 0 && !u.broken; n-- {
		l := soldLine{naming: u.text()}
		l.quantity, l.returned, l.value = u.number(), u.number(), u.number()
		if r.words != nil {
			l.hash = maphash.String(wordsSeed, l.naming)
			r.words.want(l.hash)
		}
		r.lines = append(r.lines, l)
	}
	return !u.broken
}

// json reads what the migration wrote.
func (r *soldReader) json(s *Sold, u *unpacker) (ok bool) {
	end := strings.IndexByte(u.s[u.i:], 0)
	if end < 0 {
		return false
	}
	list := u.take(uint64(end))
	u.byte()
	var guest, kept int64
	var store, channel string
	j := lineReader{s: list}
	j.need('[')
	day := j.text()
	for _, n := range [...]*int64{&s.Value, &s.Eligible, &guest, &kept} {
		j.need(',')
		*n = j.integer()
	}
	for _, t := range [...]*string{&store, &channel} {
		j.need(',')
		*t = j.text()
	}
	j.need(',')
	last := len(list) - 1
	if j.bad || last < j.i || list[last] != ']' || s.Day.Scan(day) != nil {
		return false
	}
	lines, err := readLines(list[j.i:last])
	for i := range lines {
		l := &lines[i]
		naming := string(appendNaming(nil, l))
		r.lines = append(r.lines, soldLine{naming, maphash.String(wordsSeed, naming), l.Quantity, l.Returned, l.Value})
	}
	s.Guest, s.Kept, s.Store, s.Channel = guest == 1, kept == 1, r.store.Of(store), r.channel.Of(channel)
	return err == nil
}
