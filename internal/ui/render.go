package ui

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"sync"

	"github.com/a-h/templ"

	"joren/internal/i18n"
)

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

var zippers = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}

// Render sends c as a page. Nothing is sent when c fails, so the error can
// still become an error page.
func Render(w http.ResponseWriter, r *http.Request, status int, c templ.Component) error {
	b := buffers.Get().(*bytes.Buffer)
	b.Reset()
	defer buffers.Put(b)
	if err := c.Render(r.Context(), b); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Add("Vary", "Accept-Encoding, Accept-Language, Cookie")
	if of := Of(r.Context()); of.Flash != nil {
		http.SetCookie(w, &http.Cookie{Name: flashCookie, Path: "/", MaxAge: -1})
	}
	if b.Len() < 1400 || !accepts(r.Header.Get("Accept-Encoding"), "gzip") {
		w.WriteHeader(status)
		_, err := w.Write(b.Bytes())
		return err
	}
	h.Set("Content-Encoding", "gzip")
	w.WriteHeader(status)
	zw := zippers.Get().(*gzip.Writer)
	defer zippers.Put(zw)
	zw.Reset(w)
	if _, err := zw.Write(b.Bytes()); err != nil {
		return err
	}
	return zw.Close()
}

const flashCookie = "flash"

type flash struct {
	Tone string            `json:"t"`
	Key  string            `json:"k"`
	Args map[string]string `json:"a,omitempty"`
	Href string            `json:"h,omitempty"`
}

// Flash leaves a text of the catalogue for the next page's toast. args are
// pairs of name and text; they travel in a cookie of the reader, so nothing
// secret goes into them.
func Flash(w http.ResponseWriter, tone, key string, args ...string) {
	f := flash{Tone: tone, Key: key, Args: map[string]string{}}
	for i := 0; i+1 < len(args); i += 2 {
		f.Args[args[i]] = args[i+1]
	}
	b, err := json.Marshal(f)
	if err != nil {
		panic(err)
	}
	http.SetCookie(w, &http.Cookie{Name: flashCookie, Value: base64.RawURLEncoding.EncodeToString(b), Path: "/",
		MaxAge: 60, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

// ReadFlash is the message the last page left, nil when there is none or it
// was tampered with.
func ReadFlash(r *http.Request, l i18n.Lang) *Notice {
	c, err := r.Cookie(flashCookie)
	if err != nil {
		return nil
	}
	b, err := base64.RawURLEncoding.DecodeString(c.Value)
	var f flash
	if err != nil || json.Unmarshal(b, &f) != nil || !i18n.Has(f.Key) {
		return nil
	}
	args := make([]any, 0, 2*len(f.Args))
	for k, v := range f.Args {
		args = append(args, k, v)
	}
	return &Notice{Tone: f.Tone, Text: i18n.T(l, f.Key, args...)}
}
