package member

import (
	"maps"
	"slices"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/sign"
)

// Update changes personal fields. version is the record's version the change
// was made from, 0 to change whatever is there. What changes nothing writes
// nothing and leaves the version as it is. Faults: member.unknown,
// member.erased, member.merged (args: into), member.changed (somebody else
// was faster), member.external_taken, member.invalid with fields.
func (m *Members) Update(tx *db.Tx, id ident.ID, f Fields, s Schema, today clock.Day, version int64) (Member, error) {
	x, err := m.living(tx, id)
	if err != nil {
		return x, err
	}
	if version != 0 && version != x.Version {
		return x, fault.New(fault.Conflict, "member.changed")
	}
	old, doc, err := m.document(tx, id)
	if err != nil {
		return x, err
	}
	p, err := f.apply(old, s, today)
	if err != nil {
		return x, err
	}
	if same, err := old.same(&p); err != nil || same {
		return x, err
	}
	return m.replace(tx, x, doc, &old, &p)
}

// living loads a member whose record may be changed.
func (m *Members) living(tx *db.Tx, id ident.ID) (Member, error) {
	x, err := m.Get(tx, id)
	switch {
	case err != nil:
		return x, err
	case x.Status == Erased:
		return x, fault.New(fault.Conflict, "member.erased")
	case x.Status == Merged:
		return x, fault.New(fault.Conflict, "member.merged", "into", ident.Member.Text(x.MergedInto))
	}
	return x, nil
}

// replace writes a new document for x, with its external ids and tokens.
func (m *Members) replace(tx *db.Tx, x Member, doc docRow, old, p *Person) (Member, error) {
	x, err := m.touch(tx, x)
	if err != nil {
		return x, err
	}
	sealed, err := m.reseal(x.ID, doc.wrapped, p)
	if err != nil {
		return x, err
	}
	if _, err := tx.Exec(`UPDATE member_document SET sealed = $2 WHERE member_id = $1`, x.ID, sealed); err != nil {
		return x, err
	}
	if err := m.replaceExternals(tx, x.ID, old.ExternalIDs, p.ExternalIDs); err != nil {
		return x, err
	}
	return x, m.replaceTokens(tx, x.ID, m.tokens(old), m.tokens(p))
}

// touch takes the next version of a record; the loser of a race is refused.
func (m *Members) touch(tx *db.Tx, x Member) (Member, error) {
	n, err := tx.Exec(`UPDATE member_member SET version = version + 1, changed_at = $3 WHERE member_id = $1 AND version = $2`, x.ID, x.Version, tx.Now)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "member.changed")
	}
	x.Version, x.ChangedAt = x.Version+1, tx.Now
	return x, err
}

func (m *Members) replaceExternals(tx *db.Tx, id ident.ID, old, now IDs) error {
	for s, e := range old {
		if now[s] != e {
			if _, err := tx.Exec(`DELETE FROM member_external WHERE source = $1 AND token = $2 AND member_id = $3`, s, m.externalKey(External{s, e}), id); err != nil {
				return err
			}
		}
	}
	for _, s := range slices.Sorted(maps.Keys(now)) {
		if old[s] == now[s] {
			continue
		}
		n, err := tx.Exec(`INSERT INTO member_external (source, token, member_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, s, m.externalKey(External{s, now[s]}), id)
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "member.external_taken", "source", s)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

var deleteToken = db.NewBulk("m uuid, t bigint", `DELETE FROM member_token WHERE EXISTS (SELECT 1 FROM u WHERE u.m = member_token.member_id AND u.t = member_token.token)`)

// replaceTokens writes the difference of two sorted lists.
func (m *Members) replaceTokens(tx *db.Tx, id ident.ID, old, now []int64) error {
	less := func(a, b []int64) []int64 {
		return slices.DeleteFunc(slices.Clone(a), func(t int64) bool { _, in := slices.BinarySearch(b, t); return in })
	}
	if gone := less(old, now); len(gone) > 0 {
		if _, err := tx.Bulk(deleteToken, id, gone); err != nil {
			return err
		}
	}
	if fresh := less(now, old); len(fresh) > 0 {
		if _, err := tx.Bulk(insertToken, id, fresh); err != nil {
			return err
		}
	}
	return nil
}

// AddCard gives a member a further card. Faults: card.invalid,
// member.card_taken, and those of a record that cannot be changed.
func (m *Members) AddCard(tx *db.Tx, id ident.ID, card string) error {
	if _, err := m.living(tx, id); err != nil {
		return err
	}
	c := Card(card)
	if c == "" {
		return fault.New(fault.Invalid, "card.invalid")
	}
	n, err := tx.Exec(`INSERT INTO member_card (card, member_id, own, added_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`, c, id, false, tx.Now)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "member.card_taken")
	}
	return err
}

// LoseCard makes a card worthless: it identifies nobody any more and is never
// given again. When it was her member number she gets a new one. Fault:
// card.unknown.
func (m *Members) LoseCard(tx *db.Tx, id ident.ID, card string) (Member, error) {
	x, err := m.living(tx, id)
	if err != nil {
		return x, err
	}
	n, err := tx.Exec(`UPDATE member_card SET lost_at = $3 WHERE card = $1 AND member_id = $2 AND lost_at IS NULL`, Card(card), id, tx.Now)
	if err != nil {
		return x, err
	}
	if n == 0 {
		return x, fault.New(fault.NotFound, "card.unknown")
	}
	if Card(card) != x.Card {
		return x, nil
	}
	b := batch{at: int64(tx.Now), ids: []ident.ID{id}, cards: []string{""}, own: []bool{true}}
	if err := m.takeCards(tx, &b); err != nil {
		return x, err
	}
	x.Card = b.cards[0]
	if _, err := tx.Exec(`UPDATE member_member SET card = $2 WHERE member_id = $1`, id, x.Card); err != nil {
		return x, err
	}
	return m.touch(tx, x)
}

// Cards lists the cards of a member that are in use, her number first.
func (m *Members) Cards(tx *db.Tx, id ident.ID) ([]string, error) {
	return db.Query(tx, db.Value[string], `SELECT card FROM member_card WHERE member_id = $1 AND lost_at IS NULL ORDER BY own DESC, added_at, card`, id)
}

// Alias is the random stand-in for a member in her rotating card code, made
// when first asked for (see sign.Ring.CardCode).
func (m *Members) Alias(tx *db.Tx, id ident.ID) (alias [16]byte, err error) {
	if _, err := m.living(tx, id); err != nil {
		return alias, err
	}
	alias = sign.NewAlias()
	if _, err := tx.Exec(`UPDATE member_member SET alias = $2 WHERE member_id = $1 AND alias IS NULL`, id, alias[:]); err != nil {
		return alias, err
	}
	kept, err := db.One(tx, unknown(), db.Value[[]byte], `SELECT alias FROM member_member WHERE member_id = $1`, id)
	copy(alias[:], kept)
	return alias, err
}

// ByAlias finds the member of a rotating card code. Fault: member.unknown.
func (m *Members) ByAlias(tx *db.Tx, alias [16]byte) (Member, error) {
	x, err := db.One(tx, unknown(), scanMember, `SELECT `+columns+` FROM member_member WHERE alias = $1`, alias[:])
	if err != nil {
		return x, err
	}
	found := map[ident.ID]Member{x.ID: x}
	err = m.follow(tx, found)
	return found[x.ID], err
}
