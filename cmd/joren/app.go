package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"joren/internal/audience"
	"joren/internal/blob"
	"joren/internal/clock"
	"joren/internal/console"
	"joren/internal/day"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/feed"
	"joren/internal/i18n"
	"joren/internal/insight"
	"joren/internal/intake"
	"joren/internal/jobs"
	"joren/internal/lane"
	"joren/internal/member"
	"joren/internal/outbox"
	"joren/internal/people"
	"joren/internal/plan"
	"joren/internal/programme"
	"joren/internal/purchase"
	"joren/internal/sale"
	"joren/internal/session"
	"joren/internal/shop"
	"joren/internal/sign"
)

// env is what a command gets from the process.
type env struct {
	ctx      context.Context
	out, err io.Writer
	lang     i18n.Lang
	getenv   func(string) string
}

// place says where the data are.
type place struct {
	Data string `help:"Directory of the database and its key." default:"joren-data" env:"JOREN_DATA" type:"path"`
	DB   string `help:"Database: sqlite:PATH or postgres://… (default: sqlite in --data)." env:"JOREN_DB"`
	Keys string `help:"Key file (default: joren.key in --data)." env:"JOREN_KEYS" type:"path"`
}

func (p place) url() string {
	if p.DB != "" {
		return p.DB
	}
	return "sqlite:" + filepath.Join(p.Data, "joren.db")
}

func (p place) keys() string {
	if p.Keys != "" {
		return p.Keys
	}
	return filepath.Join(p.Data, "joren.key")
}

// where is the place in words: a database of its own may bear a password.
func (p place) where() string {
	if p.DB != "" && !strings.HasPrefix(p.DB, "sqlite:") {
		return "PostgreSQL"
	}
	return strings.TrimPrefix(p.url(), "sqlite:")
}

// exists reports that there is a database already, as far as a file tells.
func (p place) exists() bool {
	path, lite := strings.CutPrefix(p.url(), "sqlite:")
	if !lite {
		return true
	}
	_, err := os.Stat(path)
	return err == nil
}

// app is everything that works on one database.
type app struct {
	db         *db.DB
	hand       *clock.Hand
	ring       *sign.Ring
	members    *member.Members
	people     *people.People
	programmes *programme.Cache
	lane       *lane.Lane
	sales      *sale.Sales
	settings   *shop.Cache
	turner     *day.Turner
	runner     *jobs.Runner
	node       *outbox.Node
	board      *insight.Board
	audience   *audience.Audience
}

// resumeJob finishes merges and transfers that stopped half-way.
const resumeJob = "people.resume"

// open opens the database as its one server: what writes does so alone on
// SQLite.
func open(ctx context.Context, p place) (*app, error) {
	if err := os.MkdirAll(p.Data, 0o700); err != nil {
		return nil, fault.New(fault.Unavailable, "cli.data", "path", p.Data).Because(err)
	}
	ring, _, err := sign.LoadOrCreate(p.keys())
	if err != nil {
		return nil, err
	}
	a := &app{hand: &clock.Hand{}, ring: ring, programmes: &programme.Cache{}, settings: &shop.Cache{}}
	if a.db, err = db.Open(ctx, p.url(), db.Options{Clock: a.hand.Clock(), Server: true}); err != nil {
		return nil, err
	}
	a.members = member.New(ring)
	a.people = &people.People{Members: a.members, Policies: people.PoliciesOf(a.programmes), Zone: a.zone, Programme: a.programme}
	a.lane = lane.New(a.db, a.members, a.programmes)
	a.sales = sale.New(a.lane)
	a.turner = day.New(a.db, a.lane, a.members, a.programmes)
	a.turner.Books.DB = a.db
	a.turner.Return = func(ctx context.Context, in purchase.ReturnInput) error {
		_, err := a.sales.Return(ctx, in, sale.By{Actor: "parked"})
		return err
	}
	a.runner = jobs.NewRunner(a.db)
	a.turner.Register(a.runner, session.Sweep, blob.Sweep, intake.Sweep, a.lapse)
	a.runner.Handle(resumeJob, func(ctx context.Context, _ *jobs.Job) error { return a.resume(ctx) })
	a.runner.Every(resumeJob, jobs.Interval(time.Minute), resumeJob, struct{}{})
	a.runner.Handle(intake.JobKind, intake.Office{DB: a.db, Sink: importSink{a}, Zone: a.zone}.Run)
	a.runner.Handle(console.SampleJob, a.fillSample)
	welcome := &feed.Welcome{DB: a.db, Sales: a.sales, Members: a.members, Programmes: a.programmes}
	welcome.Register(a.runner)
	a.board = boardOf(a.db, a.programmes, a.members)
	a.board.Patient = time.Minute
	a.board.Register(a.runner)
	a.audience = &audience.Audience{DB: a.db, Members: a.members, Programmes: a.programmes, Board: a.board}
	a.audience.Register(a.runner)
	a.node = outbox.NewNode(a.db, a.turner.RankConsumer(), welcome.Consumer(), insight.ErasureConsumer(), a.audience.Consumer())
	return a, a.setClock(ctx)
}

// resume finishes the merges and transfers that stopped half-way. One that
// waits for reserved points comes again.
func (a *app) resume(ctx context.Context) error {
	_, merges := a.people.Resume(ctx, a.db)
	if fault.Is(merges, "merge.open_holds") {
		merges = nil
	}
	_, transfers := a.sales.Resume(ctx)
	return errors.Join(merges, transfers)
}

// lapse ends points that waited for members who did not come back.
func (a *app) lapse(tx *db.Tx) (int64, error) {
	n, err := a.people.Lapse(tx, 100)
	if fault.Is(err, "programme.none_in_force") {
		return 0, nil
	}
	return int64(n), err
}

// setClock lets a demo database go on where its story stands. One that is not
// filled yet stands still at the last thing recorded, so that nothing turns
// its days into the present before the job goes on.
func (a *app) setClock(ctx context.Context) error {
	built, err := a.built(ctx)
	if err != nil {
		return err
	}
	if built == begun {
		_, p, err := demoProgramme()
		if err != nil {
			return err
		}
		return a.db.Read(ctx, func(tx *db.Tx) error {
			at, err := outbox.LastAt(tx)
			a.hand.Stop(max(p.Starts(), at))
			return err
		})
	}
	return a.db.Read(ctx, func(tx *db.Tx) error {
		s, err := shop.Load(tx)
		if err != nil || s.ShopClock == 0 {
			return err
		}
		at, err := outbox.LastAt(tx) // shop time never runs backwards
		a.hand.Run(max(s.ShopClock, at))
		return err
	})
}

// deliverEvery is how often consumers look for events: segments are to be true
// a second after a purchase.
const deliverEvery = 300 * time.Millisecond

// work runs jobs and deliveries until ctx ends, and waits for what is under
// way.
func (a *app) work(ctx context.Context) (wait func()) {
	var wg sync.WaitGroup
	wg.Go(func() { a.runner.Run(ctx) })
	wg.Go(func() { a.node.Run(ctx, deliverEvery) })
	wg.Go(func() { a.warm(ctx) })
	return wg.Wait
}

// warm makes the first reading and shelf, the back-test, the scores of months
// that ended while nobody served and the first self-test before somebody asks
// for them; a shop without a programme has no days to read yet.
func (a *app) warm(ctx context.Context) {
	err := a.board.Warm(ctx)
	if err == nil {
		_, err = a.board.LastSelfTest(ctx)
	}
	if err == nil {
		_, err = a.board.Remember(ctx, false)
	}
	if err != nil && ctx.Err() == nil && !fault.Is(err, "programme.none_in_force") {
		slog.Error("insight: first reading", "error", err)
	}
	err = a.db.Read(ctx, func(tx *db.Tx) error { _, _, err := a.turner.Books.Shown(tx); return err })
	if err != nil && ctx.Err() == nil && !fault.Is(err, "programme.none_in_force") {
		slog.Error("liability: first reading", "error", err)
	}
}

// feed is the importer's sink. Reach may set a replayed history's clock.
func (a *app) feed(reach func(clock.Instant)) *feed.Feed {
	return &feed.Feed{DB: a.db, Sales: a.sales, People: a.people, Programmes: a.programmes, Reach: reach, Turn: a.turner.Through}
}

// importSink gives every batch of an import job a feed of its own, which knows
// nobody from before: jobs run beside each other and beside changes of members.
type importSink struct{ a *app }

func (s importSink) Write(ctx context.Context, items []intake.Item) ([]intake.Outcome, error) {
	return s.a.feed(nil).Write(ctx, items)
}

func (s importSink) DayTurn(ctx context.Context, d clock.Day) error {
	return s.a.feed(nil).DayTurn(ctx, d)
}

func (a *app) close() {
	a.lane.Close()
	a.db.Close()
}

func (a *app) programme(tx *db.Tx) (*plan.Programme, error) { return a.programmes.At(tx, tx.Now) }

func (a *app) zone(tx *db.Tx) (clock.Zone, error) {
	p, err := a.programmes.At(tx, tx.Now)
	if err != nil {
		return clock.Tokyo, err
	}
	return p.Zone, nil
}
