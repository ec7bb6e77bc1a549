// Package member knows who the members are: their numbers and cards, their
// standing, their personal data, consents, and how to find them.
//
// Its words. A Member is the open part of a record: id, status, member
// number, date of joining; nothing in it tells who she is. A [Person] is the
// personal part; it lives sealed in one document per member with a key of its
// own, and only this package opens it. A card is any number that identifies
// her at a till; her own member number is the first. An external id is her
// number in another system. A token is a keyed hash by which she can be
// found without opening documents. A tombstone is the keyed hash that stays
// when a person has left, so that she is known if she comes again.
//
// Personal data never stands in a fault, a log or an event.
package member

import (
	"strings"

	"golang.org/x/text/unicode/norm"

	"joren/internal/clock"
	"joren/internal/ident"
	"joren/internal/sign"
)

// Status of a membership.
type Status string

const (
	Active    Status = "active"
	Withdrawn Status = "withdrawn" // left (退会); the person is still known
	Erased    Status = "erased"    // the person is forgotten; figures stay under the id
	Merged    Status = "merged"    // one person had two records; MergedInto is the living one
)

// Member is the open part of a record.
type Member struct {
	ID         ident.ID
	Status     Status
	Card       string // her member number; "" once erased
	JoinedOn   clock.Day
	JoinStore  string
	JoinSource string
	Imported   string // the source of the files that brought her; "" otherwise, and for members imported before this was kept
	Rejoined   bool   // she was a member before: no second welcome gift
	MergedInto ident.ID
	Version    int64 // of the record; grows with each change
	CreatedAt  clock.Instant
	ChangedAt  clock.Instant
	LeftAt     clock.Instant
}

// External is a number in another system: {"eccube", "123"}.
type External struct{ Source, ID string }

// Members is the store. One is made at start-up; it is safe for concurrent
// use.
type Members struct {
	ring  *sign.Ring
	index indexes
	cache *factCache
	draw  func() string // the next member number
}

// indexes are the blind indexes, one key per field.
type indexes struct {
	name, word, phone, last4, mail, monthDay, anniversary, external, tombstone, contact *sign.Index
}

// New makes the store with the installation's key ring.
func New(ring *sign.Ring) *Members {
	return &Members{ring: ring, draw: ident.NewCard, cache: newFactCache(50_000), index: indexes{
		name: ring.Index("member.name"), word: ring.Index("member.word"), phone: ring.Index("member.phone"), last4: ring.Index("member.last4"),
		mail: ring.Index("member.mail"), monthDay: ring.Index("member.birthday"), anniversary: ring.Index("member.anniversary"),
		external: ring.Index("member.external"), tombstone: ring.Index("member.tombstone"), contact: ring.Index("member.contact"),
	}}
}

func (m *Members) externalKey(e External) []byte {
	return m.index.external.Key(e.Source + "\x00" + e.ID)
}

// maxCard is the longest card number taken.
const maxCard = 64

// Card is the canonical form of a card number as scanned or typed: any width,
// without spaces and hyphens, letters in capitals. "" when it can be no card
// number.
func Card(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == ' ' || r == '-' || r == '\t' || r == '\n' || r == '\r' || r == 'ー' || r == '−' || r == '‐':
			return -1
		case r >= 'a' && r <= 'z':
			return r - 32
		}
		return r
	}, norm.NFKC.String(strings.TrimSpace(s)))
	if s == "" || len(s) > maxCard || strings.ContainsFunc(s, notCard) {
		return ""
	}
	return s
}

// notCard: what the bar codes in use can carry (Code 128, Codabar, EAN) is
// kept to letters, digits and a few marks.
func notCard(r rune) bool {
	return !(r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || strings.ContainsRune("$:/.+_", r))
}
