package people

import (
	"context"

	"joren/internal/db"
	"joren/internal/event"
	"joren/internal/fault"
	"joren/internal/household"
	"joren/internal/ident"
	"joren/internal/ledger"
	"joren/internal/member"
	"joren/internal/outbox"
)

// Merge makes one member of two records: gone lives on in kept. First the
// redirect is written and the gaps in kept's particulars are filled, so that
// from then on every card and number of gone earns for kept; then the points
// move, each lot with its expiry. If the second step fails (open holds, a
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
// what was spent stays spent, and the particulars it filled in are taken back
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
	if err := p.move(tx, g.Gone, g.Kept, g.ID, actor, (*ledger.Book).MoveAll); err != nil {
		return err
	}
	return outbox.Append(tx, outbox.Of(event.MemberMerged{Merge: g.ID, Kept: g.Kept, Gone: g.Gone}))
}

func (p *People) finishUndo(tx *db.Tx, g *member.Merge, actor string) error {
	ended, err := p.Members.EndUndo(tx, g.ID)
	if err != nil || !ended {
		return err
	}
	back := func(b *ledger.Book, post ledger.Posting) (ledger.Parcel, error) {
		post.Transfer = ident.ID{} // the way back is a transfer of its own
		return b.MoveBack(post, g.ID)
	}
	if err := p.move(tx, g.Kept, g.Gone, g.ID, actor, back); err != nil {
		return err
	}
	return outbox.Append(tx, outbox.Of(event.MemberMerged{Merge: g.ID, Kept: g.Kept, Gone: g.Gone, Undone: true}))
}

// move carries points between the holders of two members, type by type. The
// transfer bears the merge's id, by which undo finds its lots. Both accounts
// stand behind their version guards in one transaction.
func (p *People) move(tx *db.Tx, from, to, merge ident.ID, actor string, take func(*ledger.Book, ledger.Posting) (ledger.Parcel, error)) error {
	holders, err := household.Holders(tx, []ident.ID{from, to})
	if err != nil {
		return err
	}
	out, err := p.load(tx, holders[from])
	if err != nil {
		return err
	}
	in, err := p.load(tx, holders[to])
	if err != nil {
		return err
	}
	post := ledger.Posting{Occurred: tx.Now, Recorded: tx.Now, Actor: actor, Reason: "member.merge", Transfer: merge}
	for i := range out {
		parcel, err := take(out[i], post)
		if err != nil {
			return err
		}
		if _, err := in[i].TransferIn(post, parcel); err != nil {
			return err
		}
	}
	return save(tx, append(out, in...))
}
