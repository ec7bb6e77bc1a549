// Package dbtest gives tests real databases: a fresh, migrated SQLite file and
// a fresh, migrated PostgreSQL database each, gone when the test ends. A
// PostgreSQL database is borrowed from a pool that all test processes share and
// is emptied, not dropped, which costs a tenth of making one.
//
//	dbtest.Run(t, func(t *testing.T, d *db.DB) { … })
//
// PostgreSQL is the server at JOREN_TEST_POSTGRES or, without it, a throw-away
// cluster in the temporary directory that all test processes of the machine
// share; it starts with the first test and runs on until
// go run ./internal/db/dbtest/cmd stop. Without any PostgreSQL the postgres
// subtests are skipped, or fail where CI=true or JOREN_REQUIRE_POSTGRES=1.
//
// It is for tests only, and the one place beside cmd that reads the
// environment.
package dbtest

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
)

// An Option changes how the test's database is opened.
type Option func(*db.Options)

// WithClock opens it with clock c.
func WithClock(c clock.Clock) Option { return func(o *db.Options) { o.Clock = c } }

// WithInject calls f at each point of the database's work; see db.Options.
func WithInject(f func(point string) error) Option { return func(o *db.Options) { o.Inject = f } }

// Run runs fn as subtests "sqlite" and "postgres", each with a fresh database.
func Run(t *testing.T, fn func(t *testing.T, d *db.DB), opts ...Option) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { fn(t, SQLite(t, opts...)) })
	t.Run("postgres", func(t *testing.T) { fn(t, Postgres(t, opts...)) })
}

// Bench is Run for benchmarks.
func Bench(b *testing.B, fn func(b *testing.B, d *db.DB), opts ...Option) {
	b.Run("sqlite", func(b *testing.B) { fn(b, SQLite(b, opts...)) })
	b.Run("postgres", func(b *testing.B) { fn(b, Postgres(b, opts...)) })
}

// SQLite opens a fresh SQLite database.
func SQLite(t testing.TB, opts ...Option) *db.DB {
	t.Helper()
	return Open(t, URL(t, db.SQLite), opts...)
}

// Postgres opens a fresh PostgreSQL database.
func Postgres(t testing.TB, opts ...Option) *db.DB {
	t.Helper()
	return Open(t, URL(t, db.Postgres), opts...)
}

// Open opens the database at url until the test ends.
func Open(t testing.TB, url string, opts ...Option) *db.DB {
	t.Helper()
	var o db.Options
	for _, f := range opts {
		f(&o)
	}
	d, err := db.Open(context.Background(), url, o)
	if err != nil {
		t.Fatalf("dbtest: open: %v", err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// URL makes a fresh migrated database and returns its address; it is removed
// when the test ends.
func URL(t testing.TB, e db.Engine) string {
	t.Helper()
	if e == db.SQLite {
		return "sqlite:" + freshFile(t)
	}
	server, err := server()
	if err != nil {
		if os.Getenv("CI") == "true" || os.Getenv("JOREN_REQUIRE_POSTGRES") == "1" {
			t.Fatalf("dbtest: PostgreSQL is required here: %v", err)
		}
		t.Skipf("SKIPPED, NOT PROVED ON POSTGRESQL: %v", err)
	}
	name, release, err := borrow(server, func() string { return template(t, server) })
	if err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	t.Cleanup(func() {
		if err := release(); err != nil {
			t.Errorf("dbtest: give %s back: %v", name, err)
		}
	})
	return database(server, name)
}

// template makes the migrated template database once for each state of the
// migrations, however many processes ask for it at a time.
func template(t testing.TB, server string) string {
	t.Helper()
	name := "joren_template2_" + db.SchemaHash(db.Postgres)
	ctx := context.Background()
	c, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	defer c.Close(ctx) // ends the advisory lock
	var there bool
	exists := `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1 AND datallowconn = false)`
	if err := c.QueryRow(ctx, exists, name).Scan(&there); err == nil && there {
		return name
	}
	if _, err := c.Exec(ctx, `SELECT pg_advisory_lock(20261122)`); err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	if err := c.QueryRow(ctx, exists, name).Scan(&there); err != nil || there {
		return name
	}
	for _, q := range []string{`DROP DATABASE IF EXISTS ` + name + ` WITH (FORCE)`, `CREATE DATABASE ` + name} {
		if _, err := c.Exec(ctx, q); err != nil {
			t.Fatalf("dbtest: %v", err)
		}
	}
	d, err := db.Open(ctx, database(server, name), db.Options{})
	if err != nil {
		t.Fatalf("dbtest: migrate: %v", err)
	}
	d.Close()
	if err := keepSeeds(ctx, database(server, name)); err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	retireOld(ctx, c, name)
	// Closed to sessions it can be copied at any time, and marks it complete.
	if _, err := c.Exec(ctx, `ALTER DATABASE `+name+` ALLOW_CONNECTIONS false`); err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	return name
}

// database puts another database name into a server's address.
func database(server, name string) string {
	base, query, _ := strings.Cut(server, "?")
	scheme, rest, _ := strings.Cut(base, "://")
	host, _, _ := strings.Cut(rest, "/")
	return scheme + "://" + host + "/" + name + "?" + query
}

// freshFile copies a migrated SQLite file.
func freshFile(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "joren.db")
	from := filepath.Join(home(), "template-"+db.SchemaHash(db.SQLite)+".db")
	if _, err := os.Stat(from); err != nil {
		makeFile(t, from)
	}
	if err := copyFile(path, from); err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	return path
}

func makeFile(t testing.TB, path string) {
	t.Helper()
	if err := os.MkdirAll(home(), 0o755); err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	draft := filepath.Join(t.TempDir(), "template.db")
	d, err := db.Open(context.Background(), "sqlite:"+draft, db.Options{})
	if err != nil {
		t.Fatalf("dbtest: migrate: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	// Copied under another name first: a process that finds it finds it whole.
	part := path + "." + ident.New().String()
	if err := copyFile(part, draft); err != nil {
		t.Fatalf("dbtest: %v", err)
	}
	if err := os.Rename(part, path); err != nil {
		t.Fatalf("dbtest: %v", err)
	}
}

func copyFile(to, from string) error {
	r, err := os.Open(from)
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := os.Create(to)
	if err != nil {
		return err
	}
	if _, err := io.Copy(w, r); err != nil {
		w.Close()
		return err
	}
	return w.Close()
}
