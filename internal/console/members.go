package console

import (
	"encoding/json"
	"net/http"
	"slices"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/household"
	"joren/internal/ident"
	"joren/internal/intake"
	"joren/internal/ledger"
	"joren/internal/member"
	"joren/internal/purchase"
	"joren/internal/session"
	"joren/internal/staff"
	"joren/internal/tier"
	"joren/internal/ui"
)

func (c *Console) memberRoutes() {
	c.get("/members", staff.MembersView, c.members, session.Timeout(0))
	c.get("/members/search", staff.MembersView, c.searchMembers)
	c.get("/members/new", staff.MembersEdit, c.enrolPage)
	c.post("/members/new", staff.MembersEdit, c.enrol)
	c.rail(ui.Members, "/members", staff.MembersView)
	c.command("console.member.new", "/members/new", staff.MembersEdit)
	c.Web.SearchURL, c.Web.PaletteURL = "/members", "/members/search"
}

var memberList = ui.ListSpec{Sorts: []string{"joined"}, Sort: "-joined", Filters: []string{"q", "status", "tier", "bought", "from", "to", "segment"}}

var (
	statuses = []string{"active", "withdrawn", "erased", "merged"}
	boughts  = []string{"never", "once", "again"}
)

// person is a row of the list of members.
type person struct {
	member.Member
	member.Person
	rank    string
	bought  purchase.Summary
	balance ledger.Balance
}

// memberFilter is what the list's filters come to.
type memberFilter struct {
	member.Walk
	tier, bought, segment string
}

// filter reads what the list is asked for.
func (p *membersPage) filter() {
	q := &p.question
	f := memberFilter{tier: q.oneOf("tier", p.s.levels()...), bought: q.oneOf("bought", boughts...), segment: q.oneOf("segment", p.segmentIDs()...)}
	f.Status = member.Status(q.oneOf("status", append(statuses, "any")...))
	f.JoinedFrom, f.JoinedTo = q.days("from", "to")
	if p.typed() {
		p.from, _ = placeOf(q, rawID)
	} else {
		f.From, p.back = placeOf(q, member.ParseCursor)
	}
	f = heeded(q, f)
	if f.Oldest = !q.list.Desc; f.Status == "" && !p.typed() {
		f.Status = member.Active
	}
	if f.Status == "any" {
		f.Status = ""
	}
	p.f = f
}

// typed reports whether the search box decides; the list is not paged then.
func (p *membersPage) typed() bool { return p.list.Get("q") != "" }

// takes reports whether a member of such purchases passes.
func (f memberFilter) takes(b purchase.Summary) bool {
	switch f.bought {
	case "never":
		return b.Orders == 0
	case "once":
		return b.Orders == 1
	case "again":
		return b.Orders >= 2
	}
	return true
}

type membersPage struct {
	question
	s     *scene
	f     memberFilter
	from  ident.ID // where a search goes on
	back  bool
	rows  []person
	pager ui.Pager
	more  bool   // others match too
	none  bool   // there is no member at all
	floor string // where the look ended before the list, or what is searched, did

	segments []segmentName // in use
}

func (c *Console) members(w http.ResponseWriter, r *http.Request) error {
	p := membersPage{question: c.ask(r, memberList)}
	err := c.read(r, func(tx *db.Tx) (err error) {
		if p.s, err = c.scene(r, tx); err != nil {
			return err
		}
		if p.segments, err = c.segmentNames(r, tx, p.s); err != nil {
			return err
		}
		if p.filter(); p.file() {
			return nil
		}
		if p.typed() {
			return c.searched(tx, &p, foundAtMost)
		}
		return c.listed(tx, &p)
	})
	if err != nil {
		return err
	}
	if p.file() {
		return c.exportMembers(w, r, &p)
	}
	if card := member.Card(p.list.Get("q")); len(p.rows) == 1 && !p.more && card != "" && card == p.rows[0].Card {
		return see(w, r, memberURL(p.rows[0].ID)) // a scanned card opens its member
	}
	return ui.Render(w, r, p.status(), membersView(p))
}

const (
	foundAtMost   = 50  // rows of a search
	savedAtMost   = 500 // the same in a file
	paletteAtMost = 8
)

// searched fills the page with what the search box finds, best first.
func (c *Console) searched(tx *db.Tx, p *membersPage, atMost int) error {
	found, err := c.Members.SearchOn(tx, p.list.Get("q"), p.from, atMost)
	if err != nil {
		return err
	}
	if !found.Next.IsZero() {
		p.floor = found.Next.String()
	}
	f := p.f
	ms := make([]member.Member, 0, len(found.Hits))
	people := map[ident.ID]member.Person{}
	for _, h := range found.Hits {
		if f.Status != "" && h.Status != f.Status || !f.joined(h.JoinedOn) {
			continue
		}
		ms = append(ms, h.Member)
		people[h.ID] = h.Person
	}
	p.rows, err = c.persons(tx, p.s, f, ms, people)
	p.more, p.pager.Shown = found.More && p.floor == "", len(p.rows)
	return err
}

func (f memberFilter) joined(d clock.Day) bool {
	return (f.JoinedFrom == 0 || d >= f.JoinedFrom) && (f.JoinedTo == 0 || d <= f.JoinedTo)
}

// listed fills the page in order of joining.
func (c *Console) listed(tx *db.Tx, p *membersPage) error {
	f, back := p.f, p.back
	from := f.From
	if back {
		f.Oldest = !f.Oldest
	}
	rows, ended, err := c.walk(tx, p.s, f, p.list.Size+1)
	if err != nil {
		return err
	}
	if back {
		slices.Reverse(rows)
	}
	p.rows, p.pager = pages(rows, p.list.Size, !from.ID.IsZero(), back, func(x person) string { return member.Cursor{JoinedOn: x.JoinedOn, ID: x.ID}.String() })
	if !back {
		p.floor = lookOn(&p.pager, ended.String())
	}
	if len(p.rows) == 0 && !p.list.Filtered() {
		any, err := c.Members.Walk(tx, member.Walk{Limit: 1})
		p.none = len(any) == 0
		return err
	}
	return nil
}

// persons adds to members what a row shows, after the filter: particulars and
// balances are read for those who stay.
func (c *Console) persons(tx *db.Tx, s *scene, f memberFilter, ms []member.Member, people map[ident.ID]member.Person) ([]person, error) {
	rows := make([]person, len(ms))
	for i, m := range ms {
		rows[i].Member = m
	}
	rows, err := f.placed(tx, rows)
	if err != nil {
		return nil, err
	}
	if rows, err = s.ranked(tx, f, rows); err != nil {
		return nil, err
	}
	bought, err := purchase.Summaries(tx, personIDs(rows))
	if err != nil {
		return nil, err
	}
	rows = slices.DeleteFunc(rows, func(p person) bool { return !f.takes(bought[p.ID]) })
	for i := range rows {
		rows[i].bought = bought[rows[i].ID]
	}
	return rows, c.dress(tx, s, rows, people)
}

// ranked gives members their ranks and keeps those of the rank asked for.
func (s *scene) ranked(tx *db.Tx, f memberFilter, rows []person) ([]person, error) {
	ranks, err := tier.Levels(tx, personIDs(rows))
	for i := range rows {
		if rows[i].rank = ranks[rows[i].ID]; rows[i].rank == "" {
			rows[i].rank = s.lowest()
		}
	}
	return slices.DeleteFunc(rows, func(p person) bool { return f.tier != "" && p.rank != f.tier }), err
}

func personIDs(rows []person) []ident.ID {
	ids := make([]ident.ID, len(rows))
	for i, p := range rows {
		ids[i] = p.ID
	}
	return ids
}

func (c *Console) dress(tx *db.Tx, s *scene, rows []person, people map[ident.ID]member.Person) (err error) {
	ids := personIDs(rows)
	if people == nil {
		if people, err = c.Members.People(tx, ids); err != nil {
			return err
		}
	}
	balances, err := s.balances(tx, ids)
	for i := range rows {
		p := &rows[i]
		p.Person, p.balance = people[p.ID], balances[p.ID]
	}
	return err
}

// balances are members' balances of the main type, their household's where
// they share one.
func (s *scene) balances(tx *db.Tx, ids []ident.ID) (map[ident.ID]ledger.Balance, error) {
	out := make(map[ident.ID]ledger.Balance, len(ids))
	if len(s.policies) == 0 || len(ids) == 0 {
		return out, nil
	}
	holders, err := household.Holders(tx, ids)
	if err != nil {
		return nil, err
	}
	wants := make([]ledger.Want, len(ids))
	for i, id := range ids {
		wants[i] = ledger.Want{Key: ledger.Key{Holder: holders[id], Type: s.mainType()}, Policy: s.policies[0]}
	}
	books, err := ledger.Load(tx, wants)
	for i, b := range books {
		out[ids[i]] = b.At(s.now)
	}
	return out, err
}

// name is what a member is called on a page: her name, else her number, else
// that she was forgotten.
func (s *scene) name(m member.Member, p member.Person) string {
	switch {
	case p.Name != "":
		return p.Name
	case p.NameKana != "":
		return p.NameKana
	case m.Card != "":
		return m.Card
	}
	return s.t("console.member.nameless")
}

func (c *Console) exportMembers(w http.ResponseWriter, r *http.Request, p *membersPage) error {
	return c.export(w, r, staff.MembersExport, "members", p.list.Filter, func(tx *db.Tx, out *intake.CSVWriter) error {
		s, f := p.s, p.f
		if err := out.Row(s.heads("console.member.", "number", "name", "kana", "phone", "email", "rank", "status", "joined", "last", "visits", "orders", "spend", "available", "pending", "debt")...); err != nil {
			return err
		}
		if p.from = (ident.ID{}); p.typed() {
			if err := c.searched(tx, p, savedAtMost); err != nil {
				return err
			}
			return s.memberRows(out, p.rows)
		}
		f.From, f.Limit = member.Cursor{}, 500
		for {
			x, err := c.stretch(tx, s, f)
			if err != nil || x.seen == 0 {
				return err
			}
			rows, err := c.persons(tx, s, f, x.members, nil)
			if err != nil {
				return err
			}
			if err := s.memberRows(out, rows); err != nil {
				return err
			}
			f.From = x.last
		}
	})
}

func (s *scene) memberRows(out *intake.CSVWriter, rows []person) error {
	for _, p := range rows {
		out.Text(p.Card).Text(p.Person.Name).Text(p.NameKana).Text(p.Phone).Text(p.Email).Text(s.level(p.rank)).Text(s.t("console.status."+string(p.Status))).
			Text(p.JoinedOn.String()).Text(p.bought.LastOn.String()).Int(p.bought.Visits).Int(p.bought.Orders).Money(p.bought.Spend, s.decimals()).
			Int(p.balance.Available).Int(p.balance.Pending).Int(p.balance.Debt)
		if err := out.End(); err != nil {
			return err
		}
	}
	return nil
}

// heads are the heads of a file's columns.
func (s *scene) heads(prefix string, names ...string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = s.t(prefix + n)
	}
	return out
}

// searchMembers answers the palette: the best hits as it wants them.
func (c *Console) searchMembers(w http.ResponseWriter, r *http.Request) error {
	type entry struct {
		Label string `json:"label"`
		Note  string `json:"note"`
		Href  string `json:"href"`
	}
	out := []entry{}
	err := c.read(r, func(tx *db.Tx) error {
		s, err := c.scene(r, tx)
		if err != nil {
			return err
		}
		found, err := c.Members.Search(tx, c.names(r, "q").wanted.Get("q"), paletteAtMost)
		for _, h := range found.Hits {
			note := h.Card
			if h.Status != member.Active {
				note += " " + s.t("console.status."+string(h.Status))
			}
			out = append(out, entry{s.name(h.Member, h.Person), note, memberURL(h.ID)})
		}
		return err
	})
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	return json.NewEncoder(w).Encode(out)
}
