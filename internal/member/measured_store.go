package member

import (
	"cmp"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/halves"
	"joren/internal/ident"
)

// Measured is what of a member measuring may cut by. Nothing of it tells who
// she is; see [Traits].
type Measured struct {
	ID         ident.ID
	Status     Status
	MergedInto ident.ID // zero for none
	JoinedOn   clock.Day
	JoinStore  string
	JoinSource string
	Traits     Traits
}

// Traits are what is taken out of a sealed document to divide members by: the
// year of birth and no day of it, gender, area, and the owner's attributes
// that are a choice or yes and no. Free text, numbers and dates stay sealed:
// they may name her. Traits are never written down; with her key they are
// gone.
type Traits struct {
	Born   int // year; 0 when it is not known
	Gender string
	Area   string
	Own    map[string]string // by attribute: the choice, or true and false
}

const measuredColumns = `member_member.member_id, member_member.status, member_member.merged_into, member_member.joined_on, member_member.join_store, member_member.join_source,
	member_document.wrapped_key, member_document.sealed`

const ownDocument = ` LEFT JOIN member_document ON member_document.member_id = member_member.member_id`

var someMeasured = db.NewBulk("m uuid", `SELECT `+measuredColumns+` FROM u JOIN member_member ON member_member.member_id = u.m`+ownDocument)

// CountMeasured is about how many members EachMeasured streams.
func CountMeasured(tx *db.Tx) (int64, error) {
	if tx.Engine() == db.SQLite { // which numbers rows as they come
		return db.One(tx, nil, db.Value[int64], `SELECT COALESCE(MAX(rowid), 0) FROM member_member`)
	}
	return db.One(tx, nil, db.Value[int64], `SELECT COUNT(*) FROM member_member`)
}

// EachMeasured streams members of any status: all of them, or those of ids.
// It opens every document it meets; without keys (a nil m) traits stay empty.
// Rows are read while documents are opened, so fn runs on another goroutine,
// one call at a time; a Measured is its own until it returns.
func (m *Members) EachMeasured(tx *db.Tx, ids []ident.ID, fn func(*Measured) error) error {
	schema, err := m.Schema(tx)
	if err != nil {
		return err
	}
	return halves.Stages(func(next *halves.Beside[*measuredBatch]) error {
		b := &measuredBatch{}
		err := measuredRows(tx, ids, func(r db.Row) error {
			if err := b.read(r); err != nil || len(b.list) < measuredAtOnce {
				return err
			}
			err := next.Put(b)
			b = cmp.Or(next.Empty(), &measuredBatch{}).emptied()
			return err
		})
		if err == nil {
			err = next.Put(b)
		}
		return err
	}, func(b *measuredBatch) error { return b.each(m, schema, fn) })
}

func measuredRows(tx *db.Tx, ids []ident.ID, fn func(db.Row) error) error {
	if ids == nil {
		return db.Through(tx, fn, `SELECT `+measuredColumns+` FROM member_member`+ownDocument)
	}
	_, err := db.BulkQuery(tx, someMeasured, func(r db.Row) (struct{}, error) { return struct{}{}, fn(r) }, ids)
	return err
}

// EachStatus streams all members with their status.
func EachStatus(tx *db.Tx, fn func(id ident.ID, status Status) error) error {
	return db.Each(tx, func(r db.Row) error {
		var id ident.ID
		var status Status
		if err := r.Scan(&id, &status); err != nil {
			return err
		}
		return fn(id, status)
	}, `SELECT member_id, status FROM member_member`)
}
