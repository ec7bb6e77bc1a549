package staff

import (
	"crypto/sha256"
	"strings"
	"time"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
)

type linkKind string

const (
	ownerLink  linkKind = "owner"
	inviteLink linkKind = "invite"
)

// life of an owner link is 30 minutes, of an invitation 7 days.
func (k linkKind) life() time.Duration {
	if k == ownerLink {
		return 30 * time.Minute
	}
	return 7 * 24 * time.Hour
}

// Link is a one-time link that is still good.
type Link struct {
	Owner     bool // makes an owner; otherwise StaffID accepts an invitation
	StaffID   ident.ID
	ExpiresAt clock.Instant
}

// hashOf is what is stored of a secret of 128 bits or more.
func hashOf(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

func newLink(tx *db.Tx, kind linkKind, id ident.ID) (token string, err error) {
	token = ident.Token(16)
	_, err = tx.Exec(`INSERT INTO staff_link (hash, kind, staff_id, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)`,
		hashOf(token), string(kind), id, tx.Wall, tx.Wall.Add(kind.life()))
	return token, err
}

// OwnerLink makes the token of a link that makes an owner; earlier unused
// ones end. Whoever starts the program may have it: print it, never send it.
func OwnerLink(tx *db.Tx) (token string, err error) {
	if _, err := tx.Exec(`UPDATE staff_link SET used_at = $1 WHERE kind = 'owner' AND used_at IS NULL`, tx.Wall); err != nil {
		return "", err
	}
	return newLink(tx, ownerLink, ident.ID{})
}

// Invite stores a user without a password and makes the token of their
// invitation. Faults as of [Create].
func Invite(tx *db.Tx, u User) (User, string, error) {
	u.Status, u.Password = Invited, ""
	u, err := Create(tx, u)
	if err != nil {
		return u, "", err
	}
	token, err := newLink(tx, inviteLink, u.ID)
	return u, token, err
}

// InviteAgain ends a user's earlier invitations and makes a new one; it also
// serves to reset a forgotten password.
func InviteAgain(tx *db.Tx, id ident.ID) (token string, err error) {
	if _, err := Get(tx, id); err != nil {
		return "", err
	}
	if _, err := tx.Exec(`UPDATE staff_link SET used_at = $2 WHERE staff_id = $1 AND used_at IS NULL`, id, tx.Wall); err != nil {
		return "", err
	}
	return newLink(tx, inviteLink, id)
}

func scanLink(r db.Row) (l Link, err error) {
	var kind linkKind
	err = r.Scan(&kind, &l.StaffID, &l.ExpiresAt)
	l.Owner = kind == ownerLink
	return l, err
}

func linkGone() error { return fault.New(fault.NotFound, "staff.link_gone") }

// PeekLink finds a link without using it: staff.link_gone when it is unknown,
// used or over.
func PeekLink(tx *db.Tx, token string) (Link, error) {
	return db.One(tx, linkGone(), scanLink,
		`SELECT kind, staff_id, expires_at FROM staff_link WHERE hash = $1 AND used_at IS NULL AND expires_at > $2`, hashOf(fold(token)), tx.Wall)
}

// TakeLink uses a link up; of two at the same moment one gets staff.link_gone.
func TakeLink(tx *db.Tx, token string) (Link, error) {
	return db.One(tx, linkGone(), scanLink,
		`UPDATE staff_link SET used_at = $2 WHERE hash = $1 AND used_at IS NULL AND expires_at > $2 RETURNING kind, staff_id, expires_at`, hashOf(fold(token)), tx.Wall)
}

func fold(token string) string { return strings.ToUpper(strings.TrimSpace(token)) }
