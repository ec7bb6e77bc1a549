package feed

import (
	"cmp"
	"context"
	"slices"

	"joren/internal/audit"
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/intake"
	"joren/internal/lane"
	"joren/internal/member"
	"joren/internal/people"
	"joren/internal/plan"
	"joren/internal/sale"
	"joren/internal/tier"
)

// enrol writes the members of a file: new ones are enrolled, known ones brought
// up to what the file says. Opening points and ranks follow.
func (f *Feed) enrol(ctx context.Context, items []intake.Item, out []intake.Outcome) error {
	ids, err := f.resolve(ctx, items)
	if err != nil {
		return err
	}
	var reqs []people.Request
	var at []int
	first := map[string]int{} // two rows of one person in one call
	born := make([]ident.ID, len(items))
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
		c := changer{Feed: f, tx: tx, schema: schema, zone: p.Zone, tiers: p.Tiers}
		if err := c.meet(items, ids); err != nil {
			return err
		}
		for i := range items {
			if out[i] = (intake.Outcome{}); !ids[i].IsZero() {
				if out[i], err = c.change(&items[i], ids[i]); err != nil {
					return err
				}
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
			born[i] = d.Member.ID
		}
		return audit.Append(tx, c.log...)
	})
	if err != nil {
		return err
	}
	for i := range items {
		if ids[i].IsZero() {
			ids[i] = born[i]
		}
		if !ids[i].IsZero() {
			f.known[personKey(items[i].Person)] = ids[i]
		}
	}
	return f.openRanks(ctx, items, ids, out)
}

// request is an enrolment from a file's row.
func request(it *intake.Item, schema member.Schema, z clock.Zone, tx *db.Tx) (people.Request, error) {
	in := input(it, schema, z)
	n, err := in.Check(schema, z.Day(max(it.At, tx.Now)))
	if err != nil {
		return people.Request{}, err
	}
	n.Imported = it.Source
	return people.Request{Newcomer: n, Consents: consents(it, tx)}, nil
}

// joinedByFile is how a member joined of whom a file does not say it.
const joinedByFile = "import"

// input is what a row says of a member; an empty cell says nothing.
func input(it *intake.Item, schema member.Schema, z clock.Zone) member.Input {
	m, p := it.Member, it.Person
	in := member.Input{Card: p.Card, JoinSource: cmp.Or(m.JoinSource, joinedByFile)}
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
	return in
}

// consents are what a row says she agreed to or refused.
func consents(it *intake.Item, tx *db.Tx) (out []member.Consent) {
	if c := it.Member.Mail; c != "" {
		out = append(out, consent("mail", c == "yes", it, tx))
	}
	if c := it.Member.SMS; c != "" {
		out = append(out, consent("sms", c == "yes", it, tx))
	}
	return out
}

func consent(channel string, yes bool, it *intake.Item, tx *db.Tx) member.Consent {
	return member.Consent{Purpose: "advertising", Channel: channel, Given: yes, Wording: "import", Source: "import", At: tx.Now, Evidence: it.Source}
}

// openRanks gives new members the rank they bring, and all the points of the
// other system, once: who was known by her orders before brings hers later.
func (f *Feed) openRanks(ctx context.Context, items []intake.Item, ids []ident.ID, out []intake.Outcome) error {
	var grants []tier.Grant
	var openings []sale.Opening
	var members []ident.ID
	var joined []clock.Day
	var whose []int
	for i := range items {
		m := items[i].Member
		if out[i].Status == intake.Refused || ids[i].IsZero() {
			continue
		}
		if m.Rank != "" && out[i].Status == intake.New {
			grants = append(grants, tier.Grant{ID: ident.New(), Member: ids[i], Opening: true, Level: m.Rank, Until: m.RankUntil})
			members, joined = append(members, ids[i]), append(joined, m.JoinedOn)
		}
		if m.Points > 0 {
			whose = append(whose, i)
			openings = append(openings, sale.Opening{Member: ids[i], Source: items[i].Source, Number: items[i].Key().Number, Points: m.Points})
		}
	}
	if len(openings) > 0 {
		known, errs, err := f.Sales.OpenAll(ctx, openings, sale.By{Actor: "import"})
		if err != nil {
			return err
		}
		for k, i := range whose {
			switch o := &out[i]; {
			case fault.Is(errs[k], "member.left"): // told already
			case errs[k] != nil:
				return errs[k]
			case known[k]:
				o.Left = append(o.Left, "points")
			default:
				o.Points = openings[k].Points
				if o.Status == intake.Already {
					o.Status = intake.Revised
				}
				if o.Status == intake.Revised {
					o.Changed = append(o.Changed, "points")
				}
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
