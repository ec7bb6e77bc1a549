package dbtest

import (
	"context"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"joren/internal/db"
)

// The pool: databases named joren_pool_SCHEMA_N. A test owns N while it holds
// the advisory lock of that name on the process's one session with the server,
// so a process that dies gives back what it had, and what it left in there is
// cleared away by the next owner.
var pool struct {
	sync.Mutex
	session *pgx.Conn
	mine    map[string]bool
}

// seeds holds, in a schema of its own, the rows that migrations insert, and
// the mark of the schema as the migrations left it.
const seeds = "dbtest_seed"

// borrow takes a free database of the pool and clears it; without a free one
// it makes another. release must be called once the test's sessions are closed.
func borrow(server string, template func() string) (name string, release func() error, err error) {
	ctx := context.Background()
	pool.Lock()
	defer pool.Unlock()
	if err := enter(ctx, server); err != nil {
		return "", nil, err
	}
	if name, err = lockFree(ctx); err != nil {
		return "", nil, err
	}
	var there bool
	err = pool.session.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, name).Scan(&there)
	if err == nil && there {
		if there, err = wipe(ctx, server, name); err == nil && !there {
			err = drop(ctx, pool.session, name)
		}
	}
	if err == nil && !there {
		_, err = pool.session.Exec(ctx, `CREATE DATABASE `+name+` TEMPLATE `+template())
	}
	if err != nil {
		unlock(ctx, name)
		return "", nil, err
	}
	return name, func() error { return giveBack(ctx, name) }, nil
}

func enter(ctx context.Context, server string) (err error) {
	if pool.session != nil && !pool.session.IsClosed() {
		return nil
	}
	pool.mine = map[string]bool{}
	pool.session, err = pgx.Connect(ctx, server)
	return err
}

// lockFree locks the first name of the pool that nobody has.
func lockFree(ctx context.Context) (string, error) {
	prefix := "joren_pool_" + db.SchemaHash(db.Postgres) + "_"
	for n := 0; ; n++ {
		name := prefix + strconv.Itoa(n)
		if pool.mine[name] { // a session gets its own lock twice
			continue
		}
		var ok bool
		if err := pool.session.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, lockOf(name)).Scan(&ok); err != nil {
			return "", err
		}
		if ok {
			pool.mine[name] = true
			return name, nil
		}
	}
}

func lockOf(name string) int64 {
	h := fnv.New64a()
	h.Write([]byte(name))
	return int64(h.Sum64())
}

func unlock(ctx context.Context, name string) error {
	delete(pool.mine, name)
	_, err := pool.session.Exec(ctx, `SELECT pg_advisory_unlock($1)`, lockOf(name))
	return err
}

// giveBack returns a database. One that still has sessions is dropped with
// them: whoever holds them could write into the next test.
func giveBack(ctx context.Context, name string) error {
	pool.Lock()
	defer pool.Unlock()
	busy := 1
	for wait := time.Millisecond; busy > 0 && wait < 200*time.Millisecond; wait *= 2 {
		if err := pool.session.QueryRow(ctx, `SELECT count(*) FROM pg_stat_activity WHERE datname = $1`, name).Scan(&busy); err != nil {
			return err
		}
		if busy > 0 {
			time.Sleep(wait)
		}
	}
	if busy > 0 {
		if err := drop(ctx, pool.session, name); err != nil {
			return err
		}
	}
	return unlock(ctx, name)
}

func drop(ctx context.Context, c *pgx.Conn, name string) error {
	_, err := c.Exec(ctx, `DROP DATABASE IF EXISTS `+name+` WITH (FORCE)`)
	return err
}

// mark tells whether a schema is as the migrations left it: TRUNCATE changes
// no OID, every other change of the schema does, or changes a column.
const mark = `SELECT md5(concat_ws('/',
	(SELECT string_agg(oid::text, ',' ORDER BY oid) FROM pg_class WHERE relnamespace = 'public'::regnamespace),
	(SELECT string_agg(concat_ws(' ', attrelid, attnum, attname, atttypid, attnotnull), ',' ORDER BY attrelid, attnum)
		FROM pg_attribute WHERE attnum > 0 AND attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)),
	(SELECT string_agg(oid::text, ',' ORDER BY oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace),
	(SELECT string_agg(oid::text, ',' ORDER BY oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace),
	(SELECT string_agg(oid::text, ',' ORDER BY oid) FROM pg_trigger),
	(SELECT string_agg(nspname, ',' ORDER BY nspname) FROM pg_namespace WHERE nspname NOT LIKE 'pg!_%' ESCAPE '!'),
	(SELECT string_agg(setconfig::text, ',') FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase AND d.datname = current_database())))`

// keepSeeds prepares the template at url: copies of what migrations inserted.
func keepSeeds(ctx context.Context, url string) error {
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	if _, err := c.Exec(ctx, `CREATE SCHEMA `+seeds); err != nil {
		return err
	}
	tables, err := written(ctx, c, "public")
	if err != nil {
		return err
	}
	for _, t := range tables {
		if _, err := c.Exec(ctx, `CREATE TABLE `+seeds+`.`+t+` AS TABLE public.`+t); err != nil {
			return err
		}
	}
	_, err = c.Exec(ctx, `CREATE TABLE `+seeds+`.schema_mark AS `+mark)
	return err
}

// written lists the tables of a schema that have ever held a row: their file
// is not empty.
func written(ctx context.Context, c *pgx.Conn, schema string) ([]string, error) {
	rows, err := c.Query(ctx, `SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relnamespace = $1::regnamespace AND pg_relation_size(oid) > 0 ORDER BY 1`, schema)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// wipe empties what was written and puts the seeds back. It reports false
// when the schema was changed: such a database is not worth saving.
func wipe(ctx context.Context, server, name string) (sound bool, err error) {
	if _, err := pool.session.Exec(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1`, name); err != nil {
		return false, err
	}
	c, err := pgx.Connect(ctx, database(server, name))
	if err != nil {
		return false, nil
	}
	defer c.Close(ctx)
	if err := c.QueryRow(ctx, `SELECT (`+mark+`) = (TABLE `+seeds+`.schema_mark)`).Scan(&sound); err != nil || !sound {
		return false, nil
	}
	dirty, err := written(ctx, c, "public")
	if err != nil {
		return false, err
	}
	seeded, err := written(ctx, c, seeds)
	if err != nil {
		return false, err
	}
	var q strings.Builder
	if len(dirty) > 0 {
		fmt.Fprintf(&q, "TRUNCATE %s;", strings.Join(dirty, ", "))
	}
	for _, t := range seeded {
		if t != "schema_mark" {
			fmt.Fprintf(&q, "INSERT INTO public.%s TABLE %s.%s;", t, seeds, t)
		}
	}
	_, err = c.Exec(ctx, q.String())
	return err == nil, err
}

// retireOld drops databases of the pool that belong to other migrations and
// that nobody has.
func retireOld(ctx context.Context, c *pgx.Conn, template string) {
	rows, err := c.Query(ctx, `SELECT datname::text FROM pg_database WHERE datname LIKE 'joren!_pool!_%' ESCAPE '!' AND datname NOT LIKE $1`,
		"joren_pool_"+strings.TrimPrefix(template, "joren_template2_")+"%")
	if err != nil {
		return
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return
	}
	for _, n := range names {
		var free bool
		if err := c.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, lockOf(n)).Scan(&free); err == nil && free {
			drop(ctx, c, n)
			c.Exec(ctx, `SELECT pg_advisory_unlock($1)`, lockOf(n))
		}
	}
}
