package api

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"joren/internal/activity"
	"joren/internal/member"
	"joren/internal/purchase"
	"joren/internal/sale"
	"joren/internal/staff"
)

// No body makes a defect, and what is refused stores nothing. The body goes to
// every route that takes one.
func FuzzPurchaseBody(f *testing.F) {
	s := &shop{}
	s.openSQLite(f)
	s.at("2026-11-15T10:12:40+09:00")
	for _, body := range []string{purchaseExample, returnExample, holdExample, adjustExample, memberExample, transferExample, eventExample, simple("1", 5),
		`{"items":[` + simple("2", 5) + `,{"source":""}]}`, `{"lines":[{"quantity":1e400}]}`, `{"total":9223372036854775808}`, `{"a":{"a":[[[{}]]]}}`, "\xff", `"\u0000"`, ``, `{`, `null`} {
		f.Add(body)
	}
	var paths []string
	for _, rt := range s.api.routes {
		if rt.Method == "POST" {
			paths = append(paths, somewhere(rt))
		}
	}
	f.Fuzz(func(t *testing.T, body string) {
		s.t = t
		for _, path := range paths {
			before := ""
			if path == "/v1/purchases" {
				before = s.rows()
			}
			r := s.ask(staff.ScopeAdmin, "POST", path, body, "Content-Type", "application/json", "Idempotency-Key", "")
			if r.status >= 500 {
				t.Errorf("%s: %d %s\n%s", path, r.status, r.body, s.log.String())
			}
			if r.status >= 400 && (r.text("code") == "" || r.header.Get("Content-Type") != "application/problem+json") {
				t.Errorf("%s: %d %s", path, r.status, r.body)
			}
			if before != "" && r.status >= 400 && s.rows() != before {
				t.Errorf("%s refused %q and stored something", path, body)
			}
		}
	})
}

// The checker and encoding/json agree on what is JSON, and what the checker
// lets pass means the same to both.
func FuzzStrict(f *testing.F) {
	for _, body := range []string{purchaseExample, `{"total":1}`, `[1,2,{"a":null}]`, `"\ud800"`, `-0`, `1e5`, `{"a":1,"a":2}`, ` true `, "\"\x01\"", `{"lines":[{"tags":["a"]}]}`, `[1 2]`, `{"a" 1}`, `tru`} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		if len(body) > 4096 || !utf8.ValidString(body) {
			return
		}
		bad := strict([]byte(body), unchecked, noTarget)
		if len(bad) > 0 && bad[len(bad)-1].Code == "json.too_deep" {
			return // it looked no further
		}
		loose := len(bad) == 0 || !strings.HasPrefix(bad[0].Code, "json.syntax") && bad[0].Code != "json.trailing"
		if valid := json.Valid([]byte(body)); valid != loose {
			t.Errorf("%q: JSON %v, checker %v", body, valid, bad)
		}
		alike[purchase.Input](t, body)
	})
}

// Bodies of every route, read by the checker and by encoding/json.
func FuzzBodies(f *testing.F) {
	for _, body := range []string{purchaseExample, returnExample, holdExample, adjustExample, memberExample, transferExample, eventExample, `{"area":"東京都","memo":null,"anniversaries":[{"name":"x","on":"05-01"}],"attributes":{"a":[1,{"b":null}]},"external_ids":{"e":""}}`,
		`{"items":[{},{"a":1},null]}`, `{"points":-0}`, `{"note":"\u005c\ud83d\ude00\ud800"}`, `{"yaml":"a: 1","note":""}`} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		if len(body) > 4096 {
			return
		}
		alike[purchase.Input](t, body)
		alike[purchase.ReturnInput](t, body)
		alike[activity.Input](t, body)
		alike[member.Fields](t, body)
		alike[Enrolment](t, body)
		alike[sale.HoldInput](t, body)
		alike[sale.AdjustInput](t, body)
		alike[sale.TransferInput](t, body)
		alike[sale.ClaimInput](t, body)
		alike[sale.StepInput](t, body)
		alike[BulkRequest](t, body)
	})
}

// alike holds the checker to encoding/json: what it lets pass json reads to
// the same value.
func alike[T any](t *testing.T, body string) {
	t.Helper()
	var ours, theirs T
	if decode([]byte(body), &ours, shapeOf(reflect.TypeFor[T]())) != nil {
		return
	}
	if err := json.Unmarshal([]byte(body), &theirs); err != nil {
		t.Errorf("%T: %q passes, and json says %v", ours, body, err)
	} else if !reflect.DeepEqual(ours, theirs) {
		t.Errorf("%q is read as\n%+v, by json as\n%+v", body, ours, theirs)
	}
}
