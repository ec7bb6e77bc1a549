package audience

import (
	"maps"
	"slices"

	"joren/internal/db"
	"joren/internal/event"
	"joren/internal/ident"
	"joren/internal/outbox"
	"joren/internal/segment"
)

// heard are the kinds of events that may move a member.
var heard = []event.Fact{event.PurchaseRecorded{}, event.PurchaseReturned{}, event.PurchaseRevised{}, event.PurchaseClaimed{}, event.ActivityRecorded{},
	event.TierChanged{}, event.MemberJoined{}, event.MemberChanged{}, event.MemberMerged{}, event.MemberLeft{}, event.MemberErased{}}

func kinds() []string {
	out := make([]string, len(heard))
	for i, f := range heard {
		out[i] = f.Kind()
	}
	return out
}

// Consumer places the members that events are about.
func (a *Audience) Consumer() outbox.Consumer {
	return outbox.Consumer{Name: "audience.touch", Kinds: kinds(), FromNow: true, Handle: func(tx *db.Tx, events []outbox.Event) error {
		k, err := a.Known(tx)
		if err != nil {
			return err
		}
		if k.Set.Len() == 0 {
			return segment.Forget(tx, erased(events))
		}
		ids, err := subjects(events)
		if err == nil {
			_, err = a.touch(tx, ids)
		}
		return err
	}}
}

// erased are the members events say were forgotten.
func erased(events []outbox.Event) (ids []ident.ID) {
	for _, e := range events {
		if e.Kind == (event.MemberErased{}).Kind() {
			ids = append(ids, e.Subject)
		}
	}
	return ids
}

// subjects are the members events are about, each once, in order.
func subjects(events []outbox.Event) ([]ident.ID, error) {
	set := map[ident.ID]bool{}
	for _, e := range events {
		f, err := e.Fact()
		if err != nil {
			return nil, err
		}
		if m, ok := f.(event.MemberMerged); ok {
			set[m.Gone] = true
		}
		set[f.Subject()] = true
	}
	delete(set, ident.ID{}) // a guest
	return slices.SortedFunc(maps.Keys(set), ident.ID.Compare), nil
}
