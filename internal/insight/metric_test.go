package insight

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"joren/internal/clock"
	"joren/internal/i18n"
)

// counted is the tally of a filter with nothing known of points.
func (c *Columns) counted(f Filter, today clock.Day) *tally { return c.answer(&ask{f: f}, today) }

// at finds a value of a tally.
func (t *tally) at(id string) Value {
	for _, v := range t.values() {
		if v.Metric.ID == id {
			return v
		}
	}
	return Value{}
}

// little is a shop small enough to count by hand: today is 2024-12-31.
//
//	member 0: 01-10, 02-09 (two receipts), 06-20   first 01-10, second after 30 days, 162 days later again
//	member 1: 03-01, wholly returned 03-05          only the first counts
//	member 2: 12-01                                 too young for F2
//	a guest:  02-09
func little(t *testing.T) *Columns {
	c := newColumns()
	day := clock.MustDay
	p := func(m int, on string, net, gross int64) Purchase {
		return Purchase{Member: memberID(m), Day: day(on), Store: "honten", Channel: "shop", Gross: gross, Net: net, Kept: net > 0}
	}
	for m, joined := range []string{"2024-01-10", "2024-03-01", "2024-12-01"} {
		c.people.set(&Person{ID: memberID(m), Active: true, Joined: day(joined), Channel: []string{"till", "web", "till"}[m], Tier: "bronze"})
	}
	err := c.fill(0, func(fn func(*Batch) error) error {
		return fn(&Batch{List: []Purchase{p(0, "2024-01-10", 1000, 1000), p(0, "2024-02-09", 500, 500), p(0, "2024-02-09", 700, 900), p(0, "2024-06-20", 800, 800),
			p(1, "2024-03-01", 400, 400), p(1, "2024-03-05", 0, 600), p(2, "2024-12-01", 300, 300),
			{Guest: true, Day: day("2024-02-09"), Store: "honten", Channel: "shop", Gross: 100, Net: 100, Kept: true}}})
	})
	if err != nil {
		t.Fatal(err)
	}
	c.people.relate()
	return c
}

func TestMetricsOfALittleShopAreThoseCountedByHand(t *testing.T) {
	c, today := little(t), clock.MustDay("2024-12-31")
	whole := c.counted(Filter{}.bound(today), today)
	for id, want := range map[string]float64{
		"members": 3, "new_members": 3, "buyers": 3, "orders": 7, "gross_sales": 4600, "net_sales": 3800, "returned_share": 800.0 / 4600, "member_share": 3700.0 / 3800,
		"repeat_rate": 1.0 / 3, "f2_rate": 0.5, "return_rate": 0.5, "frequency": 5.0 / 3, "interval": 162.0 / 2, "basket": 3700.0 / 6, "spend": 3700.0 / 3,
		// usual gaps, drawn to the shop's 81 days: 0: (162+81)/3 = 81, since 194: dormant; 1: 81, since 305: dormant; 2: 81, since 30: active
		"active_share": 1.0 / 3, "dormant_share": 2.0 / 3, "churned_share": 0,
	} {
		if v := whole.at(id); v.Missing != nil || math.Abs(v.Value-want) > 1e-9 {
			t.Errorf("%s is %v (%v), counted %v", id, v.Value, v.Missing, want)
		}
	}
	feb := c.counted(Filter{From: clock.MustDay("2024-02-01"), To: clock.MustDay("2024-02-29")}, today)
	for id, want := range map[string]float64{"buyers": 1, "orders": 3, "net_sales": 1300, "interval": 30, "members": 1, "new_members": 0} {
		if v := feb.at(id); v.Value != want {
			t.Errorf("in February %s is %v, counted %v", id, v.Value, want)
		}
	}
	till := c.counted(Filter{JoinBy: "till"}.bound(today), today)
	if v := till.at("net_sales"); v.Value != 3300 {
		t.Errorf("members who joined at the till bought for %v", v.Value)
	}
	if v := till.at("member_share"); v.Missing == nil {
		t.Error("a share of guests was told where guests are left out")
	}
}

// A member is asked about 90 days when they are over, not on the last of them.
func TestLookingBackWaitsForTheWholePeriod(t *testing.T) {
	c := little(t)
	for today, want := range map[string][2]int{"2024-04-09": {0, 0}, "2024-04-10": {1, 0}, "2024-07-08": {2, 0}, "2024-07-09": {2, 1}} {
		d := clock.MustDay(today)
		// 01-10 and 90 days is 04-09, and 180 is 07-08; 03-01 and 90 is 05-30.
		tl := c.counted(Filter{}.bound(d), d)
		if got := [2]int{tl.f2Base, tl.returnedBase}; got != want {
			t.Errorf("on %s the bases are %v, want %v", today, got, want)
		}
	}
}

// Where nothing is recorded there is no zero: the demo's shop has no welcome
// gift, no referral and nobody who uses points.
func TestNothingRecordedIsNoZero(t *testing.T) {
	c, today := little(t), clock.MustDay("2024-12-31")
	a := &ask{f: Filter{}.bound(today), points: Points{Issued: 1000, Expired: 40, Back: 200, Value: 1}}
	code := func(a *ask, id string) string { return codeOf(c.answer(a, today).at(id).Missing) }
	for id, want := range map[string]string{"referral_share": "insight.no_referral", "cost_per_new": "insight.no_gifts", "breakage": "insight.none_used", "use_rate": "", "programme_cost": ""} {
		if got := code(a, id); got != want {
			t.Errorf("%s: %q, want %q", id, got, want)
		}
	}
	a.points.Used, a.gifts = 160, []Gift{{memberID(1), clock.MustDay("2024-03-01"), 300}}
	c.people.set(&Person{ID: memberID(2), Active: true, Joined: clock.MustDay("2024-12-01"), Channel: "referral", Tier: "bronze"})
	for id, want := range map[string]float64{"referral_share": 1.0 / 3, "cost_per_new": 100, "breakage": 0.2, "use_rate": 0.2, "issue_rate": 800.0 / 3700} {
		if v := c.answer(a, today).at(id); v.Missing != nil || math.Abs(v.Value-want) > 1e-12 {
			t.Errorf("%s is %v (%v), want %v", id, v.Value, v.Missing, want)
		}
	}
	a.f.JoinBy = "till" // of those nobody was brought by a member: now that is a number
	if v := c.answer(a, today).at("referral_share"); v.Missing != nil || v.Value != 0 {
		t.Errorf("of the till: %v, %v", v.Value, v.Missing)
	}
}

// A period that has not begun is empty, and no more than that.
func TestAPeriodThatHasNotBegunIsEmpty(t *testing.T) {
	c, today := little(t), clock.MustDay("2024-12-31")
	f := Filter{From: today + 1000, To: today + 2000}.bound(today)
	if first, net := c.daily(f); first != 0 || net != nil {
		t.Errorf("daily: %v, %v", first, net)
	}
	for _, v := range c.counted(f, today).values() {
		if v.Missing == nil && (v.Metric.ID != "members" && !strings.HasSuffix(v.Metric.ID, "_share")) && v.Value != 0 {
			t.Errorf("%s is %v", v.Metric.ID, v.Value)
		}
	}
	for _, x := range c.cohorts(f, today, 1) {
		if x.N != 0 {
			t.Errorf("%+v", x)
		}
	}
	if list := c.buyers(f, ""); len(list) != 0 {
		t.Errorf("%d buyers", len(list))
	}
}

// draw makes a filter out of what a shop has, and a little of what it has not.
func drawFilter(t *rapid.T, c *Columns) Filter {
	var f Filter
	pick := func(d *words) string {
		return rapid.SampledFrom(append(slices.Clone(d.list), "", "", "nowhere")).Draw(t, "word")
	}
	day := func() clock.Day {
		if rapid.Bool().Draw(t, "open") {
			return 0
		}
		return opened + clock.Day(rapid.IntRange(-10, 700).Draw(t, "day"))
	}
	f.From, f.To, f.CohortFrom, f.CohortTo = day(), day(), day(), day()
	f.Store, f.Channel, f.JoinBy, f.Tier = pick(&c.stores), pick(&c.channels), pick(&c.people.sources), pick(&c.people.tiers)
	return f
}

func lively(seed uint64) *Columns {
	c := newColumns()
	r := rand.New(rand.NewPCG(seed, 3))
	for m := range 40 {
		c.people.set(&Person{ID: memberID(m), Active: r.IntN(9) > 0, Joined: opened + clock.Day(r.IntN(300)), Channel: []string{"till", "web"}[r.IntN(2)], Tier: []string{"bronze", "gold"}[r.IntN(2)]})
	}
	_ = generated(40, 5, seed)(func(p *Purchase) error {
		p.Store, p.Channel, p.Kept, p.Lines = []string{"a", "b"}[r.IntN(2)], []string{"shop", "web"}[r.IntN(2)], r.IntN(10) > 0, nil
		if !p.Kept {
			p.Net = 0
		}
		if r.IntN(5) == 0 {
			p.Guest = true
			c.addGuest(p)
			return nil
		}
		n := c.people.number(p.Member)
		var mine []Purchase
		for _, i := range c.rows(n, nil) {
			mine = append(mine, Purchase{Member: p.Member, Day: c.day[i], Store: c.stores.list[c.store[i]], Channel: c.channels.list[c.channel(i)], Gross: c.gross(i), Net: c.net(i), Kept: c.kept(i)})
		}
		c.put(n, append(mine, *p))
		return nil
	})
	c.people.relate()
	return c
}

// Whatever is asked, the answer is a finite number in its bounds, within its
// own interval, or a reason.
func TestNoFilterMakesAMetricSenseless(t *testing.T) {
	c := lively(5)
	rapid.Check(t, func(t *rapid.T) {
		f := drawFilter(t, c)
		if f.From != 0 && f.To != 0 && f.From > f.To {
			return
		}
		today := opened + 400
		for _, v := range c.counted(f.bound(today), today).values() {
			if v.Missing != nil {
				continue
			}
			bad := math.IsNaN(v.Value) || math.IsInf(v.Value, 0) || v.Value < 0 || v.N < 0
			if v.Metric.Unit == InShare {
				bad = bad || v.Value > 1
			}
			if v.Interval {
				bad = bad || !(v.Low <= v.Value+1e-9 && v.Value <= v.High+1e-9) || math.IsInf(v.High, 0)
			}
			if bad {
				t.Fatalf("%s under %+v is %+v", v.Metric.ID, f, v)
			}
		}
		for _, row := range Table(i18n.JA, c.counted(f.bound(today), today).values()) {
			if strings.Contains(strings.Join(row, " "), "NaN") {
				t.Fatal(row)
			}
		}
	})
}

// What is divided by a cut sums to the whole.
func TestCutsSumToTheWhole(t *testing.T) {
	c := lively(6)
	today := opened + 700
	rapid.Check(t, func(t *rapid.T) {
		f := drawFilter(t, c)
		for name, x := range map[string]struct {
			d   *words
			set func(*Filter, string)
			ids []string
		}{
			"store":   {&c.stores, func(f *Filter, s string) { f.Store = s }, []string{"orders", "gross_sales", "net_sales"}},
			"channel": {&c.channels, func(f *Filter, s string) { f.Channel = s }, []string{"orders", "gross_sales", "net_sales"}},
			"tier":    {&c.people.tiers, func(f *Filter, s string) { f.Tier = s }, []string{"members", "new_members", "buyers"}},
		} {
			x.set(&f, "")
			for _, id := range x.ids {
				whole, sum := c.counted(f.bound(today), today).at(id).Value, 0.0
				for _, w := range x.d.list {
					g := f
					x.set(&g, w)
					sum += c.counted(g.bound(today), today).at(id).Value
				}
				if whole != sum {
					t.Fatalf("%s by %s under %+v: %v in all, %v in parts", id, name, f, whole, sum)
				}
			}
		}
	})
}

// The same counted plainly, member by member and with maps.
func TestRatesAreThoseOfAPlainCount(t *testing.T) {
	c := lively(7)
	today := opened + 450
	from, to := opened+60, opened+260
	buyers, repeated, base, hits, gaps, gapDays := 0, 0, 0, 0, 0, 0
	for n := range c.people.id {
		days := map[clock.Day]bool{}
		for i := int(c.people.from[n]); i < int(c.people.from[n]+c.people.count[n]); i++ {
			if c.kept(i) {
				days[c.day[i]] = true
			}
		}
		var all []clock.Day
		inside := 0
		for d := range days {
			all = append(all, d)
			if d >= from && d <= to {
				inside++
			}
		}
		slices.Sort(all)
		if inside > 0 {
			buyers++
		}
		if inside > 1 {
			repeated++
		}
		for k := 1; k < len(all); k++ {
			if all[k] >= from && all[k] <= to {
				gaps, gapDays = gaps+1, gapDays+int(all[k]-all[k-1])
			}
		}
		if len(all) > 0 && all[0] >= from && all[0] <= to && all[0]+90 < today {
			base++
			if len(all) > 1 && all[1] <= all[0]+90 {
				hits++
			}
		}
	}
	tl := c.counted(Filter{From: from, To: to}, today)
	if tl.buyers != buyers || tl.repeated != repeated || tl.f2Base != base || tl.f2 != hits || buyers == 0 || base == 0 {
		t.Errorf("buyers %d repeated %d f2 %d of %d; plainly %d %d %d of %d", tl.buyers, tl.repeated, tl.f2, tl.f2Base, buyers, repeated, hits, base)
	}
	if v := tl.at("interval"); math.Abs(v.Value-float64(gapDays)/float64(gaps)) > 1e-9 {
		t.Errorf("interval %v, plainly %d/%d", v.Value, gapDays, gaps)
	}
}

func TestEveryMetricHasItsWords(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range Registry {
		if seen[m.ID] || Find(m.ID) != m {
			t.Errorf("%s stands twice", m.ID)
		}
		seen[m.ID] = true
		for _, l := range []i18n.Lang{i18n.JA, i18n.EN} {
			if m.Name(l) == "" || m.Formula(l) == "" || i18n.T(l, "insight.unit."+string(m.Unit)) == "" {
				t.Errorf("%s has no words", m.ID)
			}
		}
	}
}
