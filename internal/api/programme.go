package api

import (
	"joren/internal/audience"
	"strconv"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/plan"
	"joren/internal/programme"
	"joren/internal/staff"
)

// ProgrammeVersion is one version of the programme document.
type ProgrammeVersion struct {
	Number        int           `json:"number"`
	State         string        `json:"state" enum:"draft,scheduled,in_force,superseded"`
	Hash          string        `json:"hash" doc:"SHA-256 of the text"`
	EffectiveFrom clock.Day     `json:"effective_from"`
	Note          string        `json:"note,omitempty"`
	CreatedAt     clock.Instant `json:"created_at"`
	PublishedAt   clock.Instant `json:"published_at,omitzero"`
	Source        string        `json:"source,omitempty" doc:"the text, where one version is asked for"`
}

// ProgrammeVersions are all of them.
type ProgrammeVersions struct {
	Versions []ProgrammeVersion `json:"versions"`
}

// DraftRequest is the text of a new draft.
type DraftRequest struct {
	Source string `json:"source" doc:"the programme document, YAML"`
	Note   string `json:"note,omitempty"`
}

// PublishRequest says how a draft is published.
type PublishRequest struct {
	Note        string `json:"note,omitempty"`
	ShortNotice bool   `json:"short_notice,omitempty" doc:"publish although members get less than the notice period"`
}

// Terms are the member-facing terms in one language.
type Terms struct {
	Lang       string          `json:"lang"`
	Version    int             `json:"version"`
	Title      string          `json:"title"`
	Paragraphs []TermParagraph `json:"paragraphs"`
}

// TermParagraph is one subject of the terms.
type TermParagraph struct {
	Key     string `json:"key" doc:"what part of the programme it is about, such as rules.five-days"`
	Heading string `json:"heading"`
	Text    string `json:"text"`
}

type versionRef struct {
	Number string `path:"n" doc:"number of the version"`
}

type draftIn struct{ Body DraftRequest }

type publishIn struct {
	Number string `path:"n" doc:"number of the version"`
	Body   PublishRequest
}

type termsIn struct {
	Lang string        `query:"lang" doc:"ja or en; that of Accept-Language when left out"`
	At   clock.Instant `query:"at" doc:"the version in force then; now when left out"`
}

func (s *server) programme() {
	const path = "/v1/programme/versions"
	handle(s, route{Method: "GET", Path: path, Tag: "Programme", Scope: staff.ScopeRead, Summary: "All versions"}, s.getVersions)
	handle(s, route{Method: "GET", Path: path + "/{n}", Tag: "Programme", Scope: staff.ScopeRead, Summary: "A version with its text"}, s.getVersion)
	handle(s, created(route{Method: "POST", Path: path, Tag: "Programme", Scope: staff.ScopeAdmin, Once: mayKey, Summary: "Save a draft",
		Detail: "A document with problems is refused with all of them, each with its path and line."}), s.postVersion)
	handle(s, route{Method: "POST", Path: path + "/{n}/publish", Tag: "Programme", Scope: staff.ScopeAdmin, Once: mayKey, Summary: "Publish a draft",
		Detail: "From its first day on it judges purchases; its text never changes again."}, s.postPublish)
	handle(s, route{Method: "GET", Path: "/v1/programme/terms", Tag: "Programme", Scope: staff.ScopeRead, Summary: "The terms for members",
		Detail: "Made from the version in force, so they cannot say anything else than what the judge does."}, s.getTerms)
}

func (s *server) getVersions(c *call, _ *struct{}) (out answer[ProgrammeVersions], err error) {
	out.body.Versions = []ProgrammeVersion{}
	err = s.DB.Read(c.ctx, func(tx *db.Tx) error {
		all, err := programme.Versions(tx)
		for _, v := range all {
			out.body.Versions = append(out.body.Versions, versionOut(v))
		}
		return err
	})
	return out, err
}

func (s *server) getVersion(c *call, in *versionRef) (out answer[ProgrammeVersion], err error) {
	n, err := versionNumber(in.Number)
	if err != nil {
		return out, err
	}
	err = s.DB.Read(c.ctx, func(tx *db.Tx) error {
		v, err := programme.Get(tx, n)
		if err != nil {
			return err
		}
		src, err := programme.Source(tx, n)
		out.body = versionOut(v)
		out.body.Source = string(src)
		return err
	})
	return out, err
}

func (s *server) postVersion(c *call, in *draftIn) (answer[ProgrammeVersion], error) {
	return inOne(c, func(tx *db.Tx) (ProgrammeVersion, error) {
		v, err := programme.Save(tx, []byte(in.Body.Source), c.key.ID, in.Body.Note)
		return versionOut(v), err
	})
}

func (s *server) postPublish(c *call, in *publishIn) (a answer[ProgrammeVersion], err error) {
	n, err := versionNumber(in.Number)
	if err != nil {
		return a, err
	}
	return inOne(c, func(tx *db.Tx) (ProgrammeVersion, error) {
		v, err := audience.PublishDraft(tx, n, programme.Order{By: c.key.ID, Note: in.Body.Note, ShortNotice: in.Body.ShortNotice})
		return versionOut(v), err
	})
}

func versionNumber(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, fault.New(fault.NotFound, "programme.version_unknown", "number", 0)
	}
	return n, nil
}

func versionOut(v programme.Version) ProgrammeVersion {
	return ProgrammeVersion{Number: v.Number, State: string(v.State), Hash: v.Hash, EffectiveFrom: v.EffectiveFrom, Note: v.Note, CreatedAt: v.CreatedAt, PublishedAt: v.PublishedAt}
}

func (s *server) getTerms(c *call, in *termsIn) (out answer[Terms], err error) {
	lang, err := c.langOr(in.Lang)
	if err != nil {
		return out, err
	}
	err = s.DB.Read(c.ctx, func(tx *db.Tx) error {
		at := in.At
		if at == 0 {
			at = tx.Now
		}
		p, err := s.Programmes.At(tx, at)
		if err != nil {
			return err
		}
		d := plan.Terms(p, lang)
		out.body = Terms{Lang: string(lang), Version: p.Version, Title: d.Title, Paragraphs: []TermParagraph{}}
		for _, x := range d.Paragraphs {
			out.body.Paragraphs = append(out.body.Paragraphs, TermParagraph{x.Key, x.Heading, x.Text})
		}
		return nil
	})
	return out, err
}
