package intake

import (
	"io"
	"strconv"
	"strings"
)

// CSVWriter writes RFC 4180 with CRLF, safe to open in a spreadsheet: text
// that a spreadsheet would run as a formula (it begins with = + - @, a tab
// or a carriage return) gets a leading apostrophe. Numbers stay numbers:
// write them with [CSVWriter.Int] or [CSVWriter.Money], or as text that is nothing but a number.
//
// Source: OWASP, "CSV Injection".
type CSVWriter struct {
	w    io.Writer
	line []byte
	err  error
}

// NewCSVWriter begins with a byte order mark, without which Japanese Excel
// reads UTF-8 as CP932.
func NewCSVWriter(w io.Writer) *CSVWriter {
	c := &CSVWriter{w: w}
	_, c.err = io.WriteString(w, "\ufeff")
	return c
}

// Text adds a text cell.
func (c *CSVWriter) Text(s string) *CSVWriter { return c.cell(SafeCell(s)) }

// Int adds a number cell.
func (c *CSVWriter) Int(n int64) *CSVWriter { return c.cell(strconv.FormatInt(n, 10)) }

// Money adds an amount as people write it, 249.45 for 24945 with two decimals.
func (c *CSVWriter) Money(n int64, decimals int) *CSVWriter {
	s := strconv.FormatInt(n, 10)
	if decimals <= 0 {
		return c.cell(s)
	}
	digits := strings.TrimPrefix(s, "-")
	sign := s[:len(s)-len(digits)]
	digits = strings.Repeat("0", max(0, decimals+1-len(digits))) + digits
	whole := len(digits) - decimals
	return c.cell(sign + digits[:whole] + "." + digits[whole:])
}

// Row writes text cells and ends the row.
func (c *CSVWriter) Row(cells ...string) error {
	for _, s := range cells {
		c.Text(s)
	}
	return c.End()
}

func (c *CSVWriter) cell(s string) *CSVWriter {
	if strings.ContainsAny(s, "\",\r\n") {
		s = `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
	}
	c.line = append(append(c.line, s...), ',')
	return c
}

// End writes the row.
func (c *CSVWriter) End() error {
	if n := len(c.line); n > 0 {
		c.line = c.line[:n-1]
	}
	c.line = append(c.line, '\r', '\n')
	if c.err == nil {
		_, c.err = c.w.Write(c.line)
	}
	c.line = c.line[:0]
	return c.err
}

// SafeCell is s as a spreadsheet may be given it.
func SafeCell(s string) string {
	t := strings.TrimLeft(s, " \u3000\u00a0\ufeff")
	if t == "" || !strings.ContainsRune("=+-@\t\r＝＋－＠", []rune(t)[0]) || isNumber(s) {
		return s
	}
	return "'" + s
}

// isNumber: an optional sign, digits, at most one point inside.
func isNumber(s string) bool {
	if s != "" && (s[0] == '-' || s[0] == '+') {
		s = s[1:]
	}
	whole, frac, point := strings.Cut(s, ".")
	return whole != "" && strings.Trim(whole+frac, "0123456789") == "" && (!point || frac != "")
}
