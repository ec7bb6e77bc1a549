package insight

import (
	"context"
	"fmt"
	"time"

	"joren/internal/blob"
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/ident"
	"joren/internal/jobs"
)

// LoadPlan reads which reports are made; none until the shop asks.
func LoadPlan(tx *db.Tx) (Plan, error) {
	p, found, err := db.Maybe(tx, func(r db.Row) (p Plan, err error) { return p, r.Scan(&p.Every, &p.Langs) }, `SELECT every, lang FROM insight_plan WHERE id = 1`)
	if err == nil && !found {
		p = Plan{Never, "ja"}
	}
	return p, err
}

// SavePlan writes it.
//
// Faults: insight.plan.
func SavePlan(tx *db.Tx, p Plan) error {
	switch {
	case p.Every != Never && p.Every != EachWeek && p.Every != EachMonth:
		return fault.New(fault.Invalid, "insight.plan").With(fault.At("every", "insight.plan"))
	case p.Langs != "ja" && p.Langs != "en" && p.Langs != "both":
		return fault.New(fault.Invalid, "insight.plan").With(fault.At("langs", "insight.plan"))
	}
	_, err := tx.Exec(`INSERT INTO insight_plan (id, every, lang) VALUES (1, $1, $2)
		ON CONFLICT (id) DO UPDATE SET every = excluded.every, lang = excluded.lang`, string(p.Every), p.Langs)
	return err
}

// Filed is a report that is kept: a page to print and the figures as CSV.
type Filed struct {
	ID            ident.ID
	Every         Every
	First, Last   clock.Day
	Lang          i18n.Lang
	Page, Figures ident.ID // files of package blob
	MadeAt        clock.Instant
}

const filedColumns = `id, every, first_day, last_day, lang, page, figures, made_at`

func scanFiled(r db.Row) (f Filed, err error) {
	return f, r.Scan(&f.ID, &f.Every, &f.First, &f.Last, &f.Lang, &f.Page, &f.Figures, &f.MadeAt)
}

// Reports lists what is kept, the newest period first.
func Reports(tx *db.Tx, most int) ([]Filed, error) {
	return db.Query(tx, scanFiled, `SELECT `+filedColumns+` FROM insight_report ORDER BY last_day DESC, first_day, lang LIMIT $1`, most)
}

// ReportByID is one kept report.
//
// Faults: insight.report_unknown.
func ReportByID(tx *db.Tx, id ident.ID) (Filed, error) {
	return db.One(tx, fault.New(fault.NotFound, "insight.report_unknown"), scanFiled, `SELECT `+filedColumns+` FROM insight_report WHERE id = $1`, id)
}

// ReportOf is the kept report of a period in a language.
//
// Faults: insight.report_unknown.
func ReportOf(tx *db.Tx, e Every, first clock.Day, l i18n.Lang) (Filed, error) {
	return db.One(tx, fault.New(fault.NotFound, "insight.report_unknown"), scanFiled,
		`SELECT `+filedColumns+` FROM insight_report WHERE every = $1 AND first_day = $2 AND lang = $3`, string(e), first, string(l))
}

// FileReport makes the report of the period that holds a day and keeps it; one
// kept already stays as it was made.
func (b *Board) FileReport(ctx context.Context, e Every, day clock.Day, l i18n.Lang) (made bool, err error) {
	first, last := e.Period(day)
	var have int64
	if err := b.db.Read(ctx, func(tx *db.Tx) (err error) {
		have, err = db.One(tx, nil, db.Value[int64], `SELECT COUNT(*) FROM insight_report WHERE every = $1 AND first_day = $2 AND lang = $3`, string(e), first, string(l))
		return err
	}); err != nil || have > 0 {
		return false, err
	}
	r, err := b.Report(ctx, e, day, l)
	if err != nil {
		return false, err
	}
	page, figures := r.HTML(l), r.CSV(l)
	return true, b.db.Write(ctx, func(tx *db.Tx) error {
		name := fmt.Sprintf("joren-%s-%s-%s", e, first, l)
		p, err := blob.Put(tx, name+".html", "text/html; charset=utf-8", page)
		if err != nil {
			return err
		}
		f, err := blob.Put(tx, name+".csv", "text/csv; charset=utf-8", figures)
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO insight_report (`+filedColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (every, first_day, lang) DO NOTHING`,
			ident.New(), string(e), first, last, string(l), p.ID, f.ID, tx.Now)
		return err
	})
}

const reportJob = "insight.report"

// file keeps the report of the last week or month that ended, as planned.
func (b *Board) file(ctx context.Context) error {
	today, err := b.Today(ctx)
	if err != nil {
		return err
	}
	var p Plan
	if err := b.db.Read(ctx, func(tx *db.Tx) (err error) { p, err = LoadPlan(tx); return err }); err != nil || p.Every == Never {
		return err
	}
	if _, err := b.Newest(ctx); err != nil { // a job has time
		return err
	}
	first, _ := p.Every.Period(today)
	for _, l := range p.langs() {
		if _, err := b.FileReport(ctx, p.Every, first-1, l); err != nil {
			return err
		}
	}
	return nil
}

// registerReports lets a runner make reports as their periods end.
func (b *Board) registerReports(r *jobs.Runner) {
	r.Handle(reportJob, func(ctx context.Context, _ *jobs.Job) error {
		err := b.file(ctx)
		if fault.Is(err, "programme.none_in_force") {
			return nil
		}
		return err
	})
	r.Every(reportJob, jobs.Interval(time.Hour), reportJob, struct{}{})
}

// OrderReport asks for the newest planned report now.
func OrderReport(tx *db.Tx) error {
	_, err := jobs.Enqueue(tx, reportJob, struct{}{}, jobs.Options{Unique: reportJob + ".now"})
	return err
}
