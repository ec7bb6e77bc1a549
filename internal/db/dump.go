package db

import (
	"fmt"
	"regexp"
	"strings"
)

// Dump describes the schema as text: tables with their columns and
// constraints, then indexes, sorted, one line each. It is committed as
// docs/schema.ENGINE.txt so that a change of the schema is seen in review.
func Dump(tx *Tx) (string, error) {
	q := postgresDump
	if tx.Engine() == SQLite {
		q = sqliteDump
	}
	var b strings.Builder
	table := ""
	err := Each(tx, func(r Row) error {
		var of, line string
		if err := r.Scan(&of, &line); err != nil {
			return err
		}
		if of != table {
			fmt.Fprintf(&b, "\n%s\n", of)
			table = of
		}
		fmt.Fprintf(&b, "  %s\n", spaces.ReplaceAllString(line, " "))
		return nil
	}, q)
	return strings.TrimPrefix(b.String(), "\n"), err
}

var spaces = regexp.MustCompile(`\s+`)

// SQLite keeps CHECK constraints only in the text of CREATE TABLE, so that
// text is shown beside the columns.
const sqliteDump = `
SELECT name, line FROM (
	SELECT m.name, 1 AS part, i.cid AS place, i.name || ' ' || i.type || CASE WHEN i."notnull" THEN ' NOT NULL' ELSE '' END
		|| COALESCE(' DEFAULT ' || i.dflt_value, '') || CASE WHEN i.pk THEN ' KEY ' || i.pk ELSE '' END AS line
	FROM sqlite_schema m JOIN pragma_table_xinfo(m.name) i WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'
	UNION ALL
	SELECT tbl_name, 2, 0, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' AND tbl_name NOT LIKE 'sqlite_%'
) AS lines ORDER BY name, part, place, line`

const postgresDump = `
SELECT name, line FROM (
	SELECT c.relname::text AS name, 1 AS part, a.attnum::bigint AS place, a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
		|| CASE WHEN a.attcollation <> t.typcollation THEN ' COLLATE ' || quote_ident(l.collname) ELSE '' END
		|| CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END || COALESCE(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '') AS line
	FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped JOIN pg_type t ON t.oid = a.atttypid
		LEFT JOIN pg_collation l ON l.oid = a.attcollation LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
	WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
	UNION ALL
	SELECT c.relname::text, 2, 0, 'CONSTRAINT ' || k.conname || ' ' || pg_get_constraintdef(k.oid)
	FROM pg_class c JOIN pg_constraint k ON k.conrelid = c.oid WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
	UNION ALL
	SELECT c.relname::text, 3, 0, pg_get_indexdef(i.indexrelid)
	FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
) AS lines ORDER BY name COLLATE "C", part, place, line COLLATE "C"`
