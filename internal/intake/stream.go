package intake

import (
	"bufio"
	"container/heap"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"slices"
	"strings"

	"joren/internal/clock"
	"joren/internal/fault"
)

// A Source is a file that can be opened again and again.
type Source struct {
	Name    string
	Size    int64 // bytes, 0 if unknown
	Open    func() (io.ReadCloser, error)
	Mapping *Mapping // nil: recognised by its header
	Sorted  bool     // known to be in time order: needs no sorting, and import.not_sorted if it is not
	TempDir string   // for sorting; the system's when empty
}

// Facts are what reading a file tells about it.
type Facts struct {
	Encoding string
	Profile  string
	Kind     Kind
	Zone     clock.Zone
	Currency string
	Rows     int
	Ignored  []string
	Skipped  map[string]int // rows left out by their word, and "status"
	Hash     string         // SHA-256 of the bytes
	Cleaned  *Cleaned       // of Online Retail only
}

// receiver gets what a file holds, in time order.
type receiver struct {
	items   func([]Item) error
	refused func([]Problem)
	tick    func(rows int, bytes int64)
	opened  func(*table)   // told once, before the first item; may be nil
	read    func(docs int) // told once when the whole file is read and sorting ends; may be nil
}

// stream reads a source from beginning to end.
func stream(ctx context.Context, src Source, to receiver) (*Facts, error) {
	in, err := src.Open()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	sum := sha256.New()
	s := &streamer{ctx: ctx, to: to, dir: src.TempDir, skip: map[string]int{}, spool: spool{dir: src.TempDir, before: byTime}}
	defer s.spool.close()
	emit := s.spool.add
	if src.Sorted {
		emit = s.inOrder
	}
	if err := s.read(io.TeeReader(in, sum), src.Mapping, emit); err != nil {
		return nil, err
	}
	if !src.Sorted {
		if to.read != nil {
			to.read(s.n)
		}
		if err := s.spool.each(s.finish); err != nil {
			return nil, err
		}
	}
	if err := s.release(clock.Never); err != nil {
		return nil, err
	}
	return s.facts(hex.EncodeToString(sum.Sum(nil))), nil
}

// joined parts the names of the profiles that a bundle was read by.
const joined = "+"

type streamer struct {
	ctx   context.Context
	dir   string
	files []*file // one, or those of a bundle
	f     *file   // being read
	g     *grouper
	to    receiver
	fin   *finisher
	spool spool
	last  clock.Instant
	n     int            // drafts
	skip  map[string]int // rows left out, of all files
	done  int64          // bytes of the files before f
	rows  int            // rows of the files before f
	later laterItems
}

// read takes a file, or the files of a bundle, apart into drafts.
func (s *streamer) read(in io.Reader, m *Mapping, emit func(*draft) error) error {
	b := bufio.NewReaderSize(in, 256) // small: long reads pass it by
	if parts := unbundle(b); parts != nil {
		if err := s.bundle(parts, m, emit); err != nil {
			return err
		}
		s.tick()
		_, err := io.Copy(io.Discard, b) // the hash is of every byte
		return err
	}
	f, err := openFile(b, m, false)
	if err != nil {
		return err
	}
	if f.table.Part == "lines" && f.table.at[fOccurredAt] < 0 {
		return fault.New(fault.Invalid, "csv.needs_heads", "profile", f.table.Name)
	}
	s.use(f)
	s.fin = newFinisher(f.table)
	s.g = newGrouper(f.table, s.counted(emit))
	s.g.skip = s.skip
	if err := f.each(s.g); err != nil {
		return err
	}
	s.tick()
	return nil
}

// use makes f the file being read.
func (s *streamer) use(f *file) {
	s.f = f
	if s.files = append(s.files, f); len(s.files) == 1 && s.to.opened != nil {
		s.to.opened(f.table)
	}
}

func (s *streamer) tick() { s.to.tick(s.rows+s.g.rows, s.done+s.f.rd.Bytes()) }

func (s *streamer) counted(emit func(*draft) error) func(*draft) error {
	return func(d *draft) error {
		if s.n++; s.n%256 == 0 {
			if err := s.ctx.Err(); err != nil {
				return err
			}
			s.tick()
		}
		return emit(d)
	}
}

func (s *streamer) inOrder(d *draft) error {
	if d.At != 0 && d.At < s.last {
		return fault.New(fault.Invalid, "import.not_sorted", "row", d.Row)
	}
	s.last = max(s.last, d.At)
	return s.finish(d)
}

func (s *streamer) finish(d *draft) error {
	if err := s.ctx.Err(); err != nil {
		return err
	}
	items, bad := s.fin.items(d)
	if len(bad) > 0 {
		s.to.refused(bad)
	}
	if err := s.release(d.At); err != nil {
		return err
	}
	now := items[:0:0]
	for _, it := range items {
		if it.At > d.At && it.Kind == KindReturn {
			heap.Push(&s.later, it)
		} else {
			now = append(now, it)
		}
	}
	if len(now) == 0 {
		return nil
	}
	return s.to.items(now)
}

// release gives the returns that happened by at: an order's cancellation
// takes its own place in time, after what was bought in between.
func (s *streamer) release(at clock.Instant) error {
	for len(s.later) > 0 && s.later[0].At <= at {
		if err := s.to.items([]Item{heap.Pop(&s.later).(Item)}); err != nil {
			return err
		}
	}
	return nil
}

// laterItems is a heap by time.
type laterItems []Item

func (h laterItems) Len() int { return len(h) }
func (h laterItems) Less(i, j int) bool {
	return h[i].At < h[j].At || h[i].At == h[j].At && h[i].Row < h[j].Row
}
func (h laterItems) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *laterItems) Push(x any)   { *h = append(*h, x.(Item)) }
func (h *laterItems) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}

func (s *streamer) facts(hash string) *Facts {
	t := s.fin.t
	x := &Facts{Kind: t.Kind, Zone: t.zone, Currency: t.Currency, Rows: s.rows + s.g.rows, Skipped: s.skip, Hash: hash}
	var encodings, profiles []string
	for _, f := range s.files {
		encodings = append(encodings, f.rd.Encoding())
		profiles = append(profiles, f.table.Name)
		for _, h := range f.table.ignored {
			if !slices.Contains(x.Ignored, h) {
				x.Ignored = append(x.Ignored, h)
			}
		}
	}
	x.Encoding = strings.Join(slices.Compact(encodings), ", ")
	slices.Sort(profiles)
	x.Profile = strings.Join(slices.Compact(profiles), joined)
	if s.fin.skipped > 0 {
		x.Skipped["status"] = s.fin.skipped
	}
	if s.fin.clean != nil {
		x.Cleaned = &s.fin.clean.Cleaned
	}
	return x
}

// Read gives every item of a source in time order to fn and every refusal to
// bad (which may be nil).
func Read(ctx context.Context, src Source, fn func(Item) error, bad func([]Problem)) (*Facts, error) {
	if bad == nil {
		bad = func([]Problem) {}
	}
	return stream(ctx, src, receiver{
		items: func(items []Item) error {
			for _, it := range items {
				if err := fn(it); err != nil {
					return err
				}
			}
			return nil
		},
		refused: bad,
		tick:    func(int, int64) {},
	})
}

// hashOf is the SHA-256 of a file, in hex.
func hashOf(ctx context.Context, in io.Reader) (string, error) {
	sum := sha256.New()
	buf := make([]byte, 1<<18)
	for {
		n, err := in.Read(buf)
		sum.Write(buf[:n])
		if err == io.EOF {
			return hex.EncodeToString(sum.Sum(nil)), nil
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return "", err
		}
	}
}
