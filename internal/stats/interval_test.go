package stats

import (
	"errors"
	"testing"
)

// Newcombe 1998, Statistics in Medicine 17, table I, method 3.
func TestWilson(t *testing.T) {
	for _, c := range []struct {
		hits, n   int
		low, high float64
	}{{81, 263, .2553, .3662}, {15, 148, .0624, .1605}, {0, 20, 0, .1611}, {1, 29, .0061, .1718}} {
		iv := must(Wilson(c.hits, c.n, .95))
		about(t, "low", iv.Low, c.low, 5e-5)
		about(t, "high", iv.High, c.high, 5e-5)
	}
	var lack *NotEnough
	if _, err := Wilson(0, 0, .95); !errors.As(err, &lack) || lack.Code != FewAnswers {
		t.Error(err)
	}
}

func TestNPS(t *testing.T) {
	for _, c := range []struct {
		v                Votes
		value, low, high float64
	}{{Votes{50, 30, 20}, 30, 14.1, 44.2}, {Votes{10, 0, 0}, 100, 47.5, 100}, {Votes{3, 1, 1}, 40, -29.8, 79.8}} {
		iv := must(NPS(c.v, .95))
		about(t, "value", iv.Value, c.value, 1e-9)
		about(t, "low", iv.Low, c.low, .06)
		about(t, "high", iv.High, c.high, .06)
	}
	var lack *NotEnough
	if _, err := NPS(Votes{}, .95); !errors.As(err, &lack) || lack.Code != FewAnswers {
		t.Error(err)
	}
	iv := must(NPSChange(Votes{50, 30, 20}, Votes{70, 20, 10}, .95))
	about(t, "change", iv.Value, 30, 1e-9)
	if !(iv.Low > 5 && iv.High < 55) {
		t.Errorf("%+v", iv)
	}
}

// The claim of both intervals: 95 of 100 samples hold the truth.
func TestIntervalsCover(t *testing.T) {
	r := Random(21)
	const runs = 4000
	wilson, nps := 0, 0
	for range runs {
		hits := 0
		var v Votes
		for range 60 {
			if r.Float64() < .2 {
				hits++
			}
			switch u := r.Float64(); {
			case u < .35:
				v.Promoters++
			case u < .75:
				v.Passives++
			default:
				v.Detractors++
			}
		}
		if iv := must(Wilson(hits, 60, .95)); iv.Low <= .2 && .2 <= iv.High {
			wilson++
		}
		if iv := must(NPS(v, .95)); iv.Low <= 10 && 10 <= iv.High {
			nps++
		}
	}
	about(t, "Wilson", float64(wilson)/runs, .95, .02)
	about(t, "NPS", float64(nps)/runs, .95, .02)
}
