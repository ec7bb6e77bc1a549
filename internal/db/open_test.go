package db_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/fault"
	"joren/internal/ident"
)

func TestASecondServerOnOneFileIsRefusedAndReadersAreNot(t *testing.T) {
	url := dbtest.URL(t, db.SQLite)
	ctx := context.Background()
	first, err := db.Open(ctx, url, db.Options{Server: true})
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.Open(ctx, url, db.Options{Server: true})
	if f := fault.Of(err); f.Code != "db.second_server" || f.Args["pid"] != strconv.Itoa(os.Getpid()) {
		t.Errorf("got %v", err)
	}
	reader, err := db.Open(ctx, url, db.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if err := reader.Write(ctx, func(*db.Tx) error { return nil }); !fault.Is(err, "db.read_only") {
		t.Errorf("a reader wrote: %v", err)
	}
	first.Close()
	again, err := db.Open(ctx, url, db.Options{Server: true})
	if err != nil {
		t.Fatalf("after the first has gone: %v", err)
	}
	again.Close()
}

// The lock must go with its process, however that ends: a child takes it and
// is killed.
func TestAKilledServerLeavesNoLock(t *testing.T) {
	if path := os.Getenv("JOREN_TEST_HOLD"); path != "" {
		if _, err := db.Open(context.Background(), path, db.Options{Server: true}); err != nil {
			os.Exit(3)
		}
		os.Stdout.WriteString("held\n")
		select {}
	}
	url := dbtest.URL(t, db.SQLite)
	child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	child.Env = append(os.Environ(), "JOREN_TEST_HOLD="+url)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	_, err = db.Open(context.Background(), url, db.Options{Server: true})
	if f := fault.Of(err); f.Code != "db.second_server" || f.Args["pid"] != strconv.Itoa(child.Process.Pid) {
		t.Errorf("while it lives: %v", err)
	}
	child.Process.Kill()
	child.Wait()
	d, err := db.Open(context.Background(), url, db.Options{Server: true})
	if err != nil {
		t.Fatal(err)
	}
	d.Close()
}

func TestAPathWithOddCharactersIsOpened(t *testing.T) {
	path := filepath.Join(t.TempDir(), "店 50% #1?.db")
	d, err := db.Open(context.Background(), "sqlite:"+path, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

func TestSQLiteIsSetUpToKeepWhatItHasAcknowledged(t *testing.T) {
	d := dbtest.SQLite(t)
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000", "wal_autocheckpoint": "16000"} {
		write(t, d, func(tx *db.Tx) error {
			got, err := db.One(tx, nil, db.Value[any], "PRAGMA "+pragma)
			if text(got) != want {
				t.Errorf("%s is %v, want %s", pragma, got, want)
			}
			return err
		})
	}
}

func text(v any) string {
	if i, ok := v.(int64); ok {
		return strconv.FormatInt(i, 10)
	}
	s, _ := v.(string)
	return s
}

func files(kv ...string) fstest.MapFS {
	fs := fstest.MapFS{}
	for i := 0; i < len(kv); i += 2 {
		fs[kv[i]] = &fstest.MapFile{Data: []byte(kv[i+1])}
	}
	return fs
}

// empty opens a database without any table.
func empty(t *testing.T, d *db.DB) *db.DB {
	t.Helper()
	if d.Engine() == db.SQLite {
		e, err := db.Connect(context.Background(), "sqlite:"+filepath.Join(t.TempDir(), "empty.db"), db.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { e.Close() })
		return e
	}
	write(t, d, func(tx *db.Tx) error {
		_, err := tx.Exec(`DROP SCHEMA public CASCADE; CREATE SCHEMA public`)
		return err
	})
	return d
}

const makeShop = "-- a shop; with a comment\nCREATE TABLE shop (\n id UUID NOT NULL PRIMARY KEY,\n name TEXT NOT NULL CHECK (name <> 'TEXT; BIGINT'),\n open BOOLEAN NOT NULL DEFAULT TRUE\n) WITH (fillfactor = 70);\nCREATE INDEX shop_name ON shop (name);\n"

func TestMigrationsAreAppliedOnceAndInAnyOrderOfArrival(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		d, ctx := empty(t, d), context.Background()
		one := files("0001_shop.sql", makeShop, "0003_pair.sqlite.sql", "CREATE TABLE lite (a BIGINT NOT NULL);", "0003_pair.postgres.sql", "CREATE TABLE pg (a BIGINT NOT NULL);")
		for range 2 {
			if err := db.MigrateFrom(d, ctx, one); err != nil {
				t.Fatal(err)
			}
		}
		one["0002_late.sql"] = &fstest.MapFile{Data: []byte("ALTER TABLE shop ADD COLUMN note TEXT;")}
		if err := db.MigrateFrom(d, ctx, one); err != nil {
			t.Fatal(err)
		}
		write(t, d, func(tx *db.Tx) error {
			own := map[db.Engine]string{db.SQLite: "lite", db.Postgres: "pg"}[d.Engine()]
			_, err := tx.Exec("INSERT INTO " + own + " (a) VALUES (1)")
			if err != nil {
				return err
			}
			for _, n := range []string{"b", "あ", "B", "a"} {
				if _, err := tx.Exec("INSERT INTO shop (id, name, note) VALUES ($1, $2, $2)", ident.New(), n); err != nil {
					return err
				}
			}
			got, err := db.Query(tx, db.Value[string], "SELECT name FROM shop WHERE open ORDER BY name")
			if strings.Join(got, "") != "Babあ" {
				t.Errorf("texts sort as %v, not bytewise", got)
			}
			return err
		})
	})
}

func TestAChangedOrNewerMigrationRefusesToStart(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		d, ctx := empty(t, d), context.Background()
		if err := db.MigrateFrom(d, ctx, files("0001_shop.sql", makeShop, "0002_x.sql", "CREATE TABLE x (a BIGINT);")); err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			fs   fstest.MapFS
			code string
		}{
			"changed": {files("0001_shop.sql", makeShop+" ", "0002_x.sql", "CREATE TABLE x (a BIGINT);"), "db.migration_changed"},
			"gone":    {files("0002_x.sql", "CREATE TABLE x (a BIGINT);"), "db.migration_changed"},
			"newer":   {files("0001_shop.sql", makeShop), "db.schema_newer"},
		} {
			if err := db.MigrateFrom(d, ctx, c.fs); !fault.Is(err, c.code) {
				t.Errorf("%s: got %v, want %s", name, err, c.code)
			}
		}
	})
}

func TestAFailingMigrationLeavesNothing(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		d, ctx := empty(t, d), context.Background()
		err := db.MigrateFrom(d, ctx, files("0001_half.sql", "CREATE TABLE half (a BIGINT); CREATE TABLE half (a BIGINT);"))
		if !fault.Is(err, "db.migration_failed") {
			t.Errorf("got %v", err)
		}
		if err := db.MigrateFrom(d, ctx, files("0001_half.sql", "CREATE TABLE half (a BIGINT);")); err != nil {
			t.Errorf("after mending it: %v", err)
		}
	})
}

func TestTwoNodesMayMigrateAtOnce(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		d, ctx := empty(t, d), context.Background()
		fs := files("0001_shop.sql", makeShop, "0002_x.sql", "CREATE TABLE x (a BIGINT);")
		done := make(chan error)
		for range 4 {
			go func() { done <- db.MigrateFrom(d, ctx, fs) }()
		}
		for range 4 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	})
}

func TestTheSchemaIsDumpedAsSortedText(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		read(t, d, func(tx *db.Tx) error {
			s, err := db.Dump(tx)
			if !strings.Contains(s, "\noutbox_event\n  number ") || strings.Index(s, "\nidem_key\n") > strings.Index(s, "\njobs_job\n") {
				t.Errorf("dump:\n%s", s)
			}
			return err
		})
	})
}

func TestEveryMigratedTableIsStrictOnSQLite(t *testing.T) {
	read(t, dbtest.SQLite(t), func(tx *db.Tx) error {
		loose, err := db.Query(tx, db.Value[string], `SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite_%'`)
		if len(loose) > 0 {
			t.Errorf("not STRICT: %v", loose)
		}
		return err
	})
}
