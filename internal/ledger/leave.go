package ledger

import (
	"slices"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
)

// Claim makes Save write the account at a version of its own although no row
// of it changed, and also when there is none yet: whoever loaded the account
// before and saves it after loses, and judges again. Points that change
// holders are claimed on both sides, so that a purchase under way cannot leave
// points where nobody looks for them.
func (b *Book) Claim(at clock.Instant) {
	b.Recorded = max(b.Recorded, at)
	b.dirty = true
}

// MoveLots takes out what is left of the lots that which chooses, with what is
// known of their past, and no debt. The book must be loaded with Want.Deep.
// Fault: merge.open_holds when a chosen lot is held.
func (b *Book) MoveLots(p Posting, which func(*Lot) bool) (Parcel, error) {
	return b.moveLots(p, 0, which)
}

// Forfeit ends the life of all lots, pending ones and wholly spent ones too:
// what points are left expire at p.Recorded. They count as lost, so that a later
// return finds them taken already, and nothing revives them: no late activity,
// no event they waited for, no kinder terms. What comes back to such a lot later
// meets one that has expired ([Book.Refund]), whether points were left on it or
// not. Forfeit gives the points; 0 writes no entry. Points reserved by open holds
// must have been freed before: held points stay, for their hold only. The book
// must be loaded with Want.Deep.
func (b *Book) Forfeit(p Posting) int64 {
	p = b.begin(p)
	if !b.deep {
		panic("ledger: to forfeit wants a book loaded with Want.Deep")
	}
	var pieces []Piece
	sum := int64(0)
	for _, l := range b.lots {
		b.endLife(l, p.Recorded)
		n := l.Remaining - l.held
		if n == 0 {
			continue
		}
		l.Lost += n
		sum += n
		pieces = append(pieces, Piece{Lot: l.No, Points: -n, Source: Active})
	}
	if sum > 0 {
		b.post(Expire, p, -sum, pieces)
	}
	b.Recorded = p.Recorded
	b.end(p)
	return sum
}

// endLife cuts the life of l short. A lot that is dead for good already keeps
// its end.
func (b *Book) endLife(l *Lot, at clock.Instant) {
	settled := !l.slides() && l.ActivatesAt != clock.Never
	if l.forfeited() || settled && b.expiry(l) <= at && l.Remaining == 0 {
		return
	}
	life := Life{}
	if l.Life != nil {
		life = *l.Life
	}
	life.Ended = at
	l.Life, l.dirty, b.dirty = &life, true, true
	if l.Phase != IsVoided {
		l.Phase = IsExpired
	}
}

// Kept counts what Forfeit would take.
func (b *Book) Kept(at clock.Instant) (sum int64) {
	for _, l := range b.lots {
		if b.alive(l, at) || b.pending(l, at) {
			sum += l.Remaining - l.held
		}
	}
	return sum
}

// Clawed is what of an award has been taken back on this account and not given
// back. The book must be loaded with Want.Awards.
func (b *Book) Clawed(award ident.ID) int64 {
	_, left := b.taken(Posting{Award: award})
	return left
}

// Shut closes a holder's accounts whose points have gone to another holder, or
// opens them again. Who finds an account closed has an old idea of who holds
// the member's points: between looking that up and loading the account the
// points moved. Claimed accounts are there for every point type, so none can be
// missed.
func Shut(tx *db.Tx, holder ident.ID, closed bool) error {
	_, err := tx.Exec(`UPDATE ledger_account SET closed = $2 WHERE holder_id = $1`, holder, closed)
	return err
}

// Held is how much of the lot open holds reserve.
func (l *Lot) Held() int64 { return l.held }

// Seize keeps others from changing holders' accounts until the transaction
// ends, for a change of many rows that would otherwise lose its race against
// purchases again and again: a no-op update, in the order of the holders, as
// everybody takes accounts. Load the books after it. Accounts that do not exist
// yet cannot be seized; their guard decides.
func Seize(tx *db.Tx, holders ...ident.ID) error {
	slices.SortFunc(holders, ident.ID.Compare)
	for _, h := range slices.Compact(holders) {
		if _, err := tx.Exec(`UPDATE ledger_account SET version = version WHERE holder_id = $1`, h); err != nil {
			return err
		}
	}
	return nil
}
