package console

import (
	"net/http"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/household"
	"joren/internal/ident"
	"joren/internal/ledger"
	"joren/internal/member"
	"joren/internal/purchase"
	"joren/internal/staff"
	"joren/internal/tier"
	"joren/internal/ui"
)

func (c *Console) member360Routes() {
	c.get("/members/{id}", staff.MembersView, c.member)
	c.get("/members/{id}/edit", staff.MembersEdit, c.editPage)
	c.post("/members/{id}/edit", staff.MembersEdit, c.edit)
	c.post("/members/{id}/cards", staff.MembersEdit, c.addCard)
	c.post("/members/{id}/cards/lose", staff.MembersEdit, c.loseCard)
	c.post("/members/{id}/consents", staff.MembersEdit, c.declare)
	c.get("/members/{id}/adjust", staff.PointsAdjust, c.adjustPage)
	c.post("/members/{id}/adjust", staff.PointsAdjust, c.adjust)
	c.get("/members/{id}/withdraw", staff.MembersEdit, c.endPage)
	c.post("/members/{id}/withdraw", staff.MembersEdit, c.endMembership)
	c.get("/members/{id}/erase", staff.MembersErase, c.erasePage)
	c.post("/members/{id}/erase", staff.MembersErase, c.erase)
}

// account is one type of points as a member's page shows it.
type account struct {
	*ledger.Book
	name    string
	balance ledger.Balance
}

// member360 is everything known about one member.
type member360 struct {
	s        *scene
	m        memberHead
	p        member.Person
	into     *memberHead // the record a merged one lives on in
	schema   member.Schema
	bought   purchase.Summary
	accounts []account
	pooled   bool // the accounts are her household's
	house    []seat
	rank     *tier.Standing
	cards    []string
	merges   []member.Merge // of records that live on in this one
	numbers  map[ident.ID]string
	consents []member.Consent // the last word on each purpose and channel
	line     line
	form     adjustForm
	loyalty  *loyalty // nil where it is not shown
	taste    *taste   // as loyalty
	segments []segmentName
	placed   bool // segments are shown
}

// seat is a member of the household.
type seat struct {
	name, href string
	head, self bool
}

func (c *Console) member(w http.ResponseWriter, r *http.Request) error {
	var p member360
	err := c.read(r, func(tx *db.Tx) (err error) {
		if p.s, err = c.scene(r, tx); err != nil {
			return err
		}
		return c.fill360(r, tx, &p)
	})
	if err != nil {
		return err
	}
	if p.loyalty, err = c.loyaltyOf(r, p.s, p.m.Member); err != nil {
		return err
	}
	if p.taste, err = c.tasteOf(r, p.s, p.m.Member); err != nil {
		return err
	}
	return ui.Render(w, r, p.line.status(), memberView(p))
}

func (c *Console) fill360(r *http.Request, tx *db.Tx, p *member360) (err error) {
	if p.m, p.p, err = c.head(r, tx, p.s); err != nil {
		return err
	}
	if p.m.Status == member.Merged {
		return c.mergedInto(tx, p)
	}
	for _, fill := range []func(*db.Tx, *member360) error{c.fillAccounts, c.fillBought, c.fillRank, c.fillHouse, c.fillRecord, c.fillMerges} {
		if err := fill(tx, p); err != nil {
			return err
		}
	}
	if p.segments, p.placed, err = c.segmentsOf(r, tx, p.s, p.m.ID); err != nil {
		return err
	}
	p.line, err = c.timeline(r, tx, p)
	return err
}

func (c *Console) mergedInto(tx *db.Tx, p *member360) error {
	found, err := c.Members.ByIDs(tx, []ident.ID{p.m.ID})
	if err != nil {
		return err
	}
	to := found[p.m.ID]
	who, err := c.Members.Person(tx, to.ID)
	if fault.Is(err, "member.erased") {
		err = nil
	}
	p.into = &memberHead{to, p.s.name(to, who)}
	return err
}

func (c *Console) fillAccounts(tx *db.Tx, p *member360) error {
	holders, err := household.Holders(tx, []ident.ID{p.m.ID})
	if err != nil {
		return err
	}
	holder := holders[p.m.ID]
	p.pooled = holder != p.m.ID
	books, err := ledger.Load(tx, p.s.wants([]ident.ID{holder}, false))
	for _, b := range books {
		p.accounts = append(p.accounts, account{b, p.s.pointType(b.Type), b.At(tx.Now)})
	}
	return err
}

func (c *Console) fillBought(tx *db.Tx, p *member360) error {
	all, err := purchase.Summaries(tx, []ident.ID{p.m.ID})
	p.bought = all[p.m.ID]
	return err
}

func (c *Console) fillRank(tx *db.Tx, p *member360) error {
	if p.s.lowest() == "" {
		return nil
	}
	h, err := tier.Of(tx, p.m.ID, p.m.JoinedOn)
	if err != nil {
		return err
	}
	st := tier.At(p.s.tiers, h, tx.Now, p.s.today)
	p.rank = &st
	return nil
}

func (c *Console) fillHouse(tx *db.Tx, p *member360) error {
	h, in, err := household.Of(tx, p.m.ID)
	if err != nil || !in {
		return err
	}
	ids := make([]ident.ID, len(h.Members))
	for i, x := range h.Members {
		ids[i] = x.Member
	}
	ms, err := c.Members.ByIDs(tx, ids)
	if err != nil {
		return err
	}
	people, err := c.Members.People(tx, ids)
	for _, x := range h.Members {
		p.house = append(p.house, seat{p.s.name(ms[x.Member], people[x.Member]), memberURL(x.Member), x.Head, x.Member == p.m.ID})
	}
	return err
}

func (c *Console) fillRecord(tx *db.Tx, p *member360) (err error) {
	if p.schema, err = c.Members.Schema(tx); err != nil {
		return err
	}
	if p.cards, err = c.Members.Cards(tx, p.m.ID); err != nil {
		return err
	}
	all, err := c.Members.Consents(tx, p.m.ID)
	p.consents = lastWords(all)
	return err
}

func (c *Console) fillMerges(tx *db.Tx, p *member360) (err error) {
	if p.merges, err = c.Members.MergesInto(tx, p.m.ID); err != nil {
		return err
	}
	p.numbers = map[ident.ID]string{}
	for _, g := range p.merges {
		x, err := c.Members.Get(tx, g.Gone)
		if err != nil {
			return err
		}
		p.numbers[g.Gone] = x.Card
	}
	return nil
}

// mergedNumber is what a record that went is called: its number.
func (p *member360) mergedNumber(g member.Merge) string {
	if n := p.numbers[g.Gone]; n != "" {
		return n
	}
	return ident.Member.Text(g.Gone)
}

// lastWords keeps of each purpose and channel the declaration that holds, in
// the order they were first made.
func lastWords(all []member.Consent) []member.Consent {
	var out []member.Consent
	at := map[[2]string]int{}
	for _, x := range all {
		k := [2]string{x.Purpose, x.Channel}
		if i, ok := at[k]; ok {
			out[i] = x
			continue
		}
		at[k] = len(out)
		out = append(out, x)
	}
	return out
}

// living reports a member whose record may still be changed.
func (p *member360) living() bool {
	return p.m.Status == member.Active || p.m.Status == member.Withdrawn
}

// active reports a member who earns and spends.
func (p *member360) active() bool { return p.m.Status == member.Active }

// facts are the head of the page: who she is to the shop in one look.
func (p *member360) tiles() []ui.NumberTile {
	s, url := p.s, p.m.url()
	var out []ui.NumberTile
	for _, a := range p.accounts {
		b := a.balance
		t := ui.NumberTile{Label: a.name, Value: number(b.Available), Href: "/points?member=" + ident.Member.Text(p.m.ID) + "&type=" + a.Type}
		if b.Next.Points > 0 {
			t.Note = s.t("console.member.next_expiry", "points", b.Next.Points, "on", b.Next.On)
		}
		out = append(out, t)
	}
	if len(p.accounts) > 0 {
		b := p.accounts[0].balance
		for _, x := range []struct {
			key string
			n   int64
		}{{"pending", b.Pending}, {"held", b.Held}, {"debt", b.Debt}} {
			if x.n > 0 {
				out = append(out, ui.NumberTile{Label: s.t("console.member." + x.key), Value: number(x.n), Href: url + "#lots", Note: s.t("console.member." + x.key + "_why")})
			}
		}
	}
	return append(out, ui.NumberTile{Label: s.t("console.member.visits"), Value: number(p.bought.Visits), Unit: s.t("console.unit.times", "n", p.bought.Visits),
		Href: "/purchases?member=" + ident.Member.Text(p.m.ID), Note: p.lastVisit()})
}

func (p *member360) lastVisit() string {
	if p.bought.LastOn == 0 {
		return p.s.t("console.member.never")
	}
	return p.s.t("console.member.last_visit", "on", p.bought.LastOn, "days", int(p.s.today-p.bought.LastOn))
}

// lotState is the word and colour of a lot's state.
func (s *scene) lotState(a account, l *ledger.Lot) (tone, word string) {
	state := a.State(l, s.now)
	switch state {
	case "active":
		tone = "good"
	case "pending":
		tone = "info"
	}
	return tone, s.t("console.lot." + state)
}

func (s *scene) expiry(a account, l *ledger.Lot) string {
	if d := a.ExpiresOn(l); d != 0 {
		return s.day(d)
	}
	return s.t("console.lot.no_end")
}

func (s *scene) usable(l *ledger.Lot) string {
	if l.ActivatesAt == clock.Never {
		return s.t("console.lot.awaits")
	}
	return s.day(s.zone.Day(l.ActivatesAt))
}
