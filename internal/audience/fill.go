package audience

import (
	"context"
	"slices"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
	"joren/internal/jobs"
	"joren/internal/member"
	"joren/internal/segment"
)

// everybody are the ids of all active members, in order.
func everybody(tx *db.Tx) (ids []ident.ID, err error) {
	err = member.EachStatus(tx, func(id ident.ID, status member.Status) error {
		if status == member.Active {
			ids = append(ids, id)
		}
		return nil
	})
	slices.SortFunc(ids, ident.ID.Compare)
	return ids, err
}

// Fill counts the segments that were switched on or changed: it places every
// member, and notes the segments as complete that were in use when it began.
func (a *Audience) Fill(ctx context.Context) error { return a.fillAll(ctx, false) }

// Rebuild places every member anew and everybody who is in a segment and no
// member, and counts each segment's members. It changes nothing where events
// were followed; it is the proof of that, and the way out if not.
func (a *Audience) Rebuild(ctx context.Context) error {
	if err := a.fillAll(ctx, true); err != nil {
		return err
	}
	after := ident.ID{}
	for {
		var ids []ident.ID
		err := a.DB.Write(ctx, func(tx *db.Tx) (err error) {
			if ids, err = segment.Anybody(tx, after, atOnce); err == nil {
				_, err = a.touch(tx, ids)
			}
			return err
		})
		if err != nil {
			return err
		}
		if len(ids) < atOnce {
			return a.DB.Write(ctx, func(tx *db.Tx) error {
				if err := segment.Lock(tx); err != nil {
					return err
				}
				return segment.Recount(tx)
			})
		}
		after = ids[len(ids)-1]
	}
}

func (a *Audience) fillAll(ctx context.Context, again bool) error {
	var waiting []string
	err := a.DB.Read(ctx, func(tx *db.Tx) (err error) { waiting, err = a.waiting(tx); return err })
	if err != nil {
		return err
	}
	_, all, err := a.turnDay(ctx)
	if err != nil {
		return err
	}
	if !all && len(waiting) > 0 || again {
		var ids []ident.ID
		if err := a.DB.Read(ctx, func(tx *db.Tx) (err error) { ids, err = everybody(tx); return err }); err != nil {
			return err
		}
		if _, err := a.touchAll(func(fn func(*db.Tx) error) error { return a.DB.Write(ctx, fn) }, ids); err != nil {
			return err
		}
	}
	if len(waiting) == 0 {
		return nil
	}
	return a.DB.Write(ctx, func(tx *db.Tx) error { return segment.Filled(tx, waiting) })
}

// waiting are the segments in use whose members are not counted yet.
func (a *Audience) waiting(tx *db.Tx) (ids []string, err error) {
	k, err := a.Known(tx)
	if err != nil {
		return nil, err
	}
	list, err := segment.List(tx, segment.Active)
	for _, s := range list {
		if s.FilledAt == 0 && k.Broken[s.ID] == nil {
			ids = append(ids, s.ID)
		}
	}
	return ids, err
}

// fillHere is the most members a face waits for when a segment is switched on.
const fillHere = 10_000

// Settle counts segments that were switched on or changed: at once in a small
// shop, by a job, which the caller may wake, in a large one.
func (a *Audience) Settle(ctx context.Context) (ordered bool, err error) {
	var n int64
	err = a.DB.Read(ctx, func(tx *db.Tx) (err error) {
		n, err = a.Members.CountJoined(tx, 1, clock.Date(9999, 12, 31))
		return err
	})
	if err != nil || n <= fillHere {
		if err == nil {
			err = a.Fill(ctx)
		}
		return false, err
	}
	return true, a.DB.Write(ctx, a.Order)
}

// Order has a job count the segments that were switched on or changed.
func (a *Audience) Order(tx *db.Tx) error {
	_, err := jobs.Enqueue(tx, fillJob, struct{}{}, jobs.Options{Unique: fillJob})
	return err
}
