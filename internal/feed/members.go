package feed

import (
	"context"
	"slices"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
	"joren/internal/intake"
	"joren/internal/lane"
	"joren/internal/member"
	"joren/internal/people"
	"joren/internal/plan"
	"joren/internal/sale"
	"joren/internal/tier"
)

// enrol writes the members of a file: new ones are enrolled, known ones are
// left as they are. Opening points and ranks follow.
func (f *Feed) enrol(ctx context.Context, items []intake.Item, out []intake.Outcome) error {
	ids, err := f.resolve(ctx, items)
	if err != nil {
		return err
	}
	var reqs []people.Request
	var at []int
	first := map[string]int{} // two rows of one person in one call
	err = f.DB.Write(ctx, func(tx *db.Tx) error {
		reqs, at = reqs[:0], at[:0]
		clear(first)
		schema, err := f.People.Members.Schema(tx)
		if err != nil {
			return err
		}
		p, err := f.Programmes.At(tx, tx.Now)
		if err != nil {
			return err
		}
		for i := range items {
			if !ids[i].IsZero() {
				out[i].Status = intake.Already
				continue
			}
			key := personKey(items[i].Person)
			if _, twice := first[key]; twice {
				out[i].Status = intake.Already
				continue
			}
			r, err := request(&items[i], schema, p.Zone, tx)
			if err != nil {
				out[i] = refused(err)
				continue
			}
			first[key] = i
			reqs, at = append(reqs, r), append(at, i)
		}
		done, err := f.People.Enrol(tx, people.Imported, reqs)
		if err != nil {
			return err
		}
		for k, d := range done {
			i := at[k]
			switch {
			case d.Err != nil:
				out[i] = refused(d.Err)
				continue
			case d.Known:
				out[i].Status = intake.Already
			default:
				out[i].Status = intake.New
			}
			ids[i] = d.Member.ID
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i := range items {
		if !ids[i].IsZero() {
			f.known[personKey(items[i].Person)] = ids[i]
		}
	}
	return f.openRanks(ctx, items, ids, out)
}

// request is an enrolment from a file's row.
func request(it *intake.Item, schema member.Schema, z clock.Zone, tx *db.Tx) (people.Request, error) {
	m, p := it.Member, it.Person
	in := member.Input{Card: p.Card, JoinSource: it.Source}
	set := func(to **string, v string) {
		if v != "" {
			*to = &v
		}
	}
	if !m.Nameless {
		set(&in.Name, m.Name)
		set(&in.NameKana, m.NameKana)
	}
	set(&in.Email, p.Email)
	set(&in.Phone, p.Phone)
	set(&in.Birthday, m.Birthday.String())
	set(&in.PostCode, m.Postcode)
	set(&in.Address, m.Address)
	if in.JoinedOn = m.JoinedOn.String(); m.JoinedOn == 0 && it.At != 0 {
		in.JoinedOn = z.Day(it.At).String()
	}
	if p.ID != "" {
		in.ExternalIDs = member.IDs{p.System: p.ID}
	}
	for k, v := range m.Attributes {
		switch {
		case slices.ContainsFunc(schema, func(a member.Attribute) bool { return a.ID == k }):
			if in.Attributes == nil {
				in.Attributes = map[string]any{}
			}
			in.Attributes[k] = v
		case k == "country": // where no attribute of this name is defined, it says where she lives
			set(&in.Area, v)
		}
	}
	n, err := in.Check(schema, z.Day(max(it.At, tx.Now)))
	if err != nil {
		return people.Request{}, err
	}
	r := people.Request{Newcomer: n}
	for channel, c := range map[string]intake.Consent{"mail": m.Mail, "sms": m.SMS} {
		if c != "" {
			r.Consents = append(r.Consents, consent(channel, c == "yes", it, tx))
		}
	}
	return r, nil
}

func consent(channel string, yes bool, it *intake.Item, tx *db.Tx) member.Consent {
	return member.Consent{Purpose: "advertising", Channel: channel, Given: yes, Wording: "import", Source: "import", At: tx.Now, Evidence: it.Source}
}

// openRanks gives new members the rank and the points they bring.
func (f *Feed) openRanks(ctx context.Context, items []intake.Item, ids []ident.ID, out []intake.Outcome) error {
	var grants []tier.Grant
	var openings []sale.Opening
	var members []ident.ID
	var joined []clock.Day
	for i := range items {
		m := items[i].Member
		if out[i].Status != intake.New {
			continue
		}
		if m.Rank != "" {
			grants = append(grants, tier.Grant{ID: ident.New(), Member: ids[i], Opening: true, Level: m.Rank, Until: m.RankUntil})
			members, joined = append(members, ids[i]), append(joined, m.JoinedOn)
		}
		if m.Points > 0 {
			openings = append(openings, sale.Opening{Member: ids[i], Source: items[i].Source, Number: items[i].Key().Number, Points: m.Points})
		}
	}
	if len(openings) > 0 {
		_, errs, err := f.Sales.OpenAll(ctx, openings, sale.By{Actor: "import"})
		if err != nil {
			return err
		}
		for _, e := range errs {
			if e != nil {
				return e
			}
		}
	}
	if len(grants) == 0 {
		return nil
	}
	return f.DB.Write(ctx, func(tx *db.Tx) error { return f.giveRanks(tx, grants, members, joined) })
}

func (f *Feed) giveRanks(tx *db.Tx, grants []tier.Grant, members []ident.ID, joined []clock.Day) error {
	t, err := f.Programmes.Load(tx)
	if err != nil {
		return err
	}
	all, err := t.All()
	if err != nil {
		return err
	}
	p, err := t.At(tx.Now)
	if err != nil {
		return err
	}
	r := lane.TierRules(all)
	today := p.Zone.Day(tx.Now)
	for i := range grants {
		g := &grants[i]
		g.Level = levelID(p.Tiers, g.Level)
		g.From, g.RecordedAt = today, tx.Now
		if g.Until < today {
			g.Until = today
		}
	}
	if err := tier.Give(tx, r, grants); err != nil {
		return err
	}
	_, err = tier.Turn(tx, r, members, joined, p.Zone.Start(today), today)
	return err
}

// levelID finds a rank by its id or by its name in either language.
func levelID(t *plan.Tiers, s string) string {
	if t != nil {
		for _, l := range t.Levels {
			if l.ID == s || l.Name.JA == s || l.Name.EN == s {
				return l.ID
			}
		}
	}
	return s
}
