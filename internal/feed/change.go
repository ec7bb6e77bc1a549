package feed

import (
	"slices"

	"joren/internal/audit"
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/intake"
	"joren/internal/member"
	"joren/internal/plan"
	"joren/internal/tier"
)

// changer brings known members up to what a file's row says of them. A row is
// the word of the other system as of today: what it gives is taken, what it
// leaves empty stays. What she told the shop herself outweighs it: a refusal of
// advertising given here stands, and a birthday keeps its twelve months
// (SEMANTICS §17, §18).
type changer struct {
	*Feed
	tx      *db.Tx
	schema  member.Schema
	zone    clock.Zone
	members map[ident.ID]member.Member
	people  map[ident.ID]member.Person
	tiers   *plan.Tiers
	levels  map[ident.ID]string
	log     []audit.Entry
}

// meet reads the members whom rows may change.
func (c *changer) meet(items []intake.Item, ids []ident.ID) (err error) {
	var meant []ident.ID
	for i := range items {
		if !ids[i].IsZero() && !items[i].Member.Implied {
			meant = append(meant, ids[i])
		}
	}
	if c.members, err = c.People.Members.ByIDs(c.tx, meant); err != nil {
		return err
	}
	if c.levels, err = tier.Levels(c.tx, meant); err != nil {
		return err
	}
	c.people, err = c.People.Members.People(c.tx, meant)
	return err
}

// change answers one row about a known member.
func (c *changer) change(it *intake.Item, id ident.ID) (o intake.Outcome, err error) {
	o.Status = intake.Already
	if it.Member.Implied {
		return o, nil
	}
	if x := c.members[id]; x.Status != member.Active {
		o.Notes = append(o.Notes, fault.New(fault.Conflict, "member.left"))
		return o, nil
	}
	in := input(it, c.schema, c.zone)
	said, err := in.Check(c.schema, c.zone.Day(max(it.At, c.tx.Now)))
	if err != nil {
		return refused(err), nil
	}
	if err := c.particulars(&o, id, in.Fields, &said.Person); err != nil {
		return refusedOr(err)
	}
	if err := c.card(&o, id, said.Card); err != nil {
		return o, err
	}
	if err := c.agree(&o, id, consents(it, c.tx)); err != nil {
		return o, err
	}
	if it.Member.JoinedOn != 0 && it.Member.JoinedOn != c.members[id].JoinedOn {
		o.Left = append(o.Left, "joined_on")
	}
	if s := it.Member.JoinSource; s != "" && s != c.members[id].JoinSource {
		o.Left = append(o.Left, "join_source")
	}
	if r := it.Member.Rank; r != "" && levelID(c.tiers, r) != c.level(id) {
		o.Left = append(o.Left, "rank")
	}
	if len(o.Changed) > 0 {
		o.Status = intake.Revised
		c.log = append(c.log, audit.Entry{Actor: audit.System, Action: "member.changed", Subject: "member", SubjectID: id,
			After: audit.Values{"fields": o.Changed, "from": it.Source}, Source: "import"})
	}
	return o, nil
}

// level is the rank a member has; the lowest is not written down.
func (c *changer) level(id ident.ID) string {
	if l := c.levels[id]; l != "" || c.tiers == nil || len(c.tiers.Levels) == 0 {
		return l
	}
	return c.tiers.Levels[0].ID
}

// refusedOr answers a refusal of one row; any other error ends the batch.
func refusedOr(err error) (intake.Outcome, error) {
	if k := fault.Of(err).Kind; k == fault.Invalid || k == fault.Conflict {
		return refused(err), nil
	}
	return intake.Outcome{}, err
}

// particulars changes the fields in which the row differs.
func (c *changer) particulars(o *intake.Outcome, id ident.ID, f member.Fields, said *member.Person) error {
	now := c.people[id]
	f.ExternalIDs = nil
	keep := func(name string, given **string, is, says string) {
		switch {
		case *given == nil:
		case is == says:
			*given = nil
		default:
			o.Changed = append(o.Changed, name)
		}
	}
	keep("name", &f.Name, now.Name, said.Name)
	keep("name_kana", &f.NameKana, now.NameKana, said.NameKana)
	keep("email", &f.Email, now.Email, said.Email)
	keep("phone", &f.Phone, now.Phone, said.Phone)
	keep("postcode", &f.PostCode, now.PostCode, said.PostCode)
	keep("area", &f.Area, now.Area, said.Area)
	keep("address", &f.Address, now.Address, said.Address)
	keep("birthday", &f.Birthday, now.Birthday.String(), said.Birthday.String())
	f.Attributes = differing(f.Attributes, now.Attributes, said.Attributes)
	if len(f.Attributes) > 0 {
		o.Changed = append(o.Changed, "attributes")
	}
	if len(o.Changed) == 0 {
		return nil
	}
	m, err := c.People.Update(c.tx, id, f, 0)
	if f.Birthday != nil {
		m, err = c.birthday(o, id, f, now.Birthday, m, err)
	}
	if err != nil {
		return err
	}
	c.members[id] = m
	after, err := c.People.Members.Person(c.tx, id)
	c.people[id] = after
	return err
}

// birthday tells that a birthday changed, for gifts go by it, or that it may
// not yet; the other fields do not wait for it.
func (c *changer) birthday(o *intake.Outcome, id ident.ID, f member.Fields, was clock.Day, m member.Member, err error) (member.Member, error) {
	if err == nil {
		if was != 0 {
			o.Notes = append(o.Notes, fault.New(fault.Conflict, "birthday.changed"))
		}
		return m, nil
	}
	i := slices.IndexFunc(fault.Of(err).Fields, func(x fault.Field) bool { return x.Code == "birthday.too_soon" })
	if i < 0 {
		return m, err
	}
	o.Notes = append(o.Notes, &fault.Fault{Kind: fault.Conflict, Code: "birthday.too_soon", Args: fault.Of(err).Fields[i].Args})
	o.Changed = slices.DeleteFunc(o.Changed, func(s string) bool { return s == "birthday" })
	o.Left = append(o.Left, "birthday")
	if f.Birthday = nil; len(o.Changed) == 0 {
		return c.members[id], nil
	}
	return c.People.Update(c.tx, id, f, 0)
}

// differing are the attributes of which the row says something else.
func differing(given map[string]any, now, said member.Attributes) map[string]any {
	out := map[string]any{}
	for k, v := range given {
		if now[k] != said[k] {
			out[k] = v
		}
	}
	return out
}

// card gives her a further card. One that is somebody else's stays there.
func (c *changer) card(o *intake.Outcome, id ident.ID, card string) error {
	if card == "" {
		return nil
	}
	owners, err := c.People.Members.ByCards(c.tx, []string{card})
	if err != nil || owners[card].ID == id {
		return err
	}
	switch err := c.People.Members.AddCard(c.tx, id, card); {
	case fault.Is(err, "member.card_taken"):
		o.Notes = append(o.Notes, fault.New(fault.Conflict, "member.card_taken"))
		o.Left = append(o.Left, "card")
	case err != nil:
		return err
	default:
		o.Changed = append(o.Changed, "card")
	}
	return nil
}

// agree declares the consents that say something new. A yes of the file does
// not undo a no that came another way.
func (c *changer) agree(o *intake.Outcome, id ident.ID, said []member.Consent) error {
	if len(said) == 0 {
		return nil
	}
	have, err := c.People.Members.Consents(c.tx, id)
	if err != nil {
		return err
	}
	for _, s := range said {
		last := lastWord(have, s)
		field := "consent_" + s.Channel
		switch {
		case last != nil && last.Given == s.Given:
		case last != nil && s.Given && last.Source != s.Source:
			o.Notes = append(o.Notes, fault.New(fault.Conflict, "consent.stands").With(fault.At(field, "consent.stands")))
			o.Left = append(o.Left, field)
		default:
			if err := c.People.Declare(c.tx, id, s); err != nil {
				return err
			}
			o.Changed = append(o.Changed, field)
		}
	}
	return nil
}

// lastWord is the last declaration on a purpose and channel; nil without one.
func lastWord(have []member.Consent, s member.Consent) *member.Consent {
	for i := len(have) - 1; i >= 0; i-- {
		if have[i].Purpose == s.Purpose && have[i].Channel == s.Channel {
			return &have[i]
		}
	}
	return nil
}
