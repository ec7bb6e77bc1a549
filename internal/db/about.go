package db

// About is about how many rows a table has, which must not be CLUSTERED: to
// count ten million takes half a second on SQLite and two of processor on
// PostgreSQL. SQLite numbers rows as they come. PostgreSQL knows how many a
// page had when it last looked, and how many pages there are; what it has not
// looked at yet is counted.
func About(tx *Tx, table string) (int64, error) {
	if tx.Engine() == SQLite {
		return One(tx, nil, Value[int64], `SELECT COALESCE(MAX(rowid), 0) FROM `+table)
	}
	n, err := One(tx, nil, Value[int64], `SELECT COALESCE(MAX((reltuples / relpages * (pg_relation_size(oid) / current_setting('block_size')::bigint))::bigint), -1)
		FROM pg_class WHERE oid = $1::regclass AND reltuples > 0 AND relpages > 0`, table)
	if err == nil && n < 0 {
		return One(tx, nil, Value[int64], `SELECT COUNT(*) FROM `+table)
	}
	return n, err
}
