package feed

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"joren/internal/db"
	"joren/internal/intake"
)

const anyHead = "order_no,occurred_at,status,member_id,item,category,quantity,amount,total,refunded\n"

// drawn makes files of one shop: people who are known and new, guests, several
// orders of one person, changed, cancelled and partly refunded ones, rows that
// are refused; between them events, balances and members.
type drawn struct {
	*rand.Rand
	files, no int
}

func (d *drawn) from(lo, hi int) int { return lo + d.IntN(hi-lo+1) }

func (d *drawn) file() string {
	d.files++
	switch d.files % 9 {
	case 1:
		return "name,points,joined_on,member_id\n花子,100,2026-04-01,m1\n健,,2026-04-01,m2\n優,,2026-04-01,m3\n"
	case 2:
		return d.rows("event_no,event_kind,occurred_at,member_id\n", "%d,survey.completed,2026-%02d-%02d 12:00,m%d\n")
	case 5:
		return d.rows("lot_no,points,expires_on,origin,member_id\n", "%d,500,2027-%02d-%02d,migrated,m%d\n")
	case 8:
		return d.people()
	}
	var b strings.Builder
	b.WriteString(anyHead)
	n := d.from(10, 40)
	if d.files%9 == 4 {
		n = intake.BatchSize + 30 // more than the importer takes at once
	}
	for range n {
		d.order(&b)
	}
	return b.String()
}

// people is a file of members, known and new, who moved, agreed or refused.
func (d *drawn) people() string {
	var b strings.Builder
	b.WriteString("name,phone,birthday,consent_mail,card,points,joined_on,member_id\n")
	one := func(words ...string) string { return words[d.IntN(len(words))] }
	for range d.from(3, 8) {
		fmt.Fprintf(&b, "%s,%s,%s,%s,%s,%s,2026-%02d-%02d,m%d\n", one("花子", "健", "優"), one("", "090-1234-5678", "090-8765-4321", "12"),
			one("", "1990-05-06", "1991-07-08"), one("", "yes", "no"), one("", "", "2900000000017", "2900000000024"), one("", "100", "250"), d.from(3, 11), d.from(1, 28), d.from(1, 9))
	}
	return b.String()
}

// rows is a file of another kind; about people who may not exist.
func (d *drawn) rows(head, row string) string {
	var b strings.Builder
	b.WriteString(head)
	for range d.from(3, 8) {
		fmt.Fprintf(&b, row, d.from(1, 60), d.from(3, 11), d.from(1, 28), d.from(1, 8))
	}
	return b.String()
}

func (d *drawn) order(b *strings.Builder) {
	d.no++
	number := d.no
	if d.from(0, 3) == 0 {
		number = d.from(1, d.no) // an order of this file or an earlier one, changed
	}
	member, status, refunded := fmt.Sprintf("m%d", d.from(1, 6)), "done", ""
	switch d.from(0, 9) {
	case 0, 1:
		member = ""
	case 2:
		status = "cancelled"
	}
	amount := d.from(1, 300) * 100
	total := amount
	switch d.from(0, 14) {
	case 0:
		total++ // it does not add up
	case 1:
		refunded = fmt.Sprint(amount / 2)
	}
	at := fmt.Sprintf("2026-%02d-%02d %02d:%02d", d.from(4, 11), d.from(1, 28), d.from(9, 20), d.from(0, 59))
	category := []string{"beans", "food", "tobacco"}[d.from(0, 2)]
	fmt.Fprintf(b, "%d,%s,%s,%s,thing,%s,%d,%d,%d,%s\n", number, at, status, member, category, d.from(1, 3), amount, total, refunded)
}

// said is what a report says to the person who reads it.
func said(r *intake.Report) (out []string) {
	out = append(out, fmt.Sprintf("%+v", r.Would), fmt.Sprint(*r.PointsWouldIssue))
	out = append(out, fmt.Sprint(r.Fields, r.Left))
	for _, p := range append(r.Problems, r.Notes...) {
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
	"{from: 2026-10-01, to: 2026-12-31}", "{from: 2026-05-01, to: 2026-12-31}",
	"currency: JPY", "claim_days: 60\ncurrency: JPY"}

func TestWhatTheDryRunSaysIsWhatTheRunThenDoes(t *testing.T) {
	n := 10
	if os.Getenv("JOREN_LONG") == "1" {
		n = 150
	}
	seed := uint64(7)
	if s := os.Getenv("JOREN_SEED"); s != "" {
		if _, err := fmt.Sscan(s, &seed); err != nil {
			t.Fatal(err)
		}
	}
	for name, history := range map[string]bool{"as news": false, "as history": true} {
		t.Run(name, func(t *testing.T) {
			seen := map[string]int{}
			shops(t, "cafe", "2026-11-10T12:00:00+09:00", func(t *testing.T, s *shop) {
				d := &drawn{Rand: rand.New(rand.NewPCG(uint64(n), seed))}
				for range n {
					s.same(d.file(), history, seen)
				}
			}, tight...)
			for _, what := range []string{"purchases", "returns", "revised", "new", "refused", "guests", "ranks", "events", "openings", "changed", "flagged"} {
				if seen[what] == 0 && os.Getenv("JOREN_SEED") == "" {
					t.Errorf("no %s were drawn: %v", what, seen)
				}
			}
		})
	}
}

// same tries a file, takes it in, and compares what was said with what came.
func (s *shop) same(content string, history bool, seen map[string]int) {
	s.Helper()
	file, rows := text("any.csv", content), s.rows()
	dry := s.try(file, history)
	if now := s.rows(); now != rows {
		s.Fatalf("the dry run wrote: %s, before %s", now, rows)
	}
	before := s.levels()
	real := s.take(file, history)
	if diff := cmp.Diff(said(real), said(dry)); diff != "" {
		s.Fatalf("did (-), said (+):\n%s%s", diff, content)
	}
	if diff := cmp.Diff(change(before, s.levels()), dry.Ranks); diff != "" {
		s.Fatalf("ranks did (-), said (+):\n%s%s", diff, content)
	}
	for _, p := range real.Problems {
		if p.Code == "internal" {
			s.Fatalf("%+v in\n%s", p, content)
		}
	}
	w := real.Would
	for what, n := range map[string]int{"purchases": w.Purchases, "returns": w.Returns, "revised": w.Revised, "new": w.MembersNew, "refused": w.Refused,
		"guests": w.Guests, "events": w.Events, "openings": w.Openings, "changed": w.MembersChanged, "flagged": w.Flagged, "ranks": dry.Ranks["gold"] + dry.Ranks["silver"]} {
		seen[what] += n
	}
}
