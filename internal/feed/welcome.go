package feed

import (
	"context"
	"slices"
	"sync"

	"joren/internal/db"
	"joren/internal/event"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/jobs"
	"joren/internal/member"
	"joren/internal/outbox"
	"joren/internal/programme"
	"joren/internal/rules"
	"joren/internal/sale"
)

// Welcome gives new members what the programme has for joining, however they
// were enrolled: every enrolment leaves the fact member.joined, and this is its
// consumer. A face that wants the points in its answer calls [sale.Sales.Joined]
// itself as well: the story counts once for each member.
type Welcome struct {
	Sales      *sale.Sales
	Members    *member.Members
	Programmes *programme.Cache
	DB         *db.DB
}

const welcomeJob = "feed.welcome"

const (
	greeted  = 500 // members in one job
	together = 32  // greeted at once: they share commits
)

// Consumer hears of new members. It must not wait for the lane, whose commits
// stand in line behind its own transaction; so it enqueues jobs, which
// [Welcome.Register] runs.
func (w *Welcome) Consumer() outbox.Consumer {
	return outbox.Consumer{Name: welcomeJob, Kinds: []string{event.MemberJoined{}.Kind()}, Handle: func(tx *db.Tx, events []outbox.Event) error {
		ids, err := w.due(tx, events)
		if err != nil {
			return err
		}
		for part := range slices.Chunk(ids, greeted) {
			if _, err := jobs.Enqueue(tx, welcomeJob, part, jobs.Options{}); err != nil {
				return err
			}
		}
		return nil
	}}
}

// due are the members who joined while the programme had something for it.
func (w *Welcome) due(tx *db.Tx, events []outbox.Event) (ids []ident.ID, err error) {
	for _, e := range events {
		if e.Kind != (event.MemberJoined{}).Kind() {
			continue
		}
		f, err := e.Fact()
		if err != nil {
			return nil, err
		}
		p, err := w.Programmes.At(tx, e.At)
		switch {
		case fault.Is(err, "programme.none_in_force"):
		case err != nil:
			return nil, err
		case slices.Contains(p.Rules.Triggers(), rules.Joined):
			ids = append(ids, f.(event.MemberJoined).Member)
		}
	}
	return ids, nil
}

// Register lets a runner greet.
func (w *Welcome) Register(r *jobs.Runner) { r.Handle(welcomeJob, w.greet) }

func (w *Welcome) greet(ctx context.Context, j *jobs.Job) error {
	var ids []ident.ID
	if err := j.Decode(&ids); err != nil {
		return err
	}
	var known map[ident.ID]member.Member
	err := w.DB.Read(ctx, func(tx *db.Tx) (err error) { known, err = w.Members.ByIDs(tx, ids); return err })
	if err != nil {
		return err
	}
	ids = slices.DeleteFunc(ids, func(id ident.ID) bool { return !welcome(known[id]) })
	for part := range slices.Chunk(ids, together) {
		if err := w.all(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

// welcome: who was a member before gets no second welcome gift; who has left
// since, or lives on in another record, none at all.
func welcome(m member.Member) bool { return m.Status == member.Active && !m.Rejoined }

// all greets members at once and gives the first failure, for which the job
// comes again.
func (w *Welcome) all(ctx context.Context, ids []ident.ID) error {
	errs := make([]error, len(ids))
	var wg sync.WaitGroup
	for i, id := range ids {
		wg.Go(func() { _, errs[i] = w.Sales.Joined(ctx, id, sale.By{Actor: "welcome"}) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil && !fault.Is(err, "member.left") && !fault.Is(err, "member.unknown") {
			return err
		}
	}
	return nil
}
