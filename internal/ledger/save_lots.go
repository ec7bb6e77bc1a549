package ledger

import (
	"encoding/json"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
)

var insertLots = db.NewBulk(`h uuid, t text, no bigint, id uuid, seq bigint, origin text, class text, award uuid, earned uuid,
	parent bigint, moved uuid, gross bigint, net bigint, remaining bigint, lost bigint, lclaimed bigint, repaid bigint, rclaimed bigint,
	phase text, occurred bigint, recorded bigint, activates bigint, expires bigint, cancel bigint, due bigint, awaits text, life text`, `
	INSERT INTO ledger_lot (holder_id, type, no, id, seq, origin, class, award_id, earned_by, parent, moved_by, gross, net, remaining,
		lost, lost_claimed, repaid, repaid_claimed, phase, occurred_at, recorded_at, activates_at, expires_at, cancel_at, due_at, awaits, life)
	SELECT u.h, u.t, u.no, u.id, u.seq, u.origin, u.class, u.award, u.earned, u.parent, u.moved, u.gross, u.net, u.remaining,
		u.lost, u.lclaimed, u.repaid, u.rclaimed, u.phase, u.occurred, u.recorded, u.activates, u.expires, u.cancel, u.due, u.awaits, u.life
	FROM u`)

func saveNewLots(tx *db.Tx, books []*Book) error {
	var (
		h, id, award, earned, moved                                              []ident.ID
		t, origin, class, phase                                                  []string
		no, seq, parent, gross, net, remaining, lost, lclaimed, repaid, rclaimed []int64
		occurred, recorded, activates, expires                                   []int64
		cancel, due                                                              []clock.Instant
		awaits, life                                                             [][]byte
	)
	for _, b := range books {
		for _, l := range b.lots {
			if !l.fresh {
				continue
			}
			by := l.EarnedBy
			if by == b.Holder {
				by = ident.ID{}
			}
			h, t, no, id, seq = append(h, b.Holder), append(t, b.Type), append(no, l.No), append(id, l.ID), append(seq, l.Seq)
			origin, class, award, earned = append(origin, string(l.Origin)), append(class, l.Class), append(award, l.Award), append(earned, by)
			parent, moved, gross, net = append(parent, l.Parent), append(moved, l.Moved), append(gross, l.Gross), append(net, l.Net)
			remaining, lost, lclaimed = append(remaining, l.Remaining), append(lost, l.Lost), append(lclaimed, l.LostClaimed)
			repaid, rclaimed, phase = append(repaid, l.Repaid), append(rclaimed, l.RepaidClaimed), append(phase, string(l.Phase))
			occurred, recorded = append(occurred, int64(l.OccurredAt)), append(recorded, int64(l.RecordedAt))
			activates, expires = append(activates, int64(l.ActivatesAt)), append(expires, int64(l.ExpiresAt))
			cancel, due = append(cancel, l.CancelAt), append(due, b.dueOf(l))
			awaits, life = append(awaits, orNull(l.Awaits)), append(life, l.Life.json())
		}
	}
	return tx.Later(insertLots, nil, h, t, no, id, seq, origin, class, award, earned, parent, moved, gross, net, remaining, lost, lclaimed,
		repaid, rclaimed, phase, occurred, recorded, activates, expires, cancel, due, awaits, life)
}

func orNull(s string) []byte {
	if s == "" {
		return nil
	}
	return []byte(s)
}

func (l *Life) json() []byte {
	if l == nil {
		return nil
	}
	b, err := json.Marshal(l)
	if err != nil {
		panic(err)
	}
	return b
}

// dueOf is when somebody must look at the lot next; 0 never. A lot without
// points keeps what it had.
func (b *Book) dueOf(l *Lot) clock.Instant {
	if l.Remaining == 0 {
		return l.dueAt
	}
	if at, _ := b.due(l, 0); at != clock.Never {
		return at
	}
	return 0
}

var updateLots = db.NewBulk(`h uuid, t text, no bigint, remaining bigint, lost bigint, lclaimed bigint, repaid bigint, rclaimed bigint,
	phase text, activates bigint, expires bigint, due bigint, life text`, `
	UPDATE ledger_lot SET remaining = u.remaining, lost = u.lost, lost_claimed = u.lclaimed, repaid = u.repaid,
		repaid_claimed = u.rclaimed, phase = u.phase, activates_at = u.activates, expires_at = u.expires, due_at = u.due, life = u.life
	FROM u WHERE ledger_lot.holder_id = u.h AND ledger_lot.type = u.t AND ledger_lot.no = u.no`)

func saveLots(tx *db.Tx, books []*Book) error {
	var (
		h                                                                   []ident.ID
		t, phase                                                            []string
		no, remaining, lost, lclaimed, repaid, rclaimed, activates, expires []int64
		due                                                                 []clock.Instant
		life                                                                [][]byte
	)
	for _, b := range books {
		for _, l := range b.lots {
			if l.fresh || !l.dirty {
				continue
			}
			h, t, no, remaining = append(h, b.Holder), append(t, b.Type), append(no, l.No), append(remaining, l.Remaining)
			lost, lclaimed, repaid = append(lost, l.Lost), append(lclaimed, l.LostClaimed), append(repaid, l.Repaid)
			rclaimed, phase = append(rclaimed, l.RepaidClaimed), append(phase, string(l.Phase))
			activates, expires = append(activates, int64(l.ActivatesAt)), append(expires, int64(l.ExpiresAt))
			due, life = append(due, b.dueOf(l)), append(life, l.Life.json())
		}
	}
	return tx.Later(updateLots, nil, h, t, no, remaining, lost, lclaimed, repaid, rclaimed, phase, activates, expires, due, life)
}
