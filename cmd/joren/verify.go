package main

import (
	"fmt"

	"joren/internal/db"
	"joren/internal/ledger"
)

type verifyCmd struct {
	place
}

func (c *verifyCmd) Run(e *env) error {
	a, err := open(e.ctx, c.place)
	if err != nil {
		return err
	}
	defer a.close()
	n, err := a.broken(e)
	if err != nil {
		return err
	}
	if n > 0 {
		return exit(1)
	}
	return nil
}

// broken counts the laws that do not hold and prints each case.
func (a *app) broken(e *env) (n int64, err error) {
	err = a.db.Read(e.ctx, func(tx *db.Tx) error {
		_, err := ledger.Verify(tx, func(v ledger.Violation) {
			n++
			fmt.Fprintf(e.out, "%+v\n", v)
		})
		return err
	})
	return n, err
}
