package intake

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"joren/internal/blob"
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/ident"
	"joren/internal/jobs"
)

// JobKind is the kind of the jobs that run imports.
const JobKind = "import"

// Order is an import to be run as a job, of a file kept by package blob.
type Order struct {
	File    ident.ID `json:"file"`
	Name    string   `json:"name"`              // of the file, for lists
	Mapping string   `json:"mapping,omitempty"` // of a shipped profile or a saved mapping; "" is told by the header
	History bool     `json:"history,omitempty"`
}

// Enqueue orders an import. Of files with the same bytes one job is under way
// at a time; ordering it again gives that one's id. Faults: blob.unknown,
// mapping.unknown.
func Enqueue(tx *db.Tx, o Order) (ident.ID, error) {
	f, err := blob.Stat(tx, o.File)
	if err != nil {
		return ident.ID{}, err
	}
	if _, err := FindMapping(tx, o.Mapping); err != nil {
		return ident.ID{}, err
	}
	o.Name = f.Name
	return jobs.Enqueue(tx, JobKind, o, jobs.Options{Unique: JobKey(hex.EncodeToString(f.SHA256[:])), MaxTries: 3})
}

// JobKey is the unique key of the job that imports a file, by the hash that
// its [Import] carries.
func JobKey(hash string) string { return JobKind + ":" + hash }

// FindMapping finds a shipped profile or a saved mapping by name; nil for ""
// and for the names of a bundle's profiles, which its headers tell again.
// Fault mapping.unknown.
func FindMapping(tx *db.Tx, name string) (*Mapping, error) {
	if name == "" || bundleOfProfiles(name) {
		return nil, nil
	}
	if m := Profile(name); m != nil {
		return m, nil
	}
	saved, err := Mappings(tx)
	if err != nil {
		return nil, err
	}
	for _, m := range saved {
		if m.Name == name {
			return m, nil
		}
	}
	return nil, fault.New(fault.NotFound, "mapping.unknown", "name", name)
}

// Together makes one stored file of several that are to be imported together;
// one is given back as it is. Fault blob.too_large.
func Together(ctx context.Context, d *db.DB, files []blob.File, most int64) (blob.File, error) {
	if len(files) == 1 {
		return files[0], nil
	}
	list := make([]Source, len(files))
	for i, f := range files {
		list[i] = Source{Name: f.Name, Size: f.Size, Open: opener(ctx, d, f.ID)}
	}
	all := Bundled(list)
	in, err := all.Open()
	if err != nil {
		return blob.File{}, err
	}
	defer in.Close()
	f, err := blob.Upload(ctx, d, shortName(all.Name), bundleType, in, most+1<<16)
	if err != nil {
		return f, err
	}
	return f, d.Write(ctx, func(tx *db.Tx) error {
		for _, x := range files {
			if err := blob.Delete(tx, x.ID); err != nil {
				return err
			}
		}
		return nil
	})
}

// Content types of the files that imports keep.
const (
	FileType   = "text/csv"
	bundleType = "multipart/mixed"
)

// shortName keeps the end of a name, at most 200 bytes of it.
func shortName(s string) string {
	for len(s) > 200 {
		_, n := utf8.DecodeRuneInString(s)
		s = s[n:]
	}
	return s
}

func opener(ctx context.Context, d *db.DB, file ident.ID) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) {
		_, r, err := blob.Open(ctx, d, file)
		return io.NopCloser(r), err
	}
}

func bundleOfProfiles(name string) bool {
	for p := range strings.SplitSeq(name, joined) {
		if m := Profile(p); m == nil || m.Part == "" || p == name {
			return false
		}
	}
	return true
}

// FromBlob is a stored file as a source, read with the mapping of that name.
// Faults: blob.unknown, mapping.unknown.
func FromBlob(ctx context.Context, d *db.DB, file ident.ID, mapping string) (Source, error) {
	var src Source
	err := d.Read(ctx, func(tx *db.Tx) error {
		f, err := blob.Stat(tx, file)
		if err != nil {
			return err
		}
		src = Source{Name: f.Name, Size: f.Size}
		src.Mapping, err = FindMapping(tx, mapping)
		return err
	})
	src.Open = opener(ctx, d, file)
	return src, err
}

// Office runs imports as jobs.
type Office struct {
	DB   *db.DB
	Sink Sink
	Zone func(tx *db.Tx) (clock.Zone, error) // of the programme's business days
}

// Run is the handler of [JobKind]. A file that cannot be read is given up at
// once; everything else is tried again and goes on where it stopped.
func (o Office) Run(ctx context.Context, j *jobs.Job) error {
	var order Order
	if err := j.Decode(&order); err != nil {
		return err
	}
	src, err := FromBlob(ctx, o.DB, order.File, order.Mapping)
	if err != nil {
		return hopeless(err)
	}
	r := Runner{DB: o.DB, Sink: o.Sink, Wall: o.DB.Clock().Wall, History: order.History, Progress: Tell(ctx, j, o.DB.Clock().Wall)}
	if err := o.DB.Read(ctx, func(tx *db.Tx) error { r.Zone, err = o.Zone(tx); return err }); err != nil {
		return err
	}
	_, err = r.Run(ctx, src)
	return hopeless(err)
}

func hopeless(err error) error {
	if f := fault.Of(err); err != nil && (f.Kind == fault.Invalid || f.Kind == fault.NotFound) {
		return jobs.Permanent(err)
	}
	return err
}

// Note is what a running import tells through its job.
type Note struct {
	Phase     string `json:"phase"` // reading, recording, done
	Rows      int    `json:"rows"`
	Documents int    `json:"documents"`
	Rate      int64  `json:"rate"`    // rows per second
	Seconds   int64  `json:"seconds"` // remaining, -1 if it cannot be told
}

// ParseNote reads the note of an import's job; zero when it has told nothing yet.
func ParseNote(s string) (n Note) {
	if json.Unmarshal([]byte(s), &n) != nil {
		return Note{Seconds: -1}
	}
	return n
}

// Tell shows an import's progress on its job, once a second. A progress that cannot be written is
// not worth an import: the lease tells soon enough.
func Tell(ctx context.Context, j *jobs.Job, wall func() clock.Instant) func(Progress) {
	last := clock.Instant(0)
	return func(p Progress) {
		if now := wall(); p.Phase == "done" || now.Sub(last) >= time.Second {
			last = now
			n := Note{p.Phase, p.Rows, p.Documents, int64(p.Rate), -1}
			if p.Remaining >= 0 {
				n.Seconds = int64((p.Remaining + time.Second - 1) / time.Second)
			}
			b, _ := json.Marshal(n) // numbers and one word
			done, total := share(p)
			_ = j.Progress(ctx, done, total, string(b))
		}
	}
}

// share is how much of the work is done in thousandths: reading is taken as a
// fifth of it.
func share(p Progress) (done, total int64) {
	switch {
	case p.Phase == "done":
		return 1000, 1000
	case p.Phase == "reading" && p.Size > 0:
		return 200 * p.Bytes / p.Size, 1000
	case p.Phase == "reading":
		return 0, 1000
	case p.Remaining < 0:
		return 200, 1000
	}
	all := p.Elapsed + p.Remaining
	return 200 + int64(800*float64(p.Elapsed)/float64(max(all, 1))), 1000
}

// Refusals are the items of an import that were read well and refused when
// they were to be recorded.
func (m Import) Refusals() ([]Problem, error) {
	var doc progressDoc
	if err := json.Unmarshal([]byte(m.Progress), &doc); err != nil {
		return nil, err
	}
	doc.restore()
	return doc.Problems, nil
}

// Notes are the items of an import that were recorded and should be looked at.
func (m Import) Notes() ([]Problem, error) {
	var doc progressDoc
	if err := json.Unmarshal([]byte(m.Progress), &doc); err != nil {
		return nil, err
	}
	doc.restore()
	return doc.Notes, nil
}

// Counts is how far an import has come, whether or not it has ended.
func (m Import) Counts() (Counts, error) {
	var doc progressDoc
	err := json.Unmarshal([]byte(m.Progress), &doc)
	return doc.Counts, err
}

// Ended is the report of a finished import; false before.
func (m Import) Ended() (r Report, ok bool, err error) {
	if m.Report == "" {
		return r, false, nil
	}
	err = json.Unmarshal([]byte(m.Report), &r)
	return r, err == nil, err
}

// ByHash finds the newest import of a file's bytes; found is false without one.
func ByHash(tx *db.Tx, hash string) (m Import, found bool, err error) {
	all, err := db.Query(tx, scanImport, `SELECT `+importColumns+` FROM intake_import WHERE hash = $1 ORDER BY started_at DESC, id DESC LIMIT 1`, hash)
	if err != nil || len(all) == 0 {
		return m, false, err
	}
	return all[0], true, nil
}

// What says in language l what is wrong.
func (p Problem) What(l i18n.Lang) string { return problemText(l, "what", p) }

// Do says in language l what to do about it.
func (p Problem) Do(l i18n.Lang) string { return problemText(l, "do", p) }
