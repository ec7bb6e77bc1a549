package member

import (
	"cmp"
	"strings"

	"joren/internal/ident"
	"joren/internal/text"
)

// query is what was typed into the one search box, taken apart: 山田 5678 is a
// name and the end of a phone number, and both must hold.
type query struct {
	id     ident.ID
	name   string   // folded, words run together
	mails  []string // canonical
	words  []string // other terms: card numbers, external ids, phone numbers or their ends
	phones []string // parallel to words: canonical phone, or digits of its end, or ""
}

func parseQuery(s string) (q query) {
	var names []string
	s = text.Clean(s)
	if phone, err := text.Phone(s); err == nil { // 090 1234 5678 is one number
		return query{words: []string{text.Digits(s)}, phones: []string{phone}}
	}
	for _, term := range strings.Fields(s) {
		if id, err := ident.Member.Parse(term); err == nil {
			q.id = id
			continue
		}
		if mail, err := text.Email(term); err == nil {
			q.mails = append(q.mails, mail)
			continue
		}
		if d := text.Digits(term); d != "" {
			q.words = append(q.words, term)
			q.phones = append(q.phones, phoneEnd(term, d))
			continue
		}
		names = append(names, text.Fold(term))
	}
	q.name = strings.Join(names, "")
	return q
}

// phoneEnd is the canonical number, or four or more digits of its end, or ""
// when the term can be no phone number.
func phoneEnd(term, digits string) string {
	if p, err := text.Phone(term); err == nil {
		return p
	}
	if len(digits) < 4 || text.Fold(term) != digits {
		return ""
	}
	return digits
}

// Hit is a member found, with what she was found by.
type Hit struct {
	Member
	Person Person
	Rank   int // 0 is best
}

const (
	rankExact  = iota // card, id, phone, mail, external id, whole name
	rankFamily        // the family name is exactly that
	rankStart         // the name begins so
	rankWord          // a later word of the name is or begins so
	rankEnd           // the phone number ends so
	rankNone
)

// rank judges a candidate by every term; rankNone when one does not hold.
func (q *query) rank(h *Hit, cards map[string]ident.ID) int {
	worst := rankExact
	hold := func(r int) { worst = max(worst, r) }
	if !q.id.IsZero() && q.id != h.ID {
		return rankNone
	}
	for _, mail := range q.mails {
		if h.Person.Email != mail {
			return rankNone
		}
	}
	for i, w := range q.words {
		hold(q.rankWord(h, w, q.phones[i], cards))
	}
	if q.name != "" {
		hold(rankName(&h.Person, q.name))
	}
	return worst
}

func (q *query) rankWord(h *Hit, w, phone string, cards map[string]ident.ID) int {
	if cards[Card(w)] == h.ID {
		return rankExact
	}
	for _, id := range h.Person.ExternalIDs {
		if foldID(id) == foldID(w) {
			return rankExact
		}
	}
	switch {
	case phone != "" && h.Person.Phone == phone:
		return rankExact
	case phone != "" && strings.HasSuffix(h.Person.Phone, phone):
		return rankEnd
	}
	// A name may hold digits: 第2営業部.
	return rankName(&h.Person, text.Fold(w))
}

func rankName(p *Person, q string) int {
	best := rankNone
	for _, name := range []string{p.Name, p.NameKana} {
		whole := text.Fold(name)
		switch {
		case whole == "" || q == "":
			continue
		case whole == q:
			return rankExact
		case strings.HasPrefix(whole, q):
			best = min(best, rankStart)
		}
		for i, w := range strings.Fields(name) {
			f := text.Fold(w)
			if i == 0 && f == q {
				best = min(best, rankFamily)
			} else if i > 0 && strings.HasPrefix(f, q) {
				best = min(best, rankWord)
			}
		}
	}
	return best
}

// better orders hits: rank, members before those who left, then by reading.
func better(a, b Hit) int {
	return cmp.Or(cmp.Compare(a.Rank, b.Rank), cmp.Compare(standing(a.Status), standing(b.Status)),
		strings.Compare(cmp.Or(a.Person.NameKana, a.Person.Name), cmp.Or(b.Person.NameKana, b.Person.Name)), a.ID.Compare(b.ID))
}

func standing(s Status) int {
	if s == Active {
		return 0
	}
	return 1
}
