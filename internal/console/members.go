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

var statuses = []string{"active", "withdrawn", "erased", "merged"}

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

func (s *scene) memberFilter(l ui.List) memberFilter {
	f := memberFilter{tier: l.Get("tier"), bought: l.Get("bought"), segment: l.Get("segment")}
	f.Status, f.Oldest = member.Status(l.Get("status")), !l.Desc
	switch {
	case f.Status == "any":
		f.Status = ""
	case !slices.Contains(statuses, string(f.Status)):
		f.Status = member.Active
	}
	f.JoinedFrom, f.JoinedTo = dayIn(l.Get("from")), dayIn(l.Get("to"))
	return f
}

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
	s     *scene
	list  ui.List
	rows  []person
	pager ui.Pager
	typed bool   // the search box decides; the list is not paged
	more  bool   // others match too
	none  bool   // there is no member at all
	floor string // where the look ended before the list, or what is searched, did

	segments []segmentName // in use
}

func (c *Console) members(w http.ResponseWriter, r *http.Request) error {
	p := membersPage{list: ui.ParseList(r.URL, memberList)}
	p.typed = p.list.Get("q") != ""
	if wantsCSV(r) {
		return c.exportMembers(w, r, p.list)
	}
	err := c.read(r, func(tx *db.Tx) (err error) {
		if p.s, err = c.scene(r, tx); err != nil {
			return err
		}
		if p.segments, err = c.segmentNames(r, tx, p.s); err != nil {
			return err
		}
		if p.typed {
			return c.searched(tx, &p, foundAtMost)
		}
		return c.listed(tx, &p)
	})
	if err != nil {
		return err
	}
	if card := member.Card(p.list.Get("q")); len(p.rows) == 1 && !p.more && card != "" && card == p.rows[0].Card {
		return see(w, r, memberURL(p.rows[0].ID)) // a scanned card opens its member
	}
	return ui.Render(w, r, http.StatusOK, membersView(p))
}

const (
	foundAtMost   = 50  // rows of a search
	savedAtMost   = 500 // the same in a file
	paletteAtMost = 8
)

// searched fills the page with what the search box finds, best first.
func (c *Console) searched(tx *db.Tx, p *membersPage, atMost int) error {
	var from ident.ID
	_ = from.UnmarshalText([]byte(p.list.After)) // a broken link begins at the beginning
	found, err := c.Members.SearchOn(tx, p.list.Get("q"), from, atMost)
	if err != nil {
		return err
	}
	if !found.Next.IsZero() {
		p.floor = found.Next.String()
	}
	f := p.s.memberFilter(p.list)
	ms := make([]member.Member, 0, len(found.Hits))
	people := map[ident.ID]member.Person{}
	for _, h := range found.Hits {
		if p.list.Get("status") != "" && f.Status != "" && h.Status != f.Status || !f.joined(h.JoinedOn) {
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
	f := p.s.memberFilter(p.list)
	back := p.list.Before != ""
	from, _ := member.ParseCursor(p.list.After + p.list.Before)
	if back {
		f.Oldest = !f.Oldest
	}
	f.From = from
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

func (c *Console) exportMembers(w http.ResponseWriter, r *http.Request, l ui.List) error {
	return c.export(w, r, staff.MembersExport, "members", l.Filter, func(tx *db.Tx, out *intake.CSVWriter) error {
		s, err := c.scene(r, tx)
		if err != nil {
			return err
		}
		if err := out.Row(s.heads("console.member.", "number", "name", "kana", "phone", "email", "rank", "status", "joined", "last", "visits", "orders", "spend", "available", "pending", "debt")...); err != nil {
			return err
		}
		if l.Get("q") != "" {
			p := membersPage{s: s, list: l}
			if err := c.searched(tx, &p, savedAtMost); err != nil {
				return err
			}
			return s.memberRows(out, p.rows)
		}
		f := s.memberFilter(l)
		f.Limit = 500
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
		out.Text(p.Card).Text(p.Person.Name).Text(p.NameKana).Text(p.Phone).Text(p.Email).Text(s.level(p.rank)).Text(s.t("console.status." + string(p.Status))).
			Text(p.JoinedOn.String()).Text(p.bought.LastOn.String()).Int(p.bought.Visits).Int(p.bought.Orders).Int(p.bought.Spend).
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
		found, err := c.Members.Search(tx, r.URL.Query().Get("q"), paletteAtMost)
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
