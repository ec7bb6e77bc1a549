package people

import (
	"context"

	"joren/internal/activity"
	"joren/internal/db"
	"joren/internal/event"
	"joren/internal/fault"
	"joren/internal/household"
	"joren/internal/ident"
	"joren/internal/ledger"
	"joren/internal/limit"
	"joren/internal/member"
	"joren/internal/outbox"
	"joren/internal/purchase"
	"joren/internal/rules"
	"joren/internal/tier"
)

// Merge makes one member of two records: gone lives on in kept. First the
// redirect is written and the gaps in kept's particulars are filled, so that
// from then on every card and number of gone earns for kept; then the points
// move, each lot with its expiry, and purchases, events, counters and ranks
// with them. If the second step fails (open holds, a
// crash), [People.Resume] finishes it; the answer then has state "moving".
//
// Faults: member.unknown, merge.same, merge.not_active, merge.in_household
// (the one that goes leaves her household first).
func (p *People) Merge(ctx context.Context, d *db.DB, gone, kept ident.ID, actor string) (member.Merge, error) {
	var g member.Merge
	err := d.Write(ctx, func(tx *db.Tx) (err error) {
		if _, in, err := household.Of(tx, gone); err != nil || in {
			if err == nil {
				err = fault.New(fault.Conflict, "merge.in_household")
			}
			return err
		}
		g, err = p.Members.BeginMerge(tx, gone, kept)
		return err
	})
	if err != nil {
		return g, err
	}
	return g, p.step(ctx, d, &g, actor)
}

// Undo takes a merge apart: what is left of the lots it brought goes back,
// what was spent stays spent, what was recorded for gone before the merge is
// hers again, what came under her card while it stood stays with kept, and the
// particulars it filled in are taken back
// where nobody changed them. Faults: merge.unknown, merge.moving,
// merge.undone, merge.kept_gone.
func (p *People) Undo(ctx context.Context, d *db.DB, id ident.ID, actor string) (member.Merge, error) {
	var g member.Merge
	err := d.Write(ctx, func(tx *db.Tx) (err error) {
		g, err = p.Members.BeginUndo(tx, id)
		return err
	})
	if err != nil {
		return g, err
	}
	return g, p.step(ctx, d, &g, actor)
}

// Resume finishes the merges that stopped half-way; the scheduler calls it.
// It goes on past one that fails and returns the first error.
func (p *People) Resume(ctx context.Context, d *db.DB) (finished int, first error) {
	var open []member.Merge
	err := d.Read(ctx, func(tx *db.Tx) (err error) { open, err = p.Members.OpenMerges(tx); return err })
	if err != nil {
		return 0, err
	}
	for i := range open {
		err := p.step(ctx, d, &open[i], "system")
		switch {
		case err == nil:
			finished++
		case first == nil:
			first = err
		}
	}
	return finished, first
}

const maxRaces = 10

// step does the second half of a merge or undo, again after losing a race for
// an account.
func (p *People) step(ctx context.Context, d *db.DB, g *member.Merge, actor string) error {
	var err error
	for range maxRaces {
		err = d.Write(ctx, func(tx *db.Tx) error {
			if g.State == member.Undoing {
				return p.finishUndo(tx, g, actor)
			}
			return p.finishMerge(tx, g, actor)
		})
		if !fault.Is(err, "member.busy") {
			break
		}
	}
	if err != nil {
		return err
	}
	return d.Read(ctx, func(tx *db.Tx) (err error) { *g, err = p.Members.MergeByID(tx, g.ID); return err })
}

func (p *People) finishMerge(tx *db.Tx, g *member.Merge, actor string) error {
	ended, err := p.Members.EndMerge(tx, g.ID)
	if err != nil || !ended {
		return err
	}
	if err := p.carryMerge(tx, g.Gone, g.Kept, g.ID, actor, (*ledger.Book).MoveAll); err != nil {
		return err
	}
	if err := ledger.Shut(tx, g.Gone, true); err != nil {
		return err
	}
	if err := p.moveRows(tx, g.Gone, g.Gone, g.Kept); err != nil {
		return err
	}
	return outbox.Append(tx, outbox.Of(event.MemberMerged{Merge: g.ID, Kept: g.Kept, Gone: g.Gone}))
}

func (p *People) finishUndo(tx *db.Tx, g *member.Merge, actor string) error {
	ended, err := p.Members.EndUndo(tx, g.ID)
	if err != nil || !ended {
		return err
	}
	hers, err := p.family(tx, g.Gone)
	if err != nil {
		return err
	}
	back := func(b *ledger.Book, post ledger.Posting) (ledger.Parcel, error) {
		post.Transfer = ident.ID{} // the way back is a transfer of its own
		return b.MoveLots(post, func(l *ledger.Lot) bool {
			// What a refund or an undone later merge brought back since is
			// hers too; what she had given away before is not.
			return l.Moved == g.ID || hers[l.EarnedBy] && l.RecordedAt >= g.StartedAt
		})
	}
	if err := p.carryMerge(tx, g.Kept, g.Gone, g.ID, actor, back); err != nil {
		return err
	}
	if err := ledger.Shut(tx, g.Gone, false); err != nil {
		return err
	}
	if err := p.moveRows(tx, g.Gone, g.Kept, g.Gone); err != nil {
		return err
	}
	return outbox.Append(tx, outbox.Of(event.MemberMerged{Merge: g.ID, Kept: g.Kept, Gone: g.Gone, Undone: true}))
}

// carryMerge carries points between the holders of two members. The transfer
// bears the merge's id, by which undo finds its lots.
func (p *People) carryMerge(tx *db.Tx, from, to, merge ident.ID, actor string, take func(*ledger.Book, ledger.Posting) (ledger.Parcel, error)) error {
	holders, err := household.Holders(tx, []ident.ID{from, to})
	if err != nil {
		return err
	}
	post := posting(tx, actor, "member.merge")
	post.Transfer = merge
	return p.carry(tx, holders[from], holders[to], post, take)
}

// moveRows moves what was written for a member, and for those merged into her,
// from one record to another: purchases with what followed them, events, gifts
// that are given once, what they count in limits, and ranks. What is derived
// from them is counted afresh on both sides. Returns and claims, visit numbers,
// spend and ranks then find everything under the living record.
func (p *People) moveRows(tx *db.Tx, gone, from, to ident.ID) error {
	hers, err := p.Members.Family(tx, gone)
	if err != nil {
		return err
	}
	both := []ident.ID{from, to}
	later, err := purchase.Move(tx, hers, from, to)
	if err != nil {
		return err
	}
	events, err := activity.Move(tx, hers, from, to)
	if err != nil {
		return err
	}
	var keys []purchase.Key
	for _, e := range events {
		keys = append(keys, purchase.EventKey(e.Source, e.EventNo))
	}
	if err := purchase.MoveKeys(tx, keys, to); err != nil {
		return err
	}
	if err := limit.Move(tx, hers, from, to); err != nil {
		return err
	}
	counts, err := p.counts(tx, both)
	if err != nil {
		return err
	}
	if err := limit.Recount(tx, both, counts); err != nil {
		return err
	}
	today, err := p.today(tx)
	if err != nil {
		return err
	}
	return tier.Move(tx, hers, later, from, to, today)
}

// counts is what all awards of members have in the limit counters.
func (p *People) counts(tx *db.Tx, members []ident.ID) ([]limit.Add, error) {
	var out []limit.Add
	add := func(m ident.ID, c []rules.Count) {
		if len(c) > 0 {
			out = append(out, limit.Add{Member: m, Counts: c})
		}
	}
	for _, each := range []func(*db.Tx, []ident.ID, func(ident.ID, []rules.Count)) error{purchase.CountsOf, activity.CountsOf, limit.CountsOf} {
		if err := each(tx, members, add); err != nil {
			return nil, err
		}
	}
	return out, nil
}
