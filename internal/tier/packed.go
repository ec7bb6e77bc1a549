package tier

import (
	"encoding/binary"
	"errors"

	"joren/internal/clock"
)

// saved is a card's state as stored.
type saved struct {
	State
	listed  listed   // the columns beside it
	Rules   string   // mark of the rules it was run under
	Manuals []Manual // those not over yet
	Days    []dayLog // rolling: the days the window still holds
	partial bool     // rolling: there were too many days to keep
}

// packing is the first byte of a packed state; another one is a state of
// another shape and is run afresh.
const packing = 1

// maxPacked bounds a packed state. A window of three years with a purchase on
// each of its days takes less than half of it.
const maxPacked = 32 << 10

// pack writes the state as a row of numbers, most of them one byte long: it is
// read and written with every purchase.
func (s *saved) pack() []byte {
	b := s.append(make([]byte, 0, 128+12*len(s.Days)))
	if len(b) > maxPacked {
		s.Days, s.partial = nil, true
		b = s.append(b[:0])
	}
	return b
}

func (s *saved) append(b []byte) []byte {
	b = append(b, packing)
	b = appendText(b, s.Rules)
	b = appendDays(b, s.Day, s.Joined, s.Held, s.Drop, s.From, s.Below, s.Failed, s.Last)
	b = binary.AppendVarint(b, int64(s.At))
	b = appendText(b, s.Level)
	b = appendText(b, s.Target)
	b = appendAmounts(b, s.Sum)
	b = appendFlags(b, s.Late, s.Closed != nil, s.partial)
	if c := s.Closed; c != nil {
		b = appendDays(b, c.From, c.To, c.Judge)
		b = appendAmounts(b, c.Sum)
	}
	b = binary.AppendUvarint(b, uint64(len(s.Manuals)))
	for _, m := range s.Manuals {
		b = appendText(b, m.Level)
		b = appendDays(b, m.From, m.Until)
	}
	b = binary.AppendUvarint(b, uint64(len(s.Days)))
	last := clock.Day(0)
	for i := range s.Days {
		d := &s.Days[i]
		b = appendDays(b, d.day-last)
		b = binary.AppendVarint(b, d.orders)
		b = appendAmounts(b, d.sum)
		last = d.day
	}
	return b
}

var errPacked = errors.New("tier: a stored state that cannot be read")

// unpack reads a state. An empty one, or one of another shape, has no rules:
// it is run afresh.
func unpack(b []byte) (s saved, err error) {
	if len(b) == 0 || b[0] != packing {
		return s, nil
	}
	r := reader{b: b[1:]}
	s.Rules = r.text()
	r.days(&s.Day, &s.Joined, &s.Held, &s.Drop, &s.From, &s.Below, &s.Failed, &s.Last)
	s.At = clock.Instant(r.int())
	s.Level, s.Target = r.text(), r.text()
	s.Sum = r.amounts()
	flags := r.uint()
	s.Late, s.partial = flags&1 != 0, flags&4 != 0
	if flags&2 != 0 {
		s.Closed = &Closed{}
		r.days(&s.Closed.From, &s.Closed.To, &s.Closed.Judge)
		s.Closed.Sum = r.amounts()
	}
	for n := r.count(); n > 0; n-- {
		m := Manual{Level: r.text()}
		r.days(&m.From, &m.Until)
		s.Manuals = append(s.Manuals, m)
	}
	if n := r.count(); n > 0 {
		s.Days = make([]dayLog, n, n+1)
	}
	last := clock.Day(0)
	for i := range s.Days {
		d := &s.Days[i]
		r.days(&d.day)
		d.day += last
		d.orders, d.sum = r.int(), r.amounts()
		last = d.day
	}
	if r.bad || len(r.b) > 0 {
		return saved{}, errPacked
	}
	return s, nil
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func appendDays(b []byte, days ...clock.Day) []byte {
	for _, d := range days {
		b = binary.AppendVarint(b, int64(d))
	}
	return b
}

// appendAmounts says first which are not 0: few programmes count all.
func appendAmounts(b []byte, a Amounts) []byte {
	which := byte(0)
	for i, x := range a {
		if x != 0 {
			which |= 1 << i
		}
	}
	b = append(b, which)
	for _, x := range a {
		if x != 0 {
			b = binary.AppendVarint(b, x)
		}
	}
	return b
}

func appendFlags(b []byte, flags ...bool) []byte {
	n := uint64(0)
	for i, f := range flags {
		if f {
			n |= 1 << i
		}
	}
	return binary.AppendUvarint(b, n)
}

// reader takes a packed state apart. After the first thing that does not fit
// all is 0.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) skip(n int) {
	if n <= 0 {
		r.bad, r.b = true, nil
		return
	}
	r.b = r.b[n:]
}

func (r *reader) int() int64 {
	x, n := binary.Varint(r.b)
	r.skip(n)
	return x
}

func (r *reader) uint() uint64 {
	x, n := binary.Uvarint(r.b)
	r.skip(n)
	return x
}

// count is how many of something follow, each of one byte at least.
func (r *reader) count() int {
	n := r.uint()
	if n > uint64(len(r.b)) {
		r.bad, r.b = true, nil
		return 0
	}
	return int(n)
}

func (r *reader) text() string {
	n := r.count()
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}

func (r *reader) days(to ...*clock.Day) {
	for _, d := range to {
		*d = clock.Day(r.int())
	}
}

func (r *reader) amounts() (a Amounts) {
	if len(r.b) == 0 {
		r.bad = true
		return a
	}
	which := r.b[0]
	r.b = r.b[1:]
	for i := range a {
		if which&(1<<i) != 0 {
			a[i] = r.int()
		}
	}
	return a
}

// Reached tells of a stored state the day it was run to; judged is false for
// one that will be run afresh and promises nothing yet.
func Reached(packed []byte) (day clock.Day, judged bool, err error) {
	s, err := unpack(packed)
	return s.Day, s.Rules != "", err
}
