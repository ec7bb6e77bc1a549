package proof

import (
	"context"
	"fmt"
	"strings"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/i18n"
)

// Health is what Doctor found, line by line.
type Health struct{ Lines []Line }

// Line is one check of the machine the programme runs on.
type Line struct {
	Code  string // "fsync", "free_space", …; stable
	State State
	Args  fault.Args
}

// State of a check: bad loses data or stands still, warn deserves a look.
type State string

const (
	Good State = "ok"
	Warn State = "warn"
	Bad  State = "bad"
)

// Exit is 1 when something is bad.
func (h Health) Exit() int {
	for _, l := range h.Lines {
		if l.State == Bad {
			return 1
		}
	}
	return 0
}

// Line finds a check by its code.
func (h Health) Line(code string) (Line, bool) {
	for _, l := range h.Lines {
		if l.Code == code {
			return l, true
		}
	}
	return Line{}, false
}

// Text is the list for people: what is well, and what to do about the rest.
func (h Health) Text(l i18n.Lang) string {
	var b strings.Builder
	bad, warn := 0, 0
	for _, x := range h.Lines {
		key := ".ok"
		switch x.State {
		case Bad:
			bad, key = bad+1, ".not"
		case Warn:
			warn, key = warn+1, ".not"
		}
		fmt.Fprintf(&b, "%-5s%s\n", x.State, i18n.T(l, "proof.doctor."+x.Code+key, pairs(x.Args)...))
	}
	b.WriteString(i18n.T(l, "proof.doctor.sum", "bad", bad, "warn", warn))
	b.WriteByte('\n')
	return b.String()
}

// Doctor looks at how the engine is set and at what has got stuck, and changes
// nothing (reference: settings under which a committed purchase can be lost).
func Doctor(ctx context.Context, d *db.DB) (Health, error) {
	info, err := d.Info(ctx)
	if err != nil {
		return Health{}, err
	}
	var h Health
	err = d.Read(ctx, func(tx *db.Tx) error {
		x := &doctor{tx: tx, info: info}
		x.line("engine", true, Bad, "engine", engineName(info.Engine), "version", info.Version, "schema", info.Schema, "bytes", info.Bytes)
		engine := x.postgres
		if d.Engine() == db.SQLite {
			engine = x.sqlite
		}
		for _, look := range []func() error{engine, x.clocks, x.stuck} {
			if err := look(); err != nil {
				return err
			}
		}
		h.Lines = x.lines
		return nil
	})
	return h, err
}

func engineName(e db.Engine) string {
	return map[db.Engine]string{db.SQLite: "SQLite", db.Postgres: "PostgreSQL"}[e]
}

type doctor struct {
	tx    *db.Tx
	info  db.Info
	lines []Line
}

// line adds a check: well, or in state otherwise.
func (x *doctor) line(code string, well bool, otherwise State, args ...any) {
	a := fault.New(fault.Internal, code, args...).Args
	if well {
		otherwise = Good
	}
	x.lines = append(x.lines, Line{code, otherwise, a})
}

func (x *doctor) text(q string) (string, error) {
	return db.One(x.tx, fmt.Errorf("proof: no answer to %s", q), db.Value[string], q)
}

func (x *doctor) number(q string, args ...any) (int64, error) {
	return db.One(x.tx, fmt.Errorf("proof: no answer to %s", q), db.Value[int64], q, args...)
}

// settings checks engine settings: value must be one of good.
func (x *doctor) settings(ask string, list []setting) error {
	for _, s := range list {
		var v string
		err := db.Each(x.tx, func(r db.Row) error {
			var a any
			err := r.Scan(&a)
			v = fmt.Sprint(a)
			return err
		}, fmt.Sprintf(ask, s.name))
		if err != nil {
			return err
		}
		well := false
		for _, g := range strings.Fields(s.good) {
			well = well || v == g
		}
		x.line(s.code, well, s.otherwise, "value", v)
	}
	return nil
}

type setting struct {
	code, name, good string
	otherwise        State
}

func (x *doctor) sqlite() error {
	err := x.settings(`PRAGMA %s`, []setting{
		{"wal", "journal_mode", "wal", Bad},
		{"synchronous", "synchronous", "2 3", Bad},
		{"foreign_keys", "foreign_keys", "1", Warn},
		{"pages", "quick_check(1)", "ok", Bad},
	})
	if err != nil {
		return err
	}
	path, err := x.text(`SELECT file FROM pragma_database_list WHERE name = 'main'`)
	if err != nil {
		return err
	}
	disk, known := diskOf(path)
	if !known {
		x.line("disk_unknown", false, Warn)
		return nil
	}
	x.line("local_disk", disk.local, Bad, "kind", disk.kind)
	// A backup and a checkpoint need about the file's size again.
	x.line("free_space", disk.free > max(x.info.Bytes, 1<<30), spaceState(disk.free), "free", disk.free>>20, "bytes", x.info.Bytes>>20)
	return nil
}

// disk is where a file lies.
type disk struct {
	local bool
	kind  string
	free  int64 // bytes
}

func spaceState(free int64) State {
	if free < 256<<20 {
		return Bad
	}
	return Warn
}

func (x *doctor) postgres() error {
	err := x.settings(`SELECT current_setting('%s')`, []setting{
		{"fsync", "fsync", "on", Bad},
		{"synchronous_commit", "synchronous_commit", "on local remote_write remote_apply", Bad},
		{"full_page_writes", "full_page_writes", "on", Bad},
		{"checksums", "data_checksums", "on", Warn},
		{"autovacuum", "autovacuum", "on", Warn},
		{"time_zone", "TimeZone", "UTC Etc/UTC GMT", Warn},
	})
	if err != nil {
		return err
	}
	standby, err := db.One(x.tx, nil, db.Value[bool], `SELECT pg_is_in_recovery()`)
	if err != nil {
		return err
	}
	x.line("primary", !standby, Bad)
	age, err := x.number(`SELECT COALESCE(MAX(EXTRACT(EPOCH FROM now() - prepared)), 0)::bigint FROM pg_prepared_xacts`)
	if err != nil {
		return err
	}
	x.line("prepared", age < 3600, Bad, "seconds", age)
	lag, err := x.number(`SELECT COALESCE(MAX(EXTRACT(EPOCH FROM replay_lag)), 0)::bigint FROM pg_stat_replication`)
	if err != nil {
		return err
	}
	x.line("replica", lag < 60, Warn, "seconds", lag)
	there, err := x.number(`SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::bigint`)
	if err != nil {
		return err
	}
	off := clock.Instant(there).Sub(x.tx.Wall).Milliseconds()
	x.line("server_clock", off > -2000 && off < 2000, Warn, "ms", off)
	return nil
}

// clocks compares the clocks with each other and with what is recorded.
func (x *doctor) clocks() error {
	own, _, err := db.Maybe(x.tx, db.Value[clock.Instant], `SELECT shop_clock FROM shop_setting WHERE id = 1`)
	if err != nil {
		return err
	}
	days := int64(x.tx.Wall.Sub(x.tx.Now).Hours() / 24)
	x.line("shop_clock", own != 0 || days == 0, Warn, "shop", x.tx.Now.Time().Format("2006-01-02"), "days", days)
	last, err := db.One(x.tx, nil, db.Value[clock.Instant], `SELECT MAX(recorded_at) FROM ledger_account`)
	if err != nil {
		return err
	}
	x.line("backwards", last <= x.tx.Now.Add(5*60e9), Bad, "last", last.String())
	return nil
}

// stuck counts what waits for a person, or for a server that does not run.
func (x *doctor) stuck() error {
	wall := x.tx.Wall
	late := wall.Add(-10 * 60e9)
	for _, q := range []struct {
		code  string
		state State
		sql   string
		args  []any
	}{
		{"jobs_dead", Warn, `SELECT COUNT(*) FROM jobs_job WHERE state = 'dead'`, nil},
		{"jobs_late", Warn, `SELECT COUNT(*) FROM jobs_job WHERE state = 'waiting' AND run_at < $1 OR state = 'running' AND lease_until < $1`, []any{late}},
		{"outbox_parked", Warn, `SELECT COUNT(*) FROM outbox_parked`, nil},
		{"outbox_stopped", Warn, `SELECT COUNT(*) FROM outbox_consumer WHERE failure_code IS NOT NULL OR lease_until < $1`, []any{late}},
		{"returns_parked", Warn, `SELECT COUNT(*) FROM purchase_parked WHERE recorded_at < $1`, []any{x.tx.Now.Add(-7 * 24 * 3600e9)}},
		{"transfers_open", Warn, `SELECT COUNT(*) FROM activity_transfer WHERE finished_at IS NULL AND started_at < $1`, []any{x.tx.Now.Add(-10 * 60e9)}},
		{"merges_open", Warn, `SELECT COUNT(*) FROM member_merge WHERE state IN ('moving', 'undoing')`, nil},
		{"keys_held", Warn, `SELECT COUNT(*) FROM idem_key WHERE lease_until < $1`, []any{late}},
	} {
		n, err := x.number(q.sql, q.args...)
		if err != nil {
			return err
		}
		x.line(q.code, n == 0, q.state, "n", n)
	}
	return nil
}
