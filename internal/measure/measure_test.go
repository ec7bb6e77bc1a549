package measure

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/ident"
	"joren/internal/insight"
	"joren/internal/lane"
	"joren/internal/ledger"
	"joren/internal/member"
	"joren/internal/outbox"
	"joren/internal/people"
	"joren/internal/plan"
	"joren/internal/programme"
	"joren/internal/purchase"
	"joren/internal/rules"
	"joren/internal/sale"
	"joren/internal/sign"
)

// shop is the café with everything that can happen to a purchase or a member,
// on a clock the test sets.
type shop struct {
	*sale.Sales
	t       *testing.T
	db      *db.DB
	members *member.Members
	people  *people.People
	now     clock.Instant
	who     []ident.ID
}

func cafes(t *testing.T, fn func(t *testing.T, s *shop)) {
	s := &shop{}
	tick := func() clock.Instant { return s.now }
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		cafe, err := plan.Template("cafe")
		if err != nil {
			t.Fatal(err)
		}
		src := append([]byte("claim_days: 30\n"), cafe...)
		*s = shop{t: t, db: d, now: clock.MustInstant("2026-04-01T09:00:00+09:00"), members: member.New(sign.New())}
		s.write(func(tx *db.Tx) error {
			_, err := programme.Publish(tx, src, programme.Order{})
			return err
		})
		l := lane.New(d, s.members, &programme.Cache{})
		t.Cleanup(l.Close)
		s.Sales = sale.New(l)
		s.people = &people.People{Members: s.members, Zone: func(*db.Tx) (clock.Zone, error) { return clock.Tokyo, nil },
			Policies: func(*db.Tx, clock.Instant) ([]*ledger.Policy, error) { return nil, nil }}
		s.attributes()
		fn(t, s)
	}, dbtest.WithClock(clock.Clock{Shop: tick, Wall: tick}))
}

func (s *shop) write(fn func(*db.Tx) error) {
	s.t.Helper()
	if err := s.db.Write(s.t.Context(), fn); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) enrol() {
	s.t.Helper()
	s.write(func(tx *db.Tx) error {
		made, err := s.people.Enrol(tx, people.Present, []people.Request{{Newcomer: member.Newcomer{JoinedOn: clock.Tokyo.Day(s.now), JoinStore: "honten", JoinSource: "till",
			Person: s.somebody(len(s.who))}}})
		if err == nil {
			err = made[0].Err
		}
		if err == nil {
			s.who = append(s.who, made[0].Member.ID)
		}
		return err
	})
}

// somebody is a person with what measuring may know of her, and a name, which
// it may not.
func (s *shop) somebody(n int) member.Person {
	p := member.Person{Name: "山田 花子", Birthday: clock.Date(1950+n*7%55, 3, 1+n%28), Area: []string{"東京都", "大阪府", ""}[n%3]}
	if n%4 > 0 {
		p.Gender = []member.Gender{member.Female, member.Male}[n%2]
		p.Attributes = member.Attributes{"skin": []string{"dry", "oily"}[n%2], "parking": n%3 == 0, "remark": "likes the window seat"}
	}
	return p
}

// attributes are the owner's own fields: two to cut by, one too free for that.
func (s *shop) attributes() {
	s.write(func(tx *db.Tx) (err error) {
		for _, a := range []member.Attribute{{ID: "skin", Type: rules.AttrChoice, Choices: []string{"dry", "oily"}}, {ID: "parking", Type: rules.AttrBool}, {ID: "remark", Type: rules.AttrText}} {
			a.Name.JA = a.ID
			err = errors.Join(err, s.members.Define(tx, a))
		}
		return err
	})
}

// order is a purchase of two lines; revision and prices vary.
func (s *shop) order(no string, who ident.ID, at clock.Instant, r *rand.Rand, revision int64) purchase.Input {
	rate, _ := purchase.ParseRate("0.10")
	in := purchase.Input{Source: "till", OrderNo: no, Revision: revision, Store: []string{"honten", "ekimae"}[r.IntN(2)], Channel: []string{"shop", "web"}[r.IntN(2)],
		OccurredAt: at, Currency: "JPY", Prices: purchase.TaxIncluded}
	if !who.IsZero() {
		in.Member = ident.Member.Text(who)
	}
	for i := range 2 {
		n := 1 + r.Int64N(3)
		l := purchase.Line{No: i + 1, SKU: fmt.Sprintf("P%d", r.IntN(5)), Quantity: n, Amount: n * (100 + r.Int64N(900)), TaxRate: rate}
		in.Lines, in.Total = append(in.Lines, l), in.Total+l.Amount
	}
	return in
}

// live is a random stretch of a shop's life; what is refused is refused.
type live struct {
	*shop
	seed   uint64
	r      *rand.Rand
	did    map[string]int
	orders []purchase.Input
	merges []ident.ID
}

func (l *live) step() {
	l.now = l.now.Add(time.Duration(1+l.r.IntN(30)) * time.Hour)
	acts := []struct {
		times int
		what  string
		do    func() error
	}{{2, "enrol", func() error { l.enrol(); return nil }}, {8, "sale", func() error { return l.buy(l.someone()) }}, {2, "guest", func() error { return l.buy(ident.ID{}) }},
		{3, "return", l.bringBack}, {2, "revision", l.revise}, {1, "claim", l.claim}, {1, "change", l.change}, {1, "merge", l.merge}, {1, "undo", l.undo}, {1, "leave", l.leave}}
	if len(l.who) < 3 {
		acts = acts[:1]
	} else if len(l.orders) == 0 {
		acts = acts[:3]
	}
	all := 0
	for _, a := range acts {
		all += a.times
	}
	k := l.r.IntN(all)
	for _, a := range acts {
		if k -= a.times; k < 0 {
			if a.do() == nil {
				l.did[a.what]++
			}
			return
		}
	}
}

func (l *live) someone() ident.ID { return l.who[l.r.IntN(len(l.who))] }

func (l *live) buy(who ident.ID) error {
	in := l.order(fmt.Sprintf("%d-%d", l.seed, len(l.orders)), who, l.now, l.r, 1)
	_, err := l.Record(l.t.Context(), in, sale.By{Actor: "test"})
	if err == nil {
		l.orders = append(l.orders, in)
	}
	return err
}

func (l *live) bringBack() error {
	ret := purchase.ReturnInput{Source: "till", ReturnNo: fmt.Sprint(l.now), OrderNo: l.orders[l.r.IntN(len(l.orders))].OrderNo, OccurredAt: l.now}
	if l.r.IntN(2) == 0 {
		ret.Lines = []purchase.ReturnLine{{No: 1, Quantity: 1}}
	}
	_, err := l.Return(l.t.Context(), ret, sale.By{Actor: "test"})
	return err
}

func (l *live) revise() error {
	i := l.r.IntN(len(l.orders))
	was := l.orders[i]
	in := l.order(was.OrderNo, ident.ID{}, was.OccurredAt, l.r, was.Revision+1)
	in.Member = was.Member
	if l.r.IntN(4) == 0 {
		in.Status = purchase.Cancelled
	}
	_, err := l.Record(l.t.Context(), in, sale.By{Actor: "test"})
	if err == nil {
		l.orders[i] = in
	}
	return err
}

var errNothing = errors.New("nothing to do")

func (l *live) claim() (err error) {
	err = errNothing
	for i := len(l.orders) - 1; i >= 0 && err != nil; i-- {
		if in := l.orders[i]; in.Member == "" {
			_, err = l.Claim(l.t.Context(), sale.ClaimInput{Member: ident.Member.Text(l.someone()), OrderNo: in.OrderNo, On: clock.Tokyo.Day(in.OccurredAt), Total: in.Total}, sale.By{Actor: "test"})
		}
	}
	return err
}

func (l *live) change() error {
	area := []string{"京都府", "東京都", ""}[l.r.IntN(3)]
	return l.db.Write(l.t.Context(), func(tx *db.Tx) error {
		id := l.someone()
		m, err := l.members.Get(tx, id)
		if err == nil {
			_, err = l.people.Update(tx, id, member.Fields{Area: &area, Attributes: map[string]any{"skin": "oily"}}, m.Version)
		}
		return err
	})
}

func (l *live) merge() error {
	g, err := l.people.Merge(l.t.Context(), l.db, l.someone(), l.someone(), "test")
	if err == nil {
		l.merges = append(l.merges, g.ID)
	}
	return err
}

func (l *live) undo() error {
	if len(l.merges) == 0 {
		return errNothing
	}
	_, err := l.people.Undo(l.t.Context(), l.db, l.merges[l.r.IntN(len(l.merges))], "test")
	return err
}

func (l *live) leave() error {
	return l.db.Write(l.t.Context(), func(tx *db.Tx) error {
		if l.r.IntN(2) == 0 {
			_, err := l.people.Erase(tx, l.someone(), "test")
			return err
		}
		_, _, err := l.people.Withdraw(tx, l.someone(), "test")
		return err
	})
}

func said(t *testing.T, s *insight.Store) string {
	t.Helper()
	var b strings.Builder
	if err := s.View(func(c *insight.Columns) error { _, err := c.WriteTo(&b); return err }); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Columns that followed every event say what columns read afresh say, whatever
// happened and however often they looked.
func TestFollowingEventsComesToWhatReadingAfreshDoes(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		did := map[string]int{}
		for seed := range uint64(3) {
			l := &live{shop: s, seed: seed, r: rand.New(rand.NewPCG(seed, 1)), did: did}
			follow := insight.NewStore(s.db, Shop{&programme.Cache{}, s.members})
			for i := range 150 {
				l.step()
				if l.r.IntN(4) == 0 || i == 0 {
					if _, err := follow.Follow(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				if i%30 == 29 {
					if _, err := follow.Follow(t.Context()); err != nil {
						t.Fatal(err)
					}
					afresh := insight.NewStore(s.db, Shop{&programme.Cache{}, s.members})
					if err := afresh.Rebuild(t.Context()); err != nil {
						t.Fatal(err)
					}
					if d := cmp.Diff(said(t, afresh), said(t, follow)); d != "" {
						t.Fatalf("seed %d after %d steps (− afresh, + followed):\n%s", seed, i+1, d)
					}
				}
			}
			s.who = nil
		}
		for _, what := range []string{"enrol", "sale", "guest", "return", "revision", "claim", "change", "merge", "undo", "leave"} {
			if did[what] == 0 {
				t.Errorf("no %s took effect: %v", what, did)
			}
		}
	})
}

// deliver runs a consumer over all that has happened.
func (s *shop) deliver(c outbox.Consumer) {
	s.t.Helper()
	if _, err := outbox.NewNode(s.db, c).Drain(s.t.Context(), c.Name); err != nil {
		s.t.Fatal(err)
	}
}
