// Package people tells the stories of a membership that cross rooms: joining,
// changing, leaving, being forgotten, being two records and becoming one, and
// taking one's data along. Members and households keep the people, the ledger
// their points.
//
// Functions with a transaction do their whole work in it; the face that calls
// them wraps it with the idempotency key. Merging takes several transactions
// and a context.
package people

import (
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/event"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/ledger"
	"joren/internal/member"
	"joren/internal/outbox"
	"joren/internal/plan"
)

// People is the story with what it needs. It is safe for concurrent use.
type People struct {
	Members  *member.Members
	Policies func(tx *db.Tx, at clock.Instant) ([]*ledger.Policy, error) // of every point type, in force at an instant
	Zone     func(tx *db.Tx) (clock.Zone, error)                         // the programme's
	// Programme is the version in force. Left out, points end with a
	// membership and households pool.
	Programme func(tx *db.Tx) (*plan.Programme, error)
}

func (p *People) programme(tx *db.Tx) (*plan.Programme, error) {
	if p.Programme == nil {
		return nil, nil
	}
	return p.Programme(tx)
}

func (p *People) today(tx *db.Tx) (clock.Day, error) {
	z, err := p.Zone(tx)
	if err != nil {
		return 0, err
	}
	return z.Day(tx.Now), nil
}

// Request is one enrolment.
type Request struct {
	member.Newcomer
	Consents []member.Consent
}

// Enrolled is the answer to an enrolment.
type Enrolled struct {
	Member  member.Member
	Known   bool          // she was a member already, by her number in another system; nothing was written
	Welcome bool          // a first membership: welcome gifts are due
	Twins   []member.Twin // members with the same phone or mail: perhaps the same person, for someone to look at
	Err     error
}

// Mode of an enrolment.
type Mode uint8

const (
	Present  Mode = iota // the person herself joins, at the till or on the web
	Imported             // a file says so
)

// Enrol writes new members, each answered for herself. Repeating an external
// id answers the member it belongs to, so an enrolment may be sent again.
//
// Who was a member before gets no second welcome gift: she is recorded as
// rejoined. Who was erased is not brought back by a file (member.was_erased),
// only by joining herself. Faults of one: member.was_erased,
// member.card_taken, member.external_taken, consent.invalid.
func (p *People) Enrol(tx *db.Tx, mode Mode, rs []Request) ([]Enrolled, error) {
	out := make([]Enrolled, len(rs))
	if err := p.findKnown(tx, rs, out); err != nil {
		return nil, err
	}
	news, at, err := p.weigh(tx, mode, rs, out)
	if err != nil {
		return nil, err
	}
	created, err := p.Members.Create(tx, news)
	if err != nil {
		return nil, err
	}
	var facts []outbox.Event
	for k, c := range created {
		i := at[k]
		out[i].Member, out[i].Err, out[i].Welcome = c.Member, c.Err, !c.Member.Rejoined
		if c.Err != nil {
			continue
		}
		if err := p.Members.Declare(tx, c.Member.ID, rs[i].Consents...); err != nil {
			return nil, err
		}
		facts = append(facts, outbox.Of(event.MemberJoined{Member: c.Member.ID, Source: c.Member.JoinSource, Store: c.Member.JoinStore, Day: c.Member.JoinedOn}))
	}
	return out, outbox.Append(tx, facts...)
}

// findKnown answers those whose external id is somebody's already.
func (p *People) findKnown(tx *db.Tx, rs []Request, out []Enrolled) error {
	var ids []member.External
	for _, r := range rs {
		for s, id := range r.Person.ExternalIDs {
			ids = append(ids, member.External{Source: s, ID: id})
		}
	}
	known, err := p.Members.ByExternal(tx, ids)
	for i, r := range rs {
		for s, id := range r.Person.ExternalIDs {
			if m, ok := known[member.External{Source: s, ID: id}]; ok && m.Status == member.Active {
				out[i] = Enrolled{Member: m, Known: true}
			}
		}
	}
	return err
}

// weigh decides who may be written and whether she was here before; at maps
// the newcomers back to their requests.
func (p *People) weigh(tx *db.Tx, mode Mode, rs []Request, out []Enrolled) (news []member.Newcomer, at []int, err error) {
	all := make([]member.Newcomer, len(rs))
	for i, r := range rs {
		all[i] = r.Newcomer
	}
	gone, err := p.Members.Gone(tx, all)
	if err != nil {
		return nil, nil, err
	}
	twins, err := p.Members.Twins(tx, all)
	if err != nil {
		return nil, nil, err
	}
	for i, n := range all {
		if out[i].Known {
			continue
		}
		out[i].Twins = twins[i]
		switch out[i].Err = refuse(mode, gone[i], rs[i]); {
		case out[i].Err != nil:
		default:
			n.Rejoined = n.Rejoined || gone[i].Withdrawn || leftBefore(twins[i])
			news, at = append(news, n), append(at, i)
		}
	}
	return news, at, nil
}

func refuse(mode Mode, g member.Gone, r Request) error {
	if mode == Imported && g.Erased {
		return fault.New(fault.Conflict, "member.was_erased")
	}
	for _, c := range r.Consents {
		if err := c.Check(); err != nil {
			return err
		}
	}
	return nil
}

func leftBefore(twins []member.Twin) bool {
	for _, t := range twins {
		if t.Member.Status == member.Withdrawn {
			return true
		}
	}
	return false
}

// Update changes personal fields of a member. version is the record's version
// the change was made from, 0 for any. What changes nothing is no fact. Faults
// as member.Members.Update.
func (p *People) Update(tx *db.Tx, id ident.ID, f member.Fields, version int64) (member.Member, error) {
	s, err := p.Members.Schema(tx)
	if err != nil {
		return member.Member{}, err
	}
	today, err := p.today(tx)
	if err != nil {
		return member.Member{}, err
	}
	was, err := p.Members.Get(tx, id)
	if err != nil {
		return was, err
	}
	m, err := p.Members.Update(tx, id, f, s, today, version)
	if err != nil || m.Version == was.Version {
		return m, err
	}
	return m, outbox.Append(tx, outbox.Of(event.MemberChanged{Member: id}))
}

// Declare records consents. Faults as member.Members.Declare.
func (p *People) Declare(tx *db.Tx, id ident.ID, cs ...member.Consent) error {
	if err := p.Members.Declare(tx, id, cs...); err != nil {
		return err
	}
	return outbox.Append(tx, outbox.Of(event.MemberChanged{Member: id}))
}
