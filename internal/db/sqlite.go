package db

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"joren/internal/fault"
)

// liteHost is a SQLite file: one connection that writes and a few that read.
type liteHost struct {
	path    string
	writer  chan *liteConn // holds the one writer while it is free
	readers chan *liteConn // holds free readers; nil stands for one not yet opened
	lock    io.Closer      // of the server, or nil
	closing sync.Once
}

// WAL and synchronous=FULL: a commit is on disk when it answers. The long
// checkpoint interval (16,000 pages, 64 MB) buys a fifth more writes and costs
// a larger WAL. Before 3.51.3 a reset WAL could corrupt the file when one
// connection wrote while another checkpointed (sqlite.org/wal.html).
const oldestSQLite = "3.51.3"

var pragmas = []string{
	"busy_timeout=5000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "wal_autocheckpoint=16000",
	"temp_store=MEMORY", "trusted_schema=OFF", "journal_size_limit=67108864",
}

func openSQLite(path string, o Options) (*liteHost, error) {
	h := &liteHost{path: path, writer: make(chan *liteConn, 1)}
	if o.ReadOnly {
		if _, err := os.Stat(path); err != nil {
			return nil, fault.New(fault.Unavailable, "db.unavailable").Because(err)
		}
	}
	if o.Server {
		lock, err := lockFile(path + ".lock")
		if err != nil {
			return nil, err
		}
		h.lock = lock
	}
	w, err := h.connect(true, o.ReadOnly)
	if err == nil {
		err = checkSQLite(w)
	}
	if err != nil {
		if w != nil {
			w.close()
		}
		h.unlock()
		return nil, err
	}
	h.writer <- w
	n := o.MaxConns
	if n <= 0 {
		n = max(4, 2*runtime.GOMAXPROCS(0))
	}
	h.readers = make(chan *liteConn, n)
	for range n {
		h.readers <- nil
	}
	return h, nil
}

func checkSQLite(c *liteConn) error {
	v, err := c.text("SELECT sqlite_version()")
	if err != nil {
		return err
	}
	if !atLeast(v, oldestSQLite) {
		return fault.New(fault.Unavailable, "db.sqlite_too_old", "version", v, "needed", oldestSQLite)
	}
	mode, err := c.text("PRAGMA journal_mode")
	if err == nil && mode != "wal" {
		err = fault.New(fault.Unavailable, "db.unavailable").Because(fmt.Errorf("journal mode is %s, not wal: the file system lacks shared memory", mode))
	}
	return err
}

// atLeast compares dotted version numbers.
func atLeast(have, want string) bool {
	h, w := strings.Split(have, "."), strings.Split(want, ".")
	for i := range w {
		if i >= len(h) {
			return false
		}
		a, _ := strconv.Atoi(h[i])
		b, _ := strconv.Atoi(w[i])
		if a != b {
			return a > b
		}
	}
	return true
}

func (h *liteHost) connect(writer, readOnly bool) (*liteConn, error) {
	abs, err := filepath.Abs(h.path)
	if err != nil {
		return nil, err
	}
	c, err := openLite(abs)
	if err != nil {
		return nil, err
	}
	for _, p := range pragmas {
		if err := c.run("PRAGMA " + p); err != nil {
			c.close()
			return nil, err
		}
	}
	cache := "PRAGMA cache_size=-16384"
	if writer {
		cache = "PRAGMA cache_size=-65536"
	}
	err = c.run(cache)
	if err == nil && (!writer || readOnly) {
		err = c.run("PRAGMA query_only=ON")
	}
	if err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

func (h *liteHost) begin(ctx context.Context, write bool) (session, error) {
	pool, begin := h.readers, "BEGIN"
	if write {
		pool, begin = h.writer, "BEGIN IMMEDIATE"
	}
	var c *liteConn
	select {
	case c = <-pool:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if c == nil {
		var err error
		if c, err = h.connect(false, true); err != nil {
			pool <- nil
			return nil, err
		}
	}
	if err := c.run(begin); err != nil {
		pool <- c
		return nil, err
	}
	return &liteSession{c: c, pool: pool, interruptible: !write}, nil
}

func (h *liteHost) info(ctx context.Context) (i Info, err error) {
	s, err := h.begin(ctx, false)
	if err != nil {
		return i, err
	}
	defer s.rollback()
	if i.Version, err = s.(*liteSession).c.text("SELECT sqlite_version()"); err != nil {
		return i, err
	}
	for _, f := range []string{h.path, h.path + "-wal"} {
		if st, err := os.Stat(f); err == nil {
			i.Bytes += st.Size()
		}
	}
	return i, nil
}

func (h *liteHost) close() (err error) {
	h.closing.Do(func() {
		for range cap(h.readers) {
			if c := <-h.readers; c != nil {
				err = errors.Join(err, c.close())
			}
		}
		err = errors.Join(err, (<-h.writer).close())
		h.unlock()
	})
	return err
}

func (h *liteHost) unlock() {
	if h.lock != nil {
		h.lock.Close()
	}
}
