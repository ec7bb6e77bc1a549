package member

import (
	"strings"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/text"
)

// Consent is one declaration: given or taken back, for a purpose on a channel.
// Records are only added. They stay after erasure for their legal time (特定電
// 子メール法: a month after the last advertising mail; 特定商取引法: three
// years), with the contact as a keyed hash: whoever names the address can be
// shown the proof, nobody else learns it.
type Consent struct {
	ID       ident.ID
	Purpose  string // "advertising", "profiling", …
	Channel  string // "mail", "sms", "line", "post", "phone"
	Given    bool
	Wording  string        // version of the text she saw
	Source   string        // where: "join-page", "till", "import", "unsubscribe-link"
	At       clock.Instant // when she said so
	Recorded clock.Instant
	Evidence string // a reference (form, request id, call no.), never personal text
}

// Check refuses a consent that proves nothing, and evidence that looks
// personal: it outlives erasure. Fault: consent.invalid with fields.
func (c Consent) Check() error {
	var wrong []fault.Field
	for _, f := range []struct {
		path, value string
		most        int
		need        bool
	}{{"purpose", c.Purpose, 64, true}, {"channel", c.Channel, 64, true}, {"wording", c.Wording, 64, c.Given}, {"source", c.Source, 64, true}, {"evidence", c.Evidence, 500, false}} {
		if f.need && f.value == "" {
			wrong = append(wrong, fault.At(f.path, "field.empty"))
		}
		if len(f.value) > f.most {
			wrong = append(wrong, fault.At(f.path, "field.too_long", "max", f.most))
		}
	}
	if c.At == 0 {
		wrong = append(wrong, fault.At("at", "field.empty"))
	}
	if _, err := text.Phone(c.Evidence); err == nil || strings.Contains(c.Evidence, "@") {
		wrong = append(wrong, fault.At("evidence", "consent.personal_evidence"))
	}
	return wrongs("consent.invalid", wrong)
}

// Declare records consents of a member. Faults: consent.invalid,
// member.unknown, member.erased, member.merged.
func (m *Members) Declare(tx *db.Tx, id ident.ID, cs ...Consent) error {
	if _, err := m.living(tx, id); err != nil {
		return err
	}
	p, err := m.Person(tx, id)
	if err != nil {
		return err
	}
	for _, c := range cs {
		if err := c.Check(); err != nil {
			return err
		}
		_, err := tx.Exec(`INSERT INTO member_consent (member_id, consent_id, purpose, channel, given, wording, source, evidence, contact, at, recorded_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`, id, ident.New(), c.Purpose, c.Channel, c.Given, c.Wording, c.Source, c.Evidence, m.contact(&p, c.Channel), c.At, tx.Now)
		if err != nil {
			return err
		}
	}
	return nil
}

// contact is the keyed hash of the address a channel uses, nil without one.
func (m *Members) contact(p *Person, channel string) []byte {
	switch {
	case channel == "mail" && p.Email != "":
		return m.index.contact.Key("mail/" + p.Email)
	case (channel == "sms" || channel == "phone") && p.Phone != "":
		return m.index.contact.Key("phone/" + p.Phone)
	}
	return nil
}

var consentsOf = db.NewBulk("m uuid", `SELECT member_consent.consent_id, member_consent.purpose, member_consent.channel, member_consent.given, member_consent.wording, member_consent.source,
	member_consent.evidence, member_consent.at, member_consent.recorded_at FROM u JOIN member_consent ON member_consent.member_id = u.m`)

// Consents are all declarations of a member and of the records merged into
// hers, oldest first by the instant she made them.
func (m *Members) Consents(tx *db.Tx, id ident.ID) ([]Consent, error) {
	family, err := m.Family(tx, id)
	if err != nil {
		return nil, err
	}
	cs, err := db.BulkQuery(tx, consentsOf, func(r db.Row) (c Consent, err error) {
		return c, r.Scan(&c.ID, &c.Purpose, &c.Channel, &c.Given, &c.Wording, &c.Source, &c.Evidence, &c.At, &c.Recorded)
	}, family)
	sortConsents(cs)
	return cs, err
}

// Allows reports whether the last word on a purpose and channel was yes. cs
// are in order.
func Allows(cs []Consent, purpose, channel string) bool {
	yes := false
	for _, c := range cs {
		if c.Purpose == purpose && c.Channel == channel {
			yes = c.Given
		}
	}
	return yes
}
