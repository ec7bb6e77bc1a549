package lane

import (
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/member"
)

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
