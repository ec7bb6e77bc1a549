package demo

import (
	"path/filepath"
	"testing"

	"joren/internal/clock"
	"joren/internal/day"
	"joren/internal/db"
	"joren/internal/feed"
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

// BenchmarkShop builds the demo's shop in a SQLite file, each day turned:
// `joren demo` without its last verify. Processor time is that of the process.
func BenchmarkShop(b *testing.B) {
	src, err := plan.Template("demo")
	if err != nil {
		b.Fatal(err)
	}
	p, bad := plan.Parse(src)
	if len(bad) > 0 {
		b.Fatal(bad)
	}
	for b.Loop() {
		began := cpuTime()
		var hand clock.Hand
		d, err := db.Open(b.Context(), "sqlite:"+filepath.Join(b.TempDir(), "shop.db"), db.Options{Clock: hand.Clock()})
		if err != nil {
			b.Fatal(err)
		}
		hand.Stop(p.Starts())
		if err := d.Write(b.Context(), func(tx *db.Tx) error { _, err := programme.Publish(tx, src, programme.Order{}); return err }); err != nil {
			b.Fatal(err)
		}
		members, cache := member.New(sign.New()), &programme.Cache{}
		l := lane.New(d, members, cache)
		f := &feed.Feed{DB: d, Sales: sale.New(l), Programmes: cache, Reach: hand.Stop, Turn: day.New(d, l, members, cache).Through, People: &people.People{Members: members,
			Zone:     func(*db.Tx) (clock.Zone, error) { return p.Zone, nil },
			Policies: func(*db.Tx, clock.Instant) ([]*ledger.Policy, error) { return nil, nil }}}
		r := intake.Runner{DB: d, Sink: f, Wall: clock.System().Wall, History: true, Zone: p.Zone, BatchMax: 512}
		rep, err := r.Run(b.Context(), Source())
		if err != nil || rep.Rows != Lines || rep.Would.Refused != 0 {
			b.Fatalf("%v %+v", err, rep)
		}
		cpu := (cpuTime() - began).Seconds()
		var open int64
		if err := d.Read(b.Context(), func(tx *db.Tx) error {
			_, err := ledger.Verify(tx, func(v ledger.Violation) { b.Errorf("%+v", v) })
			if err == nil {
				open, err = db.One(tx, nil, db.Value[int64], `SELECT CAST(SUM(balance) AS BIGINT) FROM ledger_account`)
			}
			return err
		}); err != nil || open != 18_093_908 {
			b.Errorf("%d points are outstanding, %v", open, err)
		}
		b.ReportMetric(cpu, "cpu-s")
		b.ReportMetric(Lines/cpu, "lines/cpu-s")
		l.Close()
		d.Close()
	}
}
