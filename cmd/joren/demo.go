package main

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"slices"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/demo"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/intake"
	"joren/internal/jobs"
	"joren/internal/label"
	"joren/internal/ledger"
	"joren/internal/plan"
	"joren/internal/programme"
	"joren/internal/proof"
	"joren/internal/purchase"
	"joren/internal/segment"
	"joren/internal/shop"
	"joren/internal/tier"
)

type demoCmd struct {
	place
	listener
	NoServe bool   `help:"Exit after the summary; non-zero if verify finds anything."`
	Clock   string `help:"demo keeps the shop's time where its history ends; real gives it back to the machine." enum:"demo,real" default:"demo"`
}

func (c *demoCmd) Run(e *env) error {
	fresh := !c.exists()
	if fresh {
		fmt.Fprintln(e.out, demo.Start(e.lang, 30))
	} else {
		fmt.Fprintln(e.out, i18n.T(e.lang, "demo.opening", "path", c.where()))
	}
	a, err := open(e.ctx, c.place)
	if err != nil {
		return err
	}
	defer a.close()
	built, err := a.built(e.ctx)
	if err != nil {
		return err
	}
	if !fresh && built == setUpElsewhere {
		return fault.New(fault.Conflict, "cli.not_a_demo", "path", c.Data)
	}
	if err := a.goOn(e, built, fresh, c.NoServe); err != nil {
		return err
	}
	if c.Clock == "real" {
		if err := a.db.Write(e.ctx, func(tx *db.Tx) error { return shop.SetClock(tx, 0) }); err != nil {
			return err
		}
		a.hand.Real()
	}
	if c.NoServe {
		return nil
	}
	return serve(e, a, c.listener)
}

// goOn says how far the demo is and builds what is missing. A complete one is
// proved again when nothing else is asked for.
func (a *app) goOn(e *env, built building, fresh, summaryOnly bool) error {
	switch {
	case built == complete:
		fmt.Fprintln(e.out, i18n.T(e.lang, "demo.complete"))
		if summaryOnly {
			return a.summariseAgain(e)
		}
		return nil
	case built == begun:
		fmt.Fprintln(e.out, i18n.T(e.lang, "demo.goes_on", "seconds", int64(30)))
	case !fresh:
		fmt.Fprintln(e.out, demo.Start(e.lang, 30))
	}
	return a.build(e)
}

// summariseAgain prints the summary of a demo that was built before, without
// the time it took then.
func (a *app) summariseAgain(e *env) error {
	_, p, err := demoProgramme()
	if err != nil {
		return err
	}
	var report intake.Report
	err = a.db.Read(e.ctx, func(tx *db.Tx) error {
		imports, err := intake.Imports(tx, everyImport)
		for _, x := range imports {
			if x.File == demo.Source().Name && x.State == "done" {
				return json.Unmarshal([]byte(x.Report), &report)
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	s, err := a.summary(e, p, &report)
	if err != nil {
		return err
	}
	s.ShopDay = demoEnd
	fmt.Fprint(e.out, s.String(e.lang))
	if s.BrokenLaws > 0 {
		return exit(1)
	}
	return nil
}

// everyImport is more imports than a shop has.
const everyImport = 1 << 20

type building int

const (
	notBegun building = iota
	begun
	complete
	setUpElsewhere
)

// built tells how far the demo in this database has come.
func (a *app) built(ctx context.Context) (state building, err error) {
	err = a.db.Read(ctx, func(tx *db.Tx) error {
		s, err := shop.Load(tx)
		if err != nil {
			return err
		}
		versions, err := programme.Versions(tx)
		if err != nil {
			return err
		}
		imports, err := intake.Imports(tx, everyImport)
		done := slices.ContainsFunc(imports, func(i intake.Import) bool { return i.File == demo.Source().Name && i.State == "done" })
		switch {
		case s.Setup == shop.Sample && done:
			state = complete
		case s.Setup == shop.Sample:
			state = begun
		case s.Setup == shop.Empty || s.ShopClock != 0 || len(versions) > 0:
			state = setUpElsewhere
		}
		return err
	})
	return state, err
}

// build fills the shop and prints what came of it.
func (a *app) build(e *env) error {
	wall := a.db.Clock().Wall
	began := wall()
	report, p, err := a.replay(e.ctx, func(x intake.Progress) { fmt.Fprint(e.err, "\r"+demo.Line(e.lang, x, 25_900)) })
	fmt.Fprintln(e.err)
	if err != nil {
		return err
	}
	s, err := a.summary(e, p, report)
	if err != nil {
		return err
	}
	s.ShopDay, s.Seconds = demoEnd, wall().Sub(began).Seconds()
	fmt.Fprint(e.out, s.String(e.lang))
	if w := report.Would; w.Refused+w.Parked > 0 {
		fmt.Fprintln(e.out, i18n.T(e.lang, "cli.demo_refused", "refused", w.Refused, "parked", w.Parked))
		return exit(1)
	}
	if s.BrokenLaws > 0 {
		return exit(1)
	}
	return nil
}

// demoEnd is the business day on which the demo's story ends, the day after
// its last sale.
var demoEnd = clock.MustDay("2011-12-10")

// demoProgramme is the programme of the demo shop.
func demoProgramme() (src []byte, p *plan.Programme, err error) {
	if src, err = plan.Template("demo"); err != nil {
		return nil, nil, err
	}
	p, bad := plan.Parse(src)
	if len(bad) > 0 {
		return nil, nil, bad.Fault()
	}
	return src, p, nil
}

// replay imports the history through the normal importer, with the programme
// of the template and the day turn for each day passed. It goes on where an
// earlier run stopped.
func (a *app) replay(ctx context.Context, tell func(intake.Progress)) (*intake.Report, *plan.Programme, error) {
	src, p, err := demoProgramme()
	if err != nil {
		return nil, nil, err
	}
	a.hand.Stop(p.Starts())
	if err := a.db.Write(ctx, func(tx *db.Tx) error { return a.prepareDemo(tx, src, p) }); err != nil {
		return nil, nil, err
	}
	run := intake.Runner{DB: a.db, Sink: a.feed(a.hand.Stop), Wall: a.db.Clock().Wall, History: true, Zone: p.Zone, BatchMax: 512, Progress: tell}
	report, err := run.Run(ctx, demo.Source())
	if err != nil {
		return nil, nil, err
	}
	if err := a.db.Write(ctx, func(tx *db.Tx) error { return shop.SetClock(tx, p.Zone.Start(demoEnd)) }); err != nil {
		return nil, nil, err
	}
	a.hand.Run(p.Zone.Start(demoEnd))
	if err := a.turner.Through(ctx, demoEnd); err != nil { // what dies on that day is booked before anybody reads the books
		return nil, nil, err
	}
	return report, p, a.db.Write(ctx, a.group)
}

// group switches on the segments that every shop is offered, so that the demo
// shows who is in them; they are counted once it is served.
func (a *app) group(tx *db.Tx) error {
	for _, o := range segment.Offered {
		s, err := segment.Get(tx, o.ID)
		if fault.Is(err, "segment.unknown") {
			offered, _ := segment.Offer(o.ID)
			s, err = a.audience.Create(tx, offered)
		}
		if err == nil && s.State == segment.Draft {
			_, err = a.audience.Turn(tx, s.ID, segment.Active, s.Version)
		}
		if err != nil {
			return err
		}
	}
	return a.audience.Order(tx)
}

// fillSample is the job that fills a shop whose owner chose the sample on the
// set-up page.
func (a *app) fillSample(ctx context.Context, j *jobs.Job) error {
	_, _, err := a.replay(ctx, intake.Tell(ctx, j, a.db.Clock().Wall))
	return err
}

// prepareDemo sets the shop up as the demo, once; a name that somebody gave it
// stays.
func (a *app) prepareDemo(tx *db.Tx, src []byte, p *plan.Programme) error {
	versions, err := programme.Versions(tx)
	if err != nil || len(versions) > 0 {
		return err
	}
	s, err := shop.Load(tx)
	if err != nil {
		return err
	}
	if s.Setup != shop.Sample {
		s.Name = label.Text{JA: "デモ雑貨店", EN: "Demo gift shop"}
	}
	s.Zone, s.Currency, s.Setup = p.ZoneName, p.Currency, shop.Sample
	if s.Lang == "" {
		s.Lang = i18n.JA
	}
	if _, err := shop.Save(tx, s); err != nil {
		return err
	}
	_, err = programme.Publish(tx, src, programme.Order{})
	return err
}

// broken counts the laws that do not hold.
func broken(r proof.Report) (n int64) {
	for _, l := range r.Laws {
		if l.Broken > 0 {
			n++
		}
	}
	return n
}

func (a *app) summary(e *env, p *plan.Programme, imported *intake.Report) (demo.Summary, error) {
	s := demo.Summary{}
	if imported.Cleaned != nil {
		s.Cleaned = *imported.Cleaned
	}
	w := imported.Would // what was recorded, not what was read
	s.Cleaned.MemberSales, s.Cleaned.GuestSales = w.Purchases-w.Guests, w.Guests
	s.Purchases = int64(s.Cleaned.MemberSales + s.Cleaned.GuestSales)
	err := a.db.Read(e.ctx, func(tx *db.Tx) error {
		typ := p.Points[0].ID
		flows, err := ledger.Flows(tx, typ, 1, clock.Date(9999, 12, 31))
		if err != nil {
			return err
		}
		left, err := ledger.Outstanding(tx, typ, tx.Now)
		if err != nil {
			return err
		}
		s.Issued, s.Spent, s.TakenBack = flows[ledger.Issued], -flows[ledger.Redeemed], -flows[ledger.Reversed]
		s.Expired, s.Left = -flows[ledger.Expired], left.Points
		if s.Buyers, s.Repeaters, err = purchase.Repeaters(tx); err != nil {
			return err
		}
		mix, err := tier.Mix(tx)
		if err != nil {
			return err
		}
		rest := int64(s.Cleaned.Customers) // who never bought stands on the lowest rank too
		for i := len(p.Tiers.Levels) - 1; i > 0; i-- {
			rest -= mix[p.Tiers.Levels[i].ID]
		}
		for i, l := range p.Tiers.Levels {
			n := mix[l.ID]
			if i == 0 {
				n = rest
			}
			s.Ranks = append(s.Ranks, demo.Rank{Name: l.Name.In(e.lang), Members: n})
		}
		return nil
	})
	if err != nil {
		return s, err
	}
	report, err := proof.Verify(e.ctx, a.db)
	if err != nil {
		return s, err
	}
	if !report.Holds() {
		fmt.Fprint(e.out, report.Text(e.lang))
	}
	s.BrokenLaws = broken(report)
	s.Megabytes = peak() >> 20
	return s, err
}

// peak is the most memory the process has had from the system.
func peak() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys)
}
