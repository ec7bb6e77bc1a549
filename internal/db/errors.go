package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	lite "modernc.org/sqlite/lib"

	"joren/internal/fault"
)

// Errors are classed by SQLSTATE (PostgreSQL, appendix A) and by SQLite's
// result code, never by their text: texts are translated and change.

func sqlstate(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// liteCode is SQLite's extended result code, 0 if err is none of its errors.
func liteCode(err error) int {
	var e *liteError
	if errors.As(err, &e) {
		return e.code
	}
	return 0
}

func primary(code int) int { return code & 0xff }

// Unique reports that a statement broke a unique or primary key: that, never
// which. Where it matters use ON CONFLICT DO NOTHING RETURNING.
func Unique(err error) bool {
	c := liteCode(err)
	return sqlstate(err) == "23505" || c == lite.SQLITE_CONSTRAINT_UNIQUE || c == lite.SQLITE_CONSTRAINT_PRIMARYKEY
}

// Breaks reports that a statement broke the CHECK constraint of this name.
// SQLite has no code for the name: it is all its text says.
func Breaks(err error, constraint string) bool {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code == "23514" && e.ConstraintName == constraint
	}
	return liteCode(err) == lite.SQLITE_CONSTRAINT_CHECK && strings.Contains(err.Error(), constraint)
}

// retryable reports that the whole transaction had no effect and may run
// again: serialization failure, deadlock, busy file.
func retryable(err error) bool {
	switch sqlstate(err) {
	case "40001", "40P01":
		return true
	}
	c := primary(liteCode(err))
	return c == lite.SQLITE_BUSY || c == lite.SQLITE_LOCKED
}

// definite reports that a COMMIT which gave err certainly did not take place.
// Everything else (08xxx, 40003, 57P01, a cut connection, a failed fsync)
// leaves it open.
func definite(err error) bool {
	if errors.Is(err, pgx.ErrTxCommitRollback) {
		return true
	}
	if s := sqlstate(err); len(s) == 5 {
		return s[:2] == "40" && s != "40003" || s[:2] == "23"
	}
	switch primary(liteCode(err)) {
	case lite.SQLITE_BUSY, lite.SQLITE_LOCKED, lite.SQLITE_CONSTRAINT, lite.SQLITE_FULL:
		return true
	}
	return false
}

func storageFailed(err error) bool { return primary(liteCode(err)) == lite.SQLITE_IOERR }

// explain gives engine errors that are not about one statement's data their
// fault; faults and all other errors pass.
func explain(err error) error {
	var f *fault.Fault
	if err == nil || errors.As(err, &f) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if code := faultCode(err); code != "" {
		return fault.New(fault.Unavailable, code).Because(err)
	}
	return err
}

func faultCode(err error) string {
	if s := sqlstate(err); len(s) == 5 {
		switch {
		case s == "53100":
			return "db.full"
		case s == "40001", s == "40P01", s == "55P03":
			return "db.busy"
		case s[:2] == "08", s[:2] == "53", s == "57P01", s == "57P02", s == "57P03":
			return "db.unavailable"
		}
		return ""
	}
	switch primary(liteCode(err)) {
	case lite.SQLITE_FULL:
		return "db.full"
	case lite.SQLITE_BUSY, lite.SQLITE_LOCKED:
		return "db.busy"
	case lite.SQLITE_IOERR, lite.SQLITE_CANTOPEN:
		return "db.unavailable"
	case lite.SQLITE_CORRUPT, lite.SQLITE_NOTADB:
		return "db.corrupt"
	}
	var n net.Error
	var c *pgconn.ConnectError
	if errors.As(err, &n) || errors.As(err, &c) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, driver.ErrBadConn) || errors.Is(err, net.ErrClosed) {
		return "db.unavailable"
	}
	return ""
}
