package ledger

import (
	"encoding/json"

	"joren/internal/db"
	"joren/internal/ident"
)

const lotColumns = `l.holder_id, l.type, l.no, l.id, l.seq, l.origin, l.class, l.award_id, l.earned_by, l.parent, l.moved_by,
	l.gross, l.net, l.remaining, l.lost, l.lost_claimed, l.repaid, l.repaid_claimed, l.phase, l.occurred_at, l.recorded_at,
	l.activates_at, l.expires_at, l.cancel_at, l.due_at, l.awaits, l.life`

var lotsBulk = db.NewBulk("h uuid, t text, n bigint, deep boolean", `
	SELECT `+lotColumns+`
	FROM u JOIN ledger_lot l ON l.holder_id = u.h AND l.type = u.t AND l.no >= u.n
	WHERE l.remaining > 0 OR u.deep`)

type keyedLot struct {
	Key
	*Lot
}

func scanLot(r db.Row) (k keyedLot, err error) {
	l := &Lot{}
	k.Lot = l
	var awaits, life *string
	if err := r.Scan(&k.Holder, &k.Type, &l.No, &l.ID, &l.Seq, (*string)(&l.Origin), &l.Class, &l.Award, &l.EarnedBy, &l.Parent,
		&l.Moved, &l.Gross, &l.Net, &l.Remaining, &l.Lost, &l.LostClaimed, &l.Repaid, &l.RepaidClaimed, (*string)(&l.Phase),
		&l.OccurredAt, &l.RecordedAt, &l.ActivatesAt, &l.ExpiresAt, &l.CancelAt, &l.dueAt, &awaits, &life); err != nil {
		return k, err
	}
	if l.EarnedBy.IsZero() {
		l.EarnedBy = k.Holder
	}
	if awaits != nil {
		l.Awaits = *awaits
	}
	if life != nil {
		l.Life = &Life{}
		err = json.Unmarshal([]byte(*life), l.Life)
	}
	return k, err
}

func (l *loader) lots([]Want) error {
	var h []ident.ID
	var t []string
	var from []int64
	var deep []bool
	for _, b := range l.order {
		switch {
		case b.Version == 0 || b.shallow:
			continue
		case b.deep:
			from = append(from, 0)
		case b.FirstOpen <= b.LastLot:
			from = append(from, b.FirstOpen)
		default:
			continue
		}
		h, t, deep = append(h, b.Holder), append(t, b.Type), append(deep, b.deep)
	}
	_, err := db.BulkQuery(l.tx, lotsBulk, func(r db.Row) (none struct{}, err error) {
		k, err := scanLot(r)
		if err == nil {
			b := l.books[k.Key]
			b.lots = append(b.lots, k.Lot)
		}
		return none, err
	}, h, t, from, deep)
	return err
}
