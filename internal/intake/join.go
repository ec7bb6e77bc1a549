package intake

import (
	"cmp"
	"errors"
	"io"
	"mime/multipart"
	"slices"

	"joren/internal/fault"
)

// part is what of a document a file tells (Mapping.Part).
type part uint8

const (
	whole     part = iota
	headsPart      // when, who, how much
	linesPart      // what
)

func partOf(m *Mapping) part {
	switch m.Part {
	case "heads":
		return headsPart
	case "lines":
		return linesPart
	}
	return whole
}

// bundle reads the files of one export, in whatever order they come, and
// gives every order put together to emit. Files of several months are taken
// too, as long as all are of one kind of export and both kinds are there.
func (s *streamer) bundle(parts *multipart.Reader, m *Mapping, emit func(*draft) error) error {
	byNo := spool{dir: s.dir, before: byNumber}
	defer byNo.close()
	for {
		p, err := parts.NextPart()
		if err == io.EOF {
			break
		}
		if err == nil {
			err = s.bundled(p, m, &byNo)
		}
		if err != nil {
			return s.cutOff(err)
		}
	}
	if err := s.pairs(); err != nil {
		return err
	}
	s.fin = newFinisher(s.heads().table)
	return byNo.groups(func(group []*draft) error {
		for _, d := range pair(group) {
			if err := emit(d); err != nil {
				return err
			}
		}
		return nil
	})
}

// bundled reads one file of a bundle. Its name goes before the columns of its
// problems: rows are counted in each file.
func (s *streamer) bundled(p *multipart.Part, m *Mapping, into *spool) error {
	f, err := openFile(p, m, true)
	if err != nil {
		return err
	}
	f.name = p.FileName()
	if len(s.files) > 0 {
		s.done += s.f.rd.Bytes()
		s.rows += s.g.rows
	}
	s.use(f)
	kind := partOf(f.table.Mapping)
	s.g = newGrouper(f.table, s.counted(func(d *draft) error {
		d.Part, d.File = kind, f.name
		for i := range d.Bad {
			d.Bad[i].Column = inFile(f.name, d.Bad[i].Column)
		}
		return into.add(d)
	}))
	s.g.skip = s.skip
	return f.each(s.g)
}

// cutOff names what is wrong with a bundle that does not end as one.
func (s *streamer) cutOff(err error) error {
	var known *fault.Fault
	if errors.As(err, &known) || s.ctx.Err() != nil {
		return err
	}
	row, at := 0, s.done
	if s.g != nil {
		row, at = s.rows+s.g.rows, s.done+s.f.rd.Bytes()
	}
	return fault.New(fault.Invalid, "csv.truncated", "row", row, "position", at).Because(err)
}

func inFile(file, column string) string {
	switch {
	case file == "":
		return column
	case column == "":
		return file
	}
	return file + ": " + column
}

// heads is the file whose table an order put together is finished by.
func (s *streamer) heads() *file {
	i := slices.IndexFunc(s.files, func(f *file) bool { return f.table.Part == "heads" })
	return s.files[max(i, 0)]
}

// pairs refuses files that are not of one export: csv.not_a_pair.
func (s *streamer) pairs() error {
	if len(s.files) == 0 {
		return fault.New(fault.Invalid, "csv.empty")
	}
	a, kinds := s.files[0], map[string]bool{}
	for _, f := range s.files {
		kinds[f.table.Part] = true
		if f.table.Source != a.table.Source || f.table.Part == "" {
			return notAPair(a, f)
		}
	}
	if len(kinds) < 2 {
		return notAPair(a, s.files[len(s.files)-1])
	}
	return nil
}

func notAPair(a, b *file) error {
	return fault.New(fault.Invalid, "csv.not_a_pair", "first", a.name, "first_profile", a.table.Name, "second", b.name, "second_profile", b.table.Name)
}

func byNumber(a, b *draft) int {
	refund := func(d *draft) int {
		if d.Refund {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(refund(a), refund(b)), cmp.Compare(a.Part, b.Part), cmp.Compare(a.At, b.At), cmp.Compare(a.Row, b.Row))
}

// groups gives the drafts of each number together, a refund apart from its
// sale.
func (s *spool) groups(fn func([]*draft) error) error {
	var group []*draft
	err := s.sorted(func(d *draft) error {
		if len(group) > 0 && (d.Number == "" || group[0].Number != d.Number || group[0].Refund != d.Refund) {
			if err := fn(group); err != nil {
				return err
			}
			group = group[:0]
		}
		group = append(group, d)
		return nil
	})
	if err != nil || len(group) == 0 {
		return err
	}
	return fn(group)
}

// pair puts the lines of one number to its head. A number with several heads
// is several documents: refunds of different days, or a mistake that is told
// later. Lines without a head stand for themselves if they are dated.
func pair(group []*draft) (out []*draft) {
	heads := 0
	for _, d := range group {
		if d.Part == headsPart || d.Number == "" {
			out = append(out, d)
			heads++
			continue
		}
		switch h := headOf(out[:heads], d); {
		case h != nil:
			h.join(d)
		case d.At == 0 && len(d.Bad) == 0:
			d.Bad = append(d.Bad, Problem{Row: d.Row, Column: d.File, Value: d.Number, Code: "order.no_head"})
			fallthrough
		default:
			out = append(out, d)
		}
	}
	return out
}

func headOf(heads []*draft, d *draft) *draft {
	for _, h := range heads {
		if h.At == d.At {
			return h
		}
	}
	if len(heads) > 0 && (d.At == 0 || !d.Refund) {
		return heads[0]
	}
	return nil
}

// join takes the lines of o: the head's own line stood for them.
func (d *draft) join(o *draft) {
	if d.Part == headsPart {
		d.Lines, d.Part = nil, whole
	}
	if d.Person.IsZero() {
		d.Person, d.Profile = o.Person, o.Profile
	}
	d.Store, d.Channel, d.Staff = or(d.Store, o.Store), or(d.Channel, o.Channel), or(d.Staff, o.Staff)
	head := d.Head
	d.merge(o)
	d.Head = head
}
