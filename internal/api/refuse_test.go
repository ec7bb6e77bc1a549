package api

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"joren/internal/db"
	"joren/internal/ident"
	"joren/internal/staff"
)

// money is a route on which points or money move, with a good body and the
// number that is made bad.
type money struct {
	path, body, number, field string
	negative, zero            string // code of a place or of the whole; "" is allowed
}

func moneyRoutes(id, hold, paid string) []money {
	line := `{"source":"t","order_no":"BAD","card":"2900000123458","occurred_at":"2026-11-15T10:00:00+09:00","lines":[{"quantity":1,"amount":500,"tax_rate":"0.10"}],"total":500}`
	with := func(number, at string) string {
		return strings.Replace(line, at, at[:strings.Index(at, ":")+1]+number, 1)
	}
	m := []money{
		{"/v1/purchases", with("@", `"amount":500`), "", "lines[0].amount", "amount.negative", "sum.differs"},
		{"/v1/purchases", with("@", `"quantity":1`), "", "lines[0].quantity", "quantity.below_one", "quantity.below_one"},
		{"/v1/purchases", with("@", `"total":500`), "", "total", "amount.negative", "sum.differs"},
		{"/v1/purchases", strings.Replace(line, `"total"`, `"shipping":@,"total"`, 1), "", "shipping", "amount.negative", ""},
		{"/v1/purchases", strings.Replace(line, `"total"`, `"discounts":[{"name":"x","amount":@}],"total"`, 1), "", "discounts[0].amount", "amount.negative", ""},
		{"/v1/purchases", strings.Replace(line, `"total"`, `"tax":[{"rate":"0.10","amount":@}],"total"`, 1), "", "tax[0].amount", "amount.negative", ""},
		{"/v1/purchases", strings.Replace(line, `"total"`, `"points_paid":{"points":@},"total"`, 1), "", "points_paid.points", "points.negative", ""},
		{"/v1/returns", `{"source":"t","return_no":"R","order_no":"1","occurred_at":"2026-11-15T10:00:00+09:00","lines":[{"no":1,"quantity":@}]}`, "", "lines[0].quantity", "quantity.below_one", "field.required"},
		{"/v1/returns", `{"source":"t","return_no":"R","order_no":"1","occurred_at":"2026-11-15T10:00:00+09:00","lines":[{"no":1,"amount":@}]}`, "", "lines[0].amount", "amount.negative", ""},
		{"/v1/holds", `{"member":"` + id + `","points":@}`, "", "points", "points.not_positive", "points.not_positive"},
		{"/v1/holds", `{"member":"` + id + `","points":1,"ttl_seconds":@}`, "", "ttl_seconds", "hold.ttl", ""},
		{"/v1/holds/" + hold + "/commit", `{"points":@}`, "", "points", "points.not_positive", ""},
		{"/v1/holds/" + paid + "/refund", `{"points":@}`, "", "points", "points.not_positive", "points.not_positive"},
		{"/v1/adjustments", `{"member":"` + id + `","points":@,"reason":"goodwill"}`, "", "points", "", "points.not_positive"},
		{"/v1/transfers", `{"from":"` + id + `","to":"` + ident.Member.Text(ident.New()) + `","points":@}`, "", "points", "points.not_positive", "points.not_positive"},
	}
	for _, path := range []string{"/v1/purchases/preview", "/v1/returns/preview"} {
		for _, x := range m {
			if x.path == strings.TrimSuffix(path, "/preview") {
				x.path = path
				m = append(m, x)
			}
		}
	}
	return m
}

// The list of bad input, on every route where money or points move.
func TestBadNumbersAreRefusedAtTheirPlaceAndNothingIsStored(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		id := s.theRegular()
		s.at("2026-11-15T10:10:00+09:00")
		s.post("/v1/purchases", strings.Replace(simple("1", 500), "till-1", "t", 1)).want(201)
		hold := s.keyed("/v1/holds", `{"member":"`+id+`","points":10}`, "h1").want(201).text("id")
		paid := s.keyed("/v1/holds", `{"member":"`+id+`","points":10}`, "h2").want(201).text("id")
		s.keyed("/v1/holds/"+paid+"/commit", `{}`, "c2").want(200)
		before := s.rows()
		key := 0
		for _, m := range moneyRoutes(id, hold, paid) {
			for _, x := range []struct{ number, code string }{
				{"-1", m.negative}, {"0", m.zero}, {"1.5", "number.not_whole"}, {"1.0", "number.not_whole"}, {"1e2", "number.not_whole"}, {"1E+2", "number.not_whole"}, {"1e30", "number.not_whole"},
				{"9223372036854775808", "amount.overflow"}, {"-9223372036854775809", "amount.overflow"}, {strings.Repeat("9", 400), "amount.overflow"},
				{`"5"`, "json.type"}, {`"５"`, "json.type"}, {"５", "json.syntax"}, {"NaN", "json.syntax"}, {"Infinity", "json.syntax"}, {"05", "json.syntax"}, {"+5", "json.syntax"}, {"0x10", "json.syntax"},
				{"null", "json.type"}, {"true", "json.type"}, {"[1]", "json.type"}, {`{"a":1}`, "json.type"}, {"", "json.syntax"},
			} {
				if x.code == "" {
					continue
				}
				key++
				r := s.keyed(m.path, strings.Replace(m.body, "@", x.number, 1), fmt.Sprint("bad-", key))
				if r.status < 400 || r.status >= 500 {
					t.Errorf("%s %s = %s: %d %s", m.path, m.field, x.number, r.status, r.body)
					continue
				}
				p := r.problem(r.status, r.text("code"))
				at := slices.ContainsFunc(p.Errors, func(e map[string]any) bool {
					return strings.Contains("|"+x.code+"|", fmt.Sprint("|", e["code"], "|")) && (e["field"] == m.field || x.code == "sum.differs")
				})
				if !at && (!strings.Contains("|"+x.code+"|", "|"+p.Code+"|") || len(p.Errors) > 0) {
					t.Errorf("%s %s = %s: %s, want %s", m.path, m.field, x.number, r.body, x.code)
				}
			}
			// The edges of int64 are numbers: refused for what they mean, or taken.
			for _, edge := range []string{"9223372036854775807", "-9223372036854775808"} {
				key++
				if r := s.keyed(m.path, strings.Replace(m.body, "@", edge, 1), fmt.Sprint("edge-", key)); r.status < 400 || r.status >= 500 {
					t.Errorf("%s %s = %s: %d %s", m.path, m.field, edge, r.status, r.body)
				}
			}
		}
		if after := s.rows(); after != before {
			t.Errorf("something was stored: %s, before %s", after, before)
		}
	})
}

// rows counts what the books hold; that a refusal is kept under its caller's
// key is no part of them.
func (s *shop) rows() (counts string) {
	s.t.Helper()
	err := s.db.Read(s.t.Context(), func(tx *db.Tx) error {
		for _, table := range []string{"purchase_purchase", "purchase_return", "ledger_entry", "ledger_lot", "ledger_hold", "purchase_key", "activity_event"} {
			n, err := db.One(tx, nil, db.Value[int64], `SELECT COUNT(*) FROM `+table)
			if err != nil {
				return err
			}
			counts += fmt.Sprint(table, " ", n, " ")
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return counts
}

func TestABadRequestIsRefusedWithCodeAndPlace(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		id := s.theRegular()
		s.at("2026-11-15T10:12:40+09:00")
		before := s.rows()
		good := strings.Replace(purchaseExample, `,"hold":"hld_01920000000070008000000000000001"`, "", 1)
		change := func(old, new string) string {
			t.Helper()
			if !strings.Contains(good, old) {
				t.Fatalf("the example has no %s", old)
			}
			return strings.Replace(good, old, new, 1)
		}
		for _, x := range []struct {
			name, body, code, field, place string
			status                         int
		}{
			{"nothing", "", "request.malformed", "", "json.syntax", 422},
			{"not JSON", "source=till", "request.malformed", "", "json.syntax", 422},
			{"an array", "[]", "request.malformed", "", "json.type", 422},
			{"cut off", good[:200], "request.malformed", "lines[0]", "json.syntax", 422},
			{"something behind", good + "{}", "request.malformed", "", "json.trailing", 422},
			{"not UTF-8", change("till-2", "till-\xff"), "request.malformed", "", "text.encoding", 422},
			{"a NUL", change("till-2", `till-\u0000`), "request.malformed", "source", "text.invalid", 422},
			{"an unknown field", change(`"total"`, `"totl":1,"total"`), "request.malformed", "totl", "field.unknown", 422},
			{"an unknown field of a line", change(`"sku":"DRIP"`, `"sku":"DRIP","price":500`), "request.malformed", "lines[2].price", "field.unknown", 422},
			{"a field in capitals", change(`"total"`, `"Total":1,"total"`), "request.malformed", "Total", "field.unknown", 422},
			{"a field twice", change(`"total"`, `"total":1,"total"`), "request.malformed", "total", "field.twice", 422},
			{"a field twice, once escaped", change(`"total"`, `"tot\u0061l":1,"total"`), "request.malformed", "total", "field.twice", 422},
			{"a missing field", change(`"order_no":"8801",`, ""), "request.malformed", "order_no", "field.required", 422},
			{"an unknown card", change("2900000123458", "2900000999999"), "member.unknown", "card", "member.unknown", 422},
			{"an unknown member", change(`"card":"2900000123458"`, `"member":"`+ident.Member.Text(ident.New())+`"`), "member.unknown", "member", "member.unknown", 422},
			{"another's kind of id", change(`"card":"2900000123458"`, `"member":"`+ident.Lot.Text(ident.New())+`"`), "member.unknown", "member", "member.unknown", 422},
			{"the wrong currency", change(`"JPY"`, `"USD"`), "purchase.currency", "currency", "currency.wrong", 422},
			{"no currency", change(`"JPY"`, `"YENS"`), "purchase.invalid", "currency", "currency.unknown", 422},
			{"a future date", change("2026-11-15T10:12:40+09:00", "2026-11-15T10:17:41+09:00"), "time.future", "occurred_at", "time.future", 422},
			{"no date", change("2026-11-15T10:12:40+09:00", "15/11/2026"), "request.malformed", "occurred_at", "time.invalid", 422},
			{"no zone", change("2026-11-15T10:12:40+09:00", "2026-11-15T10:12:40"), "request.malformed", "occurred_at", "time.invalid", 422},
			{"never", change("2026-11-15T10:12:40+09:00", "never"), "request.malformed", "occurred_at", "time.invalid", 422},
			{"before joining", change("2026-11-15T10:12:40+09:00", "2026-03-31T10:12:40+09:00"), "programme.none_in_force", "occurred_at", "programme.none_in_force", 409},
			{"a rate of ten", change(`"tax_rate":"0.10"`, `"tax_rate":"10"`), "request.malformed", "lines[1].tax_rate", "tax.rate_invalid", 422},
			{"a rate as a number", change(`"tax_rate":"0.10"`, `"tax_rate":0.10`), "request.malformed", "lines[1].tax_rate", "json.type", 422},
			{"a line number twice", change(`"no":3`, `"no":1`), "purchase.invalid", "lines[2].no", "line.duplicate", 422},
			{"no lines", `{"source":"t","order_no":"1","occurred_at":"2026-11-15T10:12:40+09:00","lines":[],"total":0}`, "purchase.invalid", "lines", "lines.empty", 422},
			{"a huge amount", change(`"amount":3200`, `"amount":100000000000001`), "amount.overflow", "lines[0].amount", "amount.overflow", 422},
			{"a long order number", change(`"8801"`, `"`+strings.Repeat("8", 200)+`"`), "purchase.invalid", "order_no", "text.too_long", 422},
			{"nested without end", strings.Repeat(`{"lines":[`, 50000), "request.malformed", "lines[0].lines", "field.unknown", 422},
			{"points without a member", `{"source":"t","order_no":"1","occurred_at":"2026-11-15T10:12:40+09:00","lines":[{"quantity":1,"amount":500}],"points_paid":{"points":10},"total":500}`, "purchase.guest_points", "points_paid", "purchase.guest_points", 422},
		} {
			r := s.post("/v1/purchases", x.body, "Content-Type", "application/json")
			p := r.problem(x.status, x.code)
			if p.RequestID == "" || r.header.Get("X-Request-Id") != p.RequestID || p.Retryable != "no" || strings.Contains(p.Detail, "(code ") {
				t.Errorf("%s: %s", x.name, r.body)
			}
			if x.place != "" && !slices.ContainsFunc(p.Errors, func(e map[string]any) bool { return e["field"] == x.field && e["code"] == x.place }) {
				t.Errorf("%s: %s, want %s at %q", x.name, r.body, x.place, x.field)
			}
		}
		s.post("/v1/purchases", good, "Content-Type", "text/csv").problem(http.StatusUnsupportedMediaType, "request.media_type")
		s.post("/v1/holds", `{"reference":"`+strings.Repeat("x", usualBody)+`"}`, "Idempotency-Key", "k").problem(http.StatusRequestEntityTooLarge, "request.too_large")
		if p := s.keyed("/v1/holds", `{"member":"`+id+`","points":5000}`, "k").problem(422, "points.insufficient"); len(p.Errors) != 1 || p.Errors[0]["field"] != "points" {
			t.Errorf("too many points: %v", p.Errors)
		}
		s.post("/v1/purchases/preview", strings.Replace(good, `"points":600`, `"points":2000`, 1)).problem(422, "points.insufficient")
		if after := s.rows(); after != before {
			t.Errorf("something was stored: %s, before %s", after, before)
		}
	})
}

func TestBadParametersAreToldAllAtOnce(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		id := s.theRegular()
		p := s.get("/v1/members/"+id+"/ledger?limit=0&after=x&lmit=5&type=a&type=b").problem(422, "request.parameters")
		var got []string
		for _, e := range p.Errors {
			got = append(got, fmt.Sprint(e["field"], " ", e["code"]))
		}
		if want := "type field.twice, after number.out_of_range, limit number.out_of_range, lmit query.unknown"; strings.Join(got, ", ") != want {
			t.Errorf("%v, want %s", got, want)
		}
		for path, field := range map[string]string{
			"/v1/members?after=x": "after", "/v1/members?limit=1001": "limit", "/v1/members?status=gone": "status", "/v1/members?q=%00": "q", "/v1/members?q=%ff": "q",
			"/v1/members/" + id + "/balance?at=yesterday": "at", "/v1/members/" + id + "/balance?at=never": "at", "/v1/programme/terms?lang=fr": "lang", "/v1/members/" + id + "/lots?all=maybe": "all",
		} {
			if p := s.get(path).problem(422, "request.parameters"); len(p.Errors) != 1 || p.Errors[0]["field"] != field {
				t.Errorf("%s: %v", path, p.Errors)
			}
		}
		s.get("/v1/members/"+id+"/balance?type=miles").problem(422, "points.unknown_type")
	})
}

// A caller must not learn or get into a log what a member is called.
func TestNoPersonalValueComesBackInAProblemOrALog(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		secrets := []string{"山田太郎", "taro.yamada@example.com", "09012345678", "1899-13-45"}
		body := `{"name":"` + strings.Repeat("山田太郎", 60) + `","email":"taro.yamada@example.com@","phone":"09012345678x","birthday":"1899-13-45","taro.yamada@example.com":1,"山田太郎":"x","attributes":{"09012345678":"1"}}`
		for _, r := range []reply{s.post("/v1/members", body), s.post("/v1/members", strings.NewReplacer(`"taro.yamada@example.com":1,`, "", `"山田太郎":"x",`, "").Replace(body)),
			s.get("/v1/members?taro.yamada%40example.com=1"), s.keyed("/v1/adjustments", `{"member":"山田太郎","points":1,"reason":"x"}`, "k"),
			s.post("/v1/events", `{"source":"web","event_no":"1","kind":"review","member":"taro.yamada@example.com","occurred_at":"2026-04-01T00:00:00Z"}`)} {
			if r.status < 400 {
				t.Errorf("%s was taken: %s", r.what, r.body)
			}
			for _, secret := range secrets {
				if strings.Contains(r.body, secret) || strings.Contains(s.log.String(), secret) {
					t.Errorf("%s tells %s: %s", r.what, secret, r.body)
				}
			}
		}
		if strings.Contains(s.log.String(), s.keys[staff.ScopeWrite]) {
			t.Error("a key stands in the log")
		}
	})
}

func TestADefectIsAnsweredWithItsNumberAndNothingElse(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		s.api.Sales = nil
		r := s.post("/v1/purchases", purchaseExample)
		p := r.problem(500, "internal")
		if strings.Contains(r.body, "nil pointer") || strings.Contains(r.body, "goroutine") || !strings.Contains(s.log.String(), p.RequestID) || !strings.Contains(s.log.String(), "nil pointer") {
			t.Errorf("%s\n%s", r.body, s.log.String())
		}
	})
}
