package proof

import (
	"context"
	"sync"
	"time"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
)

// floorAccounts is how many balances the floor spreads its postings over.
const floorAccounts = 100_000

// The floor is what a plain posting costs on this machine, in this run: one
// transaction with a keyed row, two entries and a balance update, prepared,
// as many connections as callers. Every rate of the bench is a ratio to it.
var floorTables = []string{
	`CREATE TABLE floor_account (id BIGINT PRIMARY KEY, balance BIGINT NOT NULL)`,
	`INSERT INTO floor_account SELECT g, 0 FROM generate_series(1, 100000) g`,
	`CREATE TABLE floor_txn (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, idem_key TEXT NOT NULL UNIQUE, created_at TIMESTAMPTZ NOT NULL DEFAULT now())`,
	`CREATE TABLE floor_posting (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, txn_id BIGINT NOT NULL, account_id BIGINT NOT NULL, amount BIGINT NOT NULL)`,
	`CREATE INDEX floor_posting_account ON floor_posting (account_id, id)`,
}

// PrepareFloor makes the floor's tables anew in the database of d.
func PrepareFloor(ctx context.Context, d *db.DB) error {
	return d.Write(ctx, func(tx *db.Tx) error {
		for _, t := range []string{"floor_posting", "floor_txn", "floor_account"} {
			if _, err := tx.Exec("DROP TABLE IF EXISTS " + t); err != nil {
				return err
			}
		}
		for _, q := range floorTables {
			if _, err := tx.Exec(q); err != nil {
				return err
			}
		}
		return nil
	})
}

// Floor posts for so many seconds with so many callers. d must allow that
// many connections.
func Floor(ctx context.Context, d *db.DB, callers, seconds int) (Sample, error) {
	wall := clock.System().Wall
	ctx, cancel := context.WithTimeout(ctx, time.Duration(seconds)*time.Second)
	defer cancel()
	all := make([]caller, callers)
	var wg sync.WaitGroup
	start := wall()
	for i := range all {
		wg.Go(func() {
			c := &all[i]
			for n := i; ctx.Err() == nil; n++ {
				t := wall()
				err := d.Write(ctx, func(tx *db.Tx) error { return post(tx, int64(n*7919%floorAccounts)+1, int64(n%1000)+1) })
				if err != nil {
					if ctx.Err() == nil {
						c.err, c.failed = err, c.failed+1
					}
					continue
				}
				c.latencies = append(c.latencies, int64(wall()-t))
				c.purchases++
			}
		})
	}
	wg.Wait()
	return gather(all, wall().Sub(start)), nil
}

func post(tx *db.Tx, account, amount int64) error {
	id, err := db.One(tx, nil, db.Value[int64], `INSERT INTO floor_txn (idem_key) VALUES ($1) RETURNING id`, ident.New().String())
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`INSERT INTO floor_posting (txn_id, account_id, amount) VALUES ($1, 0, -($2::bigint)), ($1, $3, $2::bigint)`, id, amount, account); err != nil {
		return err
	}
	_, err = tx.Exec(`UPDATE floor_account SET balance = balance + $2 WHERE id = $1`, account, amount)
	return err
}
