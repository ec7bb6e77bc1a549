package console

import (
	"net/http"
	"strings"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
	"joren/internal/intake"
	"joren/internal/member"
	"joren/internal/purchase"
	"joren/internal/sale"
	"joren/internal/session"
	"joren/internal/staff"
	"joren/internal/ui"
)

func (c *Console) purchaseRoutes() {
	c.get("/purchases", staff.PurchasesView, c.purchases, session.Timeout(0))
	c.get("/purchases/parked", staff.PurchasesView, c.parked)
	c.get("/purchases/{id}", staff.PurchasesView, c.purchase)
	c.post("/purchases/{id}/checked", staff.PurchasesReturn, c.lookedAt)
	c.get("/purchases/{id}/return", staff.PurchasesReturn, c.returnPage)
	c.post("/purchases/{id}/return", staff.PurchasesReturn, c.takeBack)
	c.command("console.purchase.title", "/purchases", staff.PurchasesView)
	c.command("console.parked.title", "/purchases/parked", staff.PurchasesView)
}

var purchaseList = ui.ListSpec{Filters: []string{"q", "from", "to", "store", "only", "member"}}

type purchasesPage struct {
	question
	s      *scene
	f      purchase.Filter
	at     purchase.Place
	back   bool
	sold   []string // stores of purchases
	rows   []*purchase.Purchase
	people map[ident.ID]owner
	pager  ui.Pager
	who    *owner // the member the list is of
	floor  string // where the look ended before the list did
}

// owner is whose a purchase or account is, as lists name her.
type owner struct{ name, number, href string }

// purchaseFilter reads what the list is asked for.
func (c *Console) purchaseFilter(tx *db.Tx, p *purchasesPage) (err error) {
	q := &p.question
	only := q.oneOf("only", "guests", "flagged")
	f := purchase.Filter{OrderNo: q.wanted.Get("q"), Guests: only == "guests", Flagged: only == "flagged"}
	f.From, f.To = q.days("from", "to")
	if f.Store, err = p.s.storeOf(tx, q, p.sold); err != nil {
		return err
	}
	f.Member, err = c.memberOf(tx, q)
	p.at, p.back = placeOf(q, purchase.ParsePlace)
	p.f = heeded(q, f)
	return err
}

func (p purchasesPage) onlyField() ui.Field {
	return p.choice("only", p.s.t("console.purchase.only"), "mid", p.s.options(p.wanted.Get("only"), "console.any", []string{"guests", "flagged"}, func(v string) string { return p.s.t("console.only." + v) }))
}

func (c *Console) purchases(w http.ResponseWriter, r *http.Request) error {
	p := purchasesPage{question: c.ask(r, purchaseList)}
	p.sold = c.storesSold(r, p.question)
	err := c.read(r, func(tx *db.Tx) (err error) {
		if p.s, err = c.scene(r, tx); err != nil {
			return err
		}
		if err = c.purchaseFilter(tx, &p); err != nil || p.file() {
			return err
		}
		f, at, back := p.f, p.at, p.back
		if f.Store != "" && f.Member.IsZero() && f.OrderNo == "" && !back { // no index knows stores
			floor, more, err := purchase.Reach(tx, f, at, lookAt)
			if err != nil {
				return err
			}
			if more {
				f.Floor, p.floor = floor, floor.String()
			}
		}
		rows, err := purchase.List(tx, f, at, back, p.list.Size+1)
		if err != nil {
			return err
		}
		p.rows, p.pager = pages(rows, p.list.Size, !at.ID.IsZero(), back, func(x *purchase.Purchase) string { return purchase.PlaceOf(x).String() })
		p.floor = lookOn(&p.pager, p.floor)
		return c.buyers(tx, &p)
	})
	if err != nil {
		return err
	}
	if p.file() {
		return c.exportPurchases(w, r, &p)
	}
	return ui.Render(w, r, p.status(), purchasesView(p))
}

func (c *Console) buyers(tx *db.Tx, p *purchasesPage) (err error) {
	ids := []ident.ID{}
	for _, x := range p.rows {
		if !x.Guest {
			ids = append(ids, x.Member)
		}
	}
	of := p.f.Member
	if !of.IsZero() {
		ids = append(ids, of)
	}
	if p.people, err = c.owners(tx, p.s, ids); err != nil {
		return err
	}
	if who, ok := p.people[of]; ok {
		p.who = &who
	}
	return nil
}

// owners names members in bulk; ids that are no member's are left out.
func (c *Console) owners(tx *db.Tx, s *scene, ids []ident.ID) (map[ident.ID]owner, error) {
	ms, err := c.Members.ByIDs(tx, ids)
	if err != nil {
		return nil, err
	}
	living := make([]ident.ID, 0, len(ms))
	for _, m := range ms {
		living = append(living, m.ID)
	}
	people, err := c.Members.People(tx, living)
	out := make(map[ident.ID]owner, len(ms))
	for id, m := range ms {
		out[id] = owner{s.name(m, people[m.ID]), m.Card, memberURL(m.ID)}
	}
	return out, err
}

// answered is what the till was told when the purchase was recorded. One that
// cannot be read has no more to say: the page shows what the columns hold.
func answered(p *purchase.Purchase) sale.Answer {
	a, _ := sale.Told(p)
	return a
}

// earned is what a purchase gave of the main type of points.
func (s *scene) earned(p *purchase.Purchase) int64 {
	for _, a := range p.Judged.Awards {
		if a.Type == s.mainType() {
			return a.Points
		}
	}
	return 0
}

// flag says a flag of a purchase.
func (s *scene) flag(f sale.Flag) string {
	code, rate, _ := strings.Cut(f.Code, ":")
	if known("purchase.flag." + code) {
		return s.t("purchase.flag."+code, "rate", rate)
	}
	if known("console.flag." + code) {
		n, _ := f.Args.Get("points")
		until, _ := f.Args.Get("until")
		day, _ := clock.ParseDay(until.Text)
		return s.t("console.flag."+code, "points", n.Num, "until", day)
	}
	return code
}

func (c *Console) exportPurchases(w http.ResponseWriter, r *http.Request, p *purchasesPage) error {
	return c.export(w, r, staff.MembersExport, "purchases", p.list.Filter, func(tx *db.Tx, out *intake.CSVWriter) error {
		s := p.s
		if err := out.Row(s.heads("console.purchase.", "at", "day", "source", "order", "store", "channel", "number", "total", "eligible", "kept", "points", "paid", "flags")...); err != nil {
			return err
		}
		at, f := purchase.Place{}, p.f
		for n := 0; n < maxRows; {
			rows, err := purchase.List(tx, f, at, false, 500)
			if err != nil || len(rows) == 0 {
				return err
			}
			if err := c.purchaseRows(tx, s, out, rows); err != nil {
				return err
			}
			at, n = purchase.PlaceOf(rows[len(rows)-1]), n+len(rows)
		}
		return nil
	})
}

func (c *Console) purchaseRows(tx *db.Tx, s *scene, out *intake.CSVWriter, rows []*purchase.Purchase) error {
	ids := make([]ident.ID, 0, len(rows))
	for _, p := range rows {
		if !p.Guest {
			ids = append(ids, p.Member)
		}
	}
	ms, err := c.Members.ByIDs(tx, ids)
	if err != nil {
		return err
	}
	for _, p := range rows {
		if err := s.purchaseRow(out, p, ms[p.Member]); err != nil {
			return err
		}
	}
	return nil
}

func (s *scene) purchaseRow(out *intake.CSVWriter, p *purchase.Purchase, m member.Member) error {
	var paid int64
	if x := p.Doc.PointsPaid; x != nil {
		paid = x.Points
	}
	var flags []string
	for _, f := range answered(p).Flags {
		flags = append(flags, f.Code)
	}
	return out.Text(s.zone.Local(p.OccurredAt).Format("2006-01-02 15:04:05")).Text(p.Day.String()).Text(p.Source).Text(p.OrderNo).Text(p.Store).Text(p.Channel).Text(m.Card).
		Money(p.Total, s.decimals()).Money(p.Eligible, s.decimals()).Money(p.EligibleKept, s.decimals()).Int(s.earned(p)).Int(paid).Text(strings.Join(flags, " ")).End()
}

// parked lists the returns whose purchase has not come yet.
func (c *Console) parked(w http.ResponseWriter, r *http.Request) error {
	if file, err := c.asFile(r); err != nil {
		return err
	} else if file {
		return c.exportParked(w, r)
	}
	var s *scene
	var list []purchase.Parked
	err := c.read(r, func(tx *db.Tx) (err error) {
		if s, err = c.scene(r, tx); err != nil {
			return err
		}
		list, err = purchase.ParkedList(tx, 500)
		return err
	})
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, parkedView(s, list))
}
