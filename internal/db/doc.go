// Package db is the only room that knows database engines: SQLite (embedded,
// the default) and PostgreSQL. Everyone else writes one SQL text with $N
// placeholders in the subset both engines share and gets a [Tx] to run it in.
//
// Its words: a DB is one programme's database; [DB.Write] is one short
// transaction that may run again, [DB.Read] one snapshot; a [Bulk] is one
// statement over many rows of arguments, named relation u inside it.
//
// What goes in and comes out is the same on both engines:
//
//	ident.ID        UUID   (zero is NULL)      clock.Instant  BIGINT (0 is NULL)
//	clock.Day       TEXT   (0 is NULL)         int, int64 …   BIGINT
//	string          TEXT                       bool           BOOLEAN
//	json.RawMessage TEXT   (nil is NULL)       []byte         BYTEA  (nil is NULL)
//	pointer         its value or NULL          float64        DOUBLE PRECISION
//
// and named types of these kinds, and anything with Value and Scan.
//
// Traps it cannot hide: never CAST($1 AS uuid) or bytea (SQLite makes a
// number of it); a column compared with $1 gives the parameter its type on
// PostgreSQL, a bare $1 in a SELECT list needs CAST($1 AS BIGINT); SUM of
// BIGINT is NUMERIC on PostgreSQL and scans into int64 all the same.
//
// It must not know a business word, and no other package may import
// database/sql's drivers.
package db
