package db

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"io/fs"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"joren/internal/fault"
)

//go:embed migrations
var embedded embed.FS

// A migration is one forward step of the schema: NNNN_name.sql for both
// engines, or a pair NNNN_name.sqlite.sql and NNNN_name.postgres.sql.
//
// The runner is our own and not goose's: the rendered text, the remembered
// hash, the refusal of a newer schema and the lock are what there is to do,
// and goose has none of them; its loop over files is the rest.
type migration struct {
	version int
	name    string
	hash    string // SHA-256 of the file as committed
	sql     string // rendered for the engine
}

var fileName = regexp.MustCompile(`^(\d{4})_([a-z0-9_]+?)(?:\.(sqlite|postgres))?\.sql$`)

// readMigrations lists the migrations of one engine by number.
func readMigrations(files fs.FS, e Engine) ([]migration, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return nil, err
	}
	var ms []migration
	for _, n := range names {
		m := fileName.FindStringSubmatch(n)
		if m == nil {
			return nil, errors.New("db: migration " + n + " is not named NNNN_name.sql")
		}
		if m[3] != "" && m[3] != string(e) {
			continue
		}
		text, err := fs.ReadFile(files, n)
		if err != nil {
			return nil, err
		}
		version, _ := strconv.Atoi(m[1])
		sum := sha256.Sum256(text)
		ms = append(ms, migration{version, m[2], hex.EncodeToString(sum[:]), render(string(text), e)})
	}
	slices.SortFunc(ms, func(a, b migration) int { return a.version - b.version })
	for i := 1; i < len(ms); i++ {
		if ms[i].version == ms[i-1].version {
			return nil, errors.New("db: two migrations numbered " + strconv.Itoa(ms[i].version))
		}
	}
	return ms, nil
}

// SchemaHash is a digest of all migrations of an engine, for tests that keep
// a migrated template.
func SchemaHash(e Engine) string {
	sub, err := fs.Sub(embedded, "migrations")
	if err != nil {
		panic(err)
	}
	ms, err := readMigrations(sub, e)
	if err != nil {
		panic(err)
	}
	h := sha256.New()
	for _, m := range ms {
		h.Write([]byte(m.sql))
		h.Write([]byte(m.hash))
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// Migrate brings the schema up to date, each migration in a transaction of its
// own. Two nodes may start at once: the second waits and finds the work done.
func (d *DB) Migrate(ctx context.Context) error { return d.MigrateTo(ctx, math.MaxInt) }

// MigrateTo is Migrate up to one migration and no further, for data that were
// written under it.
func (d *DB) MigrateTo(ctx context.Context, version int) error {
	sub, err := fs.Sub(embedded, "migrations")
	if err != nil {
		return err
	}
	return d.migrate(ctx, sub, version)
}

func (d *DB) migrate(ctx context.Context, files fs.FS, newest int) error {
	ms, err := readMigrations(files, d.engine)
	if err != nil {
		return err
	}
	ms = slices.DeleteFunc(ms, func(m migration) bool { return m.version > newest })
	if d.options.ReadOnly {
		return d.Read(ctx, func(tx *Tx) error {
			todo, err := pending(tx, ms)
			if err == nil && len(todo) > 0 {
				err = fault.New(fault.Unavailable, "db.schema_older", "missing", todo[0].version)
			}
			return err
		})
	}
	if err := d.createRecord(ctx); err != nil {
		return err
	}
	for {
		more := false
		err := d.Write(ctx, func(tx *Tx) error {
			if err := lockRecord(tx); err != nil {
				return err
			}
			todo, err := pending(tx, ms)
			if err != nil || len(todo) == 0 {
				return err
			}
			more = len(todo) > 1
			return apply(tx, todo[0])
		})
		if err != nil || !more {
			return err
		}
	}
}

// createRecord makes the table of applied migrations. Two nodes that do so at
// the same time collide in PostgreSQL's catalogue in spite of IF NOT EXISTS;
// the loser looks again.
func (d *DB) createRecord(ctx context.Context) error {
	create := func(tx *Tx) error {
		_, err := tx.Exec(render(`CREATE TABLE IF NOT EXISTS schema_migration (
			version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL, applied_at BIGINT NOT NULL);`, d.engine))
		return err
	}
	err := d.Write(ctx, create)
	switch sqlstate(err) {
	case "23505", "42P07", "42710": // the row, the table or its row type is there meanwhile
		err = d.Write(ctx, create)
	}
	return err
}

// lockRecord keeps other nodes out until the transaction ends. SQLite's one
// writer does so by itself.
func lockRecord(tx *Tx) error {
	if tx.Engine() == SQLite {
		return nil
	}
	_, err := tx.Exec("LOCK TABLE schema_migration IN EXCLUSIVE MODE")
	return err
}

type applied struct {
	version int
	hash    string
}

// pending compares what is applied with the files.
func pending(tx *Tx, ms []migration) ([]migration, error) {
	done, err := Query(tx, func(r Row) (a applied, err error) {
		err = r.Scan(&a.version, &a.hash)
		return a, err
	}, "SELECT version, sha256 FROM schema_migration ORDER BY version")
	if err != nil {
		return nil, err
	}
	newest := 0
	if len(ms) > 0 {
		newest = ms[len(ms)-1].version
	}
	for _, a := range done {
		i := slices.IndexFunc(ms, func(m migration) bool { return m.version == a.version })
		switch {
		case a.version > newest:
			return nil, fault.New(fault.Unavailable, "db.schema_newer", "schema", a.version, "known", newest)
		case i < 0 || ms[i].hash != a.hash:
			return nil, fault.New(fault.Unavailable, "db.migration_changed", "version", a.version)
		}
		ms = slices.Concat(ms[:i], ms[i+1:])
	}
	return ms, nil
}

func apply(tx *Tx, m migration) error {
	if _, err := tx.Exec(m.sql); err != nil {
		return fault.New(fault.Internal, "db.migration_failed", "version", m.version, "name", m.name).Because(err)
	}
	_, err := tx.Exec("INSERT INTO schema_migration (version, name, sha256, applied_at) VALUES ($1, $2, $3, $4)", m.version, m.name, m.hash, tx.Wall)
	return err
}

var (
	integers      = regexp.MustCompile(`\b(BIGINT|BOOLEAN)\b`)
	blobs         = regexp.MustCompile(`\b(UUID|BYTEA)\b`)
	double        = regexp.MustCompile(`\bDOUBLE PRECISION\b`)
	fillfactor    = regexp.MustCompile(`(?i)\)\s*WITH\s*\(\s*fillfactor\s*=\s*\d+\s*\)`)
	endOfTable    = regexp.MustCompile(`(?s)(CREATE TABLE\b[^;]*)\)(\s*CLUSTERED)?\s*;`)
	text          = regexp.MustCompile(`\bTEXT\b(\s+COLLATE\b)?`)
	clusteredWord = regexp.MustCompile(`(\))\s*CLUSTERED\s*;`)
	bytesLit      = regexp.MustCompile(`'\\x([0-9a-f]*)'`)
	comment       = regexp.MustCompile(`--[^\n]*`)
)

// render turns the one text, PostgreSQL flavoured, words in capitals, into an
// engine's own. Texts sort bytewise on both, as the "C" collation does. Bytes
// are written '\x00ff', none '\x'. A table that ends in ") CLUSTERED;" is kept
// by its primary key on SQLite (WITHOUT ROWID): one tree instead of two, for
// narrow rows.
func render(q string, e Engine) string {
	q = comment.ReplaceAllString(q, "")
	if e == Postgres {
		return outsideQuotes(q, func(c string) string {
			c = clusteredWord.ReplaceAllString(c, "$1;")
			return text.ReplaceAllStringFunc(c, func(w string) string {
				if w != "TEXT" {
					return w
				}
				return `TEXT COLLATE "C"`
			})
		})
	}
	q = outsideQuotes(q, func(c string) string {
		c = integers.ReplaceAllString(c, "INTEGER")
		c = blobs.ReplaceAllString(c, "BLOB")
		c = double.ReplaceAllString(c, "REAL")
		return fillfactor.ReplaceAllString(c, ")")
	})
	q = bytesLit.ReplaceAllString(q, "x'$1'")
	return endOfTable.ReplaceAllStringFunc(strings.TrimSpace(q), func(table string) string {
		m := endOfTable.FindStringSubmatch(table)
		if m[2] != "" {
			return m[1] + ") STRICT, WITHOUT ROWID;"
		}
		return m[1] + ") STRICT;"
	})
}
