// Package session is how people come in by the web: sign-in, first set-up,
// invitations, cookies, and everything that happens to each request before a
// page sees it.
//
// Words: a Session is one sign-in of one person on one device, kept on the
// server and known by the hash of its token; a Route is a page's address with
// its Policy, the statement of who may open it; Who is the person of a
// request.
//
// It knows no product page. Faces register theirs in [Routes] and get their
// requests through [Web.Handler].
package session

import (
	"crypto/sha256"
	"net"
	"net/http"
	"strings"
	"time"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
)

// Session is one sign-in of one person on one device.
type Session struct {
	ID        ident.ID
	StaffID   ident.ID
	CreatedAt clock.Instant
	SeenAt    clock.Instant
	ExpiresAt clock.Instant
	IP        string // cut to its network: /24 or /48
	Agent     string // browser and system in a few words
}

const (
	life = 14 * 24 * time.Hour // at the most, however busy
	idle = 12 * time.Hour      // without a request
	step = 5 * time.Minute     // between writes of SeenAt
)

func hashOf(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

const columns = "id, staff_id, created_at, seen_at, expires_at, ip, agent"

func scan(r db.Row) (s Session, err error) {
	err = r.Scan(&s.ID, &s.StaffID, &s.CreatedAt, &s.SeenAt, &s.ExpiresAt, &s.IP, &s.Agent)
	return s, err
}

// Open starts a session and gives its token, 256 random bits. The token of an
// earlier session is never taken over.
func Open(tx *db.Tx, staffID ident.ID, ip, agent string) (token string, s Session, err error) {
	token = ident.Token(32)
	s = Session{ident.New(), staffID, tx.Wall, tx.Wall, tx.Wall.Add(life), ip, agent}
	_, err = tx.Exec(`INSERT INTO session_session (hash, `+columns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		hashOf(token), s.ID, s.StaffID, s.CreatedAt, s.SeenAt, s.ExpiresAt, s.IP, s.Agent)
	return token, s, err
}

// Find gives the living session of a token; found is false when there is none.
func Find(tx *db.Tx, token string) (s Session, found bool, err error) {
	return db.Maybe(tx, scan, `SELECT `+columns+` FROM session_session WHERE hash = $1 AND expires_at > $2 AND seen_at > $3`,
		hashOf(token), tx.Wall, tx.Wall.Add(-idle))
}

// Touch records that a session is in use.
func Touch(tx *db.Tx, id ident.ID) error {
	_, err := tx.Exec(`UPDATE session_session SET seen_at = $2 WHERE id = $1`, id, tx.Wall)
	return err
}

// List gives the living sessions of a person, the last used first.
func List(tx *db.Tx, staffID ident.ID) ([]Session, error) {
	return db.Query(tx, scan, `SELECT `+columns+` FROM session_session WHERE staff_id = $1 AND expires_at > $2 AND seen_at > $3 ORDER BY seen_at DESC, id`,
		staffID, tx.Wall, tx.Wall.Add(-idle))
}

// Revoke ends one session of a person: session.unknown.
func Revoke(tx *db.Tx, staffID, id ident.ID) error {
	n, err := tx.Exec(`DELETE FROM session_session WHERE id = $1 AND staff_id = $2`, id, staffID)
	if err == nil && n == 0 {
		err = fault.New(fault.NotFound, "session.unknown")
	}
	return err
}

// RevokeAll ends every session of a person: after a change of password, a
// change of role, or when they are disabled.
func RevokeAll(tx *db.Tx, staffID ident.ID) error {
	_, err := tx.Exec(`DELETE FROM session_session WHERE staff_id = $1`, staffID)
	return err
}

// Sweep removes sessions that are over; a job calls it once a day.
func Sweep(tx *db.Tx) (removed int64, err error) {
	return tx.Exec(`DELETE FROM session_session WHERE expires_at <= $1 OR seen_at <= $2`, tx.Wall, tx.Wall.Add(-idle))
}

// network is the address of the caller cut to its network, enough to
// recognise one's own devices.
func network(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	ip := net.ParseIP(host)
	switch {
	case ip == nil:
		return ""
	case ip.To4() != nil:
		return ip.Mask(net.CIDRMask(24, 32)).String()
	}
	return ip.Mask(net.CIDRMask(48, 128)).String()
}

// device is the browser and system of a user agent in a few words.
func device(agent string) string {
	pick := func(pairs ...string) string {
		for i := 0; i < len(pairs); i += 2 {
			if strings.Contains(agent, pairs[i]) {
				return pairs[i+1]
			}
		}
		return ""
	}
	browser := pick("Edg/", "Edge", "OPR/", "Opera", "Firefox/", "Firefox", "Chrome/", "Chrome", "Safari/", "Safari")
	system := pick("iPhone", "iPhone", "iPad", "iPad", "Android", "Android", "Windows", "Windows", "Mac OS X", "Mac", "CrOS", "ChromeOS", "Linux", "Linux")
	return strings.TrimSpace(browser + " " + system)
}
