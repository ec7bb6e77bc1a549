package member

import (
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
)

// Measured is what of a member measuring may cut by, beside her [Traits].
// Nothing of it tells who she is.
type Measured struct {
	ID         ident.ID
	Status     Status
	MergedInto ident.ID // zero for none
	JoinedOn   clock.Day
	JoinStore  string
	JoinSource string
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

const (
	measuredColumns = `m.member_id, m.status, m.merged_into, m.joined_on, m.join_store, m.join_source`
	sealedColumns   = `d.member_id, d.wrapped_key, d.sealed`
)

var (
	someMeasured = db.NewBulk("m uuid", `SELECT `+measuredColumns+` FROM u JOIN member_member m ON m.member_id = u.m`)
	someSealed   = db.NewBulk("m uuid", `SELECT `+sealedColumns+` FROM u JOIN member_document d ON d.member_id = u.m`)
)

// CountMeasured is about how many members EachMeasured streams.
func CountMeasured(tx *db.Tx) (int64, error) { return db.About(tx, "member_member") }

// EachMeasured streams members of any status: all of them, or those of ids.
// Rows are read while fn works, so fn runs on another goroutine, one call at a
// time; a Measured is its own until it returns.
func EachMeasured(tx *db.Tx, ids []ident.ID, fn func(*Measured) error) error {
	return inBatches(func(each func(db.Row) error) error {
		if ids == nil {
			return db.Through(tx, each, `SELECT `+measuredColumns+` FROM member_member m`)
		}
		return db.EachOf(tx, someMeasured, each, ids)
	}, (*measuredBatch).read, func(b *measuredBatch) error { return b.each(fn) })
}

// EachTraits streams the traits of members who have a document: of all of
// them, or of ids. It opens every document it meets, which without keys (a nil
// m) is none. A million are read in the order in which they are stored: to look
// each up by its member costs as much as to read it. fn is called as by
// EachMeasured; it may keep Traits.
func (m *Members) EachTraits(tx *db.Tx, ids []ident.ID, fn func(ident.ID, *Traits) error) error {
	if m == nil {
		return nil
	}
	schema, err := m.Schema(tx)
	if err != nil {
		return err
	}
	return inBatches(func(each func(db.Row) error) error {
		if ids == nil {
			return db.Through(tx, each, `SELECT `+sealedColumns+` FROM member_document d`)
		}
		return db.EachOf(tx, someSealed, each, ids)
	}, (*sealedBatch).read, func(b *sealedBatch) error { return b.each(m, schema, fn) })
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
