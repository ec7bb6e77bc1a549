package day

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/liability"
)

// shown is what pages show of something read from entries. On a small shop it
// is read at every visit. Where reading takes long it is what was read last,
// while the next is read behind the reader's back.
type shown[T any] struct {
	mu    sync.Mutex
	key   string // what it depends on beside entries
	value T
	have  bool
	at    clock.Instant // wall time
	took  time.Duration
	busy  bool
}

const (
	slowRead = 30 * time.Millisecond // from when on reading goes on behind the reader's back
	restRead = 50                    // it takes at most one of so many parts of the time
)

func (k *shown[T]) get(b *Books, tx *db.Tx, key string, read func(tx *db.Tx) (T, error)) (v T, at clock.Instant, err error) {
	if b.DB == nil {
		v, err = read(tx)
		return v, tx.Wall, err
	}
	k.mu.Lock()
	if k.have && k.key == key && k.took >= slowRead {
		defer k.mu.Unlock()
		if !k.busy && tx.Wall >= k.at.Add(restRead*k.took) {
			k.busy = true
			go k.behind(b, key, read)
		}
		return k.value, k.at, nil
	}
	k.mu.Unlock()
	return k.read(b, tx, key, read)
}

func (k *shown[T]) read(b *Books, tx *db.Tx, key string, read func(tx *db.Tx) (T, error)) (v T, at clock.Instant, err error) {
	wall := b.DB.Clock().Wall
	began := wall()
	if v, err = read(tx); err != nil {
		return v, 0, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.key, k.value, k.have, k.at, k.took = key, v, true, tx.Wall, wall().Sub(began)
	return v, tx.Wall, nil
}

func (k *shown[T]) behind(b *Books, key string, read func(tx *db.Tx) (T, error)) {
	err := b.DB.Read(context.Background(), func(tx *db.Tx) error { _, _, err := k.read(b, tx, key, read); return err })
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.busy = false; err != nil {
		slog.Error("liability: reading", "error", err)
	}
}

// Shown is [Books.Read] for pages: on a busy shop as of some moments ago, and
// at says when. What a person changed (methods, values, a closed month) is
// always in it.
func (b *Books) Shown(tx *db.Tx) (*liability.Book, clock.Instant, error) {
	key, err := b.depends(tx)
	if err != nil {
		return nil, 0, err
	}
	return b.book.get(b, tx, key, b.Read)
}

// Flows is [StoreFlows] for pages, as [Books.Shown] is.
func (b *Books) Flows(tx *db.Tx, m liability.Month) ([]liability.StoreFlow, error) {
	b.mu.Lock()
	if b.flows == nil {
		b.flows = map[liability.Month]*shown[[]liability.StoreFlow]{}
	}
	if b.flows[m] == nil {
		b.flows[m] = &shown[[]liability.StoreFlow]{}
	}
	k := b.flows[m]
	b.mu.Unlock()
	list, _, err := k.get(b, tx, string(m), func(tx *db.Tx) ([]liability.StoreFlow, error) { return StoreFlows(tx, m) })
	return list, err
}

// depends is all a book depends on beside entries.
func (b *Books) depends(tx *db.Tx) (string, error) {
	now, err := b.Programmes.At(tx, tx.Now)
	if err != nil {
		return "", err
	}
	values, err := b.values(tx)
	if err != nil {
		return "", err
	}
	set, err := liability.LoadSettings(tx)
	if err != nil {
		return "", err
	}
	bases, err := liability.BasisHistory(tx, 1)
	if err != nil {
		return "", err
	}
	done, err := liability.SettledThrough(tx)
	key := fmt.Sprint(liability.MonthOf(now.Zone.Day(tx.Now)), values, set.At, set.Reason, done)
	for _, x := range bases {
		key += fmt.Sprint(x.At, x.Key, x.Reason)
	}
	return key, err
}
