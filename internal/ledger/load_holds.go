package ledger

import (
	"encoding/json"
	"slices"

	"joren/internal/db"
	"joren/internal/ident"
)

const holdColumns = `k.holder_id, k.type, k.hold_id, k.points, k.lots, k.state, k.reference, k.created_at, k.expires_at, k.closed_at,
	k.seq, k.committed`

var openHoldsBulk = db.NewBulk("h uuid, t text", `
	SELECT `+holdColumns+` FROM u JOIN ledger_hold k ON k.holder_id = u.h AND k.type = u.t WHERE k.state = 'open'`)

var holdsBulk = db.NewBulk("h uuid, t text, id uuid", `
	SELECT `+holdColumns+` FROM u JOIN ledger_hold k ON k.holder_id = u.h AND k.type = u.t AND k.hold_id = u.id
	WHERE k.state <> 'open'`)

type keyedHold struct {
	Key
	*Hold
}

func scanHold(r db.Row) (k keyedHold, err error) {
	h := &Hold{}
	k.Hold = h
	var lots string
	var seq *int64
	if err := r.Scan(&k.Holder, &k.Type, &h.ID, &h.Points, &lots, (*string)(&h.State), &h.Reference, &h.CreatedAt, &h.ExpiresAt,
		&h.ClosedAt, &seq, &h.Committed); err != nil {
		return k, err
	}
	if seq != nil {
		h.Seq = *seq
	}
	return k, json.Unmarshal([]byte(lots), &h.Lots)
}

func (l *loader) holds(wants []Want) error {
	add := func(r db.Row) (none struct{}, err error) {
		k, err := scanHold(r)
		if err == nil {
			b := l.books[k.Key]
			if !slices.ContainsFunc(b.holds, func(h *Hold) bool { return h.ID == k.ID }) {
				b.holds = append(b.holds, k.Hold)
			}
		}
		return none, err
	}
	var h, id []ident.ID
	var t []string
	for _, b := range l.order {
		if b.Held > 0 && !b.shallow {
			h, t = append(h, b.Holder), append(t, b.Type)
		}
	}
	if _, err := db.BulkQuery(l.tx, openHoldsBulk, add, h, t); err != nil {
		return err
	}
	h, t = nil, nil
	for i := range wants {
		for _, x := range wants[i].Holds {
			h, t, id = append(h, wants[i].Holder), append(t, wants[i].Type), append(id, x)
		}
	}
	_, err := db.BulkQuery(l.tx, holdsBulk, add, h, t, id)
	return err
}
