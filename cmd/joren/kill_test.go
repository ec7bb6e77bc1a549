package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/i18n"
	"joren/internal/ident"
	"joren/internal/plan"
	"joren/internal/programme"
	"joren/internal/proof"
	"joren/internal/shop"
)

const (
	cycles       = 20
	tills        = 6
	cyclesOrders = 12 // at most so many new orders a till and cycle
)

// TestAKilledServerKeepsWhatItAcknowledged kills the server in the middle of
// work, twenty times an engine. On PostgreSQL two servers share the database
// and one of them dies at a time (reference reliability ).
func TestAKilledServerKeepsWhatItAcknowledged(t *testing.T) {
	if testing.Short() {
		t.Skip("starts and kills servers for half a minute")
	}
	t.Run("sqlite", func(t *testing.T) { killing(t, place{Data: t.TempDir()}, 1) })
	t.Run("postgres", func(t *testing.T) { killing(t, place{Data: t.TempDir(), DB: dbtest.URL(t, db.Postgres)}, 2) })
}

func killing(t *testing.T, p place, processes int) {
	began := time.Now()
	seed := uint64(began.UnixNano())
	t.Logf("seed %d", seed)
	a := &attack{t: t, place: p, rand: rand.New(rand.NewPCG(seed, 0)), servers: make([]*server, processes)}
	a.prepare()
	t.Cleanup(func() {
		for _, s := range a.servers {
			if s != nil {
				s.kill()
			}
		}
	})
	for range cycles {
		a.cycle()
		a.verify()
	}
	a.settle()
	a.check()
	a.verify()
	repeated, replayed := 0, 0
	for _, x := range a.tills {
		repeated, replayed = repeated+x.repeated, replayed+x.replayed
	}
	t.Logf("%d purchases acknowledged, %d of them only when repeated, of which %d had been recorded before the kill; %v",
		a.count(), repeated, replayed, time.Since(began).Round(time.Second/10))
	if repeated == 0 {
		t.Error("no kill came in the middle of a purchase: the test proved nothing")
	}
}

// attack is one database, its servers and its tills.
type attack struct {
	t       *testing.T
	place   place
	source  []byte // the programme; nil is the café's
	key     string
	cards   []string
	rand    *rand.Rand
	servers []*server
	tills   [tills]till
}

// till sends orders one after another; the last may be without an answer.
type till struct {
	no                 int
	rand               *rand.Rand
	orders             []order
	wrong              []string // what no kill explains
	first              int      // orders with an answer
	repeated, replayed int      // answers that took more than one try, and those that the killed server had recorded
}

type order struct {
	no     string
	body   []byte
	tries  int
	answer []byte
}

func (a *attack) prepare() {
	src := a.source
	if src == nil {
		var err error
		if src, err = plan.Template("cafe"); err != nil {
			a.t.Fatal(err)
		}
	}
	for i := range a.tills {
		a.tills[i] = till{no: i, rand: rand.New(rand.NewPCG(a.rand.Uint64(), 0))}
	}
	e := &env{ctx: context.Background(), out: io.Discard, err: io.Discard}
	err := with(e, a.place, func(x *app) error {
		x.hand.Stop(clock.MustInstant("2026-04-01T00:00:00Z"))
		return x.db.Write(e.ctx, func(tx *db.Tx) error {
			if _, err := programme.Publish(tx, src, programme.Order{}); err != nil {
				return err
			}
			made, err := x.members.Create(tx, make1000(5))
			for _, m := range made {
				a.cards = append(a.cards, m.Member.Card)
			}
			if err == nil {
				a.key, err = newKey(tx)
			}
			if err == nil {
				err = shop.SetClock(tx, clock.MustInstant("2026-11-16T03:00:00Z"))
			}
			return err
		})
	})
	if err != nil {
		a.t.Fatal(err)
	}
}

// start starts the servers that do not run.
func (a *attack) start() {
	a.t.Helper()
	for i, s := range a.servers {
		if s == nil {
			var err error
			if a.servers[i], err = launch(a.place, a.key); err != nil {
				a.t.Fatal(err)
			}
		}
	}
}

// cycle lets the tills work and kills one server meanwhile.
func (a *attack) cycle() {
	a.t.Helper()
	a.start()
	ctx, over := context.WithCancel(context.Background())
	defer over()
	var wg sync.WaitGroup
	for i := range a.tills {
		c := &http.Client{Transport: &http.Transport{}, Timeout: 20 * time.Second}
		s := a.servers[i%len(a.servers)]
		wg.Go(func() { defer c.CloseIdleConnections(); a.tills[i].work(ctx, c, s, a.cards) })
	}
	victim := a.rand.IntN(len(a.servers))
	time.Sleep(time.Duration(5+a.rand.IntN(150)) * time.Millisecond)
	a.servers[victim].kill()
	a.servers[victim] = nil
	over()
	wg.Wait()
	a.complain()
}

func (a *attack) complain() {
	for i := range a.tills {
		for _, w := range a.tills[i].wrong {
			a.t.Errorf("till %d: %s", i, w)
		}
		a.tills[i].wrong = nil
	}
}

// work repeats the order that got no answer, then sends new ones until the
// server is gone.
func (x *till) work(ctx context.Context, c *http.Client, s *server, cards []string) {
	for range cyclesOrders {
		if ctx.Err() != nil {
			return
		}
		if x.first == len(x.orders) {
			x.orders = append(x.orders, x.order(cards))
		}
		if !x.send(c, s) {
			return
		}
	}
}

// send sends the order that waits for its answer; false when none came.
func (x *till) send(c *http.Client, s *server) bool {
	o := &x.orders[x.first]
	o.tries++
	got, err := s.call(c, "POST", "/v1/purchases", o.no, o.body)
	if err != nil {
		return false
	}
	if got.status != http.StatusCreated {
		x.wrong = append(x.wrong, fmt.Sprintf("order %s: %d %s", o.no, got.status, got.body))
		return false
	}
	if o.tries > 1 {
		x.repeated++
	}
	if got.replayed {
		x.replayed++
	}
	o.answer = got.body
	x.first++
	return true
}

func (x *till) order(cards []string) order {
	no := fmt.Sprintf("%d-%04d", x.no, len(x.orders))
	n := 1 + x.rand.IntN(40)
	total := n * 110
	return order{no: no, body: fmt.Appendf(nil, `{"source":"till","order_no":%q,"card":%q,"store":"honten","channel":"shop",
 "occurred_at":"2026-11-15T10:12:40+09:00","currency":"JPY","prices":"tax_included",
 "lines":[{"no":1,"sku":"CAKE","name":"cake","category":"food","quantity":%d,"amount":%d,"tax_rate":"0.10"}],
 "discounts":[],"tax":[{"rate":"0.10","amount":%d}],"shipping":0,"total":%d}`, no, cards[x.rand.IntN(len(cards))], n, total, n*10, total)}
}

func (a *attack) open(fn func(*db.DB) error) {
	a.t.Helper()
	if err := look(&env{ctx: context.Background()}, a.place, fn); err != nil {
		a.t.Fatal(err)
	}
}

func (a *attack) verify() {
	a.t.Helper()
	a.open(func(d *db.DB) error {
		r, err := proof.Verify(context.Background(), d)
		if err == nil && !r.Holds() {
			a.t.Errorf("a law is broken:\n%s", r.Text(i18n.EN))
		}
		return err
	})
}

// settle repeats what has no answer yet, now that nothing kills.
func (a *attack) settle() {
	a.t.Helper()
	a.start()
	for i := range a.tills {
		x := &a.tills[i]
		if x.first < len(x.orders) && !x.send(http.DefaultClient, a.servers[0]) {
			a.t.Errorf("till %d: order %s gets no answer", i, x.orders[x.first].no)
		}
	}
	a.complain()
}

func (a *attack) count() (n int) {
	for i := range a.tills {
		n += a.tills[i].first
	}
	return n
}

// check asks for every acknowledged purchase again, under its key and by its
// own number, and looks that the books hold it once.
func (a *attack) check() {
	a.t.Helper()
	for i := range a.tills {
		for _, o := range a.tills[i].orders {
			again, err := a.servers[0].call(http.DefaultClient, "POST", "/v1/purchases", o.no, o.body)
			if err != nil || again.status != http.StatusCreated || !again.replayed || !bytes.Equal(again.body, o.answer) {
				a.t.Errorf("order %s: %d %v\nfirst %s\nagain %s", o.no, again.status, err, o.answer, again.body)
			}
		}
	}
	rows := map[string]string{}
	a.open(func(d *db.DB) error {
		return d.Read(context.Background(), func(tx *db.Tx) error { return a.rows(tx, rows) })
	})
	if len(rows) != a.count() {
		a.t.Errorf("the books hold %d purchases, %d were acknowledged", len(rows), a.count())
	}
	for i := range a.tills {
		for _, o := range a.tills[i].orders {
			var said struct{ ID string }
			if err := json.Unmarshal(o.answer, &said); err != nil || said.ID != rows[o.no] {
				a.t.Errorf("order %s: answered %q, the books say %q (%v)", o.no, said.ID, rows[o.no], err)
			}
		}
	}
}

// rows reads the purchases of the books: id by order number.
func (a *attack) rows(tx *db.Tx, into map[string]string) error {
	type row struct {
		id ident.ID
		no string
	}
	all, err := db.Query(tx, func(r db.Row) (x row, err error) { return x, r.Scan(&x.id, &x.no) }, `SELECT id, order_no FROM purchase_purchase`)
	for _, x := range all {
		if into[x.no] != "" {
			a.t.Errorf("order %s is there twice", x.no)
		}
		into[x.no] = ident.Purchase.Text(x.id)
	}
	return err
}
