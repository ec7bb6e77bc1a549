package feed

import (
	"fmt"
	"strings"
	"testing"

	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/intake"
)

const badHead = "order_no,occurred_at,member_id,currency,item,quantity,amount,total,note\n"

// badRows are orders nobody should be able to bring in, with the column and
// the code that say why.
var badRows = map[string]struct{ row, column, value, code string }{
	"negative amount":         {"B,2026-11-02,m1,JPY,x,1,-5,5,", "amount", "-5", "amount.negative"},
	"negative beside a line":  {"B,2026-11-02,m1,JPY,x,1,100,100,\nB,2026-11-02,m1,JPY,y,1,-500,100,", "total", "100", "total.differs"},
	"negative quantity":       {"B,2026-11-02,m1,JPY,x,-1,5,5,", "quantity", "-1", "quantity.not_positive"},
	"zero pieces":             {"B,2026-11-02,m1,JPY,x,0,5,5,", "quantity", "0", "quantity.not_positive"},
	"half a piece":            {"B,2026-11-02,m1,JPY,x,1.5,5,5,", "quantity", "1.5", "quantity.fraction"},
	"half a yen":              {"B,2026-11-02,m1,JPY,x,1,5.5,5,", "amount", "5.5", "amount.fraction"},
	"half a yen, full-width":  {"B,2026-11-02,m1,JPY,x,1,５．５,5,", "amount", "５．５", "amount.fraction"},
	"over int64":              {"B,2026-11-02,m1,JPY,x,1,9223372036854775808,5,", "amount", "9223372036854775808", "amount.overflow"},
	"int64":                   {"B,2026-11-02,m1,JPY,x,1,9223372036854775807,5,", "amount", "9223372036854775807", "amount.overflow"},
	"below int64":             {"B,2026-11-02,m1,JPY,x,1,-9223372036854775809,5,", "amount", "-9223372036854775809", "amount.overflow"},
	"many pieces":             {"B,2026-11-02,m1,JPY,x,9223372036854775807,5,5,", "quantity", "9223372036854775807", "amount.overflow"},
	"huge total":              {"B,2026-11-02,m1,JPY,x,1,5,99999999999999999999,", "total", "99999999999999999999", "amount.overflow"},
	"1e30":                    {"B,2026-11-02,m1,JPY,x,1,1e30,5,", "amount", "1e30", "amount.exponent"},
	"NaN":                     {"B,2026-11-02,m1,JPY,x,1,NaN,5,", "amount", "NaN", "amount.not_a_number"},
	"infinity":                {"B,2026-11-02,m1,JPY,x,1,Inf,5,", "amount", "Inf", "amount.not_a_number"},
	"words":                   {"B,2026-11-02,m1,JPY,x,1,five,5,", "amount", "five", "amount.invalid"},
	"hexadecimal":             {"B,2026-11-02,m1,JPY,x,1,0x10,16,", "amount", "0x10", "amount.invalid"},
	"does not add up":         {"B,2026-11-02,m1,JPY,x,1,5,6,", "total", "6", "total.differs"},
	"another currency":        {"B,2026-11-02,m1,USD,x,1,5,5,", "currency", "USD", "currency.decimals"},
	"another like the yen":    {"B,2026-11-02,m1,KRW,x,1,5,5,", "currency", "KRW", "currency.wrong"},
	"no currency there is":    {"B,2026-11-02,m1,???,x,1,5,5,", "currency", "???", "currency.decimals"},
	"tomorrow":                {"B,2026-11-11 12:00,m1,JPY,x,1,5,5,", "occurred_at", "2026-11-11 12:00:00", "time.future"},
	"year 9999":               {"B,9999-12-31,m1,JPY,x,1,5,5,", "occurred_at", "9999-12-31", "date.range"},
	"30 February":             {"B,2026-02-30,m1,JPY,x,1,5,5,", "occurred_at", "2026-02-30", "date.invalid"},
	"no date":                 {"B,,m1,JPY,x,1,5,5,", "occurred_at", "", "date.empty"},
	"before the programme":    {"B,2001-01-01,m1,JPY,x,1,5,5,", "occurred_at", "2001-01-01 00:00:00", "programme.none_in_force"},
	"a formula as amount":     {"B,2026-11-02,m1,JPY,x,1,=1+1,2,", "amount", "=1+1", "amount.invalid"},
	"a formula as date":       {"B,=NOW(),m1,JPY,x,1,5,5,", "occurred_at", "=NOW()", "date.invalid"},
	"a cell too few":          {"B,2026-11-02,m1,JPY,x,1,5,5", "", "", "csv.ragged"},
	"a cell too many":         {"B,2026-11-02,m1,JPY,x,1,5,5,,x", "", "", "csv.ragged"},
	"a quote in the middle":   {"B,2026-11-02,m1,JPY,\"x\"y,1,5,5,", "", "", "csv.quote"},
	"no order number":         {",2026-11-02,m1,JPY,x,1,5,5,", "order_no", "", "order.no_number"},
	"a name of 100,000 bytes": {"B,2026-11-02,m1,JPY," + strings.Repeat("x", 100_000) + ",1,5,5,", "item", "", "text.too_long"},
}

func TestABadRowIsToldWithItsPlaceAndTheRestLands(t *testing.T) {
	shops(t, "cafe", "2026-11-10T12:00:00+09:00", func(t *testing.T, s *shop) {
		for name, c := range badRows {
			t.Run(name, func(t *testing.T) {
				good := func(no string) string { // full-width digits, a yen sign, a comma and a formula as a name are fine
					return fmt.Sprintf("\"%s %s\",2026-11-02,m1,JPY,=cmd|' /C calc'!A0,１,￥1200,\"1,200円\",\n", name, no)
				}
				before := s.orders()
				src := text(name+".csv", badHead+good("1")+c.row+"\n"+good("3"))
				dry := s.try(src, false)
				rep := s.take(src, false)
				if dry.Would != rep.Would || rep.Would.Purchases != 2 || rep.Would.Refused != 1 || len(rep.Problems) == 0 {
					t.Fatalf("would %+v\n did %+v %+v", dry.Would, rep.Would, rep.Problems)
				}
				p := rep.Problems[0]
				if p.Row != 3 || p.Column != c.column || p.Value != c.value || p.Code != c.code {
					t.Errorf("row %d %q %.100q %s", p.Row, p.Column, p.Value, p.Code)
				}
				for _, l := range []i18n.Lang{i18n.JA, i18n.EN} {
					if what, do := p.What(l), p.Do(l); what == "" || do == "" || strings.Contains(what+do, "{") {
						t.Errorf("%s: %q %q", l, what, do)
					}
				}
				if n := s.orders(); n != before+2 {
					t.Errorf("%d orders stored, want 2", n-before)
				}
			})
		}
	})
}

func (s *shop) orders() (n int64) {
	s.Helper()
	err := s.db.Read(s.Context(), func(tx *db.Tx) error {
		all, err := db.Query(tx, db.Value[int64], "SELECT COUNT(*) FROM purchase_purchase")
		n = all[0]
		return err
	})
	if err != nil {
		s.Fatal(err)
	}
	return n
}

func TestABadFileIsRefusedWholeAndStoresNothing(t *testing.T) {
	ok := "1,2026-11-02,m1,JPY,x,1,5,5,\n"
	shops(t, "cafe", "2026-11-10T12:00:00+09:00", func(t *testing.T, s *shop) {
		before := s.orders()
		for code, src := range map[string]string{
			"csv.truncated":        badHead + ok + "2,2026-11-02,m1,JPY,x",
			"csv.binary":           badHead + "1,2026-11-02,m1,JPY,\x00\x01,1,5,5,\n",
			"csv.line_too_long":    badHead + "1,2026-11-02,m1,JPY," + strings.Repeat("x", intake.MaxRow) + ",1,5,5,\n",
			"csv.duplicate_column": strings.Replace(badHead, "note", "total", 1) + "1,2026-11-02,m1,JPY,x,1,5,5,7\n",
			"csv.missing_column":   "order_no,occurred_at,item,quantity\n1,2026-11-02,x,1\n",
			"csv.unknown_header":   "a,b\n1,2\n",
			"csv.empty":            "",
			"csv.spreadsheet":      "PK\x03\x04",
		} {
			_, err := s.runner(false).Run(t.Context(), text("bad.csv", src))
			if !fault.Is(err, code) {
				t.Errorf("want %s, got %v", code, err)
				continue
			}
			for _, l := range []i18n.Lang{i18n.JA, i18n.EN} {
				if what := i18n.Fault(l, code, fault.Of(err).Args); what == "" || strings.Contains(what, "{") {
					t.Errorf("%s: %q", l, what)
				}
			}
		}
		if n := s.orders(); n != before {
			t.Errorf("%d orders stored of bad files", n-before)
		}
	})
}
