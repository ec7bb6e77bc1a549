package staff

import (
	"slices"
	"strings"
	"time"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
)

// Scope is what an API key may do.
type Scope string

const (
	ScopeRead  Scope = "read"
	ScopeWrite Scope = "write"
	ScopeAdmin Scope = "admin"
)

// Scopes lists them, weakest first.
var Scopes = []Scope{ScopeRead, ScopeWrite, ScopeAdmin}

// Key is a program that may call the API. Its secret is shown once and kept
// only as a hash; Tail is its last four characters, to tell keys apart.
type Key struct {
	ID         ident.ID
	Name       string
	Tail       string
	Scopes     []Scope
	CreatedBy  ident.ID
	CreatedAt  clock.Instant
	LastUsedAt clock.Instant
	RevokedAt  clock.Instant
}

// Has reports whether the key carries a scope; write carries read, admin
// carries both.
func (k Key) Has(s Scope) bool {
	return slices.ContainsFunc(k.Scopes, func(have Scope) bool { return slices.Index(Scopes, have) >= slices.Index(Scopes, s) })
}

const secretPrefix = "jk_"

// NewKey makes a key with a secret of 256 bits: staff.key_name_missing,
// staff.scope_unknown.
func NewKey(tx *db.Tx, name string, scopes []Scope, by ident.ID) (k Key, secret string, err error) {
	if name = strings.TrimSpace(name); name == "" || len([]rune(name)) > 100 {
		return k, "", fault.New(fault.Invalid, "staff.key_name_missing").With(fault.At("name", "staff.key_name_missing"))
	}
	text, err := joinScopes(scopes)
	if err != nil {
		return k, "", err
	}
	secret = secretPrefix + ident.Token(32)
	k = Key{ID: ident.New(), Name: name, Tail: secret[len(secret)-4:], Scopes: scopes, CreatedBy: by, CreatedAt: tx.Wall}
	_, err = tx.Exec(`INSERT INTO staff_key (id, name, hash, tail, scopes, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		k.ID, k.Name, hashOf(secret), k.Tail, text, by, k.CreatedAt)
	return k, secret, err
}

func joinScopes(scopes []Scope) (string, error) {
	var names []string
	for _, s := range Scopes {
		if slices.Contains(scopes, s) {
			names = append(names, string(s))
		}
	}
	if len(names) == 0 || len(names) != len(scopes) {
		return "", fault.New(fault.Invalid, "staff.scope_unknown").With(fault.At("scopes", "staff.scope_unknown"))
	}
	return strings.Join(names, " "), nil
}

const keyColumns = "id, name, tail, scopes, created_by, created_at, last_used_at, revoked_at"

func scanKey(r db.Row) (k Key, err error) {
	var scopes string
	err = r.Scan(&k.ID, &k.Name, &k.Tail, &scopes, &k.CreatedBy, &k.CreatedAt, &k.LastUsedAt, &k.RevokedAt)
	for _, s := range strings.Fields(scopes) {
		k.Scopes = append(k.Scopes, Scope(s))
	}
	return k, err
}

// FindKey finds the key of a secret as it came with a call: key.unknown (also
// for a revoked one).
func FindKey(tx *db.Tx, secret string) (Key, error) {
	unknown := fault.New(fault.Unauthenticated, "key.unknown")
	if !strings.HasPrefix(secret, secretPrefix) || len(secret) > 80 {
		return Key{}, unknown
	}
	return db.One(tx, unknown, scanKey, `SELECT `+keyColumns+` FROM staff_key WHERE hash = $1 AND revoked_at IS NULL`, hashOf(secret))
}

// Stale reports whether the stored last use is older than a minute, so that
// [TouchKey] is worth a write.
func (k Key) Stale(wall clock.Instant) bool { return wall.Sub(k.LastUsedAt) > time.Minute }

// TouchKey records that a key was used.
func TouchKey(tx *db.Tx, id ident.ID) error {
	_, err := tx.Exec(`UPDATE staff_key SET last_used_at = $2 WHERE id = $1`, id, tx.Wall)
	return err
}

// Keys lists all keys, the newest first.
func Keys(tx *db.Tx) ([]Key, error) {
	return db.Query(tx, scanKey, `SELECT `+keyColumns+` FROM staff_key ORDER BY id DESC`)
}

// RevokeKey ends a key at once and for ever: key.unknown.
func RevokeKey(tx *db.Tx, id ident.ID) error {
	n, err := tx.Exec(`UPDATE staff_key SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL`, id, tx.Wall)
	if err == nil && n == 0 {
		err = fault.New(fault.NotFound, "key.unknown")
	}
	return err
}
