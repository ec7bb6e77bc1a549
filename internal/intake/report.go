package intake

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/ident"
)

// maxProblems is how many problems a report lists; all are counted.
const maxProblems = 10_000

// Report is what a dry run finds, or a run did (EXAMPLES §5).
type Report struct {
	File     string `json:"file"`
	Encoding string `json:"encoding"`
	Profile  string `json:"profile"`
	Rows     int    `json:"rows"`
	Would    Counts `json:"would"`
	// PointsWouldIssue is nil when nothing could be judged: a dry run of a shop
	// without a programme.
	PointsWouldIssue *int64         `json:"points_would_issue"`
	Ranks            map[string]int `json:"ranks_would_change,omitempty" doc:"of a dry run: by rank, how many more members (fewer, where negative) would hold it"`
	Period           []clock.Day    `json:"period"`
	Ignored          []string       `json:"ignored_columns"`
	Skipped          map[string]int `json:"skipped_rows,omitempty"`
	ErrorsCSV        string         `json:"errors_csv,omitempty"`
	Cleaned          *Cleaned       `json:"cleaned,omitempty"`
	Told

	Hash     string    `json:"-"`
	Problems []Problem `json:"-"` // by row
	Unlisted int       `json:"problems_unlisted,omitempty"`
	Kind     Kind      `json:"-"`
}

// Counts are documents, except MembersNew.
type Counts struct {
	Purchases    int `json:"purchases"`
	Guests       int `json:"of_them_guests"`
	Returns      int `json:"returns"`
	MembersNew   int `json:"members_new"`
	AlreadyKnown int `json:"already_known"`
	Revised      int `json:"revised,omitempty"`

	MembersChanged int `json:"members_changed,omitempty" doc:"known members whom the file says other things of"`
	Flagged        int `json:"flagged,omitempty" doc:"of the recorded ones, those somebody should look at; errors.csv lists them"`

	Openings int `json:"openings,omitempty"`
	Events   int `json:"events,omitempty"`
	Parked   int `json:"parked,omitempty"`
	Refused  int `json:"refused"`
}

// documents is how many were done, refused ones too. The members that orders
// bring are none.
func (c *Counts) documents(k Kind) int {
	n := c.MembersChanged + c.Purchases + c.Returns + c.AlreadyKnown + c.Revised + c.Openings + c.Events + c.Parked + c.Refused
	if k == KindMember {
		n += c.MembersNew
	}
	return n
}

// take counts an item as it was answered.
func (c *Counts) take(it *Item, o *Outcome) {
	c.count(it, o.Status)
	if len(o.Notes) > 0 {
		c.Flagged++
	}
}

// count notes the outcome of one item.
func (c *Counts) count(it *Item, s Status) {
	switch {
	case s == Refused:
		c.Refused++
	case s == Parked:
		c.Parked++
	case s == Revised && it.Kind == KindMember:
		c.MembersChanged++
	case s == Revised:
		c.Revised++
	case s == Already && it.Kind == KindMember && it.Member.Implied:
	case s == Already:
		c.AlreadyKnown++
	case it.Kind == KindSale:
		c.Purchases++
		if it.Person.IsZero() || it.Link {
			c.Guests++
		}
	case it.Kind == KindReturn:
		c.Returns++
	case it.Kind == KindMember:
		c.MembersNew++
	case it.Kind == KindOpening:
		c.Openings++
	case it.Kind == KindEvent:
		c.Events++
	}
}

func (r *Report) add(bad []Problem) {
	r.Would.Refused++
	r.note(bad)
}

func (r *Report) note(bad []Problem) {
	room := max(0, maxProblems-len(r.Problems))
	r.Unlisted += max(0, len(bad)-room)
	r.Problems = append(r.Problems, bad[:min(room, len(bad))]...)
}

func (r *Report) span(d clock.Day) {
	switch {
	case d == 0:
	case len(r.Period) == 0:
		r.Period = []clock.Day{d, d}
	default:
		r.Period[0], r.Period[1] = min(r.Period[0], d), max(r.Period[1], d)
	}
}

func (r *Report) fill(src Source, f *Facts) {
	r.File, r.Encoding, r.Profile, r.Rows, r.Kind = src.Name, f.Encoding, f.Profile, f.Rows, f.Kind
	r.Ignored, r.Hash, r.Cleaned = f.Ignored, f.Hash, f.Cleaned
	if r.Ignored == nil {
		r.Ignored = []string{}
	}
	if r.Period == nil {
		r.Period = []clock.Day{}
	}
	if len(f.Skipped) > 0 {
		r.Skipped = f.Skipped
	}
	slices.SortStableFunc(r.Problems, func(a, b Problem) int { return a.Row - b.Row })
}

// WriteErrors writes the problems, then the notes, as CSV: row, column, value, code, what,
// do; the last two in language l. Values of personal columns are masked.
func (r *Report) WriteErrors(w io.Writer, l i18n.Lang) error {
	out := NewCSVWriter(w)
	out.Row("row", "column", "value", "code", "what", "do")
	for _, p := range slices.Concat(r.Problems, r.Notes) {
		out.Int(int64(p.Row)).Text(p.Column).Text(p.Value).Text(p.Code).Text(problemText(l, "what", p)).Text(problemText(l, "do", p))
		if err := out.End(); err != nil {
			return err
		}
	}
	return out.err
}

// Words says what is wrong with one row, and what to do.
func (p Problem) Words(l i18n.Lang) (what, do string) {
	return problemText(l, "what", p), problemText(l, "do", p)
}

// problemText looks for intake.problem.CODE.what or .do; codes of other rooms
// fall back to their own fault text and a general advice.
func problemText(l i18n.Lang, part string, p Problem) string {
	args := p.Args
	if l == i18n.EN {
		args = englishArgs(args)
	}
	if key := "intake.note." + p.Code + "." + part; p.Note && i18n.Has(key) {
		return i18n.Fill(l, i18n.T(l, key), args)
	}
	if key := "intake.problem." + p.Code + "." + part; i18n.Has(key) {
		return i18n.Fill(l, i18n.T(l, key), args)
	}
	if part == "do" {
		return i18n.T(l, "intake.problem.other.do")
	}
	return strings.TrimRight(i18n.Fault(l, p.Code, args), "。.") // as the words of problems end
}

// englishArgs takes the English form of amounts that were formatted for both.
func englishArgs(a fault.Args) fault.Args {
	out := make(fault.Args, len(a))
	for k, v := range a {
		if en, ok := a[k+"_en"]; ok {
			v = en
		}
		out[k] = v
	}
	return out
}

// A Trial is a sink that records nothing and answers what recording would do.
type Trial interface {
	Write(ctx context.Context, items []Item) ([]Outcome, error)
	// Day is the business day of an item that ends a batch when it is a new one;
	// 0 when days are not turned.
	Day(it *Item) clock.Day
	// Notes is a database for what is remembered of the file while it is tried.
	Notes() *db.DB
	Ranks(ctx context.Context) (map[string]int, error) // by rank: how many more members hold it than before
	Close() error
}

// Judge begins the trial of one dry run; a nil Trial when there is nothing to
// judge by. A dry run without a judge leaves points_would_issue null.
type Judge func(ctx context.Context) (Trial, error)

// begin starts a trial; nil without one.
func (j Judge) begin(ctx context.Context) (Trial, error) {
	if j == nil {
		return nil, nil
	}
	return j(ctx)
}

// DryRun reads a whole file and says what importing it would do. known may
// be nil: then nothing is known yet.
func DryRun(ctx context.Context, src Source, known Lookup, judge Judge) (r *Report, err error) {
	t, err := judge.begin(ctx)
	if err != nil {
		return nil, err
	}
	r = &Report{}
	b := &batcher{known: known, write: unjudged, counts: &r.Would, note: r.note, ctx: ctx, self: "dry run"}
	add := b.add
	if t != nil {
		defer func() { err = errors.Join(err, t.Close()) }()
		r.PointsWouldIssue = new(int64)
		id := ident.New()
		b.self, b.known = ident.Import.Text(id), noted(t.Notes(), known)
		b.write = func(items []Item, plans []planned) ([]Outcome, error) {
			out, err := r.try(ctx, t, id, items, plans)
			r.Told = r.with(b.table, items, out)
			return out, err
		}
		add = byDay(t, b)
	}
	zone := clock.Tokyo
	f, err := stream(ctx, src, receiver{
		items: func(items []Item) error {
			for _, it := range items {
				if it.Kind == KindSale || it.Kind == KindReturn {
					r.span(zone.Day(it.At))
				}
				if err := add(it); err != nil {
					return err
				}
			}
			return nil
		},
		refused: r.add,
		tick:    func(int, int64) {},
		opened:  func(t *table) { zone, b.table = t.zone, t },
	})
	if err != nil {
		return nil, err
	}
	if err := b.flush(); err != nil {
		return nil, err
	}
	if t != nil {
		if r.Ranks, err = t.Ranks(ctx); err != nil {
			return nil, err
		}
	}
	r.fill(src, f)
	return r, nil
}

// unjudged takes every item for one that would be recorded.
func unjudged(items []Item, _ []planned) ([]Outcome, error) {
	out := make([]Outcome, len(items))
	for i := range items {
		out[i].Status = New
		if items[i].Kind == KindSale && items[i].Sale.Revision > 0 {
			out[i].Status = Revised
		}
	}
	return out, nil
}

// byDay adds items, a batch for each day where days are turned.
func byDay(t Trial, b *batcher) func(Item) error {
	day := clock.Day(0)
	return func(it Item) error {
		if d := t.Day(&it); d > day {
			day = d
			if err := b.flush(); err != nil {
				return err
			}
		}
		return b.add(it)
	}
}

// noted looks first at what a trial has taken of this file.
func noted(notes *db.DB, known Lookup) Lookup {
	return func(ctx context.Context, keys []Key) (map[Key]Known, error) {
		out, err := Seen(notes)(ctx, keys)
		if err != nil || known == nil {
			return out, err
		}
		rest := slices.DeleteFunc(slices.Clone(keys), func(k Key) bool { _, here := out[k]; return here })
		before, err := known(ctx, rest)
		maps.Copy(out, before)
		return out, err
	}
}

// try asks the trial, adds its points up and notes what it took.
func (r *Report) try(ctx context.Context, t Trial, id ident.ID, items []Item, plans []planned) ([]Outcome, error) {
	if len(items) == 0 {
		return nil, nil
	}
	out, err := t.Write(ctx, items)
	if err != nil {
		return nil, err
	}
	for i := range out {
		*r.PointsWouldIssue += out[i].Points
	}
	return out, t.Notes().Write(ctx, func(tx *db.Tx) error { return remember(tx, id, items, plans, out) })
}
