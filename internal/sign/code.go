package sign

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"time"

	"joren/internal/clock"
	"joren/internal/fault"
)

// A card code is what a member's phone shows: it changes every half minute,
// dies after a minute, and only this installation can make it.
//
//	"J1" + base32( version 1 | key id 4 | alias 16 | issued 4 | MAC 12 )
//
// The alias is random and stands for the member; her id would show when she
// joined. Upper-case letters and digits only, so a QR code stays small
// (alphanumeric mode, ISO/IEC 18004).
const (
	CardEvery = 30 * time.Second // show a new code this often
	CardLife  = 60 * time.Second // a code is good for this long
	cardSkew  = 5 * time.Second  // two servers of one shop may differ by this
	cardMark  = "J1"
	cardBody  = 1 + 4 + 16 + 4
	cardMAC   = 12
)

var cardText = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// CardCode makes the code of an alias. now is wall time.
func (r *Ring) CardCode(alias [16]byte, now clock.Instant) string {
	m := r.current()
	b := make([]byte, cardBody, cardBody+cardMAC)
	b[0] = 1
	binary.BigEndian.PutUint32(b[1:], m.kid)
	copy(b[5:], alias[:])
	binary.BigEndian.PutUint32(b[21:], uint32(now.Time().Unix()))
	return cardMark + cardText.EncodeToString(append(b, mac(m.card, b)[:cardMAC]...))
}

// CardReading is what a genuine card code says.
type CardReading struct {
	Alias  [16]byte
	Issued clock.Instant
	Once   string // remember it for CardLife to refuse the same code twice when it spends
}

// ReadCard checks a scanned code. now is wall time. Faults, both Invalid:
// card.code_invalid (not ours, altered, unknown key), card.code_expired.
func (r *Ring) ReadCard(code string, now clock.Instant) (CardReading, error) {
	body, ok := strings.CutPrefix(strings.ToUpper(strings.TrimSpace(code)), cardMark)
	b, err := cardText.DecodeString(body)
	if !ok || err != nil || len(b) != cardBody+cardMAC || b[0] != 1 {
		return CardReading{}, fault.New(fault.Invalid, "card.code_invalid")
	}
	m := r.master(binary.BigEndian.Uint32(b[1:]))
	if m == nil || !hmac.Equal(mac(m.card, b[:cardBody])[:cardMAC], b[cardBody:]) {
		return CardReading{}, fault.New(fault.Invalid, "card.code_invalid")
	}
	c := CardReading{Alias: [16]byte(b[5:21]), Issued: clock.At(time.Unix(int64(binary.BigEndian.Uint32(b[21:])), 0)), Once: body}
	if age := now.Sub(c.Issued); age >= CardLife || age < -cardSkew {
		return CardReading{}, fault.New(fault.Invalid, "card.code_expired")
	}
	return c, nil
}

// IsCardCode reports whether a scan looks like a rotating code rather than a
// printed number.
func IsCardCode(scan string) bool {
	return strings.HasPrefix(strings.ToUpper(strings.TrimSpace(scan)), cardMark) && len(scan) > 40
}

func mac(key, msg []byte) []byte {
	m := hmac.New(sha256.New, key)
	m.Write(msg)
	return m.Sum(nil)
}

// Link signs a small payload for a link that needs no stored row: purpose
// separates uses, expires is wall time (clock.Never allowed). The payload can
// be read by anyone who sees the link; put no personal data and no UUIDv7
// into a public one.
func (r *Ring) Link(purpose string, payload []byte, expires clock.Instant) string {
	m := r.current()
	b := make([]byte, 13, 13+len(payload)+16)
	b[0] = 1
	binary.BigEndian.PutUint32(b[1:], m.kid)
	binary.BigEndian.PutUint64(b[5:], uint64(expires))
	b = append(b, payload...)
	return base64.RawURLEncoding.EncodeToString(append(b, linkMAC(m, purpose, b)...))
}

// ReadLink gives the payload back. Faults, both Invalid: link.invalid,
// link.expired (at the expiry instant and after it).
func (r *Ring) ReadLink(purpose, link string, now clock.Instant) ([]byte, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(link)
	if err != nil || len(b) < 13+16 || b[0] != 1 {
		return nil, fault.New(fault.Invalid, "link.invalid")
	}
	body, sum := b[:len(b)-16], b[len(b)-16:]
	m := r.master(binary.BigEndian.Uint32(b[1:]))
	if m == nil || !hmac.Equal(linkMAC(m, purpose, body), sum) {
		return nil, fault.New(fault.Invalid, "link.invalid")
	}
	if now >= clock.Instant(binary.BigEndian.Uint64(b[5:])) {
		return nil, fault.New(fault.Invalid, "link.expired")
	}
	return body[13:], nil
}

func linkMAC(m *master, purpose string, body []byte) []byte {
	msg := append([]byte(purpose), 0)
	return mac(m.link, append(msg, body...))[:16]
}

// NewAlias makes a member's random stand-in for rotating card codes.
func NewAlias() (alias [16]byte) {
	copy(alias[:], random())
	return alias
}
