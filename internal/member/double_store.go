package member

import (
	"slices"

	"joren/internal/db"
	"joren/internal/ident"
	"joren/internal/text"
)

// Double is two records that may be one person. It is a hint for a person to
// judge: families share phones, and twins have one birthday.
type Double struct {
	Newer, Older Member
	By           []string // "phone", "mail", "birthday" (with the same reading)
}

// Doubles looks through the n active members who joined last before a cursor
// for others that may be the same person: same phone number, same mailbox, or
// same reading (name without one) and birthday. Next is where to look on, zero
// at the end. Each pair comes once, with the record that joined later.
func (m *Members) Doubles(tx *db.Tx, from Cursor, n int) (out []Double, next Cursor, err error) {
	ms, next, err := m.List(tx, Page{After: from, Limit: n})
	if err != nil || len(ms) == 0 {
		return nil, next, err
	}
	ids := make([]ident.ID, len(ms))
	for i, x := range ms {
		ids[i] = x.ID
	}
	people, err := m.People(tx, ids)
	if err != nil {
		return nil, next, err
	}
	twins, err := m.lookAlikes(tx, ms, people)
	for i, x := range ms {
		for _, t := range twins[i] {
			if t.Member.Status == Active && before(t.Member, x) {
				out = append(out, Double{x, t.Member, t.By})
			}
		}
	}
	return out, next, err
}

// before is the order of joining.
func before(a, b Member) bool {
	return a.JoinedOn < b.JoinedOn || a.JoinedOn == b.JoinedOn && a.ID.Compare(b.ID) < 0
}

// DoublesOf are the records that may be the same person as one member.
func (m *Members) DoublesOf(tx *db.Tx, x Member, p Person) ([]Twin, error) {
	twins, err := m.lookAlikes(tx, []Member{x}, map[ident.ID]Person{x.ID: p})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(twins[0], func(t Twin) bool { return t.Member.ID == x.ID || t.Member.Status != Active }), nil
}

// lookAlikes finds for each member who may be the same, herself among them.
func (m *Members) lookAlikes(tx *db.Tx, ms []Member, people map[ident.ID]Person) ([][]Twin, error) {
	news := make([]Newcomer, len(ms))
	for i, x := range ms {
		news[i].Person = people[x.ID]
	}
	twins, err := m.Twins(tx, news)
	if err != nil {
		return nil, err
	}
	same, err := m.sameReadings(tx, news)
	if err != nil {
		return nil, err
	}
	for i, found := range same {
		for _, x := range found {
			if at := slices.IndexFunc(twins[i], func(t Twin) bool { return t.Member.ID == x.ID }); at >= 0 {
				twins[i][at].By = append(twins[i][at].By, "birthday")
				continue
			}
			twins[i] = append(twins[i], Twin{x, []string{"birthday"}})
		}
	}
	return twins, nil
}

// A name is looked up by its longest indexed beginning among those who have
// the birthday, and then compared in full. A common name has thousands of
// bearers. PostgreSQL reads both lists and joins them. SQLite would look for
// each bearer by her own key, all over the table: the range makes it look in
// the index among those born that day, who lie side by side. PostgreSQL would
// compare all with all for it.
var (
	bornAs       = db.NewBulk("k bigint, n bigint, d bigint", born+`b.member_id = a.member_id`)
	bornAsSQLite = db.NewBulk("k bigint, n bigint, d bigint", born+`b.member_id >= a.member_id AND b.member_id <= a.member_id`)
)

const born = `SELECT u.k, a.member_id FROM u JOIN member_token a ON a.token = u.n JOIN member_token b ON b.token = u.d AND `

func (m *Members) sameReadings(tx *db.Tx, news []Newcomer) ([][]Member, error) {
	var k, name, day []int64
	for i := range news {
		p := &news[i].Person
		if prefix, ok := longest([]rune(reading(p)), nameLengths); ok && p.Birthday != 0 {
			k, name, day = append(k, int64(i)), append(name, m.index.name.Token(prefix)), append(day, m.index.monthDay.Token(monthDay(p.Birthday)))
		}
	}
	type row struct {
		k  int64
		id ident.ID
	}
	search := bornAs
	if tx.Engine() == db.SQLite {
		search = bornAsSQLite
	}
	rows, err := db.BulkQuery(tx, search, func(r db.Row) (x row, err error) { return x, r.Scan(&x.k, &x.id) }, k, name, day)
	if err != nil {
		return nil, err
	}
	ids := make([]ident.ID, len(rows))
	for i, x := range rows {
		ids[i] = x.id
	}
	people, err := m.People(tx, uniqueIDs(ids))
	if err != nil {
		return nil, err
	}
	members, err := m.ByIDs(tx, uniqueIDs(ids))
	out := make([][]Member, len(news))
	for _, x := range rows {
		p, mine := people[x.id], &news[x.k].Person
		if members[x.id].ID == x.id && p.Birthday == mine.Birthday && reading(&p) == reading(mine) {
			out[x.k] = append(out[x.k], members[x.id])
		}
	}
	return out, err
}

// reading is the name by which two records are compared: as it is read, or as
// it is written where nobody entered the reading.
func reading(p *Person) string {
	if p.NameKana != "" {
		return text.Fold(p.NameKana)
	}
	return text.Fold(p.Name)
}

// MergesInto are the finished merges whose records live on in a member, the
// last first.
func (m *Members) MergesInto(tx *db.Tx, kept ident.ID) ([]Merge, error) {
	return db.Query(tx, scanMerge, `SELECT `+mergeColumns+` FROM member_merge WHERE target_id = $1 AND state <> 'undone' ORDER BY merge_id DESC`, kept)
}
