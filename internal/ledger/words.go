package ledger

import (
	"time"

	"joren/internal/clock"
	"joren/internal/ident"
	"joren/internal/rules"
)

// Key names an account.
type Key struct {
	Holder ident.ID // member or household
	Type   string   // point type
}

// Posting is what every row of one operation says about itself. Ids that do
// not apply stay zero.
type Posting struct {
	Occurred clock.Instant // when it happened
	Recorded clock.Instant // when it is written
	Store    string        // code of the store
	Actor    string        // who did it: a code, never a name
	Reason   string        // code
	Note     string        // free text; erasable, outside the hash
	Purchase ident.ID
	Award    ident.ID // what gave the points: a purchase, an event, a gift
	Return   ident.ID
	Transfer ident.ID // set by a transfer or merge; otherwise made here
}

// Kind of a journal line.
type Kind string

const (
	Earn         Kind = "earn"
	Redeem       Kind = "redeem"
	RedeemRefund Kind = "redeem_refund"
	Reverse      Kind = "reverse" // clawback, give-back (+), automatic cancelling
	Expire       Kind = "expire"  // by time or forfeited; positive when a late activity revives points
	Activate     Kind = "activate"
	Extend       Kind = "extend"
	Adjust       Kind = "adjust"
	TransferIn   Kind = "transfer_in"
	TransferOut  Kind = "transfer_out"
	WriteOff     Kind = "debt_write_off"
)

// Contra is the programme's account on the other side of a line; it holds the
// opposite of the line's points and no running balance.
type Contra string

const (
	Issued    Contra = "issued"
	Redeemed  Contra = "redeemed"
	Expired   Contra = "expired"
	Reversed  Contra = "reversed"
	Adjusted  Contra = "adjusted"
	Elsewhere Contra = "transfer" // another holder's account
)

var contras = map[Kind]Contra{
	Earn: Issued, Redeem: Redeemed, RedeemRefund: Redeemed, Reverse: Reversed, Expire: Expired,
	Activate: Issued, Extend: Issued, Adjust: Adjusted, WriteOff: Adjusted,
	TransferIn: Elsewhere, TransferOut: Elsewhere,
}

// Entry is one immutable journal line of an account.
type Entry struct {
	Posting
	Seq     int64 // 1, 2, 3 … without gaps in an account; also the version its reader saw
	Kind    Kind
	Contra  Contra
	Points  int64
	Balance int64 // after this line
	Hash    [32]byte
	BookOn  clock.Day // day of accounting, set when saved; outside the hash (see [Save])
	Pieces  []Piece
	Born    []*Lot // lots this line made
}

// Piece is what an entry did to one lot or to the debt.
type Piece struct {
	Lot    int64 // number of the lot, 0 for none
	Points int64 // signed: what the account gained
	Source Source
	Undone int64 // of |Points|, taken back by a refund or give-back

	touched bool
}

// Source says where the points of a piece came from or went to.
type Source string

const (
	Pending    Source = "pending" // a pending lot of the award
	Active     Source = "active"  // a lot in its life
	Other      Source = "other"   // on clawback: a lot of another award
	Restored   Source = "restored"
	Repaying   Source = "repaying"    // restored points that went on to the debt
	Indebted   Source = "debt"        // the debt itself
	DebtRepaid Source = "debt_repaid" // the debt this lot's award had repaid is owed again
	Lost       Source = "expired"     // counted only: the award's points that had died unspent
	Forgiven   Source = "forgiven"    // counted only
	Shortfall  Source = "shortfall"   // counted only
)

// onLot and onDebt say what a source moves; the others move nothing.
func (s Source) onLot() bool {
	switch s {
	case Pending, Active, Other, Restored, Repaying:
		return true
	}
	return false
}

func (s Source) onDebt() bool { return s == Indebted || s == DebtRepaid }

// Origin of a lot; accounting treats them apart (SEMANTICS §13).
type Origin string

const (
	Sale     Origin = "sale"
	Gift     Origin = "gift"
	Paid     Origin = "paid" // bought points; they never slide
	Migrated Origin = "migrated"
)

// Phase is how far the rows of a lot have been written. What a lot is at an
// instant is [Book.State].
type Phase string

const (
	IsPending Phase = "pending"
	IsActive  Phase = "active"
	IsExpired Phase = "expired"
	IsVoided  Phase = "voided"
)

// Lot is one credit with its own life.
type Lot struct {
	ID       ident.ID
	No       int64 // grows in recording order within the account
	Seq      int64 // the entry that made it
	Origin   Origin
	Class    string
	Award    ident.ID
	EarnedBy ident.ID // member
	Parent   int64    // grace: the dead lot its points came from; -1 when that is in another account
	Moved    ident.ID // the transfer that brought it
	Gross    int64    // as given
	Net      int64    // what was left after debt was repaid
	Remaining,
	Lost, LostClaimed, // died unspent; of it, counted as taken by clawbacks
	Repaid, RepaidClaimed int64 // went to debt; of it, owed again after clawbacks
	Phase       Phase
	OccurredAt  clock.Instant
	RecordedAt  clock.Instant
	ActivatesAt clock.Instant // Never while it waits for an event
	ExpiresAt   clock.Instant // first instant of death; Never; by its own start when it slides
	CancelAt    clock.Instant // void from here unless its event came; 0 never
	Awaits      string        // event it waits for
	Life        *Life

	held  int64         // by open holds
	dueAt clock.Instant // as stored
	fresh bool          // not stored yet
	dirty bool
}

// Life is kept by lots whose expiry is not settled at birth: those that wait
// for an event, and sliding ones; and by lots that were forfeited.
type Life struct {
	Expiry rules.Expiry
	From   clock.Day     `json:",omitempty"` // activities before this day do not count (it came by transfer)
	Last   clock.Day     `json:",omitempty"` // last day by its own start
	Ended  clock.Instant `json:",omitempty"` // forfeited: dead from here on, whatever else would keep it alive
}

// HoldState is where a hold stands.
type HoldState string

const (
	HoldOpen      HoldState = "open"
	HoldCommitted HoldState = "committed"
	HoldCancelled HoldState = "cancelled"
	HoldLapsed    HoldState = "lapsed"
)

// Hold reserves points of named lots until it is committed, cancelled or lapses.
type Hold struct {
	ID        ident.ID
	Points    int64
	Lots      []Reserved // in the order taken
	State     HoldState
	Reference string
	CreatedAt clock.Instant
	ExpiresAt clock.Instant // exclusive: a commit at this instant is too late
	ClosedAt  clock.Instant
	Seq       int64 // the debit of its commit
	Committed int64

	fresh, dirty bool
}

// Reserved is a part of a hold.
type Reserved struct {
	Lot    int64 `json:"lot"`
	Points int64 `json:"points"`
}

// DefaultTTL is how long a hold lasts unless told.
const DefaultTTL = 30 * time.Minute
