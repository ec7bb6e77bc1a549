package ledger

import (
	"encoding/json"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
)

const holdCols = `h uuid, t text, id uuid, points bigint, lots text, state text, ref text, created bigint, expires bigint,
	closed bigint, seq bigint, committed bigint`

var insertHolds = db.NewBulk(holdCols, `
	INSERT INTO ledger_hold (holder_id, type, hold_id, points, lots, state, reference, created_at, expires_at, closed_at, seq, committed)
	SELECT u.h, u.t, u.id, u.points, u.lots, u.state, u.ref, u.created, u.expires, u.closed, u.seq, u.committed FROM u`)

var updateHolds = db.NewBulk(holdCols, `
	UPDATE ledger_hold SET state = u.state, closed_at = u.closed, seq = u.seq, committed = u.committed
	FROM u WHERE ledger_hold.holder_id = u.h AND ledger_hold.type = u.t AND ledger_hold.hold_id = u.id`)

func saveHolds(tx *db.Tx, books []*Book) error {
	fresh := func(h *Hold) bool { return h.fresh }
	changed := func(h *Hold) bool { return h.dirty && !h.fresh }
	if err := tx.Later(insertHolds, nil, holdArgs(books, fresh)...); err != nil {
		return err
	}
	return tx.Later(updateHolds, nil, holdArgs(books, changed)...)
}

func holdArgs(books []*Book, which func(*Hold) bool) []any {
	var (
		holder, id               []ident.ID
		t, lots, state, ref      []string
		points, committed        []int64
		created, expires, closed []clock.Instant
		seq                      []*int64
	)
	for _, b := range books {
		for _, h := range b.holds {
			if !which(h) {
				continue
			}
			j, err := json.Marshal(h.Lots)
			if err != nil {
				panic(err)
			}
			holder, t, id, points = append(holder, b.Holder), append(t, b.Type), append(id, h.ID), append(points, h.Points)
			lots, state, ref = append(lots, string(j)), append(state, string(h.State)), append(ref, h.Reference)
			created, expires, closed = append(created, h.CreatedAt), append(expires, h.ExpiresAt), append(closed, h.ClosedAt)
			committed = append(committed, h.Committed)
			var s *int64
			if h.Seq != 0 {
				s = &h.Seq
			}
			seq = append(seq, s)
		}
	}
	return []any{holder, t, id, points, lots, state, ref, created, expires, closed, seq, committed}
}
