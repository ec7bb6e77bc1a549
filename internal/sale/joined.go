package sale

import (
	"context"
	"encoding/json"
	"slices"

	"joren/internal/activity"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/lane"
	"joren/internal/member"
	"joren/internal/purchase"
	"joren/internal/rules"
)

// house is the source of what the programme itself makes happen.
const house = "joren"

// Joined judges the rules that wait for a new member, once for each member
// however often it is called; who had her welcome is answered with Duplicate.
// A programme without such rules writes nothing, and who joined before any
// programme was in force is no newcomer: she was brought over from another
// system. by.Request is not used: the natural key tells. Faults:
// member.unknown, member.left.
func (s *Sales) Joined(ctx context.Context, memberID ident.ID, by By) (EventAnswer, error) {
	text := ident.Member.Text(memberID)
	e := &happening{in: activity.Input{Source: house, EventNo: text, Kind: rules.Joined}, by: by, id: ident.New(),
		key: purchase.DeliveryKey(house, text, rules.Joined), reason: rules.Joined, fields: json.RawMessage("{}")}
	return do[EventAnswer](ctx, s.lane, &lane.Work{Who: lane.Who{Member: memberID}, Key: e.key, Prepare: e.prepareJoined, Decide: e.decide})
}

func (e *happening) prepareJoined(d *lane.Desk) error {
	a := EventAnswer{Member: ident.Member.Text(d.Member.ID)}
	switch {
	case d.Known.Found:
		a.ID, a.Duplicate = ident.Event.Text(d.Known.Event), true
		return d.Answer(a)
	case d.Member.Status != member.Active:
		return fault.New(fault.Conflict, "member.left")
	case !slices.Contains(d.Programme.Rules.Triggers(), rules.Joined) || !newcomer(d):
		return d.Answer(a)
	}
	e.in.Store = d.Member.JoinStore
	d.Occasion = &rules.Occasion{Trigger: rules.Joined, At: d.At, Day: d.Day, Store: d.Member.JoinStore, Source: d.Member.JoinSource}
	return nil
}

// newcomer: a programme was in force by the end of the day on which she joined.
func newcomer(d *lane.Desk) bool {
	_, err := d.VersionAt(d.Programme.Zone.Start(d.Member.JoinedOn+1) - 1)
	return err == nil
}
