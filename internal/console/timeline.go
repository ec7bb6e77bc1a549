package console

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"joren/internal/audit"
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/i18n"
	"joren/internal/ident"
	"joren/internal/ledger"
	"joren/internal/purchase"
	"joren/internal/rules"
	"joren/internal/staff"
	"joren/internal/tier"
	"joren/internal/ui"
)

// line is a stretch of a member's timeline.
type line struct {
	question
	show    string
	moments []ui.Moment
	next    string // before which the next stretch lies; "" at the end
}

// happening is a moment with its place in time.
type happening struct {
	at clock.Instant
	ui.Moment
}

// source reads what happened before an instant, newest first, n at most.
type source func(tx *db.Tx, p *member360, before clock.Instant, n int) ([]happening, error)

var shows = []string{"all", "purchases", "points", "rank", "staff"}

const lineLength = 30

// timeline merges everything recorded about a member into one line. Each
// source is read no further than the page needs; what lies before the oldest
// row of a source that has more is left for the next page.
func (c *Console) timeline(r *http.Request, tx *db.Tx, p *member360) (line, error) {
	l := line{question: c.names(r, "show")}
	show := l.word("show", shows...)
	before, _ := placeOf(&l.question, instantIn)
	if before == 0 {
		before = clock.Never
	}
	l.show = cmp.Or(heeded(&l.question, show), "all")
	all, horizon, err := c.gather(tx, p, l.show, before)
	if err != nil {
		return l, err
	}
	shown := 0
	for i, h := range all {
		if h.at < horizon || i >= lineLength && h.at != all[i-1].at {
			break
		}
		l.moments = append(l.moments, h.Moment)
		shown++
	}
	switch {
	case shown < len(all) && shown > 0:
		l.next = itoa(int64(all[shown-1].at))
	case horizon > 0:
		l.next = itoa(int64(horizon))
	}
	return l, nil
}

// instantIn reads where a stretch of a timeline ends.
func instantIn(s string) (clock.Instant, bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	return clock.Instant(n), err == nil && n > 0
}

// gather reads the sources of a view; horizon is how far back they are
// complete, 0 to the beginning.
func (c *Console) gather(tx *db.Tx, p *member360, show string, before clock.Instant) (all []happening, horizon clock.Instant, err error) {
	const n = 2 * lineLength
	for _, read := range c.sources(show) {
		got, err := read(tx, p, before, n)
		if err != nil {
			return nil, 0, err
		}
		if len(got) >= n {
			horizon = max(horizon, got[len(got)-1].at)
		}
		all = append(all, got...)
	}
	all = slices.DeleteFunc(all, func(h happening) bool { return h.Title == "" })
	slices.SortStableFunc(all, func(a, b happening) int { return cmp.Compare(b.at, a.at) })
	return all, horizon, nil
}

func (c *Console) sources(show string) []source {
	switch show {
	case "purchases":
		return []source{c.linePurchases, c.lineReturns}
	case "points":
		return []source{linePoints(true)}
	case "rank":
		return []source{lineRanks}
	case "staff":
		return []source{lineStaff}
	}
	return []source{c.linePurchases, c.lineReturns, linePoints(false), lineRanks, lineStaff, lineJoined}
}

func (s *scene) moment(at clock.Instant, kind, tone string) ui.Moment {
	return ui.Moment{Time: s.when(at), ISO: at.String(), Kind: s.t("console.line." + kind), Tone: tone}
}

func (c *Console) linePurchases(tx *db.Tx, p *member360, before clock.Instant, n int) ([]happening, error) {
	after := purchase.Cursor{}
	if before != clock.Never {
		after = purchase.Cursor{At: before}
	}
	list, err := purchase.ByMember(tx, p.m.ID, after, n)
	out := make([]happening, len(list))
	for i, x := range list {
		out[i] = happening{x.OccurredAt, p.s.bought(x)}
	}
	return out, err
}

// bought tells a purchase in one moment, with what it earned and why.
func (s *scene) bought(x *purchase.Purchase) ui.Moment {
	m := s.moment(x.OccurredAt, "purchase", "good")
	m.Title, m.Href = s.t("console.line.bought", "where", s.where(x.Store, x.Channel), "total", s.money(x.Total)), purchaseURL(x.ID)
	if x.Store == "" && x.Channel != "" {
		m.Title = s.t("console.line.bought_by", "channel", x.Channel, "total", s.money(x.Total))
	}
	var why []string
	for i := range x.Judged.Awards {
		a := &x.Judged.Awards[i]
		if a.Type == s.mainType() || i == 0 {
			m.Value = signed(a.Points)
		} else if a.Points != 0 {
			why = append(why, s.pointType(a.Type)+" "+signed(a.Points))
		}
		why = append(why, s.shortWhy(x.Judged.Version, a)...)
	}
	if paid := x.Doc.PointsPaid; paid != nil && paid.Points > 0 {
		why = append(why, s.t("console.line.paid", "points", paid.Points))
	}
	if !x.Kept {
		why = append(why, s.t("console.line.all_returned"))
	}
	m.Text = strings.Join(why, s.t("console.comma"))
	return m
}

// shortWhy names the parts of an award: 基本 35, シルバー 17.
func (s *scene) shortWhy(version int, a *rules.Award) (out []string) {
	v, err := s.timeline.Number(version)
	if err != nil || len(a.Components) < 2 {
		return nil
	}
	for _, row := range s.speaker().Explain(v.Rules, a).Rows {
		out = append(out, row.Name+" "+number(row.Points))
	}
	return out
}

func (s *scene) where(store, channel string) string {
	switch {
	case store != "":
		return s.store(store)
	case channel != "":
		return channel
	}
	return s.t("console.line.somewhere")
}

func (c *Console) lineReturns(tx *db.Tx, p *member360, before clock.Instant, n int) ([]happening, error) {
	list, err := purchase.ReturnsOf(tx, p.m.ID, before, n)
	out := make([]happening, len(list))
	for i, x := range list {
		m := p.s.moment(x.OccurredAt, "return", "warn")
		m.Title, m.Href, m.Text = p.s.t("console.line.returned", "value", p.s.money(x.Value)), purchaseURL(x.Purchase), x.Reason
		if net := x.PointsBack - x.Demanded[p.s.mainType()]; net != 0 {
			m.Value = signed(net)
		}
		out[i] = happening{x.OccurredAt, m}
	}
	return out, err
}

// linePoints reads the account's entries; without every those that a purchase
// or return shows already, or time alone brought, stay empty.
func linePoints(every bool) source {
	return func(tx *db.Tx, p *member360, before clock.Instant, n int) ([]happening, error) {
		if len(p.accounts) == 0 {
			return nil, nil
		}
		list, err := ledger.Lately(tx, p.accounts[0].Holder, before, n)
		out := make([]happening, len(list))
		for i, x := range list {
			out[i].at = x.Occurred
			if told := x.Kind == ledger.Activate || !x.Purchase.IsZero() && (x.Kind == ledger.Earn || x.Kind == ledger.Redeem || !x.Return.IsZero()); every || !told {
				out[i].Moment = p.s.entry(x)
			}
		}
		return out, err
	}
}

// entry tells a journal line in one moment.
func (s *scene) entry(x *ledger.Line) ui.Moment {
	tone := ""
	switch {
	case x.Kind == ledger.Expire && x.Points < 0:
		tone = "bad"
	case x.Points > 0:
		tone = "good"
	}
	m := s.moment(x.Occurred, "points", tone)
	m.Title = s.t("console.entry." + string(x.Kind))
	if len(s.policies) > 1 {
		m.Title += " " + s.pointType(x.Key.Type)
	}
	m.Text = strings.Join(nonEmpty(s.reason(x.Reason), x.Note), s.t("console.comma"))
	if x.Points != 0 {
		m.Value = signed(x.Points)
	}
	if !x.Purchase.IsZero() {
		m.Href = purchaseURL(x.Purchase)
	}
	return m
}

// reason puts a reason's code into words where the console has some.
func (s *scene) reason(code string) string {
	key := "console.reason." + code
	if code == "" || code == "purchase" || code == "return" || !known(key) {
		return ""
	}
	return s.t(key)
}

func nonEmpty(list ...string) []string {
	return slices.DeleteFunc(list, func(s string) bool { return s == "" })
}

func lineRanks(tx *db.Tx, p *member360, before clock.Instant, n int) ([]happening, error) {
	list, err := tier.Changes(tx, p.m.ID)
	var out []happening
	for i := len(list) - 1; i >= 0 && len(out) < n; i-- {
		x := list[i]
		at := max(p.s.zone.Start(x.On), min(x.RecordedAt, p.s.zone.Start(x.On+1)-1))
		if at >= before {
			continue
		}
		m := p.s.moment(at, "rank", "warn")
		if p.s.height(x.To) > p.s.height(x.From) {
			m.Tone = "good"
		}
		m.Title, m.Text = p.s.t("console.line.moved", "from", p.s.level(x.From), "to", p.s.level(x.To)), p.s.t("console.rank.because."+string(x.Reason))
		out = append(out, happening{at, m})
	}
	return out, err
}

func (s *scene) height(level string) int {
	if s.tiers == nil {
		return -1
	}
	return slices.IndexFunc(s.tiers.Levels, func(l tier.Level) bool { return l.ID == level })
}

// lineStaff reads what staff did, by the shop's clock.
func lineStaff(tx *db.Tx, p *member360, before clock.Instant, n int) ([]happening, error) {
	names, err := staff.Names(tx)
	if err != nil {
		return nil, err
	}
	var out []happening
	for f := (audit.Filter{SubjectID: p.m.ID, Limit: 100}); len(out) < n; {
		list, err := audit.List(tx, f)
		if err != nil {
			return nil, err
		}
		for _, e := range list {
			if e.ShopAt < before {
				out = append(out, happening{e.ShopAt, p.s.deed(e, names)})
			}
		}
		if len(list) < f.Limit {
			break
		}
		f.Before = list[len(list)-1].Number
	}
	return out[:min(n, len(out))], nil
}

func (s *scene) deed(e audit.Entry, names map[ident.ID]string) ui.Moment {
	m := s.moment(e.ShopAt, "staff", "info")
	if m.Title = e.Action; known("audits.action." + e.Action) {
		m.Title = s.t("audits.action." + e.Action)
	}
	who := names[e.ActorID]
	if who == "" {
		who = s.t("console.actor." + string(e.Actor))
	}
	m.Text = strings.Join(nonEmpty(who, auditReason(s.lang, e.Reason)), s.t("console.comma"))
	return m
}

func lineJoined(_ *db.Tx, p *member360, before clock.Instant, _ int) ([]happening, error) {
	at := p.s.zone.Start(p.m.JoinedOn)
	if at >= before {
		return nil, nil
	}
	m := p.s.moment(at, "member", "info")
	m.Time, m.ISO = p.s.day(p.m.JoinedOn), p.m.JoinedOn.String()
	m.Title = p.s.t("console.line.joined")
	m.Text = strings.Join(nonEmpty(p.joined()...), p.s.t("console.comma"))
	return []happening{{at, m}}, nil
}

// joined says where and how she joined, and whose files brought her.
func (p *member360) joined() []string {
	said := []string{"", p.s.joinedThrough(p.m.JoinSource), ""}
	if p.m.JoinStore != "" {
		said[0] = p.s.store(p.m.JoinStore)
	}
	if p.m.Imported != "" {
		said[2] = p.s.t("console.line.imported", "source", p.m.Imported)
	}
	return said
}

// joinedThrough is a way of joining in words; those of the shop's own stay as
// they are.
func (s *scene) joinedThrough(v string) string {
	if key := "console.joined_through." + v; i18n.Has(key) {
		return s.t(key)
	}
	return v
}
