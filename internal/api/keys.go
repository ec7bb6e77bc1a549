package api

import (
	"context"
	"crypto/sha256"
	"sync"
	"time"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/staff"
)

// keyring remembers for some seconds which keys are good, under the hash of
// their secret. A revoked key works that much longer at most.
type keyring struct {
	db    *db.DB
	mu    sync.RWMutex
	known map[[sha256.Size]byte]verified
}

type verified struct {
	key   staff.Key
	until clock.Instant // wall time
}

const (
	keyMemory = 5 * time.Second
	keyCount  = 10_000
)

func newKeyring(d *db.DB) *keyring {
	return &keyring{db: d, known: map[[sha256.Size]byte]verified{}}
}

// find is the key of a secret: key.unknown.
func (k *keyring) find(ctx context.Context, secret string) (staff.Key, error) {
	h := sha256.Sum256([]byte(secret))
	now := k.db.Clock().Wall()
	k.mu.RLock()
	v, ok := k.known[h]
	k.mu.RUnlock()
	if ok && now < v.until {
		return v.key, nil
	}
	var key staff.Key
	err := k.db.Read(ctx, func(tx *db.Tx) (err error) {
		key, err = staff.FindKey(tx, secret)
		return err
	})
	if err != nil {
		k.mu.Lock()
		delete(k.known, h)
		k.mu.Unlock()
		return key, err
	}
	if key.Stale(now) {
		// That a key was used is told to the owner, not relied upon: a failure
		// to note it refuses nobody.
		_ = k.db.Write(ctx, func(tx *db.Tx) error { return staff.TouchKey(tx, key.ID) })
	}
	k.keep(h, verified{key, now.Add(keyMemory)}, now)
	return key, nil
}

func (k *keyring) keep(h [sha256.Size]byte, v verified, now clock.Instant) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.known) >= keyCount {
		for x, old := range k.known {
			if old.until <= now {
				delete(k.known, x)
			}
		}
	}
	if len(k.known) < keyCount {
		k.known[h] = v
	}
}
