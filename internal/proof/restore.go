package proof

import (
	"bufio"
	"bytes"
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

	"joren/internal/db"
	"joren/internal/fault"
)

// Restore brings the backup in directory path into the empty database at url,
// of either engine, compares every row's digest, brings the schema up to date
// and verifies the books. Files are known to be whole before anything is
// committed, so a damaged backup leaves the database empty.
//
// Faults: backup.unreadable, backup.damaged (a file, a row or the whole is not
// what was written), backup.format, backup.not_empty, and those of opening.
func Restore(ctx context.Context, path, url string, o db.Options) (Manifest, Report, error) {
	m, sums, err := readManifest(path)
	if err != nil {
		return m, Report{}, err
	}
	file, lite := strings.CutPrefix(url, "sqlite:")
	if lite {
		if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
			return m, Report{}, fault.New(fault.Conflict, "backup.not_empty")
		}
	}
	switch {
	case m.Kind == FileCopy && lite:
		err = restoreFile(path, file, sums)
	case m.Kind == FileCopy:
		err = restoreCopied(ctx, path, url, &m, sums, o)
	default:
		err = load(ctx, url, &m, o, func(_ *db.Tx, c Contents, t table, fn func([]any) error) error {
			return readDumped(path, c, t, sums, fn)
		})
	}
	var r Report
	if err == nil {
		m, r, err = check(ctx, url, m, o)
	}
	if err != nil && lite {
		for _, end := range []string{"", "-wal", "-shm", ".lock"} {
			os.Remove(file + end)
		}
	}
	return m, r, err
}

// check opens what was restored, compares it with the manifest as long as the
// schema is the manifest's, and verifies it.
func check(ctx context.Context, url string, m Manifest, o db.Options) (Manifest, Report, error) {
	d, err := db.Connect(ctx, url, o)
	if err != nil {
		return m, Report{}, err
	}
	defer d.Close()
	got, err := Digest(ctx, d)
	if err == nil && got.Digest != m.Digest {
		err = fault.New(fault.Invalid, "backup.damaged", "file", differing(m, got))
	}
	if err == nil {
		err = d.Migrate(ctx)
	}
	if err == nil {
		err = emptyTransient(ctx, d)
	}
	if err != nil {
		return m, Report{}, err
	}
	r, err := Verify(ctx, d)
	return m, r, err
}

func differing(m, got Manifest) string {
	for i, t := range m.Tables {
		if i >= len(got.Tables) || got.Tables[i].Digest != t.Digest {
			return t.Name
		}
	}
	return manifestName
}

func emptyTransient(ctx context.Context, d *db.DB) error {
	return d.Write(ctx, func(tx *db.Tx) error {
		for _, t := range transient {
			if _, err := tx.Exec(`DELETE FROM ` + t); err != nil {
				return err
			}
		}
		return nil
	})
}

// readManifest reads what a backup says about itself, and what its files'
// checksums ought to be.
func readManifest(path string) (m Manifest, sums map[string]string, err error) {
	unreadable := func(err error) error {
		return fault.New(fault.Invalid, "backup.unreadable", "path", path).Because(err)
	}
	list, err := os.ReadFile(filepath.Join(path, sumsName))
	if err != nil {
		return m, nil, unreadable(err)
	}
	sums = map[string]string{}
	for line := range strings.Lines(string(list)) {
		if sum, name, ok := strings.Cut(strings.TrimSpace(line), "  "); ok {
			sums[name] = sum
		}
	}
	text, err := os.ReadFile(filepath.Join(path, manifestName))
	if err != nil {
		return m, nil, unreadable(err)
	}
	h := sha256.New()
	h.Write(text)
	if err := matches(h, sums, manifestName); err != nil {
		return m, nil, err
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, nil, unreadable(err)
	}
	if m.Format != format {
		return m, nil, fault.New(fault.Invalid, "backup.format", "format", m.Format, "known", format)
	}
	return m, sums, nil
}

func matches(h hash.Hash, sums map[string]string, name string) error {
	if hex.EncodeToString(h.Sum(nil)) != sums[name] {
		return fault.New(fault.Invalid, "backup.damaged", "file", name)
	}
	return nil
}

// restoreFile puts a copied SQLite file in place once it is known to be whole.
func restoreFile(path, file string, sums map[string]string) error {
	h, part := sha256.New(), file+".part"
	if err := os.RemoveAll(part); err != nil {
		return err
	}
	err := duplicate(part, filepath.Join(path, copyName), h)
	if err == nil {
		err = matches(h, sums, copyName)
	}
	if err == nil {
		err = os.Rename(part, file)
	}
	if err != nil {
		return errors.Join(err, os.RemoveAll(part))
	}
	return syncDir(filepath.Dir(file))
}

// restoreCopied loads a copied SQLite file into the other engine.
func restoreCopied(ctx context.Context, path, url string, m *Manifest, sums map[string]string, o db.Options) error {
	dir, err := os.MkdirTemp("", "joren-restore-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	twin := filepath.Join(dir, copyName)
	if err := restoreFile(path, twin, sums); err != nil {
		return err
	}
	from, err := db.Connect(ctx, "sqlite:"+twin, db.Options{MaxConns: 1})
	if err != nil {
		return err
	}
	defer from.Close()
	return load(ctx, url, m, o, func(_ *db.Tx, c Contents, t table, fn func([]any) error) error {
		return from.Read(ctx, func(tx *db.Tx) error {
			return eachRow(tx, t, func(row []any) error {
				for i, col := range t.columns {
					row[i] = col.fitted(row[i])
				}
				return fn(row)
			})
		})
	})
}

// load writes all tables in one transaction, under the schema they were
// written under.
func load(ctx context.Context, url string, m *Manifest, o db.Options, rows func(*db.Tx, Contents, table, func([]any) error) error) error {
	d, err := db.Connect(ctx, url, o)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Read(ctx, refuseUsed); err != nil {
		return err
	}
	if err := d.MigrateTo(ctx, m.Schema); err != nil {
		return err
	}
	return d.Write(ctx, func(tx *db.Tx) error {
		all, err := tables(tx)
		if err != nil {
			return err
		}
		if err := refuseUsed(tx); err != nil { // somebody was quicker
			return err
		}
		for _, c := range m.Tables {
			i := slices.IndexFunc(all, func(t table) bool { return t.name == c.Name })
			if i < 0 || !fits(c, all[i]) {
				return fault.New(fault.Invalid, "backup.damaged", "file", c.Name)
			}
			if err := loadTable(tx, c, all[i], rows); err != nil {
				return err
			}
		}
		return nil
	})
}

// refuseUsed refuses a database that holds more than what its migrations put
// there: single rows numbered 1.
func refuseUsed(tx *db.Tx) error {
	all, err := tables(tx)
	if err != nil {
		return err
	}
	for _, t := range all {
		q := `SELECT COUNT(*) FROM (SELECT 1 FROM ` + t.name + ` LIMIT 1) AS x`
		if t.order() == "id" && t.column("id") && t.typeOf("id") == "bigint" {
			q = `SELECT COUNT(*) FROM ` + t.name + ` WHERE id <> 1`
		}
		n, err := db.One(tx, nil, db.Value[int64], q)
		if err != nil {
			return err
		}
		if n > 0 {
			return fault.New(fault.Conflict, "backup.not_empty")
		}
	}
	return nil
}

func fits(c Contents, t table) bool {
	if len(c.Columns) != len(t.columns) {
		return false
	}
	for i, col := range c.Columns {
		if len(col) != 2 || t.columns[i].name != col[0] || t.columns[i].kind() != col[1] {
			return false
		}
	}
	return true
}

// Rows are written in batches: a statement's worth, or a megabyte.
const (
	batchRows  = 1000
	batchBytes = 1 << 20
)

func loadTable(tx *db.Tx, c Contents, t table, rows func(*db.Tx, Contents, table, func([]any) error) error) error {
	if _, err := tx.Exec(`DELETE FROM ` + t.name); err != nil {
		return err
	}
	cols := make([]string, len(t.columns))
	for i, col := range t.columns {
		cols[i] = col.name + " " + col.typ
	}
	insert := db.NewBulk(strings.Join(cols, ", "), `INSERT INTO `+t.name+` (`+t.names("")+`) SELECT `+t.names("u.")+` FROM u`)
	batch, args := make([][]any, len(cols)), make([]any, len(cols))
	n, size, total := 0, 0, int64(0)
	flush := func() error {
		if n == 0 {
			return nil
		}
		for i := range batch {
			args[i] = batch[i]
		}
		_, err := tx.Bulk(insert, args...)
		for i := range batch {
			batch[i] = batch[i][:0]
		}
		n, size = 0, 0
		return err
	}
	err := rows(tx, c, t, func(row []any) error {
		for i, v := range row {
			batch[i] = append(batch[i], v)
			size += length(v)
		}
		total++
		if n++; n >= batchRows || size >= batchBytes {
			return flush()
		}
		return nil
	})
	if err == nil {
		err = flush()
	}
	if err == nil && total != c.Rows {
		err = fault.New(fault.Invalid, "backup.damaged", "file", c.Name)
	}
	return err
}

func length(v any) int {
	switch x := v.(type) {
	case string:
		return len(x)
	case []byte:
		return len(x)
	}
	return 8
}

// readDumped reads a table's file line by line. Its checksum is known at the
// end, before anything is committed.
func readDumped(path string, c Contents, t table, sums map[string]string, fn func([]any) error) error {
	damaged := func(err error) error {
		return fault.New(fault.Invalid, "backup.damaged", "file", c.File).Because(err)
	}
	f, err := os.Open(filepath.Join(path, filepath.FromSlash(c.File)))
	if err != nil {
		return damaged(err)
	}
	defer f.Close()
	h := sha256.New()
	z, err := zstd.NewReader(io.TeeReader(f, h), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(8<<20))
	if err != nil {
		return damaged(err)
	}
	defer z.Close()
	lines := bufio.NewScanner(z)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	row := make([]any, len(t.columns))
	for lines.Scan() {
		if err := parseRow(bytes.TrimSuffix(lines.Bytes(), []byte("\r")), t.columns, row); err != nil {
			return damaged(err)
		}
		if err := fn(row); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return damaged(err)
	}
	if _, err := io.Copy(h, f); err != nil { // what the decoder had no need of
		return damaged(err)
	}
	return matches(h, sums, c.File)
}

// maxLine is longer than any row: a row's longest column is a revision's
// content of 4 Mi characters, each of up to 6 bytes when escaped.
const maxLine = 32 << 20

func (t table) typeOf(name string) string {
	for _, c := range t.columns {
		if c.name == name {
			return c.typ
		}
	}
	panic(fmt.Sprintf("proof: table %s has no column %s", t.name, name))
}
