package member

import (
	"slices"

	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
)

// Created is the answer for one of many enrolments: a member or a fault.
type Created struct {
	Member Member
	Err    error
}

// Create writes many new members at once, with their sealed documents, cards,
// external ids and search tokens. Each is answered for itself; faults, all
// Conflict: member.card_taken, member.external_taken (also when two of the
// same call want one). An error beside the answers means nothing may be
// committed.
func (m *Members) Create(tx *db.Tx, news []Newcomer) ([]Created, error) {
	out := make([]Created, len(news))
	if err := m.refuseTaken(tx, news, out); err != nil {
		return nil, err
	}
	b := batch{at: int64(tx.Now)}
	for i := range news {
		if out[i].Err != nil {
			continue
		}
		if err := m.prepare(tx, &news[i], &out[i], &b); err != nil {
			return nil, err
		}
	}
	if err := m.takeCards(tx, &b); err != nil {
		return nil, err
	}
	for i, k := 0, 0; i < len(out); i++ {
		if out[i].Err == nil {
			out[i].Member.Card = b.cards[k]
			k++
		}
	}
	return out, b.insert(tx)
}

// refuseTaken marks those whose card or external id is taken already.
func (m *Members) refuseTaken(tx *db.Tx, news []Newcomer, out []Created) error {
	var cards []string
	var ids []External
	for _, n := range news {
		cards = append(cards, n.Card)
		for s, id := range n.Person.ExternalIDs {
			ids = append(ids, External{s, id})
		}
	}
	taken, err := m.cardsTaken(tx, cards)
	if err != nil {
		return err
	}
	known, err := m.ByExternal(tx, ids)
	if err != nil {
		return err
	}
	for i, n := range news {
		out[i].Err = claim(n, taken, known)
	}
	return nil
}

// claim takes a newcomer's card and external ids, or says which is taken.
func claim(n Newcomer, cards map[string]bool, known map[External]Member) error {
	if n.Card != "" && cards[n.Card] {
		return fault.New(fault.Conflict, "member.card_taken")
	}
	for s, id := range n.Person.ExternalIDs {
		if _, ok := known[External{s, id}]; ok {
			return fault.New(fault.Conflict, "member.external_taken", "source", s)
		}
	}
	if n.Card != "" {
		cards[n.Card] = true
	}
	for s, id := range n.Person.ExternalIDs {
		known[External{s, id}] = Member{}
	}
	return nil
}

var cardsKnown = db.NewBulk("c text", `SELECT member_card.card FROM u JOIN member_card ON member_card.card = u.c`)

// cardsTaken are those of the cards that stand in the books, lost ones too.
func (m *Members) cardsTaken(tx *db.Tx, cards []string) (map[string]bool, error) {
	rows, err := db.BulkQuery(tx, cardsKnown, db.Value[string], uniqueStrings(cards))
	taken := make(map[string]bool, len(cards))
	for _, c := range rows {
		taken[c] = true
	}
	return taken, err
}

// batch gathers the columns of what is to be inserted.
type batch struct {
	at                                               int64
	ids                                              []ident.ID
	cards, joinedOn, joinStore, joinSource, imported []string
	own, rejoined                                    []bool
	keyIDs                                           []int64
	wrapped, sealed                                  [][]byte
	extSource                                        []string
	extToken                                         [][]byte
	extMember                                        []ident.ID
	tokens                                           []int64
	tokenMember                                      []ident.ID
}

// prepare seals one newcomer and adds her to the batch.
func (m *Members) prepare(tx *db.Tx, n *Newcomer, c *Created, b *batch) error {
	id := n.ID
	if id.IsZero() {
		id = ident.New()
	}
	wrapped, sealed, err := m.sealNew(id, &n.Person)
	if err != nil {
		return err
	}
	b.ids = append(b.ids, id)
	b.own, b.cards = append(b.own, n.Card == ""), append(b.cards, n.Card)
	b.joinedOn, b.joinStore, b.joinSource = append(b.joinedOn, n.JoinedOn.String()), append(b.joinStore, n.JoinStore), append(b.joinSource, n.JoinSource)
	b.imported = append(b.imported, n.Imported)
	b.rejoined = append(b.rejoined, n.Rejoined)
	b.keyIDs, b.wrapped, b.sealed = append(b.keyIDs, int64(m.ring.KeyID())), append(b.wrapped, wrapped), append(b.sealed, sealed)
	for s, x := range n.Person.ExternalIDs {
		b.extSource, b.extToken, b.extMember = append(b.extSource, s), append(b.extToken, m.externalKey(External{s, x})), append(b.extMember, id)
	}
	for _, t := range m.tokens(&n.Person) {
		b.tokens, b.tokenMember = append(b.tokens, t), append(b.tokenMember, id)
	}
	c.Member = Member{ID: id, Status: Active, JoinedOn: n.JoinedOn, JoinStore: n.JoinStore, JoinSource: n.JoinSource, Imported: n.Imported, Rejoined: n.Rejoined, Version: 1, CreatedAt: tx.Now, ChangedAt: tx.Now}
	return nil
}

var insertCard = db.NewBulk("c text, m uuid, own boolean, a bigint", `INSERT INTO member_card (card, member_id, own, added_at)
	SELECT u.c, u.m, u.own, u.a FROM u ON CONFLICT DO NOTHING RETURNING member_card.card`)

// takeCards gives every newcomer a card: the one she brings, or a random
// member number, drawn again while it is taken (ten thousand million numbers:
// with a million members one in ten thousand is).
func (m *Members) takeCards(tx *db.Tx, b *batch) error {
	todo := make([]int, len(b.ids))
	for i := range todo {
		todo[i] = i
	}
	for range 20 {
		left, err := m.tryCards(tx, b, todo)
		if err != nil || len(left) == 0 {
			return err
		}
		for _, i := range left {
			if !b.own[i] { // somebody else took it since we looked
				return fault.New(fault.Unavailable, "member.card_raced")
			}
		}
		todo = left
	}
	return fault.New(fault.Internal, "member.cards_exhausted")
}

func (m *Members) tryCards(tx *db.Tx, b *batch, todo []int) (left []int, err error) {
	var cards []string
	var ids []ident.ID
	var own []bool
	want := make(map[string]int, len(todo))
	for _, i := range todo {
		if b.own[i] {
			b.cards[i] = m.draw()
		}
		if _, twice := want[b.cards[i]]; twice {
			left = append(left, i)
			continue
		}
		want[b.cards[i]] = i
		cards, ids, own = append(cards, b.cards[i]), append(ids, b.ids[i]), append(own, b.own[i])
	}
	got, err := db.BulkQuery(tx, insertCard, db.Value[string], cards, ids, own, b.at)
	if err != nil {
		return nil, err
	}
	for _, c := range got {
		delete(want, c)
	}
	for _, i := range want {
		left = append(left, i)
	}
	slices.Sort(left)
	return left, nil
}

var (
	insertMember = db.NewBulk("m uuid, c text, j text, st text, so text, im text, r boolean, a bigint", `INSERT INTO member_member
		(member_id, status, card, joined_on, join_store, join_source, imported_from, rejoined, version, created_at, changed_at)
		SELECT u.m, 'active', u.c, u.j, u.st, u.so, u.im, u.r, 1, u.a, u.a FROM u`)
	insertDocument = db.NewBulk("m uuid, k bigint, w bytea, s bytea", `INSERT INTO member_document (member_id, key_id, wrapped_key, sealed) SELECT u.m, u.k, u.w, u.s FROM u`)
	insertExternal = db.NewBulk("s text, t bytea, m uuid", `INSERT INTO member_external (source, token, member_id) SELECT u.s, u.t, u.m FROM u`)
	insertToken    = db.NewBulk("m uuid, t bigint", `INSERT INTO member_token (member_id, token) SELECT u.m, u.t FROM u`)
)

func (b *batch) insert(tx *db.Tx) error {
	if _, err := tx.Bulk(insertMember, b.ids, b.cards, b.joinedOn, b.joinStore, b.joinSource, b.imported, b.rejoined, b.at); err != nil {
		return err
	}
	if _, err := tx.Bulk(insertDocument, b.ids, b.keyIDs, b.wrapped, b.sealed); err != nil {
		return err
	}
	if _, err := tx.Bulk(insertExternal, b.extSource, b.extToken, b.extMember); err != nil {
		if db.Unique(err) {
			return fault.New(fault.Unavailable, "member.external_raced").Because(err)
		}
		return err
	}
	_, err := tx.Bulk(insertToken, b.tokenMember, b.tokens)
	return err
}
