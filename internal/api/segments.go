package api

import (
	"joren/internal/audience"
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/label"
	"joren/internal/rules"
	"joren/internal/segment"
	"joren/internal/staff"
)

// SegmentDefinition is what a segment asks for. All parts that are given must
// hold.
type SegmentDefinition struct {
	Recency   []int    `json:"recency,omitempty" doc:"classes 1 to 5 of the members who have bought, 5 the latest"`
	Frequency []int    `json:"frequency,omitempty" doc:"classes, 5 the most often"`
	Money     []int    `json:"money,omitempty" doc:"classes, 5 the most"`
	Score     *Band    `json:"score,omitempty" doc:"loyalty score of the day"`
	Stages    []string `json:"stages,omitempty" doc:"new, growing, regular, champion, at_risk, lapsing, dormant, lost: by her own rhythm"`
	When      string   `json:"when,omitempty" doc:"a condition in CEL over member, stats and now"`
}

// Band is a range of the score: from From up to, not including, To; 100 is
// included in a band that ends there.
type Band struct {
	From int `json:"from"`
	To   int `json:"to"`
}

// NewSegment is the body of POST /v1/segments.
type NewSegment struct {
	ID         string            `json:"id" doc:"what rules call it"`
	Name       label.Text        `json:"name"`
	Definition SegmentDefinition `json:"definition"`
	State      string            `json:"state,omitempty" enum:"draft,active" doc:"active counts it at once; draft when left out"`
}

// SegmentChange is the body of PATCH /v1/segments/{id}; what is left out stays.
type SegmentChange struct {
	Name       *label.Text        `json:"name,omitempty"`
	Definition *SegmentDefinition `json:"definition,omitempty"`
	State      string             `json:"state,omitempty" enum:"draft,active,archived"`
	Version    int64              `json:"version" doc:"as it was read: a change made meanwhile is 409"`
}

// SegmentOut is a segment with how many are in it.
type SegmentOut struct {
	ID         string            `json:"id"`
	Name       label.Text        `json:"name"`
	Definition SegmentDefinition `json:"definition"`
	Says       []string          `json:"says" doc:"the definition in words"`
	State      string            `json:"state" enum:"draft,active,archived"`
	Members    *int64            `json:"members" nullable:"true" doc:"null until it is switched on and counted"`
	Version    int64             `json:"version"`
	ChangedAt  clock.Instant     `json:"changed_at"`
}

// Segments are all segments.
type Segments struct {
	Segments []SegmentOut `json:"segments"`
}

// SegmentMembers is a page of who is in a segment.
type SegmentMembers struct {
	Members []SegmentMember `json:"members"`
	Next    *string         `json:"next" nullable:"true" doc:"pass as after for the next page; null at the end"`
}

// SegmentMember is one of them.
type SegmentMember struct {
	Member string        `json:"member"`
	Since  clock.Instant `json:"since"`
}

// SegmentTrial is what a definition would come to.
type SegmentTrial struct {
	Members int      `json:"members" doc:"active members of the shop"`
	Looked  int      `json:"looked" doc:"how many of them were placed; fewer than members: count is an estimate"`
	Count   int      `json:"count"`
	Low     int      `json:"low" doc:"of the 95 % interval; count when all were looked at"`
	High    int      `json:"high"`
	Samples []string `json:"samples" doc:"at most ten who would be in it"`
	Says    []string `json:"says" doc:"the definition in words"`
}

type segmentRef struct {
	ID string `path:"id"`
}

type newSegmentIn struct{ Body NewSegment }

type segmentChangeIn struct {
	ID   string `path:"id"`
	Body SegmentChange
}

type segmentTrialIn struct{ Body SegmentDefinition }

type segmentMembersIn struct {
	ID    string `path:"id"`
	After string `query:"after" doc:"next of the page before"`
	Limit int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

func (s *server) segments() {
	read := func(path, summary, detail string) route {
		return route{Method: "GET", Path: "/v1/segments" + path, Tag: "Segments", Scope: staff.ScopeRead, Summary: summary, Detail: detail}
	}
	handle(s, read("", "All segments", ""), s.getSegments)
	handle(s, read("/{id}", "A segment", ""), s.getSegment)
	handle(s, read("/{id}/members", "Who is in a segment", "By member id. Kept up to date within about a second of an event."), s.getSegmentMembers)
	handle(s, created(route{Method: "POST", Path: "/v1/segments", Tag: "Segments", Scope: staff.ScopeAdmin, Once: mayKey, Timeout: uploadTime, Summary: "Write a segment",
		Detail: "All that is wrong with it comes at once, each with its place."}), s.postSegment)
	handle(s, route{Method: "PATCH", Path: "/v1/segments/{id}", Tag: "Segments", Scope: staff.ScopeAdmin, Once: mayKey, Timeout: uploadTime, Summary: "Change a segment",
		Detail: "Another definition, other names or another state. A segment that a rule in force or another segment asks for cannot be put away."}, s.patchSegment)
	handle(s, route{Method: "POST", Path: "/v1/segments/preview", Tag: "Segments", Scope: staff.ScopeRead, Timeout: uploadTime, Summary: "Count a definition without saving it",
		Detail: "Exact up to 20,000 members; beyond, an estimate with its interval."}, s.postSegmentTrial)
}

// crowd is the audience; a server without one says so.
func (s *server) crowd() (*audience.Audience, error) {
	if s.Audience == nil {
		return nil, fault.New(fault.Unavailable, "insight.not_loaded")
	}
	return s.Audience, nil
}

func (d SegmentDefinition) in() segment.Definition {
	out := segment.Definition{Recency: d.Recency, Frequency: d.Frequency, Money: d.Money, When: d.When}
	if d.Score != nil {
		out.Score = &segment.Band{From: d.Score.From, To: d.Score.To}
	}
	for _, st := range d.Stages {
		out.Stages = append(out.Stages, segment.Stage(st))
	}
	return out
}

func (c *call) segmentOut(x segment.Segment) SegmentOut {
	d := &x.Definition
	out := SegmentOut{ID: x.ID, Name: x.Name, State: string(x.State), Version: x.Version, ChangedAt: x.ChangedAt, Says: c.segmentSays(d),
		Definition: SegmentDefinition{Recency: d.Recency, Frequency: d.Frequency, Money: d.Money, When: d.When}}
	if d.Score != nil {
		out.Definition.Score = &Band{d.Score.From, d.Score.To}
	}
	for _, st := range d.Stages {
		out.Definition.Stages = append(out.Definition.Stages, string(st))
	}
	if x.State == segment.Active && x.FilledAt != 0 {
		out.Members = &x.Members
	}
	return out
}

func (c *call) segmentSays(d *segment.Definition) []string {
	return append([]string{}, segment.Speaker{Speaker: rules.Speaker{Lang: c.lang()}}.Explain(d)...)
}

func (s *server) getSegments(c *call, _ *struct{}) (out answer[Segments], err error) {
	out.body.Segments = []SegmentOut{}
	err = s.DB.Read(c.ctx, func(tx *db.Tx) error {
		list, err := segment.List(tx, "")
		for _, x := range list {
			out.body.Segments = append(out.body.Segments, c.segmentOut(x))
		}
		return err
	})
	return out, err
}

func (s *server) getSegment(c *call, in *segmentRef) (out answer[SegmentOut], err error) {
	err = s.DB.Read(c.ctx, func(tx *db.Tx) error {
		x, err := segment.Get(tx, in.ID)
		out.body = c.segmentOut(x)
		return err
	})
	return out, err
}

func (s *server) getSegmentMembers(c *call, in *segmentMembersIn) (out answer[SegmentMembers], err error) {
	var after ident.ID
	if in.After != "" {
		if after, err = ident.Member.Parse(in.After); err != nil {
			return out, fault.New(fault.Invalid, "request.parameters").With(fault.At("after", "cursor.invalid"))
		}
	}
	out.body.Members = []SegmentMember{}
	err = s.DB.Read(c.ctx, func(tx *db.Tx) error {
		if _, err := segment.Get(tx, in.ID); err != nil {
			return err
		}
		list, err := segment.In(tx, in.ID, after, false, in.Limit+1)
		if len(list) > in.Limit {
			list = list[:in.Limit]
			next := ident.Member.Text(list[in.Limit-1].Member)
			out.body.Next = &next
		}
		for _, x := range list {
			out.body.Members = append(out.body.Members, SegmentMember{ident.Member.Text(x.Member), x.Since})
		}
		return err
	})
	return out, err
}

// counted has a change counted before it is answered where that takes a
// moment; the answer then says how many are in it.
func (s *server) counted(c *call, a *audience.Audience, out *answer[SegmentOut]) error {
	ordered, err := a.Settle(c.ctx)
	if err != nil || ordered {
		return err
	}
	return s.DB.Read(c.ctx, func(tx *db.Tx) error {
		x, err := segment.Get(tx, out.body.ID)
		out.body = c.segmentOut(x)
		return err
	})
}

func (s *server) postSegment(c *call, in *newSegmentIn) (out answer[SegmentOut], err error) {
	a, err := s.crowd()
	if err != nil {
		return out, err
	}
	out, err = inOne(c, func(tx *db.Tx) (SegmentOut, error) {
		x, err := a.Create(tx, segment.Segment{ID: in.Body.ID, Name: in.Body.Name, Definition: in.Body.Definition.in()})
		if err == nil && in.Body.State == string(segment.Active) {
			x, err = a.Turn(tx, x.ID, segment.Active, x.Version)
		}
		return c.segmentOut(x), err
	})
	if err == nil && !out.replayed && out.body.State == string(segment.Active) {
		err = s.counted(c, a, &out)
	}
	return out, err
}

func (s *server) patchSegment(c *call, in *segmentChangeIn) (out answer[SegmentOut], err error) {
	a, err := s.crowd()
	if err != nil {
		return out, err
	}
	b := &in.Body
	out, err = inOne(c, func(tx *db.Tx) (SegmentOut, error) {
		x, err := segment.Get(tx, in.ID)
		if err != nil {
			return SegmentOut{}, err
		}
		seen := b.Version
		if b.Name != nil || b.Definition != nil {
			if b.Name != nil {
				x.Name = *b.Name
			}
			if b.Definition != nil {
				x.Definition = b.Definition.in()
			}
			if x, err = a.Change(tx, x, seen); err != nil {
				return SegmentOut{}, err
			}
			seen = x.Version
		}
		if b.State != "" {
			x, err = a.Turn(tx, x.ID, segment.State(b.State), seen)
		}
		return c.segmentOut(x), err
	})
	if err == nil && !out.replayed && out.body.State == string(segment.Active) {
		err = s.counted(c, a, &out)
	}
	return out, err
}

func (s *server) postSegmentTrial(c *call, in *segmentTrialIn) (out answer[SegmentTrial], err error) {
	a, err := s.crowd()
	if err != nil {
		return out, err
	}
	x := segment.Segment{ID: "trial", Name: audience.Unnamed, Definition: in.Body.in()}
	t, err := a.Try(c.ctx, x)
	if err != nil {
		return out, err
	}
	out.body = SegmentTrial{Members: t.Members, Looked: t.Looked, Count: t.Count, Low: t.Low, High: t.High, Samples: []string{}, Says: c.segmentSays(&x.Definition)}
	for _, id := range t.Samples {
		out.body.Samples = append(out.body.Samples, ident.Member.Text(id))
	}
	return out, nil
}
