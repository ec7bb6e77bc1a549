package audience

import (
	"context"
	"encoding/binary"
	"slices"
	"strconv"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/i18n"
	"joren/internal/ident"
	"joren/internal/segment"
	"joren/internal/stats"
)

// Trial is what a definition would come to, before it is saved.
type Trial struct {
	Members int // all active members of the shop
	Looked  int // how many of them were placed
	Hits    int // of those, in the segment
	Count   int // in the segment: exact when all were looked at, else an estimate
	Low     int // of the 95 % interval (Wilson 1927); Count when exact
	High    int
	Samples []ident.ID // at most ten of the hits, chosen by no order that means anything
	Unknown bool       // the score cannot be told yet: nobody is in a band
}

// Exact reports whether everybody was looked at.
func (t *Trial) Exact() bool { return t.Looked == t.Members }

// Say puts a trial into one sentence.
func Say(l i18n.Lang, t *Trial) string {
	switch {
	case t.Members == 0:
		return i18n.T(l, "segment.trial.nobody")
	case t.Unknown:
		return i18n.T(l, "segment.trial.no_score")
	case t.Exact():
		return i18n.T(l, "segment.trial.exact", "n", t.Count, "all", t.Members, "share", share(t.Count, t.Members))
	}
	return i18n.T(l, "segment.trial.about", "n", t.Count, "all", t.Members, "low", t.Low, "high", t.High, "looked", t.Looked)
}

// share is a per cent with one place, rounded half up.
func share(n, all int) string {
	k := (2000*n + all) / (2 * all)
	return strconv.Itoa(k/10) + "." + strconv.Itoa(k%10)
}

// tryAtMost is how many members a trial places: up to there it counts,
// beyond it estimates from so many, spread evenly over the members by the time
// they joined.
const tryAtMost = 20_000

const samples = 10

// Try counts a definition without saving it. Faults: segment.invalid with all
// that is wrong.
func (a *Audience) Try(ctx context.Context, s segment.Segment) (*Trial, error) {
	var t *Trial
	var k *Known
	var set *segment.Set
	var norms segment.Norms
	err := a.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if k, err = a.Known(tx); err != nil {
			return err
		}
		if set, err = k.Set.With(s, k.Words); err != nil {
			return err
		}
		set, err = set.Only(s.ID, k.Words)
		return err
	})
	if err != nil {
		return nil, err
	}
	scores, err := a.scoresFor(ctx, set)
	if err != nil {
		return nil, err
	}
	err = a.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if norms, err = a.normsNow(tx, k); err != nil {
			return err
		}
		ids, err := everybody(tx)
		if err != nil {
			return err
		}
		t = &Trial{Members: len(ids), Unknown: set.Scored && len(scores) == 0}
		picked := spread(ids, tryAtMost)
		t.Looked = len(picked)
		hits, err := a.hits(tx, k, set, s.ID, picked, scores, &norms)
		if err == nil {
			err = t.settle(hits)
		}
		return err
	})
	return t, err
}

// scoresFor are the scores of now where a set asks for them.
func (a *Audience) scoresFor(ctx context.Context, set *segment.Set) (map[ident.ID]int64, error) {
	if !set.Scored {
		return nil, nil
	}
	return a.scores(ctx)
}

// normsNow are the day's norms, taken here where no segment has needed them
// today.
func (a *Audience) normsNow(tx *db.Tx, k *Known) (segment.Norms, error) {
	now, err := segment.Current(tx)
	today := k.today(tx.Now)
	if err != nil || now.Norms.Day == today {
		return now.Norms, err
	}
	_, n, err := a.norms(tx, today)
	return n, err
}

// spread picks n of the ids at even distances.
func spread(ids []ident.ID, n int) []ident.ID {
	if len(ids) <= n {
		return ids
	}
	out := make([]ident.ID, n)
	for i := range out {
		out[i] = ids[i*len(ids)/n]
	}
	return out
}

func (a *Audience) hits(tx *db.Tx, k *Known, set *segment.Set, id string, ids []ident.ID, scores map[ident.ID]int64, n *segment.Norms) (hits []ident.ID, err error) {
	for from := 0; from < len(ids); from += atOnce {
		some := ids[from:min(from+atOnce, len(ids))]
		people, _, err := a.portraits(tx, k, set, some, n.Day)
		if err != nil {
			return nil, err
		}
		for _, m := range some {
			p := people[m]
			if p == nil {
				continue
			}
			if set.Scored {
				p.Score, p.Scored = 0, false
				if v, ok := scores[m]; ok {
					p.Score, p.Scored = v, true
				}
			}
			if slices.Contains(set.Place(p, n, n.Day), id) {
				hits = append(hits, m)
			}
		}
	}
	return hits, nil
}

func (t *Trial) settle(hits []ident.ID) error {
	t.Hits = len(hits)
	t.Count, t.Low, t.High = t.Hits, t.Hits, t.Hits
	if !t.Exact() {
		iv, err := stats.Wilson(t.Hits, t.Looked, 0.95)
		if err != nil {
			return err
		}
		all := float64(t.Members)
		t.Count, t.Low, t.High = int(all*float64(t.Hits)/float64(t.Looked)+0.5), int(all*iv.Low), int(all*iv.High+0.999)
	}
	slices.SortFunc(hits, func(a, b ident.ID) int {
		x, y := binary.LittleEndian.Uint64(a[8:])*mixing, binary.LittleEndian.Uint64(b[8:])*mixing
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
	t.Samples = hits[:min(samples, len(hits))]
	return nil
}

// mixing spreads the random end of ids (Knuth's golden ratio).
const mixing = 0x9E3779B97F4A7C15

// Place is one member's standing towards one segment.
type Place struct {
	Segment segment.Segment
	In      bool
	Since   clock.Instant // 0 when she is not in it
	Reasons []segment.Reason
}

// Why tells of every segment in use whether a member is in it and why, as she
// would be placed now. Fault: member.unknown.
func (a *Audience) Why(tx *db.Tx, id ident.ID, sp segment.Speaker) ([]Place, error) {
	if _, err := a.Members.Get(tx, id); err != nil {
		return nil, err
	}
	k, err := a.Known(tx)
	if err != nil || k.Set.Len() == 0 {
		return nil, err
	}
	n, err := a.normsNow(tx, k)
	if err != nil {
		return nil, err
	}
	people, _, err := a.portraits(tx, k, k.Set, []ident.ID{id}, n.Day)
	if err != nil || people[id] == nil {
		return nil, err
	}
	list, err := segment.Memberships(tx, []ident.ID{id})
	if err != nil {
		return nil, err
	}
	p := people[id]
	k.Set.Place(p, &n, n.Day)
	var out []Place
	for _, name := range k.Set.IDs() {
		s, err := segment.Get(tx, name)
		if err != nil {
			return nil, err
		}
		x := Place{Segment: s, Reasons: sp.Why(k.Set, name, p, &n, n.Day)}
		for _, m := range list {
			if m.Segment == name {
				x.In, x.Since = true, m.Since
			}
		}
		out = append(out, x)
	}
	return out, nil
}
