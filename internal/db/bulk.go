package db

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A Bulk is one statement over a relation u of argument rows. Make it once,
// as a package variable, with [NewBulk]; run it with [Tx.Bulk] or [BulkQuery].
type Bulk struct {
	names, types []string
	kinds        []cellKind // of types
	postgres     string
	sqlite       string
	echo         []int // on SQLite: the arguments that the returned columns repeat, see liteText
}

// NewBulk declares the columns of u once, "h uuid, p bigint, t text", and the
// statement over it:
//
//	INSERT INTO t (a, b) SELECT u.h, u.p FROM u [ON CONFLICT …] [RETURNING …]
//	UPDATE t SET b = u.p FROM u WHERE t.a = u.h [RETURNING …]
//	DELETE FROM t WHERE a IN (SELECT u.h FROM u)
//	SELECT t.b FROM u JOIN t ON t.a = u.h
//
// Types are uuid, bigint, text, boolean, bytea and double. Write every
// reference as u.name; never alias u.
//
// PostgreSQL runs it once: WITH u AS (SELECT * FROM unnest($1::uuid[], …)).
// SQLite prepares it once and runs it row by row: where u stands alone in
// FROM, or first before a JOIN, its columns become bound parameters, elsewhere
// u becomes a one-row CTE; INSERT and UPDATE become INSERT OR FAIL … VALUES and
// UPDATE OR FAIL.
// Hence the rules:
//
//   - Each row must mean the same alone as among the others: no aggregate,
//     window, LIMIT or ORDER BY over u, no row of u that reads what another
//     row of it wrote.
//   - Rows that touch the same target row must not stand in one call
//     (PostgreSQL updates once, SQLite twice; ON CONFLICT DO UPDATE refuses).
//   - Rows are visited in the order of the arrays, so arrays sorted by key
//     take locks in key order and writers do not deadlock. On PostgreSQL this
//     holds because a writing transaction allows no other plan than a loop
//     over u by index: give the joined column one. Should a plan still differ
//     the cost is a deadlock, and Write runs again.
//   - RETURNING comes back in no promised order: return the key.
func NewBulk(cols, stmt string) Bulk {
	var b Bulk
	for _, c := range strings.Split(cols, ",") {
		f := strings.Fields(c)
		if len(f) != 2 || typeKinds[f[1]] == isNull {
			panic("db: bulk column " + strconv.Quote(c) + " is not \"name type\"")
		}
		b.names, b.types, b.kinds = append(b.names, f[0]), append(b.types, f[1]), append(b.kinds, typeKinds[f[1]])
	}
	stmt = strings.TrimSpace(stmt)
	b.postgres = withRelation(stmt, b.unnest())
	b.sqlite, b.echo = b.liteText(stmt)
	return b
}

func (b Bulk) unnest() string {
	var args []string
	for i, t := range b.types {
		if t == "double" {
			t = "double precision"
		}
		args = append(args, fmt.Sprintf("$%d::%s[]", i+1, t))
	}
	return fmt.Sprintf("u AS (SELECT * FROM unnest(%s) AS u(%s))", strings.Join(args, ", "), strings.Join(b.names, ", "))
}

var startsWith = regexp.MustCompile(`(?is)^WITH\s+(RECURSIVE\s+)?`)

// withRelation puts the common table expression for u in front of stmt.
func withRelation(stmt, u string) string {
	if m := startsWith.FindStringSubmatchIndex(stmt); m != nil {
		return stmt[:m[1]] + u + ", " + stmt[m[1]:]
	}
	return "WITH " + u + " " + stmt
}

var (
	columnOfU = regexp.MustCompile(`\bu\.([a-z_0-9]+)\b`)
	wordU     = regexp.MustCompile(`\bu\b`)
	fromU     = regexp.MustCompile(`(?is)\s+FROM\s+u(\s+WHERE\b|\s+ON\s+CONFLICT\b|\s+RETURNING\b|\s*\)|\s*$)`)
	conflict  = regexp.MustCompile(`(?is)(\bFROM\s+u)(\s+ON\s+CONFLICT\b)`)
)

// rowByRow is the statement for one row, bound as ?1, ?2, …: with u's columns
// replaced by parameters where every FROM u stands alone or before a JOIN, else
// with u as a one-row table expression.
func (b Bulk) rowByRow(stmt string) string {
	direct := outsideQuotes(stmt, func(code string) string {
		code = columnOfU.ReplaceAllStringFunc(code, func(ref string) string {
			i := slices.Index(b.names, ref[2:])
			if i < 0 {
				panic("db: bulk statement names " + ref + ", which is not declared")
			}
			return "?" + strconv.Itoa(i+1)
		})
		return fromU.ReplaceAllString(code, "$1")
	})
	if !namesU(direct) {
		return direct
	}
	if joined := withoutU(direct); !namesU(joined) {
		return joined
	}
	var marks []string
	for i := range b.names {
		marks = append(marks, "?"+strconv.Itoa(i+1))
	}
	u := fmt.Sprintf("u(%s) AS (VALUES (%s))", strings.Join(b.names, ", "), strings.Join(marks, ", "))
	// SQLite reads FROM u ON … as a join condition unless WHERE stands between.
	return withRelation(outsideQuotes(stmt, func(c string) string { return conflict.ReplaceAllString(c, "$1 WHERE true$2") }), u)
}

// namesU reports whether the relation u is still asked for.
func namesU(q string) (found bool) {
	outsideQuotes(q, func(code string) string {
		found = found || wordU.MatchString(code)
		return code
	})
	return found
}

// outsideQuotes applies f to the parts of q that are not string literals.
func outsideQuotes(q string, f func(code string) string) string {
	parts := strings.Split(q, "'")
	for i := 0; i < len(parts); i += 2 {
		parts[i] = f(parts[i])
	}
	return strings.Join(parts, "'")
}

// Bulk runs b over the columns and reports the rows written. A column is a
// slice ([]ident.ID, []int64, []clock.Day, …; zero ids, days and instants are
// NULL) or one value for every row; the slices are equally long. No rows, no
// statement.
func (tx *Tx) Bulk(b Bulk, cols ...any) (rows int64, err error) {
	return tx.bulk(b, nil, cols)
}

// BulkQuery runs b over the columns and collects the rows it returns.
func BulkQuery[T any](tx *Tx, b Bulk, scan func(Row) (T, error), cols ...any) ([]T, error) {
	var out []T
	_, err := tx.bulk(b, collect(&out, scan), cols)
	return out, err
}

// EachOf runs b over the columns and gives the rows it returns to fn one by one,
// as Each does.
func EachOf(tx *Tx, b Bulk, fn func(Row) error, cols ...any) error {
	_, err := tx.bulk(b, fn, cols)
	return err
}

func (tx *Tx) bulk(b Bulk, each func(Row) error, args []any) (int64, error) {
	cols, n, err := toColumns(b.types, args)
	if err != nil || n == 0 {
		return 0, err
	}
	if s, ok := tx.s.(batcher); ok && tx.inGang() && n <= s.most() {
		return tx.ask(&queued{bulk: b, cols: cols, n: n, each: each})
	}
	if err := tx.before("bulk"); err != nil {
		return 0, err
	}
	defer tx.done()
	return tx.s.bulk(tx.ctx, &b, cols, n, each)
}
