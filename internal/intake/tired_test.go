package intake

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"

	"joren/internal/fault"
	"joren/internal/i18n"
)

const (
	tiredHead = "order_no,occurred_at,member_id,item,quantity,amount,total\n"
	tiredRows = "1001,2026-11-01 10:00,m1,コーヒー豆,1,1200,1200\n1002,2026-11-02 11:00,m2,紅茶,2,800,800\n"
)

func sjis(s string) string { out, _ := japanese.ShiftJIS.NewEncoder().String(s); return out }
func euc(s string) string  { out, _ := japanese.EUCJP.NewEncoder().String(s); return out }
func utf16(s string) string {
	out, _ := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(s)
	return out
}

func with(from, to string) string { return strings.ReplaceAll(tiredHead+tiredRows, from, to) }

// one is a file of one order with a date, number, member, item and amount.
func one(at, no, who, item, money string) string {
	return tiredHead + fmt.Sprintf("%s,%s,%s,%s,1,%s,%s\n", no, at, who, item, money, money)
}

// tired are files as people make them at the end of the day: what is taken, and
// what is said of the rest as row, column and code.
var tired = map[string]struct {
	file  string
	taken int
	said  []string
	skip  string // as kind of row and number
}{
	"CP932":                     {sjis(tiredHead + tiredRows), 2, nil, ""},
	"UTF-8 with its mark":       {"\ufeff" + tiredHead + tiredRows, 2, nil, ""},
	"UTF-16":                    {utf16(tiredHead + tiredRows), 2, nil, ""},
	"EUC-JP":                    {euc(tiredHead + tiredRows), 2, nil, ""},
	"EUC-JP, kanji alone":       {euc(one("2026-11-01", "1", "m1", "豆腐木綿", "100")), 1, nil, ""},
	"CP932, half-width kana":    {sjis(one("2026-11-01", "1", "m1", "ｺｰﾋｰ､ﾏﾒ", "100")), 1, nil, ""},
	"semicolons":                {with(",", ";"), 2, nil, ""},
	"tabs":                      {with(",", "\t"), 2, nil, ""},
	"slashes in dates":          {with("2026-11-0", "2026/11/"), 2, nil, ""},
	"month first":               {with("2026-11-01", "11/1/2026"), 1, []string{"2 occurred_at date.order"}, ""},
	"morning and afternoon":     {with("2026-11-02 11:00", "2026/11/2 午後1:05"), 2, nil, ""},
	"full-width digits":         {one("２０２６－１１－０１ １０：００", "１００１", "m1", "豆", "１２００"), 1, nil, ""},
	"yen signs":                 {one("2026-11-01", "1", "m1", "豆", `"￥1,200"`), 1, nil, ""},
	"the word yen":              {one("2026-11-01", "1", "m1", "豆", `"1，200円"`), 1, nil, ""},
	"a backslash for yen":       {one("2026-11-01", "1", "m1", "豆", `"\1,200"`), 1, nil, ""},
	"thousands by blanks":       {one("2026-11-01", "1", "m1", "豆", "1 200"), 1, nil, ""},
	"the Japanese era":          {one("令和8年11月1日", "1", "m1", "豆", "100"), 1, nil, ""},
	"weekdays":                  {one("2026/11/03(火) 10:00", "1", "m1", "豆", "100"), 1, nil, ""},
	"no year":                   {one("11月5日", "1", "m1", "豆", "100"), 0, []string{"2 occurred_at date.invalid"}, ""},
	"a year of two digits":      {one("26/11/3", "1", "m1", "豆", "100"), 0, []string{"2 occurred_at date.two_digit_year"}, ""},
	"31 November":               {one("2026-11-31", "1", "m1", "豆", "100"), 0, []string{"2 occurred_at date.invalid"}, ""},
	"serial dates":              {with("2026-11-01 10:00", "46327.4166666667"), 1, []string{"2 occurred_at date.serial"}, ""},
	"narrow columns":            {one("########", "1", "m1", "豆", "100"), 0, []string{"2 occurred_at cell.error"}, ""},
	"a lookup that failed":      {one("2026-11-01", "1", "#REF!", "#N/A", "100"), 0, []string{"2 member_id cell.error", "2 item cell.error"}, ""},
	"an order number that lost": {one("2026-11-01", "1.23457E+12", "m1", "豆", "100"), 0, []string{"2 order_no number.mangled"}, ""},
	"a member who lost digits":  {one("2026-11-01", "1", "4.90123E+12", "豆", "100"), 0, []string{"2 member_id number.mangled"}, ""},
	"the header twice":          {tiredHead + tiredRows + tiredHead, 2, nil, "header 1"},
	"two files in one":          {"\ufeff" + tiredHead + tiredRows + "\ufeff" + tiredHead + "1003,2026-11-03,m3,豆,1,500,500\n", 3, nil, "header 1"},
	"a sum at the end":          {tiredHead + tiredRows + "合計,,,,3,2000,2000\n", 2, nil, "total 1"},
	"a sum further right":       {tiredHead + tiredRows + ",,,【合　計】,,,2000\n", 2, nil, "total 1"},
	"a short sum":               {tiredHead + tiredRows + "Total:,,2000\n", 2, nil, "total 1"},
	"a product called sum":      {one("2026-11-01", "1", "m1", "合計", "100"), 1, nil, ""},
	"empty columns":             {"order_no,occurred_at,member_id,item,quantity,amount,total,,,\n1,2026-11-01,m1,豆,1,100,100,,,\n", 1, nil, ""},
	"a title above":             {"売上一覧,,,,,,\n期間:2026/11/01-2026/11/30,,,,,,\n" + tiredHead + tiredRows, 2, nil, ""},
	"blank rows":                {tiredHead + "\n" + tiredRows + ",,,,,,\n\n", 2, nil, ""},
	"Excel's first line":        {"sep=,\n" + tiredHead + tiredRows, 2, nil, ""},
	"returns alone":             {with("\n", "\r"), 2, nil, ""},
	"headers in capitals":       {"Order_No, Occurred_At ,MEMBER_ID,Item,Quantity,Amount,Total\n" + tiredRows, 2, nil, ""},
	"brackets for minus":        {one("2026-11-01", "1", "m1", "豆", "(1200)"), 0, []string{"2 amount amount.negative"}, ""},
	"triangles for minus":       {one("2026-11-01", "1", "m1", "豆", "▲500"), 0, []string{"2 amount amount.negative"}, ""},
	"a dash for nothing":        {one("2026-11-01", "1", "m1", "豆", "-"), 0, []string{"2 total amount.invalid", "2 amount amount.invalid"}, ""},
	"UTF-8 put behind CP932":    {sjis(tiredHead+tiredRows) + "1003,2026-11-03,m3,山田,1,500,500\n", 2, []string{"4  csv.mixed_encoding"}, ""},
	"a letter CP932 lacks":      {sjis(tiredHead+tiredRows) + "1003,2026-11-03,m3,\x81\x20,1,500,500\n", 2, []string{"4  csv.encoding"}, ""},
	"the header alone":          {tiredHead, 0, nil, ""},
}

func TestFilesAsTiredPeopleMakeThem(t *testing.T) {
	for name, c := range tired {
		t.Run(name, func(t *testing.T) {
			src := Source{Name: name, Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(c.file)), nil }}
			r, err := DryRun(t.Context(), src, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			var said []string
			for _, p := range r.Problems {
				said = append(said, fmt.Sprint(p.Row, " ", p.Column, " ", p.Code))
				for _, l := range []i18n.Lang{i18n.JA, i18n.EN} {
					if what, do := p.Words(l); what == "" || do == "" || strings.ContainsAny(what+do, "{}") || strings.HasSuffix(what, "。") {
						t.Errorf("%s: %q %q", l, what, do)
					}
				}
			}
			if r.Would.Purchases != c.taken || !slices.Equal(said, c.said) {
				t.Errorf("took %d, want %d; said %q, want %q", r.Would.Purchases, c.taken, said, c.said)
			}
			skip := ""
			for _, k := range slices.Sorted(maps.Keys(r.Skipped)) {
				skip += fmt.Sprint(k, " ", r.Skipped[k])
			}
			if skip != c.skip {
				t.Errorf("passed over %q, want %q", skip, c.skip)
			}
		})
	}
}

func TestAFileThatIsNoTableSaysSo(t *testing.T) {
	for file, code := range map[string]string{
		"<html><table><tr><td>order_no</td></tr></table></html>": "csv.spreadsheet",
		"<?xml version=\"1.0\"?>\n<Workbook/>":                   "csv.spreadsheet",
		tiredHead + "1,2026-11-01,m1,\"豆,1,100,100\n":            "csv.truncated",
		"\n\n": "csv.empty",
	} {
		_, err := DryRun(t.Context(), Source{Name: "x", Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(file)), nil }}, nil, nil)
		if !fault.Is(err, code) {
			t.Errorf("%.20q: %v", file, err)
		}
	}
}
