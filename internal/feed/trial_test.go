package feed

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"joren/internal/clock"
	"joren/internal/intake"
)

const retailHead = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"

// year is a year of a gift shop: customers who reach ranks, come for the tenth
// time, bring things back, and guests.
func year() string {
	var b strings.Builder
	b.WriteString(retailHead)
	start := clock.MustInstant("2010-12-01T09:00:00Z").Time()
	for i := range 250 {
		at := start.AddDate(0, 0, i*360/250).Format("2006-01-02 15:04:05")
		customer := fmt.Sprint(15000 + i%23)
		if i%9 == 0 {
			customer = ""
		}
		for line := range 1 + i%4 {
			fmt.Fprintf(&b, "%d,%d,THING %d,%d,%s,%d.%02d,%s,United Kingdom\n", 500000+i, 20000+line, line, 1+i%37, at, 1+(i*7)%40, i%100, customer)
		}
		if i%11 == 5 && customer != "" { // a piece of the first line comes back
			fmt.Fprintf(&b, "C%d,20000,THING 0,-1,%s,%d.%02d,%s,United Kingdom\n", 600000+i, at, 1+(i*7)%40, i%100, customer)
		}
	}
	return b.String()
}

func TestADryRunSaysThePointsThatTheImportGives(t *testing.T) {
	for name, history := range map[string]bool{"as news": false, "as history": true} {
		t.Run(name, func(t *testing.T) {
			shops(t, "demo", "2011-12-10T00:00:00Z", func(t *testing.T, s *shop) {
				before := s.rows()
				dry := s.try(text("year.csv", year()), history)
				if now := s.rows(); now != before {
					t.Errorf("the dry run wrote: %s, before %s", now, before)
				}
				real := s.take(text("year.csv", year()), history)
				if dry.PointsWouldIssue == nil || *dry.PointsWouldIssue != *real.PointsWouldIssue || *real.PointsWouldIssue < 10_000 {
					t.Errorf("points: would %v, did %d", dry.PointsWouldIssue, *real.PointsWouldIssue)
				}
				if dry.Would != real.Would || real.Would.Returns == 0 || real.Would.Guests == 0 {
					t.Errorf("would %+v\n did %+v", dry.Would, real.Would)
				}
				if again := s.try(text("year.csv", year()), history); *again.PointsWouldIssue != 0 || again.Would.Purchases != 0 {
					t.Errorf("the same file again: %d points, %+v", *again.PointsWouldIssue, again.Would)
				}
			})
		})
	}
}

func TestADryRunJudgesKnownMembersOnWhatIsRecorded(t *testing.T) {
	shops(t, "demo", "2011-12-10T00:00:00Z", func(t *testing.T, s *shop) {
		s.take(text("year.csv", year()), false)
		// An order each of two members, two of a newcomer.
		next := retailHead +
			"570001,A,THING,10,2011-12-01 10:00:00,60.00,15003,United Kingdom\n" +
			"570002,A,THING,10,2011-12-02 10:00:00,20.00,15004,United Kingdom\n" +
			"570003,A,THING,10,2011-12-02 11:00:00,20.00,17777,United Kingdom\n" +
			"570004,A,THING,10,2011-12-02 12:00:00,20.00,17777,United Kingdom\n"
		dry := s.try(text("next.csv", next), false)
		real := s.take(text("next.csv", next), false)
		if *dry.PointsWouldIssue != *real.PointsWouldIssue || dry.Would != real.Would {
			t.Errorf("would %d %+v\n did %d %+v", *dry.PointsWouldIssue, dry.Would, *real.PointsWouldIssue, real.Would)
		}
	})
}

func TestADryRunTakesBackWhatACancelledOrderOfAMemberWouldGive(t *testing.T) {
	const head = "order_no,occurred_at,status,member_id,item,quantity,amount,total\n"
	shops(t, "cafe", "2026-11-10T12:00:00+09:00", func(t *testing.T, s *shop) {
		s.take(text("a.csv", head+"1,2026-11-01 10:00,done,m1,beans,1,3000,3000\n2,2026-11-02 10:00,done,,beans,1,3000,3000\n"), false)
		// A member's new order that is void, her recorded one voided, a guest's voided.
		night := text("b.csv", head+"3,2026-11-03 10:00,cancelled,m1,beans,1,2000,2000\n1,2026-11-01 10:00,cancelled,m1,beans,1,3000,3000\n2,2026-11-02 10:00,cancelled,,beans,1,3000,3000\n")
		dry, real := s.try(night, false), s.take(night, false)
		if dry.Would != real.Would || real.Would.Returns != 3 || *dry.PointsWouldIssue != *real.PointsWouldIssue || *real.PointsWouldIssue >= 0 {
			t.Errorf("would %d %+v\n did %d %+v", *dry.PointsWouldIssue, dry.Would, *real.PointsWouldIssue, real.Would)
		}
	})
}

func TestADryRunTellsWhatRecordingWouldRefuse(t *testing.T) {
	shops(t, "cafe", "2026-11-10T12:00:00+09:00", func(t *testing.T, s *shop) {
		file := text("future.csv", "order_no,occurred_at,member_id,item,quantity,amount,total\n"+
			"1,2026-11-09 10:00,m1,beans,1,1000,1000\n2,2026-11-11 10:00,m1,beans,1,1000,1000\n3,2020-01-01 10:00,m1,beans,1,1000,1000\n")
		dry, real := s.try(file, false), s.take(file, false)
		if dry.Would != real.Would || dry.Would.Refused != 2 || len(dry.Problems) != 2 {
			t.Errorf("would %+v %+v\n did %+v", dry.Would, dry.Problems, real.Would)
		}
		if *dry.PointsWouldIssue != *real.PointsWouldIssue {
			t.Errorf("would %d, did %d", *dry.PointsWouldIssue, *real.PointsWouldIssue)
		}
	})
}

func TestATrialLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	shops(t, "demo", "2011-12-10T00:00:00Z", func(t *testing.T, s *shop) {
		s.try(text("year.csv", year()), false)
		if _, err := intake.DryRun(t.Context(), text("x.csv", "a,b\n1,2\n"), nil, s.fresh().Judge(false)); err == nil {
			t.Error("a file without a known header was read")
		}
		left, err := filepath.Glob(filepath.Join(dir, "joren-trial-*"))
		if err != nil || len(left) > 0 {
			t.Errorf("left: %v %v", left, err)
		}
	})
}
