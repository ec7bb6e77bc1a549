package feed

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"testing"

	"joren/internal/clock"
	"joren/internal/db"
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

// manyLines is a file of n lines, five to an order, newest order first, made
// while it is read. It has 5,000 members, however long it is.
func manyLines(n int) intake.Source {
	return intake.Source{Name: "many.csv", Open: func() (io.ReadCloser, error) {
		r, w := io.Pipe()
		go func() {
			_, err := io.WriteString(w, "order_no,occurred_at,member_id,item,quantity,amount,total\n")
			for i := n/5 - 1; i >= 0 && err == nil; i-- {
				for line := range 5 {
					_, err = fmt.Fprintf(w, "%d,2026-%02d-%02d %02d:%02d,m%d,thing %d,1,%d,%d\n", i, 4+i*7/(n/5), 1+i%28, 8+i%12, i%60, i%5000, line, 100+line, 510)
				}
			}
			w.CloseWithError(err) // nil is io.EOF to the reader
		}()
		return r, nil
	}}
}

// watch looks at the memory now and then.
type watch struct {
	batches    int
	base, peak uint64
}

func (w *watch) glance() {
	if w.batches++; w.batches%40 == 0 {
		h := liveHeap()
		w.peak = max(w.peak, h-min(w.base, h))
	}
}

// watched is the sink with its watch.
type watched struct {
	*Feed
	watch
}

func (w *watched) Write(ctx context.Context, items []intake.Item) ([]intake.Outcome, error) {
	defer w.glance()
	return w.Feed.Write(ctx, items)
}

// watchedTrial is a trial with its watch.
type watchedTrial struct {
	intake.Trial
	*watch
}

func (w watchedTrial) Write(ctx context.Context, items []intake.Item) ([]intake.Outcome, error) {
	defer w.glance()
	return w.Trial.Write(ctx, items)
}

func liveHeap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// resident is the memory the system counts for the process, that of the
// database engine included; 0 where it does not tell.
func resident() (kB int64) {
	b, err := os.ReadFile("/proc/self/statm")
	if err == nil {
		var size, pages int64
		if _, err := fmt.Sscan(string(b), &size, &pages); err == nil {
			return pages * int64(os.Getpagesize()) >> 10
		}
	}
	return 0
}

// shopInFile is a new shop whose database is a file, with the zone of its
// programme.
func shopInFile(t *testing.T) (*Feed, clock.Zone) {
	t.Helper()
	var hand clock.Hand
	d, err := db.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "shop.db"), db.Options{Clock: hand.Clock()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	src, err := plan.Template("shop")
	if err != nil {
		t.Fatal(err)
	}
	p, bad := plan.Parse(src)
	if len(bad) > 0 {
		t.Fatal(bad)
	}
	hand.Stop(p.Starts())
	if err := d.Write(t.Context(), func(tx *db.Tx) error { _, err := programme.Publish(tx, src, programme.Order{}); return err }); err != nil {
		t.Fatal(err)
	}
	members, cache := member.New(sign.New()), &programme.Cache{}
	l := lane.New(d, members, cache)
	t.Cleanup(l.Close)
	return &Feed{DB: d, Sales: sale.New(l), Programmes: cache, Reach: hand.Stop, People: &people.People{Members: members,
		Zone:     func(*db.Tx) (clock.Zone, error) { return p.Zone, nil },
		Policies: func(*db.Tx, clock.Instant) ([]*ledger.Policy, error) { return nil, nil }}}, p.Zone
}

// whole imports n lines into a new shop in a file and gives the peak of live
// memory on the way and the resident memory at the end.
func whole(t *testing.T, n int) (peak uint64, kB int64) {
	t.Helper()
	f, zone := shopInFile(t)
	debug.FreeOSMemory()
	w := &watched{f, watch{base: liveHeap()}}
	r := intake.Runner{DB: f.DB, Sink: w, Wall: clock.System().Wall, Zone: zone}
	began := clock.System().Wall()
	rep, err := r.Run(t.Context(), manyLines(n))
	if err != nil || rep.Rows != n/5*5 || rep.Would.Purchases != n/5 || rep.Would.Refused != 0 {
		t.Fatalf("%v %+v", err, rep)
	}
	took := clock.System().Wall().Sub(began)
	t.Logf("%d lines: live heap %d kB, resident %d kB, %.0f lines/s", n, w.peak>>10, resident(), float64(n)/took.Seconds())
	return w.peak, resident()
}

// A million lines through the whole import, from the file to the books, take
// the memory of a hundred thousand.
func TestAMillionLinesIntoTheBooksTakeTheMemoryOfAHundredThousand(t *testing.T) {
	if os.Getenv("JOREN_LONG") != "1" {
		t.Skip("imports 1,100,000 lines: set JOREN_LONG=1 to run it")
	}
	small, _ := whole(t, 100_000)
	large, _ := whole(t, 1_000_000)
	if large > small*12/10 {
		t.Errorf("live heap grew from %d to %d kB", small>>10, large>>10)
	}
}

// tried plays n lines on the stage of a shop and gives the peak of live memory
// on the way.
func tried(t *testing.T, f *Feed, n int) uint64 {
	t.Helper()
	debug.FreeOSMemory()
	w := &watch{base: liveHeap()}
	began := clock.System().Wall()
	rep, err := intake.DryRun(t.Context(), manyLines(n), intake.Seen(f.DB), func(ctx context.Context) (intake.Trial, error) {
		trial, err := (&Feed{DB: f.DB, Sales: f.Sales, People: f.People, Programmes: f.Programmes}).Judge(false)(ctx)
		return watchedTrial{trial, w}, err
	})
	if err != nil || rep.Rows != n/5*5 || rep.Would.Purchases != n/5 || rep.Would.Refused != 0 {
		t.Fatalf("%v %+v", err, rep)
	}
	took := clock.System().Wall().Sub(began)
	t.Logf("dry run of %d lines: live heap %d kB, resident %d kB, %.0f lines/s", n, w.peak>>10, resident(), float64(n)/took.Seconds())
	return w.peak
}

// Trying a million lines takes the memory of trying a hundred thousand, in an
// empty shop.
func TestADryRunOfAMillionLinesTakesTheMemoryOfAHundredThousand(t *testing.T) {
	if os.Getenv("JOREN_LONG") != "1" {
		t.Skip("tries 1,100,000 lines: set JOREN_LONG=1 to run it")
	}
	f, _ := shopInFile(t)
	f.Reach(clock.MustInstant("2026-12-31T00:00:00Z"))
	small := tried(t, f, 100_000)
	large := tried(t, f, 1_000_000)
	if large > small*12/10 {
		t.Errorf("live heap grew from %d to %d kB", small>>10, large>>10)
	}
}
