package intake

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/fault"
	"joren/internal/i18n"
)

func pairOf(first, second string) Source {
	return Bundled([]Source{fileSource("testdata/pairs/" + first + ".csv"), fileSource("testdata/pairs/" + second + ".csv")})
}

func TestTheTwoFilesOfAnExportMakeOneSetOfOrders(t *testing.T) {
	for name, files := range map[string][2]string{
		"square":  {"square-transactions", "square-items"},
		"smaregi": {"smaregi-transactions", "smaregi-details"},
	} {
		t.Run(name, func(t *testing.T) {
			doc := readsAs(t, pairOf(files[0], files[1]), "testdata/pairs/"+name+".golden.json")
			other := readAll(t, pairOf(files[1], files[0]))
			if a, b := tell(doc.Items), tell(other.Items); !slices.Equal(a, b) {
				t.Errorf("the other way round:\n%s\n%s", strings.Join(a, "\n"), strings.Join(b, "\n"))
			}
			for _, it := range doc.Items {
				if s := it.Sale; s != nil {
					sum := s.Shipping
					for _, l := range s.Lines {
						sum += l.Amount - l.Discount
					}
					for _, d := range s.Discounts {
						sum -= d.Amount
					}
					for _, x := range s.Tax {
						sum += x.Amount
					}
					if sum != s.Total {
						t.Errorf("%s: parts %d, total %d", it.Number, sum, s.Total)
					}
				}
			}
		})
	}
}

// tell is each item in a line, without rows.
func tell(items []Item) (out []string) {
	for _, it := range items {
		out = append(out, fmt.Sprintf("%s %s %s", it.Kind, it.Number, it.Hash()))
	}
	return out
}

func TestOrdersPutTogetherHaveLinesNamesAndTheTotalPaid(t *testing.T) {
	doc := readAll(t, pairOf("square-items", "square-transactions"))
	i := slices.IndexFunc(doc.Items, func(it Item) bool { return it.Kind == KindSale && it.Number == "tx1" })
	s := doc.Items[i].Sale
	if len(s.Lines) != 3 || s.Lines[0].Name != "Latte Regular" || s.Lines[0].Category != "Drink" || s.Lines[0].SKU != "LAT" || s.Lines[0].Discount != 100 ||
		s.Lines[2].Name != "Tip" || s.Total != 1400 || s.Staff != "Ken" {
		t.Errorf("%+v", s)
	}
	if doc.Facts.Profile != "square-items+square-transactions" || doc.Facts.Rows != 10 {
		t.Errorf("%+v", doc.Facts)
	}
	if len(doc.Problems) != 1 || doc.Problems[0].Code != "total.differs" || doc.Problems[0].Column != "square-transactions.csv: Total Collected" || doc.Problems[0].Row != 5 {
		t.Errorf("%+v", doc.Problems)
	}
}

func TestFilesThatAreNoPairAreRefusedAndLinesAloneAskForTheirHeads(t *testing.T) {
	lone := fileSource("testdata/pairs/smaregi-details.csv")
	for code, src := range map[string]Source{
		"csv.not_a_pair":     pairOf("square-transactions", "smaregi-details"),
		"csv.needs_heads":    lone,
		"csv.unknown_header": Bundled([]Source{lone, textSource("x.csv", "a,b\n1,2\n")}),
		"csv.empty":          Bundled([]Source{lone, textSource("x.csv", "")}),
	} {
		_, err := DryRun(t.Context(), src, nil, nil)
		if !fault.Is(err, code) {
			t.Errorf("want %s, got %v", code, err)
			continue
		}
		for _, l := range []i18n.Lang{i18n.JA, i18n.EN} {
			if s := i18n.Fault(l, code, fault.Of(err).Args); strings.Contains(s, "{") {
				t.Errorf("%s", s)
			}
		}
	}
	if _, err := DryRun(t.Context(), pairOf("square-items", "square-items"), nil, nil); !fault.Is(err, "csv.not_a_pair") {
		t.Errorf("the same twice: %v", err)
	}
}

func TestFilesOfOnePairMayComeOneAfterTheOther(t *testing.T) {
	heads, lines := fileSource("testdata/pairs/square-transactions.csv"), fileSource("testdata/pairs/square-items.csv")
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		b := newBooks()
		take := func(src Source) Counts {
			t.Helper()
			rep, err := runner(d, b).Run(t.Context(), src)
			if err != nil {
				t.Fatal(err)
			}
			return rep.Would
		}
		take(heads)
		if s := b.sales["tx1"]; len(s.Lines) != 2 || s.Total != 1400 {
			t.Fatalf("heads alone: %+v", s)
		}
		if n := take(lines); n != (Counts{Purchases: 1, Returns: 1, Revised: 2}) { // tx3 did not add up before; now its refund has a line
			t.Errorf("the lines afterwards: %+v", n)
		}
		if n := take(fileSource("testdata/pairs/square-transactions.csv")); n.Revised+n.Purchases != 0 {
			t.Errorf("heads again: %+v", n)
		}
		if s := b.sales["tx1"]; len(s.Lines) != 2 || s.Lines[0].SKU != "LAT" {
			t.Errorf("heads took the lines away: %+v", s)
		}
		both := Bundled([]Source{heads, lines})
		if n := take(both); n.Revised != 2 || b.sales["tx1"].Total != 1400 || len(b.sales["tx1"].Lines) != 3 {
			t.Errorf("both together: %+v %+v", n, b.sales["tx1"])
		}
		if n := take(both); n.Revised+n.Purchases+n.Returns != 0 {
			t.Errorf("both again: %+v", n)
		}
	})
}

func TestAHeaderThatStandsTwiceIsRefusedUnlessTheFormatIsKnownToRepeatIt(t *testing.T) {
	src := "order_no,occurred_at,item,quantity,amount,total,備考, total ,備考\n1,2026-01-01,x,1,5,5,,6,\n"
	_, err := DryRun(t.Context(), textSource("x.csv", src), nil, nil)
	f := fault.Of(err)
	if !fault.Is(err, "csv.duplicate_column") || f.Args["column"] != "total" || f.Args["first"] != 6 || f.Args["second"] != 8 || len(f.Fields) != 2 || f.Fields[1].Path != "備考" {
		t.Fatalf("%v %+v", err, f)
	}
	for l, want := range map[i18n.Lang]string{i18n.JA: "6列目と8列目", i18n.EN: "columns 6 and 8"} {
		if s := i18n.Fault(l, f.Code, f.Args); !strings.Contains(s, want) || !strings.Contains(s, "total") {
			t.Errorf("%s", s)
		}
	}
	if rep, err := DryRun(t.Context(), fileSource("testdata/eccube4-orders.csv"), nil, nil); err != nil || rep.Would.Purchases == 0 {
		t.Errorf("EC-CUBE writes 送料 twice, and its profile says which counts: %v", err)
	}
}
