package lane

import (
	"joren/internal/activity"
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/idem"
	"joren/internal/ident"
	"joren/internal/ledger"
	"joren/internal/limit"
	"joren/internal/member"
	"joren/internal/outbox"
	"joren/internal/plan"
	"joren/internal/purchase"
	"joren/internal/rules"
	"joren/internal/tier"
)

// Work is one thing to be done to one holder's accounts.
type Work struct {
	Who     Who
	At      clock.Instant // when it happened: the version in force then judges; 0 is now
	Key     purchase.Key  // the natural key it claims; zero for none
	Order   purchase.Key  // the order it acts on; zero for none
	Request *Request      // the caller's idempotency key; nil for none

	// Prepare runs when it is known who is meant and what is recorded under
	// the keys. It may answer at once ([Desk.Answer]), refuse, or say what is
	// to be judged and loaded. nil is nothing of that.
	Prepare func(*Desk) error
	// Decide runs with everything loaded. It changes the desk only. It may
	// run again when the batch is judged again.
	Decide func(*Desk) error
}

// Who says whose accounts a work may change. The first that is set counts;
// with none it is the member of Work.Order, and without one nobody: a guest's
// purchase.
type Who struct {
	Member ident.ID
	Card   string // in canonical form
	Hold   ident.ID
}

// Request is a caller's idempotency key with what was asked.
type Request struct {
	Key   idem.Key
	Print idem.Fingerprint
	// Encode makes the stored answer; nil keeps none, because the answer is
	// found under the natural key.
	Encode func(answer any) (status int, body []byte, err error)
}

// Want is what a work needs of the accounts besides open lots and holds, and
// of her rank when nothing is judged.
type Want struct {
	Awards    []ident.ID
	Purchases []ident.ID
	Holds     []ident.ID
	Debits    []int64
	Deep      bool
	Accounts  bool // the accounts, though nothing is judged
	GivesOnly bool // points are given and none taken: lots need not be read
	Rank      bool // her standing, though nothing is judged
	Forecast  bool // with Rank: exact after what the work itself changes
}

func (w *Want) accounts() bool {
	return w.Accounts || w.Deep || len(w.Awards)+len(w.Purchases)+len(w.Holds)+len(w.Debits) > 0
}

// Desk is where one work is judged.
type Desk struct {
	Now, Wall clock.Instant      // recorded_at; wall time
	Programme *plan.Programme    // in force at At
	Current   *plan.Programme    // in force now: its policies bind debits
	At        clock.Instant      // Work.At, or Now
	Day       clock.Day          // business day of At
	Member    *member.Member     // nil for a guest
	Holder    ident.ID           // whose accounts: the member's household or herself
	Known     purchase.Known     // what is recorded under Work.Key
	Purchase  *purchase.Purchase // the purchase under Work.Key or Work.Order; nil when there is none
	Activity  *activity.Event    // the event under Work.Key; nil when there is none
	Replay    *idem.Stored       // the answer stored under the request's key

	// Set by Prepare.
	Occasion *rules.Occasion // what is judged; facts are loaded for it
	Want     Want

	Facts    rules.Facts // loaded for Occasion
	Unsealed []byte      // the personal part of what Purchase was judged by; nil when there is none, or no longer
	Card     *tier.Card  // her rank; nil for a guest or a programme without ranks

	*moment
	lane     *Lane
	task     *task
	over     bool // refused
	answer   any
	answered bool
	ask      *rules.Ask
	limits   []rules.LimitKey
	books    map[string]*ledger.Book
	order    []string       // point types in the programme's order
	formers  []*ledger.Book // see [Desk.Formers]
	family   []ident.ID     // the member, and the record her purchase was written for
	houses   []ident.ID     // households with one account they belonged to
	save     effects
}

// effects is what a round writes for one desk.
type effects struct {
	purchases []*purchase.Purchase
	returns   []*purchase.Taken
	counts    []rules.Count
	gifts     []limit.Gift
	adds      []limit.Add // of a whole round
	cards     []*tier.Card
	events    []outbox.Event
	also      []func(*db.Tx) error
}

// Answer finishes the work with this answer; what the desk has changed is
// written.
func (d *Desk) Answer(a any) error {
	d.answer, d.answered = a, true
	return nil
}

// Version is a published version by number: a return is judged by the one of
// its purchase. Fault: programme.version_unknown.
func (d *Desk) Version(n int) (*plan.Programme, error) { return d.timeline.Number(n) }

// VersionAt is the version in force at an instant. Fault:
// programme.none_in_force.
func (d *Desk) VersionAt(at clock.Instant) (*plan.Programme, error) { return d.timeline.At(at) }

// Policy is a point type's policy under a version, for refunds that follow
// the policy in force at the spend.
func (d *Desk) Policy(p *plan.Programme, typ string) *ledger.Policy {
	return d.lane.policies.Of(p, d.better)[typ]
}

// Types are the point types the holder has accounts of, in the programme's
// order.
func (d *Desk) Types() []string { return d.order }

// Book is the account of a point type; "" is the programme's first. Fault:
// points.unknown_type.
func (d *Desk) Book(typ string) (*ledger.Book, error) {
	if typ == "" && len(d.order) > 0 {
		typ = d.order[0]
	}
	b, ok := d.books[typ]
	if !ok {
		return nil, fault.New(fault.Invalid, "points.unknown_type", "type", typ)
	}
	return b, nil
}

// Seal encrypts what is kept of the personal facts; nil when none were loaded.
func (d *Desk) Seal(plain []byte) ([]byte, error) {
	if d.ask == nil || d.ask.Seal == nil {
		return nil, nil
	}
	return d.ask.Seal(plain)
}

// Record adds a purchase to be written.
func (d *Desk) Record(p *purchase.Purchase) { d.save.purchases = append(d.save.purchases, p) }

// Return adds a return to be written.
func (d *Desk) Return(t *purchase.Taken) { d.save.returns = append(d.save.returns, t) }

// Count adds to limit counters; negative deltas give back.
func (d *Desk) Count(c ...rules.Count) { d.save.counts = append(d.save.counts, c...) }

// Gave notes that a rule that gives once has given.
func (d *Desk) Gave(g ...limit.Gift) { d.save.gifts = append(d.save.gifts, g...) }

// Event adds an event to the outbox.
func (d *Desk) Event(e outbox.Event) { d.save.events = append(d.save.events, e) }

// Also runs f in the transaction after the accounts are written: for what is
// too rare to be written in bulk.
func (d *Desk) Also(f func(*db.Tx) error) { d.save.also = append(d.save.also, f) }
