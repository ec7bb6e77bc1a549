package db

import (
	"encoding/json"
	"fmt"
	"reflect"

	"joren/internal/clock"
	"joren/internal/ident"
)

// A column is one array argument of a Bulk.
type column struct {
	n  int // rows; -1 for a single value that stands for every row
	at func(i int) (cell, error)
}

// toColumn reads a slice of anything an argument may be; what is not a slice
// (and []byte, json.RawMessage) is one value repeated for every row.
func toColumn(v any) (column, error) {
	switch v := v.(type) {
	case []ident.ID:
		return columnOf(len(v), func(i int) cell { return idCell(&v[i]) })
	case []int64:
		return columnOf(len(v), func(i int) cell { return intCell(v[i]) })
	case []clock.Instant:
		return columnOf(len(v), func(i int) cell { return instantCell(v[i]) })
	case []clock.Day:
		return columnOf(len(v), func(i int) cell { return dayCell(v[i]) })
	case []string:
		return columnOf(len(v), func(i int) cell { return textCell(v[i]) })
	case []bool:
		return columnOf(len(v), func(i int) cell { return boolCell(v[i]) })
	case []int:
		return columnOf(len(v), func(i int) cell { return intCell(int64(v[i])) })
	case [][]byte:
		return columnOf(len(v), func(i int) cell { return bytesCell(v[i]) })
	case []json.RawMessage:
		return columnOf(len(v), func(i int) cell { return jsonCell(v[i]) })
	case []float64:
		return columnOf(len(v), func(i int) cell { return floatCell(v[i]) })
	}
	r := reflect.ValueOf(v)
	if r.IsValid() && r.Kind() == reflect.Slice && r.Type().Elem().Kind() != reflect.Uint8 {
		return column{r.Len(), func(i int) (cell, error) { return toCell(r.Index(i).Interface()) }}, nil
	}
	c, err := toCell(v)
	return column{-1, func(int) (cell, error) { return c, nil }}, err
}

func columnOf(n int, at func(i int) cell) (column, error) {
	return column{n, func(i int) (cell, error) { return at(i), nil }}, nil
}

// toColumns reads all columns and their common number of rows.
func toColumns(types []string, args []any) ([]column, int, error) {
	if len(args) != len(types) {
		return nil, 0, fmt.Errorf("db: bulk declares %d columns, got %d", len(types), len(args))
	}
	cols, n := make([]column, len(args)), -1
	for i, a := range args {
		c, err := toColumn(a)
		if err != nil {
			return nil, 0, err
		}
		cols[i] = c
		switch {
		case c.n < 0:
		case n < 0:
			n = c.n
		case n != c.n:
			return nil, 0, fmt.Errorf("db: bulk columns differ in length: %d and %d", n, c.n)
		}
	}
	if n < 0 {
		return nil, 0, fmt.Errorf("db: bulk needs at least one slice")
	}
	return cols, n, nil
}

// typeKinds are the types a Bulk may declare and the cells they are given.
var typeKinds = map[string]cellKind{"uuid": isUUID, "bigint": isInt, "text": isText, "boolean": isBool, "bytea": isBytes, "double": isFloat}

// fit is the cell for column j, see fit.
func (b *Bulk) fit(j int, c cell) (cell, error) {
	if c.kind == b.kinds[j] || c.kind == isNull {
		return c, nil
	}
	return fit(b.types[j], c)
}

// fit checks that a cell suits the declared type and makes bytes text where a
// text column is given JSON as bytes.
func fit(typ string, c cell) (cell, error) {
	ok := false
	switch typ {
	case "uuid":
		ok = c.kind == isUUID
		if c.kind == isBytes && len(c.b) == 16 {
			c.kind, ok = isUUID, true
		}
	case "bigint":
		ok = c.kind == isInt
	case "text":
		ok = c.kind == isText
		if c.kind == isBytes {
			c, ok = textCell(string(c.b)), true
		}
	case "boolean":
		ok = c.kind == isBool
	case "bytea":
		ok = c.kind == isBytes
		if c.kind == isUUID {
			c.kind, ok = isBytes, true
		}
	case "double":
		ok = c.kind == isFloat
	}
	if !ok && c.kind != isNull {
		return c, fmt.Errorf("db: bulk column of type %s got %s", typ, kindNames[c.kind])
	}
	return c, nil
}
