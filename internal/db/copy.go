package db

import (
	"context"
	"os"

	"joren/internal/fault"
)

// Copy writes a consistent copy of a SQLite database to a new file while
// others go on writing, and makes it durable. PostgreSQL has no such thing:
// fault db.no_copy.
func (d *DB) Copy(ctx context.Context, path string) error {
	h, ok := d.host.(*liteHost)
	if !ok {
		return fault.New(fault.Invalid, "db.no_copy")
	}
	return explain(h.copyTo(ctx, path))
}

// copyTo runs VACUUM INTO on a connection of its own: one read transaction, so
// the writer is not held up, and a copy without free pages.
func (h *liteHost) copyTo(ctx context.Context, path string) error {
	c, err := h.connect(true, false)
	if err != nil {
		return err
	}
	defer c.close()
	s := &liteSession{c: c, interruptible: true}
	if _, err := s.exec(ctx, "VACUUM INTO $1", []cell{textCell(path)}); err != nil {
		os.Remove(path)
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}
