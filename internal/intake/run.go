package intake

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
)

// Progress is how far an import has come.
type Progress struct {
	Phase     string // reading, recording, done
	Rows      int    // read
	Documents int    // done: orders, returns, balances and events, in a file of members the members
	Items     int64  // of the stream, done
	Bytes     int64  // of the file, read
	Size      int64  // of the file, 0 if unknown
	Elapsed   time.Duration
	Rate      float64       // rows read per second of this run
	Remaining time.Duration // -1 if it cannot be told
}

// Runner imports files. One import of the same bytes is resumed where it
// stopped: the file is read again, what was recorded is passed over.
type Runner struct {
	DB       *db.DB
	Sink     Sink
	Known    Lookup // nil: Seen(DB)
	Wall     func() clock.Instant
	History  bool           // the day turn runs for each day passed
	Zone     clock.Zone     // business days of the programme
	Through  clock.Day      // with History: turn the days up to this one at the end; 0: up to the last item's
	Progress func(Progress) // may be nil; called at most a few times a second, and once at the end (Phase done)
	BatchMax int            // default BatchSize
}

// running is one run of an import.
type running struct {
	*Runner
	ctx    context.Context
	src    Source
	row    Import
	state  progressDoc
	report *Report
	b      *batcher
	item   int64 // place in the stream
	day    clock.Day
	began  clock.Instant
	last   clock.Instant
	rows   int
	bytes  int64
	total  int           // documents, known once the file is read; 0 before
	docs   int           // documents taken
	half   clock.Instant // when reading ended and recording began
	kind   Kind          // of the file, once it is read
}

// progressDoc is what of a run cannot be found again by reading the file.
type progressDoc struct {
	Counts   Counts    `json:"counts"`
	Points   int64     `json:"points"`
	Problems []Problem `json:"problems,omitempty"` // refusals by the sink
	Told
	Noted []Problem `json:"notes,omitempty"` // Told's notes, which a report does not write out
}

const maxStoredProblems = 1000

// Run imports a source. It returns the report of the whole import, also when
// it was resumed. Cancelling ctx leaves the import paused; a fault leaves it
// failed; both can be run again.
func (r *Runner) Run(ctx context.Context, src Source) (*Report, error) {
	x := &running{Runner: r, ctx: ctx, src: src, report: &Report{}, began: r.Wall()}
	if err := x.begin(); err != nil {
		return nil, err
	}
	f, err := x.pass()
	if err != nil {
		return nil, x.stop(err)
	}
	return x.report, x.finish(f)
}

func (x *running) begin() error {
	hash, err := x.hashFile()
	if err != nil {
		return err
	}
	err = x.DB.Write(x.ctx, func(tx *db.Tx) error {
		old, found, err := unfinished(tx, hash)
		if err != nil {
			return err
		}
		if found {
			x.row = old
			return nil
		}
		x.row = Import{ID: ident.New(), File: x.src.Name, Hash: hash, History: x.History, State: "running", Progress: "{}"}
		return insertImport(tx, &x.row)
	})
	if err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(x.row.Progress), &x.state); err != nil {
		return err
	}
	x.state.restore()
	x.row.State, x.row.FailureCode, x.day = "running", "", x.row.DayTurned
	x.b = &batcher{ctx: x.ctx, known: x.lookup(), counts: &x.state.Counts, self: ident.Import.Text(x.row.ID), write: x.write, note: x.refusedBySink}
	return nil
}

// restore makes integers and days of what JSON gave back as floats and text.
func (p *progressDoc) restore() {
	for _, q := range slices.Concat(p.Problems, p.Noted) {
		for k, v := range q.Args {
			switch x := v.(type) {
			case float64:
				q.Args[k] = int64(x)
			case string:
				if d, err := clock.ParseDay(x); err == nil {
					q.Args[k] = d
				}
			}
		}
	}
	p.Notes = p.Noted
}

func (x *running) lookup() Lookup {
	if x.Known != nil {
		return x.Known
	}
	return Seen(x.DB)
}

func (x *running) hashFile() (string, error) {
	in, err := x.src.Open()
	if err != nil {
		return "", err
	}
	defer in.Close()
	return hashOf(x.ctx, in)
}

func (x *running) pass() (*Facts, error) {
	f, err := aside(x.ctx, x.src, receiver{
		items:   x.take,
		refused: x.report.add,
		tick:    x.tick,
		opened:  func(t *table) { x.b.table = t },
		read:    func(docs int) { x.total, x.half = docs, x.Wall() },
	})
	if err != nil {
		return nil, err
	}
	x.rows, x.kind = f.Rows, f.Kind
	if err := x.flush(); err != nil {
		return nil, err
	}
	if x.History && x.day != 0 {
		return f, x.turn(max(x.Through, x.day) + 1)
	}
	return f, nil
}

func (x *running) take(items []Item) error {
	x.docs++
	for i := range items {
		it := &items[i]
		if it.At != 0 {
			d := x.Zone.Day(it.At)
			if it.Kind != KindMember {
				x.report.span(d)
			}
			if err := x.reach(d); err != nil {
				return err
			}
		}
		if x.item++; x.item <= x.row.ItemsDone {
			continue
		}
		x.b.held = append(x.b.held, *it)
		if len(x.b.held) >= max(1, or0(x.BatchMax, BatchSize)) {
			if err := x.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

func or0(a, b int) int {
	if a != 0 {
		return a
	}
	return b
}

// reach turns the days before d, after what is held of them is recorded. The
// days of a resumed import that were turned before are not turned again.
func (x *running) reach(d clock.Day) error {
	if !x.History || d <= x.day {
		return nil
	}
	if x.day == 0 {
		x.day = d
		return nil
	}
	if err := x.flush(); err != nil {
		return err
	}
	return x.turn(d)
}

func (x *running) turn(until clock.Day) error {
	for ; x.day < until; x.day++ {
		if x.day <= x.row.DayTurned {
			continue
		}
		if err := x.Sink.DayTurn(x.ctx, x.day); err != nil {
			return err
		}
		x.row.DayTurned = x.day
	}
	return nil
}

func (x *running) flush() error {
	if len(x.b.held) == 0 {
		return nil
	}
	if err := x.b.flush(); err != nil {
		return err
	}
	x.tick(x.rows, x.bytes)
	return nil
}

// write hands a batch to the sink and then, in one transaction, notes what
// was taken in and how far the import is. If it dies in between, the batch
// comes again and the natural keys make it harmless.
func (x *running) write(items []Item, plans []planned) ([]Outcome, error) {
	var out []Outcome
	if len(items) > 0 {
		var err error
		if out, err = x.Sink.Write(x.ctx, items); err != nil {
			return nil, err
		}
		if len(out) != len(items) {
			return nil, fault.New(fault.Internal, "import.sink_answers", "want", len(items), "actual", len(out))
		}
	}
	for i := range out {
		x.state.Points += out[i].Points
	}
	counts, told := x.state.Counts, x.state.with(x.b.table, items, out)
	for i := range items {
		counts.take(&items[i], &out[i])
	}
	row, err := x.advanced(counts, told)
	if err != nil {
		return nil, err
	}
	err = x.DB.Write(x.ctx, func(tx *db.Tx) error {
		if err := remember(tx, x.row.ID, items, plans, out); err != nil {
			return err
		}
		return saveImport(tx, &row)
	})
	if err == nil {
		x.row, x.state.Told = row, told
	}
	return out, err
}

// advanced is the import as it stands once the held items are done.
func (x *running) advanced(counts Counts, told Told) (Import, error) {
	row, doc := x.row, x.state
	doc.Counts, doc.Told, doc.Noted = counts, told, told.Notes
	b, err := json.Marshal(doc)
	row.ItemsDone, row.Progress = x.item, string(b)
	return row, err
}

func (x *running) refusedBySink(bad []Problem) {
	if len(x.state.Problems) < maxStoredProblems {
		x.state.Problems = append(x.state.Problems, bad...)
	}
}

// stop leaves the import so that it can go on later, and gives err back.
func (x *running) stop(err error) error {
	x.row.State, x.row.FailureCode = "failed", fault.Of(err).Code
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		x.row.State, x.row.FailureCode = "paused", ""
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(x.ctx), 5*time.Second)
	defer cancel()
	if e := x.DB.Write(ctx, func(tx *db.Tx) error { return saveImport(tx, &x.row) }); e != nil {
		return errors.Join(err, e)
	}
	return err
}

func (x *running) finish(f *Facts) error {
	r := x.report
	x.state.Counts.Refused += r.Would.Refused
	r.Would = x.state.Counts
	r.note(x.state.Problems)
	r.Told = x.state.Told
	r.PointsWouldIssue = &x.state.Points
	r.fill(x.src, f)
	doc, err := json.Marshal(r)
	if err != nil {
		return err
	}
	x.state.Noted = x.state.Notes
	progress, err := json.Marshal(x.state) // with what the last batch refused
	if err != nil {
		return err
	}
	x.row.Progress = string(progress)
	x.row.State, x.row.Report, x.row.Profile, x.row.FinishedAt = "done", string(doc), f.Profile, x.Wall()
	if err := x.DB.Write(x.ctx, func(tx *db.Tx) error { return saveImport(tx, &x.row) }); err != nil {
		return err
	}
	x.tellEnd()
	return nil
}

// tellEnd shows the whole import, however short it was.
func (x *running) tellEnd() {
	if x.Progress == nil {
		return
	}
	p := x.progress(x.Wall())
	p.Phase, p.Remaining = "done", 0
	x.Runner.Progress(p)
}

func (x *running) tick(rows int, bytes int64) {
	x.rows, x.bytes = rows, bytes
	now := x.Wall()
	if x.Progress == nil || now.Sub(x.last) < 200*time.Millisecond {
		return
	}
	x.last = now
	x.Runner.Progress(x.progress(now))
}

func (x *running) progress(now clock.Instant) Progress {
	p := Progress{
		Phase: "reading", Rows: x.rows, Items: x.row.ItemsDone, Bytes: x.bytes, Size: x.src.Size,
		Documents: x.state.Counts.documents(x.kind),
		Elapsed:   now.Sub(x.began), Remaining: -1,
	}
	if x.item > 0 {
		p.Phase = "recording"
	}
	if p.Elapsed > 0 {
		p.Rate = float64(p.Rows) / p.Elapsed.Seconds()
	}
	switch {
	case x.src.Sorted && p.Bytes > 0 && p.Size > 0:
		p.Remaining = time.Duration(float64(p.Elapsed) * float64(max(0, p.Size-p.Bytes)) / float64(p.Bytes))
	case x.total > 0 && x.docs > 0:
		p.Remaining = time.Duration(float64(now.Sub(x.half)) * float64(max(0, x.total-x.docs)) / float64(x.docs))
	}
	return p
}
