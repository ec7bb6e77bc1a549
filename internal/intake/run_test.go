package intake

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/fault"
	"joren/internal/purchase"
)

// books is a small sink that keeps what a shop would: orders by revision,
// returns once, members once, days turned.
type books struct {
	sales   map[string]purchase.Input
	returns map[string]purchase.ReturnInput
	members map[string]Member
	log     []string
	fail    func(n int) error // before the n-th batch
	batches int
}

func newBooks() *books {
	return &books{sales: map[string]purchase.Input{}, returns: map[string]purchase.ReturnInput{}, members: map[string]Member{}}
}

func (b *books) Write(_ context.Context, items []Item) ([]Outcome, error) {
	b.batches++
	if b.fail != nil {
		if err := b.fail(b.batches); err != nil {
			return nil, err
		}
	}
	out := make([]Outcome, len(items))
	for i, it := range items {
		out[i] = b.one(it)
		b.log = append(b.log, fmt.Sprintf("%s %s %s", it.Kind, it.Number, out[i].Status))
	}
	return out, nil
}

func (b *books) one(it Item) Outcome {
	switch it.Kind {
	case KindMember:
		b.members[it.Number] = *it.Member
	case KindReturn:
		if _, again := b.returns[it.Number]; again {
			return Outcome{Status: Already}
		}
		if _, known := b.sales[it.Return.OrderNo]; !known {
			return Outcome{Status: Parked}
		}
		b.returns[it.Number] = *it.Return
	case KindSale:
		old, known := b.sales[it.Number]
		if known && it.Sale.Revision <= old.Revision {
			return Outcome{Status: Already}
		}
		b.sales[it.Number] = *it.Sale
		if known {
			return Outcome{Status: Revised}
		}
		if it.Sale.Total == 666_666 {
			return Outcome{Status: Refused, Fault: fault.New(fault.Invalid, "member.unknown")}
		}
	}
	return Outcome{Status: New, Points: 1}
}

func (b *books) DayTurn(_ context.Context, d clock.Day) error {
	b.log = append(b.log, "turn "+d.String())
	return nil
}

func textSource(name, s string) Source {
	return Source{Name: name, Size: int64(len(s)), Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(s)), nil }}
}

func runner(d *db.DB, b *books) *Runner {
	return &Runner{DB: d, Sink: b, Wall: d.Clock().Wall, Zone: clock.Tokyo}
}

const ordersHead = "order_no,occurred_at,status,member_id,item,quantity,amount,shipping,total,refunded\n"

// orders makes n orders of two rows each, newest first.
func orders(n int) string {
	var b strings.Builder
	b.WriteString(ordersHead)
	for i := n; i > 0; i-- {
		at := clock.MustInstant("2026-01-01T00:00:00Z").Add(24*3600e9/40*1).Time().AddDate(0, 0, i/40).Format("2006-01-02 15:04:05")
		for _, item := range []string{"beans", "cup"} {
			fmt.Fprintf(&b, "%d,%s,done,m%d,%s,1,%d,0,%d,\n", i, at, i%97, item, i, 2*i)
		}
	}
	return b.String()
}

func TestTheSameFileAgainIsAllKnownAndChangedOrdersAreRevisions(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		b, ctx := newBooks(), context.Background()
		first, err := runner(d, b).Run(ctx, textSource("a.csv", orders(1000)))
		if err != nil {
			t.Fatal(err)
		}
		if want := (Counts{Purchases: 1000, MembersNew: 97}); first.Would != want || *first.PointsWouldIssue != 1097 {
			t.Fatalf("first: %+v %d", first.Would, *first.PointsWouldIssue)
		}
		again, err := runner(d, b).Run(ctx, textSource("a.csv", orders(1000)))
		if err != nil || again.Would != (Counts{AlreadyKnown: 1000}) {
			t.Fatalf("again: %+v %v", again, err)
		}
		changed := strings.Replace(orders(1000), "500,2026-01-13 00:36:00,done,m15,beans,1,500,0,1000,", "500,2026-01-13 00:36:00,done,m15,beans,1,400,0,900,", 1)
		changed = strings.Replace(changed, "500,2026-01-13 00:36:00,done,m15,cup,1,500,0,1000,", "500,2026-01-13 00:36:00,done,m15,cup,1,500,0,900,", 1)
		dry, err := DryRun(ctx, textSource("b.csv", changed), Seen(d), nil)
		if err != nil || dry.Would != (Counts{AlreadyKnown: 999, Revised: 1}) {
			t.Fatalf("dry run of the nightly export: %+v %v", dry.Would, err)
		}
		night, err := runner(d, b).Run(ctx, textSource("b.csv", changed))
		if err != nil || night.Would != (Counts{AlreadyKnown: 999, Revised: 1}) || b.sales["500"].Total != 900 || b.sales["500"].Revision != 1 {
			t.Fatalf("nightly export: %+v %v %+v", night.Would, err, b.sales["500"])
		}
	})
}

func TestAnImportThatBreaksOffGoesOnWhereItStopped(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		b := newBooks()
		src := textSource("a.csv", orders(1000))
		ctx, cancel := context.WithCancel(context.Background())
		b.fail = func(n int) error {
			switch n {
			case 2:
				return errors.New("the machine went down")
			case 4:
				cancel()
				return ctx.Err()
			}
			return nil
		}
		r := runner(d, b)
		if _, err := r.Run(ctx, src); err == nil {
			t.Fatal("the fault was swallowed")
		}
		if _, err := r.Run(ctx, src); !errors.Is(err, context.Canceled) {
			t.Fatalf("cancelling: %v", err)
		}
		b.fail = nil
		report, err := r.Run(context.Background(), src)
		if err != nil {
			t.Fatal(err)
		}
		if want := (Counts{Purchases: 1000, MembersNew: 97}); report.Would != want {
			t.Fatalf("the report is of the whole import: %+v", report.Would)
		}
		if len(b.log) != 1097 {
			t.Fatalf("%d items reached the sink, each should once", len(b.log))
		}
		var list []Import
		if err := d.Read(context.Background(), func(tx *db.Tx) (err error) { list, err = Imports(tx, 10); return err }); err != nil {
			t.Fatal(err)
		}
		if len(list) != 1 || list[0].State != "done" || list[0].ItemsDone != 1097 || list[0].Profile != "joren-purchases" {
			t.Fatalf("%+v", list)
		}
	})
}

func TestHistoryIsRecordedInTimeOrderWithADayTurnForEachDayPassed(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		b := newBooks()
		r := runner(d, b)
		r.History, r.Through = true, clock.MustDay("2026-03-05")
		src := ordersHead + "3,2026-03-04 09:00,done,a,x,1,5,0,5,\n2,2026-03-02 12:00,cancelled,a,x,1,5,0,5,\n1,2026-03-01 23:30,done,b,x,1,5,0,5,\n"
		if _, err := r.Run(context.Background(), textSource("h.csv", src)); err != nil {
			t.Fatal(err)
		}
		want := []string{
			"member b new", "sale 1 new", "turn 2026-03-01",
			"member a new", "sale 2 new", "return 2-cancel new", "turn 2026-03-02", "turn 2026-03-03",
			"sale 3 new", "turn 2026-03-04", "turn 2026-03-05",
		}
		if d := cmp.Diff(want, b.log); d != "" {
			t.Fatal(d)
		}
	})
}

func TestARefundOfWhichOnlyTheSumIsKnownIsBookedByItsGrowth(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		b, ctx := newBooks(), context.Background()
		day := func(refunded string) Counts {
			src := ordersHead + "1,2026-03-01 10:00,done,a,x,1,3000,0,4000," + refunded + "\n1,2026-03-01 10:00,done,a,y,1,1000,0,4000," + refunded + "\n"
			rep, err := runner(d, b).Run(ctx, textSource("n.csv", src))
			if err != nil {
				t.Fatal(err)
			}
			return rep.Would
		}
		day("")
		day("700")
		if n := day("700"); n != (Counts{AlreadyKnown: 1}) {
			t.Fatalf("the same night again: %+v", n)
		}
		day("1100")
		sum := func(no string) (n int64) {
			for _, l := range b.returns[no].Lines {
				n += l.Amount
			}
			return n
		}
		if sum("1-refund-700") != 700 || sum("1-refund-1100") != 400 || len(b.returns) != 2 {
			t.Fatalf("%+v", b.returns)
		}
		day("4000")
		if r, ok := b.returns["1-cancel"]; !ok || len(r.Lines) != 0 || len(b.returns) != 3 {
			t.Fatalf("a full refund returns what is left: %+v", b.returns)
		}
	})
}

func TestAnOrderWhosePartsStandFarApartIsPutTogether(t *testing.T) {
	src := ordersHead + "A,2026-03-01 10:00,done,a,x,1,30,0,70,\n"
	for i := range 3 * window {
		src += fmt.Sprintf("o%d,2026-02-01 10:00,done,a,x,1,5,0,5,\n", i)
	}
	src += "A,2026-03-01 10:00,done,a,y,1,40,0,70,\n"
	var last Item
	_, err := Read(context.Background(), textSource("x.csv", src), func(it Item) error { last = it; return nil },
		func(p []Problem) { t.Errorf("%+v", p) })
	if err != nil || last.Number != "A" || len(last.Sale.Lines) != 2 || last.Sale.Total != 70 {
		t.Fatalf("%v %+v", err, last)
	}
}

func TestASecondOrderWithTheSameNumberIsRefusedNotARevision(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		src := ordersHead + "A,2026-03-01 10:00,done,a,x,1,30,0,30,\n"
		for i := range 3 * window {
			src += fmt.Sprintf("o%d,2026-03-02 10:00,done,a,x,1,5,0,5,\n", i)
		}
		src += "A,2026-03-03 10:00,done,a,y,1,40,0,40,\n"
		b := newBooks()
		rep, err := runner(d, b).Run(context.Background(), textSource("x.csv", src))
		if err != nil || rep.Would.Refused != 1 || len(rep.Problems) != 1 || rep.Problems[0].Code != "order.split" || b.sales["A"].Total != 30 {
			t.Fatalf("%v %+v %+v %+v", err, rep.Would, rep.Problems, b.sales["A"])
		}
	})
}

func TestARefusalByTheSinkIsReportedAndTheRestLands(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		b := newBooks()
		src := ordersHead + "1,2026-03-01 10:00,done,,x,1,5,0,5,\n2,2026-03-01 11:00,done,,x,1,666666,0,666666,\n3,2026-03-01 12:00,done,,x,1,5,0,5,\n"
		rep, err := runner(d, b).Run(context.Background(), textSource("x.csv", src))
		if err != nil || rep.Would != (Counts{Purchases: 2, Guests: 2, Refused: 1}) || rep.Problems[0].Row != 3 || rep.Problems[0].Code != "member.unknown" {
			t.Fatalf("%v %+v %+v", err, rep.Would, rep.Problems)
		}
	})
}

// onePoint is a trial that gives a point for every item.
type onePoint struct {
	notes  *db.DB
	closed bool
}

func (p *onePoint) Write(_ context.Context, items []Item) ([]Outcome, error) {
	out := make([]Outcome, len(items))
	for i := range out {
		out[i] = Outcome{Status: New, Points: 1}
	}
	return out, nil
}

func (p *onePoint) Day(*Item) clock.Day { return 0 }

func (p *onePoint) Notes() *db.DB { return p.notes }

func (p *onePoint) Ranks(context.Context) (map[string]int, error) { return nil, nil }

func (p *onePoint) Close() error { p.closed = true; return nil }

func TestTheDryRunReportHasTheDocumentedShape(t *testing.T) {
	p := &onePoint{notes: dbtest.SQLite(t)}
	rep, err := DryRun(context.Background(), fileSource("testdata/eccube4-orders.csv"), nil, func(context.Context) (Trial, error) { return p, nil })
	if err != nil {
		t.Fatal(err)
	}
	rep.ErrorsCSV, rep.File, rep.Ignored = "/v1/imports/imp_1/errors.csv", "受注_20261102.csv", rep.Ignored[7:8]
	got, _ := json.Marshal(rep)
	want := `{"file":"受注_20261102.csv","encoding":"CP932","profile":"eccube4-orders","rows":11,` +
		`"would":{"purchases":3,"of_them_guests":1,"returns":1,"members_new":1,"already_known":0,"refused":3},"points_would_issue":5,` +
		`"period":["2026-10-01","2026-11-02"],"ignored_columns":["ショップ用メモ欄"],"errors_csv":"/v1/imports/imp_1/errors.csv"}`
	if d := cmp.Diff(want, string(got)); d != "" {
		t.Error(d)
	}
	if !p.closed {
		t.Error("the trial was left open")
	}
	var ja, en bytes.Buffer
	if err := errors.Join(rep.WriteErrors(&ja, "ja"), rep.WriteErrors(&en, "en")); err != nil {
		t.Fatal(err)
	}
	wantJA := "\ufeffrow,column,value,code,what,do\r\n" +
		"10,合計,\"１２，３００円\",total.differs,\"明細の合計 12,030円と合いません（270円の差）\",明細か合計を直すか、この注文を外してください\r\n" +
		"11,受注日,2026年13月2日,date.invalid,日付として読めません,YYYY-MM-DD か YYYY年M月D日 で書いてください\r\n" +
		"12,個数,1.5,quantity.fraction,個数は整数です,1 か 2 にするか、単価×重さの1行にしてください\r\n"
	if d := cmp.Diff(strings.ReplaceAll(wantJA, `"１２，３００円"`, `１２，３００円`), ja.String()); d != "" {
		t.Error(d)
	}
	if !strings.Contains(en.String(), `"does not agree with the sum of the lines, 12,030 yen (a difference of 270 yen)"`) {
		t.Error(en.String())
	}
}

// A file of members that changed since, and an order that stands twice in a
// file with different content though it was known before.
func TestChangedMembersAndOrdersThatStandTwiceAreAnswered(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		b, ctx := newBooks(), context.Background()
		take := func(text string) Counts {
			t.Helper()
			r, err := runner(d, b).Run(ctx, textSource("x.csv", text))
			if err != nil {
				t.Fatal(err)
			}
			return r.Would
		}
		const people = "member_id,name,joined_on\nm1,花子,2026-04-01\n"
		take(people)
		if n := take(strings.Replace(people, "花子", "華子", 1)); n.MembersNew+n.AlreadyKnown != 1 || n.Refused != 0 {
			t.Errorf("a member whose name changed: %+v", n)
		}
		const head, one = "order_no,occurred_at,member_id,item,quantity,amount,total\n", "1,2026-05-0%d 10:00,m1,beans,1,%d,%d\n"
		take(head + fmt.Sprintf(one, 1, 500, 500))
		var far strings.Builder // parts that stand near each other are one order
		for i := range 2100 {
			fmt.Fprintf(&far, "%d,2026-05-02 09:00,m1,cup,1,100,100\n", 100+i)
		}
		n := take(head + fmt.Sprintf(one, 1, 600, 600) + far.String() + fmt.Sprintf(one, 2, 700, 700))
		if n.Purchases != 2100 || n.Revised != 1 || n.Refused != 1 {
			t.Errorf("an order that stands twice: %+v", n)
		}
	})
}
