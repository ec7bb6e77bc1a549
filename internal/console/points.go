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
	question
	s      *scene
	f      ledger.Filter
	at     ledger.Place
	back   bool
	sold   []string // stores of purchases
	rows   []*ledger.Line
	pager  ui.Pager
	people map[ident.ID]owner
	flows  map[ledger.Contra]int64 // of the days asked for
	chart  *ui.Chart
	floor  string // where the look ended before the list did
}

// filter reads what the list is asked for; a member of a household stands for
// its account.
func (c *Console) pointsFilter(tx *db.Tx, p *pointsPage) (err error) {
	q := &p.question
	f := ledger.Filter{Contra: ledger.Contra(q.oneOf("what", contras...)), Type: q.oneOf("type", p.s.types()...)}
	f.From, f.To = q.days("from", "to")
	if f.Store, err = p.s.storeOf(tx, q, p.sold); err != nil {
		return err
	}
	id, err := c.memberOf(tx, q)
	if err == nil && !id.IsZero() {
		holders, notFound := household.Holders(tx, []ident.ID{id})
		f.Holder, err = holders[id], notFound
	}
	p.at, p.back = placeOf(q, ledger.ParsePlace)
	p.f = heeded(q, f)
	return err
}

func (c *Console) points(w http.ResponseWriter, r *http.Request) error {
	p := pointsPage{question: c.ask(r, pointsList)}
	p.sold = c.storesSold(r, p.question)
	err := c.read(r, func(tx *db.Tx) (err error) {
		if p.s, err = c.scene(r, tx); err != nil {
			return err
		}
		if err = c.pointsFilter(tx, &p); err != nil || p.file() {
			return err
		}
		return c.fillPoints(tx, &p)
	})
	if err != nil {
		return err
	}
	if p.file() {
		return c.exportPoints(w, r, &p)
	}
	return ui.Render(w, r, p.status(), pointsView(p))
}

func (c *Console) fillPoints(tx *db.Tx, p *pointsPage) error {
	f, at, back := p.f, p.at, p.back
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

func (c *Console) exportPoints(w http.ResponseWriter, r *http.Request, p *pointsPage) error {
	return c.export(w, r, staff.MembersExport, "points", p.list.Filter, func(tx *db.Tx, out *intake.CSVWriter) error {
		s, f := p.s, p.f
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
	question
	s      *scene
	typ    string
	rows   []*ledger.Book
	people map[ident.ID]owner
	after  ident.ID
	next   ident.ID // zero at the end
}

// accounts lists who holds points: the rows behind the points outstanding.
func (c *Console) accounts(w http.ResponseWriter, r *http.Request) error {
	p := accountsPage{question: c.ask(r, ui.ListSpec{Filters: []string{"type"}, Size: 25})}
	err := c.read(r, func(tx *db.Tx) (err error) {
		if p.s, err = c.scene(r, tx); err != nil {
			return err
		}
		p.typ = p.oneOf("type", p.s.types()...)
		if p.after, _ = placeOf(&p.question, rawID); p.file() {
			return nil
		}
		return c.fillAccountsList(tx, &p)
	})
	if err != nil {
		return err
	}
	if p.file() {
		return c.exportAccounts(w, r, p)
	}
	return ui.Render(w, r, p.status(), accountsView(p))
}

func (c *Console) fillAccountsList(tx *db.Tx, p *accountsPage) error {
	at := slices.IndexFunc(p.s.policies, func(x *ledger.Policy) bool { return x.Type == p.typ })
	if len(p.s.policies) == 0 {
		return nil
	}
	policy := p.s.policies[max(at, 0)]
	p.typ = policy.Type
	ids, err := ledger.Accounts(tx, p.typ, p.after, p.list.Size+1)
	if err != nil {
		return err
	}
	if len(ids) > p.list.Size {
		ids = ids[:p.list.Size]
		p.next = ids[len(ids)-1]
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
