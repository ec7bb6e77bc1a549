package day

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/event"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/lane"
	"joren/internal/ledger"
	"joren/internal/limit"
	"joren/internal/member"
	"joren/internal/outbox"
	"joren/internal/plan"
	"joren/internal/purchase"
	"joren/internal/rules"
)

// Gift is an occasion without a purchase, to be judged once: (Member, Kind,
// No) is its natural key.
type Gift struct {
	Member ident.ID
	Kind   string        // trigger: birthday, anniversary, rank.up
	No     string        // the day, or the change of rank
	At     clock.Instant // when it happened; facts are as of then
	Day    clock.Day     // its business day
	AsOf   clock.Instant // recorded; 0 is when it is judged
}

// gives reports whether a programme has rules for a trigger.
func gives(p *plan.Programme, trigger string) bool {
	return slices.Contains(p.Rules.Triggers(), trigger)
}

// Give judges gifts through the lane and books what they come to. One that was
// given before is passed over, one that cannot be given (its member has left)
// too; a failure of the database ends it, and it may be called again.
func (t *Turner) Give(ctx context.Context, list []Gift) error {
	if len(list) == 0 {
		return nil
	}
	works := make([]*lane.Work, len(list))
	for i := range list {
		works[i] = list[i].work()
	}
	out, err := t.lane.DoAll(ctx, works)
	if err != nil {
		return err
	}
	for i, o := range out {
		if o.Err == nil {
			continue
		}
		switch k := fault.Of(o.Err).Kind; {
		case fault.Is(o.Err, "purchase.key_taken"): // by another at the same time
		case k == fault.Unavailable || k == fault.Ambiguous || k == fault.Internal:
			return o.Err
		default:
			slog.Warn("day: a gift cannot be given", "member", ident.Member.Text(list[i].Member), "kind", list[i].Kind, "no", list[i].No, "error", o.Err)
		}
	}
	return nil
}

// work judges one gift.
func (g *Gift) work() *lane.Work {
	return &lane.Work{
		Who: lane.Who{Member: g.Member}, At: g.At, Key: g.key(),
		Prepare: func(d *lane.Desk) error {
			if d.Known.Found {
				return d.Answer(nil)
			}
			if d.Member.Status != member.Active {
				return fault.New(fault.Conflict, "member.left")
			}
			d.Occasion = &rules.Occasion{Trigger: g.Kind, At: g.At, Day: g.Day, Source: source}
			return nil
		},
		Decide: g.decide,
	}
}

// source is ours in natural keys and conditions.
const source = "joren"

// key is the natural key of the occasion, unique for ever like the shop's.
func (g *Gift) key() purchase.Key {
	return purchase.Key{Source: source, OrderNo: ident.Member.Text(g.Member), Kind: g.Kind, EventNo: g.No}
}

func (g *Gift) decide(d *lane.Desk) error {
	p := d.Programme
	if !p.Earns(g.Day) {
		return d.Answer(nil)
	}
	res, err := p.Rules.Evaluate(d.Occasion, &d.Facts)
	if err != nil {
		return err
	}
	id := ident.New()
	post := ledger.Posting{Occurred: g.At, Recorded: d.Now, Actor: "system", Reason: g.Kind, Award: id}
	if g.AsOf != 0 {
		post.Recorded = g.AsOf
	}
	booked := false
	for i := range res.Awards {
		given, err := book(d, post, &res.Awards[i])
		if err != nil {
			return err
		}
		booked = booked || given
	}
	if booked {
		g.record(d, id, &res)
	}
	return d.Answer(nil)
}

// book gives one type's award: one lot for each life its rules give.
func book(d *lane.Desk, post ledger.Posting, a *rules.Award) (bool, error) {
	if a.Points <= 0 {
		return false, nil
	}
	b, err := d.Book(a.Type)
	if err != nil {
		return false, err
	}
	e, err := b.Award(post, grants(d, a)...)
	if err != nil || e == nil {
		return false, err
	}
	d.Event(outbox.Of(event.PointsChanged{Entry: e.Transfer, Holder: b.Holder, Member: d.Member.ID, Type: b.Type, Entered: string(e.Kind),
		Points: e.Points, Balance: e.Balance, OccurredAt: e.Occurred, Day: d.Day}))
	return true, nil
}

// grants groups an award's components by their lives. A gift is usable at once
// unless its rule says otherwise (SEMANTICS §20).
func grants(d *lane.Desk, a *rules.Award) []ledger.Grant {
	var usual rules.Terms
	if p, ok := d.Programme.Policy(a.Type); ok {
		usual = p.Terms
	}
	usual.Pending = rules.Pending{}
	var out []ledger.Grant
	at := map[*rules.Terms]int{}
	for _, c := range a.Components {
		if c.Points == 0 {
			continue
		}
		t := d.Programme.Rules.TermsOf(c.Rule)
		if t == nil {
			t = &usual
		}
		i, seen := at[t]
		if !seen {
			i = len(out)
			at[t] = i
			out = append(out, ledger.Grant{Terms: t, Origin: ledger.Gift, EarnedBy: d.Member.ID})
		}
		out[i].Points += c.Points
	}
	return out
}

var insertGift = `INSERT INTO day_gift (member_id, id, kind, event_no, day, version, awards, recorded_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`

// record writes what is to be known of the gift: its natural key, why, and
// what counts against once-rules and limits.
func (g *Gift) record(d *lane.Desk, id ident.ID, res *rules.Result) {
	d.Count(res.Counts...)
	d.Gave(onceGifts(d, id, g, res)...)
	who, version, k := d.Member.ID, d.Programme.Rules.Number(), g.key()
	k.Member, k.Purchase = who, id
	d.Also(func(tx *db.Tx) error {
		if err := purchase.TakeKeys(tx, purchase.Known{Key: k, Content: purchase.ContentOf(nil)}); err != nil {
			return err
		}
		why, err := json.Marshal(res.Awards)
		if err != nil {
			return err
		}
		if _, err = tx.Exec(insertGift, who, id, g.Kind, g.No, g.Day, version, string(why), tx.Now); err != nil {
			return err
		}
		return limit.Note(tx, who, id, res.Counts)
	})
}

func onceGifts(d *lane.Desk, id ident.ID, g *Gift, res *rules.Result) []limit.Gift {
	once := d.Programme.Rules.Needs(g.Kind).Once
	var out []limit.Gift
	for _, a := range res.Awards {
		for _, c := range a.Components {
			if c.Points > 0 && slices.Contains(once, c.Rule) {
				out = append(out, limit.Gift{Member: d.Member.ID, Rule: c.Rule, Award: id, Day: g.Day})
			}
		}
	}
	return out
}

// dates finds whom the turn gives something for a birthday or an anniversary:
// those whose window opens on the day, and those who joined the day before in
// the middle of theirs.
func (t *Turner) dates(tx *db.Tx, w *turn) ([]Gift, error) {
	var out []Gift
	for _, k := range []struct {
		trigger string
		on      func(*db.Tx, clock.Day) ([]ident.ID, error)
	}{{rules.Birthday, t.members.BirthdaysOn}, {rules.Anniversary, t.members.AnniversariesOn}} {
		seen := map[ident.ID]bool{}
		add := func(ids []ident.ID, at clock.Instant, day clock.Day) {
			for _, m := range ids {
				if !seen[m] {
					seen[m] = true
					out = append(out, Gift{Member: m, Kind: k.trigger, No: day.String(), At: at, Day: day, AsOf: w.start})
				}
			}
		}
		opens, before, after := windows(w.programme, k.trigger)
		for _, ahead := range opens {
			ids, err := k.on(tx, w.day+ahead)
			if err != nil {
				return nil, err
			}
			add(ids, w.start, w.day)
		}
		if len(opens) == 0 {
			continue
		}
		fresh, err := t.newcomers(tx, w.day-1, k.on, before, after)
		if err != nil {
			return nil, err
		}
		add(fresh, w.start-1, w.day-1)
	}
	return out, nil
}

// newcomers are those who joined on day d whose date is up to before days ahead or
// up to after days past.
func (t *Turner) newcomers(tx *db.Tx, d clock.Day, on func(*db.Tx, clock.Day) ([]ident.ID, error), before, after clock.Day) ([]ident.ID, error) {
	joined, err := t.members.JoinedOn(tx, d, d)
	if err != nil || len(joined) == 0 {
		return nil, err
	}
	var out []ident.ID
	for x := d - after; x <= d+before; x++ {
		ids, err := on(tx, x)
		if err != nil {
			return nil, err
		}
		for _, m := range ids {
			if slices.Contains(joined, m) {
				out = append(out, m)
			}
		}
	}
	return out, nil
}

// windows are the distinct numbers of days before the date at which the
// windows of a trigger's rules open, and the widest window of all.
func windows(p *plan.Programme, trigger string) (opens []clock.Day, before, after clock.Day) {
	for _, r := range p.Spec.Rules {
		if r.On != trigger {
			continue
		}
		x := rules.DateWindow{}
		if r.Window != nil {
			x = *r.Window
		}
		if d := clock.Day(x.BeforeDays); !slices.Contains(opens, d) {
			opens = append(opens, d)
		}
		before, after = max(before, clock.Day(x.BeforeDays)), max(after, clock.Day(x.AfterDays))
	}
	return opens, before, after
}
