package intake

import (
	"encoding/json"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew; look at the difference before keeping it")

func fileSource(path string) Source {
	return Source{Name: filepath.Base(path), Open: func() (io.ReadCloser, error) { return os.Open(path) }}
}

func TestEachProfileReadsItsFixtureAsTheGoldenFileSays(t *testing.T) {
	for _, name := range ProfileNames() {
		t.Run(name, func(t *testing.T) {
			found, err := filepath.Glob("testdata/" + name + ".[ct][sx][vt]")
			if err != nil || len(found) != 1 {
				t.Fatalf("fixture of %s: %v %v", name, found, err)
			}
			golden := strings.TrimSuffix(found[0], filepath.Ext(found[0])) + ".golden.json"
			if got := readsAs(t, fileSource(found[0]), golden); got.Facts.Profile != name {
				t.Fatalf("recognised as %s", got.Facts.Profile)
			}
		})
	}
}

// reading is what a file holds.
type reading struct {
	Facts    *Facts
	Items    []Item
	Problems []Problem
}

func readAll(t *testing.T, src Source) (doc reading) {
	t.Helper()
	var err error
	doc.Facts, err = Read(t.Context(), src,
		func(it Item) error { doc.Items = append(doc.Items, it); return nil },
		func(p []Problem) { doc.Problems = append(doc.Problems, p...) })
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// readsAs compares what a source holds with a golden file.
func readsAs(t *testing.T, src Source, golden string) reading {
	t.Helper()
	doc := readAll(t, src)
	got, err := json.MarshalIndent(doc, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(golden, append(got, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(strings.TrimSpace(string(want)), string(got)); d != "" {
		t.Error(d)
	}
	return doc
}
