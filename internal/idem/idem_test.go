package idem_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/fault"
	"joren/internal/idem"
	"joren/internal/ident"
)

var ctx = context.Background()

func write(t testing.TB, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(ctx, fn); err != nil {
		t.Fatal(err)
	}
}

func TestTheFingerprintTellsEveryPartApart(t *testing.T) {
	seen := map[idem.Fingerprint]string{}
	for _, p := range [][3]string{{"POST", "/a", "b"}, {"POST", "/ab", ""}, {"POST/", "a", "b"}, {"PUT", "/a", "b"}, {"POST", "/a", "c"}} {
		f := idem.Print(p[0], p[1], []byte(p[2]))
		if was, twice := seen[f]; twice {
			t.Errorf("%v and %v are the same", p, was)
		}
		seen[f] = p[0] + p[1] + p[2]
	}
}

func TestARepeatGetsTheFirstAnswerAndHasNoEffect(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		key, print := idem.Key{Scope: ident.New(), Name: "till-2-8801"}, idem.Print("POST", "/v1/purchases", []byte("{}"))
		effects := 0
		for i := range 3 {
			write(t, d, func(tx *db.Tx) error {
				s, replayed, err := idem.Once(tx, key, print, func() (int, json.RawMessage, error) {
					effects++
					return 201, json.RawMessage(`{"points":355}`), nil
				})
				if replayed != (i > 0) || s.Status != 201 || string(s.Body) != `{"points":355}` {
					t.Errorf("time %d: %+v, replayed %v", i, s, replayed)
				}
				return err
			})
		}
		if effects != 1 {
			t.Errorf("%d effects", effects)
		}
		err := d.Write(ctx, func(tx *db.Tx) error {
			_, _, err := idem.Once(tx, key, idem.Print("POST", "/v1/purchases", []byte("[]")), nil)
			return err
		})
		if f := fault.Of(err); f.Code != "idempotency.key_reused" || f.Kind != fault.Invalid {
			t.Errorf("another request with the key: %v", err)
		}
	})
}

func TestAFailedRequestLeavesItsKeyFree(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		key := idem.Key{Scope: ident.New(), Name: "k"}
		boom := errors.New("boom")
		err := d.Write(ctx, func(tx *db.Tx) error {
			_, _, err := idem.Once(tx, key, idem.Fingerprint{}, func() (int, json.RawMessage, error) { return 0, nil, boom })
			return err
		})
		if !errors.Is(err, boom) {
			t.Error(err)
		}
		write(t, d, func(tx *db.Tx) error {
			_, replayed, err := idem.Once(tx, key, idem.Fingerprint{}, func() (int, json.RawMessage, error) { return 200, nil, nil })
			if replayed {
				t.Error("a failure was replayed")
			}
			return err
		})
	})
}

func TestTenAtOnceHaveOneEffect(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		key := idem.Key{Scope: ident.New(), Name: "k"}
		var effects, replays atomic.Int64
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				write(t, d, func(tx *db.Tx) error {
					_, replayed, err := idem.Once(tx, key, idem.Fingerprint{1}, func() (int, json.RawMessage, error) {
						tx.AfterCommit(func() { effects.Add(1) })
						return 200, nil, nil
					})
					if replayed {
						replays.Add(1)
					}
					return err
				})
			})
		}
		wg.Wait()
		if effects.Load() != 1 || replays.Load() != 9 {
			t.Errorf("%d effects, %d replays", effects.Load(), replays.Load())
		}
	})
}

func TestAStoryOfSeveralTransactionsHoldsItsKeyUntilItsTimeIsUp(t *testing.T) {
	at := clock.MustInstant("2026-11-22T00:00:00Z")
	f := func() clock.Instant { return at }
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		key, print := idem.Key{Scope: ident.New(), Name: "k"}, idem.Fingerprint{1}
		begin := func() (fresh bool, err error) {
			err = d.Write(ctx, func(tx *db.Tx) error { _, fresh, err = idem.Begin(tx, key, print, time.Minute); return err })
			return fresh, err
		}
		if fresh, err := begin(); !fresh || err != nil {
			t.Fatal(fresh, err)
		}
		if _, err := begin(); !fault.Is(err, "idempotency.in_progress") {
			t.Errorf("meanwhile: %v", err)
		}
		at = at.Add(time.Minute)
		if fresh, err := begin(); !fresh || err != nil {
			t.Errorf("after its time: %v, %v", fresh, err)
		}
		write(t, d, func(tx *db.Tx) error { return idem.Finish(tx, key, 202, json.RawMessage(`1`)) })
		at = at.Add(time.Hour)
		if fresh, err := begin(); fresh || err != nil {
			t.Errorf("after the end: %v, %v", fresh, err)
		}
	}, dbtest.WithClock(clock.Clock{Shop: f, Wall: f}))
}

func TestTheLaneSavesAndLooksUpManyKeysAtOnce(t *testing.T) {
	at := clock.MustInstant("2026-11-22T00:00:00Z")
	f := func() clock.Instant { return at }
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		scope, other := ident.New(), ident.New()
		a, b, c := idem.Key{Scope: scope, Name: "a"}, idem.Key{Scope: scope, Name: "b"}, idem.Key{Scope: other, Name: "a"}
		write(t, d, func(tx *db.Tx) error {
			taken, err := idem.Save(tx, []idem.Record{{Key: a, Status: 201, Body: json.RawMessage(`"a"`)}, {Key: c, Status: 422}})
			if len(taken) > 0 {
				t.Errorf("taken: %v", taken)
			}
			return err
		})
		write(t, d, func(tx *db.Tx) error {
			taken, err := idem.Save(tx, []idem.Record{{Key: b, Status: 200}, {Key: a, Status: 500}})
			if len(taken) != 1 || taken[0] != a {
				t.Errorf("taken: %v", taken)
			}
			got, err2 := idem.Lookup(tx, []idem.Key{a, b, c, {Scope: other, Name: "b"}})
			if len(got) != 3 || string(got[a].Body) != `"a"` || got[c].Status != 422 || got[b].Status != 200 {
				t.Errorf("%+v", got)
			}
			return errors.Join(err, err2)
		})
		at = at.Add(idem.Retention)
		write(t, d, func(tx *db.Tx) error {
			n, err := idem.Prune(tx, 10)
			if n != 0 {
				t.Errorf("%d answers were dropped before their 30 days", n)
			}
			return err
		})
		at++
		write(t, d, func(tx *db.Tx) error {
			n, err := idem.Prune(tx, 2)
			if n != 2 {
				t.Errorf("pruned %d, want the limit 2", n)
			}
			return err
		})
	}, dbtest.WithClock(clock.Clock{Shop: f, Wall: f}))
}

func TestAKeyHasOneTo255Characters(t *testing.T) {
	for name, ok := range map[string]bool{"": false, "a": true, strings.Repeat("x", 255): true, strings.Repeat("x", 256): false} {
		if err := (idem.Key{Scope: ident.New(), Name: name}).Valid(); (err == nil) != ok {
			t.Errorf("%d characters: %v", len(name), err)
		}
	}
}
