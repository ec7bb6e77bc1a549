package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/plan"
)

var stormTime = flag.Duration("storm", 10*time.Second, "how long TestAStormOfClients lasts on each engine")

const (
	stormClients = 200
	stormShared  = 40   // orders that every client may send, under one key each
	stormBudget  = 2000 // points for all members together
)

// TestAStormOfClients lets 200 clients send good, bad, repeated and conflicting
// requests at once: nothing is a defect, everything acknowledged is there once,
// a repeat is answered as the first time, the shared budget holds, and the
// books verify. On PostgreSQL two servers share the database, and two day turns
// run meanwhile (reference reliability ).
//
//	go test ./cmd/joren -run Storm -storm 5m
func TestAStormOfClients(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { storming(t, place{Data: t.TempDir()}, 1) })
	t.Run("postgres", func(t *testing.T) { storming(t, place{Data: t.TempDir(), DB: dbtest.URL(t, db.Postgres)}, 2) })
}

// storm is an attack by many clients on servers that live.
type storm struct {
	*attack
	client *http.Client
	end    time.Time

	mu     sync.Mutex
	wrong  []string
	orders map[string]string // purchases acknowledged: id by order number
	shared map[string][]byte // the answer to a shared order
	fresh  map[string]int    // how often it was answered for the first time
	seen   map[int]int       // answers by status
	sent   atomic.Int64
}

func storming(t *testing.T, p place, processes int) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	src, err := plan.Template("cafe")
	if err != nil {
		t.Fatal(err)
	}
	small := bytes.Replace(src, []byte("max: 500000"), fmt.Appendf(nil, "max: %d", stormBudget), 1)
	if bytes.Equal(small, src) {
		t.Fatal("the café's budget is written otherwise")
	}
	s := &storm{attack: &attack{t: t, place: p, source: small, rand: rand.New(rand.NewPCG(seed, 0)), servers: make([]*server, processes)},
		client: &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: stormClients}},
		orders: map[string]string{}, shared: map[string][]byte{}, fresh: map[string]int{}, seen: map[int]int{}}
	s.prepare()
	t.Cleanup(func() {
		s.client.CloseIdleConnections()
		for _, x := range s.servers {
			if x != nil {
				x.kill()
			}
		}
	})
	s.start()
	s.rage()
	s.look()
	s.verify()
	t.Logf("%d requests, by status %v, %d purchases", s.sent.Load(), s.seen, len(s.orders))
}

// rage runs the clients, and on a database of several servers the day turns.
func (s *storm) rage() {
	s.t.Helper()
	last := *stormTime
	if testing.Short() {
		last = min(last, 2*time.Second)
	}
	s.end = time.Now().Add(last)
	var all sync.WaitGroup
	for i := range stormClients {
		c := &stormClient{storm: s, no: i, rand: rand.New(rand.NewPCG(s.rand.Uint64(), 0))}
		all.Go(c.run)
	}
	for range len(s.servers) {
		if len(s.servers) > 1 {
			all.Go(s.turn)
		}
	}
	all.Wait()
	for i, w := range s.wrong {
		if i < 10 {
			s.t.Error(w)
		}
	}
	if n := len(s.wrong); n > 10 {
		s.t.Errorf("%d more", n-10)
	}
}

// turn ends yesterday, beside the servers and beside another that does the
// same.
func (s *storm) turn() {
	out, err := exec.Command("joren", "close-day", "2026-11-15", "--data", s.place.Data, "--db", s.place.url()).CombinedOutput()
	if err != nil {
		s.complain("close-day: %v: %s", err, out)
	}
}

func (s *storm) complain(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wrong = append(s.wrong, fmt.Sprintf(format, args...))
}

// look compares the books with what was acknowledged.
func (s *storm) look() {
	s.t.Helper()
	rows := map[string]string{}
	var used int64
	s.open(func(d *db.DB) error {
		return d.Read(s.t.Context(), func(tx *db.Tx) (err error) {
			if err := s.rows(tx, rows); err != nil {
				return err
			}
			used, err = db.One(tx, nil, db.Value[int64], `SELECT SUM(used) FROM limit_counter WHERE limit_id = 'autumn-budget'`)
			return err
		})
	})
	for no, id := range s.orders {
		if rows[no] != id {
			s.t.Errorf("order %s: acknowledged as %s, the books say %q", no, id, rows[no])
		}
	}
	if len(rows) != len(s.orders) {
		s.t.Errorf("the books hold %d purchases, %d were acknowledged", len(rows), len(s.orders))
	}
	for no, n := range s.fresh {
		if n != 1 {
			s.t.Errorf("order %s was answered %d times as if it were new", no, n)
		}
	}
	if used > stormBudget || used < stormBudget/2 {
		s.t.Errorf("%d points of a budget of %d were given", used, stormBudget)
	}
	for _, status := range []int{200, 201, 409, 422} {
		if s.seen[status] == 0 {
			s.t.Errorf("no answer was %d: the storm proved little", status)
		}
	}
}

// stormClient is one of the clients.
type stormClient struct {
	*storm
	no     int
	rand   *rand.Rand
	orders []order // its own, acknowledged
	back   map[string]bool
}

func (c *stormClient) run() {
	c.back = map[string]bool{}
	for n := 0; time.Now().Before(c.end); n++ {
		x := c.rand.IntN(100)
		switch {
		case x < 45 || len(c.orders) == 0:
			c.buy(n)
		case x < 55:
			c.again()
		case x < 75:
			c.together()
		case x < 80:
			c.change()
		case x < 85:
			c.reuse()
		case x < 90:
			c.giveBack()
		default:
			c.nonsense()
		}
	}
}

// send asks one of the servers.
func (c *stormClient) send(path, key string, body []byte, want ...int) (reply, bool) {
	r, err := c.servers[c.rand.IntN(len(c.servers))].call(c.client, "POST", path, key, body)
	c.sent.Add(1)
	if err != nil {
		c.complain("%s %s: %v", path, key, err)
		return r, false
	}
	c.mu.Lock()
	c.seen[r.status]++
	c.mu.Unlock()
	for _, w := range want {
		if r.status == w {
			return r, true
		}
	}
	if !strings.Contains(string(r.body), "idempotency.in_progress") { // an honest answer, never to be counted on
		c.complain("%s %s: %d, want %v: %.300s\n%.300s", path, key, r.status, want, r.body, body)
	}
	return r, false
}

func (c *stormClient) note(no string, answer []byte) {
	var said struct{ ID string }
	if err := json.Unmarshal(answer, &said); err != nil || said.ID == "" {
		c.complain("order %s: %s", no, answer)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if was, there := c.storm.orders[no]; there && was != said.ID {
		c.wrong = append(c.wrong, "order "+no+" has two ids: "+was+" "+said.ID)
	}
	c.storm.orders[no] = said.ID
}

// ticket is a purchase of n pieces.
func (c *stormClient) ticket(no, card string, n int) []byte {
	return fmt.Appendf(nil, `{"source":"till","order_no":%q,"card":%q,"store":"honten","channel":"shop","occurred_at":"2026-11-16T11:12:40+09:00","lines":[{"no":1,"sku":"CAKE","category":"food","quantity":%d,"amount":%d,"tax_rate":"0.10"}],"total":%d}`, no, card, n, n*110, n*110)
}

func (c *stormClient) buy(n int) {
	o := order{no: fmt.Sprintf("%d-%d", c.no, n)}
	o.body = c.ticket(o.no, c.cards[c.rand.IntN(len(c.cards))], 1+c.rand.IntN(40))
	r, ok := c.send("/v1/purchases", o.no, o.body, http.StatusCreated)
	if !ok {
		return
	}
	o.answer = r.body
	c.note(o.no, r.body)
	c.orders = append(c.orders, o)
}

func (c *stormClient) any() *order { return &c.orders[c.rand.IntN(len(c.orders))] }

// again repeats an order of its own, with its key and without.
func (c *stormClient) again() {
	o := c.any()
	if r, ok := c.send("/v1/purchases", o.no, o.body, http.StatusCreated); ok && (!r.replayed || !bytes.Equal(r.body, o.answer)) {
		c.complain("order %s again: %s\nfirst: %s", o.no, r.body, o.answer)
	}
	if r, ok := c.send("/v1/purchases", "", o.body, http.StatusOK); ok && !bytes.Contains(r.body, []byte(`"duplicate":true`)) {
		c.complain("order %s without its key: %s", o.no, r.body)
	}
}

// together sends an order that others send at the same time.
func (c *stormClient) together() {
	n := c.rand.IntN(stormShared)
	no := fmt.Sprintf("shared-%d", n)
	r, ok := c.send("/v1/purchases", no, c.ticket(no, c.cards[n%len(c.cards)], 1+n%9), http.StatusCreated)
	if !ok {
		return
	}
	c.note(no, r.body)
	c.mu.Lock()
	defer c.mu.Unlock()
	if !r.replayed {
		c.fresh[no]++
	}
	if first := c.shared[no]; first == nil {
		c.shared[no] = r.body
	} else if !bytes.Equal(first, r.body) {
		c.wrong = append(c.wrong, fmt.Sprintf("order %s has two answers: %s\n%s", no, first, r.body))
	}
}

// change sends other content under a known number.
func (c *stormClient) change() {
	o := c.any()
	other := bytes.Replace(o.body, []byte("CAKE"), []byte("PIE"), 1)
	key := fmt.Sprintf("change-%d-%d", c.no, c.rand.Uint64())
	r, ok := c.send("/v1/purchases", key, other, http.StatusConflict)
	if again, ok2 := c.send("/v1/purchases", key, other, http.StatusConflict); ok && ok2 && (!again.replayed || !bytes.Equal(again.body, r.body)) {
		c.complain("order %s, a refusal again: %s\nfirst: %s", o.no, again.body, r.body)
	}
}

// reuse sends another request under a known key.
func (c *stormClient) reuse() {
	o := c.any()
	c.send("/v1/purchases", o.no, append(bytes.Clone(o.body), ' '), http.StatusUnprocessableEntity)
}

// giveBack returns an order, twice.
func (c *stormClient) giveBack() {
	o := c.any()
	if c.back[o.no] {
		return
	}
	c.back[o.no] = true
	body := fmt.Appendf(nil, `{"source":"till","return_no":"R%s","order_no":%q,"occurred_at":"2026-11-16T11:30:00+09:00"}`, o.no, o.no)
	first, ok := c.send("/v1/returns", "R"+o.no, body, http.StatusCreated)
	if again, ok2 := c.send("/v1/returns", "R"+o.no, body, http.StatusCreated); ok && ok2 && !bytes.Equal(again.body, first.body) {
		c.complain("return of %s again: %s\nfirst: %s", o.no, again.body, first.body)
	}
}

var nonsense = []string{"", "{", "null", `{"total":1.5}`, `{"total":1e30}`, `{"items":[]}`, `{"source":"till","order_no":"x","occurred_at":"2026-11-16T11:12:40+09:00","lines":[{"quantity":-1,"amount":5}],"total":5}`,
	`{"source":"till","order_no":"x","occurred_at":"2026-11-16T11:12:40+09:00","lines":[{"quantity":1,"amount":9223372036854775807},{"quantity":1,"amount":9223372036854775807}],"total":5}`,
	`{"source":"till","order_no":"x","card":"nobody","occurred_at":"2026-11-16T11:12:40+09:00","lines":[{"quantity":1,"amount":5}],"total":5}`,
	`{"source":"till","order_no":"x","occurred_at":"2036-11-16T11:12:40+09:00","lines":[{"quantity":1,"amount":5}],"total":5}`,
	`{"source":"till","order_no":"x","occurred_at":"2026-11-16T11:12:40+09:00","lines":[{"quantity":1,"amount":5}],"total":"５"}`}

func (c *stormClient) nonsense() {
	body := nonsense[c.rand.IntN(len(nonsense))]
	path := []string{"/v1/purchases", "/v1/returns", "/v1/purchases/bulk"}[c.rand.IntN(3)]
	if r, ok := c.send(path, "", []byte(body), http.StatusUnprocessableEntity); ok && !bytes.Contains(r.body, []byte(`"code":"`)) {
		c.complain("%s refused without a code: %s", body, r.body)
	}
}
