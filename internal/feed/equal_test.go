package feed

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"joren/internal/db"
	"joren/internal/intake"
)

const anyHead = "order_no,occurred_at,status,member_id,item,category,quantity,amount,total,refunded\n"

// drawn makes files of one shop: people who are known and new, guests, several
// orders of one person, changed, cancelled and partly refunded ones, rows that
// are refused.
type drawn struct {
	t  *rapid.T
	no int
}

func (d *drawn) file() string {
	switch rapid.IntRange(0, 7).Draw(d.t, "file") {
	case 0:
		return d.rows("event_no,event_kind,occurred_at,member_id\n", "%d,survey.completed,2026-%02d-%02d 12:00,m%d\n")
	case 1:
		return d.rows("lot_no,points,expires_on,origin,member_id\n", "%d,500,2027-%02d-%02d,migrated,m%d\n")
	case 2:
		return d.rows("name,points,joined_on,member_id\n", "花子,%d,2026-%02d-%02d,m%d\n")
	}
	var b strings.Builder
	b.WriteString(anyHead)
	for range rapid.IntRange(1, 40).Draw(d.t, "orders") {
		d.order(&b)
	}
	return b.String()
}

// rows is a file of another kind; about people who may not exist.
func (d *drawn) rows(head, row string) string {
	var b strings.Builder
	b.WriteString(head)
	for range rapid.IntRange(1, 8).Draw(d.t, "rows") {
		r := func(lo, hi int) int { return rapid.IntRange(lo, hi).Draw(d.t, "cell") }
		fmt.Fprintf(&b, row, r(0, 60), r(3, 11), r(1, 28), r(1, 8))
	}
	return b.String()
}

func (d *drawn) order(b *strings.Builder) {
	number := rapid.IntRange(max(1, d.no-25), d.no+4).Draw(d.t, "no")
	d.no = max(d.no, number)
	r := func(lo, hi int, name string) int { return rapid.IntRange(lo, hi).Draw(d.t, name) }
	member, status, refunded := fmt.Sprintf("m%d", r(1, 6, "member")), "done", ""
	switch r(0, 9, "kind") {
	case 0:
		member = ""
	case 1:
		status = "cancelled"
	}
	amount := r(1, 300, "amount") * 100
	total := amount
	switch r(0, 14, "odd") {
	case 0:
		total++ // it does not add up
	case 1:
		refunded = fmt.Sprint(amount / 2)
	}
	at := fmt.Sprintf("2026-%02d-%02d %02d:%02d", r(3, 11, "month"), r(1, 28, "day"), r(9, 20, "hour"), r(0, 59, "minute"))
	category := rapid.SampledFrom([]string{"beans", "food", "tobacco"}).Draw(d.t, "category")
	fmt.Fprintf(b, "%d,%s,%s,%s,thing,%s,%d,%d,%d,%s\n", number, at, status, member, category, r(1, 3, "quantity"), amount, total, refunded)
}

// said is what a report says to the person who reads it.
func said(r *intake.Report) (out []string) {
	out = append(out, fmt.Sprintf("%+v", r.Would), fmt.Sprint(*r.PointsWouldIssue))
	for _, p := range r.Problems {
		out = append(out, fmt.Sprintf("%d %s %s %v", p.Row, p.Column, p.Code, p.Args))
	}
	return out
}

// levels counts the members of each rank.
func (s *shop) levels() map[string]int {
	s.Helper()
	out := map[string]int{}
	err := s.db.Read(s.Context(), func(tx *db.Tx) error {
		rows, err := db.Query(tx, db.Value[string], `SELECT level FROM tier_state`)
		for _, l := range rows {
			out[l]++
		}
		return err
	})
	if err != nil {
		s.Fatal(err)
	}
	return out
}

func change(before, after map[string]int) map[string]int {
	out := maps.Clone(after)
	for l, n := range before {
		out[l] -= n
	}
	maps.DeleteFunc(out, func(_ string, n int) bool { return n == 0 })
	return out
}

// A budget that runs out, small limits, a gift for every third visit, ranks
// that are reached soon: what comes before in the file decides.
var tight = []string{"max: 500000", "max: 2000", "max: 150, over: trim", "max: 40, over: trim", "% 10 == 0", "% 3 == 0",
	"{from: 2026-10-01, to: 2026-12-31}", "{from: 2026-05-01, to: 2026-12-31}"}

func TestWhatTheDryRunSaysIsWhatTheRunThenDoes(t *testing.T) {
	for name, history := range map[string]bool{"as news": false, "as history": true} {
		t.Run(name, func(t *testing.T) {
			seen := map[string]int{}
			shops(t, "cafe", "2026-11-10T12:00:00+09:00", func(t *testing.T, s *shop) {
				d := &drawn{}
				rapid.Check(t, func(rt *rapid.T) {
					d.t = rt
					file := text("any.csv", d.file())
					rows := s.rows()
					dry := s.try(file, history)
					if now := s.rows(); now != rows {
						rt.Fatalf("the dry run wrote: %s, before %s", now, rows)
					}
					before := s.levels()
					real := s.take(file, history)
					if diff := cmp.Diff(said(real), said(dry)); diff != "" {
						rt.Fatalf("did (-), said (+):\n%s", diff)
					}
					if diff := cmp.Diff(change(before, s.levels()), dry.Ranks); diff != "" {
						rt.Fatalf("ranks did (-), said (+):\n%s", diff)
					}
					seen["purchases"] += real.Would.Purchases
					seen["returns"] += real.Would.Returns
					seen["revised"] += real.Would.Revised
					seen["new"] += real.Would.MembersNew
					seen["refused"] += real.Would.Refused
					seen["guests"] += real.Would.Guests
					seen["events"] += real.Would.Events
					seen["openings"] += real.Would.Openings
					seen["ranks"] += dry.Ranks["gold"] + dry.Ranks["silver"]
				})
			}, tight...)
			for _, what := range []string{"purchases", "returns", "revised", "new", "refused", "guests", "ranks", "events", "openings"} {
				if seen[what] == 0 {
					t.Errorf("no %s were drawn: %v", what, slices.Collect(maps.Keys(seen)))
				}
			}
		})
	}
}
