// Package idem lets a request be repeated without a second effect (SEMANTICS
// §10 I2; IETF draft-ietf-httpapi-idempotency-key-header): the answer is
// stored under the caller's key in the transaction of the effect and given
// again.
//
// Its words: a key is the caller's string within a scope, usually its API key;
// the fingerprint is what was asked; stored is the answer, unfinished while a
// story of several transactions is at work on it. A refusal may be stored as
// well: it is an answer with a status of 400 or more.
//
// It must not know HTTP or what a body means.
package idem

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
)

// Key is one caller's idempotency key.
type Key struct {
	Scope ident.ID // the API key or staff member that asks
	Name  string   // 1 to 255 characters, as sent
}

// Fingerprint is a SHA-256 of the request.
type Fingerprint [sha256.Size]byte

// Print digests a request. Each part is preceded by its length, so that no two
// requests run together to the same bytes.
func Print(method, path string, body []byte) Fingerprint {
	h := sha256.New()
	var n [8]byte
	for _, p := range [][]byte{[]byte(method), []byte(path), body} {
		binary.BigEndian.PutUint64(n[:], uint64(len(p)))
		h.Write(n[:])
		h.Write(p)
	}
	return Fingerprint(h.Sum(nil))
}

// Stored is what is kept under a key.
type Stored struct {
	Fingerprint Fingerprint
	Status      int // 0 while unfinished
	Body        json.RawMessage
	CreatedAt   clock.Instant // wall time
}

// Refused is the error that stands for a stored refusal: who gets it gives the
// refusal again, word for word.
type Refused struct {
	Stored
	Fresh bool // it was stored just now; nobody has had it before
}

func (r *Refused) Error() string { return fmt.Sprintf("idem: refused with %d", r.Status) }

// Check is nil if a stored answer may be given again for print. Faults:
// idempotency.key_reused (another request had the key),
// idempotency.in_progress (the first is not finished). A stored refusal is a
// [Refused].
func (s Stored) Check(print Fingerprint) error {
	switch {
	case s.Fingerprint != print:
		return fault.New(fault.Invalid, "idempotency.key_reused")
	case s.Status == 0:
		return fault.New(fault.Conflict, "idempotency.in_progress")
	case s.Status >= 400:
		return &Refused{Stored: s}
	}
	return nil
}

// Valid refuses a key that cannot be stored: fault idempotency.key_invalid.
func (k Key) Valid() error {
	if k.Name == "" || len(k.Name) > 255 || k.Scope.IsZero() {
		return fault.New(fault.Invalid, "idempotency.key_invalid")
	}
	return nil
}

type found struct {
	n int64
	Stored
}

var lookup = db.NewBulk("s uuid, k text, n bigint", `SELECT u.n, i.fingerprint, i.status, i.body, i.created_at
	FROM u JOIN idem_key i ON i.scope = u.s AND i.idem_key = u.k`)

// Lookup finds what is stored under keys; a key without anything is not in the
// map.
func Lookup(tx *db.Tx, keys []Key) (map[Key]Stored, error) {
	scopes, names, numbers := make([]ident.ID, len(keys)), make([]string, len(keys)), make([]int64, len(keys))
	for i, k := range keys {
		scopes[i], names[i], numbers[i] = k.Scope, k.Name, int64(i)
	}
	rows, err := db.BulkQuery(tx, lookup, func(r db.Row) (f found, err error) {
		err = r.Scan(&f.n, &f.Fingerprint, &f.Status, &f.Body, &f.CreatedAt)
		return f, err
	}, scopes, names, numbers)
	out := make(map[Key]Stored, len(rows))
	for _, f := range rows {
		out[keys[f.n]] = f.Stored
	}
	return out, err
}

// Record is an answer to be kept.
type Record struct {
	Key         Key
	Fingerprint Fingerprint
	Status      int
	Body        json.RawMessage
}

var save = db.NewBulk("s uuid, k text, f bytea, c bigint, b text, a bigint",
	`INSERT INTO idem_key (scope, idem_key, fingerprint, status, body, created_at) SELECT u.s, u.k, u.f, u.c, u.b, u.a FROM u
	 ON CONFLICT (scope, idem_key) DO NOTHING RETURNING scope, idem_key`)

// Save keeps answers in the transaction of their effects. It returns the keys
// that another transaction has taken meanwhile: their effects must not stand,
// so the caller rolls back and looks them up again. Keys are distinct, and are
// taken in their order, so that two who take the same do not wait for each other
// in a circle.
func Save(tx *db.Tx, records []Record) (taken []Key, err error) {
	n := len(records)
	records = slices.SortedFunc(slices.Values(records), func(a, b Record) int {
		return cmp.Or(a.Key.Scope.Compare(b.Key.Scope), cmp.Compare(a.Key.Name, b.Key.Name))
	})
	scopes, names, prints := make([]ident.ID, n), make([]string, n), make([][]byte, n)
	statuses, bodies := make([]int64, n), make([]json.RawMessage, n)
	for i, r := range records {
		if err := r.Key.Valid(); err != nil {
			return nil, err
		}
		scopes[i], names[i], prints[i] = r.Key.Scope, r.Key.Name, r.Fingerprint[:]
		statuses[i], bodies[i] = int64(r.Status), orEmpty(r.Body)
	}
	kept, err := db.BulkQuery(tx, save, db.Value2[ident.ID, string], scopes, names, prints, statuses, bodies, tx.Wall)
	if err != nil || len(kept) == n {
		return nil, err
	}
	saved := make(map[Key]bool, len(kept))
	for _, k := range kept {
		saved[Key{k.A, k.B}] = true
	}
	for _, r := range records {
		if !saved[r.Key] {
			taken = append(taken, r.Key)
		}
	}
	return taken, nil
}

func orEmpty(b json.RawMessage) json.RawMessage {
	if b == nil {
		return json.RawMessage{}
	}
	return b
}

// Once runs fn the first time and keeps its answer in the same transaction; a
// repeat gets the stored answer and replayed = true. An error of fn is to roll
// back the transaction, so nothing is kept of it. Faults: those of
// [Stored.Check], idempotency.key_invalid, and fn's own.
func Once(tx *db.Tx, key Key, print Fingerprint, fn func() (status int, body json.RawMessage, err error)) (s Stored, replayed bool, err error) {
	s, fresh, err := Begin(tx, key, print, 0)
	if err != nil || !fresh {
		return s, err == nil, err
	}
	if s.Status, s.Body, err = fn(); err != nil {
		return Stored{}, false, err
	}
	return s, false, Finish(tx, key, s.Status, s.Body)
}

// Begin reserves a key for a story of several transactions, for at most ttl:
// after that a repeat may begin anew. fresh = true: do the work, then Finish.
// Otherwise s is the answer to give again. Faults as for [Once].
func Begin(tx *db.Tx, key Key, print Fingerprint, ttl time.Duration) (s Stored, fresh bool, err error) {
	if err := key.Valid(); err != nil {
		return s, false, err
	}
	n, err := tx.Exec(`INSERT INTO idem_key (scope, idem_key, fingerprint, status, body, created_at, lease_until) VALUES ($1, $2, $3, 0, '', $4, $5)
		ON CONFLICT (scope, idem_key) DO UPDATE SET lease_until = excluded.lease_until
		WHERE idem_key.status = 0 AND idem_key.fingerprint = excluded.fingerprint AND idem_key.lease_until <= $4`,
		key.Scope, key.Name, print[:], tx.Wall, tx.Wall.Add(ttl))
	if err != nil || n == 1 {
		return Stored{Fingerprint: print, CreatedAt: tx.Wall}, err == nil, err
	}
	all, err := Lookup(tx, []Key{key})
	if err != nil {
		return s, false, err
	}
	s, there := all[key]
	if !there { // it was pruned in between
		return s, false, fault.New(fault.Conflict, "idempotency.in_progress")
	}
	return s, false, s.Check(print)
}

// Finish keeps the answer of what Begin began.
func Finish(tx *db.Tx, key Key, status int, body json.RawMessage) error {
	n, err := tx.Exec(`UPDATE idem_key SET status = $3, body = $4, lease_until = NULL WHERE scope = $1 AND idem_key = $2 AND status = 0`,
		key.Scope, key.Name, status, orEmpty(body))
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "idempotency.in_progress")
	}
	return err
}

// Release gives up what Begin began, so that a repeat may begin at once.
func Release(tx *db.Tx, key Key) error {
	_, err := tx.Exec(`DELETE FROM idem_key WHERE scope = $1 AND idem_key = $2 AND status = 0`, key.Scope, key.Name)
	return err
}

// Retention is how long an answer is kept at least (SEMANTICS §10 I2).
const Retention = 30 * 24 * time.Hour

// Prune deletes answers past their retention, at most limit, and reports how
// many.
func Prune(tx *db.Tx, limit int) (int64, error) {
	return tx.Exec(`DELETE FROM idem_key WHERE (scope, idem_key) IN (
		SELECT scope, idem_key FROM idem_key WHERE created_at < $1 ORDER BY created_at LIMIT $2)`, tx.Wall.Add(-Retention), limit)
}
