package console

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"joren/internal/audit"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/member"
	"joren/internal/session"
	"joren/internal/staff"
	"joren/internal/tier"
	"joren/internal/ui"
)

func (c *Console) mergeRoutes() {
	c.get("/members/duplicates", staff.MembersMerge, c.duplicates)
	c.get("/members/{id}/merge", staff.MembersMerge, c.mergePage)
	c.post("/members/{id}/merge", staff.MembersMerge, c.merge)
	c.post("/merges/{id}/undo", staff.MembersMerge, c.unmerge)
	c.command("console.double.title", "/members/duplicates", staff.MembersMerge)
}

const (
	doublesAtMost = 500 // members one page of the search for doubles looks through; each costs a few look-ups by token
	doublesAtOnce = 10
)

// doublesPatience is how long one page looks: with a million members a name may
// have thousands of bearers, and each look-up reads them.
const doublesPatience = 40 * time.Millisecond

type doublesPage struct {
	question
	s      *scene
	rows   []member.Double
	people map[ident.ID]owner
	next   string
}

// lookForDoubles goes on through the members until a page is full, there are no
// more, or it has looked for long enough.
func (c *Console) lookForDoubles(tx *db.Tx, p *doublesPage, from member.Cursor) error {
	now := c.db.Clock().Wall
	began := now()
	for looked := 0; len(p.rows) < p.list.Size && looked < doublesAtMost && now().Sub(began) < doublesPatience; looked += doublesAtOnce {
		found, next, err := c.Members.Doubles(tx, from, doublesAtOnce)
		if err != nil {
			return err
		}
		from = next
		p.rows = append(p.rows, found...)
		if p.next = next.String(); p.next == "" {
			break
		}
	}
	return nil
}

// duplicates lists records that may be one person, the newest first.
func (c *Console) duplicates(w http.ResponseWriter, r *http.Request) error {
	p := doublesPage{question: c.ask(r, ui.ListSpec{})}
	err := c.read(r, func(tx *db.Tx) (err error) {
		if p.s, err = c.scene(r, tx); err != nil {
			return err
		}
		from, _ := placeOf(&p.question, member.ParseCursor)
		if err = c.lookForDoubles(tx, &p, from); err != nil {
			return err
		}
		var ids []ident.ID
		for _, x := range p.rows {
			ids = append(ids, x.Newer.ID, x.Older.ID)
		}
		p.people, err = c.owners(tx, p.s, ids)
		return err
	})
	if err != nil {
		return err
	}
	return ui.Render(w, r, p.status(), doublesView(p))
}

// merging is the page on which two records are compared: the one that stays
// beside the one that goes.
type merging struct {
	ui.Form
	s          *scene
	kept       member360
	gone       *member360 // nil before the other one is chosen
	maybe      []member.Twin
	maybeNames map[ident.ID]owner
	rank       string // the rank of both together; "" where there are none
	refused    string
}

func (c *Console) mergePage(w http.ResponseWriter, r *http.Request) error {
	q := c.names(r, "with")
	if q.why == nil && c.sentEmpty(r, "with") {
		return c.showMerge(w, r, http.StatusUnprocessableEntity, "", fault.New(fault.Invalid, "console.merge_which"))
	}
	return c.showMerge(w, r, q.status(), q.wanted.Get("with"), q.why)
}

func (c *Console) showMerge(w http.ResponseWriter, r *http.Request, status int, with string, refused error) error {
	var p merging
	err := c.read(r, func(tx *db.Tx) (err error) {
		if p.s, err = c.scene(r, tx); err != nil {
			return err
		}
		if p.kept, err = c.side(r, tx, p.s); err != nil {
			return err
		}
		if with == "" {
			return c.suggest(tx, &p)
		}
		if p.gone, err = c.other(tx, &p, with); err == nil {
			err = c.rankTogether(tx, &p)
		}
		if shown(err) || fault.Is(err, "member.unknown") {
			refused, status = err, http.StatusUnprocessableEntity
			return c.suggest(tx, &p)
		}
		return err
	})
	if err != nil {
		return err
	}
	p.Form = ui.NewForm(lang(r), map[string][]string{"with": {with}}, refused)
	switch {
	case refused != nil && p.gone == nil:
		p.Form.Errors = []ui.FieldError{{Name: "with", Text: ui.Why(r.Context(), refused)}}
	case refused != nil:
		p.refused = ui.Why(r.Context(), refused)
	}
	return ui.Render(w, r, status, mergeView(p))
}

// side reads the record a path names as one side of the comparison.
func (c *Console) side(r *http.Request, tx *db.Tx, s *scene) (p member360, err error) {
	p.s = s
	if p.m, p.p, err = c.head(r, tx, s); err != nil {
		return p, err
	}
	return p, c.weigh(tx, &p)
}

// weigh adds what a record carries.
func (c *Console) weigh(tx *db.Tx, p *member360) error {
	for _, fill := range []func(*db.Tx, *member360) error{c.fillAccounts, c.fillBought, c.fillRank, c.fillHouse} {
		if err := fill(tx, p); err != nil {
			return err
		}
	}
	return nil
}

// other finds the record that goes: by its id, or by a number or card typed
// in. Faults: member.unknown, merge.same, merge.not_active.
func (c *Console) other(tx *db.Tx, p *merging, with string) (*member360, error) {
	id, err := ident.Member.Parse(with)
	if err != nil {
		byCard, err := c.Members.ByCards(tx, []string{member.Card(with)})
		if err != nil {
			return nil, err
		}
		id = byCard[member.Card(with)].ID
	}
	if id.IsZero() {
		return nil, fault.New(fault.NotFound, "member.unknown")
	}
	if id == p.kept.m.ID {
		return nil, fault.New(fault.Invalid, "merge.same")
	}
	g := &member360{s: p.s}
	if g.m.Member, err = c.Members.Get(tx, id); err != nil {
		return nil, err
	}
	if p.kept.m.Status != member.Active || g.m.Status != member.Active {
		return nil, fault.New(fault.Conflict, "merge.not_active")
	}
	if g.p, err = c.Members.Person(tx, id); err != nil && !fault.Is(err, "member.erased") {
		return nil, err
	}
	g.m.name = p.s.name(g.m.Member, g.p)
	return g, c.weigh(tx, g)
}

// rankTogether finds the rank that both histories come to: a merge brings what
// was bought, given and opened under either record together.
func (c *Console) rankTogether(tx *db.Tx, p *merging) error {
	if p.kept.rank == nil {
		return nil
	}
	all, err := tier.Of(tx, p.kept.m.ID, p.kept.m.JoinedOn)
	if err != nil {
		return err
	}
	more, err := tier.Of(tx, p.gone.m.ID, p.gone.m.JoinedOn)
	if err != nil {
		return err
	}
	for _, e := range more.Events {
		all = all.With(e)
	}
	all.Manuals = append(all.Manuals, more.Manuals...)
	all.Openings = append(all.Openings, more.Openings...)
	slices.SortStableFunc(all.Openings, func(a, b tier.Opening) int { return cmp.Compare(a.On, b.On) })
	p.rank = tier.LevelAt(p.s.tiers, all, tx.Now, p.s.today)
	return nil
}

func (c *Console) suggest(tx *db.Tx, p *merging) (err error) {
	if p.maybe, err = c.Members.DoublesOf(tx, p.kept.m.Member, p.kept.p); err != nil {
		return err
	}
	ids := make([]ident.ID, len(p.maybe))
	for i, x := range p.maybe {
		ids[i] = x.Member.ID
	}
	p.maybeNames, err = c.owners(tx, p.s, ids)
	return err
}

// merge makes one of two. Points that cannot move yet follow by themselves.
func (c *Console) merge(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	kept, err := asked(r)
	if err != nil {
		return err
	}
	with := r.PostForm.Get("with")
	gone, err := ident.Member.Parse(with)
	if err != nil {
		return fault.New(fault.NotFound, "member.unknown")
	}
	who := "staff:" + ident.Staff.Text(session.Must(r.Context()).User.ID)
	_, err = c.People.Merge(r.Context(), c.db, gone, kept, who)
	begun, lookErr := c.begun(r, gone, kept)
	if lookErr != nil {
		return lookErr
	}
	if fault.Is(err, "merge.not_active") && begun { // sent twice
		ui.Flash(w, "info", "console.merge.already")
		return see(w, r, memberURL(kept))
	}
	if err != nil && !begun {
		if shown(err) {
			return c.showMerge(w, r, session.Status(fault.Of(err).Kind), with, err)
		}
		return err
	}
	tone, key := "good", "console.merge.done"
	if err != nil {
		tone, key = "warn", "console.merge.moving"
	}
	if err := c.note(r, "member.merged", kept, audit.Values{"gone": ident.Member.Text(gone)}); err != nil {
		return err
	}
	ui.Flash(w, tone, key)
	return see(w, r, memberURL(kept))
}

// begun reports that the redirect from gone to kept is written.
func (c *Console) begun(r *http.Request, gone, kept ident.ID) (ok bool, err error) {
	err = c.read(r, func(tx *db.Tx) error {
		all, err := c.Members.MergesInto(tx, kept)
		ok = slices.ContainsFunc(all, func(g member.Merge) bool { return g.Gone == gone })
		return err
	})
	return ok, err
}

func (c *Console) note(r *http.Request, action string, id ident.ID, after audit.Values) error {
	return c.write(r, func(tx *db.Tx) error {
		e := session.Entry(r, action, "member", id)
		e.After = after
		return audit.Append(tx, e)
	})
}

// unmerge takes a merge apart.
func (c *Console) unmerge(w http.ResponseWriter, r *http.Request) error {
	id, err := ident.Merge.Parse(r.PathValue("id"))
	if err != nil {
		return fault.New(fault.NotFound, "merge.unknown")
	}
	who := "staff:" + ident.Staff.Text(session.Must(r.Context()).User.ID)
	g, err := c.People.Undo(r.Context(), c.db, id, who)
	if shown(err) {
		ui.Flash(w, "bad", "fault."+fault.Of(err).Code)
		return see(w, r, memberURL(g.Kept))
	}
	if err != nil {
		return err
	}
	if err := c.note(r, "member.unmerged", g.Kept, audit.Values{"gone": ident.Member.Text(g.Gone)}); err != nil {
		return err
	}
	ui.Flash(w, "good", "console.merge.undone")
	return see(w, r, memberURL(g.Gone))
}
