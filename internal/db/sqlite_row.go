package db

import (
	"fmt"
	"unsafe"

	lite "modernc.org/sqlite/lib"
)

// liteRow is the row a statement stands on.
type liteRow liteStmt

func (r *liteRow) Scan(dest ...any) error {
	if len(dest) != r.columns {
		return fmt.Errorf("db: the row has %d columns, scan got %d", r.columns, len(dest))
	}
	values := uintptr(0)
	if len(dest) > 0 {
		values = lite.Xsqlite3_column_value(r.c.tls, r.p, 0)
	}
	for i, d := range dest {
		if usual((*lite.Tsqlite3_value)(at(values+uintptr(i)*valueSize)), d) {
			continue
		}
		c := r.cell(int32(i))
		if err := c.assign(d); err != nil {
			return fmt.Errorf("%w (column %d)", err, i+1)
		}
	}
	return nil
}

// cell is a column's value. Texts and bytes lie in SQLite's memory until the
// next step; assigning copies.
func (r *liteRow) cell(i int32) cell {
	tls := r.c.tls
	v := lite.Xsqlite3_column_value(tls, r.p, i)
	switch lite.Xsqlite3_value_type(tls, v) {
	case lite.SQLITE_INTEGER:
		return intCell(lite.Xsqlite3_value_int64(tls, v))
	case lite.SQLITE_FLOAT:
		return floatCell(lite.Xsqlite3_value_double(tls, v))
	case lite.SQLITE_TEXT:
		p := lite.Xsqlite3_value_text(tls, v)
		n := int(lite.Xsqlite3_value_bytes(tls, v))
		return cell{kind: isText, s: unsafe.String((*byte)(at(p)), n), lent: true}
	case lite.SQLITE_BLOB:
		p := lite.Xsqlite3_value_blob(tls, v)
		n := int(lite.Xsqlite3_value_bytes(tls, v))
		return cell{kind: isBytes, b: unsafe.Slice((*byte)(at(p)), n)}
	}
	return cell{}
}

const (
	valueSize  = unsafe.Sizeof(lite.Tsqlite3_value{}) // a row's values stand one after another
	valueKinds = lite.MEM_Null | lite.MEM_Str | lite.MEM_Int | lite.MEM_Real | lite.MEM_Blob | lite.MEM_IntReal | lite.MEM_Zero
)

// usual stores a value of the kind that its destination mostly has, and
// reports whether it was one: read where the library keeps it, without four
// calls and a cell for each of the hundred million values of a large table.
func usual(v *lite.Tsqlite3_value, dest any) bool {
	switch v.Fflags & valueKinds {
	case lite.MEM_Str:
		return v.Fenc == lite.SQLITE_UTF8 && usualText(unsafe.String((*byte)(at(v.Fz)), v.Fn), dest)
	case lite.MEM_Int:
		return usualInt(*(*int64)(unsafe.Pointer(&v.Fu)), dest)
	case lite.MEM_Blob:
		return usualBytes(unsafe.Slice((*byte)(at(v.Fz)), v.Fn), dest)
	}
	return false
}
