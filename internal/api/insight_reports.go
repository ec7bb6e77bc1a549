package api

import (
	"io"

	"joren/internal/blob"
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/ident"
	"joren/internal/insight"
	"joren/internal/staff"
)

type reportsIn struct {
	Limit int `query:"limit" minimum:"1" maximum:"500" default:"60"`
}

type reportIn struct{ Body ReportOrder }

type reportFileIn struct {
	ID string `path:"id"`
}

// ReportOrder asks for the report of a week or month that ended.
type ReportOrder struct {
	Every string    `json:"every" enum:"week,month"`
	Day   clock.Day `json:"day" doc:"any day of the period"`
	Lang  string    `json:"lang" enum:"ja,en"`
}

// Report is a report that is kept.
type Report struct {
	ID     string        `json:"id"`
	Every  string        `json:"every" enum:"week,month"`
	From   clock.Day     `json:"from"`
	To     clock.Day     `json:"to"`
	Lang   string        `json:"lang" enum:"ja,en"`
	MadeAt clock.Instant `json:"made_at"`
}

// Reports are the reports that are kept.
type Reports struct {
	Reports []Report `json:"reports" doc:"the newest period first"`
}

// HTML marks a route whose answer is a page.
type HTML struct{}

func (s *server) insightReports() {
	route := func(method, path, summary, detail string) route {
		return route{Method: method, Path: "/v1/insight/reports" + path, Tag: "Insight", Scope: staff.ScopeRead, Summary: summary, Detail: detail, Timeout: uploadTime}
	}
	handle(s, route("GET", "", "Reports that are kept", ""), s.getReports)
	order := route("POST", "", "Make a report", "Of a week or month that has ended. One that is kept already stays as it was made and is given back.")
	order.Scope, order.Status, order.Example = staff.ScopeWrite, []int{201, 200}, `{"every":"month","day":"2026-10-01","lang":"ja"}`
	handle(s, order, s.postReport)
	handle(s, route("GET", "/{id}/figures", "A report's figures", "As CSV."), s.getReportFigures)
	handle(s, route("GET", "/{id}/page", "A report to print", "One page of HTML that loads nothing else."), s.getReportPage)
}

func reportOut(f insight.Filed) Report {
	return Report{f.ID.String(), string(f.Every), f.First, f.Last, string(f.Lang), f.MadeAt}
}

func (s *server) getReports(c *call, in *reportsIn) (out answer[Reports], err error) {
	out.body.Reports = []Report{}
	err = s.DB.Read(c.ctx, func(tx *db.Tx) error {
		list, err := insight.Reports(tx, in.Limit)
		for _, f := range list {
			out.body.Reports = append(out.body.Reports, reportOut(f))
		}
		return err
	})
	return out, err
}

func (s *server) postReport(c *call, in *reportIn) (out answer[Report], err error) {
	b, err := s.board()
	if err != nil {
		return out, err
	}
	if e := insight.Every(in.Body.Every); e != insight.EachWeek && e != insight.EachMonth {
		return out, fault.New(fault.Invalid, "insight.plan").With(fault.At("every", "insight.plan"))
	}
	if in.Body.Lang != "ja" && in.Body.Lang != "en" {
		return out, fault.New(fault.Invalid, "insight.plan").With(fault.At("lang", "insight.plan"))
	}
	every, l := insight.Every(in.Body.Every), i18n.Lang(in.Body.Lang)
	made, err := b.FileReport(c.ctx, every, in.Body.Day, l)
	if err != nil {
		return out, err
	}
	if out.status = 200; made {
		out.status = 201
	}
	first, _ := every.Period(in.Body.Day)
	return out, s.DB.Read(c.ctx, func(tx *db.Tx) error {
		f, err := insight.ReportOf(tx, every, first, l)
		out.body = reportOut(f)
		return err
	})
}

// reportFile is one of a report's two files.
func (s *server) reportFile(c *call, id string, of func(insight.Filed) ident.ID) (*download, error) {
	var key ident.ID
	if key.UnmarshalText([]byte(id)) != nil {
		return nil, fault.New(fault.NotFound, "insight.report_unknown")
	}
	var f blob.File
	var body []byte
	err := s.DB.Read(c.ctx, func(tx *db.Tx) error {
		filed, err := insight.ReportByID(tx, key)
		if err == nil {
			f, body, err = blob.Get(tx, of(filed))
		}
		return err
	})
	return &download{name: f.Name, form: f.ContentType, write: func(w io.Writer) error { _, err := w.Write(body); return err }}, err
}

func (s *server) getReportFigures(c *call, in *reportFileIn) (out answer[CSV], err error) {
	out.file, err = s.reportFile(c, in.ID, func(f insight.Filed) ident.ID { return f.Figures })
	return out, err
}

func (s *server) getReportPage(c *call, in *reportFileIn) (out answer[HTML], err error) {
	out.file, err = s.reportFile(c, in.ID, func(f insight.Filed) ident.ID { return f.Page })
	return out, err
}
