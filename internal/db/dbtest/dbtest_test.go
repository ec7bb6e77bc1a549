package dbtest

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"joren/internal/db"
)

func count(t *testing.T, d *db.DB, q string) (n int64) {
	t.Helper()
	if err := d.Read(context.Background(), func(tx *db.Tx) (err error) {
		n, err = db.One(tx, nil, db.Value[int64], q)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return n
}

func write(t *testing.T, d *db.DB, qs ...string) {
	t.Helper()
	if err := d.Write(context.Background(), func(tx *db.Tx) error {
		for _, q := range qs {
			if _, err := tx.Exec(q); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// Each test leaves something else behind; the next, in all likelihood on the
// same database, must find none of it.
func TestEveryTestFindsAFreshDatabase(t *testing.T) {
	leave := [][]string{
		{`UPDATE outbox_stream SET number = 7`, `INSERT INTO jobs_schedule (name, next_at) VALUES ('x', 1)`, `DELETE FROM audit_head`},
		{`CREATE TABLE extra_table (id BIGINT NOT NULL PRIMARY KEY)`},
		{`ALTER TABLE jobs_schedule ADD COLUMN more BIGINT`},
		{`DROP INDEX audit_by_actor`},
		{`ALTER TABLE blob_chunk DROP CONSTRAINT blob_chunk_pkey`},
		{},
	}
	want := ""
	for i, qs := range leave {
		t.Run("", func(t *testing.T) {
			d := Postgres(t)
			if n := count(t, d, `SELECT number FROM outbox_stream`) + count(t, d, `SELECT count(*) FROM jobs_schedule`); n != 0 {
				t.Errorf("test %d found rows of the one before", i)
			}
			if n := count(t, d, `SELECT count(*) FROM audit_head`); n != 1 {
				t.Errorf("test %d found %d seed rows", i, n)
			}
			var dump string
			if err := d.Read(context.Background(), func(tx *db.Tx) (err error) { dump, err = db.Dump(tx); return err }); err != nil {
				t.Fatal(err)
			}
			if want == "" {
				want = dump
			}
			if dump != want {
				t.Errorf("test %d found another schema", i)
			}
			write(t, d, qs...)
		})
	}
}

func TestTwoTestsAtOnceNeverShareADatabase(t *testing.T) {
	t.Run("together", func(t *testing.T) {
		for range 4 {
			t.Run("", func(t *testing.T) {
				t.Parallel()
				d := Postgres(t)
				for range 20 {
					write(t, d, `UPDATE outbox_stream SET number = number + 1`)
					time.Sleep(time.Millisecond)
				}
				if n := count(t, d, `SELECT number FROM outbox_stream`); n != 20 {
					t.Errorf("counted to 20 and found %d", n)
				}
			})
		}
	})
}

func TestAProcessThatDiesGivesItsDatabaseBack(t *testing.T) {
	if os.Getenv("DBTEST_CHILD") == "1" {
		write(t, Postgres(t), `UPDATE outbox_stream SET number = 99`)
		os.Stdout.WriteString("written\n")
		time.Sleep(time.Minute)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestAProcessThatDiesGivesItsDatabaseBack$")
	cmd.Env = append(os.Environ(), "DBTEST_CHILD=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 100)
	n, _ := out.Read(b)
	cmd.Process.Kill()
	cmd.Wait()
	if !strings.HasPrefix(string(b[:n]), "written") {
		t.Fatalf("the child said %q", b[:n])
	}
	for range 3 {
		t.Run("", func(t *testing.T) {
			if n := count(t, Postgres(t), `SELECT number FROM outbox_stream`); n != 0 {
				t.Errorf("found %d", n)
			}
		})
	}
}

// fresh is a test that opens a database, writes to some tables and ends.
func BenchmarkFreshDatabase(b *testing.B) {
	for _, e := range []db.Engine{db.SQLite, db.Postgres} {
		b.Run(string(e), func(b *testing.B) {
			for b.Loop() {
				one := &ended{TB: b}
				d := Open(one, URL(one, e))
				if err := d.Write(b.Context(), func(tx *db.Tx) error {
					_, err := tx.Exec(`INSERT INTO jobs_schedule (name, next_at) VALUES ('x', 1)`)
					return err
				}); err != nil {
					b.Fatal(err)
				}
				one.end()
			}
		})
	}
}

// ended is a test that can end before the benchmark does.
type ended struct {
	testing.TB
	todo []func()
}

func (e *ended) Cleanup(f func()) { e.todo = append(e.todo, f) }

func (e *ended) end() {
	for i := len(e.todo) - 1; i >= 0; i-- {
		e.todo[i]()
	}
}
