package db_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"
	"pgregory.net/rapid"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/fault"
	"joren/internal/ident"
)

func count(t testing.TB, d *db.DB) (n int64) {
	t.Helper()
	read(t, d, func(tx *db.Tx) (err error) {
		n, err = db.One(tx, nil, db.Value[int64], `SELECT COUNT(*) FROM sample`)
		return err
	})
	return n
}

func insertOne(tx *db.Tx, id ident.ID) error {
	_, err := tx.Exec(`INSERT INTO sample (id, points) VALUES ($1, $2)`, id, 1)
	return err
}

func TestPlaceholdersMayStandInAnyOrderAndTwice(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		read(t, d, func(tx *db.Tx) error {
			got, err := db.One(tx, nil, db.Value[string], `SELECT CAST($2 AS TEXT) || CAST($1 AS TEXT) || CAST($2 AS TEXT)`, "a", "b")
			if got != "bab" {
				t.Errorf("got %q, want bab", got)
			}
			return err
		})
	})
}

func TestAnErrorOrPanicRollsBack(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		table(t, d)
		boom := errors.New("boom")
		if err := d.Write(context.Background(), func(tx *db.Tx) error {
			tx.AfterCommit(func() { t.Error("hook of a failed transaction ran") })
			return errors.Join(insertOne(tx, ident.New()), boom)
		}); !errors.Is(err, boom) {
			t.Errorf("got %v", err)
		}
		func() {
			defer func() {
				if recover() != "bang" {
					t.Error("the panic did not come through")
				}
			}()
			d.Write(context.Background(), func(tx *db.Tx) error {
				insertOne(tx, ident.New())
				panic("bang")
			})
		}()
		if n := count(t, d); n != 0 {
			t.Errorf("%d rows are left", n)
		}
	})
}

func TestHooksRunInOrderAroundTheCommit(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		table(t, d)
		var said []string
		write(t, d, func(tx *db.Tx) error {
			tx.AfterCommit(func() {
				if count(t, d) == 2 { // the database is free again and the rows are there
					said = append(said, "after")
				}
			})
			tx.BeforeCommit(func() error { said = append(said, "before"); return insertOne(tx, ident.New()) })
			said = append(said, "body")
			return insertOne(tx, ident.New())
		})
		if got := strings.Join(said, " "); got != "body before after" {
			t.Error(got)
		}
	})
}

func TestASavepointUndoesOnlyItsPart(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		table(t, d)
		id := ident.New()
		write(t, d, func(tx *db.Tx) error {
			if err := insertOne(tx, id); err != nil {
				return err
			}
			err := tx.Savepoint(func() error {
				tx.AfterCommit(func() { t.Error("hook of the undone part ran") })
				return errors.Join(insertOne(tx, ident.New()), insertOne(tx, id))
			})
			if !db.Unique(err) {
				t.Errorf("got %v, want a broken key", err)
			}
			return tx.Savepoint(func() error { return insertOne(tx, ident.New()) })
		})
		if n := count(t, d); n != 2 {
			t.Errorf("%d rows, want 2", n)
		}
	})
}

func TestReadSeesOneSnapshotAndCannotWrite(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		table(t, d)
		read(t, d, func(tx *db.Tx) error {
			q := `SELECT COUNT(*) FROM sample`
			before, err := db.One(tx, nil, db.Value[int64], q)
			write(t, d, func(w *db.Tx) error { return insertOne(w, ident.New()) })
			after, err2 := db.One(tx, nil, db.Value[int64], q)
			if before != after {
				t.Errorf("the snapshot moved from %d to %d", before, after)
			}
			return errors.Join(err, err2)
		})
		if err := d.Read(context.Background(), func(tx *db.Tx) error { return insertOne(tx, ident.New()) }); err == nil {
			t.Error("Read wrote")
		}
	})
}

func TestOneStoryHasOneTime(t *testing.T) {
	at := clock.MustInstant("2011-12-10T00:00:00Z")
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		write(t, d, func(tx *db.Tx) error {
			if tx.Now < at || tx.Now > at.Add(time.Minute) || tx.Wall < clock.MustInstant("2025-01-01T00:00:00Z") {
				t.Errorf("shop time %v, wall time %v", tx.Now, tx.Wall)
			}
			return nil
		})
	}, dbtest.WithClock(clock.Shifted(at)))
}

// inject fails the first n visits of a point.
func inject(point string, n int, err error) func(string) error {
	var mu sync.Mutex
	return func(p string) error {
		mu.Lock()
		defer mu.Unlock()
		if p != point || n == 0 {
			return nil
		}
		n--
		return err
	}
}

func TestASerializationFailureRunsTheStoryAgain(t *testing.T) {
	for _, point := range []string{"exec", "commit"} {
		for _, code := range []string{"40001", "40P01"} {
			var fail func(string) error
			on := func(p string) error {
				if fail == nil {
					return nil
				}
				return fail(p)
			}
			dbtest.Run(t, func(t *testing.T, d *db.DB) {
				table(t, d)
				fail = inject(point, 4, &pgconn.PgError{Code: code})
				runs := 0
				write(t, d, func(tx *db.Tx) error {
					runs++
					if err := insertOne(tx, ident.New()); err != nil {
						return fault.New(fault.Internal, "x").Because(err) // wrapped by the caller, still seen
					}
					return nil
				})
				if runs != 5 || count(t, d) != 1 || d.Counts().Retries != 4 {
					t.Errorf("%d runs, %d rows, %+v", runs, count(t, d), d.Counts())
				}
				fail = inject(point, 5, &pgconn.PgError{Code: code})
				err := d.Write(context.Background(), func(tx *db.Tx) error { return insertOne(tx, ident.New()) })
				if !fault.Is(err, "db.busy") || count(t, d) != 1 {
					t.Errorf("five failures gave %v and %d rows", err, count(t, d))
				}
				fail = nil
			}, dbtest.WithInject(on))
		}
	}
}

func TestALostAnswerToCommitIsAmbiguousAndNotRepeated(t *testing.T) {
	for _, lost := range []error{io.EOF, &pgconn.PgError{Code: "08006"}, &pgconn.PgError{Code: "57P01"}, &pgconn.PgError{Code: "40003"}} {
		none := func(string) error { return nil }
		fail := none
		dbtest.Run(t, func(t *testing.T, d *db.DB) {
			table(t, d)
			fail = inject("committed", 1, lost)
			runs := 0
			err := d.Write(context.Background(), func(tx *db.Tx) error { runs++; return insertOne(tx, ident.New()) })
			if f := fault.Of(err); f.Code != "db.ambiguous" || f.Kind != fault.Ambiguous || runs != 1 {
				t.Errorf("%v gave %v after %d runs", lost, err, runs)
			}
			if count(t, d) != 1 || d.Counts().Ambiguous != 1 {
				t.Errorf("%d rows, %+v", count(t, d), d.Counts())
			}
			fail = none
		}, dbtest.WithInject(func(p string) error { return fail(p) }))
	}
}

func TestTheServerGoingAwayDuringCommitIsAmbiguous(t *testing.T) {
	url := dbtest.URL(t, db.Postgres)
	d := dbtest.Open(t, url)
	table(t, d)
	killer := dbtest.Open(t, url)
	err := d.Write(context.Background(), func(tx *db.Tx) error {
		if err := insertOne(tx, ident.New()); err != nil {
			return err
		}
		pid, err := db.One(tx, nil, db.Value[int64], `SELECT pg_backend_pid()`)
		if err != nil {
			return err
		}
		return killer.Read(context.Background(), func(k *db.Tx) error {
			_, err := db.One(k, nil, db.Value[bool], `SELECT pg_terminate_backend($1)`, pid)
			time.Sleep(50 * time.Millisecond)
			return err
		})
	})
	if !fault.Is(err, "db.ambiguous") {
		t.Errorf("got %v", err)
	}
	if n := count(t, d); n != 0 {
		t.Errorf("%d rows", n) // the pool is well again, and this time nothing was kept
	}
}

func TestAnUnreachableServerIsUnavailable(t *testing.T) {
	_, err := db.Open(context.Background(), "postgres://nobody@127.0.0.1:1/none?sslmode=disable&connect_timeout=2", db.Options{})
	if f := fault.Of(err); f.Code != "db.unavailable" || f.Kind != fault.Unavailable {
		t.Errorf("got %v", err)
	}
	if _, err := db.Open(context.Background(), "mysql://x", db.Options{}); !fault.Is(err, "db.url") {
		t.Errorf("got %v", err)
	}
}

func TestWriteInsideATransactionIsADefect(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		defer func() {
			if recover() == nil {
				t.Error("no panic; on SQLite it would wait for itself for ever")
			}
		}()
		d.Write(context.Background(), func(tx *db.Tx) error {
			return d.Write(tx.Context(), func(*db.Tx) error { return nil })
		})
	})
}

func TestAStatementInsideEachIsRefused(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		table(t, d)
		fill(t, d, ids(2), 1)
		write(t, d, func(tx *db.Tx) error {
			return db.Each(tx, func(db.Row) error {
				if err := insertOne(tx, ident.New()); err == nil {
					t.Error("went through")
				}
				return nil
			}, `SELECT id FROM sample`)
		})
	})
}

func TestACancelledContextEndsTheStoryWithoutEffect(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		table(t, d)
		ctx, cancel := context.WithCancel(context.Background())
		err := d.Write(ctx, func(tx *db.Tx) error {
			defer cancel()
			return insertOne(tx, ident.New())
		})
		if !errors.Is(err, context.Canceled) || count(t, d) != 0 {
			t.Errorf("got %v, %d rows", err, count(t, d))
		}
	})
}

func TestWritersWithSortedArraysNeverDeadlock(t *testing.T) {
	for _, size := range []int{20, 200, 2000} { // the planner must not change its mind with the size of the table
		dbtest.Run(t, func(t *testing.T, d *db.DB) {
			table(t, d)
			all := ids(size)
			fill(t, d, all, 0)
			const writers, rounds = 4, 10
			var wg sync.WaitGroup
			for range writers {
				wg.Go(func() {
					for range rounds {
						write(t, d, func(tx *db.Tx) error { _, err := tx.Bulk(addPoints, all, 1); return err })
					}
				})
			}
			wg.Wait()
			read(t, d, func(tx *db.Tx) error {
				sum, err := db.One(tx, nil, db.Value[int64], `SELECT SUM(points) FROM sample`)
				if sum != int64(writers*rounds*size) || d.Counts().Retries != 0 {
					t.Errorf("sum %d, want %d; %+v", sum, writers*rounds*size, d.Counts())
				}
				return err
			})
		})
	}
}

func TestADeadlockedWriterRunsAgain(t *testing.T) {
	d := dbtest.Postgres(t)
	table(t, d)
	id := ids(2)
	fill(t, d, id, 0)
	var wg, meet sync.WaitGroup
	meet.Add(2)
	for _, order := range [][]ident.ID{{id[0], id[1]}, {id[1], id[0]}} {
		wg.Go(func() {
			first := true
			write(t, d, func(tx *db.Tx) error {
				if _, err := tx.Bulk(addPoints, order[:1], 1); err != nil {
					return err
				}
				if first {
					first = false
					meet.Done()
					meet.Wait() // each holds one row and wants the other's
				}
				_, err := tx.Bulk(addPoints, order[1:], 1)
				return err
			})
		})
	}
	wg.Wait()
	read(t, d, func(tx *db.Tx) error {
		got, err := db.Query(tx, db.Value[int64], `SELECT points FROM sample`)
		if diff := gocmp.Diff([]int64{2, 2}, got); diff != "" || d.Counts().Retries == 0 {
			t.Errorf("%s %+v", diff, d.Counts())
		}
		return err
	})
}

func TestValuesSurviveTheRoundTrip(t *testing.T) {
	type colour string
	type level int16
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		table(t, d)
		rapid.Check(t, func(rt *rapid.T) {
			id := ident.New()
			points, note := rapid.Int64().Draw(rt, "points"), rapid.StringMatching(`[ -~ぁ-ん漢字😀]*`).Draw(rt, "note")
			ok, raw := rapid.Bool().Draw(rt, "ok"), rapid.SliceOf(rapid.Byte()).Draw(rt, "raw")
			f, day := rapid.Float64Range(-1e300, 1e300).Draw(rt, "f"), clock.Day(rapid.Int32Range(1, 3000000).Draw(rt, "day"))
			write(t, d, func(tx *db.Tx) error {
				if _, err := tx.Exec(`INSERT INTO sample (id, points, note, ok, at, day, raw, f) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
					id, points, colour(note), ok, level(7), day, raw, f); err != nil {
					return err
				}
				got, err := db.One(tx, nil, scanSample, `SELECT id, points, note, ok, at, day, raw, f, other FROM sample WHERE id = $1`, id)
				if got.ID != id || got.Points != points || *got.Note != note || *got.OK != ok || got.At != 7 || got.Day != day || string(got.Raw) != string(raw) || got.F != f || !got.Other.IsZero() {
					rt.Fatalf("got %+v", got)
				}
				return err
			})
		})
	})
}

func TestAMismatchOfTypesIsAnErrorNotAGuess(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		table(t, d)
		fill(t, d, ids(1), 300)
		for q, dest := range map[string]any{
			`SELECT points FROM sample`: new(int8), `SELECT note FROM sample`: new(string), `SELECT id FROM sample`: new(int64),
			`SELECT f FROM sample`: new(bool),
		} {
			if err := d.Read(context.Background(), func(tx *db.Tx) error { return db.Each(tx, func(r db.Row) error { return r.Scan(dest) }, q) }); err == nil {
				t.Errorf("%s into %T went through", q, dest)
			}
		}
	})
}

func TestInfoNamesEngineVersionAndSchema(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		i, err := d.Info(context.Background())
		if err != nil || i.Engine != d.Engine() || i.Version == "" || i.Bytes == 0 || i.Schema == 0 {
			t.Errorf("%+v, %v", i, err)
		}
	})
}
