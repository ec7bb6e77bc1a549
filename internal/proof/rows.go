package proof

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// A row of a dump is one line, a JSON array in the order of the manifest's
// columns: integers and truth values (0, 1) as numbers, texts as strings, ids
// and other bytes as strings of hex digits, nothing as null. Both engines
// write the same line for the same row.

func appendRow(b []byte, cols []column, row []any) ([]byte, error) {
	b = append(b, '[')
	for i, v := range row {
		if i > 0 {
			b = append(b, ',')
		}
		switch x := v.(type) {
		case nil:
			b = append(b, "null"...)
		case int64:
			b = strconv.AppendInt(b, x, 10)
		case bool:
			b = append(b, "01"[map[bool]int{true: 1}[x]])
		case float64:
			b = strconv.AppendFloat(b, x, 'g', -1, 64)
		case []byte:
			b = append(hex.AppendEncode(append(b, '"'), x), '"')
		case string:
			if !utf8.ValidString(x) {
				return b, fmt.Errorf("proof: column %s holds text that is not UTF-8", cols[i].name)
			}
			b = appendText(b, x)
		default:
			return b, fmt.Errorf("proof: column %s holds %T", cols[i].name, v)
		}
	}
	return append(b, ']', '\n'), nil
}

func appendText(b []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' {
			var w bytes.Buffer
			e := json.NewEncoder(&w)
			e.SetEscapeHTML(false)
			if err := e.Encode(s); err != nil {
				panic("proof: a string that is no JSON: " + err.Error())
			}
			return append(b, bytes.TrimSuffix(w.Bytes(), []byte("\n"))...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

// parseRow reads a line into values as the columns of the target want them.
func parseRow(line []byte, cols []column, row []any) error {
	bad := func() error { return fmt.Errorf("proof: a row of a backup that cannot be read: %.80q", line) }
	rest, ok := bytes.CutPrefix(line, []byte("["))
	if !ok {
		return bad()
	}
	for i := range cols {
		token, after, ok := nextToken(rest)
		if !ok {
			return bad()
		}
		v, err := cols[i].value(token)
		if err != nil {
			return fmt.Errorf("proof: column %s: %w", cols[i].name, err)
		}
		row[i], rest = v, after
		if i < len(cols)-1 {
			if rest, ok = bytes.CutPrefix(rest, []byte(",")); !ok {
				return bad()
			}
		}
	}
	if string(rest) != "]" {
		return bad()
	}
	return nil
}

// nextToken splits off a number, a null or a whole string.
func nextToken(b []byte) (token, rest []byte, ok bool) {
	if len(b) == 0 {
		return nil, nil, false
	}
	if b[0] != '"' {
		n := bytes.IndexAny(b, ",]")
		if n <= 0 {
			return nil, nil, false
		}
		return b[:n], b[n:], true
	}
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return b[:i+1], b[i+1:], true
		}
	}
	return nil, nil, false
}

func (c column) value(token []byte) (any, error) {
	if string(token) == "null" {
		return nil, nil
	}
	if token[0] == '"' {
		inner := token[1 : len(token)-1]
		switch {
		case c.kind() == "bytes":
			b := make([]byte, hex.DecodedLen(len(inner)))
			_, err := hex.Decode(b, inner)
			return b, err
		case c.kind() != "text":
			return nil, fmt.Errorf("text where %s stands", c.kind())
		case bytes.IndexByte(inner, '\\') < 0:
			return string(inner), nil
		}
		var s string
		err := json.Unmarshal(token, &s)
		return s, err
	}
	switch c.typ {
	case "bigint":
		return strconv.ParseInt(string(token), 10, 64)
	case "boolean":
		return string(token) == "1", nil
	case "double":
		return strconv.ParseFloat(string(token), 64)
	}
	return nil, fmt.Errorf("a number where %s stands", c.kind())
}

// fitted turns a value read from one engine into what a column of the other
// wants: SQLite knows truth values as numbers.
func (c column) fitted(v any) any {
	if b, ok := v.(bool); ok && c.typ == "bigint" {
		return map[bool]int64{true: 1}[b]
	}
	if n, ok := v.(int64); ok && c.typ == "boolean" {
		return n != 0
	}
	return v
}
