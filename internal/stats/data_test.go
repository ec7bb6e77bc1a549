package stats

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"encoding/csv"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Public data sets lie beside the repository, not in it; DATA says where else.
var shared = cmp.Or(os.Getenv("DATA"), "../../../shared/data")

func open(t testing.TB, name string) *os.File {
	t.Helper()
	f, err := os.Open(filepath.Join(shared, name))
	if err != nil {
		t.Skipf("data set not here: %v", err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func day(date string) int32 {
	d, err := time.Parse(time.DateOnly, date)
	if err != nil {
		panic(err)
	}
	return int32(d.Unix() / 86400)
}

// The splits of the reference results.
var (
	cdnowWindow = Window{day("1997-01-01"), day("1997-09-30"), 7}
	cdnowEnd    = day("1998-06-30")
)

// cdnow reads CDNOW; column is where the date stands.
func cdnow(t testing.TB, name string, column int) []Visit {
	t.Helper()
	sc := bufio.NewScanner(open(t, name))
	var out []Visit
	for sc.Scan() {
		f := strings.Fields(sc.Text())
		who, err := strconv.Atoi(f[0])
		if err != nil {
			continue // the header
		}
		d, err1 := time.Parse("20060102", f[column])
		amount, err2 := strconv.ParseFloat(f[column+2], 64)
		if err1 != nil || err2 != nil {
			t.Fatal(sc.Text(), err1, err2)
		}
		out = append(out, Visit{int32(who), int32(d.Unix() / 86400), amount})
	}
	if len(out) == 0 {
		t.Fatal("no purchases in ", name)
	}
	return out
}

func cdnowSample(t testing.TB) []Visit { return cdnow(t, "cdnow/CDNOW_sample.txt", 2) }
func cdnowFull(t testing.TB) []Visit   { return cdnow(t, "cdnow/CDNOW_master.txt", 1) }

var readRetail = sync.OnceValues(func() ([]Visit, error) {
	f, err := os.Open(filepath.Join(shared, "online-retail/online_retail.csv.gz"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	r := csv.NewReader(z)
	r.ReuseRecord = true
	r.LazyQuotes = true
	var out []Visit
	days := map[string]int32{}
	for {
		row, err := r.Read()
		if err != nil {
			break
		}
		if v, ok := retailLine(row, days); ok {
			out = append(out, v)
		}
	}
	return out, nil
})

// retailLine keeps sales of goods to known customers; cancellations are left out.
func retailLine(row []string, days map[string]int32) (Visit, bool) {
	who, err := strconv.Atoi(row[6])
	if err != nil || strings.HasPrefix(row[0], "C") {
		return Visit{}, false
	}
	n, err1 := strconv.Atoi(row[3])
	price, err2 := strconv.ParseFloat(row[5], 64)
	if err1 != nil || err2 != nil || n <= 0 || price <= 0 {
		return Visit{}, false
	}
	date := row[4][:10]
	d, ok := days[date]
	if !ok {
		d = day(date)
		days[date] = d
	}
	return Visit{int32(who), d, float64(n) * price}, true
}

func onlineRetail(t testing.TB) []Visit {
	t.Helper()
	v, err := readRetail()
	if err != nil {
		t.Skipf("data set not here: %v", err)
	}
	return v
}

// must is for calls that cannot fail in a sound build.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func near(t testing.TB, what string, got, want, tol float64) {
	t.Helper()
	if !(got >= want-tol && got <= want+tol) {
		t.Errorf("%s: got %.7g, want %.7g ± %g", what, got, want, tol)
	}
}
