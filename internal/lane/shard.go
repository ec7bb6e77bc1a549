package lane

import (
	"context"
	"errors"
	"hash/maphash"
	"slices"
	"sync"

	"joren/internal/db"
)

// committers is how many batches may be under way at once. While one waits for
// PostgreSQL another is judged. SQLite has one writer, so a second would only
// wait for it.
func committers(e db.Engine) int {
	if e == db.Postgres {
		return 2
	}
	return 1
}

var seed = maphash.MakeSeed()

// home is the committer of a work, by who is meant: works of one member stand
// in one line and do not race each other. A work that does not say itself who
// is meant has none.
func (w *Work) home(n int) (committer int, known bool) {
	var h uint64
	switch {
	case !w.Who.Member.IsZero():
		h = maphash.Comparable(seed, w.Who.Member)
	case w.Who.Card != "":
		h = maphash.String(seed, w.Who.Card)
	case w.Who.Hold.IsZero() && w.Order.Source == "":
		h = maphash.Comparable(seed, w.Key) // nobody's: a guest's purchase
	default:
		return 0, false
	}
	return int(h % uint64(n)), true
}

// shares splits what a caller hands in among the committers. What holds a work
// without a home stays together, so that a return finds its purchase.
func (l *Lane) shares(tasks []*task) [][]*task {
	out := make([][]*task, len(l.queues))
	for _, t := range tasks {
		i, known := t.work.home(len(out))
		if !known {
			clear(out)
			out[0] = tasks
			return out
		}
		out[i] = append(out[i], t)
	}
	return out
}

// submit hands in works and waits for all their answers. After an error, the
// first of a committer's, no answer may be looked at: some may still come.
func (l *Lane) submit(ctx context.Context, tasks []*task) error {
	shares := l.shares(tasks)
	if i := slices.IndexFunc(shares, func(s []*task) bool { return len(s) == len(tasks) }); i >= 0 {
		return l.queues[i].submit(ctx, tasks)
	}
	errs := make([]error, len(shares))
	var wg sync.WaitGroup
	for i, s := range shares {
		if len(s) > 0 {
			wg.Go(func() { errs[i] = l.queues[i].submit(ctx, s) })
		}
	}
	wg.Wait()
	return errors.Join(errs...)
}
