package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/member"
	"joren/internal/plan"
	"joren/internal/programme"
	"joren/internal/proof"
	"joren/internal/staff"
)

type benchCmd struct {
	DB      string `help:"An EMPTY PostgreSQL database for the floor and the server: postgres://…" env:"JOREN_BENCH_DB"`
	SQLite  bool   `help:"Measure the server on SQLite too." default:"true" negatable:""`
	Seconds int    `help:"Length of one round." default:"30"`
	Rounds  int    `help:"Rounds; the minimum counts." default:"3"`
	Members int    `help:"Members who buy." default:"100000"`
	Only    string `help:"Measure only subjects whose name holds this."`
	Callers int    `help:"Measure only subjects with so many callers; 0 for all."`
	Profile string `help:"Write the servers' CPU profiles into this directory." type:"path"`
	JSON    bool   `help:"Print JSON instead of the table." name:"json"`
}

// subject is one line of the bench: a server and how it is asked.
type subject struct {
	name    string
	engine  string
	callers int
	bulk    int
}

var subjects = []subject{
	{"postgres floor", "floor", 32, 0},
	{"postgres floor", "floor", 256, 0},
	{"postgres http single", "postgres", 32, 0},
	{"postgres http single", "postgres", 256, 0},
	{"postgres http bulk 100", "postgres", 8, 100},
	{"sqlite   http single", "sqlite", 32, 0},
	{"sqlite   http single", "sqlite", 256, 0},
	{"sqlite   http bulk 100", "sqlite", 8, 100},
}

func (c *benchCmd) Run(e *env) error {
	dir, err := os.MkdirTemp("", "joren-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := proof.Bench{Machine: proof.Machine{Cores: runtime.NumCPU(), Members: c.Members, Seconds: c.Seconds, Rounds: c.Rounds}}
	if b.Machine.Sync, err = proof.SyncTime(dir); err != nil {
		return err
	}
	rigs, err := c.rigs(e, dir)
	if err != nil {
		return err
	}
	defer func() {
		for _, r := range rigs {
			r.stop()
		}
	}()
	var mine []subject
	for _, s := range subjects {
		if rigs[s.engine] != nil && strings.Contains(s.name, c.Only) && (c.Callers == 0 || c.Callers == s.callers) {
			mine = append(mine, s)
		}
	}
	samples := make([][]proof.Sample, len(mine))
	cpus := make([][]float64, len(mine))
	run := func(round int, engines ...string) error {
		for i, s := range mine {
			if !slices.Contains(engines, s.engine) {
				continue
			}
			fmt.Fprintf(e.err, "round %d of %d: %s, %d callers\n", round+1, c.Rounds, s.name, s.callers)
			x, cpu, err := c.measure(e, rigs[s.engine], s, round)
			if err != nil {
				return err
			}
			samples[i], cpus[i] = append(samples[i], x), append(cpus[i], cpu)
		}
		return nil
	}
	// SQLite first: what rounds leave behind keeps PostgreSQL busy for a while
	// (vacuum, checkpoints). What is compared within an engine is interleaved,
	// so that a drifting machine hits all alike.
	for _, engines := range [][]string{{"sqlite"}, {"floor", "postgres"}} {
		for round := range c.Rounds {
			if err := run(round, engines...); err != nil {
				return err
			}
		}
	}
	floor := 0.0
	for i, s := range mine {
		r := proof.Measured(s.name, s.callers, samples[i], cpus[i])
		if s.engine == "floor" && s.callers == 32 {
			floor = r.PerSecond
		}
		b.Rows = append(b.Rows, r)
	}
	b.Compare(floor)
	if c.JSON {
		return json.NewEncoder(e.out).Encode(b)
	}
	b.Print(e.out)
	return nil
}

// rig is a server under test, or the database of the floor.
type rig struct {
	addr, key, cards string
	floor            string // URL of the floor's database
	pids             []int  // whose processor time counts
	cmd              *exec.Cmd
}

func (r *rig) stop() {
	if r.cmd != nil {
		r.cmd.Process.Signal(os.Interrupt)
		r.cmd.Wait()
	}
}

func (c *benchCmd) rigs(e *env, dir string) (map[string]*rig, error) {
	rigs := map[string]*rig{}
	if c.DB != "" {
		pid, err := prepareFloor(e.ctx, c.DB)
		if err != nil {
			return rigs, err
		}
		rigs["floor"] = &rig{floor: c.DB, pids: []int{pid}}
		if rigs["postgres"], err = c.server(e, place{Data: filepath.Join(dir, "pg"), DB: c.DB}); err != nil {
			return rigs, err
		}
		rigs["postgres"].pids = append(rigs["postgres"].pids, pid)
	}
	if c.SQLite {
		var err error
		if rigs["sqlite"], err = c.server(e, place{Data: filepath.Join(dir, "lite")}); err != nil {
			return rigs, err
		}
	}
	return rigs, nil
}

// prepareFloor makes the floor's tables and finds the database server's
// process, which must run on this machine.
func prepareFloor(ctx context.Context, url string) (pid int, err error) {
	d, err := db.Connect(ctx, url, db.Options{})
	if err != nil {
		return 0, err
	}
	defer d.Close()
	if err := proof.PrepareFloor(ctx, d); err != nil {
		return 0, err
	}
	err = d.Read(ctx, func(tx *db.Tx) error {
		pid, err = db.One(tx, nil, db.Value[int], `SELECT pg_backend_pid()`)
		if err == nil {
			pid, err = proof.Parent(pid)
		}
		return err
	})
	return pid, err
}

// server fills a database with a programme and members and starts the product
// on it as a process of its own.
func (c *benchCmd) server(e *env, p place) (*rig, error) {
	r := &rig{cards: filepath.Join(p.Data, "cards.json")}
	if err := c.fill(e, p, r); err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	var args []string
	if c.Profile != "" {
		args = []string{"--cpu-profile", filepath.Join(c.Profile, filepath.Base(p.Data)+".prof")}
	}
	r.cmd = exec.Command(self, append(args, "serve", "--db", p.url(), "--data", p.Data, "--listen", "127.0.0.1:0", "--rate-limit=-1")...)
	r.cmd.Stderr = e.err
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := r.cmd.Start(); err != nil {
		return nil, err
	}
	if r.addr, err = address(out); err != nil {
		return nil, err
	}
	r.pids = []int{r.cmd.Process.Pid}
	return r, nil
}

var served = regexp.MustCompile(`http://(\S+)`)

// address reads where a started server listens.
func address(out io.Reader) (string, error) {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if m := served.FindStringSubmatch(lines.Text()); m != nil {
			go io.Copy(io.Discard, out)
			return m[1], nil
		}
	}
	return "", fault.New(fault.Unavailable, "cli.no_server")
}

// fill publishes the café's programme, which has rules, lots, ranks and
// limits of every kind, and enrols the members.
func (c *benchCmd) fill(e *env, p place, r *rig) error {
	src, err := plan.Template("cafe")
	if err != nil {
		return err
	}
	return with(e, p, func(a *app) error {
		a.hand.Stop(clock.MustInstant("2026-04-01T00:00:00Z"))
		var cards []string
		err := a.db.Write(e.ctx, func(tx *db.Tx) error {
			if _, err := programme.Publish(tx, src, programme.Order{}); err != nil {
				return err
			}
			_, secret, err := staff.NewKey(tx, "bench", []staff.Scope{staff.ScopeRead, staff.ScopeWrite}, ident.New())
			r.key = secret
			return err
		})
		if err != nil {
			return err
		}
		for len(cards) < c.Members {
			err := a.db.Write(e.ctx, func(tx *db.Tx) error {
				made, err := a.members.Create(tx, make1000(min(1000, c.Members-len(cards))))
				for _, m := range made {
					cards = append(cards, m.Member.Card)
				}
				return err
			})
			if err != nil {
				return err
			}
		}
		b, err := json.Marshal(cards)
		if err != nil {
			return err
		}
		return os.WriteFile(r.cards, b, 0o600)
	})
}

func make1000(n int) []member.Newcomer {
	news := make([]member.Newcomer, n)
	for i := range news {
		news[i].JoinedOn = clock.MustDay("2026-04-01")
	}
	return news
}

// measure runs one round of one subject with the generator in a process of
// its own, and takes the processor time of server and database around it.
func (c *benchCmd) measure(e *env, r *rig, s subject, round int) (proof.Sample, float64, error) {
	self, err := os.Executable()
	if err != nil {
		return proof.Sample{}, 0, err
	}
	args := []string{"bench-load", "--callers", fmt.Sprint(s.callers), "--seconds", fmt.Sprint(c.Seconds), "--bulk", fmt.Sprint(s.bulk),
		"--name", fmt.Sprintf("%s-%d-%d-%d-%d", s.engine, s.callers, s.bulk, round, clock.System().Wall())}
	if r.floor != "" {
		args = append(args, "--floor", r.floor)
	} else {
		args = append(args, "--addr", r.addr, "--cards", r.cards)
	}
	load := exec.CommandContext(e.ctx, self, args...)
	load.Env = append(os.Environ(), "JOREN_BENCH_KEY="+r.key)
	load.Stderr = e.err
	before := processorTime(r.pids)
	out, err := load.Output()
	if err != nil {
		return proof.Sample{}, 0, err
	}
	used := processorTime(r.pids) - before
	var x proof.Sample
	if err := json.Unmarshal(out, &x); err != nil {
		return x, 0, err
	}
	cpu := 0.0
	if x.Purchases > 0 {
		cpu = float64(used.Microseconds()) / float64(x.Purchases)
	}
	return x, cpu, nil
}

func processorTime(pids []int) (sum time.Duration) {
	for _, pid := range pids {
		if t, err := proof.CPU(pid); err == nil {
			sum += t
		}
	}
	return sum
}

// benchLoadCmd is the load generator, a process of its own.
type benchLoadCmd struct {
	Addr    string
	Key     string `env:"JOREN_BENCH_KEY"`
	Cards   string
	Floor   string
	Callers int
	Seconds int
	Bulk    int
	Name    string
}

func (c *benchLoadCmd) Run(e *env) error {
	s, err := c.sample(e.ctx)
	if err != nil {
		return err
	}
	return json.NewEncoder(e.out).Encode(s)
}

func (c *benchLoadCmd) sample(ctx context.Context) (proof.Sample, error) {
	if c.Floor != "" {
		d, err := db.Connect(ctx, c.Floor, db.Options{MaxConns: c.Callers})
		if err != nil {
			return proof.Sample{}, err
		}
		defer d.Close()
		return proof.Floor(ctx, d, c.Callers, c.Seconds)
	}
	b, err := os.ReadFile(c.Cards)
	if err != nil {
		return proof.Sample{}, err
	}
	l := proof.Load{Addr: c.Addr, Key: c.Key, Callers: c.Callers, Seconds: c.Seconds, Bulk: c.Bulk, Name: c.Name}
	if err := json.Unmarshal(b, &l.Cards); err != nil {
		return proof.Sample{}, err
	}
	return l.Run(ctx)
}
