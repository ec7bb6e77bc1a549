package console

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"time"

	"joren/internal/audit"
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/i18n"
	"joren/internal/ident"
	"joren/internal/intake"
	"joren/internal/jobs"
	"joren/internal/ledger"
	"joren/internal/member"
	"joren/internal/outbox"
	"joren/internal/programme"
	"joren/internal/purchase"
	"joren/internal/session"
	"joren/internal/shop"
	"joren/internal/staff"
	"joren/internal/ui"
)

func (c *Console) homeRoutes() {
	c.Web.Routes.Get("/{$}", session.SignedIn, c.home)
	c.rail(ui.Home, "/", staff.HomeView)
}

// homePage is what Home shows.
type homePage struct {
	s       *scene
	needs   []ui.Notice
	tiles   []ui.NumberTile
	ranks   []ui.NumberTile
	steps   []step
	done    int
	sample  bool
	counted string // when the numbers were counted, if that is a while ago
}

// home answers the three questions. Roles without it start at the first page
// of their rail.
func (c *Console) home(w http.ResponseWriter, r *http.Request) error {
	if !can(r, staff.HomeView) {
		return see(w, r, ui.Of(r.Context()).Rail[0].Href)
	}
	var p homePage
	err := c.read(r, func(tx *db.Tx) (err error) {
		if p.s, err = c.scene(r, tx); err != nil {
			return err
		}
		if p.needs, err = c.needs(r, tx, p.s); err != nil {
			return err
		}
		return c.steps(r, tx, &p)
	})
	if err != nil {
		return err
	}
	n, err := c.figures.get(r.Context(), c, p.s)
	if err != nil {
		return err
	}
	if n != nil {
		p.tiles, p.ranks = p.s.tiles(n), p.s.mix(n)
		if c.db.Clock().Wall().Sub(n.at) > time.Minute {
			p.counted = p.s.t("console.home.counted", "at", i18n.Time(p.s.lang, n.at.Time().In(p.s.zone.Location)))
		}
	}
	return ui.Render(w, r, http.StatusOK, homeView(p))
}

// most is how many of a kind are counted; more are "50 or more".
const most = 50

// needs collects what waits for a person, the worst first; each only for
// those who may do something about it.
func (c *Console) needs(r *http.Request, tx *db.Tx, s *scene) ([]ui.Notice, error) {
	var out []ui.Notice
	for _, x := range []struct {
		may  staff.Permission
		look func(*http.Request, *db.Tx, *scene) (*ui.Notice, error)
	}{
		{staff.SettingsEdit, c.needSample}, {staff.JobsView, c.needDead}, {staff.JobsView, c.needParkedEvents}, {staff.ImportRun, c.needImports},
		{staff.ProgrammeView, c.needProgramme}, {staff.PurchasesView, c.needFlagged}, {staff.PurchasesView, c.needParkedReturns},
	} {
		if !can(r, x.may) {
			continue
		}
		n, err := x.look(r, tx, s)
		if err != nil {
			return nil, err
		}
		if n != nil {
			out = append(out, *n)
		}
	}
	return out, nil
}

// atMost says a count that stops at most.
func (s *scene) atMost(n int) string {
	if n >= most {
		return s.t("console.home.or_more", "n", most)
	}
	return i18n.Number(int64(n))
}

func (s *scene) need(tone, key, href string, args ...any) *ui.Notice {
	return &ui.Notice{Tone: tone, Title: s.t(key, args...), Text: s.t(key + "_why"), Links: []ui.Link{{Label: s.t(key + "_do"), Href: href}}}
}

func (c *Console) needDead(_ *http.Request, tx *db.Tx, s *scene) (*ui.Notice, error) {
	dead, err := jobs.List(tx, jobs.Dead, ident.ID{}, most)
	if err != nil || len(dead) == 0 {
		return nil, err
	}
	return s.need("bad", "console.home.dead", "/jobs?state=dead", "n", s.atMost(len(dead))), nil
}

func (c *Console) needParkedEvents(_ *http.Request, tx *db.Tx, s *scene) (*ui.Notice, error) {
	parked, err := outbox.ListParked(tx, "", 0, most)
	if err != nil || len(parked) == 0 {
		return nil, err
	}
	return s.need("bad", "console.home.events", "/jobs/parked", "n", s.atMost(len(parked))), nil
}

// needImports asks about the latest import of each file only: one that went
// through later needs nobody.
func (c *Console) needImports(_ *http.Request, tx *db.Tx, s *scene) (*ui.Notice, error) {
	list, err := intake.Imports(tx, most)
	if err != nil {
		return nil, err
	}
	var failed []intake.Import
	seen := map[string]bool{}
	for _, x := range list {
		if !seen[x.File] && x.State == "failed" {
			failed = append(failed, x)
		}
		seen[x.File] = true
	}
	if len(failed) == 0 {
		return nil, nil
	}
	return s.need("bad", "console.home.imports", "/import", "n", s.atMost(len(failed)), "file", failed[0].File), nil
}

// needProgramme speaks up when nothing is in force and when the end of
// earning or spending is less than three months away.
func (c *Console) needProgramme(_ *http.Request, tx *db.Tx, s *scene) (*ui.Notice, error) {
	if s.plan == nil {
		return needFirst(tx, s)
	}
	for _, x := range []struct {
		key string
		on  clock.Day
	}{{"console.home.spend_ends", s.plan.LastSpendOn}, {"console.home.earn_ends", s.plan.LastEarnOn}} {
		left := x.on - s.today
		switch {
		case x.on == 0 || left > 90:
		case left < 0:
			return s.need("warn", x.key+"_past", "/programme", "on", x.on), nil
		default:
			return s.need("warn", x.key, "/programme", "on", x.on, "days", int(left)), nil
		}
	}
	return nil, nil
}

// needFirst asks for the first programme: to publish the draft there is, else
// to write one.
func needFirst(tx *db.Tx, s *scene) (*ui.Notice, error) {
	all, err := programme.Versions(tx)
	for _, v := range all {
		if v.PublishedAt == 0 {
			return s.need("warn", "console.home.draft", versionPath(v.Number, ""), "n", v.Number), err
		}
	}
	return s.need("warn", "console.home.no_programme", "/programme"), err
}

// flaggedDays is how far back Home looks for flagged purchases.
const flaggedDays = 30

func (c *Console) needFlagged(_ *http.Request, tx *db.Tx, s *scene) (*ui.Notice, error) {
	list, err := purchase.List(tx, purchase.Filter{From: s.today - flaggedDays, To: s.today, Flagged: true}, purchase.Place{}, false, most)
	if err != nil {
		return nil, err
	}
	n := 0
	for _, p := range list {
		ok, err := checked(tx, p.ID)
		if err != nil {
			return nil, err
		}
		if !ok {
			n++
		}
	}
	if n == 0 {
		return nil, nil
	}
	return s.need("warn", "console.home.flagged", "/purchases?only=flagged&from="+(s.today-flaggedDays).String(), "n", s.atMost(n)), nil
}

// checked reports that somebody has looked at a flagged purchase.
func checked(tx *db.Tx, id ident.ID) (bool, error) {
	list, err := audit.List(tx, audit.Filter{SubjectID: id, Action: "purchase.checked", Limit: 1})
	return len(list) > 0, err
}

func (c *Console) needParkedReturns(_ *http.Request, tx *db.Tx, s *scene) (*ui.Notice, error) {
	list, err := purchase.ParkedList(tx, most)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return s.need("warn", "console.home.parked", "/purchases/parked", "n", s.atMost(len(list))), nil
}

// tiles are the shop's numbers, each with the rows behind it where the reader
// may see them.
func (s *scene) tiles(n *numbers) []ui.NumberTile {
	m, l := n.Month, n.Last
	span := "from=" + m.From.String() + "&to=" + m.To.String()
	flow := func(key string, c ledger.Contra, sign int64) ui.NumberTile {
		return ui.NumberTile{Label: s.t(key), Value: i18n.Number(sign * m.Flows[c]), Href: "/points?what=" + string(c) + "&type=" + s.mainType() + "&" + span,
			Note: s.t("console.home.last_month", "n", i18n.Number(sign*l.Flows[c]))}
	}
	out := []ui.NumberTile{
		{Label: s.t("console.home.members"), Value: i18n.Number(n.Members), Unit: s.t("console.unit.people"), Href: "/members",
			Note: s.t("console.home.joined", "n", m.Joined, "last", l.Joined)},
		{Label: s.t("console.home.purchases"), Value: i18n.Number(m.Purchases), Unit: s.t("console.unit.purchases", "n", m.Purchases), Href: "/purchases?" + span,
			Note: s.t("console.home.worth", "value", s.money(m.Value), "last", i18n.Number(l.Purchases)), Trend: n.Daily},
		{Label: s.t("console.home.repeat"), Value: percent(n.Repeated, n.Buyers), Unit: "%", Href: "/members?bought=again",
			Note: s.t("console.home.repeat_of", "n", n.Repeated, "of", n.Buyers)},
	}
	if s.plan == nil {
		return out
	}
	return append(out, flow("console.home.issued", ledger.Issued, 1), flow("console.home.used", ledger.Redeemed, -1), flow("console.home.expired", ledger.Expired, -1),
		ui.NumberTile{Label: s.t("console.home.open"), Value: i18n.Number(n.Open), Href: "/points/accounts",
			Note: s.t("console.home.accounts", "n", n.Accounts)})
}

// mix shows how the members spread over the ranks; who has no rank written
// down has the lowest.
func (s *scene) mix(n *numbers) []ui.NumberTile {
	if s.tiers == nil || n.Members == 0 {
		return nil
	}
	var out []ui.NumberTile
	rest := n.Members
	for _, l := range s.tiers.Levels[1:] {
		rest -= n.Mix[l.ID]
	}
	counts := make([]int64, len(s.tiers.Levels))
	for i, l := range s.tiers.Levels {
		if counts[i] = n.Mix[l.ID]; i == 0 {
			counts[i] = max(0, rest)
		}
	}
	shares := sharesOf(counts)
	for i, l := range s.tiers.Levels {
		k := counts[i]
		out = append(out, ui.NumberTile{Label: s.level(l.ID), Value: i18n.Number(k), Unit: s.t("console.unit.people"), Href: "/members?tier=" + l.ID,
			Note: s.t("console.home.share", "share", shares[i])})
	}
	return out
}

// sharesOf are the percentages of the parts of a whole with one decimal. They
// add up to 100.0: what rounding down leaves goes to the largest remainders.
func sharesOf(counts []int64) []string {
	var all int64
	for _, k := range counts {
		all += k
	}
	tenths, order, left := make([]int64, len(counts)), make([]int, len(counts)), int64(1000)
	for i, k := range counts {
		tenths[i], order[i] = k*1000/max(all, 1), i
		left -= tenths[i]
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(counts[b]*1000%max(all, 1), counts[a]*1000%max(all, 1))
	})
	out := make([]string, len(counts))
	for k, i := range order {
		if all > 0 && int64(k) < left {
			tenths[i]++
		}
		out[i] = fmt.Sprintf("%d.%d", tenths[i]/10, tenths[i]%10)
	}
	return out
}

// percent is n of all with one decimal; a dash of nothing.
func percent(n, all int64) string {
	if all <= 0 {
		return "–"
	}
	tenths := (n*1000 + all/2) / all
	return fmt.Sprintf("%d.%d", tenths/10, tenths%10)
}

// step is one of the first things to do; it ticks from what is recorded.
type step struct {
	key     string
	href    string
	minutes int
	done    bool
}

func (c *Console) steps(r *http.Request, tx *db.Tx, p *homePage) error {
	people, err := staff.List(tx)
	if err != nil {
		return err
	}
	members, err := c.Members.Walk(tx, member.Walk{Limit: 1})
	if err != nil {
		return err
	}
	bought, err := purchase.Count(tx, purchase.Filter{}, 1)
	if err != nil {
		return err
	}
	p.sample = p.s.shop.Setup == shop.Sample
	own := !p.sample // a sample brings everything but stores and staff
	for _, x := range []struct {
		step
		may staff.Permission
	}{
		{step{"console.step.setup", "/settings", 2, own && p.s.shop.Setup != shop.New}, staff.SettingsEdit},
		{step{"console.step.programme", "/programme", 15, own && p.s.plan != nil}, staff.ProgrammeEdit},
		{step{"console.step.stores", "/settings/stores", 3, len(p.s.stores) > 0}, staff.SettingsEdit},
		{step{"console.step.members", "/import", 10, own && len(members) > 0}, staff.ImportRun},
		{step{"console.step.purchase", "/purchases", 5, own && bought > 0}, staff.PurchasesView},
		{step{"console.step.staff", "/settings/staff", 3, len(people) > 1}, staff.StaffManage},
	} {
		if !can(r, x.may) {
			continue
		}
		p.steps = append(p.steps, x.step)
		if x.done {
			p.done++
		}
	}
	return nil
}

// moments shows the steps in order, those done marked in colour and word.
func (p homePage) moments() []ui.Moment {
	out := make([]ui.Moment, len(p.steps))
	for i, x := range p.steps {
		m := ui.Moment{Time: p.s.t("console.step.minutes", "n", x.minutes), ISO: fmt.Sprintf("PT%dM", x.minutes), Kind: p.s.t("console.step.todo"), Title: p.s.t(x.key), Href: x.href, Text: p.s.t(x.key + "_why")}
		if x.done {
			m.Kind, m.Tone = p.s.t("console.step.done"), "good"
		}
		out[i] = m
	}
	return out
}
