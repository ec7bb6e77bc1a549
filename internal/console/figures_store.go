package console

import (
	"encoding/json"
	"time"

	"joren/internal/clock"
	"joren/internal/db"
)

// storedFigures are the numbers of Home as somebody last counted them. A
// document of another shape counts as none.
func storedFigures(tx *db.Tx) (n *numbers, took time.Duration, found bool, err error) {
	type row struct {
		at   clock.Instant
		took int64
		doc  json.RawMessage
	}
	x, found, err := db.Maybe(tx, func(r db.Row) (x row, err error) { return x, r.Scan(&x.at, &x.took, &x.doc) },
		`SELECT counted_at, took, figures FROM console_figures WHERE id = 1`)
	if err != nil || !found || json.Unmarshal(x.doc, &n) != nil {
		return nil, 0, false, err
	}
	n.at = x.at
	return n, time.Duration(x.took), true, nil
}

func storeFigures(tx *db.Tx, n *numbers, took time.Duration) error {
	doc, err := json.Marshal(n)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO console_figures (id, counted_at, took, figures) VALUES (1, $1, $2, $3)
		ON CONFLICT (id) DO UPDATE SET counted_at = excluded.counted_at, took = excluded.took, figures = excluded.figures`, n.at, int64(took), string(doc))
	return err
}
