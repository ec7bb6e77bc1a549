// Package feed joins the importer to the books: what a file holds becomes
// members, purchases, returns, opening balances and events by the same stories
// that tills and web shops use. It also tries a file without writing, and
// greets new members, however they came.
package feed

import (
	"cmp"
	"context"
	"slices"

	"joren/internal/activity"
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/intake"
	"joren/internal/ledger"
	"joren/internal/people"
	"joren/internal/programme"
	"joren/internal/sale"
)

// Feed is the importer's sink. One import uses one feed.
type Feed struct {
	DB         *db.DB
	Sales      *sale.Sales
	People     *people.People
	Programmes *programme.Cache

	// Turn runs the day turn into a day; nil leaves it to the scheduler.
	Turn func(ctx context.Context, d clock.Day) error
	// Reach is told how far history has come before items of that time are
	// recorded; a database that replays history sets its shop clock by it.
	Reach func(clock.Instant)

	known map[string]ident.ID // persons met in this import, by Person.System and Key
}

var _ intake.Sink = (*Feed)(nil)

// DayTurn runs the turn into the day after d.
func (f *Feed) DayTurn(ctx context.Context, d clock.Day) error {
	if f.Turn == nil {
		return nil
	}
	return f.Turn(ctx, d+1)
}

// Write records items in their order: members first where they are new, then
// documents.
func (f *Feed) Write(ctx context.Context, items []intake.Item) ([]intake.Outcome, error) {
	if f.Reach != nil {
		latest := clock.Instant(0)
		for i := range items {
			latest = max(latest, items[i].At)
		}
		f.Reach(latest)
	}
	out := make([]intake.Outcome, len(items))
	order := arranged(items)
	sorted, done := make([]intake.Item, len(items)), make([]intake.Outcome, len(items))
	for i, at := range order {
		sorted[i] = items[at]
	}
	for from := 0; from < len(sorted); {
		to := from + 1
		for to < len(sorted) && group(sorted[to].Kind) == group(sorted[from].Kind) {
			to++
		}
		if err := f.part(ctx, sorted[from:to], done[from:to]); err != nil {
			return nil, err
		}
		from = to
	}
	for i, at := range order {
		out[at] = done[i]
	}
	return out, nil
}

// arranged puts the members of a batch first, so that the documents between
// which they stand share a commit; all else keeps its order. A member carries
// the day she joined, so coming earlier within a batch changes nothing.
func arranged(items []intake.Item) []int {
	order := make([]int, len(items))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(min(1, group(items[a].Kind)), min(1, group(items[b].Kind)))
	})
	return order
}

// group tells which kinds may be recorded together without changing the order
// of what happened.
func group(k intake.Kind) int {
	switch k {
	case intake.KindMember:
		return 0
	case intake.KindSale, intake.KindReturn:
		return 1
	case intake.KindOpening:
		return 2
	}
	return 3
}

func (f *Feed) part(ctx context.Context, items []intake.Item, out []intake.Outcome) error {
	switch group(items[0].Kind) {
	case 0:
		return f.enrol(ctx, items, out)
	case 1:
		return f.documents(ctx, items, out)
	case 2:
		return f.openings(ctx, items, out)
	}
	return f.events(ctx, items, out)
}

// resolve finds the members of items by their numbers elsewhere or their
// cards; ids aligned, zero for a guest or a person nobody knows.
func (f *Feed) resolve(ctx context.Context, items []intake.Item) ([]ident.ID, error) {
	if f.known == nil {
		f.known = map[string]ident.ID{}
	}
	var missing []*intake.Item
	for i := range items {
		p := items[i].Person
		if _, ok := f.known[personKey(p)]; !ok && !p.IsZero() {
			missing = append(missing, &items[i])
		}
	}
	if len(missing) > 0 {
		err := f.DB.Read(ctx, func(tx *db.Tx) error { return f.look(tx, missing) })
		if err != nil {
			return nil, err
		}
	}
	ids := make([]ident.ID, len(items))
	for i := range items {
		ids[i] = f.known[personKey(items[i].Person)]
	}
	return ids, nil
}

func (f *Feed) documents(ctx context.Context, items []intake.Item, out []intake.Outcome) error {
	ids, err := f.resolve(ctx, items)
	if err != nil {
		return err
	}
	docs := make([]sale.Document, len(items))
	for i := range items {
		if s := items[i].Sale; s != nil {
			in := *s
			in.Member, in.Card = ident.Member.Text(ids[i]), ""
			docs[i].Sale = &in
		} else {
			docs[i].Return = items[i].Return
		}
	}
	done, err := f.Sales.Documents(ctx, docs, sale.By{Actor: "import", Brief: true})
	if err != nil {
		return err
	}
	for i, d := range done {
		out[i] = outcome(d)
		if it := &items[i]; ids[i].IsZero() && it.Kind == intake.KindSale && !it.Person.IsZero() && !it.Link && out[i].Status != intake.Refused {
			out[i].Notes = append(out[i].Notes, fault.New(fault.NotFound, "member.unknown"))
		}
	}
	return nil
}

func outcome(d sale.Done) intake.Outcome {
	switch {
	case d.Err != nil:
		return refused(d.Err)
	case d.Return.State == "parked":
		return intake.Outcome{Status: intake.Parked}
	case d.Sale.Duplicate || d.Return.Duplicate:
		return intake.Outcome{Status: intake.Already}
	}
	o := intake.Outcome{Status: intake.New, Points: d.Sale.Booked}
	if d.Sale.Revised {
		o.Status = intake.Revised
	}
	if c := d.Return.Clawback; c != nil {
		o.Points = -c.Points
	}
	for _, f := range d.Sale.Flags {
		if slices.Contains(noted, f.Code) {
			o.Notes = append(o.Notes, note(f))
		}
	}
	return o
}

// noted are the flags of a purchase that say something of its member: those of
// its taxes are for the accounts, and a file may have them in every row.
var noted = []string{"purchase.claim_late", "purchase.claim_off", "member.left", "points.short"}

func note(f sale.Flag) *fault.Fault {
	n := &fault.Fault{Code: f.Code, Args: fault.Args{}}
	for _, a := range f.Args {
		n.Args[a.Key] = a.Num
		if d, err := clock.ParseDay(a.Text); err == nil {
			n.Args[a.Key] = d
		} else if a.Word {
			n.Args[a.Key] = a.Text
		}
	}
	return n
}

// refused names the first wrong field where there is one: a row of the report
// has room for one thing.
func refused(err error) intake.Outcome {
	f := fault.Of(err)
	if len(f.Fields) > 0 {
		x := f.Fields[0]
		f = &fault.Fault{Kind: f.Kind, Code: x.Code, Args: x.Args, Fields: f.Fields[:1], Cause: err}
	}
	return intake.Outcome{Status: intake.Refused, Fault: f}
}

func (f *Feed) openings(ctx context.Context, items []intake.Item, out []intake.Outcome) error {
	ids, err := f.resolve(ctx, items)
	if err != nil {
		return err
	}
	list := make([]sale.Opening, len(items))
	for i := range items {
		o := items[i].Opening
		list[i] = sale.Opening{Member: ids[i], Source: items[i].Source, Number: items[i].Number, Type: o.Type, Points: o.Points,
			Origin: ledger.Origin(o.Origin), ExpiresOn: o.ExpiresOn}
		if o.EarnedOn != 0 {
			list[i].EarnedAt = items[i].At
		}
	}
	known, errs, err := f.Sales.OpenAll(ctx, list, sale.By{Actor: "import"})
	if err != nil {
		return err
	}
	for i := range items {
		switch {
		case errs[i] != nil:
			out[i] = refused(errs[i])
		case known[i]:
			out[i].Status = intake.Already
		default:
			out[i] = intake.Outcome{Status: intake.New, Points: list[i].Points}
		}
	}
	return nil
}

func (f *Feed) events(ctx context.Context, items []intake.Item, out []intake.Outcome) error {
	ids, err := f.resolve(ctx, items)
	if err != nil {
		return err
	}
	for i := range items {
		e := items[i].Event
		if ids[i].IsZero() && !items[i].Person.IsZero() {
			out[i] = refused(fault.New(fault.NotFound, "member.unknown"))
			continue
		}
		in := activity.Input{Source: e.Source, EventNo: e.EventNo, Kind: e.Kind, Member: ident.Member.Text(ids[i]), OccurredAt: e.OccurredAt, Fields: map[string]any{}}
		for k, v := range e.Fields {
			in.Fields[k] = v
		}
		a, err := f.Sales.Event(ctx, in, sale.By{Actor: "import"})
		switch {
		case err != nil:
			out[i] = refused(err)
		case a.Duplicate:
			out[i].Status = intake.Already
		default:
			out[i].Status = intake.New
			if a.Award != nil {
				out[i].Points = a.Award.Points
			}
		}
	}
	return nil
}
