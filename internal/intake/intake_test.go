package intake

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/fault"
	"joren/internal/i18n"
)

func TestPersonalValuesAreMaskedInReports(t *testing.T) {
	for in, want := range map[string]string{
		"09012341234": "09*****1234", "090-1234-1234": "09*-****-1234", "hanako@example.jp": "h*****@example.jp", "山田花子": "山***", "": "",
		"０９０-１２３４-１２３４": "０９*-****-１２３４",
	} {
		if got := Mask(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	src := "member_id,name,joined_on,phone\nA,山田花子,2024-01-01,090-1234-123x\n"
	rep, err := DryRun(context.Background(), textSource("m.csv", src), nil, nil)
	if err != nil || len(rep.Problems) != 1 {
		t.Fatal(err, rep)
	}
	var out bytes.Buffer
	if err := rep.WriteErrors(&out, i18n.JA); err != nil || strings.Contains(out.String(), "1234-123") || !strings.Contains(out.String(), "09*-**") {
		t.Fatalf("%v %s", err, out.String())
	}
}

func TestNoCellOfOursRunsAsAFormula(t *testing.T) {
	for in, want := range map[string]string{
		"=1+1": "'=1+1", "+cmd|' /C calc'!A0": "'+cmd|' /C calc'!A0", "-2+3": "'-2+3", "@SUM(A1)": "'@SUM(A1)", "\t=1": "'\t=1", "\r=1": "'\r=1",
		" =1": "' =1", "＝1+1": "'＝1+1", "\u3000@x": "'\u3000@x", "-": "'-", "+": "'+",
		"-1200": "-1200", "+8.5": "+8.5", "-1.2.3": "'-1.2.3", "1-2": "1-2", "山田": "山田", "": "",
	} {
		if got := SafeCell(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	var b bytes.Buffer
	w := NewCSVWriter(&b)
	w.Row("name", "note")
	w.Text("=HYPERLINK(\"http://x\",\"y\")").Int(-5).Money(24945, 2).Money(-7, 2).Money(1200, 0).Money(0, 3)
	if err := w.End(); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff("\ufeffname,note\r\n\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\",-5,249.45,-0.07,1200,0.000\r\n", b.String()); d != "" {
		t.Error(d)
	}
}

func TestAFormulaInABadCellReachesTheErrorsFileDefused(t *testing.T) {
	src := ordersHead + "1,=cmd|' /C calc'!A0,done,a,x,1,5,0,5,\n"
	rep, err := DryRun(context.Background(), textSource("x.csv", src), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := rep.WriteErrors(&out, i18n.EN); err != nil || !strings.Contains(out.String(), ",'=cmd|") {
		t.Fatalf("%v %q", err, out.String())
	}
}

func TestASavedMappingReadsAHeaderNobodyKnows(t *testing.T) {
	m, err := ParseMapping([]byte(`{"name":"futureshop","kind":"sale","source":"fs","columns":[{"column":"受注コード","field":"order_no"},
		{"column":"金額","field":"total","nth":2},{"column":"日付","field":"occurred_at"},{"column":"金額","field":"amount","nth":1}],
		"dates":"dmy","decimal":",","currency":"EUR"}`))
	if err != nil {
		t.Fatal(err)
	}
	src := textSource("fs.csv", "受注一覧;;;\n受注コード;金額;日付;金額\nF1;1.200,50;2/3/2026;1.200,50\n")
	if _, err := DryRun(context.Background(), src, nil, nil); !fault.Is(err, "csv.unknown_header") {
		t.Fatalf("without the mapping: %v", err)
	}
	src.Mapping = m
	var got []Item
	if _, err := Read(context.Background(), src, func(it Item) error { got = append(got, it); return nil }, func(p []Problem) { t.Errorf("%+v", p) }); err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || got[0].Sale.Total != 120050 || got[0].At.Time().Format("2006-01-02") != "2026-03-01" {
		t.Fatalf("%+v", got)
	}
}

func TestSavedMappingsSurviveTheDatabase(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		want := *Profile("rakuten-rms")
		want.Name = "our shop"
		var got []*Mapping
		err := d.Write(context.Background(), func(tx *db.Tx) (err error) {
			if err := errors.Join(SaveMapping(tx, &want), SaveMapping(tx, &want)); err != nil {
				return err
			}
			got, err = Mappings(tx)
			return err
		})
		if err != nil || len(got) != 1 {
			t.Fatal(err, got)
		}
		if d := cmp.Diff(&want, got[0], cmp.AllowUnexported(Mapping{})); d != "" {
			t.Error(d)
		}
	})
}

func TestAMappingIsRefusedWithAllItsErrorsAtOnce(t *testing.T) {
	_, err := ParseMapping([]byte(`{"name":"","kind":"sale","source":"x","dates":"yyy","zone":"Mars/Base","columns":[{"column":"a","field":"nope"}],"status":{"x":"gone"}}`))
	f := fault.Of(err)
	var paths []string
	for _, x := range f.Fields {
		paths = append(paths, x.Path)
	}
	want := []string{"name", "dates", "status.x", "zone", "columns[0].field", "columns", "columns", "columns"}
	if d := cmp.Diff(want, paths); f.Code != "mapping.invalid" || d != "" {
		t.Errorf("%v %s", err, d)
	}
}

func TestBadFilesAreRefusedWhole(t *testing.T) {
	head := "order_no,occurred_at,quantity,item,amount,total\n"
	for code, src := range map[string]string{
		"csv.unknown_header": "a,b,c\n1,2,3\n",
		"csv.truncated":      head + "1,2026-01-01,1,x,5,5\n2,2026-01-01,1",
		"csv.missing_column": "order_no,occurred_at,quantity\n1,2026-01-01,1\n",
		"csv.empty":          "",
		"csv.binary":         head + "1,2026-01-01,1,\x00,5,5\n",
	} {
		if _, err := DryRun(context.Background(), textSource("x.csv", src), nil, nil); !fault.Is(err, code) {
			t.Errorf("want %s, got %v", code, err)
		}
	}
}

func TestBadRowsRefuseTheirOrderAndNothingElse(t *testing.T) {
	head := "order_no,occurred_at,item,quantity,amount,total,note\n"
	for name, c := range map[string]struct{ row, code string }{
		"ragged":        {"2,2026-01-01,x,1,5,5", "csv.ragged"},
		"too long":      {"2,2026-01-01,x,1,5,5,5,5", "csv.ragged"},
		"quote":         {"2,2026-01-01,\"x\"y,1,5,5,5", "csv.quote"},
		"huge":          {"2,2026-01-01,x,1,9223372036854775808,5,5", "amount.overflow"},
		"int64 edge":    {"2,2026-01-01,x,1,9223372036854775807,5,5", "amount.overflow"},
		"1e30":          {"2,2026-01-01,x,1,1e30,5,5", "amount.exponent"},
		"NaN":           {"2,2026-01-01,x,1,NaN,5,5", "amount.not_a_number"},
		"fraction":      {"2,2026-01-01,x,1,5.5,5,5", "amount.fraction"},
		"zero pieces":   {"2,2026-01-01,x,0,5,5,5", "quantity.not_positive"},
		"half a piece":  {"2,2026-01-01,x,1.5,5,5,5", "quantity.fraction"},
		"no such day":   {"2,2026-02-30,x,1,5,5,5", "date.invalid"},
		"no number":     {",2026-01-01,x,1,5,5,5", "order.no_number"},
		"sum":           {"2,2026-01-01,x,1,5,6,6", "total.differs"},
		"full-width NG": {"2,2026-01-01,x,1,５．５,5,5", "amount.fraction"},
	} {
		src := head + "1,2026-01-01,x,1,5,5,7\n" + c.row + "\n3,2026-01-01,x,1,５,¥5,5\n"
		rep, err := DryRun(context.Background(), textSource("x.csv", src), nil, nil)
		if err != nil || rep.Would.Purchases != 2 || rep.Would.Refused != 1 || len(rep.Problems) == 0 || rep.Problems[0].Code != c.code || rep.Problems[0].Row != 3 {
			t.Errorf("%s: %v %+v", name, err, rep)
		}
	}
}

// bigSource is n rows made while being read.
func bigSource(n int) Source {
	return Source{Name: "big.csv", Open: func() (io.ReadCloser, error) {
		r, w := io.Pipe()
		go func() {
			_, err := io.WriteString(w, ordersHead)
			for i := n; i > 0 && err == nil; i-- {
				_, err = fmt.Fprintf(w, "%d,2026-%02d-%02d 10:%02d,done,m%d,beans,1,%d,0,%d,\n", i, 1+i%12, 1+i%28, i%60, i%5000, i, i)
			}
			w.CloseWithError(err) // nil is io.EOF to the reader
		}()
		return r, nil
	}}
}

// peakHeap is the most live memory of a whole read, while rows come in and
// while items go out.
func peakHeap(t *testing.T, n int) uint64 {
	t.Helper()
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	base, peak, seen := m.HeapAlloc, uint64(0), 0
	sample := func() {
		runtime.GC()
		runtime.ReadMemStats(&m)
		peak = max(peak, m.HeapAlloc-min(base, m.HeapAlloc))
	}
	src := bigSource(n)
	src.TempDir = t.TempDir()
	ticks := 0
	_, err := stream(context.Background(), src, receiver{
		items: func(items []Item) error {
			if seen += len(items); seen%(n/8) == 0 {
				sample()
			}
			return nil
		},
		refused: func(p []Problem) { t.Errorf("%+v", p) },
		tick: func(rows int, _ int64) {
			if ticks++; ticks%17 == 0 && ticks < 1400 { // 17 batches of 256 drafts: every phase of a run of 20,000 rows
				sample()
			}
		},
	})
	if err != nil || seen < n {
		t.Fatalf("%d items: %v", seen, err)
	}
	if left, _ := os.ReadDir(src.TempDir); len(left) != 0 {
		t.Errorf("%d temporary files left", len(left))
	}
	return peak
}

func TestAMillionLinesTakeTheMemoryOfAHundredThousand(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a million lines")
	}
	small, large := peakHeap(t, 100_000), peakHeap(t, 1_000_000)
	t.Logf("live heap: %d kB at 100,000 lines, %d kB at 1,000,000", small>>10, large>>10)
	if large > small*12/10+1<<20 {
		t.Errorf("live heap grew from %d to %d kB", small>>10, large>>10)
	}
}

func FuzzProfiles(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.[ct][sx][vt]")
	if len(files) < 15 {
		f.Fatal(files)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	const head = "order_no,occurred_at,member_id,currency,item,quantity,amount,total,note\n"
	for _, row := range []string{
		"1,2026-11-02,m,JPY,x,-1,5,5,", "1,2026-11-02,m,JPY,x,0,5,5,", "1,2026-11-02,m,JPY,x,1.5,5,5,", "1,2026-11-02,m,JPY,x,1,-5,5,",
		"1,2026-11-02,m,JPY,x,1,9223372036854775807,5,", "1,2026-11-02,m,JPY,x,9223372036854775807,9223372036854775807,1e30,", "1,2026-11-02,m,JPY,x,１,５．５,NaN,",
		"1,9999-12-31,m,???,x,1,5,6,", "1,=NOW(),m,KRW,=1+1,1,=1+1,5,", "1,2026-11-02,m,JPY,\"x\"y,1,5,5,", "1,2026-11-02,m,JPY,x,1,5",
	} {
		f.Add([]byte(head + row + "\n2,2026-11-02,m,JPY,x,1,5,5,\n"))
	}
	f.Add([]byte(strings.Replace(head, "note", "total", 1) + "1,2026-11-02,m,JPY,x,1,5,5,6\n"))
	for _, p := range [][2]string{{"square-transactions", "square-items"}, {"smaregi-details", "smaregi-transactions"}} {
		in, err := pairOf(p[0], p[1]).Open()
		if err != nil {
			f.Fatal(err)
		}
		b, err := io.ReadAll(in)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		f.Add(b[:len(b)*2/3])
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		rep, err := DryRun(context.Background(), textSource("x", string(src)), nil, nil)
		if err != nil {
			if fault.Of(err).Kind == fault.Internal {
				t.Fatal(err)
			}
			return
		}
		if err := rep.WriteErrors(io.Discard, i18n.JA); err != nil {
			t.Fatal(err)
		}
		_, err = Read(context.Background(), textSource("x", string(src)), func(it Item) error {
			if it.Sale == nil {
				return nil
			}
			var goods int64
			for _, l := range it.Sale.Lines {
				if l.Amount < 0 || l.Quantity < 1 {
					return fmt.Errorf("line %+v", l)
				}
				goods += l.Amount - l.Discount
			}
			for _, d := range it.Sale.Discounts {
				goods -= d.Amount
			}
			for _, x := range it.Sale.Tax {
				goods += x.Amount
			}
			if len(it.Sale.Tax) > 0 && goods+it.Sale.Shipping != it.Sale.Total {
				return fmt.Errorf("does not add up: %+v", *it.Sale)
			}
			return nil
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzMapping(f *testing.F) {
	f.Add([]byte(`{"name":"n","kind":"sale","source":"s","columns":[{"column":"a","field":"order_no"},{"column":"b","field":"occurred_at"},{"column":"c","field":"amount"}]}`), []byte("a,b,c\n1,2026-01-01,5\n"))
	f.Add([]byte(`{"name":"n","kind":"member","source":"s","positions":["member_id","name"],"columns":[]}`), []byte("1,x\n"))
	f.Fuzz(func(t *testing.T, doc, src []byte) {
		m, err := ParseMapping(doc)
		if err != nil {
			return
		}
		s := textSource("x", string(src))
		s.Mapping = m
		if _, err := DryRun(context.Background(), s, nil, nil); err != nil && fault.Of(err).Kind == fault.Internal {
			t.Fatal(err)
		}
	})
}
