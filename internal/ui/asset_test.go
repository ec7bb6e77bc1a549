package ui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"joren/internal/i18n"
)

func fetch(path string, headers ...string) *httptest.ResponseRecorder {
	r, w := httptest.NewRequest("GET", path, nil), httptest.NewRecorder()
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	ServeAsset(w, r)
	return w
}

func TestAssetsAreImmutableUnderTheirHashAndAbsentUnderAnyOther(t *testing.T) {
	w := fetch(Asset("app.css"))
	if w.Code != 200 || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") || w.Header().Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if again := fetch(Asset("app.css"), "If-None-Match", w.Header().Get("ETag")); again.Code != 304 || again.Body.Len() != 0 {
		t.Errorf("a known asset was answered %d with %d bytes", again.Code, again.Body.Len())
	}
	if w := fetch("/assets/app.000000000000.css"); w.Code != 404 {
		t.Errorf("an old hash was answered %d", w.Code)
	}
}

func TestAssetsComeCompressedAsAskedAndUnpackToTheSame(t *testing.T) {
	for name, a := range assets() {
		for coding, unpack := range map[string]func([]byte) []byte{"gzip": ungzip, "zstd": unzstd, "": func(b []byte) []byte { return b }} {
			w := fetch(Asset(name), "Accept-Encoding", coding+";q=1.0, br")
			if w.Header().Get("Content-Encoding") != coding || !bytes.Equal(unpack(w.Body.Bytes()), a.plain) {
				t.Errorf("%s as %q: %v", name, coding, w.Header())
			}
		}
		if w := fetch(Asset(name), "Accept-Encoding", "zstd;q=0, gzip"); w.Header().Get("Content-Encoding") != "gzip" {
			t.Errorf("%s: a refused coding was used", name)
		}
	}
}

func ungzip(b []byte) []byte {
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil
	}
	out, _ := io.ReadAll(r)
	return out
}

func unzstd(b []byte) []byte {
	d, _ := zstd.NewReader(nil)
	out, _ := d.DecodeAll(b, nil)
	return out
}

func TestAFirstVisitStaysWithinTheBudgetOfThePublicPages(t *testing.T) {
	sum := 0
	for name, a := range assets() {
		if strings.HasPrefix(name, "plot.") {
			continue // loaded by pages with a chart to zoom in, all of them in the console
		}
		sum += len(a.gzip)
	}
	r, w := httptest.NewRequest("GET", "/_components", nil), httptest.NewRecorder()
	r.Header.Set("Accept-Encoding", "gzip")
	if err := Components(w, r.WithContext(With(r.Context(), View{Lang: i18n.JA}))); err != nil {
		t.Fatal(err)
	}
	t.Logf("assets %d bytes, the page of all components %d bytes, gzip", sum, w.Body.Len())
	if w.Header().Get("Content-Encoding") != "gzip" || sum > 20_000 || sum+w.Body.Len() > 30_000 {
		t.Errorf("assets %d bytes, page %d bytes", sum, w.Body.Len())
	}
}

func TestVendoredFilesAreTheOnesTheirSourceNotesName(t *testing.T) {
	notes, _ := filepath.Glob("assets/vendor/*/SOURCE")
	more, _ := filepath.Glob("uitest/testdata/*/SOURCE")
	notes = append(notes, more...)
	if len(notes) < 2 {
		t.Fatalf("only %d notes", len(notes))
	}
	for _, note := range notes {
		b, err := os.ReadFile(note)
		if err != nil {
			t.Fatal(err)
		}
		named := regexp.MustCompile(`(?s)file: (?:dist/)?([\w.]+).*?sha256: ([0-9a-f]{64})`).FindAllStringSubmatch(string(b), -1)
		kept, _ := filepath.Glob(filepath.Join(filepath.Dir(note), "[^LS]*")) // beside LICENSE and SOURCE
		if len(named) == 0 || len(kept) != len(named) {
			t.Fatalf("%s says %s; the folder holds %v", note, b, kept)
		}
		for _, m := range named {
			file, err := os.ReadFile(filepath.Join(filepath.Dir(note), m[1]))
			if sum := sha256.Sum256(file); err != nil || hex.EncodeToString(sum[:]) != m[2] {
				t.Errorf("%s: %s is not what the note says (%v)", note, m[1], err)
			}
		}
		if _, err := os.Stat(filepath.Join(filepath.Dir(note), "LICENSE")); err != nil {
			t.Error(err)
		}
	}
}

// pairs are the foregrounds and grounds that meet on pages, and the ratio
// they need: 4.5 for text, 3 for edges and signs (WCAG 2.2, 1.4.3 and 1.4.11).
var pairs = map[float64][][2]string{
	4.5: {
		{"text", "ground"}, {"text", "sunk"}, {"text", "raised"}, {"text", "tint"}, {"text", "good-tint"}, {"text", "warn-tint"}, {"text", "bad-tint"},
		{"soft", "ground"}, {"soft", "sunk"}, {"soft", "raised"}, {"soft", "tint"}, {"link", "ground"}, {"link", "sunk"}, {"link", "raised"}, {"link", "tint"},
		{"link", "warn-tint"}, {"seen", "ground"}, {"seen", "raised"}, {"on-act", "act"}, {"on-act", "act-over"}, {"on-bad-act", "bad-act"},
		{"good", "good-tint"}, {"good", "ground"}, {"warn", "warn-tint"}, {"warn", "ground"}, {"bad", "bad-tint"}, {"bad", "ground"}, {"bad", "raised"},
		{"text", "heat1"}, {"text", "heat2"}, {"text", "heat3"}, {"text", "heat4"}, {"text", "heat5"},
	},
	3: {
		{"edge", "ground"}, {"edge", "sunk"}, {"ring", "ground"}, {"ring", "sunk"}, {"act", "ground"}, {"act", "tint"}, {"warn-line", "ground"},
		{"s1", "ground"}, {"s2", "ground"}, {"s3", "ground"}, {"s4", "ground"}, {"act", "sunk"},
	},
}

func TestEveryPairOfColoursHasEnoughContrastInBothSchemes(t *testing.T) {
	light, dark := theme(t)
	for need, list := range pairs {
		for _, p := range list {
			for name, scheme := range map[string]map[string]float64{"light": light, "dark": dark} {
				a, ok1 := scheme[p[0]]
				b, ok2 := scheme[p[1]]
				if !ok1 || !ok2 {
					t.Fatalf("%v is not in the theme", p)
				}
				if got := (math.Max(a, b) + 0.05) / (math.Min(a, b) + 0.05); got < need {
					t.Errorf("%s: %s on %s is %.2f, needs %.1f", name, p[0], p[1], got, need)
				}
			}
		}
	}
}

var (
	roleRE  = regexp.MustCompile(`--([\w-]+): light-dark\(([^,]+), ([^;]+)\);`)
	tokenRE = regexp.MustCompile(`--([\w-]+): (#[0-9a-f]{6});`)
)

// theme gives the luminance of each colour role in the light and dark scheme.
func theme(t *testing.T) (light, dark map[string]float64) {
	css := string(assets()["app.css"].plain)
	tokens := map[string]string{}
	for _, m := range tokenRE.FindAllStringSubmatch(css, -1) {
		tokens["var(--"+m[1]+")"] = m[2]
	}
	light, dark = map[string]float64{}, map[string]float64{}
	for _, m := range roleRE.FindAllStringSubmatch(css, -1) {
		light[m[1]] = luminance(t, tokens, m[2])
		dark[m[1]] = luminance(t, tokens, m[3])
	}
	return light, dark
}

// luminance is the relative luminance of WCAG 2.2 of a colour or token.
func luminance(t *testing.T, tokens map[string]string, s string) float64 {
	if hex, ok := tokens[s]; ok {
		s = hex
	}
	n, err := strconv.ParseUint(strings.TrimPrefix(s, "#"), 16, 32)
	if err != nil {
		t.Fatalf("colour %q: %v", s, err)
	}
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		c := float64(n>>(16-8*i)&255) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

func TestEveryColourNamedInTheStyleSheetExists(t *testing.T) {
	css := string(assets()["app.css"].plain)
	for _, m := range regexp.MustCompile(`var\((--[\w-]+)\)`).FindAllStringSubmatch(css, -1) {
		if !strings.Contains(css, m[1]+":") {
			t.Error(fmt.Sprint(m[1], " is used and not defined"))
		}
	}
}
