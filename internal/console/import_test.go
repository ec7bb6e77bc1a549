package console

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/intake"
	"joren/internal/jobs"
	"joren/internal/member"
	"joren/internal/people"
	"joren/internal/purchase"
	"joren/internal/sale"
	"joren/internal/staff"
)

// ledgerSink records what files hold with the real stories: members enrol,
// purchases and returns go through the lane.
type ledgerSink struct {
	o    *office
	fail error // what the next batch meets, once
}

func (s *ledgerSink) DayTurn(context.Context, clock.Day) error { return nil }

func (s *ledgerSink) Write(ctx context.Context, items []intake.Item) ([]intake.Outcome, error) {
	if err := s.fail; err != nil {
		s.fail = nil
		return nil, err
	}
	out := make([]intake.Outcome, len(items))
	for i := range items {
		var err error
		switch it := &items[i]; it.Kind {
		case intake.KindMember:
			out[i], err = s.enrol(ctx, it)
		case intake.KindSale:
			out[i], err = s.sell(ctx, it)
		default:
			err = fmt.Errorf("no %s in these tests", it.Kind)
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (s *ledgerSink) enrol(ctx context.Context, it *intake.Item) (o intake.Outcome, err error) {
	p := member.Person{Name: it.Member.Name, Email: it.Person.Email, ExternalIDs: member.IDs{it.Person.System: it.Person.ID}}
	err = s.o.db.Write(ctx, func(tx *db.Tx) error {
		done, err := s.o.console.People.Enrol(tx, people.Imported, []people.Request{{Newcomer: member.Newcomer{Person: p, Card: it.Person.Card, JoinedOn: it.Member.JoinedOn}}})
		if err != nil {
			return err
		}
		switch d := done[0]; {
		case d.Err != nil:
			o = intake.Outcome{Status: intake.Refused, Fault: fault.Of(d.Err)}
		case d.Known:
			o.Status = intake.Already
		default:
			o.Status = intake.New
		}
		return nil
	})
	return o, err
}

func (s *ledgerSink) sell(ctx context.Context, it *intake.Item) (o intake.Outcome, err error) {
	in := *it.Sale
	if !it.Person.IsZero() {
		key := member.External{Source: it.Person.System, ID: it.Person.ID}
		if err := s.o.db.Read(ctx, func(tx *db.Tx) error {
			found, err := s.o.console.Members.ByExternal(tx, []member.External{key})
			if m, ok := found[key]; ok {
				in.Member = ident.Member.Text(m.ID)
			}
			return err
		}); err != nil {
			return o, err
		}
	}
	res, err := s.o.console.Sales.RecordAll(ctx, []purchase.Input{in}, sale.By{Actor: "import"})
	switch {
	case err != nil:
		return o, err
	case res[0].Err != nil:
		return intake.Outcome{Status: intake.Refused, Fault: fault.Of(res[0].Err)}, nil
	}
	o.Status = intake.New
	if a := res[0].Answer.Award; a != nil {
		o.Points = a.Points
	}
	return o, nil
}

// importing lets the office's runner import with sink.
func (o *office) importing() *ledgerSink {
	s := &ledgerSink{o: o}
	o.jobs.Handle(intake.JobKind, intake.Office{DB: o.db, Sink: s, Zone: o.zone}.Run)
	return s
}

func (o *office) runJobs() {
	o.t.Helper()
	if _, err := o.jobs.RunDue(o.t.Context()); err != nil {
		o.t.Fatal(err)
	}
}

const orders = "order_no,occurred_at,status,member_id,store,item,sku,quantity,unit_price,tax_rate,line_kind,discount,shipping,total,memo\n" +
	"P1,2026年11月2日 10時33分,完了,A-1,,ブレンド,B200,２,\"¥1,200\",8%,goods,0,0,2400,x\n" +
	"P2,2026/11/1 9:00,完了,,,ドリップ,DRIP,1,500,10,goods,0,0,500,x\n" +
	"P4,2026年13月2日,完了,A-1,,ドリップ,DRIP,1,500,10,goods,0,0,500,x\n"

func TestAFileIsTriedImportedAndReported(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		o.cafe()
		o.importing()
		c := o.clerk(staff.Marketer)
		c.get("/import").ok(200).has("input#f-file[type=file]", "div.empty")
		up := c.upload("/import", `C:\files\受注.csv`, []byte(orders)).ok(303)
		c.follow(up).ok(200).says("受注.csv", "Joren purchases", "cannot be read as a date", "write it as YYYY-MM-DD", "Nothing is recorded yet").
			has("input#f-history[checked]", "td.num").silent(`C:\files`)
		c.get(up.Header.Get("Location") + "/errors").ok(200).says("4,occurred_at,2026年13月2日,date.invalid")
		if n := len(o.imports()); n != 0 {
			t.Errorf("the dry run stored %d imports", n)
		}
	})
}

// imports lists what has been imported.
func (o *office) imports() (list []intake.Import) {
	o.read(func(tx *db.Tx) (err error) { list, err = intake.Imports(tx, 10); return err })
	return list
}

// order uploads a file and orders its import; it gives the page of the job.
func (c *clerk) order(name, data string, kv ...string) string {
	c.o.t.Helper()
	up := c.upload("/import", name, []byte(data)).ok(303)
	return c.post(up.Header.Get("Location")+"/run", kv...).ok(303).Header.Get("Location")
}

func TestAnImportRunsAsAJobShowsProgressAndEndsInAReport(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		o.cafe()
		o.importing()
		c := o.clerk(staff.Marketer)
		job := c.order("orders.csv", orders)
		waiting := c.get(job).ok(200).says("Importing orders.csv", "Waiting to begin").has("progress#import")
		if waiting.Header.Get("Refresh") != "3" {
			t.Error("the page does not come anew by itself")
		}
		if again := c.order("orders.csv", orders); again != job {
			t.Errorf("the same file was ordered twice: %s, %s", job, again)
		}
		o.runJobs()
		done := c.get(job).ok(303)
		report := c.get(done.Header.Get("Location")).ok(200).says("Finished", "1 of them by guests", "Save all as CSV", "2026年13月2日")
		if report.Header.Get("Refresh") != "" {
			t.Error("a finished import still comes anew")
		}
		c.get(done.Header.Get("Location") + "/errors").ok(200).says("4,occurred_at,2026年13月2日,date.invalid")
		c.get("/import").ok(200).says("orders.csv", "Done")
		o.read(func(tx *db.Tx) error {
			n, err := o.console.Members.Count(tx, member.Active)
			if n != 1 {
				t.Errorf("%d members", n)
			}
			return err
		})

		second := c.order("orders.csv", orders)
		o.runJobs()
		c.follow(c.get(second)).ok(200)
		list := o.imports()
		if n, err := list[0].Counts(); err != nil || n.Purchases != 0 || n.AlreadyKnown != 2 || n.MembersNew != 0 {
			t.Errorf("again: %+v, %v", n, err)
		}
		if got := o.deeds(); !slices.Contains(got, "import.uploaded") || !slices.Contains(got, "import.ordered") {
			t.Errorf("deeds %v", got)
		}
	})
}

func TestAnImportThatFailsSaysWhyAndGoesOnWhereItStopped(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		o.cafe()
		sink := o.importing()
		c := o.clerk(staff.Owner)
		sink.fail = fault.New(fault.Invalid, "amount.overflow").Because(errors.New("told by the test"))
		job := c.order("orders.csv", orders)
		o.runJobs()
		c.get(job).ok(200).says("The import failed", "The amount or the points are too large", "Go on")
		c.get("/jobs?state=dead").ok(200).says("Import of a file", "The amount or the points are too large", "Run again")
		imp := "/import/reports/" + ident.Import.Text(o.imports()[0].ID)
		c.get(imp).ok(200).says("The import failed on its way")
		next := c.post(imp + "/resume").ok(303).Header.Get("Location")
		o.runJobs()
		c.follow(c.get(next)).ok(200).says("Finished")
		c.post(imp + "/resume").ok(409)
	})
}

func TestAWaitingImportCanBeStoppedAndResumed(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		o.cafe()
		o.importing()
		c := o.clerk(staff.Marketer)
		job := c.order("orders.csv", orders)
		c.post(job + "/cancel").ok(303)
		c.get(job).ok(200).says("The import was stopped", "Back to the file")
		o.runJobs()
		if n := len(o.imports()); n != 0 {
			t.Errorf("a stopped import began: %d", n)
		}
		c.post(job + "/cancel").ok(409)
	})
}

func TestAFileNobodyKnowsIsMappedColumnByColumn(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		o.cafe()
		o.importing()
		c := o.clerk(staff.Owner)
		data := "No,When,Who,What,Sum\n1,2/11/2026,7,Drip,500\n2,3/11/2026,8,Drip,700\n"
		up := c.upload("/import", "till.csv", []byte(data)).ok(303)
		file := up.Header.Get("Location")
		c.get(file).ok(422).says("The format cannot be told from the header").has("p#f-mapping-error")
		edit := c.get(file + "/mapping").ok(200).says("Such as: Drip")
		if !slices.ContainsFunc(edit.find("select"), func(e tag) bool { return e.attrs["name"] == "columns[4].field" }) {
			t.Error("no choice for the fifth column")
		}
		bad := c.post(file+"/mapping", "name", "", "source", "", "kind", "sale", "columns[0].field", "order_no", "columns[3].field", "item", "columns[1].field", "ignore", "columns[2].field", "ignore", "columns[4].field", "ignore")
		bad.ok(422).has("p#f-name-error", "p#f-source-error").says("Please name a column for the field")
		good := []string{"name", "our till", "source", "till", "kind", "sale", "dates", "dmy", "currency", "JPY", "zone", "Asia/Tokyo", "members", "create", "fraction", "refuse",
			"columns[0].field", "order_no", "columns[1].field", "occurred_at", "columns[2].field", "member_id", "columns[3].field", "item", "columns[4].field", "amount"}
		c.post(file+"/mapping", append([]string{"name", "eccube4-orders"}, good[2:]...)...).ok(409).says("This name belongs to a built-in format")
		trial := c.post(file+"/mapping", good...).ok(303)
		c.follow(trial).ok(200).says("our till").has("a.tile")
		job := c.post(file+"/run", "mapping", "our till").ok(303).Header.Get("Location")
		o.runJobs()
		c.follow(c.get(job)).ok(200).says("Finished", "our till")
		if n, err := o.imports()[0].Counts(); err != nil || n.Purchases != 2 || n.MembersNew != 2 {
			refused, _ := o.imports()[0].Refusals()
			t.Errorf("%+v, %v, %v", n, refused, err)
		}
		c.get(file + "/mapping?base=our+till").ok(200).has(`input#f-name[value=our till]`)
		c.get(file+"?mapping=none").ok(422).has("#f-mapping-error", "option[value=none]")
		c.follow(c.post(file+"/run", "mapping", "none")).ok(422).has("#f-mapping-error", "option[value=none]")
	})
}

func TestAnImportThatCannotReadItsFileLeadsBackToIt(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		o.cafe()
		o.importing()
		c := o.clerk(staff.Owner)
		file := c.upload("/import", "till.csv", []byte("No,When,Who,What,Sum\n1,2/11/2026,7,Drip,500\n")).ok(303).Header.Get("Location")
		job := c.post(file + "/run").ok(303).Header.Get("Location")
		for range 3 {
			o.runJobs()
			o.wait(time.Hour)
		}
		back := "a[href=" + file + "]"
		c.get(job).ok(200).says("The format cannot be told from the header (5 columns).").silent("Go on").has(back)
		c.get("/import/reports/" + ident.Import.Text(o.imports()[0].ID)).ok(200).says("The format cannot be told from the header (5 columns).").silent("Go on").has(back)
	})
}

func TestFilesThatAreNoCSVAreRefusedWithTheReason(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		c := o.clerk(staff.Owner)
		c.post("/import").ok(422).says("Choose a file.").has("p#f-file-error")
		c.upload("/import", "empty.csv", nil).ok(422).says("The file is empty")
		for name, x := range map[string]struct{ data, says string }{
			"book.xlsx":  {"PK\x03\x04rest of a workbook", "spreadsheet"},
			"file.gz":    {"\x1f\x8b\x08\x00\x00", "compressed"},
			"noise.bin":  {strings.Repeat("\x00\x01\x02", 50), "not a text file"},
			"photo.png":  {"\x89PNG\r\n\x1a\n1\x00\x01", "not a text file"},
			"letter.txt": {"Dear shop,\nplease import me.\n", "cannot be told from the header"},
		} {
			up := c.upload("/import", name, []byte(x.data)).ok(303)
			page := c.follow(up).ok(422).says(x.says)
			if name == "letter.txt" {
				page.has("select#f-mapping").silent("Choose another file")
			} else {
				page.says("Choose another file").lacks("select#f-mapping")
			}
		}
		c.get("/import/files/fil_00000000000000000000000000000001").ok(404)
		c.get("/import/jobs/job_00000000000000000000000000000001").ok(404)
		c.get("/import/reports/imp_00000000000000000000000000000001").ok(404)
	})
}

func TestFailedAndWaitingJobsAreRetriedCancelledAndDiscarded(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		tries := 0
		o.jobs.Handle("mail", func(context.Context, *jobs.Job) error {
			tries++
			return jobs.Permanent(fault.New(fault.Invalid, "csv.unknown_header", "columns", 5))
		})
		var ids [3]ident.ID
		o.write(func(tx *db.Tx) (err error) {
			for i := range ids {
				at := clock.Instant(0)
				if i == 2 {
					at = tx.Wall.Add(3600e9)
				}
				if ids[i], err = jobs.Enqueue(tx, "mail", nil, jobs.Options{RunAt: at}); err != nil {
					return err
				}
			}
			return nil
		})
		o.runJobs()
		c := o.clerk(staff.Manager)
		page := c.get("/jobs?state=dead").ok(200).says("The format cannot be told from the header (5 columns).", "Failed (2)", "Waiting (1)")
		if n := len(page.find("td.keep")); n != 2*3 {
			t.Errorf("%d cells of two rows", n)
		}
		at := func(i int, deed string) string { return "/jobs/" + ident.Job.Text(ids[i]) + "/" + deed }
		c.follow(c.post(at(0, "retry"), "back", "/jobs?state=waiting")).ok(200).says("The job will run again.", "Waiting (2)")
		c.follow(c.post(at(1, "discard"))).ok(200).silent(ident.Job.Text(ids[1]))
		c.follow(c.post(at(2, "cancel"))).ok(200).says("Cancelled")
		c.post(at(1, "retry")).ok(404)
		c.post(at(2, "cancel")).ok(409)
		if loc := c.post(at(2, "discard"), "back", "//evil.example/").Header.Get("Location"); loc != "/jobs" {
			t.Errorf("led to %s", loc)
		}
		o.runJobs()
		if tries != 3 {
			t.Errorf("%d tries, want 3", tries)
		}
		if got := strings.Join(o.deeds(), " "); got != "job.discarded job.cancelled job.discarded job.retried" {
			t.Errorf("deeds %s", got)
		}
		viewer := o.clerk(staff.Marketer)
		viewer.get("/jobs").ok(200).silent("/retry", "/discard", "/cancel")
	})
}

func TestAPlainHeaderIsUnderstoodAndAnAmountIsAsked(t *testing.T) {
	for header, want := range map[string]string{"日付": "occurred_at", "会員番号": "card", "商品": "item", "金額": "ignore", "フリガナ": "name_kana", "ﾌﾘｶﾞﾅ": "name_kana", "生年月日": "birthday", "Ｅメール": "email", "入会日": "joined_on", "備考": "ignore"} {
		if got := guess(nil, sample{header: header, nth: 1}); got != want {
			t.Errorf("%s is %s, want %s", header, got, want)
		}
	}
	for heads, kind := range map[string]string{"会員番号,氏名,入会日": "member", "日付,氏名,合計": "sale", "会員番号,備考": "sale"} {
		m := mappingForm{}
		for _, h := range strings.Split(heads, ",") {
			m.columns = append(m.columns, sample{header: h, nth: 1})
		}
		if got := m.begin(nil).Get("kind"); got != kind {
			t.Errorf("a row of %s is a %s, want %s", heads, got, kind)
		}
	}
}
