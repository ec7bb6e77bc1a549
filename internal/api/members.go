package api

import (
	"net/http"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/member"
	"joren/internal/people"
	"joren/internal/sale"
	"joren/internal/staff"
)

// Enrolment is the body of POST /v1/members.
type Enrolment struct {
	member.Input
	Consents []ConsentInput `json:"consents,omitempty"`
}

// ConsentInput is one declaration of a member.
type ConsentInput struct {
	Purpose  string        `json:"purpose" doc:"advertising, profiling, …"`
	Channel  string        `json:"channel" doc:"mail, sms, line, post, phone"`
	Given    bool          `json:"given"`
	Wording  string        `json:"wording,omitempty" doc:"version of the text she saw"`
	Source   string        `json:"source" doc:"where she said so"`
	At       clock.Instant `json:"at"`
	Evidence string        `json:"evidence,omitempty" doc:"a reference, never personal text"`
}

// Enrolled is the answer to an enrolment.
type Enrolled struct {
	ID       string    `json:"id"`
	Card     string    `json:"card"`
	JoinedOn clock.Day `json:"joined_on"`
	Known    bool      `json:"known,omitempty" doc:"an external id was hers already: nothing was written"`
	Rejoined bool      `json:"rejoined,omitempty" doc:"she was a member before: no second welcome gift"`
	Twins    []string  `json:"twins,omitempty" doc:"members with the same phone or mail: perhaps the same person"`
}

// Member is a member as the API shows her.
type Member struct {
	ID         string         `json:"id"`
	Status     string         `json:"status" enum:"active,withdrawn,erased,merged"`
	Card       string         `json:"card,omitempty"`
	Cards      []string       `json:"cards,omitempty" doc:"every number that identifies her at a till"`
	JoinedOn   clock.Day      `json:"joined_on"`
	JoinStore  string         `json:"join_store,omitempty"`
	JoinSource string         `json:"join_source,omitempty"`
	Rejoined   bool           `json:"rejoined,omitempty"`
	MergedInto string         `json:"merged_into,omitempty"`
	LeftAt     clock.Instant  `json:"left_at,omitzero"`
	Version    int64          `json:"version" doc:"send it with a change to refuse one that was made meanwhile"`
	Person     *PersonDetails `json:"person,omitempty" doc:"absent once she is erased"`
}

// PersonDetails is who she is, with the words of the request that enrols her.
type PersonDetails struct {
	Name          string                     `json:"name,omitempty"`
	NameKana      string                     `json:"name_kana,omitempty"`
	Phone         string                     `json:"phone,omitempty"`
	Email         string                     `json:"email,omitempty"`
	Birthday      string                     `json:"birthday,omitempty" doc:"a date, or MM-DD when the year is not known"`
	Gender        string                     `json:"gender,omitempty"`
	PostCode      string                     `json:"post_code,omitempty"`
	Area          string                     `json:"area,omitempty"`
	Address       string                     `json:"address,omitempty"`
	Memo          string                     `json:"memo,omitempty"`
	Anniversaries []member.AnniversaryFields `json:"anniversaries,omitempty"`
	Attributes    map[string]any             `json:"attributes,omitempty"`
	ExternalIDs   map[string]string          `json:"external_ids,omitempty"`
}

// MemberList is one page of members.
type MemberList struct {
	Members []Member `json:"members"`
	Next    *string  `json:"next" nullable:"true" doc:"pass as after for the next page; null at the end"`
	More    bool     `json:"more,omitempty" doc:"a search found more than it shows: ask for more words"`
}

type enrolIn struct{ Body Enrolment }

type memberRef struct {
	ID string `path:"id" doc:"mem_…"`
}

type listIn struct {
	Q      string `query:"q" doc:"name or reading in any writing, phone or its last digits, mail, card, external id"`
	Status string `query:"status" doc:"active (default), withdrawn, erased, merged; a search without it finds all"`
	After  string `query:"after" doc:"next of the page before"`
	Limit  int    `query:"limit" default:"100" minimum:"1" maximum:"1000"`
}

type changeIn struct {
	ID      string `path:"id" doc:"mem_…"`
	Version int64  `query:"version" minimum:"1" doc:"the version the change was made from; left out: any"`
	Body    member.Fields
}

func (s *server) members() {
	s.households()
	handle(s, created(route{Method: "POST", Path: "/v1/members", Tag: "Members", Scope: staff.ScopeWrite, Once: mayKey, Status: []int{http.StatusOK}, Example: memberExample,
		Summary: "Enrol a member", Detail: "Without a card a member number is made. An external id that is a member's already answers her: 200, known: true."}), s.postMember)
	handle(s, route{Method: "GET", Path: "/v1/members", Tag: "Members", Scope: staff.ScopeRead, Summary: "Find or list members",
		Detail: "With q the best match first; without it all of a status, newest first."}, s.listMembers)
	handle(s, route{Method: "GET", Path: "/v1/members/{id}", Tag: "Members", Scope: staff.ScopeRead, Summary: "A member",
		Detail: "Someone who was merged is answered as the member she lives on as."}, s.getMember)
	handle(s, route{Method: "PATCH", Path: "/v1/members/{id}", Tag: "Members", Scope: staff.ScopeWrite, Summary: "Change a member",
		Detail: `What is left out stays; "" or null takes a value away.`}, s.patchMember)
	handle(s, route{Method: "POST", Path: "/v1/members/{id}/withdraw", Tag: "Members", Scope: staff.ScopeWrite, Once: mayKey, Summary: "End a membership",
		Detail: "Her points end, pending ones too, or wait for her return where the programme says so; her household's stay with it. Withdrawing again changes nothing."}, s.postWithdraw)
	handle(s, route{Method: "POST", Path: "/v1/members/{id}/rejoin", Tag: "Members", Scope: staff.ScopeWrite, Once: mayKey, Summary: "Take back a member who left",
		Detail: "Under her old record, without a second welcome gift. Points that still waited for her are hers again."}, s.postRejoin)
	handle(s, route{Method: "POST", Path: "/v1/members/{id}/erase", Tag: "Members", Scope: staff.ScopeAdmin, Once: mayKey, Summary: "Forget a person",
		Detail: "Her personal data are destroyed for ever; the ledger stays, under a bare id."}, s.postErase)
	handle(s, route{Method: "POST", Path: "/v1/members/merge", Tag: "Members", Scope: staff.ScopeAdmin, Once: mayKey, Summary: "Make one member of two records",
		Detail: "gone lives on as kept: cards and numbers lead to her, and the lots move with their expiry."}, s.postMerge)
	handle(s, route{Method: "POST", Path: "/v1/merges/{id}/undo", Tag: "Members", Scope: staff.ScopeAdmin, Once: mayKey, Summary: "Take a merge apart",
		Detail: "What is left of the lots goes back; what was spent stays spent."}, s.postUndo)
}

func memberID(text string) (ident.ID, error) {
	id, err := ident.Member.Parse(text)
	if err != nil {
		err = fault.New(fault.NotFound, "member.unknown")
	}
	return id, err
}

func (s *server) postMember(c *call, in *enrolIn) (answer[Enrolled], error) {
	known := false
	var welcome ident.ID
	a, err := inOne(c, func(tx *db.Tx) (out Enrolled, err error) {
		known, welcome = false, ident.ID{}
		schema, err := s.Members.Schema(tx)
		if err != nil {
			return out, err
		}
		zone, err := s.People.Zone(tx)
		if err != nil {
			return out, err
		}
		n, err := in.Body.Input.Check(schema, zone.Day(tx.Now))
		if err != nil {
			return out, err
		}
		req := people.Request{Newcomer: n}
		for _, x := range in.Body.Consents {
			req.Consents = append(req.Consents, member.Consent{Purpose: x.Purpose, Channel: x.Channel, Given: x.Given, Wording: x.Wording, Source: x.Source, At: x.At, Evidence: x.Evidence})
		}
		all, err := s.People.Enrol(tx, people.Present, []people.Request{req})
		if err != nil {
			return out, err
		}
		if known = all[0].Known; all[0].Welcome {
			welcome = all[0].Member.ID
		}
		return enrolledOut(&all[0]), all[0].Err
	})
	if known {
		a.status = http.StatusOK
	}
	if err == nil && !welcome.IsZero() {
		s.greet(c, welcome)
	}
	return a, err
}

// greet gives a new member what the programme has for joining at once, so that
// her balance shows it when the caller asks next. She is enrolled already, so a
// failure is no answer to the enrolment: it is logged, and the consumer of
// member.joined, which greets everybody, makes it good; the story counts once.
func (s *server) greet(c *call, id ident.ID) {
	if _, err := s.Sales.Joined(c.ctx, id, sale.By{Actor: c.actor()}); err != nil {
		s.Log.ErrorContext(c.ctx, "welcome", "request", c.id, "member", ident.Member.Text(id), "error", err.Error())
	}
}

func enrolledOut(e *people.Enrolled) Enrolled {
	out := Enrolled{ID: ident.Member.Text(e.Member.ID), Card: e.Member.Card, JoinedOn: e.Member.JoinedOn, Known: e.Known, Rejoined: e.Member.Rejoined && !e.Known}
	for _, t := range e.Twins {
		out.Twins = append(out.Twins, ident.Member.Text(t.Member.ID))
	}
	return out
}

func (s *server) listMembers(c *call, in *listIn) (out answer[MemberList], err error) {
	out.body.Members = []Member{}
	after, ok := member.ParseCursor(in.After)
	if !ok {
		return out, fault.New(fault.Invalid, "request.parameters").With(fault.At("after", "cursor.invalid"))
	}
	switch member.Status(in.Status) {
	case "", member.Active, member.Withdrawn, member.Erased, member.Merged:
	default:
		return out, fault.New(fault.Invalid, "request.parameters").With(fault.At("status", "value.unknown", "allowed", "active, withdrawn, erased, merged"))
	}
	if in.Q != "" && in.After != "" { // a search has one page
		return out, fault.New(fault.Invalid, "request.parameters").With(fault.At("after", "cursor.invalid"))
	}
	err = s.DB.Read(c.ctx, func(tx *db.Tx) error {
		if in.Q != "" {
			return s.search(tx, in, &out.body)
		}
		list, next, err := s.Members.List(tx, member.Page{Status: member.Status(in.Status), After: after, Limit: in.Limit})
		if err != nil {
			return err
		}
		if n := next.String(); n != "" {
			out.body.Next = &n
		}
		ids := make([]ident.ID, len(list))
		for i := range list {
			ids[i] = list[i].ID
		}
		who, err := s.Members.People(tx, ids)
		for i := range list {
			out.body.Members = append(out.body.Members, memberOut(&list[i], who))
		}
		return err
	})
	return out, err
}

func (s *server) search(tx *db.Tx, in *listIn, out *MemberList) error {
	found, err := s.Members.Search(tx, in.Q, in.Limit)
	for i := range found.Hits {
		h := &found.Hits[i]
		if in.Status != "" && h.Status != member.Status(in.Status) {
			continue
		}
		out.Members = append(out.Members, memberOut(&h.Member, map[ident.ID]member.Person{h.ID: h.Person}))
	}
	out.More = found.More
	return err
}

func (s *server) getMember(c *call, in *memberRef) (out answer[Member], err error) {
	err = s.DB.Read(c.ctx, func(tx *db.Tx) (err error) {
		out.body, err = s.member(tx, in.ID)
		return err
	})
	return out, err
}

// member is the member of a path, or the one she lives on as.
func (s *server) member(tx *db.Tx, text string) (out Member, err error) {
	m, err := s.find(tx, text)
	if err != nil {
		return out, err
	}
	who, err := s.Members.People(tx, []ident.ID{m.ID})
	if err != nil {
		return out, err
	}
	out = memberOut(&m, who)
	out.Cards, err = s.Members.Cards(tx, m.ID)
	return out, err
}

// find follows merges: member.unknown.
func (s *server) find(tx *db.Tx, text string) (m member.Member, err error) {
	id, err := memberID(text)
	if err != nil {
		return m, err
	}
	all, err := s.Members.ByIDs(tx, []ident.ID{id})
	if err != nil {
		return m, err
	}
	m, known := all[id]
	if !known {
		return m, fault.New(fault.NotFound, "member.unknown")
	}
	return m, nil
}

func (s *server) patchMember(c *call, in *changeIn) (out answer[Member], err error) {
	id, err := memberID(in.ID)
	if err != nil {
		return out, err
	}
	err = s.DB.Write(c.ctx, func(tx *db.Tx) error {
		if _, err := s.People.Update(tx, id, in.Body, in.Version); err != nil {
			return err
		}
		out.body, err = s.member(tx, in.ID)
		return err
	})
	return out, err
}

// Left is the answer to a withdrawal or erasure.
type Left struct {
	ID     string  `json:"id"`
	Status string  `json:"status"`
	Lost   []Stake `json:"lost,omitempty" doc:"per point type what ended by leaving, or waits"`
}

// Stake is what a member lost of one point type.
type Stake struct {
	Type   string `json:"type"`
	Points int64  `json:"points"`
	Pooled bool   `json:"pooled,omitempty" doc:"they belong to her household and stay there"`

	Kept  int64     `json:"kept,omitempty" doc:"points that wait for her return"`
	Until clock.Day `json:"until,omitzero" doc:"through this day"`
}

func (s *server) postWithdraw(c *call, in *memberRef) (a answer[Left], err error) {
	id, err := memberID(in.ID)
	if err != nil {
		return a, err
	}
	return unbusy(c, func(tx *db.Tx) (Left, error) {
		m, stakes, err := s.People.Withdraw(tx, id, c.actor())
		out := Left{ID: in.ID, Status: string(m.Status)}
		out.Lost = told(stakes)
		return out, err
	})
}

func told(stakes []people.Stake) (out []Stake) {
	for _, x := range stakes {
		out = append(out, Stake{Type: x.Type, Points: x.Lost, Pooled: x.Pooled, Kept: x.Kept, Until: x.Until})
	}
	return out
}

func (s *server) postErase(c *call, in *memberRef) (a answer[Left], err error) {
	id, err := memberID(in.ID)
	if err != nil {
		return a, err
	}
	return unbusy(c, func(tx *db.Tx) (Left, error) {
		stakes, err := s.People.ErasureStakes(tx, id)
		if err != nil {
			return Left{}, err
		}
		m, err := s.People.Erase(tx, id, c.actor())
		return Left{ID: in.ID, Status: string(m.Status), Lost: told(stakes)}, err
	})
}

// MergeRequest names two records of one person.
type MergeRequest struct {
	Gone string `json:"gone" doc:"mem_…: lives on as kept"`
	Kept string `json:"kept" doc:"mem_…"`
}

// Merge is how far a merge is.
type Merge struct {
	ID        string        `json:"id"`
	Gone      string        `json:"gone"`
	Kept      string        `json:"kept"`
	State     string        `json:"state" enum:"moving,merged,undoing,undone" doc:"moving and undoing: the points are still on their way"`
	Filled    []string      `json:"filled,omitempty" doc:"names of the fields kept took over"`
	StartedAt clock.Instant `json:"started_at"`
	EndedAt   clock.Instant `json:"ended_at,omitzero"`
}

type mergeIn struct{ Body MergeRequest }

type mergeRef struct {
	ID string `path:"id" doc:"mrg_…"`
}

func (s *server) postMerge(c *call, in *mergeIn) (a answer[Merge], err error) {
	gone, err := memberID(in.Body.Gone)
	if err != nil {
		return a, fault.New(fault.NotFound, "member.unknown").With(fault.At("gone", "member.unknown"))
	}
	kept, err := memberID(in.Body.Kept)
	if err != nil {
		return a, fault.New(fault.NotFound, "member.unknown").With(fault.At("kept", "member.unknown"))
	}
	return inSeveral(c, func() (Merge, error) {
		g, err := s.People.Merge(c.ctx, s.DB, gone, kept, c.actor())
		return mergeOut(&g), err
	})
}

func (s *server) postUndo(c *call, in *mergeRef) (a answer[Merge], err error) {
	id, err := ident.Merge.Parse(in.ID)
	if err != nil {
		return a, fault.New(fault.NotFound, "merge.unknown")
	}
	return inSeveral(c, func() (Merge, error) {
		g, err := s.People.Undo(c.ctx, s.DB, id, c.actor())
		return mergeOut(&g), err
	})
}

func mergeOut(g *member.Merge) Merge {
	return Merge{ID: ident.Merge.Text(g.ID), Gone: ident.Member.Text(g.Gone), Kept: ident.Member.Text(g.Kept), State: string(g.State), Filled: g.Filled, StartedAt: g.StartedAt, EndedAt: g.EndedAt}
}

func memberOut(m *member.Member, who map[ident.ID]member.Person) Member {
	out := Member{ID: ident.Member.Text(m.ID), Status: string(m.Status), Card: m.Card, JoinedOn: m.JoinedOn, JoinStore: m.JoinStore, JoinSource: m.JoinSource,
		Rejoined: m.Rejoined, MergedInto: ident.Member.Text(m.MergedInto), LeftAt: m.LeftAt, Version: m.Version}
	if p, ok := who[m.ID]; ok {
		out.Person = personOut(&p)
	}
	return out
}

func personOut(p *member.Person) *PersonDetails {
	d := &PersonDetails{Name: p.Name, NameKana: p.NameKana, Phone: p.Phone, Email: p.Email, Birthday: dayOrMonthDay(p.Birthday), Gender: string(p.Gender),
		PostCode: p.PostCode, Area: p.Area, Address: p.Address, Memo: p.Memo, Attributes: p.Attributes, ExternalIDs: p.ExternalIDs}
	for _, a := range p.Anniversaries {
		d.Anniversaries = append(d.Anniversaries, member.AnniversaryFields{Name: a.Name, On: dayOrMonthDay(a.On)})
	}
	return d
}

// dayOrMonthDay is a date, or MM-DD of one whose year nobody told.
func dayOrMonthDay(d clock.Day) string {
	if d == 0 {
		return ""
	}
	s := d.String()
	if y, _, _ := d.Date(); y < 1000 {
		return s[len(s)-5:]
	}
	return s
}
