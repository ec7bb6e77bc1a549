// Package audience keeps segments true: it gathers what the rooms know about
// members (purchases, events, ranks, particulars, the loyalty score), lets
// package segment place them, and has the result written.
//
// Its words: a touch places some members anew, with work for those members
// alone; the change of day takes the shop's norms and touches whom they or the
// calendar move; a rebuild touches everybody. All three place members by the
// day the norms were taken on, so they agree.
//
// An event touches within about a second, through the outbox. A rule at the
// till therefore sees the segments of a moment before the purchase, never what
// the purchase itself brings about.
package audience

import (
	"encoding/json"
	"maps"
	"sync"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/insight"
	"joren/internal/lane"
	"joren/internal/member"
	"joren/internal/plan"
	"joren/internal/programme"
	"joren/internal/rules"
	"joren/internal/segment"
	"joren/internal/tier"
)

// Audience works on the segments of one database. It is safe for concurrent
// use.
type Audience struct {
	DB         *db.DB
	Members    *member.Members
	Programmes *programme.Cache
	Board      *insight.Board // tells the loyalty score; nil: nobody has one

	mu   sync.Mutex
	last *Known
}

// Known is what segments stand for now: the set in use and the words their
// conditions may speak.
type Known struct {
	Set    *segment.Set
	Broken map[string]error // active segments that can no longer be used, and why: nobody is in them
	Words  rules.Words
	Schema member.Schema

	programme *plan.Programme // nil before the first
	tiers     *tier.Rules
	key       string
}

// Known reads the segments in use. Conditions are compiled once for as long as
// nothing they depend on changes.
func (a *Audience) Known(tx *db.Tx) (*Known, error) {
	list, err := segment.List(tx, segment.Active)
	if err != nil {
		return nil, err
	}
	k := &Known{}
	if err := a.words(tx, k); err != nil {
		return nil, err
	}
	if k.key, err = keyOf(list, k); err != nil {
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.last != nil && a.last.key == k.key {
		return a.last, nil
	}
	k.Set, k.Broken = segment.Usable(list, k.Words)
	a.last = k
	return k, nil
}

// words are what conditions may name: ranks, attributes and events of the
// programme in force, and the attributes the owner defined.
func (a *Audience) words(tx *db.Tx, k *Known) (err error) {
	k.Words = rules.Words{Zone: clock.Tokyo, Attributes: map[string]rules.AttrType{}}
	if k.Schema, err = a.Members.Schema(tx); err != nil {
		return err
	}
	maps.Copy(k.Words.Attributes, k.Schema.Types())
	kinds := plan.BuiltinEvents()
	t, err := a.Programmes.Load(tx)
	if err == nil {
		k.programme, err = t.At(tx.Now)
	}
	switch {
	case fault.Is(err, "programme.none_in_force"):
	case err != nil:
		return err
	default:
		all, err := t.All()
		if err != nil {
			return err
		}
		k.tiers = lane.TierRules(all)
		k.Words.Zone, k.Words.Tiers = k.programme.Zone, k.programme.Spec.Tiers
		maps.Copy(k.Words.Attributes, k.programme.Spec.Attributes)
		kinds = append(kinds, k.programme.Events...)
	}
	for _, e := range kinds {
		k.Words.Kinds = append(k.Words.Kinds, e.ID)
	}
	return nil
}

func keyOf(list []segment.Segment, k *Known) (string, error) {
	type one struct {
		ID  string
		Def segment.Definition
	}
	x := struct {
		Segments []one
		Version  int
		Types    map[string]rules.AttrType
	}{Types: k.Words.Attributes}
	for _, s := range list {
		x.Segments = append(x.Segments, one{s.ID, s.Definition})
	}
	if k.programme != nil {
		x.Version = k.programme.Rules.Number()
	}
	b, err := json.Marshal(x)
	return string(b), err
}

// today is the shop's business day.
func (k *Known) today(at clock.Instant) clock.Day { return k.Words.Zone.Day(at) }
