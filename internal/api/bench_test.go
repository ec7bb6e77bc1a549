package api

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"joren/internal/purchase"
	"joren/internal/sale"
	"joren/internal/staff"
)

// quiet takes an answer and keeps nothing.
type quiet struct {
	h      http.Header
	status int
}

func (q *quiet) Header() http.Header         { return q.h }
func (q *quiet) Write(b []byte) (int, error) { return len(b), nil }
func (q *quiet) WriteHeader(status int)      { q.status = status }

// What the face itself costs for the café's purchase: routing, key, strict
// reading, answer, metrics; the story behind it answers at once.
func BenchmarkTheFaceOfAPurchase(b *testing.B) {
	s := &shop{}
	s.openSQLite(b)
	s.theRegular()
	s.at("2026-11-15T10:12:40+09:00")
	first := s.post("/v1/purchases", purchaseBodyWithoutHold()).want(201)
	var a sale.Answer
	first.into(&a)
	mux := newServer(s.api.Deps)
	mux.mux = http.NewServeMux()
	mux.doc = newDocument(mux.mux)
	handle(mux, route{Method: "POST", Path: "/v1/purchases", Scope: staff.ScopeWrite, Once: mayKey, Status: []int{201, 200}}, func(c *call, in *purchaseIn) (answer[sale.Answer], error) {
		if _, err := c.by(); err != nil {
			return answer[sale.Answer]{}, err
		}
		return recorded(a), nil
	})
	body := purchaseBodyWithoutHold()
	r := httptest.NewRequest("POST", "/v1/purchases", nil)
	r.Header.Set("Authorization", "Bearer "+s.keys[staff.ScopeWrite])
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", "till-2-8801")
	r.ContentLength = int64(len(body))
	w := &quiet{h: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		clear(w.h)
		r.Body = readCloser{strings.NewReader(body)}
		mux.ServeHTTP(w, r)
		if w.status != 201 {
			b.Fatal(w.status)
		}
	}
}

// What the face costs for a hundred of them at once.
func BenchmarkTheFaceOfAHundred(b *testing.B) {
	s := &shop{}
	s.openSQLite(b)
	s.theRegular()
	s.at("2026-11-15T10:12:40+09:00")
	var a sale.Answer
	s.post("/v1/purchases", purchaseBodyWithoutHold()).want(201).into(&a)
	mux := newServer(s.api.Deps)
	mux.mux = http.NewServeMux()
	mux.doc = newDocument(mux.mux)
	handle(mux, route{Method: "POST", Path: "/v1/purchases/bulk", Scope: staff.ScopeWrite, Once: mayKey, MaxBody: bulkBody, Timeout: bulkTime}, func(c *call, in *bulkIn) (out answer[BulkAnswer], err error) {
		for i := range in.Body.Items {
			if len(in.Body.Items[i].bad) > 0 {
				b.Fatal(in.Body.Items[i].bad)
			}
			in.Body.Items[i].in.Complete()
			out.body.Results = append(out.body.Results, BulkResult{Index: i, Status: 201, Body: &a})
		}
		out.body.count()
		return out, nil
	})
	body := `{"items":[` + strings.Repeat(purchaseBodyWithoutHold()+",", 99) + purchaseBodyWithoutHold() + `]}`
	r := httptest.NewRequest("POST", "/v1/purchases/bulk", nil)
	r.Header.Set("Authorization", "Bearer "+s.keys[staff.ScopeWrite])
	r.ContentLength = int64(len(body))
	w := &quiet{h: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		clear(w.h)
		r.Body = readCloser{strings.NewReader(body)}
		mux.ServeHTTP(w, r)
		if w.status != 200 {
			b.Fatal(w.status)
		}
	}
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

func purchaseBodyWithoutHold() string {
	return strings.Replace(purchaseExample, `,"hold":"hld_01920000000070008000000000000001"`, "", 1)
}

func BenchmarkStrict(b *testing.B) {
	body, shape := []byte(purchaseExample), shapeOf(reflect.TypeFor[purchase.Input]())
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if bad := strict(body, shape, noTarget); bad != nil {
			b.Fatal(bad)
		}
	}
}

func BenchmarkStrictRead(b *testing.B) {
	body, shape := []byte(purchaseExample), shapeOf(reflect.TypeFor[purchase.Input]())
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		var in purchase.Input
		if err := decode(body, &in, shape); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUnmarshal(b *testing.B) {
	body := []byte(purchaseExample)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		var in purchase.Input
		if err := json.Unmarshal(body, &in); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeOfPurchase(b *testing.B) {
	body := []byte(purchaseExample)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := purchase.Decode(body); err != nil {
			b.Fatal(err)
		}
	}
}
