package feed

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"joren/internal/clock"
	"joren/internal/day"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/intake"
	"joren/internal/lane"
	"joren/internal/member"
	"joren/internal/plan"
	"joren/internal/programme"
	"joren/internal/proof"
	"joren/internal/sale"
	"joren/internal/tier"
)

// stage is a shop like another one, in a database of its own that is thrown
// away: what is recorded there is judged by the same stories and seen by
// nobody. It holds what concerns everybody; people are brought to it when
// documents name them. On the disk their personal data lie under a key that is
// nowhere kept, in a directory of its own.
type stage struct {
	dir  string
	db   *db.DB
	lane *lane.Lane
	feed *Feed
	zone clock.Zone
	from *proof.Extract
	all  bool // everybody has been brought

	ranks map[string]int // by rank: minus how many were brought
}

// build makes the stage of f's shop; nil when no programme was published.
func (f *Feed) build(ctx context.Context) (*stage, error) {
	var first *plan.Programme
	err := f.DB.Read(ctx, func(tx *db.Tx) error {
		t, err := f.Programmes.Load(tx)
		if err != nil {
			return err
		}
		if first, err = t.First(); fault.Is(err, "programme.none_in_force") {
			return nil
		}
		return err
	})
	if err != nil || first == nil {
		return nil, err
	}
	s := &stage{zone: first.Zone, ranks: map[string]int{}}
	if s.dir, err = os.MkdirTemp("", "joren-trial-"); err != nil {
		return nil, err
	}
	if s.db, err = db.Open(ctx, "sqlite:"+filepath.Join(s.dir, "trial.db"), db.Options{Clock: f.DB.Clock()}); err != nil {
		return nil, errors.Join(err, s.close())
	}
	if err := s.furnish(ctx, f); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// furnish copies what concerns everybody and opens the stage.
func (s *stage) furnish(ctx context.Context, f *Feed) error {
	members, wrap, err := f.People.Members.Aside()
	if err != nil {
		return err
	}
	err = s.across(ctx, f.DB, func(from, to *db.Tx) (err error) {
		if s.from, err = proof.NewExtract(to, wrap); err != nil {
			return err
		}
		return s.from.Shop(from, to)
	})
	if err != nil {
		return err
	}
	cache := &programme.Cache{}
	s.lane = lane.New(s.db, members, cache)
	own := *f.People
	own.Members = members
	s.feed = &Feed{DB: s.db, Sales: sale.New(s.lane), Programmes: cache, People: &own}
	s.feed.Turn = day.New(s.db, s.lane, members, cache).Through
	return nil
}

// across reads there and writes here.
func (s *stage) across(ctx context.Context, there *db.DB, fn func(from, to *db.Tx) error) error {
	return there.Read(ctx, func(from *db.Tx) error {
		return s.db.Write(ctx, func(to *db.Tx) error { return fn(from, to) })
	})
}

// bring brings those whom items may touch and who are not here yet.
func (s *stage) bring(ctx context.Context, f *Feed, items []intake.Item) error {
	if s.all {
		return nil
	}
	return s.across(ctx, f.DB, func(from, to *db.Tx) error {
		owners, err := s.from.Numbers(from, to, numbers(items))
		if err != nil {
			return err
		}
		named, err := f.named(from, items)
		if err != nil {
			return err
		}
		brought, err := s.from.People(from, to, append(owners, named...))
		if err != nil {
			return err
		}
		levels, err := tier.Levels(to, brought)
		for _, l := range levels {
			s.ranks[l]--
		}
		return err
	})
}

// bringAll brings everybody, before anybody is here: a day that is turned
// concerns all.
func (s *stage) bringAll(ctx context.Context, f *Feed) error {
	if s.all {
		return nil
	}
	s.all = true
	return s.across(ctx, f.DB, func(from, to *db.Tx) error {
		clear(s.ranks)
		if err := s.from.Everybody(from, to); err != nil {
			return err
		}
		return tier.EachLevel(to, func(_ ident.ID, l string) error { s.ranks[l]--; return nil })
	})
}

// moved is how many more members hold each rank than before, less where
// negative.
func (s *stage) moved(ctx context.Context) (map[string]int, error) {
	out := maps.Clone(s.ranks)
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		return tier.EachLevel(tx, func(_ ident.ID, l string) error { out[l]++; return nil })
	})
	maps.DeleteFunc(out, func(_ string, n int) bool { return n == 0 })
	return out, err
}

// numbers are those under which items may be recorded already, or which they
// refer to.
func numbers(items []intake.Item) (out []proof.Number) {
	for i := range items {
		switch it := &items[i]; it.Kind {
		case intake.KindSale:
			out = append(out, proof.Number{Source: it.Sale.Source, No: it.Sale.OrderNo})
		case intake.KindReturn:
			out = append(out, proof.Number{Source: it.Return.Source, No: it.Return.OrderNo})
		case intake.KindEvent:
			out = append(out, proof.Number{Source: it.Event.Source, No: it.Event.EventNo, Event: true})
		default:
			out = append(out, proof.Number{Source: it.Source, No: it.Key().Number}, proof.Number{Source: it.Source, No: it.Number})
		}
	}
	return out
}

// named are the members whom items name, see [Feed.look].
func (f *Feed) named(tx *db.Tx, items []intake.Item) (ids []ident.ID, err error) {
	var ext []member.External
	var cards []string
	var byContact []*intake.Item
	for i := range items {
		if p := items[i].Person; p.ID == "" && p.Card == "" && !p.IsZero() {
			byContact = append(byContact, &items[i])
		}
		if p := items[i].Person; p.ID != "" {
			ext = append(ext, member.External{Source: p.System, ID: p.ID})
		}
		if p := items[i].Person; p.Card != "" {
			cards = append(cards, member.Card(p.Card))
		}
	}
	byExt, err := f.People.Members.ByExternal(tx, ext)
	if err != nil {
		return nil, err
	}
	byCard, err := f.People.Members.ByCards(tx, cards)
	if err != nil {
		return nil, err
	}
	contacts, err := f.byContact(tx, byContact)
	ids = slices.Concat(contacts...)
	for _, m := range byExt {
		ids = append(ids, m.ID)
	}
	for _, m := range byCard {
		ids = append(ids, m.ID)
	}
	return ids, err
}

func (s *stage) close() error {
	if s.lane != nil {
		s.lane.Close()
	}
	var err error
	if s.db != nil {
		err = s.db.Close()
	}
	return errors.Join(err, os.RemoveAll(s.dir))
}
