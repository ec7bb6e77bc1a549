package api

import (
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
	"joren/internal/staff"
)

// life is one random story of a few members who buy, pay with points, send
// things back late, leave, come back and are forgotten.
type life struct {
	*rapid.T
	s       *shop
	members []string
	status  map[string]string // active, left, erased
	orders  []order
	holds   []string // committed: 20 points each
	made    *int     // orders and holds of all stories
	seen    map[string]int
}

type order struct {
	no, member string
	left       int // of two pieces
}

func (l *life) some(status string) string {
	var all []string
	for _, m := range l.members {
		if l.status[m] == status {
			all = append(all, m)
		}
	}
	if len(all) == 0 {
		return ""
	}
	return rapid.SampledFrom(all).Draw(l.T, status)
}

func (l *life) saw(what string) { l.seen[what]++ }

func (l *life) buys() {
	m := l.some("active")
	if m == "" {
		return
	}
	*l.made++
	o := order{fmt.Sprint("o", *l.made), m, 2}
	paid := ""
	if n := min(l.s.has(m), rapid.SampledFrom([]int{300, 50, 2000}).Draw(l.T, "pays")); n > 0 {
		paid = fmt.Sprintf(`"points_paid":{"points":%d},`, n)
		l.saw("points are paid")
	}
	l.s.post("/v1/purchases", fmt.Sprintf(`{"source":"till","order_no":%q,"member":%q,"store":"honten","channel":"shop","occurred_at":%q,%s
		"currency":"JPY","prices":"tax_included","lines":[{"no":1,"sku":"A","name":"x","category":"cake","quantity":2,"amount":22000,"tax_rate":"0.10"}],"total":22000}`,
		o.no, m, l.s.now.String(), paid)).want(201)
	l.orders = append(l.orders, o)
}

func (l *life) sendsBack() {
	var kept []*order
	for i := range l.orders {
		if o := &l.orders[i]; o.left > 0 {
			kept = append(kept, o)
		}
	}
	if len(kept) == 0 {
		return
	}
	slices.SortStableFunc(kept, func(x, y *order) int { return strings.Compare(l.status[y.member], l.status[x.member]) }) // of who is gone first
	o := kept[rapid.IntRange(0, len(kept)-1).Draw(l.T, "order")]
	n := min(rapid.IntRange(1, 2).Draw(l.T, "pieces"), o.left)
	o.left -= n
	r := l.s.post("/v1/returns", fmt.Sprintf(`{"source":"till","order_no":%q,"return_no":"R%d","occurred_at":%q,"lines":[{"no":1,"quantity":%d}]}`, o.no, o.left, l.s.now.String(), n)).want(201)
	if r.field("points_returned") != nil {
		l.saw("points come back to who is " + l.status[o.member])
	}
}

func (l *life) spends() {
	if m := l.some("active"); m != "" && l.s.has(m) >= 20 {
		*l.made++
		l.holds = append(l.holds, l.s.spend(m, 20, fmt.Sprint("h", *l.made)))
	}
}

func (l *life) refunds() {
	if n := len(l.holds); n > 0 {
		l.s.giveBack(l.holds[n-1], 20, "r-"+l.holds[n-1]).want(200)
		l.holds = l.holds[:n-1]
		l.saw("a hold is refunded")
	}
}

func (l *life) turns(from, to string, do func(string)) {
	if m := l.some(from); m != "" {
		do(m)
		l.status[m] = to
		l.saw(from + " to " + to)
	}
}

// merges makes one member of two records; what the first bought is the other's.
func (l *life) merges() {
	gone, kept := l.some("active"), l.some("active")
	if gone == kept || rapid.Bool().Draw(l.T, "not now") {
		return
	}
	l.s.ask(staff.ScopeAdmin, "POST", "/v1/members/merge", `{"gone":"`+gone+`","kept":"`+kept+`"}`).want(200)
	l.status[gone] = "merged"
	for i := range l.orders {
		if l.orders[i].member == gone {
			l.orders[i].member = kept
		}
	}
	l.saw("two become one")
}

func (l *life) waits() {
	l.s.now += clock.Instant(rapid.SampledFrom([]int{1, 20, 45, 100}).Draw(l.T, "days")) * 86_400_000_000
	if rapid.Bool().Draw(l.T, "scheduler") {
		l.s.lapses()
	}
}

// lotsOf is what is left on a member's lots.
func (s *shop) lotsOf(member string) (n int64) {
	s.t.Helper()
	id, err := ident.Member.Parse(member)
	if err != nil {
		s.t.Fatal(err)
	}
	s.write(func(tx *db.Tx) (err error) {
		n, err = db.One(tx, nil, db.Value[int64], `SELECT COALESCE(CAST(SUM(remaining) AS BIGINT), 0) FROM ledger_lot WHERE holder_id = $1`, id)
		return err
	})
	return n
}

func (l *life) check() {
	l.s.sound()
	for _, m := range l.members {
		if (l.status[m] == "erased" || l.status[m] == "merged") && l.s.lotsOf(m) != 0 {
			l.Fatalf("%d points are open for who is %s", l.s.lotsOf(m), l.status[m])
		}
	}
	if l.s.t.Failed() {
		l.FailNow()
	}
}

// Whatever members do and however late things come back: every law holds after
// each step, nothing is open for who was erased, and nothing for good for who
// has left.
func TestNothingIsPromisedToNobodyWhateverMembersDo(t *testing.T) {
	checks := flag.Lookup("rapid.checks")
	if checks.Value.String() == checks.DefValue {
		flag.Set("rapid.checks", "8")
		defer flag.Set("rapid.checks", checks.DefValue)
	}
	seen := map[string]int{}
	for _, c := range [][2]string{{"points: forfeit", "grace"}, {"points: forfeit", "reissue"}, {"points: keep, keep_days: 40", "forfeit"}} {
		edited(t, leavable(c[0], c[1]), func(t *testing.T, s *shop) {
			made := 0
			rapid.Check(t, func(rt *rapid.T) {
				l := &life{T: rt, s: s, made: &made, seen: seen, status: map[string]string{}}
				for range 3 {
					m := s.join("x")
					l.members, l.status[m] = append(l.members, m), "active"
					s.give(m, 500, "2099-12-31")
				}
				leaves, back := func() { l.turns("active", "left", s.leaves) }, func() { l.turns("left", "active", s.comesBack) }
				erased, gone := func() { l.turns("active", "erased", s.erases) }, func() { l.turns("left", "erased", s.erases) }
				verbs := []func(){l.buys, l.spends, l.buys, l.merges, l.buys, l.sendsBack, leaves, l.sendsBack, l.refunds, l.waits, back, l.sendsBack,
					l.buys, erased, l.sendsBack, func() { erased(); l.sendsBack() }, l.spends, func() { erased(); l.sendsBack(); l.sendsBack() }, leaves, l.refunds, l.sendsBack, gone, l.sendsBack}
				for i := range rapid.IntRange(8, 22).Draw(rt, "steps") {
					s.now += 60_000_000
					verbs[(rapid.IntRange(0, len(verbs)-1).Draw(rt, "verb")+i)%len(verbs)]()
					l.check()
				}
				s.now += 60 * 86_400_000_000
				s.lapses()
				s.sound()
				for _, m := range l.members {
					if l.status[m] == "left" && s.has(m) != 0 {
						rt.Fatalf("%d points still wait for who has left", s.has(m))
					}
				}
			})
		})
	}
	for _, what := range slices.Sorted(maps.Keys(seen)) {
		t.Logf("%5d %s", seen[what], what)
	}
	for _, what := range []string{"points are paid", "points come back to who is active", "points come back to who is left", "points come back to who is erased",
		"active to left", "left to active", "active to erased", "left to erased", "a hold is refunded", "two become one"} {
		if seen[what] == 0 {
			t.Errorf("no story reached %q", what)
		}
	}
}
