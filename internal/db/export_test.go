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
