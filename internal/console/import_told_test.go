package console

import (
	"context"
	"testing"

	"joren/internal/clock"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/intake"
	"joren/internal/staff"
)

// tellingSink says of every member that she was known and changed in part.
type tellingSink struct{}

func (tellingSink) DayTurn(context.Context, clock.Day) error { return nil }

func (tellingSink) Write(_ context.Context, items []intake.Item) ([]intake.Outcome, error) {
	out := make([]intake.Outcome, len(items))
	for i := range out {
		out[i] = intake.Outcome{Status: intake.Revised, Changed: []string{"name", "phone"}, Left: []string{"birthday"},
			Notes: []*fault.Fault{fault.New(fault.Conflict, "birthday.too_soon", "from", clock.MustDay("2027-11-10"))}}
	}
	return out, nil
}

func TestTheReportOfAnImportTellsWhatChangedAndWhatToLookAt(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		o.cafe()
		o.jobs.Handle(intake.JobKind, intake.Office{DB: o.db, Sink: tellingSink{}, Zone: o.zone}.Run)
		c := o.clerk(staff.Owner)
		job := c.order("members.csv", "member_id,name,birthday,joined_on\nm1,花子,1990-05-06,2026-04-01\n合計,1,,\n")
		o.runJobs()
		report := "/import/reports/" + ident.Import.Text(o.imports()[0].ID)
		c.follow(c.get(job)).ok(200)
		c.get(report).ok(200).has("h2#notes", "a[href=#notes]").says("Changed members", "Rows to look at", "Name (1), Phone (1)", "Birthday (1)", "sums (1)", "can be changed from Wed 10 November 2027 on", "ask the member which is right")
		c.get(report+"/errors").ok(200).says("2,birthday,", "birthday.too_soon", "Wed 10 November 2027")
	})
}
