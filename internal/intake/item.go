package intake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"joren/internal/clock"
	"joren/internal/fault"
	"joren/internal/purchase"
)

// Person points to a member in a file's own words: by the other system's id,
// else by card, mail or phone. The zero Person is a guest.
type Person struct {
	System string `json:"system,omitempty"` // external_ids key, e.g. "eccube"
	ID     string `json:"id,omitempty"`
	Card   string `json:"card,omitempty"`
	Email  string `json:"email,omitempty"` // canonical
	Phone  string `json:"phone,omitempty"` // canonical
}

// IsZero reports a guest.
func (p Person) IsZero() bool { return p == Person{} }

// Key is the natural number of a member: what tells her from others within
// one source. It holds personal data when only mail or phone is known, so it
// is stored hashed (see Item.Key).
func (p Person) Key() string {
	switch {
	case p.ID != "":
		return p.ID
	case p.Card != "":
		return "card:" + p.Card
	case p.Email != "":
		return "mail:" + p.Email
	case p.Phone != "":
		return "tel:" + p.Phone
	}
	return ""
}

// Member is what a file knows of a member.
type Member struct {
	Name       string            `json:"name,omitempty"`
	NameKana   string            `json:"name_kana,omitempty"`
	Birthday   clock.Day         `json:"birthday,omitzero"`
	Postcode   string            `json:"postcode,omitempty"`
	Address    string            `json:"address,omitempty"`
	JoinedOn   clock.Day         `json:"joined_on,omitzero"`
	JoinSource string            `json:"join_source,omitempty"` // how she joined, in the file's words
	Rank       string            `json:"rank,omitempty"`        // opening rank, a tier id or its name
	RankUntil  clock.Day         `json:"rank_until,omitzero"`   // inclusive
	Mail       Consent           `json:"mail,omitempty"`
	SMS        Consent           `json:"sms,omitempty"`
	Points     int64             `json:"points,omitempty"`     // the other system's balance: one migrated lot without expiry of its own
	Attributes map[string]string `json:"attributes,omitempty"` // owner-defined, typed by their definitions
	Nameless   bool              `json:"nameless,omitempty"`   // Name is a number, not a person's name
	Implied    bool              `json:"implied,omitempty"`    // made from an order: never changes a member who is known
}

// Consent is "yes", "no", or "" when the file does not say: never taken for
// either.
type Consent string

// Opening is one lot brought over from another system.
type Opening struct {
	Type      string    `json:"type,omitempty"` // the programme's first when empty
	Points    int64     `json:"points"`
	ExpiresOn clock.Day `json:"expires_on,omitzero"` // inclusive; 0: by the policy
	EarnedOn  clock.Day `json:"earned_on,omitzero"`
	Origin    string    `json:"origin"` // migrated (default), sale, gift, paid
}

// Event is the body of POST /v1/events without its member.
type Event struct {
	Source     string            `json:"source"`
	EventNo    string            `json:"event_no"`
	Kind       string            `json:"kind"`
	OccurredAt clock.Instant     `json:"occurred_at"`
	Fields     map[string]string `json:"fields,omitempty"`
}

// Item is a document ready to be recorded. One of Sale, Return, Member,
// Opening and Event is set, by Kind.
type Item struct {
	Kind   Kind          `json:"kind"`
	Row    int           `json:"row"` // the file's first row of it
	At     clock.Instant `json:"at"`  // its place in time
	Source string        `json:"source"`
	Number string        `json:"number"` // natural key: (source, kind, number)
	Person Person        `json:"person,omitzero"`
	Link   bool          `json:"link,omitempty"` // an unknown person is a guest, not a new member

	Sale    *purchase.Input       `json:"sale,omitempty"` // Member and Card are for the sink to fill
	Return  *purchase.ReturnInput `json:"return,omitempty"`
	Member  *Member               `json:"member,omitempty"`
	Opening *Opening              `json:"opening,omitempty"`
	Event   *Event                `json:"event,omitempty"`

	flags    flags
	refunded int64  // of a sale: what the file says was refunded in money so far
	hash     string // Hash, where the reader has worked it out already
}

type flags uint8

const (
	flagDuplicateLines flags = 1 << iota // some lines are exactly alike
	flagVoid                             // a return of everything follows
	flagSummary                          // read from heads alone: its line stands for lines that are not known
)

// DuplicateLines reports that some lines of the sale are exactly alike: kept,
// for nobody can tell a repeated line from an error.
func (it *Item) DuplicateLines() bool { return it.flags&flagDuplicateLines != 0 }

// Key is the natural key as it is stored and looked up. The number of a
// member known by mail or phone alone is hashed, for keys are no place for
// personal data.
type Key struct {
	Source string
	Kind   Kind
	Number string
}

// Key of the item.
func (it *Item) Key() Key { return Key{it.Source, it.Kind, keyText(it.Number)} }

func keyText(number string) string {
	for _, p := range []string{"mail:", "tel:"} {
		if len(number) > len(p) && number[:len(p)] == p {
			h := sha256.Sum256([]byte(number))
			return p + hex.EncodeToString(h[:12])
		}
	}
	return number
}

// summaryMark ends the fingerprint of a sale whose lines are not known, so
// that a later file of heads does not take the lines of one that has them.
const summaryMark = "-heads"

// Hash is the content's fingerprint: equal for equal content, whatever file,
// row or revision number it came with.
func (it *Item) Hash() string {
	c := *it
	c.Row, c.At = 0, 0
	if c.Sale != nil {
		s := *c.Sale
		s.Revision = 0
		c.Sale = &s
	}
	b, err := json.Marshal(&c)
	if err != nil {
		panic("intake: an item that cannot be JSON: " + err.Error())
	}
	h := sha256.Sum256(b)
	sum := hex.EncodeToString(h[:16])
	if it.flags&flagSummary != 0 {
		sum += summaryMark
	}
	return sum
}

// fingerprint is Hash, worked out once.
func (it *Item) fingerprint() string {
	if it.hash == "" {
		it.hash = it.Hash()
	}
	return it.hash
}

// Known is what was recorded under a key before.
type Known struct {
	Hash     string // "" when it came by another way than intake
	Revision int64
	Refunded int64 // money refunded so far, for files that only say the sum
	Import   string
}

// Status of an outcome.
type Status string

const (
	New     Status = "new"
	Already Status = "already_known"
	Revised Status = "revised"
	Parked  Status = "parked" // a return before its purchase
	Refused Status = "refused"
)

// Outcome is what became of one item.
type Outcome struct {
	Status Status
	Points int64          // issued, negative when taken back
	Fault  *fault.Fault   // when refused
	Notes  []*fault.Fault // what a person should look at, though it was recorded

	// Of a member who was known: the fields changed by the file, and those it
	// says otherwise that an import does not change.
	Changed, Left []string
}

// Sink records items. Write gets up to a few hundred items of mixed kinds in
// the order in which they happened and answers each, in the same order; an
// error means that nothing is known of the batch, and it will come again
// (natural keys make that harmless).
//
// A return whose purchase is unknown is Parked. A sale with a Revision above
// the recorded one replaces it. A Member that is Implied only creates.
type Sink interface {
	Write(ctx context.Context, items []Item) ([]Outcome, error)
	// DayTurn is called when an import of history has passed the last item
	// of business day d, for every day, also days without items.
	DayTurn(ctx context.Context, d clock.Day) error
}

// Lookup tells which keys are recorded already. Keys that are not are left
// out of the answer.
type Lookup func(ctx context.Context, keys []Key) (map[Key]Known, error)
