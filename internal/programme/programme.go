// Package programme keeps the versions of the shop's programme document and
// says which one is in force at an instant.
//
// Its words: a version has a number, a text (with its SHA-256) and a first
// day. It is a draft until it is published; from then on its text never
// changes. Whether a published version is scheduled, in force or superseded
// follows from the instant, not from a job. A scheduled version can be
// withdrawn, which makes it a draft again.
//
// What the document means is package plan's business; this package adds only
// what a lone document cannot show: order in time, notice, and what must stay
// the same from version to version.
package programme

import (
	"crypto/sha256"
	"encoding/hex"

	"joren/internal/clock"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/plan"
)

// State is where a version stands in its life.
type State string

const (
	Draft      State = "draft"
	Scheduled  State = "scheduled"
	InForce    State = "in_force"
	Superseded State = "superseded"
)

// Version is one version without its text.
type Version struct {
	Number        int
	Hash          string // SHA-256 of the text, hexadecimal
	EffectiveFrom clock.Day
	StartsAt      clock.Instant // first instant of EffectiveFrom
	Note          string
	CreatedAt     clock.Instant
	CreatedBy     ident.ID
	PublishedAt   clock.Instant // 0: a draft
	PublishedBy   ident.ID
	State         State // at the instant it was asked for
}

// Hash is the fingerprint of a document's text.
func Hash(src []byte) string {
	h := sha256.Sum256(src)
	return hex.EncodeToString(h[:])
}

// judge sets the states as of now. vs is ordered by number.
func judge(vs []Version, now clock.Instant) []Version {
	force := -1
	for i, v := range vs {
		if v.PublishedAt != 0 && v.StartsAt <= now && (force < 0 || v.StartsAt > vs[force].StartsAt) {
			force = i
		}
	}
	for i := range vs {
		switch v := &vs[i]; {
		case v.PublishedAt == 0:
			v.State = Draft
		case i == force:
			v.State = InForce
		case v.StartsAt > now:
			v.State = Scheduled
		default:
			v.State = Superseded
		}
	}
	return vs
}

// Order is how a version is published.
type Order struct {
	By          ident.ID
	Note        string
	ShortNotice bool   // the owner knows that members get less than the notice period
	Seen        string // hash of the draft that was looked at; "" for whatever it says
}

// fits decides whether next may follow the published versions. last is the
// latest of them by start, nil when next is the first. Faults:
// programme.other_programme, programme.currency_changed,
// programme.zone_changed, programme.point_type_removed,
// programme.not_after (another version starts on that day or later),
// programme.starts_in_past, programme.notice_too_short.
func fits(last, next *plan.Programme, o Order, now clock.Instant) error {
	if last == nil {
		return nil
	}
	if err := same(last, next); err != nil {
		return err
	}
	switch {
	case next.Starts() <= last.Starts():
		return fault.New(fault.Conflict, "programme.not_after", "from", next.EffectiveFrom.String(), "version", last.Version, "other", last.EffectiveFrom.String())
	case next.Starts() <= now:
		return fault.New(fault.Invalid, "programme.starts_in_past", "from", next.EffectiveFrom.String())
	}
	return notice(last, next, o, now)
}

// same refuses what members' accounts could not follow.
func same(last, next *plan.Programme) error {
	switch {
	case last.ID != next.ID:
		return fault.New(fault.Conflict, "programme.other_programme", "id", next.ID, "known", last.ID)
	case last.Currency != next.Currency:
		return fault.New(fault.Conflict, "programme.currency_changed", "from", last.Currency, "to", next.Currency)
	case last.ZoneName != next.ZoneName || last.Zone.Starts != next.Zone.Starts:
		return fault.New(fault.Conflict, "programme.zone_changed", "from", last.ZoneName, "to", next.ZoneName)
	}
	for _, p := range last.Points {
		if _, ok := next.Policy(p.ID); !ok {
			return fault.New(fault.Conflict, "programme.point_type_removed", "points", p.ID)
		}
	}
	return nil
}

// notice refuses a worse version that members would hear of too late, unless
// the owner says so. The version in force sets the period.
func notice(last, next *plan.Programme, o Order, now clock.Instant) error {
	earliest := last.Zone.Day(now) + clock.Day(last.NoticeDays)
	if o.ShortNotice || next.EffectiveFrom >= earliest {
		return nil
	}
	worse := 0
	for _, c := range plan.Diff(last, next) {
		if c.Hurts() {
			worse++
		}
	}
	if worse == 0 {
		return nil
	}
	return fault.New(fault.Invalid, "programme.notice_too_short", "worse", worse, "days", last.NoticeDays, "earliest", earliest.String())
}
