package insight

import (
	"context"
	"math"
	"slices"
	"time"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/jobs"
	"joren/internal/stats"
)

// Remember writes the scores of every month that has ended and is not kept
// yet, each as it could have been told then, and reports how many. With again
// months kept are written anew. It runs once a day; months are few.
//
// The past of another room's part is not known, so months made up later hold
// behaviour alone; and returns that came after a month's end are already off
// its amounts, though not off its dates.
func (b *Board) Remember(ctx context.Context, again bool) (written int, err error) {
	today, err := b.Today(ctx)
	if err != nil {
		return 0, err
	}
	if _, err := b.Follow(ctx); err != nil {
		return 0, err
	}
	visits, err := b.visits(today)
	if err != nil {
		return 0, err
	}
	ends, err := b.due(ctx, visits, today, again)
	if err != nil {
		return 0, err
	}
	b.ends.begin(int64(len(ends)))
	defer b.ends.begin(0)
	for _, day := range ends {
		if err := b.remember(ctx, visits, day, day.AddMonths(1) >= today); err != nil {
			return written, err
		}
		written++
		b.ends.read.Add(1)
	}
	return written, nil
}

// Remembering is how many months are being written just now, and how many of
// them are; 0 when none is.
func (b *Board) Remembering() (written, all int64) { return b.ends.read.Load(), b.ends.all.Load() }

// due are the last days of ended months that are to be written.
func (b *Board) due(ctx context.Context, visits []stats.Visit, today clock.Day, again bool) (ends []clock.Day, err error) {
	first, _, ok := Extent(visits)
	if !ok {
		return nil, nil
	}
	var kept []Month
	if !again {
		if err := b.db.Read(ctx, func(tx *db.Tx) (err error) { kept, err = Months(tx); return err }); err != nil {
			return nil, err
		}
	}
	for d := first.EndOfMonth(); d < today; d = (d + 1).EndOfMonth() {
		if !slices.ContainsFunc(kept, func(m Month) bool { return m.Month == monthOf(d) }) {
			ends = append(ends, d)
		}
	}
	return ends, nil
}

func monthOf(d clock.Day) string { return d.String()[:7] }

func (b *Board) remember(ctx context.Context, visits []stats.Visit, day clock.Day, fresh bool) error {
	r, err := Read(visits, day, b.horizon())
	if err != nil {
		return err
	}
	m := Month{Month: monthOf(day), Day: day, Horizon: r.Horizon, Missing: codeOf(r.Missing)}
	var extras []Extra
	if fresh {
		extras = b.Extras
	}
	var ids []ident.ID
	var all []Loyalty
	if err := b.View(func(c *Columns) error {
		ids, all = c.loyalties(r, extras)
		return nil
	}); err != nil {
		return err
	}
	m.sum(all)
	return b.db.Write(ctx, func(tx *db.Tx) error { return saveMonth(tx, m, ids, all) })
}

const rememberJob = "insight.remember"

// Register lets a runner keep the scores of months as they end, looked at
// every six hours, written once a month; and what a large shop starts from,
// once a day.
func (b *Board) Register(r *jobs.Runner) {
	r.Handle(rememberJob, func(ctx context.Context, _ *jobs.Job) error {
		_, err := b.Remember(ctx, false)
		if fault.Is(err, "programme.none_in_force") {
			return nil // no zone yet, so no days
		}
		if err != nil {
			return err
		}
		today, err := b.Today(ctx)
		if err == nil {
			_, err = b.Keep(ctx, today, false)
		}
		return err
	})
	b.registerReports(r)
	r.Every(rememberJob, jobs.Interval(6*time.Hour), rememberJob, struct{}{})
}

// Interval of the mean: scores within ten points are taken for spread evenly
// over them. ok is false below two members.
func (m *Month) Interval() (low, high Tenths, ok bool) {
	if m.Members < 2 {
		return 0, 0, false
	}
	sum := 0.0
	for k, n := range m.Spread {
		off := float64(100*k+50) - float64(m.Mean)
		sum += float64(n) * (off*off + 100*100/12)
	}
	half := 1.96 * math.Sqrt(sum/float64(m.Members)/float64(m.Members-1))
	return max(0, m.Mean-Tenths(math.Round(half))), min(1000, m.Mean+Tenths(math.Round(half))), true
}

// EachLoyalty gives the score of every active member who has one.
func (c *Columns) EachLoyalty(r *Reading, extras []Extra, fn func(id ident.ID, l Loyalty)) {
	ids, all := c.loyalties(r, extras)
	for i := range ids {
		fn(ids[i], all[i])
	}
}

// loyalties are the scores of all active members who have one.
func (c *Columns) loyalties(r *Reading, extras []Extra) (ids []ident.ID, all []Loyalty) {
	r.Each(func(n int32, _ Odds) {
		if !c.people.active[n] {
			return
		}
		id := c.people.id[n]
		if l, ok := r.Loyalty(n, id, extras); ok {
			ids, all = append(ids, id), append(all, l)
		}
	})
	return ids, all
}

// band is the ten points a score is in, from 0 to 9.
func band(s Tenths) int { return min(9, int(s/100)) }

func (m *Month) sum(all []Loyalty) {
	total := 0
	for _, l := range all {
		total += int(l.Score)
		m.Spread[band(l.Score)]++
	}
	if m.Members = len(all); m.Members > 0 {
		m.Mean = Tenths((total + m.Members/2) / m.Members)
	}
}
