// Package audit keeps who did what, when and why: an append-only list in
// which every entry carries the hash of the one before, so that a changed,
// removed or inserted entry shows.
//
// Words: an Entry is one deed; an actor is a member of staff, an API key, a
// member or the system; before and after are codes and figures of the subject,
// never names, phone numbers or other words about a person, because an entry
// can never be erased.
//
// It does not decide anything and never changes an entry.
package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
)

// Actor is the class of who did it.
type Actor string

const (
	Staff  Actor = "staff"
	Key    Actor = "key"
	Member Actor = "member"
	System Actor = "system"
)

// Values are codes and figures of a subject before or after a deed.
type Values map[string]any

// Entry is one deed. The caller fills Actor to RequestID.
type Entry struct {
	Number    int64         // place in the chain, from 1
	At        clock.Instant // wall time
	ShopAt    clock.Instant // shop time
	Actor     Actor
	ActorID   ident.ID
	Action    string // dotted code, e.g. "points.adjusted"
	Subject   string // kind of the thing, e.g. "member"
	SubjectID ident.ID
	Before    Values
	After     Values
	Reason    string // as the actor gave it; forms ask not to name people
	Source    string // console, api, cli, job …
	RequestID string
	Hash      []byte
}

// hash is SHA-256 over the hash before and the entry's fields as JSON, in the
// order of this struct; instants are microsecond counts.
func (e Entry) hash(prev []byte, before, after string) []byte {
	b, err := json.Marshal([]any{e.Number, int64(e.At), int64(e.ShopAt), e.Actor, e.ActorID.String(), e.Action, e.Subject, e.SubjectID.String(),
		before, after, e.Reason, e.Source, e.RequestID})
	if err != nil {
		panic(err)
	}
	h := sha256.New()
	h.Write(prev)
	h.Write(b)
	return h.Sum(nil)
}

// text is the stored form of values: JSON with sorted keys, "" for none.
func text(v Values) (string, error) {
	if len(v) == 0 {
		return "", nil
	}
	b, err := json.Marshal(v)
	return string(b), err
}

// Append writes entries at the end of the chain. It locks the chain's head
// until the commit, so it belongs at the end of a transaction.
func Append(tx *db.Tx, entries ...Entry) error {
	if len(entries) == 0 {
		return nil
	}
	head, err := db.One(tx, fault.New(fault.Internal, "audit.head_missing"), db.Value2[int64, []byte],
		`UPDATE audit_head SET number = number + $1 WHERE id = 1 RETURNING number - $1, hash`, len(entries))
	if err != nil {
		return err
	}
	number, prev := head.A, head.B
	for _, e := range entries {
		number++
		e.Number, e.At, e.ShopAt = number, tx.Wall, tx.Now
		if prev, err = insert(tx, e, prev); err != nil {
			return err
		}
	}
	_, err = tx.Exec(`UPDATE audit_head SET hash = $1 WHERE id = 1`, prev)
	return err
}

func insert(tx *db.Tx, e Entry, prev []byte) ([]byte, error) {
	before, err := text(e.Before)
	if err != nil {
		return nil, err
	}
	after, err := text(e.After)
	if err != nil {
		return nil, err
	}
	h := e.hash(prev, before, after)
	_, err = tx.Exec(`INSERT INTO audit_entry (`+columns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		e.Number, e.At, e.ShopAt, string(e.Actor), e.ActorID, e.Action, e.Subject, e.SubjectID, before, after, e.Reason, e.Source, e.RequestID, h)
	return h, err
}

const columns = "number, at, shop_at, actor, actor_id, action, subject, subject_id, before, after, reason, source, request_id, hash"

type stored struct {
	Entry
	before, after string
}

func scan(r db.Row) (s stored, err error) {
	e := &s.Entry
	err = r.Scan(&e.Number, &e.At, &e.ShopAt, &e.Actor, &e.ActorID, &e.Action, &e.Subject, &e.SubjectID, &s.before, &s.after, &e.Reason, &e.Source, &e.RequestID, &e.Hash)
	return s, err
}

func (s stored) entry() (Entry, error) {
	e := s.Entry
	for _, p := range []struct {
		text string
		into *Values
	}{{s.before, &e.Before}, {s.after, &e.After}} {
		if p.text == "" {
			continue
		}
		d := json.NewDecoder(bytes.NewReader([]byte(p.text)))
		d.UseNumber()
		if err := d.Decode(p.into); err != nil {
			return e, fmt.Errorf("audit: entry %d: %w", e.Number, err)
		}
	}
	return e, nil
}

// Broken tells where the chain does not hold.
type Broken struct {
	Number int64
	Code   string // audit.missing, audit.changed or audit.head
}

// Verify walks the whole chain and reports the first place of each kind that
// does not hold, and how many entries it saw.
func Verify(tx *db.Tx) (entries int64, broken []Broken, err error) {
	head, err := db.One(tx, fault.New(fault.Internal, "audit.head_missing"), db.Value2[int64, []byte], `SELECT number, hash FROM audit_head WHERE id = 1`)
	if err != nil {
		return 0, nil, err
	}
	prev, next := []byte{}, int64(1)
	seen := map[string]bool{}
	report := func(n int64, code string) {
		if !seen[code] {
			seen[code], broken = true, append(broken, Broken{n, code})
		}
	}
	err = db.Each(tx, func(r db.Row) error {
		s, err := scan(r)
		if err != nil {
			return err
		}
		if s.Number != next {
			report(next, "audit.missing")
		}
		if want := s.hash(prev, s.before, s.after); !bytes.Equal(want, s.Hash) && s.Number == next {
			report(s.Number, "audit.changed")
		}
		entries, prev, next = entries+1, s.Hash, s.Number+1
		return nil
	}, `SELECT `+columns+` FROM audit_entry ORDER BY number`)
	if err == nil && (next-1 != head.A || !bytes.Equal(prev, head.B)) {
		report(head.A, "audit.head")
	}
	return entries, broken, err
}
