package intake

import (
	"bufio"
	"cmp"
	"container/heap"
	"io"
	"os"
	"slices"

	"joren/internal/fault"
)

// spoolRows is how many rows of drafts are kept in memory before they are
// sorted and written to a temporary file.
const spoolRows = 20_000

// spool sorts drafts by time, then number: history has to be imported in
// the order in which it happened, and exports come newest first. Sorted runs
// go to unnamed temporary files and are merged (external merge sort), so a
// file of any length takes the memory of one run.
type spool struct {
	dir    string
	before func(a, b *draft) int
	held   []*draft
	rows   int
	runs   []*os.File
	code   *draftCode
}

func byTime(a, b *draft) int {
	return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Number, b.Number), cmp.Compare(refunds(a), refunds(b)), cmp.Compare(a.Row, b.Row))
}

// refunds orders a sale before the refund of the same number and instant: a
// file may know no more than the date, and stand newest first.
func refunds(d *draft) int {
	if d.Refund {
		return 1
	}
	return 0
}

func (s *spool) add(d *draft) error {
	s.held = append(s.held, d)
	if s.rows += 1 + len(d.Lines); s.rows < spoolRows {
		return nil
	}
	return s.flush()
}

func (s *spool) flush() error {
	slices.SortFunc(s.held, s.before)
	f, err := os.CreateTemp(s.dir, "joren-intake-*")
	if err != nil {
		return fault.New(fault.Unavailable, "import.no_space").Because(err)
	}
	s.runs = append(s.runs, f)
	if s.code == nil {
		if s.code, err = newDraftCode(); err != nil {
			return err
		}
	}
	w := bufio.NewWriterSize(f, 1<<16)
	for _, d := range s.held {
		if err := s.code.write(w, d); err != nil {
			return fault.New(fault.Unavailable, "import.no_space").Because(err)
		}
	}
	if err := w.Flush(); err != nil {
		return fault.New(fault.Unavailable, "import.no_space").Because(err)
	}
	clear(s.held)
	s.held, s.rows = s.held[:0], 0
	_, err = f.Seek(0, io.SeekStart)
	return err
}

// close removes what was written.
func (s *spool) close() {
	for _, f := range s.runs {
		f.Close()
		os.Remove(f.Name())
	}
	s.runs = nil
}

// each gives every draft in order; parts of one order, alike in time and
// number, come as one.
func (s *spool) each(fn func(*draft) error) error {
	var cur *draft
	put := func(d *draft) error {
		if cur != nil && cur.Kind == KindSale && d.Kind == KindSale && d.Number != "" && cur.At == d.At && cur.Number == d.Number && cur.Refund == d.Refund {
			cur.merge(d)
			return nil
		}
		prev := cur
		cur = d
		if prev == nil {
			return nil
		}
		return fn(prev)
	}
	if err := s.sorted(put); err != nil {
		return err
	}
	if cur == nil {
		return nil
	}
	return fn(cur)
}

func (s *spool) sorted(put func(*draft) error) error {
	slices.SortFunc(s.held, s.before)
	m := merger{before: s.before}
	for _, f := range s.runs {
		r := &run{file: bufio.NewReaderSize(f, 1<<11), code: s.code}
		if err := r.next(); err == nil {
			m.runs = append(m.runs, r)
		} else if err != io.EOF {
			return err
		}
	}
	if len(s.held) > 0 {
		m.runs = append(m.runs, &run{head: s.held[0], rest: s.held[1:]})
	}
	heap.Init(&m)
	for len(m.runs) > 0 {
		if err := put(m.runs[0].head); err != nil {
			return err
		}
		switch err := m.runs[0].next(); err {
		case nil:
			heap.Fix(&m, 0)
		case io.EOF:
			heap.Pop(&m)
		default:
			return err
		}
	}
	return nil
}

// run is one sorted run, on disk or in memory.
type run struct {
	head *draft
	file *bufio.Reader
	code *draftCode
	rest []*draft
}

func (r *run) next() error {
	if r.file != nil {
		r.head = new(draft)
		return r.code.read(r.file, r.head)
	}
	if len(r.rest) == 0 {
		return io.EOF
	}
	r.head, r.rest = r.rest[0], r.rest[1:]
	return nil
}

type merger struct {
	runs   []*run
	before func(a, b *draft) int
}

func (m *merger) Len() int           { return len(m.runs) }
func (m *merger) Less(i, j int) bool { return m.before(m.runs[i].head, m.runs[j].head) < 0 }
func (m *merger) Swap(i, j int)      { m.runs[i], m.runs[j] = m.runs[j], m.runs[i] }
func (m *merger) Push(x any)         { m.runs = append(m.runs, x.(*run)) }
func (m *merger) Pop() any {
	x := m.runs[len(m.runs)-1]
	m.runs = m.runs[:len(m.runs)-1]
	return x
}
