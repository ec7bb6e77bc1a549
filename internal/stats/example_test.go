package stats_test

import (
	"errors"
	"fmt"

	"joren/internal/stats"
)

// A shop's past, counted in weeks, and what its customers will do.
func ExampleFitAll() {
	rows := []stats.Row{ // N customers with X repeats, the last TX weeks after the first, T weeks known
		{X: 0, T: 39, N: 60}, {X: 1, TX: 3, T: 39, N: 12}, {X: 1, TX: 25, T: 32, N: 9}, {X: 2, TX: 9, T: 38, N: 7},
		{X: 4, TX: 33, T: 39, N: 6}, {X: 6, TX: 11, T: 36, N: 4}, {X: 11, TX: 38, T: 39, N: 2},
	}
	fits, err := stats.FitAll(rows)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("dropout seen:", fits.DropoutSeen())
	lapsed := stats.Row{X: 6, TX: 11, T: 36, N: 1}
	active := stats.Row{X: 6, TX: 35, T: 36, N: 1}
	m := fits.ParetoNBD.Model
	fmt.Printf("buys within 13 weeks: lapsed %.2f, active %.2f\n", m.AtLeastOne(lapsed, 13), m.AtLeastOne(active, 13))
	// Output:
	// dropout seen: true
	// buys within 13 weeks: lapsed 0.01, active 0.72
}

// Too little is said, not guessed.
func ExampleNotEnough() {
	_, err := stats.FitAll([]stats.Row{{X: 3, TX: 20, T: 39, N: 12}})
	var lack *stats.NotEnough
	if errors.As(err, &lack) {
		fmt.Println(lack.Code, lack.Have, lack.Need)
	}
	// Output: stats.few_customers 12 30
}

func ExampleNPS() {
	iv, err := stats.NPS(stats.Votes{Promoters: 50, Passives: 30, Detractors: 20}, 0.95)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.0f (%.1f to %.1f)\n", iv.Value, iv.Low, iv.High)
	// Output: 30 (14.1 to 44.2)
}
