package db_test

import (
	"testing"

	"joren/internal/db"
)

func TestABulkIsThePlainestStatementForOneRowOnSQLite(t *testing.T) {
	for _, x := range []struct {
		cols, stmt, want string
		echo             int
	}{
		{"a uuid, n bigint", "INSERT INTO t (a, n) SELECT u.a, u.n + 1 FROM u", "INSERT OR FAIL INTO t (a, n) VALUES (?1, ?2 + 1) ", 0},
		{"a uuid, n bigint", "INSERT INTO t (a, n) SELECT u.a, u.n FROM u ON CONFLICT (a) DO UPDATE SET n = excluded.n",
			"INSERT OR FAIL INTO t (a, n) VALUES (?1, ?2) ON CONFLICT (a) DO UPDATE SET n = excluded.n", 0},
		{"a uuid, n bigint", "INSERT INTO t (a, k, n) SELECT u.a, 'x, (y', u.n FROM u ON CONFLICT DO NOTHING RETURNING t.n, a",
			"INSERT OR FAIL INTO t (a, k, n) VALUES (?1, 'x, (y', ?2) ON CONFLICT DO NOTHING", 2},
		{"a uuid, n bigint", "INSERT INTO t (a, n) SELECT u.a, u.n + 1 FROM u RETURNING a, n", "INSERT OR FAIL INTO t (a, n) VALUES (?1, ?2 + 1) RETURNING a, n", 0},
		{"a uuid, n bigint", "INSERT INTO t (a, n) SELECT u.a, u.n FROM u ON CONFLICT (a) DO UPDATE SET n = 0 WHERE t.n < excluded.n RETURNING a",
			"INSERT OR FAIL INTO t (a, n) VALUES (?1, ?2) ON CONFLICT (a) DO UPDATE SET n = 0 WHERE t.n < excluded.n", 1},
		{"a uuid, n bigint", "INSERT INTO t (a, n) SELECT u.a, u.n FROM u ON CONFLICT (a) DO UPDATE SET k = 0 RETURNING a, n",
			"INSERT OR FAIL INTO t (a, n) VALUES (?1, ?2) ON CONFLICT (a) DO UPDATE SET k = 0 RETURNING a, n", 0},
		{"a uuid, n bigint", "INSERT INTO t (a, n) SELECT u.a, u.n FROM u ON CONFLICT (a) DO UPDATE SET a = excluded.a RETURNING a",
			"INSERT OR FAIL INTO t (a, n) VALUES (?1, ?2) ON CONFLICT (a) DO UPDATE SET a = excluded.a RETURNING a", 0},
		{"a uuid, n bigint", "INSERT INTO t (a, n) SELECT x.a, u.n FROM u JOIN x ON x.a = u.a", "INSERT INTO t (a, n) SELECT x.a, ?2 FROM x WHERE (x.a = ?1) ", 0},
		{"a uuid, n bigint", "UPDATE t SET n = u.n FROM u WHERE t.a = u.a AND (t.n IS NULL OR t.n < u.n) RETURNING t.a",
			"UPDATE OR FAIL t SET n = ?2 WHERE t.a = ?1 AND (t.n IS NULL OR t.n < ?2)", 1},
		{"a uuid, n bigint", "UPDATE t SET n = u.n FROM u WHERE t.a = u.a RETURNING t.a, t.n", "UPDATE OR FAIL t SET n = ?2 WHERE t.a = ?1 RETURNING t.a, t.n", 0},
		{"a uuid, b uuid", "UPDATE t SET a = u.b FROM u WHERE t.a = u.a RETURNING a", "UPDATE OR FAIL t SET a = ?2 WHERE t.a = ?1 RETURNING a", 0},
		{"a uuid, n bigint", "UPDATE t SET n = 0 FROM u WHERE t.n = u.n OR t.a = u.a RETURNING t.n", "UPDATE OR FAIL t SET n = 0 WHERE t.n = ?2 OR t.a = ?1 RETURNING t.n", 0},
		{"a uuid", "SELECT t.n FROM u JOIN t ON t.a = u.a", "SELECT t.n FROM t WHERE (t.a = ?1) ", 0},
		{"a uuid, d boolean", "SELECT t.n FROM u JOIN t ON t.a = u.a AND t.k IN ('on', 'where') JOIN x ON x.a = t.a LEFT JOIN y ON y.a = x.a WHERE t.n > 0 OR u.d ORDER BY t.n",
			"SELECT t.n FROM t JOIN x ON x.a = t.a LEFT JOIN y ON y.a = x.a WHERE (t.a = ?1 AND t.k IN ('on', 'where')) AND (t.n > 0 OR ?2) ORDER BY t.n", 0},
		{"a uuid", "DELETE FROM t WHERE (a, n) IN (SELECT x.a, x.n FROM u JOIN x ON x.a = u.a)", "DELETE FROM t WHERE (a, n) IN (SELECT x.a, x.n FROM x WHERE (x.a = ?1) )", 0},
		{"a uuid", "SELECT t.n FROM u LEFT JOIN t ON t.a = u.a", "WITH u(a) AS (VALUES (?1)) SELECT t.n FROM u LEFT JOIN t ON t.a = u.a", 0},
	} {
		text, echo := db.OnSQLite(db.NewBulk(x.cols, x.stmt))
		if text != x.want || echo != x.echo {
			t.Errorf("%s\n got %s, %d\nwant %s, %d", x.stmt, text, echo, x.want, x.echo)
		}
	}
}
