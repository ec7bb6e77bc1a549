package feed

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"

	"joren/internal/clock"
	"joren/internal/day"
	"joren/internal/db"
	"joren/internal/lane"
	"joren/internal/ledger"
	"joren/internal/member"
	"joren/internal/people"
	"joren/internal/programme"
	"joren/internal/sale"
	"joren/internal/sign"
)

// stage is an empty shop with the programme of another one, in a database of
// its own that is thrown away: what is recorded there is judged by the same
// stories and seen by nobody. On the disk it lies under a key that is nowhere
// kept, in a directory of its own.
type stage struct {
	dir  string
	db   *db.DB
	lane *lane.Lane
	feed *Feed
	zone clock.Zone
	at   atomic.Int64 // its shop time while it is set up; 0: that of the real shop
}

// build makes the stage of f's shop; nil when no programme was published.
func (f *Feed) build(ctx context.Context) (*stage, error) {
	var versions [][]byte
	var starts []clock.Instant
	var schema member.Schema
	err := f.DB.Read(ctx, func(tx *db.Tx) (err error) {
		if versions, starts, err = published(tx); err != nil {
			return err
		}
		schema, err = f.People.Members.Schema(tx)
		return err
	})
	if err != nil || len(versions) == 0 {
		return nil, err
	}
	s := &stage{}
	if s.dir, err = os.MkdirTemp("", "joren-trial-"); err != nil {
		return nil, err
	}
	real := f.DB.Clock()
	shop := func() clock.Instant {
		if at := s.at.Load(); at != 0 {
			return clock.Instant(at)
		}
		return real.Shop()
	}
	if s.db, err = db.Open(ctx, "sqlite:"+filepath.Join(s.dir, "trial.db"), db.Options{Clock: clock.Clock{Shop: shop, Wall: real.Wall}}); err != nil {
		return nil, errors.Join(err, s.close())
	}
	if err := s.furnish(ctx, versions, starts, schema); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// published are the documents of the versions that were published, in the
// order in which they start.
func published(tx *db.Tx) (docs [][]byte, starts []clock.Instant, err error) {
	all, err := programme.Versions(tx)
	if err != nil {
		return nil, nil, err
	}
	for _, v := range all {
		if v.State == programme.Draft {
			continue
		}
		src, err := programme.Source(tx, v.Number)
		if err != nil {
			return nil, nil, err
		}
		docs, starts = append(docs, src), append(starts, v.StartsAt)
	}
	return docs, starts, nil
}

// furnish publishes the versions, each before it starts, and opens the stage.
func (s *stage) furnish(ctx context.Context, versions [][]byte, starts []clock.Instant, schema member.Schema) error {
	members, cache := member.New(sign.New()), &programme.Cache{}
	for i, src := range versions {
		s.at.Store(int64(starts[i] - 1))
		err := s.db.Write(ctx, func(tx *db.Tx) error {
			_, err := programme.Publish(tx, src, programme.Order{ShortNotice: true})
			return err
		})
		if err != nil {
			return err
		}
	}
	s.at.Store(0)
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		for _, a := range schema {
			if err := members.Define(tx, a); err != nil {
				return err
			}
		}
		t, err := cache.Load(tx)
		if err != nil {
			return err
		}
		p, err := t.First()
		s.zone = p.Zone
		return err
	})
	if err != nil {
		return err
	}
	s.lane = lane.New(s.db, members, cache)
	s.feed = &Feed{DB: s.db, Sales: sale.New(s.lane), Programmes: cache, People: &people.People{Members: members,
		Zone:     func(*db.Tx) (clock.Zone, error) { return s.zone, nil },
		Policies: func(*db.Tx, clock.Instant) ([]*ledger.Policy, error) { return nil, nil }}} // asked for only when somebody leaves or is merged
	s.feed.Turn = day.New(s.db, s.lane, members, cache).Through
	return nil
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
