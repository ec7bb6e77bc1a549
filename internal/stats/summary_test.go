package stats

import (
	"encoding/binary"
	"math"
	"slices"
	"testing"
)

func TestSummariseCountsDaysNotReceipts(t *testing.T) {
	visits := []Visit{
		{2, 110, 500}, {1, 121, 300}, {1, 100, 1000}, {1, 107, 400}, {1, 107, 200}, // 107 is one purchase of 600
		{3, 90, 10}, {3, 120, 10}, // began before the window
		{4, 130, 10},                                              // begins after it
		{1, 140, 5000}, {2, 141, 70}, {2, 141, 30}, {2, 150, 900}, // later
	}
	s := must(Summarise(visits, Window{95, 128, 7}))
	if !slices.Equal(s.Who, []int32{1, 2}) || !slices.Equal(s.X, []int{2, 0}) {
		t.Fatalf("%+v", s)
	}
	about(t, "tx", s.TX[0], 3, 0)
	about(t, "T", s.T[0], 4, 0)
	about(t, "money", s.Money[0], 1900, 0)
	about(t, "mean of repeats", s.Mean[0], 450, 0)
	about(t, "spread of gaps 7, 14", s.Even[0], math.Sqrt(24.5)/10.5, 1e-12)
	about(t, "mean without repeats", s.Mean[1], 0, 0)
	days, money := s.Later(visits, 145)
	if !slices.Equal(days, []int{1, 1}) || !slices.Equal(money, []float64{5000, 100}) {
		t.Error(days, money)
	}
}

func TestGroupKeepsEveryCustomer(t *testing.T) {
	s := must(Summarise([]Visit{{5, 1, 1}, {9, 1, 1}, {7, 1, 1}, {7, 3, 1}, {8, 2, 1}}, Window{1, 8, 1}))
	g := s.Group()
	want := []Row{{0, 0, 6, 1}, {0, 0, 7, 2}, {1, 2, 7, 1}}
	if !slices.Equal(g.Rows, want) || !slices.Equal(g.Of, []int32{1, 2, 0, 1}) {
		t.Errorf("%+v", g)
	}
}

func TestSummariseRefusesNonsense(t *testing.T) {
	for _, w := range []Window{{10, 9, 7}, {1, 2, 0}, {1, 2, math.NaN()}, {1, 2, -7}} {
		if _, err := Summarise(nil, w); err == nil {
			t.Errorf("%+v", w)
		}
	}
	if _, err := Summarise([]Visit{{1, 1, math.NaN()}}, Window{1, 2, 7}); err == nil {
		t.Error("NaN")
	}
}

// Whatever the visits, the summary is one that models accept, and does not
// depend on their order.
func FuzzSummarise(f *testing.F) {
	f.Add([]byte{}, int32(0), int32(0), 7.0)
	f.Add([]byte("\x01\x00\x05\x00\x10\x27\x01\x00\x05\x00\x10\x27\x01\x00\x09\x00\x10\x27"), int32(0), int32(30), 7.0)
	f.Add([]byte("\x02\x00\xff\xff\x00\x80\x02\x00\x00\x80\x01\x00"), int32(math.MinInt32), int32(math.MaxInt32), 1.0)
	f.Fuzz(func(t *testing.T, data []byte, from, to int32, unit float64) {
		var visits []Visit
		for ; len(data) >= 6; data = data[6:] {
			d := int32(int16(binary.LittleEndian.Uint16(data[2:])))
			if d%5 == 0 {
				d *= 65_000 // far days too
			}
			visits = append(visits, Visit{int32(binary.LittleEndian.Uint16(data)), d, float64(int16(binary.LittleEndian.Uint16(data[4:])))})
		}
		s, err := Summarise(visits, Window{from, to, unit})
		if err != nil {
			return
		}
		g := s.Group()
		if err := checkRows(g.Rows); err != nil {
			t.Fatal(err, g.Rows)
		}
		n := 0
		for _, r := range g.Rows {
			n += r.N
		}
		if n != len(s.Who) || len(g.Of) != n || !slices.IsSorted(s.Who) {
			t.Fatal("customers lost", n, len(s.Who))
		}
		for i := range s.Who {
			if !finite(s.Money[i], s.Mean[i], s.Even[i]) || g.Rows[g.Of[i]].X != s.X[i] {
				t.Fatalf("%+v", s)
			}
		}
		slices.Reverse(visits)
		other := must(Summarise(visits, Window{from, to, unit}))
		if !slices.Equal(other.Money, s.Money) || !slices.Equal(other.TX, s.TX) || !slices.Equal(other.Mean, s.Mean) {
			t.Fatal("the order of visits matters")
		}
	})
}
