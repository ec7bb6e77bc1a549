package console

import (
	"net/http"
	"slices"

	"joren/internal/db"
	"joren/internal/household"
	"joren/internal/ident"
	"joren/internal/intake"
	"joren/internal/ledger"
	"joren/internal/session"
	"joren/internal/staff"
	"joren/internal/ui"
)

func (c *Console) pointsRoutes() {
	c.get("/points", staff.MembersView, c.points, session.Timeout(0))
	c.get("/points/accounts", staff.MembersView, c.accounts, session.Timeout(0))
	c.command("console.points.entries", "/points", staff.MembersView)
}

var pointsList = ui.ListSpec{Filters: []string{"what", "type", "from", "to", "store", "member"}}

var contras = []string{string(ledger.Issued), string(ledger.Redeemed), string(ledger.Expired), string(ledger.Reversed), string(ledger.Adjusted), string(ledger.Elsewhere)}

type pointsPage struct {
	s      *scene
	list   ui.List
	rows   []*ledger.Line
	pager  ui.Pager
	people map[ident.ID]owner
	flows  map[ledger.Contra]int64 // of the days asked for
	chart  *ui.Chart
	floor  string // where the look ended before the list did
}

// ledgerFilter is what the list's filters come to; a member of a household
// stands for its account.
func (s *scene) ledgerFilter(tx *db.Tx, l ui.List) (ledger.Filter, error) {
	f := ledger.Filter{Type: l.Get("type"), Store: l.Get("store")}
	if what := l.Get("what"); slices.Contains(contras, what) {
		f.Contra = ledger.Contra(what)
	}
	f.From, f.To = dayIn(l.Get("from")), dayIn(l.Get("to"))
	id := memberIn(l.Get("member"))
	if id.IsZero() {
		return f, nil
	}
	holders, err := household.Holders(tx, []ident.ID{id})
	f.Holder = holders[id]
	return f, err
}

func (c *Console) points(w http.ResponseWriter, r *http.Request) error {
	p := pointsPage{list: ui.ParseList(r.URL, pointsList)}
	if wantsCSV(r) {
		return c.exportPoints(w, r, p.list)
	}
	err := c.read(r, func(tx *db.Tx) (err error) {
		if p.s, err = c.scene(r, tx); err != nil {
			return err
		}
		return c.fillPoints(tx, &p)
	})
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, pointsView(p))
}

func (c *Console) fillPoints(tx *db.Tx, p *pointsPage) error {
	f, err := p.s.ledgerFilter(tx, p.list)
	if err != nil {
		return err
	}
	at, _ := ledger.ParsePlace(p.list.After + p.list.Before)
	back := p.list.Before != ""
	if (f.Store != "" || f.Type != "") && f.Holder.IsZero() && !back { // no index begins with these
		floor, more, err := ledger.Within(tx, f, at, lookAt)
		if err != nil {
			return err
		}
		if more {
			f.Floor, p.floor = floor, floor.String()
		}
	}
	rows, err := ledger.List(tx, f, at, back, p.list.Size+1)
	if err != nil {
		return err
	}
	p.rows, p.pager = pages(rows, p.list.Size, at.On != 0, back, func(x *ledger.Line) string { return x.Place().String() })
	p.floor = lookOn(&p.pager, p.floor)
	if p.people, err = c.holders(tx, p.s, holdersOf(p.rows)); err != nil {
		return err
	}
	if f.Holder.IsZero() && f.Store == "" && f.Contra == "" && at.On == 0 && p.s.plan != nil {
		typ := f.Type
		if typ == "" {
			typ = p.s.mainType()
		}
		if p.chart, err = p.s.chart(tx, typ); err != nil {
			return err
		}
	}
	return p.sum(tx, f)
}

// sum adds up the days asked for: from the sums of the days, of one holder
// from her own journal. Of one store nobody keeps sums.
func (p *pointsPage) sum(tx *db.Tx, f ledger.Filter) (err error) {
	from, to := max(f.From, 1), f.To
	if to == 0 {
		to = p.s.today
	}
	switch {
	case f.Store != "":
	case !f.Holder.IsZero():
		p.flows, err = ledger.FlowsOf(tx, f.Holder, f.Type, from, to)
	case f.From != 0:
		p.flows, err = ledger.Flows(tx, f.Type, from, to)
	}
	for c := range p.flows {
		if f.Contra != "" && c != f.Contra {
			delete(p.flows, c)
		}
	}
	return err
}

func holdersOf(rows []*ledger.Line) []ident.ID {
	out := make([]ident.ID, len(rows))
	for i, x := range rows {
		out[i] = x.Holder
	}
	return out
}

// holders names whose accounts these are: a member, or the head of a
// household.
func (c *Console) holders(tx *db.Tx, s *scene, ids []ident.ID) (map[ident.ID]owner, error) {
	out, err := c.owners(tx, s, ids)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if _, known := out[id]; known {
			continue
		}
		h, err := household.Get(tx, id)
		if err != nil || len(h.Members) == 0 {
			continue // a household that has closed has no name any more
		}
		heads, err := c.owners(tx, s, []ident.ID{h.Members[0].Member})
		if err != nil {
			return nil, err
		}
		x := heads[h.Members[0].Member]
		x.name = s.t("console.house.of", "name", x.name)
		out[id] = x
	}
	return out, nil
}

func (c *Console) exportPoints(w http.ResponseWriter, r *http.Request, l ui.List) error {
	return c.export(w, r, staff.MembersExport, "points", l.Filter, func(tx *db.Tx, out *intake.CSVWriter) error {
		s, err := c.scene(r, tx)
		if err != nil {
			return err
		}
		f, err := s.ledgerFilter(tx, l)
		if err != nil {
			return err
		}
		if err := out.Row(s.heads("console.points.", "at", "recorded", "number", "type", "seq", "kind", "what", "points", "balance", "store", "reason", "actor")...); err != nil {
			return err
		}
		at := ledger.Place{}
		for n := 0; n < maxRows; {
			rows, err := ledger.List(tx, f, at, false, 500)
			if err != nil || len(rows) == 0 {
				return err
			}
			people, err := c.holders(tx, s, holdersOf(rows))
			if err != nil {
				return err
			}
			for _, x := range rows {
				if err := s.pointsRow(out, x, people[x.Holder]); err != nil {
					return err
				}
			}
			at, n = rows[len(rows)-1].Place(), n+len(rows)
		}
		return nil
	})
}

func (s *scene) pointsRow(out *intake.CSVWriter, x *ledger.Line, who owner) error {
	stamp := "2006-01-02 15:04:05"
	return out.Text(s.zone.Local(x.Occurred).Format(stamp)).Text(s.zone.Local(x.Recorded).Format(stamp)).Text(who.number).Text(x.Key.Type).Int(x.Seq).Text(string(x.Kind)).
		Text(string(x.Contra)).Int(x.Points).Int(x.Balance).Text(x.Store).Text(x.Reason).Text(x.Actor).End()
}

type accountsPage struct {
	s      *scene
	list   ui.List
	typ    string
	rows   []*ledger.Book
	people map[ident.ID]owner
	next   string
}

// accounts lists who holds points: the rows behind the points outstanding.
func (c *Console) accounts(w http.ResponseWriter, r *http.Request) error {
	p := accountsPage{list: ui.ParseList(r.URL, ui.ListSpec{Filters: []string{"type"}, Size: 25})}
	if wantsCSV(r) {
		return c.exportAccounts(w, r, p.list)
	}
	err := c.read(r, func(tx *db.Tx) (err error) {
		if p.s, err = c.scene(r, tx); err != nil {
			return err
		}
		return c.fillAccountsList(tx, &p)
	})
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, accountsView(p))
}

func (c *Console) fillAccountsList(tx *db.Tx, p *accountsPage) error {
	at := slices.IndexFunc(p.s.policies, func(x *ledger.Policy) bool { return x.Type == p.list.Get("type") })
	if len(p.s.policies) == 0 {
		return nil
	}
	policy := p.s.policies[max(at, 0)]
	p.typ = policy.Type
	var after ident.ID
	_ = after.UnmarshalText([]byte(p.list.After)) // a broken link begins at the beginning
	ids, err := ledger.Accounts(tx, p.typ, after, p.list.Size+1)
	if err != nil {
		return err
	}
	if len(ids) > p.list.Size {
		ids = ids[:p.list.Size]
		p.next = ids[len(ids)-1].String()
	}
	wants := make([]ledger.Want, len(ids))
	for i, id := range ids {
		wants[i] = ledger.Want{Key: ledger.Key{Holder: id, Type: p.typ}, Policy: policy}
	}
	if p.rows, err = ledger.Load(tx, wants); err != nil {
		return err
	}
	p.people, err = c.holders(tx, p.s, ids)
	return err
}
