package db

import (
	"context"
	"strings"
	"sync/atomic"

	"joren/internal/clock"
	"joren/internal/fault"
)

// Engine is the kind of database behind a DB.
type Engine string

const (
	SQLite   Engine = "sqlite"
	Postgres Engine = "postgres"
)

// Options say how to open a database.
type Options struct {
	Clock    clock.Clock // default clock.System()
	Server   bool        // the one server of this database: a second on the same SQLite file is refused. Commands that write set it too.
	ReadOnly bool        // Write is refused and nothing is migrated; beside a running server
	MaxConns int         // connections for writing on PostgreSQL and for reading on both; 0 chooses

	// Inject is for tests of hostile conditions. It is called before each
	// statement ("exec", "query", "bulk"), before COMMIT ("commit") and after
	// it ("committed"); its error takes the place of the engine's.
	Inject func(point string) error
}

// DB is one programme's database. It is safe for use by many goroutines.
type DB struct {
	engine  Engine
	options Options
	host    host
	failed  atomic.Bool // the disk failed under a commit: nothing is written until restart
	counts  struct{ writes, retries, ambiguous atomic.Int64 }
}

// A host opens sessions on one engine.
type host interface {
	begin(ctx context.Context, write bool) (session, error)
	info(ctx context.Context) (Info, error)
	close() error
}

// Info describes an open database.
type Info struct {
	Engine  Engine
	Version string // of the engine, e.g. "3.54.1", "15.20"
	Bytes   int64  // size on disk
	Schema  int    // number of the newest migration applied
}

// Counts are totals since the database was opened, for metrics.
type Counts struct{ Writes, Retries, Ambiguous int64 }

// Open opens the database at url, sqlite:PATH or postgres://…, and brings its
// schema up to date.
//
// Faults: db.url, db.unavailable, db.second_server, db.sqlite_too_old,
// db.postgres_too_old, db.postgres_encoding, db.schema_newer,
// db.schema_older (read-only), db.migration_changed.
func Open(ctx context.Context, url string, o Options) (*DB, error) {
	d, err := Connect(ctx, url, o)
	if err != nil {
		return nil, err
	}
	if err := d.Migrate(ctx); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// Connect opens the database at url and leaves its schema alone.
func Connect(ctx context.Context, url string, o Options) (*DB, error) {
	if o.Clock.Shop == nil {
		o.Clock = clock.System()
	}
	d := &DB{options: o}
	var err error
	switch path, lite := strings.CutPrefix(url, "sqlite:"); {
	case lite && path != "":
		d.engine = SQLite
		d.host, err = openSQLite(path, o)
	case strings.HasPrefix(url, "postgres://"), strings.HasPrefix(url, "postgresql://"):
		d.engine = Postgres
		d.host, err = openPostgres(ctx, url, o)
	default:
		return nil, fault.New(fault.Invalid, "db.url")
	}
	if err != nil {
		return nil, explain(err)
	}
	return d, nil
}

func (d *DB) begin(ctx context.Context, write bool) (session, error) {
	if write && d.failed.Load() {
		return nil, fault.New(fault.Unavailable, "db.storage_failed")
	}
	return d.host.begin(ctx, write)
}

// Engine names the database engine.
func (d *DB) Engine() Engine { return d.engine }

// Clock is the clock the database was opened with.
func (d *DB) Clock() clock.Clock { return d.options.Clock }

// Counts reads the totals since opening.
func (d *DB) Counts() Counts {
	return Counts{d.counts.writes.Load(), d.counts.retries.Load(), d.counts.ambiguous.Load()}
}

// Info asks the engine for its version and size.
func (d *DB) Info(ctx context.Context) (Info, error) {
	i, err := d.host.info(ctx)
	if err != nil {
		return Info{}, explain(err)
	}
	i.Engine = d.engine
	err = d.Read(ctx, func(tx *Tx) error {
		i.Schema, err = One(tx, nil, Value[int], `SELECT COALESCE(MAX(version), 0) FROM schema_migration`)
		return err
	})
	return i, err
}

// Close waits for running transactions and closes the database.
func (d *DB) Close() error { return d.host.close() }
