package api

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// committed is the document as callers find it in the repository.
var committed = filepath.Join("..", "..", "docs", "openapi.json")

func document(t *testing.T) (s *shop, doc map[string]any, text string) {
	t.Helper()
	s = &shop{}
	s.openSQLite(t)
	r := s.ask("", "GET", "/openapi.json", "").want(200)
	r.into(&doc)
	b, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return s, doc, string(b) + "\n"
}

// UPDATE=1 writes it.
func TestCommittedOpenAPIDocumentIsInStep(t *testing.T) {
	_, _, text := document(t)
	if os.Getenv("UPDATE") == "1" {
		if err := os.WriteFile(committed, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	b, err := os.ReadFile(committed)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(b), text); d != "" {
		t.Errorf("docs/openapi.json differs from the code; UPDATE=1 writes it:\n%s", d)
	}
}

var ref = regexp.MustCompile(`"\$ref": "([^"]+)"`)

func TestTheDocumentNamesEveryRouteAndNothingThatIsNotThere(t *testing.T) {
	s, doc, text := document(t)
	if doc["openapi"] != "3.1.0" {
		t.Errorf("openapi %v", doc["openapi"])
	}
	paths := doc["paths"].(map[string]any)
	for _, rt := range s.api.routes {
		op, _ := paths[rt.Path].(map[string]any)[strings.ToLower(rt.Method)].(map[string]any)
		if op == nil || op["summary"] == "" || op["operationId"] == "" {
			t.Errorf("%s %s is not in the document", rt.Method, rt.Path)
		}
		if (op["security"] != nil) != (rt.Scope != "") {
			t.Errorf("%s %s: security %v, scope %q", rt.Method, rt.Path, op["security"], rt.Scope)
		}
	}
	shapes := doc["components"].(map[string]any)["schemas"].(map[string]any)
	for _, m := range ref.FindAllStringSubmatch(text, -1) {
		if shapes[strings.TrimPrefix(m[1], "#/components/schemas/")] == nil {
			t.Errorf("%s leads nowhere", m[1])
		}
	}
	if slices.Contains(strings.Fields(text), `"null"`) || strings.Contains(text, "json-schema.org") || strings.Contains(text, "$schema") {
		t.Log("a list may be null, or a schema member was added")
	}
}

// The examples in the document are requests the document allows, and what the
// café is answered is what the document promises.
func TestRequestsAndAnswersFitTheDocument(t *testing.T) {
	s, doc, _ := document(t)
	c := jsonschema.NewCompiler()
	if err := c.AddResource("mem:///openapi.json", doc); err != nil {
		t.Fatal(err)
	}
	fits := func(shape, text string) {
		t.Helper()
		sch, err := c.Compile("mem:///openapi.json#/components/schemas/" + shape)
		if err != nil {
			t.Fatal(err)
		}
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := sch.Validate(v); err != nil {
			t.Errorf("%s: %v\n%s", shape, err, text)
		}
	}
	for shape, text := range map[string]string{"PurchaseRequest": purchaseExample, "ReturnRequest": returnExample, "HoldRequest": holdExample, "AdjustRequest": adjustExample,
		"MemberRequest": memberExample, "TransferRequest": transferExample, "EventRequest": eventExample} {
		fits(shape, text)
	}
	id := s.theRegular()
	s.at("2026-11-15T10:10:00+09:00")
	h := s.keyed("/v1/holds", `{"member":"`+id+`","points":600}`, "h").want(201)
	fits("HoldAnswer", h.body)
	s.at("2026-11-15T10:12:40+09:00")
	p := s.post("/v1/purchases", purchaseBody(h.text("id"))).want(201)
	fits("PurchaseAnswer", p.body)
	fits("Purchase", s.get("/v1/purchases/"+p.text("id")).want(200).body)
	fits("Problem", s.post("/v1/purchases", `{"total":1.5}`).want(422).body)
	fits("Member", s.get("/v1/members/"+id).want(200).body)
	fits("MemberList", s.get("/v1/members").want(200).body)
	fits("Balance", s.get("/v1/members/"+id+"/balance").want(200).body)
	fits("Journal", s.get("/v1/members/"+id+"/ledger").want(200).body)
	fits("Journal", s.get("/v1/members/"+id+"/ledger?limit=1").want(200).body)
	fits("Lots", s.get("/v1/members/"+id+"/lots?all=true").want(200).body)
	fits("Tier", s.get("/v1/members/"+id+"/tier").want(200).body)
	fits("Terms", s.get("/v1/programme/terms").want(200).body)
	fits("BulkAnswer", s.post("/v1/purchases/bulk", `{"items":[`+simple("1", 5)+`,{}]}`).want(200).body)
	s.at("2026-11-18T15:01:10+09:00")
	for path, shape := range map[string]string{"/v1/imports?dry_run=true": "ImportReport", "/v1/imports": "Import"} {
		r := s.upload(path, orders(12))
		fits(shape, r.body)
		if shape == "Import" {
			fits(shape, s.get("/v1/imports/"+r.want(202).text("id")).want(200).body)
		}
	}
	fits("ReturnAnswer", s.post("/v1/returns", returnExample).want(201).body)
}

func TestTheReferencePageShowsEveryOperationWithoutAnythingFromElsewhere(t *testing.T) {
	s, _, _ := document(t)
	page := s.ask("", "GET", "/docs/api", "").want(200)
	for _, rt := range s.api.routes {
		if !strings.Contains(page.body, rt.Method+" "+rt.Path) || !strings.Contains(page.body, `id="`+rt.op+`"`) {
			t.Errorf("%s %s is not on the page", rt.Method, rt.Path)
		}
	}
	for _, bad := range []string{`src="http`, `href="http`, "<style", "style=", "onclick", "unpkg", "cdn"} {
		if strings.Contains(page.body, bad) {
			t.Errorf("the page has %s", bad)
		}
	}
	if got := page.header.Get("Content-Security-Policy"); got != pagePolicy {
		t.Errorf("policy %q", got)
	}
	s.lang = "ja"
	if ja := s.ask("", "GET", "/docs/api", "").want(200); !strings.Contains(ja.body, `lang="ja"`) || !strings.Contains(ja.body, "APIリファレンス") {
		t.Error("the page is not in Japanese")
	}
}
