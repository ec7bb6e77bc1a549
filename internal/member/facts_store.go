package member

import (
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/rules"
)

// FillFacts fills the member's part of many asks at once: the open facts
// always (one statement for all), the personal ones only where the ask needs
// them. The tier is not known here. A member who is unknown or erased is left
// with what is open. ask.Facts must be set.
func (m *Members) FillFacts(tx *db.Tx, asks []*rules.Ask) error {
	ids := make([]ident.ID, 0, len(asks))
	for _, a := range asks {
		ids = append(ids, a.Member)
	}
	found, err := m.ByIDs(tx, ids)
	if err != nil {
		return err
	}
	return m.FillKnown(tx, asks, found)
}

// FillKnown is FillFacts for members who are loaded already, by their ids.
func (m *Members) FillKnown(tx *db.Tx, asks []*rules.Ask, found map[ident.ID]Member) error {
	var personal []Member
	for _, a := range asks {
		x, ok := found[a.Member]
		if !ok {
			continue
		}
		f := &a.Facts.Member
		f.JoinedOn, f.JoinStore, f.JoinSource = x.JoinedOn, x.JoinStore, x.JoinSource
		if needsPerson(a.Needs) {
			personal = append(personal, x)
		}
	}
	return m.fillPersonal(tx, asks, found, personal)
}

func needsPerson(n rules.Needs) bool { return n.Attributes || n.Birthday }

func (m *Members) fillPersonal(tx *db.Tx, asks []*rules.Ask, found map[ident.ID]Member, personal []Member) error {
	if len(personal) == 0 {
		return nil
	}
	facts, err := m.facts(tx, personal)
	if err != nil {
		return err
	}
	for _, a := range asks {
		p, ok := facts[found[a.Member].ID]
		if !ok || !needsPerson(a.Needs) {
			continue
		}
		f := &a.Facts.Member
		f.Birthday, f.Anniversaries, f.Gender, f.Area, f.Attributes = p.birthday, p.anniversaries, p.gender, p.area, p.attributes
		id := found[a.Member].ID
		a.Seal = func(plain []byte) ([]byte, error) { return m.sealFrozen(id, p.wrapped, plain) }
	}
	return nil
}

// facts takes the personal facts from memory or opens the documents.
func (m *Members) facts(tx *db.Tx, members []Member) (map[ident.ID]personFacts, error) {
	out := make(map[ident.ID]personFacts, len(members))
	var missing []ident.ID
	versions := map[ident.ID]int64{}
	for _, x := range members {
		if f, ok := m.cache.get(x.ID, x.Version); ok {
			out[x.ID] = f
		} else {
			missing = append(missing, x.ID)
			versions[x.ID] = x.Version
		}
	}
	docs, err := db.BulkQuery(tx, byDocument, scanDoc, uniqueIDs(missing))
	if err != nil {
		return nil, err
	}
	for _, d := range docs {
		p, err := m.open(d.id, d.wrapped, d.sealed)
		if err != nil {
			return nil, err
		}
		f := factsOf(&p)
		f.version, f.wrapped = versions[d.id], d.wrapped
		m.cache.put(d.id, f)
		out[d.id] = f
	}
	return out, nil
}

func factsOf(p *Person) personFacts {
	f := personFacts{birthday: yearUnknownIsOne(p.Birthday), gender: string(p.Gender), area: p.Area, attributes: p.Attributes}
	for _, a := range p.Anniversaries {
		f.anniversaries = append(f.anniversaries, a.On.MonthDay())
	}
	return f
}

// yearUnknownIsOne turns our 29 February of an unknown year, which is in year
// 4, to the judge's: year 1 has none, so it is told the 28th.
func yearUnknownIsOne(d clock.Day) clock.Day {
	if y, m, dd := d.Date(); d != 0 && y == leapUnknown {
		return clock.MonthDay{Month: m, Day: dd}.In(unknownYear)
	}
	return d
}

type docRow struct {
	id              ident.ID
	wrapped, sealed []byte
}

func scanDoc(r db.Row) (d docRow, err error) { return d, r.Scan(&d.id, &d.wrapped, &d.sealed) }

var byDocument = db.NewBulk("m uuid", `SELECT member_document.member_id, member_document.wrapped_key, member_document.sealed
	FROM u JOIN member_document ON member_document.member_id = u.m`)

// People opens the documents of members. Those without one (erased, unknown)
// are missing from the answer. It does not follow merges.
func (m *Members) People(tx *db.Tx, ids []ident.ID) (map[ident.ID]Person, error) {
	rows, err := db.BulkQuery(tx, byDocument, scanDoc, uniqueIDs(ids))
	if err != nil {
		return nil, err
	}
	out := make(map[ident.ID]Person, len(rows))
	for _, d := range rows {
		if out[d.id], err = m.open(d.id, d.wrapped, d.sealed); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Person opens one document. Faults: member.unknown, member.erased.
func (m *Members) Person(tx *db.Tx, id ident.ID) (Person, error) {
	p, _, err := m.document(tx, id)
	return p, err
}

func (m *Members) document(tx *db.Tx, id ident.ID) (Person, docRow, error) {
	d, found, err := db.Maybe(tx, scanDoc, `SELECT member_id, wrapped_key, sealed FROM member_document WHERE member_id = $1`, id)
	if err != nil {
		return Person{}, d, err
	}
	if !found {
		if _, err := m.Get(tx, id); err != nil {
			return Person{}, d, err
		}
		return Person{}, d, fault.New(fault.Conflict, "member.erased")
	}
	p, err := m.open(id, d.wrapped, d.sealed)
	return p, d, err
}
