package db

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"runtime"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"joren/internal/fault"
)

// pgHost is a PostgreSQL database: a pool that writes and one that reads, so
// that reports never keep a purchase waiting for a connection.
type pgHost struct {
	write, read *pgxpool.Pool
	closing     sync.Once
}

const (
	oldestPostgres = 14
	wireBuffer     = 256 << 10        // about as much as waits in a socket
	commitTimeout  = 30 * time.Second // how long an answer to COMMIT is waited for
)

func openPostgres(ctx context.Context, url string, o Options) (*pgHost, error) {
	write, err := pgPool(url, o)
	if err != nil {
		return nil, err
	}
	read, err := pgPool(url, o)
	if err != nil {
		write.Close()
		return nil, err
	}
	h := &pgHost{write: write, read: read}
	if err := h.check(ctx); err != nil {
		h.close()
		return nil, err
	}
	return h, nil
}

func pgPool(url string, o Options) (*pgxpool.Pool, error) {
	c, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fault.New(fault.Invalid, "db.url") // the cause may show the password
	}
	if c.MaxConns = int32(o.MaxConns); c.MaxConns <= 0 {
		c.MaxConns = int32(max(4, 2*runtime.GOMAXPROCS(0)))
	}
	if _, set := c.ConnConfig.RuntimeParams["application_name"]; !set {
		c.ConnConfig.RuntimeParams["application_name"] = "joren"
	}
	c.ConnConfig.BuildFrontend = func(r io.Reader, w io.Writer) *pgproto3.Frontend {
		return pgproto3.NewFrontend(bufio.NewReaderSize(r, wireBuffer), w)
	}
	c.AfterConnect = func(_ context.Context, conn *pgx.Conn) error {
		registerArrays(conn.TypeMap())
		return nil
	}
	return pgxpool.NewWithConfig(context.Background(), c)
}

func (h *pgHost) check(ctx context.Context) error {
	var version int
	var encoding string
	err := h.write.QueryRow(ctx, `SELECT current_setting('server_version_num')::int, current_setting('server_encoding')`).Scan(&version, &encoding)
	if err != nil {
		return fault.New(fault.Unavailable, "db.unavailable").Because(err)
	}
	if version/10000 < oldestPostgres {
		return fault.New(fault.Unavailable, "db.postgres_too_old", "version", version/10000, "needed", oldestPostgres)
	}
	if encoding != "UTF8" {
		return fault.New(fault.Unavailable, "db.postgres_encoding", "encoding", encoding)
	}
	return nil
}

// A writing transaction finds its rows by key, one after another in the order
// of the arrays, which is what keeps writers with sorted arrays from
// deadlocking. Left to itself the planner joins a small or freshly made table
// by hash and locks in whatever order its pages have. The settings end with the
// transaction and leave no state behind in a pooled session. (A scan that
// cannot be avoided carries a huge cost then, which would wake the JIT.)
var (
	beginWrite = []string{"BEGIN ISOLATION LEVEL READ COMMITTED",
		`SELECT set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_hashjoin', 'off', true),
			set_config('enable_mergejoin', 'off', true), set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)`}
	beginRead = []string{"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"}
)

func (h *pgHost) begin(ctx context.Context, write bool) (session, error) {
	pool, opening := h.read, beginRead
	if write {
		pool, opening = h.write, beginWrite
	}
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	return &pgSession{conn: conn, opening: opening}, nil
}

func (h *pgHost) info(ctx context.Context) (i Info, err error) {
	err = h.read.QueryRow(ctx, `SELECT split_part(current_setting('server_version'), ' ', 1), pg_database_size(current_database())`).Scan(&i.Version, &i.Bytes)
	return i, err
}

func (h *pgHost) close() error {
	h.closing.Do(func() {
		h.write.Close()
		h.read.Close()
	})
	return nil
}

// pgSession is a transaction on a connection of a pool. It begins with its
// first statement, and where that is one of several in a message, in the same
// message. A cancelled context cuts the connection in the middle of a
// statement, which rolls back; COMMIT alone does not listen to it, for a cut
// there would leave the outcome open.
type pgSession struct {
	conn    *pgxpool.Conn
	opening []string // statements that begin it, until they are sent
}

// open begins the transaction unless it has begun.
func (s *pgSession) open(ctx context.Context) error {
	if len(s.opening) == 0 {
		return nil
	}
	var b pgx.Batch
	s.queueOpening(&b)
	return s.conn.SendBatch(ctx, &b).Close()
}

func (s *pgSession) queueOpening(b *pgx.Batch) (n int) {
	for _, q := range s.opening {
		b.Queue(q)
	}
	n, s.opening = len(s.opening), nil
	return n
}

func (s *pgSession) exec(ctx context.Context, q string, args []cell) (int64, error) {
	if err := s.open(ctx); err != nil {
		return 0, err
	}
	tag, err := s.conn.Exec(ctx, q, pgArgs(args)...)
	return tag.RowsAffected(), err
}

func (s *pgSession) query(ctx context.Context, q string, args []cell, each func(Row) error) error {
	_, err := s.rows(ctx, q, pgArgs(args), each)
	return err
}

// rows per statement: a million-row array would be one message and one plan
// node's memory on the server.
const maxArray = 10000

func (s *pgSession) bulk(ctx context.Context, b *Bulk, cols []column, n int, each func(Row) error) (rows int64, err error) {
	if err := s.open(ctx); err != nil {
		return 0, err
	}
	for from := 0; from < n; from += maxArray {
		args, err := arrays(b, cols, from, min(from+maxArray, n))
		if err != nil {
			return rows, err
		}
		var k int64
		if each != nil {
			k, err = s.rows(ctx, b.postgres, args, each)
		} else {
			var tag pgconn.CommandTag
			tag, err = s.conn.Exec(ctx, b.postgres, args...)
			k = tag.RowsAffected()
		}
		if rows += k; err != nil {
			return rows, err
		}
	}
	return rows, nil
}

// arrays are the arguments of a bulk's rows from up to, not including, to.
func arrays(b *Bulk, cols []column, from, to int) ([]any, error) {
	args := make([]any, len(cols))
	for j, col := range cols {
		a, err := newArray(b.types[j], col, from, to)
		if err != nil {
			return nil, fmt.Errorf("%w (column %s)", err, b.names[j])
		}
		args[j] = a
	}
	return args, nil
}

func (s *pgSession) rows(ctx context.Context, q string, args []any, each func(Row) error) (n int64, err error) {
	if err := s.open(ctx); err != nil {
		return 0, err
	}
	rows, err := s.conn.Query(ctx, q, args...)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	r := &pgRow{rows}
	for rows.Next() {
		n++
		if err := each(r); err != nil {
			return n, err
		}
	}
	return n, rows.Err()
}

func (s *pgSession) commit() error {
	defer s.conn.Release() // which closes what is not idle
	if len(s.opening) > 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), commitTimeout)
	defer cancel()
	tag, err := s.conn.Exec(ctx, "COMMIT")
	if err == nil && tag.String() == "ROLLBACK" {
		err = pgx.ErrTxCommitRollback
	}
	return err
}

func (s *pgSession) release() { s.conn.Release() }

func (s *pgSession) rollback() {
	defer s.conn.Release()
	if len(s.opening) > 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), commitTimeout)
	defer cancel()
	s.conn.Exec(ctx, "ROLLBACK") // a connection that cannot roll back is closed, which does
}

func pgArgs(cells []cell) []any {
	args := make([]any, len(cells))
	for i, c := range cells {
		switch c.kind {
		case isInt:
			args[i] = c.i
		case isFloat:
			args[i] = c.float()
		case isBool:
			args[i] = c.i != 0
		case isText:
			args[i] = c.s
		case isBytes:
			args[i] = c.b
		case isUUID:
			args[i] = pgtype.UUID{Bytes: [16]byte(c.b), Valid: true}
		}
	}
	return args
}
