package proof

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
)

// Manifest says what a backup holds. It stands as manifest.json in the
// backup's directory, beside SHA256SUMS, which covers every file.
type Manifest struct {
	Format  int           `json:"joren_backup"` // 1
	Kind    Kind          `json:"kind"`
	Engine  db.Engine     `json:"engine"`
	Version string        `json:"engine_version"`
	Schema  int           `json:"schema"` // number of the newest migration applied
	MadeAt  clock.Instant `json:"made_at"`
	ShopAt  clock.Instant `json:"shop_at"`
	Digest  string        `json:"digest"` // of all rows, the same on both engines
	KeyFile string        `json:"key_file,omitempty"`
	Notes   []string      `json:"notes"`
	Tables  []Contents    `json:"tables"`
}

// Contents is one table of a backup.
type Contents struct {
	Name    string     `json:"name"`
	Rows    int64      `json:"rows"`
	Digest  string     `json:"digest"` // SHA-256 over its lines in the order of its primary key
	File    string     `json:"file,omitempty"`
	Columns [][]string `json:"columns"` // name, kind: int, text, bytes (hex), real
}

// Kind of a backup.
type Kind string

const (
	FileCopy Kind = "copy" // the SQLite file itself
	Dump     Kind = "dump" // one file of lines for each table, for any engine
)

// BackupOptions choose what Backup makes.
type BackupOptions struct {
	Dump    bool   // a dump on SQLite too: the complete open export
	KeyFile string // where the keys of personal data are kept; named in the manifest, never copied
}

const (
	format       = 1
	manifestName = "manifest.json"
	sumsName     = "SHA256SUMS"
	copyName     = "joren.db"
)

// transient tables hold what must not outlive the machine: sessions and
// one-time links. They are not dumped, and restore empties them.
var transient = []string{"session_session", "staff_link"}

// Backup writes a consistent backup of d, which goes on being written to, into
// the new directory path: complete under that name, or not there at all.
// Memory is bounded by a few rows of each size. Fault: backup.exists.
func Backup(ctx context.Context, d *db.DB, path string, o BackupOptions) (Manifest, error) {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return Manifest{}, fault.New(fault.Conflict, "backup.exists", "path", path)
	}
	part := path + ".part"
	if err := os.RemoveAll(part); err != nil {
		return Manifest{}, err
	}
	if err := os.MkdirAll(part, 0o700); err != nil {
		return Manifest{}, err
	}
	m, err := writeBackup(ctx, d, part, o)
	if err == nil {
		err = os.Rename(part, path)
	}
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		return m, errors.Join(err, os.RemoveAll(part))
	}
	return m, nil
}

func writeBackup(ctx context.Context, d *db.DB, dir string, o BackupOptions) (Manifest, error) {
	m := Manifest{Format: format, Kind: Dump, MadeAt: d.Clock().Wall(), ShopAt: d.Clock().Shop(), Notes: notes}
	if o.KeyFile != "" {
		m.KeyFile = filepath.Base(o.KeyFile)
	}
	sums := &checksums{dir: dir}
	var err error
	if d.Engine() == db.SQLite && !o.Dump {
		m.Kind = FileCopy
		err = copyFile(ctx, d, &m, sums)
	} else {
		err = dump(ctx, d, &m, sums)
	}
	if err != nil {
		return m, err
	}
	text, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return m, err
	}
	if err := sums.write(manifestName, append(text, '\n')); err != nil {
		return m, err
	}
	return m, sums.finish()
}

var notes = []string{
	"Check with: sha256sum -c SHA256SUMS. Lines: zstdcat FILE.",
	"A row is a JSON array in the order of columns. Ids and bytes are hex digits; instants are microseconds since 1970-01-01 UTC, 9223372036854775807 is never; truth values are 0 and 1.",
	"The keys of personal data are not in here; keep key_file as safe as this backup, and apart from it.",
}

// copyFile backs a SQLite database up as a file and reads the copy once,
// which proves it readable and gives its counts.
func copyFile(ctx context.Context, d *db.DB, m *Manifest, sums *checksums) error {
	path := filepath.Join(sums.dir, copyName)
	if err := d.Copy(ctx, path); err != nil {
		return err
	}
	if err := sums.add(copyName); err != nil {
		return err
	}
	twin := filepath.Join(sums.dir, "reading.db") // opening one leaves marks on it
	if err := duplicate(twin, path, nil); err != nil {
		return err
	}
	defer func() {
		for _, end := range []string{"", "-wal", "-shm"} {
			os.Remove(twin + end)
		}
	}()
	c, err := db.Connect(ctx, "sqlite:"+twin, db.Options{Clock: d.Clock(), MaxConns: 1})
	if err != nil {
		return err
	}
	err = c.Read(ctx, func(tx *db.Tx) error { return describe(tx, m, nil) })
	if err == nil {
		err = about(ctx, c, m)
	}
	return errors.Join(err, c.Close())
}

// dump backs a database up as lines, all tables in one snapshot.
func dump(ctx context.Context, d *db.DB, m *Manifest, sums *checksums) error {
	if err := os.Mkdir(filepath.Join(sums.dir, "data"), 0o700); err != nil {
		return err
	}
	if err := about(ctx, d, m); err != nil {
		return err
	}
	return d.Read(ctx, func(tx *db.Tx) error { return describe(tx, m, sums) })
}

func about(ctx context.Context, d *db.DB, m *Manifest) error {
	i, err := d.Info(ctx)
	m.Engine, m.Version, m.Schema = i.Engine, i.Version, i.Schema
	return err
}

// Digest is the SHA-256 over every row of the programme, the same on both
// engines for the same rows, and the number of rows of each table. Sessions
// and one-time links are left out.
func Digest(ctx context.Context, d *db.DB) (Manifest, error) {
	var m Manifest
	err := d.Read(ctx, func(tx *db.Tx) error { return describe(tx, &m, nil) })
	return m, err
}

// describe reads every table once into the manifest and, unless sums is nil,
// into files.
func describe(tx *db.Tx, m *Manifest, sums *checksums) error {
	all, err := tables(tx)
	if err != nil {
		return err
	}
	m.Tables = m.Tables[:0]
	whole := sha256.New()
	for _, t := range all {
		if slices.Contains(transient, t.name) {
			continue
		}
		c, err := describeTable(tx, t, sums)
		if err != nil {
			return fmt.Errorf("table %s: %w", t.name, err)
		}
		fmt.Fprintf(whole, "%s %d %s\n", c.Name, c.Rows, c.Digest)
		m.Tables = append(m.Tables, c)
	}
	m.Digest = hex.EncodeToString(whole.Sum(nil))
	return nil
}

func describeTable(tx *db.Tx, t table, sums *checksums) (c Contents, err error) {
	c.Name = t.name
	for _, col := range t.columns {
		c.Columns = append(c.Columns, []string{col.name, col.kind()})
	}
	digest := sha256.New()
	var to io.Writer = digest
	if sums != nil {
		c.File = "data/" + t.name + ".jsonl.zst"
		f, err := sums.create(c.File)
		if err != nil {
			return c, err
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		to = io.MultiWriter(digest, f)
	}
	err = eachRow(tx, t, func(row []any) error {
		c.Rows++
		return writeRow(to, t.columns, row)
	})
	c.Digest = hex.EncodeToString(digest.Sum(nil))
	return c, err
}

func writeRow(to io.Writer, cols []column, row []any) error {
	line, err := appendRow(nil, cols, row)
	if err == nil {
		_, err = to.Write(line)
	}
	return err
}

// eachRow reads a table in the order of its key. The row is only good inside
// fn.
func eachRow(tx *db.Tx, t table, fn func(row []any) error) error {
	row := make([]any, len(t.columns))
	into := make([]any, len(row))
	for i := range row {
		into[i] = &row[i]
	}
	q := `SELECT ` + t.names("") + ` FROM ` + t.name
	if o := t.order(); o != "" {
		q += ` ORDER BY ` + o
	}
	return db.Each(tx, func(r db.Row) error {
		if err := r.Scan(into...); err != nil {
			return err
		}
		return fn(row)
	}, q)
}

// checksums writes the files of a backup and remembers what is in them.
type checksums struct {
	dir   string
	lines []string
}

func (s *checksums) note(name string, h hash.Hash) {
	s.lines = append(s.lines, hex.EncodeToString(h.Sum(nil))+"  "+name+"\n")
}

func (s *checksums) add(name string) error {
	h := sha256.New()
	f, err := os.Open(filepath.Join(s.dir, filepath.FromSlash(name)))
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err = io.Copy(h, f); err == nil {
		s.note(name, h)
	}
	return err
}

func (s *checksums) write(name string, text []byte) error {
	h := sha256.New()
	h.Write(text)
	s.note(name, h)
	return writeDurably(filepath.Join(s.dir, name), text)
}

func (s *checksums) finish() error {
	slices.Sort(s.lines)
	return writeDurably(filepath.Join(s.dir, sumsName), []byte(strings.Join(s.lines, "")))
}

// squeezed is a compressed file on its way.
type squeezed struct {
	*zstd.Encoder
	file *os.File
	done func()
}

func (s *checksums) create(name string) (*squeezed, error) {
	f, err := os.OpenFile(filepath.Join(s.dir, filepath.FromSlash(name)), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	h := sha256.New()
	e, err := zstd.NewWriter(io.MultiWriter(f, h), zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20))
	if err != nil {
		f.Close()
		return nil, err
	}
	return &squeezed{e, f, func() { s.note(name, h) }}, nil
}

func (z *squeezed) Close() error {
	err := z.Encoder.Close()
	if err == nil {
		err = z.file.Sync()
		z.done()
	}
	return errors.Join(err, z.file.Close())
}

func writeDurably(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// duplicate copies a file, telling also what went through.
func duplicate(to, from string, also io.Writer) error {
	r, err := os.Open(from)
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	var out io.Writer = w
	if also != nil {
		out = io.MultiWriter(w, also)
	}
	_, err = io.Copy(out, r)
	if err == nil {
		err = w.Sync()
	}
	return errors.Join(err, w.Close())
}

func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && os.PathSeparator == '/' {
		return err
	}
	return nil
}
