package member

import (
	"slices"

	"joren/internal/db"
	"joren/internal/ident"
	"joren/internal/text"
)

// Twin is a member a newcomer may already be.
type Twin struct {
	Member Member
	By     []string // "phone", "mail"
}

// Twins finds, for many newcomers at once, the members with the same phone
// number or mailbox. It is a hint for a person to judge: families share
// phones.
func (m *Members) Twins(tx *db.Tx, news []Newcomer) ([][]Twin, error) {
	var tokens []int64
	for i := range news {
		tokens = append(tokens, m.contactTokens(&news[i].Person)...)
	}
	slices.Sort(tokens)
	tokens = slices.Compact(tokens)
	type row struct {
		token int64
		id    ident.ID
	}
	rows, err := db.BulkQuery(tx, byToken, func(r db.Row) (x row, err error) { return x, r.Scan(&x.token, &x.id) }, tokens)
	if err != nil {
		return nil, err
	}
	owners := map[int64][]ident.ID{}
	var ids []ident.ID
	for _, r := range rows {
		owners[r.token], ids = append(owners[r.token], r.id), append(ids, r.id)
	}
	ids = uniqueIDs(ids)
	people, err := m.People(tx, ids)
	if err != nil {
		return nil, err
	}
	members, err := m.ByIDs(tx, ids)
	if err != nil {
		return nil, err
	}
	out := make([][]Twin, len(news))
	for i := range news {
		for _, t := range m.contactTokens(&news[i].Person) {
			for _, id := range owners[t] {
				p := people[id]
				out[i] = addTwin(out[i], members[id], &news[i].Person, &p)
			}
		}
	}
	return out, nil
}

var byToken = db.NewBulk("t bigint", `SELECT member_token.token, member_token.member_id FROM u JOIN member_token ON member_token.token = u.t`)

func (m *Members) contactTokens(p *Person) (ts []int64) {
	if p.Phone != "" {
		ts = append(ts, m.index.phone.Token(p.Phone))
	}
	if p.Email != "" {
		ts = append(ts, m.index.mail.Token(p.Email))
	}
	return ts
}

func addTwin(twins []Twin, x Member, a, b *Person) []Twin {
	if x.ID.IsZero() || slices.ContainsFunc(twins, func(t Twin) bool { return t.Member.ID == x.ID }) {
		return twins
	}
	var by []string
	if a.Phone != "" && a.Phone == b.Phone {
		by = append(by, "phone")
	}
	if a.Email != "" && b.Email != "" && text.MailKey(a.Email) == text.MailKey(b.Email) {
		by = append(by, "mail")
	}
	if len(by) == 0 {
		return twins
	}
	return append(twins, Twin{x, by})
}
