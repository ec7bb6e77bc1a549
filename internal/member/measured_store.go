package member

import (
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
)

// Measured is what of a member measuring may cut by. Nothing of it is
// personal.
type Measured struct {
	ID         ident.ID
	Status     Status
	MergedInto ident.ID // zero for none
	JoinedOn   clock.Day
	JoinStore  string
	JoinSource string
}

const measuredColumns = `member_member.member_id, member_member.status, member_member.merged_into, member_member.joined_on, member_member.join_store, member_member.join_source`

var someMeasured = db.NewBulk("m uuid", `SELECT `+measuredColumns+` FROM u JOIN member_member ON member_member.member_id = u.m`)

// EachMeasured streams members of any status: all of them, or those of ids.
func EachMeasured(tx *db.Tx, ids []ident.ID, fn func(*Measured) error) error {
	scan := func(r db.Row) error {
		var x Measured
		if err := r.Scan(&x.ID, &x.Status, &x.MergedInto, &x.JoinedOn, &x.JoinStore, &x.JoinSource); err != nil {
			return err
		}
		return fn(&x)
	}
	if ids == nil {
		return db.Each(tx, scan, `SELECT `+measuredColumns+` FROM member_member`)
	}
	_, err := db.BulkQuery(tx, someMeasured, func(r db.Row) (struct{}, error) { return struct{}{}, scan(r) }, ids)
	return err
}
