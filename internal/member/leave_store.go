package member

import (
	"maps"
	"slices"

	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/sign"
	"joren/internal/text"
)

// Withdraw ends a membership. The person stays known until she is erased; her
// tombstones are set now, so that no second welcome gift follows. Withdrawing
// twice changes nothing. Faults: member.unknown, member.erased, member.merged.
func (m *Members) Withdraw(tx *db.Tx, id ident.ID) (Member, error) {
	x, err := m.living(tx, id)
	if err != nil || x.Status == Withdrawn {
		return x, err
	}
	p, _, err := m.document(tx, id)
	if err != nil {
		return x, err
	}
	if err := m.bury(tx, id, &p, "withdrawn"); err != nil {
		return x, err
	}
	if _, err := tx.Exec(`UPDATE member_member SET status = 'withdrawn', left_at = $2 WHERE member_id = $1`, id, tx.Now); err != nil {
		return x, err
	}
	x.Status, x.LeftAt = Withdrawn, tx.Now
	return m.touch(tx, x)
}

// Erase forgets a person: her data key and document, tokens, cards and
// external ids go, also those of records merged into hers; what stays is the
// id, dates, consent proofs, and tombstones that stop a re-import. Erasing
// twice changes nothing. Faults: member.unknown, member.merged (erase the
// record she lives on in).
//
// On SQLite freed pages are overwritten (secure_delete); the write-ahead log
// still holds older page images until its next checkpoint, and backups hold
// them until they are rotated. All of these hold ciphertext only, and the key
// ring is no part of them.
func (m *Members) Erase(tx *db.Tx, id ident.ID) (Member, error) {
	x, err := m.Get(tx, id)
	if err != nil || x.Status == Erased {
		return x, err
	}
	if x.Status == Merged {
		return x, fault.New(fault.Conflict, "member.merged", "into", ident.Member.Text(x.MergedInto))
	}
	if tx.Engine() == db.SQLite {
		if _, err := tx.Exec(`PRAGMA secure_delete = ON`); err != nil {
			return x, err
		}
	}
	family, err := m.Family(tx, id)
	if err != nil {
		return x, err
	}
	for _, one := range family {
		if err := m.eraseOne(tx, one); err != nil {
			return x, err
		}
	}
	return m.Get(tx, id)
}

func (m *Members) eraseOne(tx *db.Tx, id ident.ID) error {
	p, _, err := m.document(tx, id)
	switch {
	case fault.Is(err, "member.erased"):
	case err != nil:
		return err
	default:
		if err := m.bury(tx, id, &p, "erased"); err != nil {
			return err
		}
	}
	for _, q := range []string{
		`DELETE FROM member_document WHERE member_id = $1`, `DELETE FROM member_token WHERE member_id = $1`,
		`DELETE FROM member_card WHERE member_id = $1`, `DELETE FROM member_external WHERE member_id = $1`,
	} {
		if _, err := tx.Exec(q, id); err != nil {
			return err
		}
	}
	// A record that was merged keeps its redirect: the ledger's history needs it.
	_, err = tx.Exec(`UPDATE member_member SET status = CASE WHEN status = 'merged' THEN 'merged' ELSE 'erased' END, card = NULL, alias = NULL,
		left_at = COALESCE(left_at, $2), changed_at = $2, version = version + 1 WHERE member_id = $1`, id, tx.Now)
	m.cache.forget(id)
	tx.AfterCommit(func() { m.cache.forget(id) })
	return err
}

// Family is a member and all records merged into hers, also over several
// steps, her own first.
func (m *Members) Family(tx *db.Tx, id ident.ID) ([]ident.ID, error) {
	all := []ident.ID{id}
	for next := all; len(next) > 0; {
		rows, err := db.BulkQuery(tx, mergedInto, db.Value[ident.ID], next)
		if err != nil {
			return nil, err
		}
		next = slices.DeleteFunc(rows, func(x ident.ID) bool { return slices.Contains(all, x) })
		all = append(all, next...)
	}
	return all, nil
}

var mergedInto = db.NewBulk("m uuid", `SELECT member_member.member_id FROM u JOIN member_member ON member_member.merged_into = u.m`)

// A tombstone's words, for one person: what she could be known by again.
func tombWords(p *Person, cards ...string) []string {
	var ws []string
	for _, c := range cards {
		if c != "" {
			ws = append(ws, "card/"+c)
		}
	}
	if p.Phone != "" {
		ws = append(ws, "phone/"+p.Phone)
	}
	if p.Email != "" {
		ws = append(ws, "mail/"+text.MailKey(p.Email))
	}
	for _, s := range slices.Sorted(maps.Keys(p.ExternalIDs)) {
		ws = append(ws, "external/"+s+"/"+p.ExternalIDs[s])
	}
	return ws
}

func (m *Members) bury(tx *db.Tx, id ident.ID, p *Person, kind string) error {
	cards, err := m.Cards(tx, id)
	if err != nil {
		return err
	}
	for _, w := range tombWords(p, cards...) {
		_, err := tx.Exec(`INSERT INTO member_tombstone (token, kind, at) VALUES ($1, $2, $3)
			ON CONFLICT (token) DO UPDATE SET kind = CASE WHEN member_tombstone.kind = 'erased' THEN 'erased' ELSE excluded.kind END`, m.index.tombstone.Key(w), kind, tx.Now)
		if err != nil {
			return err
		}
	}
	return nil
}

// Gone says how newcomers stand to those who left.
type Gone struct {
	Withdrawn bool // known from a membership that ended
	Erased    bool // asked to be forgotten: no import may bring her back
}

var tombs = db.NewBulk("t bytea", `SELECT member_tombstone.token, member_tombstone.kind FROM u JOIN member_tombstone ON member_tombstone.token = u.t`)

// Gone looks up tombstones for many newcomers; the answers stand in their
// order.
func (m *Members) Gone(tx *db.Tx, news []Newcomer) ([]Gone, error) {
	out := make([]Gone, len(news))
	owners := map[string][]int{}
	var keys [][]byte
	for i := range news {
		for _, w := range tombWords(&news[i].Person, news[i].Card) {
			k := m.index.tombstone.Key(w)
			if owners[string(k)] == nil {
				keys = append(keys, k)
			}
			owners[string(k)] = append(owners[string(k)], i)
		}
	}
	type tomb struct {
		token []byte
		kind  string
	}
	rows, err := db.BulkQuery(tx, tombs, func(r db.Row) (t tomb, err error) { return t, r.Scan(&t.token, &t.kind) }, keys)
	for _, t := range rows {
		for _, i := range owners[string(t.token)] {
			out[i].Withdrawn = true
			out[i].Erased = out[i].Erased || t.kind == "erased"
		}
	}
	return out, err
}

// Rewrap wraps up to limit data keys with the master key in use, after a
// rotation of the ring; 0 done means all are. The documents themselves are not
// touched.
func (m *Members) Rewrap(tx *db.Tx, limit int) (done int, err error) {
	rows, err := db.Query(tx, scanDoc, `SELECT member_id, wrapped_key, sealed FROM member_document WHERE key_id < $1 LIMIT $2`, int64(m.ring.KeyID()), limit)
	if err != nil {
		return 0, err
	}
	var ids []ident.ID
	var wrapped [][]byte
	for _, d := range rows {
		var k sign.DataKey
		if k, err = m.ring.Unwrap(d.wrapped, keyPlace(d.id)); err != nil {
			return 0, err
		}
		ids, wrapped = append(ids, d.id), append(wrapped, m.ring.Wrap(k, keyPlace(d.id)))
	}
	_, err = tx.Bulk(rewrap, ids, int64(m.ring.KeyID()), wrapped)
	return len(ids), err
}

var rewrap = db.NewBulk("m uuid, k bigint, w bytea", `UPDATE member_document SET key_id = u.k, wrapped_key = u.w FROM u WHERE member_document.member_id = u.m`)
