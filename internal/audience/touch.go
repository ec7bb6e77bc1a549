package audience

import (
	"time"

	"joren/internal/activity"
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
	"joren/internal/member"
	"joren/internal/purchase"
	"joren/internal/rules"
	"joren/internal/segment"
	"joren/internal/tier"
)

// atOnce is how many members are placed in one transaction.
const atOnce = 500

// touch places members anew and writes what changed. The work is that of the
// members named, however many there are in the shop.
func (a *Audience) touch(tx *db.Tx, ids []ident.ID) (moved int, err error) {
	if len(ids) == 0 {
		return 0, nil
	}
	if err := segment.Lock(tx); err != nil {
		return 0, err
	}
	k, err := a.Known(tx)
	if err != nil {
		return 0, err
	}
	now, err := segment.Current(tx)
	if err != nil {
		return 0, err
	}
	day := now.Norms.Day
	if day == 0 {
		day = k.today(tx.Now)
	}
	people, erased, err := a.portraits(tx, k, k.Set, ids, day)
	if err != nil {
		return 0, err
	}
	list := make([]segment.Placed, 0, len(ids))
	for _, id := range ids {
		p := segment.Placed{Member: id}
		if x := people[id]; x != nil {
			p.In = k.Set.Place(x, &now.Norms, day)
			p.Due = k.Set.NextChange(x, &now.Norms, day)
		}
		list = append(list, p)
	}
	if err := segment.Forget(tx, erased); err != nil {
		return 0, err
	}
	return segment.Save(tx, list)
}

// clockSkew is more than how far ahead of the shop's clock a purchase may
// have happened (SEMANTICS §1): what is recorded is known.
const clockSkew = 10 * time.Minute

// portraits gathers what segments of a set read about members, as of a day.
// Who is no active member has none; those forgotten are told apart.
func (a *Audience) portraits(tx *db.Tx, k *Known, set *segment.Set, ids []ident.ID, day clock.Day) (map[ident.ID]*segment.Portrait, []ident.ID, error) {
	found, err := a.Members.ByIDs(tx, ids)
	if err != nil {
		return nil, nil, err
	}
	out := make(map[ident.ID]*segment.Portrait, len(ids))
	var erased []ident.ID
	var asks []*rules.Ask
	known := make(map[ident.ID]member.Member, len(ids))
	for _, id := range ids {
		m, ok := found[id]
		switch {
		case !ok || m.ID != id: // merged into another
		case m.Status == member.Erased:
			erased = append(erased, id)
		case m.Status == member.Active && out[id] == nil:
			p := &segment.Portrait{Facts: &rules.Facts{}}
			out[id], known[id] = p, m
			asks = append(asks, &rules.Ask{Member: id, At: tx.Now.Add(clockSkew), Day: day, Needs: set.Needs, Facts: p.Facts})
		}
	}
	return out, erased, a.fill(tx, k, set, asks, known, out)
}

func (a *Audience) fill(tx *db.Tx, k *Known, set *segment.Set, asks []*rules.Ask, known map[ident.ID]member.Member, out map[ident.ID]*segment.Portrait) error {
	if err := a.Members.FillKnown(tx, asks, known); err != nil {
		return err
	}
	if err := purchase.FillFacts(tx, asks); err != nil {
		return err
	}
	if err := activity.FillFacts(tx, asks); err != nil {
		return err
	}
	if set.Ranked && k.tiers != nil {
		if _, err := tier.FillFacts(tx, k.tiers, asks); err != nil {
			return err
		}
	}
	ids := make([]ident.ID, len(asks))
	for i, x := range asks {
		ids[i] = x.Member
		if s := &x.Facts.Stats; s.LastOn != 0 {
			s.SinceLast = max(0, s.SinceLast) // she may have bought since the day began
		}
	}
	if !set.Scored {
		return nil
	}
	scores, err := segment.Scores(tx, ids)
	for id, s := range scores {
		if p := out[id]; p != nil {
			p.Score, p.Scored = s, true
		}
	}
	return err
}

// Touch places members anew, in as many transactions as it takes, and reports
// how often one entered or left a segment.
func (a *Audience) touchAll(write func(func(*db.Tx) error) error, ids []ident.ID) (moved int, err error) {
	for from := 0; from < len(ids) && err == nil; from += atOnce {
		var n int
		err = write(func(tx *db.Tx) (err error) {
			n, err = a.touch(tx, ids[from:min(from+atOnce, len(ids))])
			return err
		})
		moved += n
	}
	return moved, err
}
