package db

import (
	"context"
	"io/fs"
	"math"
)

// MigrateFrom migrates from other files than the embedded ones.
func MigrateFrom(d *DB, ctx context.Context, files fs.FS) error {
	return d.migrate(ctx, files, math.MaxInt)
}

// OnSQLite is a bulk's statement on SQLite, and how many columns of it are
// given back without asking.
func OnSQLite(b Bulk) (text string, echoed int) { return b.sqlite, len(b.echo) }

// Checkpoint brings the log of an SQLite database into its file, as far as its
// readers let it.
func Checkpoint(d *DB) error {
	h := d.host.(*liteHost)
	w := <-h.writer
	defer func() { h.writer <- w }()
	return w.run("PRAGMA wal_checkpoint(PASSIVE)")
}

// Fetched counts the pieces that were read ahead.
func Fetched() int64 { return fetched.Load() }

// Lent is how many pieces were read to be lent.
func Lent() int64 { return lent.Load() }
