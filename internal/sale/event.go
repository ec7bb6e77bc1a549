package sale

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"joren/internal/activity"
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/event"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/lane"
	"joren/internal/member"
	"joren/internal/outbox"
	"joren/internal/plan"
	"joren/internal/purchase"
	"joren/internal/rules"
)

// EventAnswer is what a recorded event gives back.
type EventAnswer struct {
	ID        string `json:"id"`
	Member    string `json:"member"`
	Duplicate bool   `json:"duplicate,omitempty"`
	Repeat
	Award   *Award   `json:"award,omitempty"`
	Awards  []Award  `json:"awards,omitempty" doc:"of the programme's other point types"`
	Balance *Balance `json:"balance,omitempty"`
}

// Event records something that is no purchase, once, and judges the rules
// that wait for its kind.
//
// Faults: event.invalid with the wrong fields, event.unknown_kind,
// event.changed (other content under the number), member.unknown,
// member.left, time.future.
func (s *Sales) Event(ctx context.Context, in activity.Input, by By) (EventAnswer, error) {
	e := &happening{in: in, by: by, id: ident.New(), key: purchase.EventKey(in.Source, in.EventNo), reason: "event"}
	if err := e.check(); err != nil {
		return EventAnswer{}, err
	}
	w := &lane.Work{At: in.OccurredAt, Key: e.key, Request: by.Request, Prepare: e.prepare, Decide: e.decide}
	w.Who.Card = member.Card(in.Card)
	if in.Member != "" {
		id, err := memberOf(in.Member)
		if err != nil {
			return EventAnswer{}, err
		}
		w.Who.Member = id
	}
	return storedAs[EventAnswer](ctx, s.lane, w, func(a EventAnswer) int { return statusOf(a.Duplicate, "") })
}

type happening struct {
	in     activity.Input
	by     By
	id     ident.ID
	key    purchase.Key
	reason string // of the ledger rows
	fields json.RawMessage
}

const maxName = 100

func (e *happening) check() error {
	var bad []fault.Field
	need := func(path, s string, most int) {
		switch {
		case s == "":
			bad = append(bad, fault.At(path, "field.required"))
		case len(s) > most:
			bad = append(bad, fault.At(path, "field.too_long", "max", most))
		}
	}
	need("source", e.in.Source, maxName)
	need("event_no", e.in.EventNo, 2*maxName)
	need("kind", e.in.Kind, maxName)
	if e.in.Member == "" && e.in.Card == "" {
		bad = append(bad, fault.At("member", "field.required"))
	}
	if e.in.OccurredAt <= 0 {
		bad = append(bad, fault.At("occurred_at", "field.required"))
	}
	if len(bad) > 0 {
		return fault.New(fault.Invalid, "event.invalid").With(bad...)
	}
	var err error
	if e.fields, err = json.Marshal(e.in.Fields); err != nil || len(e.fields) > 16000 {
		return fault.New(fault.Invalid, "event.invalid").With(fault.At("fields", "field.too_long", "max", 16000))
	}
	return nil
}

// judgedEvent is what is kept of an event's judgement.
type judgedEvent struct {
	Content []byte          `json:"content"`
	Version int             `json:"version,omitempty"`
	Facts   json.RawMessage `json:"facts,omitempty"`
	Sealed  []byte          `json:"sealed,omitempty"`
	Counts  []rules.Count   `json:"counts,omitempty"`
	Answer  EventAnswer     `json:"answer"`
}

func (e *happening) content() []byte {
	in := e.in
	in.Card, in.Member = "", "" // two names for one person
	b, _ := json.Marshal(in)
	return b
}

func (e *happening) prepare(d *lane.Desk) error {
	if d.Activity != nil {
		return e.repeat(d)
	}
	if err := notFuture(e.in.OccurredAt, d.Now); err != nil {
		return err
	}
	if d.Member.Status != member.Active {
		return fault.New(fault.Conflict, "member.left")
	}
	kind, ok := kindOf(d.Programme, e.in.Kind)
	if !ok {
		return fault.New(fault.Invalid, "event.unknown_kind", "kind", e.in.Kind).With(fault.At("kind", "event.unknown_kind", "kind", e.in.Kind))
	}
	fields, err := typedFields(kind, e.in.Fields)
	if err != nil {
		return err
	}
	d.Occasion = &rules.Occasion{Trigger: e.in.Kind, At: d.At, Day: d.Day, Store: e.in.Store, Source: e.in.Source, Fields: fields}
	return nil
}

func (e *happening) repeat(d *lane.Desk) error {
	var j judgedEvent
	if err := json.Unmarshal(d.Activity.Judged, &j); err != nil {
		return err
	}
	if string(j.Content) != string(e.content()) {
		return fault.New(fault.Conflict, "event.changed", "source", e.in.Source, "event_no", e.in.EventNo)
	}
	j.Answer.Duplicate = true
	return d.Answer(j.Answer)
}

func kindOf(p *plan.Programme, id string) (plan.EventKind, bool) {
	for _, k := range append(plan.BuiltinEvents(), p.Events...) {
		if k.ID == id {
			return k, true
		}
	}
	return plan.EventKind{}, false
}

// typedFields checks an event's fields against its kind's declaration and
// gives them the judge's types.
func typedFields(k plan.EventKind, in map[string]any) (map[string]any, error) {
	declared := map[string]plan.Attribute{}
	for _, f := range k.Fields {
		declared[f.ID] = f
	}
	out := make(map[string]any, len(in))
	var bad []fault.Field
	for _, name := range slices.Sorted(maps.Keys(in)) {
		f, ok := declared[name]
		x, fits := fitted(f.Type, in[name])
		switch {
		case !ok:
			bad = append(bad, fault.At("fields."+name, "field.unknown"))
		case !fits:
			bad = append(bad, fault.At("fields."+name, "field.type", "type", string(f.Type)))
		default:
			out[name] = x
		}
	}
	if len(bad) > 0 {
		return nil, fault.New(fault.Invalid, "event.invalid").With(bad...)
	}
	return out, nil
}

// fitted turns a JSON value into what a declared type holds.
func fitted(t rules.AttrType, v any) (any, bool) {
	switch t {
	case rules.AttrText, rules.AttrChoice:
		s, ok := v.(string)
		return s, ok
	case rules.AttrBool:
		b, ok := v.(bool)
		return b, ok
	case rules.AttrDate:
		s, ok := v.(string)
		d, err := clock.ParseDay(s)
		return d, ok && err == nil
	case rules.AttrInt:
		switch n := v.(type) {
		case json.Number:
			i, err := n.Int64()
			return i, err == nil
		case float64:
			return int64(n), n == float64(int64(n)) && n < 1<<53 && n > -(1<<53)
		case int64:
			return n, true
		}
	}
	return nil, false
}

func (e *happening) decide(d *lane.Desk) error {
	res, err := judge(d)
	if err != nil {
		return err
	}
	post := posting(d, e.by, e.reason)
	post.Store, post.Award = e.in.Store, e.id
	a := EventAnswer{ID: ident.Event.Text(e.id), Member: ident.Member.Text(d.Member.ID)}
	if a.Awards, err = award(d, post, res, 0); err != nil {
		return err
	}
	if len(a.Awards) > 0 {
		shape := Answer{Awards: a.Awards}
		shape.settle()
		a.Award, a.Awards = shape.Award, shape.Awards
	}
	first, err := d.Book("")
	if err != nil {
		return err
	}
	a.Balance = balanceOf(first, d.Now)
	facts, sealed, err := freeze(d)
	if err != nil {
		return err
	}
	j := judgedEvent{Content: e.content(), Version: d.Programme.Rules.Number(), Facts: facts, Sealed: sealed, Counts: res.Counts, Answer: a}
	d.Count(res.Counts...)
	d.Event(outbox.Of(event.ActivityRecorded{Event: e.id, Member: d.Member.ID, Activity: e.in.Kind, Source: e.in.Source, Store: e.in.Store, OccurredAt: d.At, Day: d.Day}))
	d.Also(func(tx *db.Tx) error { return e.save(tx, d, j) })
	return d.Answer(a)
}

func (e *happening) save(tx *db.Tx, d *lane.Desk, j judgedEvent) error {
	judged, err := json.Marshal(j)
	if err != nil {
		return fmt.Errorf("sale: event: %w", err)
	}
	k := e.key
	k.Member, k.Purchase, k.Event = d.Member.ID, e.id, e.id
	if err := purchase.TakeKeys(tx, purchase.Known{Key: k, Content: purchase.ContentOf(j.Content)}); err != nil {
		return err
	}
	return activity.Save(tx, activity.Event{ID: e.id, Member: d.Member.ID, Source: e.in.Source, EventNo: e.in.EventNo, Kind: e.in.Kind, Store: e.in.Store,
		OccurredAt: d.At, RecordedAt: d.Now, Day: d.Day, Fields: e.fields, Judged: judged})
}
