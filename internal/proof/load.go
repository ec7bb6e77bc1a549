// Package proof measures the product and proves its books: the bench with its
// floor and load generator, and the verification of every law.
//
// It reads every room and changes none; the bench writes only to a database
// made for it.
package proof

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"joren/internal/clock"
)

// Load is one measured run of the generator: callers that each send the next
// purchase as soon as the last is answered, for so many seconds.
type Load struct {
	Addr    string   // host:port of the server, loopback
	Key     string   // API key
	Cards   []string // members to buy
	Callers int
	Seconds int
	Bulk    int    // purchases a request; 0 sends single ones
	Name    string // makes order numbers unique over runs
}

// Sample is what a run measured. Latencies are per request, in microseconds.
type Sample struct {
	Requests  int64
	Purchases int64
	Failed    int64
	Seconds   float64
	P50, P95, P99,
	Worst int64
	FirstError string `json:",omitempty"`
}

// Rate is purchases per second.
func (s Sample) Rate() float64 { return float64(s.Purchases) / s.Seconds }

// Run drives the server. The generator speaks plain HTTP/1.1 over its own
// connections: a general client would cost the machine more than the answer.
func (l Load) Run(ctx context.Context) (Sample, error) {
	wall := clock.System().Wall
	ctx, cancel := context.WithTimeout(ctx, time.Duration(l.Seconds)*time.Second)
	defer cancel()
	callers := make([]caller, l.Callers)
	var wg sync.WaitGroup
	start := wall()
	for i := range callers {
		callers[i] = caller{load: &l, no: i, wall: wall}
		wg.Go(func() { callers[i].run(ctx) })
	}
	wg.Wait()
	return gather(callers, wall().Sub(start)), nil
}

func gather(callers []caller, took time.Duration) Sample {
	s := Sample{Seconds: took.Seconds()}
	var all []int64
	for i := range callers {
		c := &callers[i]
		all = append(all, c.latencies...)
		s.Purchases += c.purchases
		s.Failed += c.failed
		if s.FirstError == "" && c.err != nil {
			s.FirstError = c.err.Error()
		}
	}
	s.Requests = int64(len(all))
	s.quantiles(all)
	return s
}

func (s *Sample) quantiles(all []int64) {
	if len(all) == 0 {
		return
	}
	slices.Sort(all)
	at := func(q float64) int64 { return all[min(len(all)-1, int(q*float64(len(all))))] }
	s.P50, s.P95, s.P99, s.Worst = at(.5), at(.95), at(.99), all[len(all)-1]
}

// caller is one connection.
type caller struct {
	load      *Load
	no        int
	wall      func() clock.Instant
	seq       int
	latencies []int64
	purchases int64
	failed    int64
	err       error
}

func (c *caller) run(ctx context.Context) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", c.load.Addr)
	if err != nil {
		c.err = err
		return
	}
	defer conn.Close()
	r := bufio.NewReaderSize(conn, 64<<10)
	var buf []byte
	for ctx.Err() == nil {
		buf = c.request(buf[:0])
		t := c.wall()
		if _, err := conn.Write(buf); err != nil {
			c.err = err
			return
		}
		status, body, err := answer(r)
		if err != nil {
			c.err = err
			return
		}
		c.latencies = append(c.latencies, int64(c.wall()-t))
		c.count(status, body)
	}
}

func (c *caller) count(status int, body []byte) {
	switch {
	case status == 201:
		c.purchases++
	case status == 200 && c.load.Bulk > 0:
		var b struct{ Recorded, Refused int64 }
		if err := json.Unmarshal(body, &b); err != nil {
			c.fail(status, body)
			return
		}
		c.purchases += b.Recorded
		if b.Refused > 0 {
			c.fail(status, body)
		}
	default:
		c.fail(status, body)
	}
}

func (c *caller) fail(status int, body []byte) {
	c.failed++
	if c.err == nil {
		c.err = fmt.Errorf("status %d: %.300s", status, body)
	}
}

// request writes the next request. Callers walk the members with a stride, so
// that neighbours do not meet on one account more often than chance.
func (c *caller) request(buf []byte) []byte {
	path, body := "/v1/purchases", []byte(nil)
	if n := c.load.Bulk; n > 0 {
		path = "/v1/purchases/bulk"
		body = append(body, `{"items":[`...)
		for i := range n {
			if i > 0 {
				body = append(body, ',')
			}
			body = c.purchase(body)
		}
		body = append(body, `]}`...)
	} else {
		body = c.purchase(body)
	}
	buf = append(buf, "POST "+path+" HTTP/1.1\r\nHost: "+c.load.Addr+"\r\nAuthorization: Bearer "+c.load.Key+
		"\r\nContent-Type: application/json\r\nIdempotency-Key: "+c.load.Name+"-"...)
	buf = strconv.AppendInt(buf, int64(c.no), 10)
	buf = append(buf, '-')
	buf = strconv.AppendInt(buf, int64(c.seq), 10)
	buf = append(buf, "\r\nContent-Length: "...)
	buf = strconv.AppendInt(buf, int64(len(body)), 10)
	buf = append(buf, "\r\n\r\n"...)
	return append(buf, body...)
}

// purchase writes one purchase of one line: tax-included, no points paid.
func (c *caller) purchase(b []byte) []byte {
	n := len(c.load.Cards)
	card := c.load.Cards[(c.seq*7919+c.no*104729)%n]
	c.seq++
	price := 300 + (c.seq*37)%9700
	b = append(b, `{"source":"bench-`+c.load.Name+`","order_no":"`...)
	b = strconv.AppendInt(b, int64(c.no), 10)
	b = append(b, '-')
	b = strconv.AppendInt(b, int64(c.seq), 10)
	b = append(b, `","card":"`+card+`","store":"honten","channel":"shop","occurred_at":"`...)
	b = c.wall().Time().AppendFormat(b, "2006-01-02T15:04:05.000Z07:00")
	b = append(b, `","currency":"JPY","prices":"tax_included","lines":[{"no":1,"sku":"BEANS200","category":"beans","quantity":1,"amount":`...)
	b = strconv.AppendInt(b, int64(price), 10)
	b = append(b, `,"tax_rate":"0.08"}],"total":`...)
	b = strconv.AppendInt(b, int64(price), 10)
	return append(b, '}')
}

// answer reads one response with a length or in chunks.
func answer(r *bufio.Reader) (status int, body []byte, err error) {
	line, err := r.ReadString('\n')
	if err != nil {
		return 0, nil, err
	}
	if len(line) < 12 {
		return 0, nil, fmt.Errorf("proof: not HTTP: %q", line)
	}
	if status, err = strconv.Atoi(line[9:12]); err != nil {
		return 0, nil, err
	}
	length, chunked := -1, false
	for {
		line, err = r.ReadString('\n')
		if err != nil {
			return 0, nil, err
		}
		name, value, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok {
			break
		}
		switch value = strings.TrimSpace(value); strings.ToLower(name) {
		case "content-length":
			if length, err = strconv.Atoi(value); err != nil {
				return 0, nil, err
			}
		case "transfer-encoding":
			chunked = value == "chunked"
		}
	}
	if chunked {
		body, err = chunks(r)
		return status, body, err
	}
	if length < 0 {
		return 0, nil, fmt.Errorf("proof: an answer without a length")
	}
	body = make([]byte, length)
	_, err = io.ReadFull(r, body)
	return status, body, err
}

func chunks(r *bufio.Reader) ([]byte, error) {
	var b bytes.Buffer
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return nil, err
		}
		n, err := strconv.ParseInt(strings.TrimSpace(line), 16, 64)
		if err != nil {
			return nil, err
		}
		if _, err := io.CopyN(&b, r, n); err != nil {
			return nil, err
		}
		if _, err := r.ReadString('\n'); err != nil {
			return nil, err
		}
		if n == 0 {
			return b.Bytes(), nil
		}
	}
}
