package api

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"time"

	"joren/internal/blob"
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/ident"
	"joren/internal/intake"
	"joren/internal/jobs"
	"joren/internal/staff"
)

// Import is a file on its way into the books.
type Import struct {
	ID         string          `json:"id" doc:"job_… of what was ordered, imp_… of a file that was only tried"`
	State      string          `json:"state" enum:"waiting,running,paused,done,failed,cancelled,tried"`
	Import     string          `json:"import,omitempty" doc:"imp_… once it has begun"`
	File       string          `json:"file,omitempty"`
	Profile    string          `json:"profile,omitempty" doc:"the format it was read as"`
	Progress   *ImportProgress `json:"progress,omitempty" doc:"while it waits or runs, and how it was at the end"`
	Counts     *intake.Counts  `json:"counts,omitempty" doc:"what became of the documents so far"`
	Report     *intake.Report  `json:"report,omitempty" doc:"once it is done"`
	Failure    *ImportFailure  `json:"failure,omitempty" doc:"why it stopped or is tried again"`
	ErrorsCSV  string          `json:"errors_csv,omitempty" doc:"where the refused rows are told"`
	StartedAt  clock.Instant   `json:"started_at,omitzero"`
	FinishedAt clock.Instant   `json:"finished_at,omitzero"`
}

// ImportProgress is how far an import is.
type ImportProgress struct {
	Phase     string `json:"phase" enum:"waiting,reading,recording,done"`
	PerMille  int64  `json:"per_mille"`
	Rows      int    `json:"rows"`
	Documents int    `json:"documents"`
	Rate      int64  `json:"rows_per_second"`
	Seconds   *int64 `json:"seconds_left,omitempty" doc:"absent when it cannot be told"`
}

// ImportFailure is why an import does not go on.
type ImportFailure struct {
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

type importIn struct {
	Profile string `query:"profile" doc:"a format by name, or a saved mapping; told by the header when left out"`
	Name    string `query:"name" doc:"of the file, where the body is the file itself"`
	History bool   `query:"history" doc:"the file is history: the day turn runs for each day passed. Scope: admin"`
	DryRun  bool   `query:"dry_run" doc:"say what importing it would do, and record nothing"`
}

type importRef struct {
	ID string `path:"id" doc:"job_… or imp_…"`
}

type importErrorsIn struct {
	ID      string `path:"id" doc:"job_… or imp_…"`
	Profile string `query:"profile" doc:"the format a tried file was read as"`
	History bool   `query:"history" doc:"a tried file was tried as history"`
	Lang    string `query:"lang" doc:"ja or en; that of Accept-Language when left out"`
}

const uploadTime = 5 * time.Minute

func (s *server) imports() {
	handle(s, route{Method: "POST", Path: "/v1/imports", Tag: "Imports", Scope: staff.ScopeWrite, Once: mayKey, Upload: true, Timeout: uploadTime,
		Status: []int{http.StatusAccepted, http.StatusOK}, Answers: map[int]reflect.Type{http.StatusAccepted: reflect.TypeFor[Import](), http.StatusOK: reflect.TypeFor[intake.Report]()},
		Summary: "Take in a file", Detail: "CSV of up to 64 MB in UTF-8, CP932 or UTF-16LE, as a form with the part file (and the parameters as parts, where that is easier) or as the body itself. " +
			"An export that comes in two files (Square, Smaregi) is sent as one form with a part file for each: they are put together by order number. " +
			"It is read through once: a file that cannot be read is refused and nothing of it is kept. Then a job records it: 202. With dry_run the answer is 200 and what importing would do. " +
			"Sending a file again is harmless: what is recorded already is known by its numbers."}, s.postImport)
	handle(s, route{Method: "GET", Path: "/v1/imports/{id}", Tag: "Imports", Scope: staff.ScopeRead, Summary: "How far an import is, and its report"}, s.getImport)
	handle(s, route{Method: "GET", Path: "/v1/imports/{id}/errors.csv", Tag: "Imports", Scope: staff.ScopeRead, Timeout: uploadTime, Summary: "The refused rows",
		Detail: "row, column, value, code, what, do; personal values are masked."}, s.getImportErrors)
}

func (s *server) postImport(c *call, in *importIn) (a answer[any], err error) {
	f, err := s.receive(c, in)
	if err != nil {
		return a, err
	}
	keep := false
	defer func() {
		if !keep {
			s.discard(c, f.ID)
		}
	}()
	if in.History && !c.key.Has(staff.ScopeAdmin) {
		return a, fault.New(fault.Forbidden, "key.scope", "scope", string(staff.ScopeAdmin))
	}
	src, err := intake.FromBlob(c.ctx, s.DB, f.ID, in.Profile)
	if err != nil {
		return a, err
	}
	if in.DryRun {
		r, err := intake.DryRun(c.ctx, src, intake.Seen(s.DB), s.judge(in.History))
		if err != nil {
			return a, err
		}
		keep = true // for its errors
		r.ErrorsCSV = errorsPath(ident.Import.Text(f.ID), in.Profile, in.History)
		return answer[any]{status: http.StatusOK, body: r}, nil
	}
	if _, err := intake.Read(c.ctx, src, func(intake.Item) error { return nil }, nil); err != nil {
		return a, err
	}
	o, err := s.order(c, f, in)
	keep = err == nil && !o.replayed
	if keep && s.Jobs != nil {
		s.Jobs.Wake()
	}
	return answer[any]{body: o.body, stored: o.stored, replayed: o.replayed}, err
}

// order makes the job. A repeat under the caller's key is told by the bytes of
// the file.
func (s *server) order(c *call, f blob.File, in *importIn) (answer[Import], error) {
	var err error
	if c.body, err = json.Marshal([]any{f.SHA256[:], in.Profile, in.History}); err != nil {
		return answer[Import]{}, err
	}
	return inOne(c, func(tx *db.Tx) (out Import, err error) {
		id, err := intake.Enqueue(tx, intake.Order{File: f.ID, Mapping: in.Profile, History: in.History})
		if err != nil {
			return out, err
		}
		j, err := jobs.Get(tx, id)
		if err != nil {
			return out, err
		}
		var o intake.Order
		if err := json.Unmarshal(j.Args, &o); err != nil {
			return out, err
		}
		if o.File != f.ID { // the same bytes are under way
			err = blob.Delete(tx, f.ID)
		}
		return Import{ID: ident.Job.Text(id), State: stateOf(j.State), File: o.Name, Profile: o.Mapping}, err
	})
}

// discard removes a file nobody will ask for, also when the caller has gone.
func (s *server) discard(c *call, id ident.ID) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.ctx), 5*time.Second)
	defer cancel()
	err := s.DB.Write(ctx, func(tx *db.Tx) error { return blob.Delete(tx, id) })
	if err != nil && !fault.Is(err, "blob.unknown") {
		s.Log.WarnContext(ctx, "discard", "request", c.id, "error", err.Error())
	}
}

// judge says what a dry run would give; nil where the face was made without.
func (s *server) judge(history bool) intake.Judge {
	if s.Judge == nil {
		return nil
	}
	return s.Judge(history)
}

func errorsPath(id, profile string, history bool) string {
	p, q := "/v1/imports/"+id+"/errors.csv", url.Values{}
	if profile != "" {
		q.Set("profile", profile)
	}
	if history {
		q.Set("history", "true")
	}
	if len(q) > 0 {
		p += "?" + q.Encode()
	}
	return p
}

func stateOf(s jobs.State) string {
	if s == jobs.Dead {
		return "failed"
	}
	return string(s)
}

// undertaking is what an id of an import names.
type undertaking struct {
	job   *jobs.Info     // what was ordered
	doing *intake.Import // what was begun
	file  blob.File      // zero when it is no longer there
	order intake.Order
}

// importOf finds what an id names: import.unknown.
func importOf(tx *db.Tx, text string) (u undertaking, err error) {
	if id, err := ident.Job.Parse(text); err == nil {
		return orderedImport(tx, id)
	}
	id, err := ident.Import.Parse(text)
	if err != nil {
		return u, fault.New(fault.NotFound, "import.unknown")
	}
	m, err := intake.GetImport(tx, id)
	if err == nil {
		u.doing = &m
		return u, u.findFile(tx)
	}
	if fault.Is(err, "import.unknown") {
		if u.file, err = blob.Stat(tx, id); err != nil && fault.Is(err, "blob.unknown") {
			err = fault.New(fault.NotFound, "import.unknown")
		}
	}
	return u, err
}

func orderedImport(tx *db.Tx, id ident.ID) (u undertaking, err error) {
	j, err := jobs.Get(tx, id)
	if fault.Is(err, "jobs.unknown") || err == nil && j.Kind != intake.JobKind {
		return u, fault.New(fault.NotFound, "import.unknown")
	}
	if err != nil {
		return u, err
	}
	u.job = &j
	if err := json.Unmarshal(j.Args, &u.order); err != nil {
		return u, err
	}
	if u.file, err = blob.Stat(tx, u.order.File); err != nil {
		if fault.Is(err, "blob.unknown") {
			err = nil
		}
		return u, err
	}
	m, begun, err := intake.ByHash(tx, hex.EncodeToString(u.file.SHA256[:]))
	if begun && m.UpdatedAt >= j.CreatedAt { // not an earlier import of the same bytes
		u.doing = &m
	}
	return u, err
}

func (u *undertaking) findFile(tx *db.Tx) (err error) {
	var digest [32]byte
	if b, bad := hex.DecodeString(u.doing.Hash); bad == nil && copy(digest[:], b) == len(digest) {
		u.file, _, err = blob.Find(tx, digest)
	}
	return err
}

func (s *server) getImport(c *call, in *importRef) (out answer[Import], err error) {
	err = s.DB.Read(c.ctx, func(tx *db.Tx) error {
		u, err := importOf(tx, in.ID)
		if err != nil {
			return err
		}
		out.body, err = u.out(in.ID, c.lang())
		return err
	})
	return out, err
}

func (u *undertaking) out(id string, l i18n.Lang) (Import, error) {
	out := Import{ID: id, State: "tried", File: u.file.Name, ErrorsCSV: errorsPath(id, "", false)}
	if j := u.job; j != nil {
		out.State, out.File, out.Profile, out.StartedAt, out.FinishedAt = stateOf(j.State), u.order.Name, u.order.Mapping, j.CreatedAt, j.FinishedAt
		if j.Code != "" && j.State != jobs.Done {
			out.Failure = &ImportFailure{j.Code, i18n.Fault(l, j.Code, nil)}
		}
		if j.State == jobs.Waiting || j.State == jobs.Running || j.State == jobs.Done {
			out.Progress = progressOf(j)
		}
	}
	m := u.doing
	if m == nil {
		return out, nil
	}
	out.Import, out.File, out.StartedAt = ident.Import.Text(m.ID), m.File, m.StartedAt
	if m.Profile != "" {
		out.Profile = m.Profile
	}
	if u.job == nil {
		out.State, out.FinishedAt = m.State, m.FinishedAt
		if m.FailureCode != "" {
			out.Failure = &ImportFailure{m.FailureCode, i18n.Fault(l, m.FailureCode, nil)}
		}
	}
	n, err := m.Counts()
	if err != nil {
		return out, err
	}
	r, ended, err := m.Ended()
	if out.Counts = &n; ended {
		r.ErrorsCSV = out.ErrorsCSV
		out.Report, out.Counts = &r, &r.Would
	}
	return out, err
}

func progressOf(j *jobs.Info) *ImportProgress {
	n := intake.ParseNote(j.Note)
	p := &ImportProgress{Phase: n.Phase, Rows: n.Rows, Documents: n.Documents, Rate: n.Rate}
	if p.Phase == "" {
		p.Phase = "waiting"
	}
	if j.Total > 0 {
		p.PerMille = j.Done * 1000 / j.Total
	}
	if n.Phase != "" && n.Seconds >= 0 {
		p.Seconds = &n.Seconds
	}
	return p
}

func (s *server) getImportErrors(c *call, in *importErrorsIn) (out answer[CSV], err error) {
	lang, err := c.langOr(in.Lang)
	if err != nil {
		return out, err
	}
	var u undertaking
	if err := s.DB.Read(c.ctx, func(tx *db.Tx) (err error) { u, err = importOf(tx, in.ID); return err }); err != nil {
		return out, err
	}
	r, err := s.problems(c, &u, in)
	if err != nil {
		return out, err
	}
	out.file = &download{name: "errors.csv", write: r.errorsIn(lang)}
	return out, nil
}

// problems are those of a tried file as its dry run found them, or those of
// reading an import's file again together with what recording refused.
func (s *server) problems(c *call, u *undertaking, in *importErrorsIn) (r refusals, err error) {
	if u.job == nil && u.doing == nil {
		src, err := intake.FromBlob(c.ctx, s.DB, u.file.ID, in.Profile)
		if err != nil {
			return r, err
		}
		report, err := intake.DryRun(c.ctx, src, intake.Seen(s.DB), s.judge(in.History))
		if err == nil {
			r.list = append(report.Problems, report.Notes...)
		}
		return r, err
	}
	mapping := u.order.Mapping
	if u.doing != nil {
		if r.list, err = u.doing.Refusals(); err != nil {
			return r, err
		}
		notes, err := u.doing.Notes()
		if err != nil {
			return r, err
		}
		r.list = append(r.list, notes...)
		mapping = u.doing.Profile
	}
	if u.file.ID.IsZero() {
		return r, nil
	}
	src, err := intake.FromBlob(c.ctx, s.DB, u.file.ID, mapping)
	if err != nil {
		return r, err
	}
	_, err = intake.Read(c.ctx, src, func(intake.Item) error { return nil }, r.add)
	slices.SortStableFunc(r.list, func(a, b intake.Problem) int { return a.Row - b.Row })
	return r, err
}
