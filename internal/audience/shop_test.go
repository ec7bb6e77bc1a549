package audience

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"joren/internal/activity"
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/ident"
	"joren/internal/insight"
	"joren/internal/label"
	"joren/internal/lane"
	"joren/internal/ledger"
	"joren/internal/measure"
	"joren/internal/member"
	"joren/internal/outbox"
	"joren/internal/people"
	"joren/internal/plan"
	"joren/internal/programme"
	"joren/internal/purchase"
	"joren/internal/sale"
	"joren/internal/segment"
	"joren/internal/sign"
)

// shop is the café with segments, on a clock the test sets.
type shop struct {
	*sale.Sales
	t    testing.TB
	a    *Audience
	db   *db.DB
	hall *people.People
	now  clock.Instant
	who  []ident.ID
	node *outbox.Node
	n    int
}

func cafes(t *testing.T, fn func(t *testing.T, s *shop)) {
	s := &shop{}
	tick := func() clock.Instant { return s.now }
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		s.open(t, d)
		fn(t, s)
	}, dbtest.WithClock(clock.Clock{Shop: tick, Wall: tick}))
}

// open opens the shop on a database.
func (s *shop) open(t testing.TB, d *db.DB) {
	*s = shop{t: t, db: d, now: clock.MustInstant("2026-04-01T09:00:00+09:00")}
	members, programmes := member.New(sign.New()), &programme.Cache{}
	s.write(func(tx *db.Tx) error {
		_, err := programme.Publish(tx, append([]byte("claim_days: 30\n"), mustTemplate(t)...), programme.Order{})
		return err
	})
	zone := func(*db.Tx) (clock.Zone, error) { return clock.Tokyo, nil }
	s.a = &Audience{DB: d, Members: members, Programmes: programmes,
		Board: &insight.Board{Store: insight.NewStore(d, measure.Shop{Programmes: programmes}), Horizon: 30, Zone: zone}}
	l := lane.New(d, members, programmes)
	t.Cleanup(l.Close)
	s.Sales = sale.New(l)
	s.hall = &people.People{Members: members, Zone: zone, Policies: func(*db.Tx, clock.Instant) ([]*ledger.Policy, error) { return nil, nil }}
	s.node = outbox.NewNode(d, s.a.Consumer())
	s.deliver()
}

func (s *shop) write(fn func(*db.Tx) error) {
	s.t.Helper()
	if err := s.db.Write(s.t.Context(), fn); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) read(fn func(*db.Tx) error) {
	s.t.Helper()
	if err := s.db.Read(s.t.Context(), fn); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// deliver lets the audience hear of all that has happened.
func (s *shop) deliver() {
	s.t.Helper()
	_, err := s.node.Drain(s.t.Context(), "audience.touch")
	s.must(err)
}

func (s *shop) enrol() ident.ID {
	s.t.Helper()
	s.write(func(tx *db.Tx) error {
		made, err := s.hall.Enrol(tx, people.Present, []people.Request{{Newcomer: member.Newcomer{JoinedOn: clock.Tokyo.Day(s.now), JoinStore: "honten", JoinSource: "till"}}})
		if err == nil {
			err = made[0].Err
		}
		if err == nil {
			s.who = append(s.who, made[0].Member.ID)
		}
		return err
	})
	return s.who[len(s.who)-1]
}

// order is a purchase of one line.
func (s *shop) order(no string, who ident.ID, sku string, amount int64) purchase.Input {
	rate, _ := purchase.ParseRate("0.10")
	in := purchase.Input{Source: "till", OrderNo: no, Store: "honten", Channel: "shop", OccurredAt: s.now, Currency: "JPY", Prices: purchase.TaxIncluded, Total: amount, Revision: 1,
		Lines: []purchase.Line{{No: 1, SKU: sku, Quantity: 1, Amount: amount, TaxRate: rate}}}
	if !who.IsZero() {
		in.Member = ident.Member.Text(who)
	}
	return in
}

func (s *shop) buy(who ident.ID, amount int64) sale.Answer {
	s.t.Helper()
	s.n++
	a, err := s.Record(s.t.Context(), s.order(fmt.Sprint("b", s.n), who, "LATTE", amount), sale.By{Actor: "test"})
	s.must(err)
	return a
}

// on sets the clock to noon of a day.
func (s *shop) on(day string) { s.now = clock.Tokyo.Start(clock.MustDay(day)) + 12*3600*1_000_000 }

// use writes a segment and switches it on.
func (s *shop) use(id string, d segment.Definition) {
	s.t.Helper()
	x := segment.Segment{ID: id, Name: label.Text{JA: id, EN: id}, Definition: d}
	s.write(func(tx *db.Tx) error {
		x, err := s.a.Create(tx, x)
		if err == nil {
			_, err = s.a.Turn(tx, x.ID, segment.Active, x.Version)
		}
		return err
	})
	s.must(s.a.Fill(s.t.Context()))
}

func (s *shop) in(who ident.ID) (list []string) {
	s.read(func(tx *db.Tx) error {
		of, err := segment.Of(tx, []ident.ID{who})
		list = of[who]
		return err
	})
	return list
}

// dump is all that is kept of memberships.
func (s *shop) dump() (out []string) {
	s.read(func(tx *db.Tx) error {
		list, err := segment.List(tx, "")
		if err != nil {
			return err
		}
		for _, x := range list {
			out = append(out, fmt.Sprintf("%s %d", x.ID, x.Members))
			in, err := segment.In(tx, x.ID, ident.ID{}, false, 10000)
			if err != nil {
				return err
			}
			for _, m := range in {
				out = append(out, x.ID+" "+m.Member.String())
			}
		}
		return nil
	})
	return out
}

// live is a random stretch of a shop's life; what is refused is refused.
type live struct {
	*shop
	r      *rand.Rand
	did    map[string]int
	orders []purchase.Input
	merges []ident.ID
}

func (l *live) step() {
	l.now = l.now.Add(time.Duration(1+l.r.IntN(20)) * time.Hour)
	acts := []struct {
		times int
		what  string
		do    func() error
	}{{2, "enrol", func() error { l.enrol(); return nil }}, {12, "sale", l.sell}, {2, "return", l.bringBack}, {2, "revision", l.revise}, {2, "event", l.happen},
		{1, "merge", l.merge}, {1, "undo", l.undo}, {1, "leave", l.leave}, {2, "day", func() error { _, err := l.a.TurnDay(l.t.Context()); return err }}}
	if len(l.who) < 30 {
		acts = acts[:2]
	}
	if len(l.who) < 3 {
		acts = acts[:1]
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

// someone is more often one of the first, so that regulars come about.
func (l *live) someone() ident.ID {
	return l.who[min(l.r.IntN(len(l.who)), l.r.IntN(len(l.who)))]
}

func (l *live) sell() error {
	in := l.order(fmt.Sprint("L", len(l.orders)), l.someone(), []string{"LATTE", "BEANS"}[l.r.IntN(2)], 100+10*l.r.Int64N(300))
	_, err := l.Record(l.t.Context(), in, sale.By{Actor: "test"})
	if err == nil {
		l.orders = append(l.orders, in)
	}
	return err
}

func (l *live) bringBack() error {
	in := l.orders[l.r.IntN(len(l.orders))]
	_, err := l.Return(l.t.Context(), purchase.ReturnInput{Source: "till", ReturnNo: fmt.Sprint(l.now), OrderNo: in.OrderNo, OccurredAt: l.now}, sale.By{Actor: "test"})
	return err
}

func (l *live) revise() error {
	i := l.r.IntN(len(l.orders))
	in := l.orders[i]
	in.Revision++
	in.Lines[0].Amount += 50
	in.Total += 50
	if l.r.IntN(3) == 0 {
		in.Status = purchase.Cancelled
	}
	_, err := l.Record(l.t.Context(), in, sale.By{Actor: "test"})
	if err == nil {
		l.orders[i] = in
	}
	return err
}

func (l *live) happen() error {
	_, err := l.Event(l.t.Context(), activity.Input{Source: "app", EventNo: fmt.Sprint(l.now), Kind: "review", Member: ident.Member.Text(l.someone()), OccurredAt: l.now}, sale.By{Actor: "test"})
	return err
}

func (l *live) merge() error {
	g, err := l.hall.Merge(l.t.Context(), l.db, l.someone(), l.someone(), "test")
	if err == nil {
		l.merges = append(l.merges, g.ID)
	}
	return err
}

func (l *live) undo() error {
	if len(l.merges) == 0 {
		return errors.New("nothing to undo")
	}
	_, err := l.hall.Undo(l.t.Context(), l.db, l.merges[l.r.IntN(len(l.merges))], "test")
	return err
}

func (l *live) leave() error {
	who := l.who[l.r.IntN(len(l.who))]
	return l.db.Write(l.t.Context(), func(tx *db.Tx) error {
		if l.r.IntN(2) == 0 {
			_, err := l.hall.Erase(tx, who, "test")
			return err
		}
		_, _, err := l.hall.Withdraw(tx, who, "test")
		return err
	})
}

func mustTemplate(t testing.TB) []byte {
	t.Helper()
	src, err := plan.Template("cafe")
	if err != nil {
		t.Fatal(err)
	}
	return src
}

// from is a document's first day.
func from(t *testing.T, src string) string {
	t.Helper()
	_, rest, ok := strings.Cut(src, "effective_from: ")
	if !ok {
		t.Fatal("the template has no first day")
	}
	return strings.Fields(rest)[0]
}

func rulesOf(a *sale.Answer) (ids []string) {
	for _, c := range a.Award.Components {
		ids = append(ids, c.Rule)
	}
	return ids
}
