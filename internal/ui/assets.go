package ui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"
)

//go:embed assets/css/*.css assets/js/*.js assets/mark.svg assets/vendor/design-tokens-1.1.9/tokens.css assets/vendor/uplot-1.6.32/uPlot.iife.min.js assets/vendor/uplot-1.6.32/uPlot.min.css
var files embed.FS

// asset is one file as it is sent: its bytes, both compressed forms, and the
// hash that makes its address immutable.
type asset struct {
	typ              string
	hash             string
	plain, gzip, zst []byte
}

var assets = sync.OnceValue(func() map[string]*asset {
	tokens := mustRead("assets/vendor/design-tokens-1.1.9/tokens.css")
	return map[string]*asset{
		"app.css":  newAsset("text/css; charset=utf-8", usedTokens(tokens, joined("assets/css"))),
		"app.js":   newAsset("text/javascript; charset=utf-8", []byte("(() => {\n'use strict';\n"+string(joined("assets/js"))+"})();\n")),
		"mark.svg": newAsset("image/svg+xml", mustRead("assets/mark.svg")),
		"plot.js":  newAsset("text/javascript; charset=utf-8", mustRead("assets/vendor/uplot-1.6.32/uPlot.iife.min.js")),
		"plot.css": newAsset("text/css; charset=utf-8", mustRead("assets/vendor/uplot-1.6.32/uPlot.min.css")),
	}
})

func mustRead(name string) []byte {
	b, err := files.ReadFile(name)
	if err != nil {
		panic(err)
	}
	return b
}

// joined puts the files of a folder behind each other, in name order.
func joined(dir string) []byte {
	entries, err := fs.ReadDir(files, dir)
	if err != nil {
		panic(err)
	}
	var b bytes.Buffer
	for _, e := range entries {
		b.Write(mustRead(path.Join(dir, e.Name())))
	}
	return b.Bytes()
}

// usedTokens is our style sheet behind those of the design tokens it names;
// the other two hundred would only be carried about.
func usedTokens(tokens, css []byte) []byte {
	var b bytes.Buffer
	b.WriteString(":root {\n")
	for line := range strings.Lines(string(tokens)) {
		name, _, ok := strings.Cut(strings.TrimSpace(line), ":")
		if ok && strings.HasPrefix(name, "--") && bytes.Contains(css, []byte("var("+name+")")) {
			b.WriteString(line)
		}
	}
	b.WriteString("}\n")
	b.Write(css)
	return b.Bytes()
}

func newAsset(typ string, b []byte) *asset {
	sum := sha256.Sum256(b)
	var g bytes.Buffer
	zw, _ := gzip.NewWriterLevel(&g, gzip.BestCompression)
	zw.Write(b)
	zw.Close()
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression))
	if err != nil {
		panic(err)
	}
	return &asset{typ, hex.EncodeToString(sum[:6]), b, g.Bytes(), enc.EncodeAll(b, nil)}
}

// Asset is the address of a file of ours; it changes with the content.
func Asset(name string) string {
	a, ok := assets()[name]
	if !ok {
		panic("ui: no asset " + name)
	}
	base, ext, _ := strings.Cut(name, ".")
	return "/assets/" + base + "." + a.hash + "." + ext
}

// ServeAsset answers GET /assets/{file}: for ever cacheable under the
// address of the present content, not found under any other.
func ServeAsset(w http.ResponseWriter, r *http.Request) {
	for name, a := range assets() {
		if Asset(name) == r.URL.Path {
			a.send(w, r)
			return
		}
	}
	http.NotFound(w, r)
}

func (a *asset) send(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", a.typ)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("ETag", `"`+a.hash+`"`)
	h.Set("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("If-None-Match"), a.hash) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := a.plain
	switch accept := r.Header.Get("Accept-Encoding"); {
	case accepts(accept, "zstd"):
		h.Set("Content-Encoding", "zstd")
		body = a.zst
	case accepts(accept, "gzip"):
		h.Set("Content-Encoding", "gzip")
		body = a.gzip
	}
	h.Set("Content-Length", itoa(len(body)))
	if r.Method != http.MethodHead {
		w.Write(body)
	}
}

// accepts reads an Accept-Encoding header; a coding with q=0 is refused.
func accepts(header, coding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.TrimSpace(name) == coding {
			q = strings.TrimSpace(q)
			return q != "q=0" && q != "q=0.0" && q != "q=0.00" && q != "q=0.000"
		}
	}
	return false
}
