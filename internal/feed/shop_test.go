package feed

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"joren/internal/clock"
	"joren/internal/day"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/intake"
	"joren/internal/lane"
	"joren/internal/ledger"
	"joren/internal/member"
	"joren/internal/people"
	"joren/internal/plan"
	"joren/internal/programme"
	"joren/internal/sale"
	"joren/internal/sign"
)

// shop is a shop with a programme, whose clock a test sets.
type shop struct {
	testing.TB
	db      *db.DB
	hand    *clock.Hand
	feed    *Feed
	members *member.Members
	zone    clock.Zone
}

// shops runs fn on a shop with a template's programme, changed by edits, on
// both engines. Its time is the given one.
func shops(t *testing.T, template, at string, fn func(t *testing.T, s *shop), edits ...string) {
	t.Helper()
	var hand clock.Hand
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		src, err := plan.Template(template)
		if err != nil {
			t.Fatal(err)
		}
		src = []byte(strings.NewReplacer(edits...).Replace(string(src)))
		p, bad := plan.Parse(src)
		if len(bad) > 0 {
			t.Fatal(bad)
		}
		hand.Stop(p.Starts())
		if err := d.Write(t.Context(), func(tx *db.Tx) error {
			_, err := programme.Publish(tx, src, programme.Order{})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		hand.Stop(clock.MustInstant(at))
		members, cache := member.New(sign.New()), &programme.Cache{}
		l := lane.New(d, members, cache)
		t.Cleanup(l.Close)
		f := &Feed{DB: d, Sales: sale.New(l), Programmes: cache, Turn: day.New(d, l, members, cache).Through, People: &people.People{Members: members,
			Zone: func(*db.Tx) (clock.Zone, error) { return p.Zone, nil },
			Policies: func(*db.Tx, clock.Instant) (out []*ledger.Policy, err error) {
				for _, pp := range p.Points {
					out = append(out, lane.Policy(p, pp, nil))
				}
				return out, nil
			}}}
		s := &shop{TB: t, db: d, hand: &hand, feed: f, members: members, zone: p.Zone}
		fn(t, s)
		s.sound()
	}, dbtest.WithClock(hand.Clock()))
}

func text(name, s string) intake.Source {
	return intake.Source{Name: name, Size: int64(len(s)), Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(s)), nil }}
}

// fresh is a feed that has met nobody yet: one import uses one.
func (s *shop) fresh() *Feed {
	f := *s.feed
	f.known = nil
	return &f
}

func (s *shop) runner(history bool) *intake.Runner {
	return &intake.Runner{DB: s.db, Sink: s.fresh(), Wall: s.hand.Clock().Wall, History: history, Zone: s.zone}
}

func (s *shop) take(src intake.Source, history bool) *intake.Report {
	s.Helper()
	r, err := s.runner(history).Run(s.Context(), src)
	if err != nil {
		s.Fatal(err)
	}
	return r
}

func (s *shop) try(src intake.Source, history bool) *intake.Report {
	s.Helper()
	r, err := intake.DryRun(s.Context(), src, intake.Seen(s.db), s.fresh().Judge(history))
	if err != nil {
		s.Fatal(err)
	}
	return r
}

// sound checks the ledger's laws.
func (s *shop) sound() {
	s.Helper()
	err := s.db.Read(s.Context(), func(tx *db.Tx) error {
		_, err := ledger.Verify(tx, func(v ledger.Violation) { s.Errorf("%+v", v) })
		return err
	})
	if err != nil {
		s.Error(err)
	}
}

// rows counts what stands in the tables of the books.
func (s *shop) rows() string {
	s.Helper()
	var b strings.Builder
	err := s.db.Read(s.Context(), func(tx *db.Tx) error {
		for _, table := range []string{"member_member", "purchase_purchase", "ledger_entry", "ledger_lot", "outbox_event", "intake_seen", "intake_import"} {
			n, err := db.Query(tx, db.Value[int64], "SELECT COUNT(*) FROM "+table)
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, "%s %d\n", table, n[0])
		}
		return nil
	})
	if err != nil {
		s.Fatal(err)
	}
	return b.String()
}
