package demo

import (
	"bytes"
	"io"
	"testing"
	"time"

	"joren/internal/intake"
)

// history is the file as it was, unpacked beforehand: unpacking is not reading.
func history(tb testing.TB) []byte {
	tb.Helper()
	in, err := CSV()
	if err != nil {
		tb.Fatal(err)
	}
	defer in.Close()
	b, err := io.ReadAll(in)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// BenchmarkReadingTheHistory is the pure reading side: from the file's bytes
// to documents ready to be recorded, 541,909 lines a round.
func BenchmarkReadingTheHistory(b *testing.B) {
	src := Source()
	text := history(b)
	src.Open = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil }
	b.ReportAllocs()
	n, began := 0, cpuTime()
	for b.Loop() {
		if _, err := intake.Read(b.Context(), src, func(intake.Item) error { n++; return nil }, nil); err != nil {
			b.Fatal(err)
		}
	}
	if n == 0 {
		b.Fatal("nothing was read")
	}
	perCore(b, began)
}

// BenchmarkRowsOfTheHistory is the reader alone: from bytes to cells.
func BenchmarkRowsOfTheHistory(b *testing.B) {
	text := history(b)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	began := cpuTime()
	for b.Loop() {
		rd, err := intake.NewReader(bytes.NewReader(text))
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for {
			_, err := rd.Read()
			if err == io.EOF {
				break
			}
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		if n != Lines+1 {
			b.Fatalf("%d rows", n)
		}
	}
	perCore(b, began)
}

// perCore reports lines for each second of processor time, collecting garbage
// included, so that a busy machine does not colour the figure.
func perCore(b *testing.B, began time.Duration) {
	b.ReportMetric(float64(Lines)*float64(b.N)/(cpuTime()-began).Seconds(), "lines/cpu-s")
}
