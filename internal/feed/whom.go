package feed

import (
	"cmp"

	"joren/internal/db"
	"joren/internal/ident"
	"joren/internal/intake"
	"joren/internal/member"
)

func personKey(p intake.Person) string { return p.System + "\x00" + p.Key() }

// look notes whom items mean: a member by her number elsewhere or her card;
// where a file has neither, the one whom the same source brought with this
// mail address or phone number.
func (f *Feed) look(tx *db.Tx, items []*intake.Item) error {
	var ext []member.External
	var cards []string
	var contacts []*intake.Item
	for _, it := range items {
		switch p := it.Person; {
		case p.ID != "":
			ext = append(ext, member.External{Source: p.System, ID: p.ID})
		case p.Card != "":
			cards = append(cards, member.Card(p.Card))
		default:
			contacts = append(contacts, it)
		}
	}
	byExt, err := f.People.Members.ByExternal(tx, ext)
	if err != nil {
		return err
	}
	byCard, err := f.People.Members.ByCards(tx, cards)
	if err != nil {
		return err
	}
	for _, it := range items {
		p := it.Person
		m, ok := byExt[member.External{Source: p.System, ID: p.ID}]
		if !ok && p.Card != "" {
			m, ok = byCard[member.Card(p.Card)]
		}
		if ok {
			f.known[personKey(p)] = m.ID
		}
	}
	return f.lookByContact(tx, contacts)
}

func (f *Feed) lookByContact(tx *db.Tx, items []*intake.Item) error {
	owners, err := f.byContact(tx, items)
	for i, it := range items {
		if len(owners[i]) == 1 {
			f.known[personKey(it.Person)] = owners[i][0]
		}
	}
	return err
}

// byContact finds the owners of mail addresses and phone numbers among the
// members of the items' sources: families share both, so one that came by
// another way is nobody's proof. Several are nobody.
func (f *Feed) byContact(tx *db.Tx, items []*intake.Item) ([][]ident.ID, error) {
	out := make([][]ident.ID, len(items))
	if len(items) == 0 {
		return out, nil
	}
	people := make([]member.Newcomer, len(items))
	for i, it := range items {
		if people[i].Person.Email = it.Person.Email; it.Person.Email == "" {
			people[i].Person.Phone = it.Person.Phone
		}
	}
	twins, err := f.People.Members.Twins(tx, people)
	if err != nil {
		return nil, err
	}
	for i, it := range items {
		for _, t := range twins[i] {
			if cmp.Or(t.Member.Imported, t.Member.JoinSource) == it.Source {
				out[i] = append(out[i], t.Member.ID)
			}
		}
	}
	return out, nil
}
