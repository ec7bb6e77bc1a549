// Package demo carries the history that the demo shop is built from: the UCI
// "Online Retail" data set (Chen 2015, CC BY 4.0), all 541,909 invoice lines,
// compressed with zstd.
//
// It opens the history for the normal importer (package intake), counts what
// cleaning did, and prints the demo's summary. It records nothing.
package demo

import (
	"bytes"
	"context"
	_ "embed"
	"io"

	"github.com/klauspost/compress/zstd"

	"joren/internal/intake"
)

//go:embed data/online_retail.csv.zst
var packed []byte

// Licence is the licence text that goes with the data, Origin where it comes
// from and what was changed.
var (
	//go:embed data/LICENSE.txt
	Licence string
	//go:embed data/README.md
	Origin string
)

// Lines is the number of invoice lines in the history; Size its bytes as CSV.
const (
	Lines = 541_909
	Size  = 47_370_671
)

// Attribution is the credit that CC BY 4.0 asks for, in one line.
const Attribution = "Chen, D. (2015). Online Retail. UCI Machine Learning Repository. doi:10.24432/C5BW33. CC BY 4.0"

// CSV opens the history as the CSV file it was.
func CSV() (io.ReadCloser, error) {
	d, err := zstd.NewReader(bytes.NewReader(packed), zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, err
	}
	return d.IOReadCloser(), nil
}

// Source is the history for the importer.
func Source() intake.Source {
	return intake.Source{
		Name: "online_retail.csv", Size: Size, Open: CSV,
		Mapping: intake.Profile("online-retail"), Sorted: true,
	}
}

// Open gives every document of the history in time order to fn, members just
// before their first one, and says what cleaning did.
func Open(ctx context.Context, fn func(intake.Item) error) (intake.Cleaned, error) {
	facts, err := intake.Read(ctx, Source(), fn, nil)
	if err != nil {
		return intake.Cleaned{}, err
	}
	return *facts.Cleaned, nil
}
