package day

import (
	"testing"
	"time"

	"joren/internal/db"
)

// A page of a shop whose month takes long to read shows it as it was and has
// it read behind the reader's back; what a person changed is read at once.
func TestWhatTakesLongIsReadBehindTheReader(t *testing.T) {
	shops(t, func(t *testing.T, s *shop) {
		b := &Books{DB: s.db}
		k := &shown[int]{}
		n := 0
		count := func(*db.Tx) (int, error) { n++; return n, nil }
		get := func(key string) int {
			return look(s, func(tx *db.Tx) (int, error) { v, _, err := k.get(b, tx, key, count); return v, err })
		}
		if get("a") != 1 || get("a") != 2 {
			t.Error("what is quick is read at every visit")
		}
		k.took = time.Second
		if get("a") != 2 {
			t.Error("read again within its rest")
		}
		s.ahead += 51 * time.Second
		if get("a") != 2 {
			t.Error("the reader waited")
		}
		for {
			k.mu.Lock()
			v, busy := k.value, k.busy
			k.mu.Unlock()
			if v == 3 && !busy {
				break
			}
			time.Sleep(time.Millisecond)
		}
		k.took = time.Second
		if get("b") != 4 {
			t.Error("a change of the settings is not shown")
		}
	})
}
