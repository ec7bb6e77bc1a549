package intake

import (
	"strings"

	"joren/internal/text"
)

// furniture tells rows that are no data: the header once more, where files were
// put together, and the sums that spreadsheets and reports end with. "" is
// data. A sum has no date and no number of its own.
func (t *table) furniture(row []string) string {
	switch {
	case len(row) == 0:
	case t.isHeader(row):
		return "header"
	case t.isTotal(row):
		return "total"
	}
	return ""
}

func (t *table) isHeader(row []string) bool {
	if len(row) < len(t.header) || headerText(row[0]) != t.header[0] {
		return false
	}
	named := false
	for i, h := range t.header {
		if headerText(row[i]) != h {
			return false
		}
		named = named || h != ""
	}
	return named
}

// keyOf is the field that numbers the documents of a kind of file.
var keyOf = map[Kind]Field{KindSale: fOrderNo, KindEvent: fEventNo, KindMember: fMemberID, KindOpening: fMemberID}

func (t *table) isTotal(row []string) bool {
	cell := func(f Field) string {
		if i := t.at[f]; i >= 0 && i < len(row) {
			return row[i]
		}
		return ""
	}
	if key := cell(keyOf[t.Kind]); key != "" && !isTotalWord(key) {
		return false
	}
	if strings.TrimSpace(cell(fOccurredAt)) != "" && !isTotalWord(cell(fOccurredAt)) {
		return false
	}
	for _, s := range row {
		if isTotalWord(s) {
			return true
		}
	}
	return false
}

var totalWords = map[string]bool{"合計": true, "総計": true, "小計": true, "計": true, "総合計": true, "合計金額": true, "total": true, "totals": true, "grand total": true, "subtotal": true, "sum": true}

// isTotalWord knows 合計, "合　計", 【合計】, Total: and their like.
func isTotalWord(s string) bool {
	if s == "" || len(s) > 60 {
		return false
	}
	s = strings.Trim(strings.ToLower(text.Clean(text.Cell(s))), "【】[]()<>:-* ")
	return totalWords[s] || totalWords[strings.ReplaceAll(s, " ", "")]
}

// spreadsheetErrors are what a spreadsheet shows instead of a value.
var spreadsheetErrors = map[string]bool{"#N/A": true, "#REF!": true, "#VALUE!": true, "#NAME?": true, "#DIV/0!": true, "#NULL!": true, "#NUM!": true, "#SPILL!": true, "#CALC!": true}

// isSpreadsheetError also knows a column that was too narrow for its values.
func isSpreadsheetError(s string) bool {
	return len(s) > 1 && s[0] == '#' && (spreadsheetErrors[s] || len(s) > 2 && strings.Trim(s, "#") == "")
}

// isMangled reports a long number of which a spreadsheet kept the first digits
// only: 1.23457E+12.
func isMangled(s string) bool {
	digits, exponent, ok := strings.Cut(s, "E+")
	return ok && digits != "" && exponent != "" && strings.Trim(digits, "0123456789.") == "" && strings.Trim(exponent, "0123456789") == ""
}

// isSerial reports a date as spreadsheets count it, in days since 1900 (or
// 1904, which is why it cannot be read): 46327 or 46327.4166666667.
func isSerial(s string) bool {
	days, part, _ := strings.Cut(s, ".")
	return len(days) == 5 && days >= "20000" && days <= "79999" && strings.Trim(days+part, "0123456789") == ""
}
