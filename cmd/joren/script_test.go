package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
	"joren/internal/shop"
	"joren/internal/staff"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"joren": main})
}

// TestScripts runs testdata/scripts: each reads like a piece of a shop's life
// and is at the same time a tutorial of the command line. Beside joren itself
// they use
//
//	clock INSTANT           the shop's time in the database of joren-data
//	serve                   start a server on joren-data, with an API key
//	stop                    stop it as an operator does
//	api METHOD PATH [FILE [NAME=TEXT …]]
//	                        a call; its answer, indented, goes to stdout
//	sum FIELD FILE…         the sum of a field of answers, goes to stdout
//
// In PATH and FILE, {A-1} stands for the id of the member whom a search for
// A-1 finds, {NAME} for TEXT. The same call again carries the same idempotency
// key. "! api" wants the call to be refused.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/scripts",
		RequireExplicitExec: false,
		RequireUniqueNames:  true,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"clock": setClock, "serve": startServer, "stop": stopServer, "api": callAPI, "sum": sumOf},
		Setup: func(e *testscript.Env) error {
			e.Values[serverKey{}] = new(*server)
			return nil
		},
	})
}

// setClock gives the shop of a test its own time, as a demo database has it.
func setClock(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 || neg {
		ts.Fatalf("usage: clock INSTANT")
	}
	at, err := clock.ParseInstant(args[0])
	ts.Check(err)
	ts.Check(inShop(ts, func(tx *db.Tx) error { return shop.SetClock(tx, at) }))
}

// inShop writes to the script's database while no server has it.
func inShop(ts *testscript.TestScript, fn func(*db.Tx) error) error {
	p := place{Data: ts.MkAbs("joren-data")}
	return with(&env{ctx: context.Background(), out: io.Discard, err: io.Discard}, p, func(a *app) error {
		return a.db.Write(context.Background(), fn)
	})
}

// serverKey is where a script keeps its server.
type serverKey struct{}

// server is a started process of the product.
type server struct {
	cmd       *exec.Cmd
	addr, key string
	log       bytes.Buffer
}

// launch starts joren serve on a database and waits until it listens.
func launch(p place, key string) (*server, error) {
	s := &server{key: key}
	s.cmd = exec.Command("joren", "serve", "--data", p.Data, "--db", p.url(), "--listen", "127.0.0.1:0", "--rate-limit=-1")
	s.cmd.Stderr = &s.log
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	if s.addr, err = address(out); err != nil {
		s.cmd.Wait()
		return nil, fmt.Errorf("%w: %s", err, s.log.String())
	}
	return s, nil
}

// reply is what a server answered.
type reply struct {
	status   int
	replayed bool // it had answered this key before
	body     []byte
}

// call sends one request.
func (s *server) call(c *http.Client, method, path, idem string, body []byte) (reply, error) {
	r, err := http.NewRequest(method, "http://"+s.addr+path, bytes.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	r.Header.Set("Authorization", "Bearer "+s.key)
	if method != "GET" {
		r.Header.Set("Content-Type", "application/json")
	}
	if idem != "" {
		r.Header.Set("Idempotency-Key", idem)
	}
	a, err := c.Do(r)
	if err != nil {
		return reply{}, err
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	return reply{status: a.StatusCode, replayed: a.Header.Get("Idempotent-Replayed") == "true", body: b}, err
}

// stop asks the process to end, as a service manager does.
func (s *server) stop() error {
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	return s.cmd.Wait()
}

// kill ends the process as a power cut does.
func (s *server) kill() {
	s.cmd.Process.Kill()
	s.cmd.Wait()
}

func newKey(tx *db.Tx) (string, error) {
	_, secret, err := staff.NewKey(tx, "till", []staff.Scope{staff.ScopeRead, staff.ScopeWrite}, ident.New())
	return secret, err
}

func current(ts *testscript.TestScript) **server { return ts.Value(serverKey{}).(**server) }

func startServer(ts *testscript.TestScript, neg bool, args []string) {
	var key string
	ts.Check(inShop(ts, func(tx *db.Tx) (err error) {
		key, err = newKey(tx)
		return err
	}))
	s, err := launch(place{Data: ts.MkAbs("joren-data")}, key)
	ts.Check(err)
	*current(ts) = s
	ts.Defer(func() {
		if *current(ts) == s {
			s.kill()
		}
	})
}

func stopServer(ts *testscript.TestScript, neg bool, args []string) {
	s := *current(ts)
	if s == nil {
		ts.Fatalf("no server is running")
	}
	*current(ts) = nil
	if err := s.stop(); err != nil {
		ts.Fatalf("the server did not end well: %v\n%s", err, s.log.String())
	}
	if s.log.Len() > 0 {
		ts.Fatalf("the server complained: %s", s.log.String())
	}
}

var person = regexp.MustCompile(`\{[A-Z]-[0-9]+\}`)

func callAPI(ts *testscript.TestScript, neg bool, args []string) {
	s := *current(ts)
	if s == nil || len(args) < 2 {
		ts.Fatalf("usage, while a server runs: api METHOD PATH [FILE [NAME=TEXT …]]")
	}
	fill := func(text string) string {
		for _, x := range args[min(3, len(args)):] {
			name, is, _ := strings.Cut(x, "=")
			text = strings.ReplaceAll(text, "{"+name+"}", is)
		}
		return person.ReplaceAllStringFunc(text, func(w string) string { return find(ts, s, strings.Trim(w, "{}")) })
	}
	body := ""
	if len(args) > 2 {
		body = ts.ReadFile(args[2])
	}
	path := fill(args[1])
	body = fill(body)
	got, err := s.call(http.DefaultClient, args[0], path, fmt.Sprintf("script-%x", sha256.Sum256([]byte(path+body))), []byte(body))
	ts.Check(err)
	var pretty bytes.Buffer
	ts.Check(json.Indent(&pretty, got.body, "", "  "))
	fmt.Fprintln(ts.Stdout(), strings.TrimSpace(pretty.String()))
	if refused := got.status >= 400; refused != neg {
		ts.Fatalf("%s %s answered %d: %s", args[0], path, got.status, got.body)
	}
}

// sumOf adds up a whole number of several answers; clawback.points is the
// points of the clawback. An answer without it counts as 0.
func sumOf(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 || neg {
		ts.Fatalf("usage: sum FIELD FILE…")
	}
	sum := 0.0
	for _, file := range args[1:] {
		var v any
		ts.Check(json.Unmarshal([]byte(ts.ReadFile(file)), &v))
		for _, name := range strings.Split(args[0], ".") {
			m, _ := v.(map[string]any)
			v = m[name]
		}
		n, _ := v.(float64)
		sum += n
	}
	fmt.Fprintln(ts.Stdout(), int64(sum))
}

// find gives the id of the one member whom a search finds.
func find(ts *testscript.TestScript, s *server, q string) string {
	got, err := s.call(http.DefaultClient, "GET", "/v1/members?q="+url.QueryEscape(q), "", nil)
	ts.Check(err)
	var page struct{ Members []struct{ ID string } }
	ts.Check(json.Unmarshal(got.body, &page))
	if len(page.Members) != 1 {
		ts.Fatalf("%q is %d members: %s", q, len(page.Members), got.body)
	}
	return page.Members[0].ID
}
