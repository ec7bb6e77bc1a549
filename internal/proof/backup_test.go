package proof

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/ident"
)

func digest(t testing.TB, d *db.DB) Manifest {
	t.Helper()
	m, err := Digest(context.Background(), d)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func backUp(t testing.TB, d *db.DB, o BackupOptions) (string, Manifest) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "backup")
	m, err := Backup(context.Background(), d, path, o)
	if err != nil {
		t.Fatal(err)
	}
	return path, m
}

// fresh is the address of an empty database of an engine.
func fresh(t testing.TB, e db.Engine) string {
	t.Helper()
	if e == db.SQLite {
		return "sqlite:" + filepath.Join(t.TempDir(), "restored.db")
	}
	return dbtest.URL(t, e)
}

func at() db.Options {
	now := func() clock.Instant { return noon }
	return db.Options{Clock: clock.Clock{Shop: now, Wall: now}}
}

// TestTheDrill backs a shop up, restores it into every engine, and from there
// back again: the books are the same, row for row, and all laws hold.
func TestTheDrill(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		openShop(t, d)
		oddRows(t, d)
		before := digest(t, d)
		for _, o := range []BackupOptions{{}, {Dump: true, KeyFile: "/etc/joren/joren.key"}} {
			for _, e := range []db.Engine{db.SQLite, db.Postgres} {
				path, m := backUp(t, d, o)
				if m.Digest != before.Digest {
					t.Fatalf("%s: the backup's digest is not the database's:\n%s", m.Kind, cmp.Diff(before.Tables, m.Tables))
				}
				if o.KeyFile != "" && m.KeyFile != "joren.key" {
					t.Errorf("key file %q", m.KeyFile)
				}
				url := fresh(t, e)
				_, r, err := Restore(context.Background(), path, url, at())
				if err != nil {
					t.Fatalf("%s of %s into %s: %v", m.Kind, d.Engine(), e, err)
				}
				if !r.Holds() {
					t.Fatalf("%s into %s:\n%s", m.Kind, e, r.Text(i18n.EN))
				}
				again := dbtest.Open(t, url)
				if got := digest(t, again); got.Digest != before.Digest {
					t.Fatalf("%s into %s: another digest:\n%s", m.Kind, e, cmp.Diff(before.Tables, got.Tables))
				}
				if e == d.Engine() {
					continue
				}
				back, _ := backUp(t, again, BackupOptions{Dump: true})
				home := fresh(t, d.Engine())
				if _, _, err := Restore(context.Background(), back, home, at()); err != nil {
					t.Fatalf("from %s back to %s: %v", e, d.Engine(), err)
				}
				if got := digest(t, dbtest.Open(t, home)); got.Digest != before.Digest {
					t.Fatalf("from %s back to %s: another digest", e, d.Engine())
				}
			}
		}
	}, fixed())
}

// oddRows are values at the edges of every type, and a session, which must not
// come back.
func oddRows(t testing.TB, d *db.DB) {
	write(t, d, func(tx *db.Tx) error {
		if _, err := tx.Exec(`INSERT INTO jobs_job (id, kind, args, state, run_at, created_at, tries, max_tries, fence, stop, done_count, total_count, note)
			VALUES ($1, $2, '{"a":[1,2]}', 'waiting', $3, -9223372036854775807, 0, 1, 0, $4, 0, 0, $5)`,
			ident.New(), "カナ\t\\\"'<&>\u2028\u0001", int64(clock.Never), true, ""); err != nil {
			return err
		}
		id := ident.New()
		if _, err := tx.Exec(`INSERT INTO blob_file (id, sha256, name, content_type, size_bytes, created_at) VALUES ($1, $2, 'x', 'y', 3, 1)`, id, make([]byte, 32)); err != nil {
			return err
		}
		for n, data := range [][]byte{{0, 255, '\n'}, {}, make([]byte, 1<<20)} {
			if _, err := tx.Exec(`INSERT INTO blob_chunk (file_id, number, created_at, data) VALUES ($1, $2, 1, $3)`, id, n, data); err != nil {
				return err
			}
		}
		_, err := tx.Exec(`INSERT INTO session_session (id, hash, staff_id, created_at, seen_at, expires_at, ip, agent) VALUES ($1, $2, $3, 1, 1, 1, '', '')`,
			ident.New(), []byte{1}, ident.New())
		return err
	})
}

func TestARestoreBringsNoSessionBack(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		oddRows(t, d)
		path, _ := backUp(t, d, BackupOptions{})
		url := fresh(t, d.Engine())
		if _, _, err := Restore(context.Background(), path, url, at()); err != nil {
			t.Fatal(err)
		}
		write(t, dbtest.Open(t, url), func(tx *db.Tx) error {
			n, err := db.One(tx, nil, db.Value[int64], `SELECT COUNT(*) FROM session_session`)
			if n != 0 {
				t.Errorf("%d sessions came back", n)
			}
			return err
		})
	}, fixed())
}

func TestABackupIsTakenWhileOthersWrite(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		openShop(t, d)
		ctx, stop := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() {
			for ctx.Err() == nil {
				if err := d.Write(context.Background(), func(tx *db.Tx) error {
					if _, err := tx.Exec(`UPDATE outbox_stream SET number = number + 1`); err != nil {
						return err
					}
					_, err := tx.Exec(`INSERT INTO outbox_event (number, id, kind, at, data) SELECT number, $1, 'x', 1, '{}' FROM outbox_stream`, ident.New())
					return err
				}); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
		for range 3 {
			path, _ := backUp(t, d, BackupOptions{})
			if _, r, err := Restore(context.Background(), path, fresh(t, d.Engine()), at()); err != nil || !r.Holds() {
				t.Errorf("%v\n%s", err, r.Text(i18n.EN))
			}
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestADamagedBackupIsRefusedAndLeavesNothing(t *testing.T) {
	flip := func(b []byte) []byte { b[len(b)/2] ^= 1; return b }
	cut := func(b []byte) []byte { return b[:len(b)*2/3] }
	gone := func([]byte) []byte { return nil }
	type harm struct {
		file string
		do   func([]byte) []byte
	}
	entries := "data/ledger_entry.jsonl.zst"
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		openShop(t, d)
		for _, o := range []BackupOptions{{Dump: true}, {}} {
			good, m := backUp(t, d, o)
			harms := []harm{{manifestName, flip}, {manifestName, cut}, {manifestName, gone}, {sumsName, cut}, {sumsName, gone}}
			if m.Kind == Dump {
				harms = append(harms, harm{entries, flip}, harm{entries, cut}, harm{"data/purchase_return.jsonl.zst", gone})
			} else {
				harms = append(harms, harm{copyName, flip}, harm{copyName, cut}, harm{copyName, gone})
			}
			url := fresh(t, d.Engine())
			for i, h := range harms {
				path := filepath.Join(t.TempDir(), "harmed")
				if err := os.CopyFS(path, os.DirFS(good)); err != nil {
					t.Fatal(err)
				}
				name := filepath.Join(path, h.file)
				b, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				if b = h.do(b); b == nil {
					err = os.Remove(name)
				} else {
					err = os.WriteFile(name, b, 0o600)
				}
				if err != nil {
					t.Fatal(err)
				}
				_, _, err = Restore(context.Background(), path, url, at())
				if code := fault.Of(err).Code; err == nil || code != "backup.damaged" && code != "backup.unreadable" && !errors.Is(err, os.ErrNotExist) {
					t.Errorf("%s, %s, harm %d: %v", m.Kind, h.file, i, err)
				}
			}
			if _, _, err := Restore(context.Background(), good, url, at()); err != nil {
				t.Errorf("%s: after refused restores the database cannot be used: %v", m.Kind, err)
			}
		}
	}, fixed())
}

func TestARestoreRefusesADatabaseInUse(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		openShop(t, d)
		path, _ := backUp(t, d, BackupOptions{Dump: true})
		if _, err := Backup(context.Background(), d, path, BackupOptions{}); !fault.Is(err, "backup.exists") {
			t.Errorf("over a backup: %v", err)
		}
		url := fresh(t, d.Engine())
		write(t, dbtest.Open(t, url), func(tx *db.Tx) error {
			_, err := tx.Exec(`INSERT INTO jobs_schedule (name, next_at) VALUES ('x', 1)`)
			return err
		})
		if _, _, err := Restore(context.Background(), path, url, at()); !fault.Is(err, "backup.not_empty") {
			t.Errorf("into a database in use: %v", err)
		}
	})
}

func TestDoctorKnowsASoundMachineAndACarelessOne(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		h, err := Doctor(context.Background(), d)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]State{"wal": Good, "synchronous": Good, "foreign_keys": Good, "pages": Good, "jobs_dead": Good}
		if d.Engine() == db.Postgres { // the throw-away cluster of the tests may forget
			want = map[string]State{"fsync": Bad, "synchronous_commit": Bad, "full_page_writes": Bad, "checksums": Warn, "autovacuum": Warn, "primary": Good, "prepared": Good}
		}
		for code, state := range want {
			if l, ok := h.Line(code); !ok || l.State != state {
				t.Errorf("%s is %q, want %s", code, l.State, state)
			}
		}
		if bad := d.Engine() == db.Postgres; (h.Exit() == 1) != bad {
			t.Errorf("exit %d\n%s", h.Exit(), h.Text(i18n.EN))
		}
		for _, l := range []i18n.Lang{i18n.JA, i18n.EN} {
			if s := h.Text(l); strings.ContainsAny(s, "{}[]") {
				t.Errorf("holes:\n%s", s)
			}
		}
	}, fixed())
}

func TestDoctorFindsWhatIsStuck(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		id := ident.New()
		week := noon.Add(-8 * 24 * 3600e9)
		write(t, d, func(tx *db.Tx) error {
			for _, q := range []struct {
				sql  string
				args []any
			}{
				{`INSERT INTO jobs_job (id, kind, args, state, run_at, created_at, tries, max_tries, fence, stop, done_count, total_count, note) VALUES ($1, 'x', '', 'dead', 1, 1, 1, 1, 0, $2, 0, 0, '')`, []any{id, false}},
				{`INSERT INTO jobs_job (id, kind, args, state, run_at, created_at, tries, max_tries, fence, stop, done_count, total_count, note) VALUES ($1, 'x', '', 'waiting', $2, 1, 1, 1, 0, $3, 0, 0, '')`, []any{ident.New(), week, false}},
				{`INSERT INTO outbox_parked (consumer, number, id, kind, at, data, tries, code, words, parked_at) VALUES ('x', 1, $1, 'x', 1, '', 1, '', '', 1)`, []any{id}},
				{`INSERT INTO outbox_consumer (name, position, tries, careful_until, failure_code) VALUES ('x', 0, 3, 0, 'y')`, nil},
				{`INSERT INTO purchase_parked (source, order_no, return_no, content, body, recorded_at) VALUES ('a', 'b', 'c', $1, '', $2)`, []any{make([]byte, 32), week}},
				{`INSERT INTO activity_transfer (transfer_id, from_id, to_id, type, points, parcel, started_at) VALUES ($1, $1, $1, 'regular', 1, '', $2)`, []any{id, week}},
				{`INSERT INTO member_merge (merge_id, source_id, target_id, state, moved, started_at) VALUES ($1, $1, $1, 'moving', '', $2)`, []any{id, week}},
				{`INSERT INTO idem_key (scope, idem_key, fingerprint, status, body, created_at, lease_until) VALUES ($1, 'k', $2, 0, '', 1, $3)`, []any{id, make([]byte, 32), week}},
				{`INSERT INTO ledger_account (holder_id, type, version, balance, debt, held, last_seq, last_lot, first_open, pending, recorded_at, hash) VALUES ($1, 'regular', 1, 0, 0, 0, 0, 0, 1, 0, $2, $3)`, []any{id, noon.Add(3600e9), make([]byte, 32)}},
			} {
				if _, err := tx.Exec(q.sql, q.args...); err != nil {
					return err
				}
			}
			return nil
		})
		h, err := Doctor(context.Background(), d)
		if err != nil {
			t.Fatal(err)
		}
		for _, code := range []string{"jobs_dead", "jobs_late", "outbox_parked", "outbox_stopped", "returns_parked", "transfers_open", "merges_open", "keys_held"} {
			if l, _ := h.Line(code); l.State != Warn {
				t.Errorf("%s is %q", code, l.State)
			}
		}
		if l, _ := h.Line("backwards"); l.State != Bad || h.Exit() != 1 {
			t.Errorf("a record from the future is %q", l.State)
		}
		if s := h.Text(i18n.EN); strings.ContainsAny(s, "{}[]") || !strings.Contains(s, "1 job failed for good") {
			t.Error(s)
		}
	}, fixed())
}
