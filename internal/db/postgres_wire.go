package db

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"unsafe"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// An array is a one-dimensional PostgreSQL array in its binary form
// (src/backend/utils/adt/arrayfuncs.c, array_recv), ready to send.
type array []byte

// elementOID maps a Bulk's column type to the OID of its element type.
var elementOID = map[string]uint32{
	"uuid": pgtype.UUIDOID, "bigint": pgtype.Int8OID, "text": pgtype.TextOID,
	"boolean": pgtype.BoolOID, "bytea": pgtype.ByteaOID, "double": pgtype.Float8OID,
}

func newArray(typ string, col column, from, to int) (array, error) {
	be := binary.BigEndian
	a := make([]byte, 20, 20+(to-from)*20)
	be.PutUint32(a[0:], 1) // dimensions
	be.PutUint32(a[4:], 0) // no NULL seen yet
	be.PutUint32(a[8:], elementOID[typ])
	be.PutUint32(a[12:], uint32(to-from))
	be.PutUint32(a[16:], 1) // lower bound
	for i := from; i < to; i++ {
		c, err := col.at(i)
		if err == nil {
			c, err = fit(typ, c)
		}
		if err != nil {
			return nil, fmt.Errorf("%w (row %d)", err, i)
		}
		switch c.kind {
		case isNull:
			be.PutUint32(a[4:], 1)
			a = be.AppendUint32(a, math.MaxUint32)
		case isInt, isFloat:
			a = be.AppendUint64(be.AppendUint32(a, 8), uint64(c.i))
		case isBool:
			a = append(be.AppendUint32(a, 1), byte(c.i))
		case isText:
			a = append(be.AppendUint32(a, uint32(len(c.s))), c.s...)
		case isBytes, isUUID:
			a = append(be.AppendUint32(a, uint32(len(c.b))), c.b...)
		}
	}
	return a, nil
}

// arrayCodec lets arrays pass as they are and leaves all else to pgx.
type arrayCodec struct{ pgtype.Codec }

func (c arrayCodec) PreferredFormat() int16 { return pgtype.BinaryFormatCode }

func (c arrayCodec) PlanEncode(m *pgtype.Map, oid uint32, format int16, value any) pgtype.EncodePlan {
	if _, ok := value.(array); ok && format == pgtype.BinaryFormatCode {
		return sendArray{}
	}
	return c.Codec.PlanEncode(m, oid, format, value)
}

type sendArray struct{}

func (sendArray) Encode(value any, buf []byte) ([]byte, error) {
	return append(buf, value.(array)...), nil
}

func registerArrays(m *pgtype.Map) {
	for _, name := range []string{"_uuid", "_int8", "_text", "_bool", "_bytea", "_float8"} {
		if t, ok := m.TypeForName(name); ok {
			m.RegisterType(&pgtype.Type{Name: t.Name, OID: t.OID, Codec: arrayCodec{t.Codec}})
		}
	}
}

// pgRow reads the current row straight from the wire.
type pgRow struct{ rows pgx.Rows }

func (r *pgRow) Scan(dest ...any) error {
	raw, fields := r.rows.RawValues(), r.rows.FieldDescriptions()
	if len(dest) != len(raw) {
		return fmt.Errorf("db: the row has %d columns, scan got %d", len(raw), len(dest))
	}
	for i, d := range dest {
		if usualWire(&fields[i], raw[i], d) {
			continue
		}
		c, err := wireCell(&fields[i], raw[i])
		if err == nil {
			err = c.assign(d)
		}
		if err != nil {
			return fmt.Errorf("%w (column %d)", err, i+1)
		}
	}
	return nil
}

// usualWire stores a value of the kind that its destination mostly has, and
// reports whether it was one.
func usualWire(f *pgconn.FieldDescription, b []byte, dest any) bool {
	switch {
	case b == nil:
		return false
	case f.DataTypeOID == pgtype.TextOID: // the same in both formats
		return usualText(lentText(b).s, dest)
	case f.Format != pgtype.BinaryFormatCode:
		return false
	}
	switch f.DataTypeOID {
	case pgtype.Int8OID:
		return usualInt(int64(binary.BigEndian.Uint64(b)), dest)
	case pgtype.UUIDOID, pgtype.ByteaOID:
		return usualBytes(b, dest)
	case pgtype.BoolOID:
		d, ok := dest.(*bool)
		if ok {
			*d = b[0] != 0
		}
		return ok
	}
	return false
}

func wireCell(f *pgconn.FieldDescription, b []byte) (cell, error) {
	switch {
	case b == nil:
		return cell{}, nil
	case f.Format == pgtype.BinaryFormatCode:
		return binaryCell(f.DataTypeOID, b)
	}
	return plainCell(f.DataTypeOID, b)
}

func binaryCell(oid uint32, b []byte) (cell, error) {
	be := binary.BigEndian
	switch oid {
	case pgtype.Int8OID:
		return intCell(int64(be.Uint64(b))), nil
	case pgtype.Int4OID:
		return intCell(int64(int32(be.Uint32(b)))), nil
	case pgtype.Int2OID:
		return intCell(int64(int16(be.Uint16(b)))), nil
	case pgtype.OIDOID:
		return intCell(int64(be.Uint32(b))), nil
	case pgtype.BoolOID:
		return boolCell(b[0] != 0), nil
	case pgtype.UUIDOID:
		return cell{kind: isUUID, b: b}, nil
	case pgtype.ByteaOID:
		return cell{kind: isBytes, b: b}, nil
	case pgtype.Float8OID:
		return floatCell(math.Float64frombits(be.Uint64(b))), nil
	case pgtype.Float4OID:
		return floatCell(float64(math.Float32frombits(be.Uint32(b)))), nil
	case pgtype.TextOID, pgtype.VarcharOID, pgtype.BPCharOID, pgtype.NameOID, pgtype.UnknownOID, pgtype.QCharOID:
		return lentText(b), nil
	case pgtype.NumericOID:
		return numericCell(pgtype.BinaryFormatCode, b)
	}
	return cell{}, fmt.Errorf("db: a result of PostgreSQL type %d; CAST it to one of the house's types", oid)
}

// lentText is a text in the wire's memory.
func lentText(b []byte) cell {
	return cell{kind: isText, s: unsafe.String(unsafe.SliceData(b), len(b)), lent: true}
}

func plainCell(oid uint32, b []byte) (cell, error) {
	c := lentText(b)
	s := c.s
	switch oid {
	case pgtype.Int8OID, pgtype.Int4OID, pgtype.Int2OID, pgtype.OIDOID:
		i, err := strconv.ParseInt(s, 10, 64)
		return intCell(i), err
	case pgtype.BoolOID:
		return boolCell(s == "t"), nil
	case pgtype.ByteaOID:
		if len(s) < 2 || s[:2] != `\x` {
			return cell{}, fmt.Errorf("db: bytea_output is not hex")
		}
		b, err := hex.DecodeString(s[2:])
		return cell{kind: isBytes, b: b}, err
	case pgtype.Float8OID, pgtype.Float4OID:
		f, err := strconv.ParseFloat(s, 64)
		return floatCell(f), err
	case pgtype.NumericOID:
		return numericCell(pgtype.TextFormatCode, b)
	}
	return c, nil
}

// numericCell makes an integer of a whole NUMERIC, such as SUM of BIGINT, and
// a float of any other.
func numericCell(format int16, b []byte) (cell, error) {
	var n pgtype.Numeric
	if err := (pgtype.NumericCodec{}).PlanScan(nil, pgtype.NumericOID, format, &n).Scan(b, &n); err != nil {
		return cell{}, err
	}
	if i, err := n.Int64Value(); err == nil && i.Valid {
		return intCell(i.Int64), nil
	}
	f, err := n.Float64Value()
	return floatCell(f.Float64), err
}
