package member

import (
	"encoding/json"
	"strconv"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
	"joren/internal/rules"
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

// EachMeasured streams members of any status: all of them, or those of ids.
// It opens every document it meets; without keys (a nil m) traits stay empty.
func (m *Members) EachMeasured(tx *db.Tx, ids []ident.ID, fn func(*Measured) error) error {
	schema, err := m.Schema(tx)
	if err != nil {
		return err
	}
	scan := func(r db.Row) error {
		var x Measured
		var wrapped, sealed []byte
		if err := r.Scan(&x.ID, &x.Status, &x.MergedInto, &x.JoinedOn, &x.JoinStore, &x.JoinSource, &wrapped, &sealed); err != nil {
			return err
		}
		if m != nil && len(sealed) > 0 {
			if err := m.readTraits(&x, wrapped, sealed, schema); err != nil {
				return err
			}
		}
		return fn(&x)
	}
	if ids == nil {
		return db.Each(tx, scan, `SELECT `+measuredColumns+` FROM member_member`+ownDocument)
	}
	_, err = db.BulkQuery(tx, someMeasured, func(r db.Row) (struct{}, error) { return struct{}{}, scan(r) }, ids)
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

// readTraits opens a document for nothing but the traits.
func (m *Members) readTraits(x *Measured, wrapped, sealed []byte, schema Schema) error {
	k, err := m.ring.Unwrap(wrapped, keyPlace(x.ID))
	if err != nil {
		return err
	}
	plain, err := k.Open(sealed, docPlace(x.ID))
	if err != nil {
		return err
	}
	var p struct {
		Birthday   clock.Day  `json:"birthday"`
		Gender     string     `json:"gender"`
		Area       string     `json:"area"`
		Attributes Attributes `json:"attributes"`
	}
	if err := json.Unmarshal(plain, &p); err != nil {
		return err
	}
	x.Traits = Traits{Gender: p.Gender, Area: p.Area, Own: schema.choices(p.Attributes)}
	if y, _, _ := p.Birthday.Date(); p.Birthday != 0 && y > leapUnknown {
		x.Traits.Born = y
	}
	return nil
}

// choices are the values of attributes that are a choice or yes and no.
func (s Schema) choices(values Attributes) map[string]string {
	var out map[string]string
	for id, v := range values {
		a := s.find(id)
		if a == nil {
			continue
		}
		text, ok := v.(string)
		switch b, yes := v.(bool); {
		case a.Type == rules.AttrBool && yes:
			text, ok = strconv.FormatBool(b), true
		case a.Type != rules.AttrChoice:
			ok = false
		}
		if ok && text != "" {
			if out == nil {
				out = map[string]string{}
			}
			out[id] = text
		}
	}
	return out
}
