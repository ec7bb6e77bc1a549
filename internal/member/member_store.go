package member

import (
	"slices"

	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
)

const columns = `member_member.member_id, member_member.status, member_member.card, member_member.joined_on, member_member.join_store,
	member_member.join_source, member_member.imported_from, member_member.rejoined, member_member.merged_into, member_member.version, member_member.created_at, member_member.changed_at, member_member.left_at`

func scanMember(r db.Row) (x Member, err error) {
	return x, scanInto(r, &x)
}

func scanInto(r db.Row, x *Member, before ...any) error {
	var card *string
	err := r.Scan(append(before, &x.ID, &x.Status, &card, &x.JoinedOn, &x.JoinStore, &x.JoinSource, &x.Imported, &x.Rejoined, &x.MergedInto, &x.Version, &x.CreatedAt, &x.ChangedAt, &x.LeftAt)...)
	if card != nil {
		x.Card = *card
	}
	return err
}

var byID = db.NewBulk("m uuid", `SELECT `+columns+` FROM u JOIN member_member ON member_member.member_id = u.m`)

func unknown() *fault.Fault { return fault.New(fault.NotFound, "member.unknown") }

// Get loads one member by her own id, merged or not. Fault: member.unknown.
func (m *Members) Get(tx *db.Tx, id ident.ID) (Member, error) {
	return db.One(tx, unknown(), scanMember, `SELECT `+columns+` FROM member_member WHERE member_id = $1`, id)
}

// ByIDs loads members by id; a merged one is answered by the record she lives
// on in. Unknown ids are missing from the answer.
func (m *Members) ByIDs(tx *db.Tx, ids []ident.ID) (map[ident.ID]Member, error) {
	found := make(map[ident.ID]Member, len(ids))
	rows, err := db.BulkQuery(tx, byID, scanMember, uniqueIDs(ids))
	for _, x := range rows {
		found[x.ID] = x
	}
	if err != nil {
		return nil, err
	}
	return found, m.follow(tx, found)
}

// maxRedirects bounds a chain of merges; merging into a merged record is
// refused, so chains grow only when a survivor is merged later.
const maxRedirects = 32

// follow replaces merged records by those they were merged into.
func (m *Members) follow(tx *db.Tx, found map[ident.ID]Member) error {
	for range maxRedirects {
		var next []ident.ID
		for _, x := range found {
			if x.Status == Merged {
				next = append(next, x.MergedInto)
			}
		}
		if len(next) == 0 {
			return nil
		}
		rows, err := db.BulkQuery(tx, byID, scanMember, uniqueIDs(next))
		if err != nil {
			return err
		}
		to := make(map[ident.ID]Member, len(rows))
		for _, x := range rows {
			to[x.ID] = x
		}
		for k, x := range found {
			if x.Status == Merged {
				found[k] = to[x.MergedInto]
			}
		}
	}
	return fault.New(fault.Internal, "member.merge_circle")
}

func uniqueIDs(ids []ident.ID) []ident.ID {
	out := slices.Clone(ids)
	slices.SortFunc(out, ident.ID.Compare)
	out = slices.Compact(out)
	if len(out) > 0 && out[0].IsZero() {
		out = out[1:]
	}
	return out
}

type cardRow struct {
	card string
	Member
}

var byCard = db.NewBulk("c text", `SELECT member_card.card, `+columns+`
	FROM u JOIN member_card ON member_card.card = u.c AND member_card.lost_at IS NULL
	JOIN member_member ON member_member.member_id = member_card.member_id`)

// ByCards finds members by card number, in canonical form (see [Card]); a
// merged one is answered by the record she lives on in. Lost and unknown cards
// are missing from the answer.
func (m *Members) ByCards(tx *db.Tx, cards []string) (map[string]Member, error) {
	rows, err := db.BulkQuery(tx, byCard, func(r db.Row) (c cardRow, err error) {
		return c, scanInto(r, &c.Member, &c.card)
	}, uniqueStrings(cards))
	if err != nil {
		return nil, err
	}
	return answer(m, tx, rows, func(r cardRow) string { return r.card })
}

// answer maps rows by key and follows merges.
func answer[K comparable](m *Members, tx *db.Tx, rows []cardRow, key func(cardRow) K) (map[K]Member, error) {
	found := make(map[ident.ID]Member, len(rows))
	for _, r := range rows {
		found[r.ID] = r.Member
	}
	if err := m.follow(tx, found); err != nil {
		return nil, err
	}
	out := make(map[K]Member, len(rows))
	for _, r := range rows {
		out[key(r)] = found[r.ID]
	}
	return out, nil
}

func uniqueStrings(s []string) []string {
	out := slices.Clone(s)
	slices.Sort(out)
	out = slices.Compact(out)
	if len(out) > 0 && out[0] == "" {
		out = out[1:]
	}
	return out
}

var byExternal = db.NewBulk("s text, t bytea", `SELECT member_external.token, `+columns+`
	FROM u JOIN member_external ON member_external.source = u.s AND member_external.token = u.t
	JOIN member_member ON member_member.member_id = member_external.member_id`)

// ByExternal finds members by their numbers in other systems, following
// merges. Unknown ones are missing from the answer.
func (m *Members) ByExternal(tx *db.Tx, ids []External) (map[External]Member, error) {
	keys := make(map[string]External, len(ids))
	for _, e := range ids {
		keys[string(m.externalKey(e))] = e
	}
	var sources []string
	var tokens [][]byte
	for k, e := range keys {
		sources, tokens = append(sources, e.Source), append(tokens, []byte(k))
	}
	rows, err := db.BulkQuery(tx, byExternal, func(r db.Row) (c cardRow, err error) {
		var token []byte
		err = scanInto(r, &c.Member, &token)
		c.card = string(token)
		return c, err
	}, sources, tokens)
	if err != nil {
		return nil, err
	}
	return answer(m, tx, rows, func(r cardRow) External { return keys[r.card] })
}
