package api

import (
	"strings"
	"testing"

	"joren/internal/intake"
)

func TestALaterFileOfMembersSaysWhatItChangesAndLeaves(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		s.at("2026-11-10T12:00:00+09:00")
		run := s.works()
		take := func(file string) reply {
			t.Helper()
			id := s.upload("/v1/imports", file).want(202).text("id")
			if _, err := run.RunDue(t.Context()); err != nil {
				t.Fatal(err)
			}
			return s.get("/v1/imports/" + id).want(200)
		}
		const head = "member_id,name,phone,birthday,joined_on\n"
		take(head + "m1,花子,090-1234-5678,1990-05-06,2026-04-01\n")
		next := head + "m1,鈴木花子,,1991-05-06,2026-04-01\n"
		var dry struct {
			Would     intake.Counts
			Changed   map[string]int `json:"changed_fields"`
			Left      map[string]int `json:"left_fields"`
			ErrorsCSV string         `json:"errors_csv"`
		}
		s.upload("/v1/imports?dry_run=true", next).want(200).into(&dry)
		if want := (intake.Counts{MembersChanged: 1, Flagged: 1}); dry.Would != want || dry.Changed["name"] != 1 || dry.Left["birthday"] != 1 {
			t.Errorf("would: %+v", dry)
		}
		listed := func(at string) {
			t.Helper()
			if csv := s.get(at + "?lang=ja").want(200); !strings.Contains(csv.body, "birthday.too_soon") || !strings.Contains(csv.body, "2027年11月10日") {
				t.Errorf("%s: %s", at, csv.body)
			}
		}
		listed(dry.ErrorsCSV)
		did := take(next)
		would, _ := did.field("report", "would").(map[string]any)
		if would["members_changed"] != 1.0 || would["flagged"] != 1.0 {
			t.Errorf("did: %s", did.body)
		}
		listed(did.text("errors_csv"))
	})
}
