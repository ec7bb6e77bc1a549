package lane

import (
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
	"joren/internal/member"
)

// still looks once more, now that the accounts are read, whether members are
// what they were when the batch sat down: who leaves or is erased in between has
// her points ended before, and what would come to her is judged anew. SQLite
// lets nobody write in between.
func (b *batch) still(desks []*Desk) error {
	if b.dry || b.tx.Engine() == db.SQLite {
		return nil
	}
	var ids []ident.ID
	var asking []*Desk
	for _, d := range desks {
		if !d.idle() && d.Member != nil {
			ids, asking = append(ids, d.Member.ID), append(asking, d)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	now, err := b.lane.members.ByIDs(b.tx, ids)
	for _, d := range asking {
		if err == nil && !d.finished() && now[d.Member.ID].Status != d.Member.Status {
			b.stale = append(b.stale, d.task)
			d.over = true
		}
	}
	return err
}

// Erased reports that the desk's member was forgotten: nobody will ever use
// what comes to her account.
func (d *Desk) Erased() bool { return d.Member != nil && d.Member.Status == member.Erased }

// Left reports that the desk's member has left; she may come back.
func (d *Desk) Left() bool { return d.Member != nil && d.Member.Status == member.Withdrawn }

// LetWait lets what came back to a member who has left wait for her through a
// day, and lapse then like all points that waited to no purpose.
func (d *Desk) LetWait(until clock.Day) {
	id := d.Member.ID
	d.Also(func(tx *db.Tx) error { return d.lane.members.WaitAnew(tx, id, until) })
}
