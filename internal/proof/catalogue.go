package proof

import (
	"cmp"
	"slices"
	"strings"

	"joren/internal/db"
)

// table is a table as the engine describes it. Dump and restore work from
// that description, so a new table is in every backup from its first day.
type table struct {
	name    string
	columns []column
}

type column struct {
	name string
	typ  string // of the relation u of a Bulk: uuid, bigint, text, boolean, bytea, double
	key  int    // place in the primary key, from 1; 0 for none
}

// kind is the type both engines share: what the value looks like in a dump.
func (c column) kind() string {
	switch c.typ {
	case "bigint", "boolean":
		return "int"
	case "uuid", "bytea":
		return "bytes"
	case "double":
		return "real"
	}
	return "text"
}

func (t table) column(name string) bool {
	return slices.ContainsFunc(t.columns, func(c column) bool { return c.name == name })
}

// names are the columns, joined.
func (t table) names(prefix string) string {
	out := make([]string, len(t.columns))
	for i, c := range t.columns {
		out[i] = prefix + c.name
	}
	return strings.Join(out, ", ")
}

// order is the primary key: the order both engines read rows in.
func (t table) order() string {
	keys := slices.DeleteFunc(slices.Clone(t.columns), func(c column) bool { return c.key == 0 })
	slices.SortFunc(keys, func(a, b column) int { return cmp.Compare(a.key, b.key) })
	return table{columns: keys}.names("")
}

// record is the table of applied migrations: it belongs to the schema, not to
// the data.
const record = "schema_migration"

// tables lists every table of the programme by name.
func tables(tx *db.Tx) ([]table, error) {
	q := `SELECT m.name, i.name, i.type, i.pk FROM sqlite_schema m JOIN pragma_table_xinfo(m.name) i
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY m.name, i.cid`
	if tx.Engine() == db.Postgres {
		q = `SELECT c.relname::text, a.attname::text, format_type(a.atttypid, NULL), COALESCE(array_position(i.indkey::int2[], a.attnum) + 1, 0)
			FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
			LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
			WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace ORDER BY c.relname::text COLLATE "C", a.attnum`
	}
	var all []table
	err := db.Each(tx, func(r db.Row) error {
		var name string
		var c column
		if err := r.Scan(&name, &c.name, &c.typ, &c.key); err != nil || name == record {
			return err
		}
		if len(all) == 0 || all[len(all)-1].name != name {
			all = append(all, table{name: name})
		}
		c.typ = bulkType(c.typ)
		t := &all[len(all)-1]
		t.columns = append(t.columns, c)
		return nil
	}, q)
	return all, err
}

func bulkType(declared string) string {
	switch strings.ToLower(declared) {
	case "integer", "bigint":
		return "bigint"
	case "blob", "bytea":
		return "bytea"
	case "real", "double precision":
		return "double"
	case "uuid", "boolean":
		return strings.ToLower(declared)
	}
	return "text"
}
