package db

import (
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"

	"joren/internal/clock"
	"joren/internal/ident"
)

// A cell is one value on its way to or from an engine. Both engines read and
// write cells, so arguments and results behave alike on both.
type cell struct {
	kind cellKind
	i    int64  // isInt, isBool (0 or 1), isFloat (its bits)
	s    string // isText
	b    []byte // isBytes, isUUID (16 bytes)
	lent bool   // s is the engine's memory, valid only until the next row
}

type cellKind uint8

const (
	isNull cellKind = iota
	isInt
	isFloat
	isBool
	isText
	isBytes
	isUUID
)

var kindNames = [...]string{"NULL", "integer", "float", "boolean", "text", "bytes", "uuid"}

func intCell(i int64) cell     { return cell{kind: isInt, i: i} }
func textCell(s string) cell   { return cell{kind: isText, s: s} }
func floatCell(f float64) cell { return cell{kind: isFloat, i: int64(math.Float64bits(f))} }
func boolCell(b bool) cell {
	if b {
		return cell{kind: isBool, i: 1}
	}
	return cell{kind: isBool}
}
func bytesCell(b []byte) cell {
	if b == nil {
		return cell{}
	}
	return cell{kind: isBytes, b: b}
}
func idCell(id *ident.ID) cell {
	if id == nil || id.IsZero() {
		return cell{}
	}
	return cell{kind: isUUID, b: id[:]}
}
func instantCell(i clock.Instant) cell {
	if i == 0 {
		return cell{}
	}
	return intCell(int64(i))
}
func dayCell(d clock.Day) cell {
	if d == 0 {
		return cell{}
	}
	return textCell(d.String())
}
func jsonCell(j json.RawMessage) cell {
	if j == nil {
		return cell{}
	}
	return textCell(string(j))
}

// text is s to keep.
func (c cell) text() string {
	if c.lent {
		return strings.Clone(c.s)
	}
	return c.s
}

func (c cell) float() float64 { return math.Float64frombits(uint64(c.i)) }

// toCell converts an argument.
func toCell(v any) (cell, error) {
	switch v := v.(type) {
	case nil:
		return cell{}, nil
	case ident.ID:
		return idCell(&v), nil
	case *ident.ID:
		return idCell(v), nil
	case clock.Instant:
		return instantCell(v), nil
	case clock.Day:
		return dayCell(v), nil
	case int64:
		return intCell(v), nil
	case int:
		return intCell(int64(v)), nil
	case string:
		return textCell(v), nil
	case bool:
		return boolCell(v), nil
	case json.RawMessage:
		return jsonCell(v), nil
	case []byte:
		return bytesCell(v), nil
	case float64:
		return floatCell(v), nil
	}
	return reflectCell(v)
}

func reflectCell(v any) (cell, error) {
	r := reflect.ValueOf(v)
	if r.Kind() == reflect.Pointer && r.IsNil() {
		return cell{}, nil
	}
	if w, ok := v.(driver.Valuer); ok {
		x, err := w.Value()
		if err != nil {
			return cell{}, err
		}
		if _, again := x.(driver.Valuer); again {
			return cell{}, fmt.Errorf("db: %T.Value gives a Valuer", v)
		}
		return toCell(x)
	}
	switch r.Kind() {
	case reflect.Pointer:
		return toCell(r.Elem().Interface())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return intCell(r.Int()), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if u := r.Uint(); u <= math.MaxInt64 {
			return intCell(int64(u)), nil
		}
	case reflect.String:
		return textCell(r.String()), nil
	case reflect.Bool:
		return boolCell(r.Bool()), nil
	case reflect.Float32, reflect.Float64:
		return floatCell(r.Float()), nil
	case reflect.Slice:
		if r.Type().Elem().Kind() == reflect.Uint8 {
			return bytesCell(r.Bytes()), nil
		}
	case reflect.Array:
		if r.Type().Elem().Kind() == reflect.Uint8 {
			b := make([]byte, r.Len())
			reflect.Copy(reflect.ValueOf(b), r)
			if len(b) == 16 {
				return cell{kind: isUUID, b: b}, nil
			}
			return bytesCell(b), nil
		}
	}
	return cell{}, fmt.Errorf("db: cannot bind %T", v)
}

// value is the cell as database/sql's Scanners expect it.
func (c cell) value() any {
	switch c.kind {
	case isInt:
		return c.i
	case isFloat:
		return c.float()
	case isBool:
		return c.i != 0
	case isText:
		return c.text()
	case isBytes, isUUID:
		return append([]byte{}, c.b...)
	}
	return nil
}

// assign stores the cell in dest.
func (c cell) assign(dest any) error {
	switch d := dest.(type) {
	case *ident.ID:
		if c.kind == isText {
			return d.Scan(c.s)
		}
		if c.kind == isNull {
			*d = ident.ID{}
			return nil
		}
		if len(c.b) == len(d) {
			copy(d[:], c.b)
			return nil
		}
		return d.Scan(c.b)
	case *clock.Day:
		if c.kind == isNull {
			*d = 0
			return nil
		}
		if c.kind == isText && c.s != "" {
			day, err := clock.ParseDay(c.s)
			*d = day
			return err
		}
		return d.Scan(c.value())
	case *clock.Instant:
		if c.kind == isInt || c.kind == isNull {
			*d = clock.Instant(c.i)
			return nil
		}
	case *int64:
		return c.toInt(d)
	case *string:
		if c.kind == isText {
			*d = c.text()
			return nil
		}
	case *Words:
		if c.kind == isText {
			d.Of(c.s)
			return nil
		}
	case *Texts:
		switch c.kind {
		case isText:
			*d = append(*d, c.s...)
			return nil
		case isBytes, isNull:
			*d = append(*d, c.b...)
			return nil
		}
	case *bool:
		if c.kind == isBool || c.kind == isInt && (c.i == 0 || c.i == 1) {
			*d = c.i == 1
			return nil
		}
	case *[]byte:
		return c.toBytes((*[]byte)(d))
	case *json.RawMessage:
		return c.toBytes((*[]byte)(d))
	case *any:
		*d = c.value()
		return nil
	case sql.Scanner:
		return d.Scan(c.value())
	}
	return c.reflectAssign(dest)
}

func (c cell) toInt(d *int64) error {
	switch c.kind {
	case isInt, isBool:
		*d = c.i
		return nil
	case isFloat:
		if f := c.float(); f == math.Trunc(f) && math.Abs(f) < 1<<53 {
			*d = int64(f)
			return nil
		}
	}
	return c.mismatch(d)
}

func (c cell) toBytes(d *[]byte) error {
	switch c.kind {
	case isNull:
		*d = nil
	case isText:
		*d = []byte(c.s)
	case isBytes, isUUID:
		*d = append([]byte{}, c.b...)
	default:
		return c.mismatch(d)
	}
	return nil
}

func (c cell) reflectAssign(dest any) error {
	r := reflect.ValueOf(dest)
	if r.Kind() != reflect.Pointer || r.IsNil() {
		return fmt.Errorf("db: cannot scan into %T", dest)
	}
	r = r.Elem()
	switch r.Kind() {
	case reflect.Pointer:
		if c.kind == isNull {
			r.SetZero()
			return nil
		}
		p := reflect.New(r.Type().Elem())
		if err := c.assign(p.Interface()); err != nil {
			return err
		}
		r.Set(p)
		return nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		var i int64
		if err := c.toInt(&i); err != nil || r.OverflowInt(i) {
			return c.mismatch(dest)
		}
		r.SetInt(i)
		return nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		var i int64
		if err := c.toInt(&i); err != nil || i < 0 || r.OverflowUint(uint64(i)) {
			return c.mismatch(dest)
		}
		r.SetUint(uint64(i))
		return nil
	case reflect.String:
		if c.kind == isText {
			r.SetString(c.text())
			return nil
		}
	case reflect.Bool:
		if c.kind == isBool || c.kind == isInt && (c.i == 0 || c.i == 1) {
			r.SetBool(c.i == 1)
			return nil
		}
	case reflect.Float32, reflect.Float64:
		if c.kind == isFloat {
			r.SetFloat(c.float())
			return nil
		}
		if c.kind == isInt {
			r.SetFloat(float64(c.i))
			return nil
		}
	case reflect.Array:
		if r.Type().Elem().Kind() == reflect.Uint8 && len(c.b) == r.Len() && c.kind != isNull {
			reflect.Copy(r, reflect.ValueOf(c.b))
			return nil
		}
	case reflect.Slice:
		if r.Type().Elem().Kind() == reflect.Uint8 {
			var b []byte
			if err := c.toBytes(&b); err != nil {
				return err
			}
			r.SetBytes(b)
			return nil
		}
	}
	return c.mismatch(dest)
}

func (c cell) mismatch(dest any) error {
	what := kindNames[c.kind]
	if c.kind == isInt || c.kind == isBool {
		what += " " + strconv.FormatInt(c.i, 10)
	}
	return fmt.Errorf("db: cannot scan %s into %T", what, dest)
}
