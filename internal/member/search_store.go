package member

import (
	"slices"
	"strings"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
	"joren/internal/text"
)

// Found is the answer of a search.
type Found struct {
	Hits []Hit
	More bool     // there may be others: type more
	Next ident.ID // where to look on with [Members.SearchOn] when the search gave up before it had enough; zero otherwise
}

const (
	// SearchAtMost bounds the documents one search opens, newest members first;
	// each costs about 50 µs of processor time.
	SearchAtMost = 600
	searchAtOnce = 100 // after so many it asks itself whether it has enough
)

// Search finds members by what is typed into one box: name or reading in
// hiragana, katakana, full or half width, from its beginning or from the
// beginning of the given name; phone number with or without hyphens, or its
// last four digits or more; member number or any card; number in another
// system; mail address; id. Several terms must all hold. Best first: among all
// who match, or, where there are more than one search looks at, among those
// who joined it last. A single kana is too short and finds nothing.
func (m *Members) Search(tx *db.Tx, typed string, limit int) (Found, error) {
	return m.SearchOn(tx, typed, ident.ID{}, limit)
}

// SearchOn is Search among the members behind a place that a search gave.
func (m *Members) SearchOn(tx *db.Tx, typed string, from ident.ID, limit int) (Found, error) {
	q := parseQuery(typed)
	cards, err := m.cardOwners(tx, q.words)
	if err != nil {
		return Found{}, err
	}
	ids, more, err := m.candidates(tx, &q, cards, from)
	if err != nil {
		return Found{}, err
	}
	hits, left, err := m.judge(tx, &q, cards, ids, limit)
	if err != nil {
		return Found{}, err
	}
	more = more || left > 0
	if hits, err = m.redirect(tx, hits); err != nil {
		return Found{}, err
	}
	slices.SortFunc(hits, better)
	if len(hits) >= limit {
		return Found{Hits: hits[:limit], More: more || len(hits) > limit}, nil
	}
	f := Found{Hits: hits, More: more}
	if more {
		f.Next = ids[len(ids)-left-1]
	}
	return f, nil
}

// judge opens candidates until there are enough hits; left is how many it did
// not look at.
func (m *Members) judge(tx *db.Tx, q *query, cards map[string]ident.ID, ids []ident.ID, enough int) (hits []Hit, left int, err error) {
	for len(ids) > 0 && len(hits) <= enough {
		n := min(searchAtOnce, len(ids))
		some, err := m.openHits(tx, ids[:n])
		if err != nil {
			return nil, 0, err
		}
		for i := range some {
			if some[i].Rank = q.rank(&some[i], cards); some[i].Rank != rankNone {
				hits = append(hits, some[i])
			}
		}
		ids = ids[n:]
	}
	return hits, len(ids), nil
}

// cardOwners maps the words that are cards to the records they stand on.
func (m *Members) cardOwners(tx *db.Tx, words []string) (map[string]ident.ID, error) {
	cards := make([]string, 0, len(words))
	for _, w := range words {
		cards = append(cards, Card(w))
	}
	type owner struct {
		card string
		id   ident.ID
	}
	rows, err := db.BulkQuery(tx, ownerOf, func(r db.Row) (o owner, err error) { return o, r.Scan(&o.card, &o.id) }, uniqueStrings(cards))
	out := make(map[string]ident.ID, len(rows))
	for _, o := range rows {
		out[o.card] = o.id
	}
	return out, err
}

var ownerOf = db.NewBulk("c text", `SELECT member_card.card, member_card.member_id FROM u JOIN member_card ON member_card.card = u.c AND member_card.lost_at IS NULL`)

// candidates are the records the most telling term leads to, the newest
// first, SearchAtMost at most; who has the card that was typed comes before
// all.
func (m *Members) candidates(tx *db.Tx, q *query, cards map[string]ident.ID, from ident.ID) (ids []ident.ID, more bool, err error) {
	var tokens []int64
	var owner ident.ID
	switch {
	case !q.id.IsZero():
		return []ident.ID{q.id}, false, nil
	case len(q.mails) > 0:
		tokens = append(tokens, m.index.mail.Token(q.mails[0]))
	case len(q.words) > 0:
		w, phone := q.words[0], q.phones[0]
		if from.IsZero() {
			owner = cards[Card(w)]
		}
		tokens = append(tokens, m.index.external.Token(foldID(w)))
		if phone != "" {
			tokens = append(tokens, m.index.phone.Token(phone), m.index.last4.Token(last4(phone)))
		}
		tokens = append(tokens, m.nameQuery(text.Fold(w))...)
	default:
		tokens = m.nameQuery(q.name)
	}
	for _, t := range tokens {
		got, err := m.bearers(tx, t, from)
		if err != nil {
			return nil, false, err
		}
		ids = append(ids, got...)
	}
	ids = uniqueIDs(ids)
	slices.Reverse(ids)
	if more = len(ids) > SearchAtMost; more {
		ids = ids[:SearchAtMost]
	}
	if !owner.IsZero() {
		ids = slices.Insert(slices.DeleteFunc(ids, func(id ident.ID) bool { return id == owner }), 0, owner)
	}
	return ids, more, nil
}

// bearers are the newest records with a token, before a place; one more than a
// search opens.
func (m *Members) bearers(tx *db.Tx, token int64, from ident.ID) ([]ident.ID, error) {
	if from.IsZero() {
		from = lastID
	}
	return db.Query(tx, db.Value[ident.ID], `SELECT member_id FROM member_token WHERE token = $1 AND member_id < $2 ORDER BY member_id DESC LIMIT $3`, token, from, SearchAtMost+1)
}

var lastID = func() (id ident.ID) {
	for i := range id {
		id[i] = 0xff
	}
	return id
}()

// nameQuery are the tokens under which a folded name may stand.
func (m *Members) nameQuery(name string) (ts []int64) {
	q := []rune(name)
	if p, ok := longest(q, nameLengths); ok {
		ts = append(ts, m.index.name.Token(p))
	}
	if p, ok := longest(q, wordLengths); ok {
		ts = append(ts, m.index.word.Token(p))
	}
	return ts
}

var hitRows = db.NewBulk("m uuid", `SELECT member_document.wrapped_key, member_document.sealed, `+columns+`
	FROM u JOIN member_member ON member_member.member_id = u.m JOIN member_document ON member_document.member_id = u.m`)

func (m *Members) openHits(tx *db.Tx, ids []ident.ID) ([]Hit, error) {
	return db.BulkQuery(tx, hitRows, func(r db.Row) (h Hit, err error) {
		var wrapped, sealed []byte
		if err = scanInto(r, &h.Member, &wrapped, &sealed); err != nil {
			return h, err
		}
		h.Person, err = m.open(h.ID, wrapped, sealed)
		return h, err
	}, ids)
}

// redirect replaces merged records by those they live on in, each once.
func (m *Members) redirect(tx *db.Tx, hits []Hit) ([]Hit, error) {
	var gone []ident.ID
	for _, h := range hits {
		if h.Status == Merged {
			gone = append(gone, h.ID)
		}
	}
	if len(gone) == 0 {
		return hits, nil
	}
	to, err := m.ByIDs(tx, gone)
	if err != nil {
		return nil, err
	}
	people, err := m.People(tx, idsOf(to))
	if err != nil {
		return nil, err
	}
	best := map[ident.ID]Hit{}
	for _, h := range hits {
		if h.Status == Merged {
			h.Member = to[h.ID]
			h.Person = people[h.Member.ID]
		}
		if old, ok := best[h.ID]; !ok || h.Rank < old.Rank {
			best[h.ID] = h
		}
	}
	out := hits[:0]
	for _, h := range best {
		out = append(out, h)
	}
	return out, nil
}

func idsOf(ms map[ident.ID]Member) []ident.ID {
	out := make([]ident.ID, 0, len(ms))
	for _, x := range ms {
		out = append(out, x.ID)
	}
	return out
}

// Page asks for part of the list of members, newest joined first.
type Page struct {
	Status               Status // "" is active
	After                Cursor
	Limit                int       // 1 to 1000
	JoinedTo, JoinedFrom clock.Day // inclusive; 0 is open
}

// Cursor is the place after a member of the list.
type Cursor struct {
	JoinedOn clock.Day
	ID       ident.ID
}

// String is the cursor for a link; "" for the beginning.
func (c Cursor) String() string {
	if c.ID.IsZero() {
		return ""
	}
	return c.JoinedOn.String() + "." + c.ID.String()
}

// ParseCursor reads what String wrote; ok is false for anything else.
func ParseCursor(s string) (c Cursor, ok bool) {
	if s == "" {
		return c, true
	}
	day, id, cut := strings.Cut(s, ".")
	if !cut || c.JoinedOn.UnmarshalText([]byte(day)) != nil || c.ID.UnmarshalText([]byte(id)) != nil || c.ID.IsZero() || c.JoinedOn == 0 {
		return Cursor{}, false
	}
	return c, true
}

const lastDay, firstDay = "9999-12-31", "0000-00-00"

// List reads one page and the cursor of the next, zero at the end.
func (m *Members) List(tx *db.Tx, p Page) ([]Member, Cursor, error) {
	status, to := p.Status, p.JoinedTo
	if status == "" {
		status = Active
	}
	if !p.After.ID.IsZero() && (to == 0 || p.After.JoinedOn < to) {
		to = p.After.JoinedOn // SQLite then begins there in the index
	}
	limit := min(max(p.Limit, 1), 1000)
	q, args := `SELECT `+columns+` FROM member_member WHERE joined_on <= $1 AND joined_on >= $2 AND status = $3`, []any{dayOr(to, lastDay), dayOr(p.JoinedFrom, firstDay), string(status), limit + 1}
	if !p.After.ID.IsZero() {
		q += ` AND (joined_on, member_id) < ($5, $6)`
		args = append(args, p.After.JoinedOn, p.After.ID)
	}
	ms, err := db.Query(tx, scanMember, q+` ORDER BY joined_on DESC, member_id DESC LIMIT $4`, args...)
	if err != nil || len(ms) <= limit {
		return ms, Cursor{}, err
	}
	ms = ms[:limit]
	return ms, Cursor{ms[limit-1].JoinedOn, ms[limit-1].ID}, nil
}

// Count is the number of members of a status.
func (m *Members) Count(tx *db.Tx, s Status) (int64, error) {
	return db.One(tx, nil, db.Value[int64], `SELECT COUNT(*) FROM member_member WHERE status = $1`, string(s))
}
