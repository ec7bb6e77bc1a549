package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"joren/internal/clock"
	"joren/internal/stats"
)

const retailRows = `InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
1,A,Tea,2,2011-01-10 08:00:00,5.00,17,United Kingdom
1,B,Cup,1,2011-01-10 08:00:00,10.00,17,United Kingdom
2,A,Tea,1,2011-01-10 19:30:00,5.00,17,United Kingdom
3,A,Tea,4,2011-02-01 23:30:00,5.00,18,United Kingdom
4,A,Tea,1,2011-02-03 12:00:00,5.00,,United Kingdom
C5,A,Tea,-4,2011-02-02 09:00:00,5.00,18,United Kingdom
C6,B,Cup,-1,2011-03-01 09:00:00,10.00,17,United Kingdom
7,A,Tea,3,2011-04-01 09:00:00,5.00,18,United Kingdom
`

// The days of a file are those of its own zone: an evening in London is no next
// day in Tokyo. What came back is off what it came back from, and an order that
// came back whole is no purchase; guests are nobody.
func TestAFileIsMeasuredByItsOwnDaysAndWhatWasKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "retail.csv")
	if err := os.WriteFile(path, []byte(retailRows), 0o600); err != nil {
		t.Fatal(err)
	}
	e := &env{ctx: t.Context(), err: &strings.Builder{}}
	got, err := past{File: path, Profile: "online-retail"}.read(e)
	if err != nil {
		t.Fatal(err)
	}
	day := func(s string) int32 { return int32(clock.MustDay(s)) }
	want := []stats.Visit{{Who: 0, Day: day("2011-01-10"), Amount: 1000}, {Who: 0, Day: day("2011-01-10"), Amount: 500}, {Who: 1, Day: day("2011-04-01"), Amount: 1500}}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
