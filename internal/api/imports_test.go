package api

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http/httptest"
	"strings"
	"testing"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/feed"
	"joren/internal/ident"
	"joren/internal/intake"
	"joren/internal/jobs"
	"joren/internal/staff"
)

// works gives the shop a runner of import jobs, which a test starts by hand.
func (s *shop) works() *jobs.Runner {
	r := jobs.NewRunner(s.db)
	f := &feed.Feed{DB: s.db, Sales: s.api.Sales, People: s.api.People, Programmes: s.api.Programmes}
	r.Handle(intake.JobKind, intake.Office{DB: s.db, Sink: f, Zone: func(*db.Tx) (clock.Zone, error) { return clock.Tokyo, nil }}.Run)
	s.api.Jobs, s.api.Judge = r, f.Judge
	return r
}

const orderHead = "order_no,occurred_at,status,member_id,item,quantity,amount,shipping,total,refunded\n"

// orders are n orders; every tenth does not add up.
func orders(n int) string {
	var b strings.Builder
	b.WriteString(orderHead)
	for i := 1; i <= n; i++ {
		total := 1000
		if i%10 == 0 {
			total++
		}
		fmt.Fprintf(&b, "%d,2026-11-%02d 10:00:00,done,m%d,beans,1,1000,0,%d,\n", i, 1+i%8, i%3, total)
	}
	return b.String()
}

func (s *shop) upload(path, body string, headers ...string) reply {
	s.t.Helper()
	return s.post(path, body, append([]string{"Content-Type", "text/csv"}, headers...)...)
}

// files counts what is kept of files, and what was ordered or begun.
func (s *shop) files() (n [4]int64) {
	s.t.Helper()
	err := s.db.Read(s.t.Context(), func(tx *db.Tx) error {
		for i, table := range []string{"blob_file", "blob_chunk", "jobs_job", "intake_import"} {
			all, err := db.Query(tx, db.Value[int64], "SELECT COUNT(*) FROM "+table)
			if err != nil {
				return err
			}
			n[i] = all[0]
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

func TestAFileIsTriedThenTakenInByAJob(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		s.at("2026-11-10T12:00:00+09:00")
		run := s.works()
		file := orders(20)
		dry := s.upload("/v1/imports?dry_run=true&name=11%E6%9C%88.csv", file).want(200)
		var r struct {
			File, Profile, Encoding string
			Rows                    int
			Would                   intake.Counts
			ErrorsCSV               string `json:"errors_csv"`
			Points                  *int64 `json:"points_would_issue"`
		}
		dry.into(&r)
		if want := (intake.Counts{Purchases: 18, MembersNew: 3, Refused: 2}); r.Would != want || r.File != "11月.csv" || r.Rows != 20 {
			t.Errorf("dry run: %s", dry.body)
		}
		if n := s.files(); n[2] != 0 || n[3] != 0 {
			t.Errorf("a dry run orders nothing: %v", n)
		}
		csv := s.get(r.ErrorsCSV + "?lang=ja").want(200)
		if strings.Count(csv.body, "\r\n") != 3 || !strings.Contains(csv.body, "total.differs") || !strings.Contains(csv.body, "明細") || csv.header.Get("Content-Type") != "text/csv; charset=utf-8" {
			t.Errorf("errors of the dry run: %s", csv.body)
		}
		if got := s.get(strings.TrimSuffix(r.ErrorsCSV, "/errors.csv")).want(200).text("state"); got != "tried" {
			t.Errorf("state %s", got)
		}

		first := s.upload("/v1/imports", file, "Idempotency-Key", "night").want(202)
		id := first.text("id")
		if first.text("state") != "waiting" || !strings.HasPrefix(id, "job_") {
			t.Errorf("ordered: %s", first.body)
		}
		before := s.files()
		if before[0] != 2 || before[1] != 1 {
			t.Errorf("the file tried and then run is kept in %d pieces, once is enough", before[1])
		}
		again := s.upload("/v1/imports", file, "Idempotency-Key", "night").want(202)
		if again.body != first.body || again.header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("again: %s", again.body)
		}
		if got := s.upload("/v1/imports", file).want(202).text("id"); got != id {
			t.Errorf("the same bytes under way were ordered twice: %s, %s", id, got)
		}
		s.upload("/v1/imports", orders(3), "Idempotency-Key", "night").problem(422, "idempotency.key_reused")
		if n := s.files(); n != before {
			t.Errorf("repeats keep something: %v, before %v", n, before)
		}
		if got := s.get("/v1/imports/" + id).want(200); got.text("state") != "waiting" || got.text("progress", "phase") != "waiting" {
			t.Errorf("waiting: %s", got.body)
		}
		if _, err := run.RunDue(t.Context()); err != nil {
			t.Fatal(err)
		}
		done := s.get("/v1/imports/" + id).want(200)
		would, _ := done.field("report", "would").(map[string]any)
		if done.text("state") != "done" || would["purchases"] != 18.0 || would["refused"] != 2.0 || done.text("profile") == "" {
			t.Errorf("done: %s", done.body)
		}
		if issued := done.field("report", "points_would_issue"); r.Points == nil || issued != float64(*r.Points) || *r.Points == 0 {
			t.Errorf("the dry run said %v points, the import gave %v", r.Points, issued)
		}
		for _, ref := range []string{id, done.text("import")} {
			csv := s.get("/v1/imports/" + ref + "/errors.csv?lang=en").want(200)
			if strings.Count(csv.body, "\r\n") != 3 || strings.Contains(csv.body, "明細") {
				t.Errorf("%s: errors %s", ref, csv.body)
			}
			if st := s.get("/v1/imports/" + ref).want(200).text("state"); st != "done" {
				t.Errorf("%s: state %s", ref, st)
			}
		}
		var known struct{ Would intake.Counts }
		s.upload("/v1/imports?dry_run=true", file).want(200).into(&known)
		if want := (intake.Counts{AlreadyKnown: 18, Refused: 2}); known.Would != want {
			t.Errorf("the same file once imported: %+v", known.Would)
		}
		if n, _ := s.get("/v1/members").want(200).field("members").([]any); len(n) != 3 {
			t.Errorf("%d members", len(n))
		}
	})
}

// form is a file sent as a browser does, with its parameters.
func form(t *testing.T, file string, fields ...string) (body, kind string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	var err error
	for i := 0; i < len(fields); i += 2 {
		err = errors.Join(err, w.WriteField(fields[i], fields[i+1]))
	}
	part, e := w.CreateFormFile("file", `C:\exports\orders.csv`)
	if err = errors.Join(err, e); err == nil {
		_, err = io.WriteString(part, file)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String(), w.FormDataContentType()
}

func TestAFileMayComeAsAForm(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		s.at("2026-11-10T12:00:00+09:00")
		body, kind := form(t, orders(2), "dry_run", "true")
		if r := s.post("/v1/imports", body, "Content-Type", kind).want(200); r.text("file") != "orders.csv" {
			t.Errorf("%s", r.body)
		}
		before := s.files()
		for what, fields := range map[string][]string{"dry_run": {"dry_run", "perhaps"}, "color": {"color", "red"}} {
			body, kind := form(t, orders(2), fields...)
			if p := s.post("/v1/imports", body, "Content-Type", kind).problem(422, "request.parameters"); p.Errors[0]["field"] != what {
				t.Errorf("%s: %v", what, p.Errors)
			}
		}
		s.post("/v1/imports", "--x--\r\n", "Content-Type", "multipart/form-data; boundary=x").problem(422, "import.no_file")
		body, kind = form(t, orders(2))
		s.post("/v1/imports", body[:len(body)-80], "Content-Type", kind).problem(422, "request.cut_off")
		if n := s.files(); n[0] != before[0] || n[2] != before[2] {
			t.Errorf("something was kept: %v, before %v", n, before)
		}
	})
}

func TestBothFilesOfAnExportComeAsOneForm(t *testing.T) {
	const items = "Date,Time,Time Zone,Category,Item,Qty,Price Point Name,SKU,Gross Sales,Discounts,Tax,Transaction ID,Event Type,Location,Customer ID,Customer Name\n" +
		"11/02/2026,10:00:00,Osaka,Drink,Latte,2.0,Regular,LAT,1000,0,100,tx1,Payment,Honten,C1,Hanako\n" +
		"11/02/2026,10:00:00,Osaka,Food,Cookie,1.0,Regular,COO,300,0,30,tx1,Payment,Honten,C1,Hanako\n"
	const transactions = "Date,Time,Time Zone,Gross Sales,Discounts,Tax,Tip,Total Collected,Transaction ID,Staff Name,Description,Event Type,Location,Customer ID,Customer Name\n" +
		"11/02/2026,10:00:00,Osaka,1300,0,130,70,1500,tx1,Ken,\"2 x Latte, Cookie\",Payment,Honten,C1,Hanako\n"
	cafes(t, func(t *testing.T, s *shop) {
		s.at("2026-11-10T12:00:00+09:00")
		run := s.works()
		send := func(path string, files ...string) reply {
			var b bytes.Buffer
			w := multipart.NewWriter(&b)
			for i, f := range files {
				part, err := w.CreateFormFile("file", fmt.Sprintf("%d.csv", i+1))
				if _, e := io.WriteString(part, f); errors.Join(err, e) != nil {
					t.Fatal(err, e)
				}
			}
			w.Close()
			return s.post(path, b.String(), "Content-Type", w.FormDataContentType())
		}
		dry := send("/v1/imports?dry_run=true", items, transactions).want(200)
		if would, _ := dry.field("would").(map[string]any); would["purchases"] != 1.0 || dry.text("profile") != "square-items+square-transactions" || dry.text("file") != "1.csv + 2.csv" {
			t.Errorf("dry run: %s", dry.body)
		}
		id := send("/v1/imports", items, transactions).want(202).text("id")
		if _, err := run.RunDue(t.Context()); err != nil {
			t.Fatal(err)
		}
		done := s.get("/v1/imports/" + id).want(200)
		if would, _ := done.field("report", "would").(map[string]any); done.text("state") != "done" || would["purchases"] != 1.0 || done.field("report", "points_would_issue") != dry.field("points_would_issue") {
			t.Errorf("done: %s", done.body)
		}
		s.get("/v1/imports/" + done.text("import") + "/errors.csv").want(200)
		before := s.files()
		send("/v1/imports", items, orders(1)).problem(422, "csv.not_a_pair")
		if n := s.files(); n != before {
			t.Errorf("something was kept: %v, before %v", n, before)
		}
	})
}

// broken is a body that ends before it is whole, as a lost connection does.
type broken struct{ io.Reader }

func (b broken) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func TestAFileThatCannotBeReadIsRefusedAndNothingOfItIsKept(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		s.at("2026-11-10T12:00:00+09:00")
		run := s.works()
		whole := orders(5)
		for what, x := range map[string]struct {
			body, query, code string
		}{
			"empty":           {"\n", "", "csv.empty"},
			"binary":          {orderHead + "1,\x00\x01\x02\xff\x00,x\n", "", "csv.binary"},
			"a workbook":      {"PK\x03\x04rest of it", "", "csv.spreadsheet"},
			"compressed":      {"\x1f\x8b\x08 rest of it", "", "csv.compressed"},
			"cut off":         {whole[:len(whole)-20], "", "csv.truncated"},
			"an open quote":   {orderHead + "1,\"2026-11-01", "", "csv.truncated"},
			"another header":  {"a,b,c\n1,2,3\n", "", "csv.unknown_header"},
			"a long line":     {orderHead + strings.Repeat("x", 1<<20+1), "", "csv.line_too_long"},
			"unknown profile": {whole, "?profile=nobody", "mapping.unknown"},
		} {
			for _, dry := range []string{"", "dry_run=true"} {
				q := x.query
				if dry != "" && q == "" {
					q = "?" + dry
				} else if dry != "" {
					q += "&" + dry
				}
				r := s.upload("/v1/imports"+q, x.body)
				if r.problem(422, x.code); s.files() != [4]int64{} {
					t.Fatalf("%s: something was kept: %v", what, s.files())
				}
			}
		}
		s.post("/v1/imports", whole, "Content-Type", "application/json").problem(415, "import.media_type")
		s.post("/v1/imports?history=true", whole, "Content-Type", "text/csv").problem(403, "key.scope")
		s.ask(staff.ScopeRead, "POST", "/v1/imports", whole, "Content-Type", "text/csv").problem(403, "key.scope")
		s.upload("/v1/imports?dryrun=true", whole).problem(422, "request.parameters")
		s.upload("/v1/imports", whole, "Idempotency-Key", strings.Repeat("k", 256)).problem(422, "idempotency.key_invalid")

		r := httptest.NewRequest("POST", "/v1/imports", broken{strings.NewReader(whole)})
		r.Header.Set("Authorization", "Bearer "+s.keys[staff.ScopeWrite])
		r.Header.Set("Content-Type", "text/csv")
		w := httptest.NewRecorder()
		s.api.ServeHTTP(w, r)
		reply{t, "a lost connection", w.Code, w.Header(), w.Body.String()}.problem(422, "request.cut_off")

		if n := s.files(); n != [4]int64{} {
			t.Errorf("something was kept: %v", n)
		}
		if n, err := run.RunDue(t.Context()); n != 0 || err != nil {
			t.Errorf("%d jobs ran, %v", n, err)
		}
		for _, id := range []string{"imp_1", "fil_x", ident.Import.Text(ident.New()), ident.Job.Text(ident.New())} {
			s.get("/v1/imports/"+id).problem(404, "import.unknown")
			s.get("/v1/imports/"+id+"/errors.csv").problem(404, "import.unknown")
		}
	})
}

// endless gives n bytes of rows.
type endless struct{ n int64 }

func (e *endless) Read(p []byte) (int, error) {
	if e.n <= 0 {
		return 0, io.EOF
	}
	n := min(int64(len(p)), e.n)
	for i := range p[:n] {
		p[i] = 'x'
		if i%64 == 63 {
			p[i] = '\n'
		}
	}
	e.n -= n
	return int(n), nil
}

func TestAFileOverTheLimitIsRefused(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		for what, length := range map[string]int64{"told": maxUpload + formRoom + 1, "not told": -1, "a little over": maxUpload + 1} {
			r := httptest.NewRequest("POST", "/v1/imports", &endless{maxUpload + formRoom + 1})
			if what == "a little over" {
				r = httptest.NewRequest("POST", "/v1/imports", &endless{length})
			}
			r.ContentLength = length
			r.Header.Set("Authorization", "Bearer "+s.keys[staff.ScopeWrite])
			r.Header.Set("Content-Type", "text/csv")
			w := httptest.NewRecorder()
			s.api.ServeHTTP(w, r)
			reply{t, what, w.Code, w.Header(), w.Body.String()}.problem(413, "blob.too_large")
			if n := s.files(); n[0] != 0 || n[2] != 0 {
				t.Errorf("%s: something was kept: %v", what, n)
			}
		}
	})
}
