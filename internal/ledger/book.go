package ledger

import (
	"fmt"
	"math"
	"slices"

	"joren/internal/amount"
	"joren/internal/clock"
	"joren/internal/fault"
	"joren/internal/ident"
)

// Head is the stored row of an account.
type Head struct {
	Version   int64 // guard against concurrent writers; grows with every save
	Balance   int64 // Σ entries = Σ remaining of open lots − Debt
	Debt      int64
	DebtSince clock.Instant // when debt last rose from 0
	Held      int64         // by open holds
	LastSeq   int64
	LastLot   int64
	FirstOpen int64         // no lot below this number has points left
	Pending   int64         // points in lots that are not usable yet, as of Recorded
	Due       clock.Instant // when a lot or hold must be looked at next; 0 never
	Recorded  clock.Instant // of the last row
	Hash      [32]byte      // of the last entry
	Closed    bool          // its points went to another holder (see [Shut]); not written by Save
	Torn      bool          // read again by Load, so it may be newer than what was read beside it; not written by Save
	Activity  []clock.Day   // sliding types: first and last day of activity of each month; twice where a bar stands (see remember)
}

// Book is the working copy of one account.
type Book struct {
	Key
	Head
	Policy *Policy

	lots    []*Lot // by number; all open ones, and more when asked for
	holds   []*Hold
	entries []*Entry // written since loading
	debits  []*Entry // loaded: debits that may be refunded
	takes   []*Entry // loaded: clawbacks of the awards asked for, oldest first
	deep    bool     // all lots are loaded
	shallow bool     // no lots are loaded
	unread  unread   // what they come to
	dirty   bool
	was     Head
}

// NewBook is an account without rows.
func NewBook(k Key, p *Policy) *Book {
	return &Book{Key: k, Policy: p, Head: Head{FirstOpen: 1}, deep: true, was: Head{FirstOpen: 1}}
}

// Clone is an independent copy.
func (b *Book) Clone() *Book {
	c := *b
	c.Activity = slices.Clone(b.Activity)
	c.was.Activity = slices.Clone(b.was.Activity)
	c.lots = make([]*Lot, len(b.lots))
	twin := make(map[*Lot]*Lot, len(b.lots))
	for i, l := range b.lots {
		n := *l
		if l.Life != nil {
			life := *l.Life
			n.Life = &life
		}
		c.lots[i] = &n
		twin[l] = &n
	}
	c.holds = make([]*Hold, len(b.holds))
	for i, h := range b.holds {
		n := *h
		n.Lots = slices.Clone(h.Lots)
		c.holds[i] = &n
	}
	same := map[*Entry]*Entry{}
	entries := func(es []*Entry) []*Entry {
		out := make([]*Entry, len(es))
		for i, e := range es {
			if same[e] == nil {
				n := *e
				n.Pieces = slices.Clone(e.Pieces)
				n.Born = slices.Clone(e.Born)
				for j, l := range n.Born {
					if t := twin[l]; t != nil {
						n.Born[j] = t
					}
				}
				same[e] = &n
			}
			out[i] = same[e]
		}
		return out
	}
	c.entries, c.debits, c.takes = entries(b.entries), entries(b.debits), entries(b.takes)
	return &c
}

// Entries are the lines written since the book was loaded.
func (b *Book) Entries() []*Entry { return b.entries }

// Lots are the loaded lots by number: all with points left, and more when
// asked for. They are read, never changed, by callers.
func (b *Book) Lots() []*Lot { return b.lots }

// Lot finds a loaded lot by number.
func (b *Book) Lot(no int64) *Lot {
	i, ok := slices.BinarySearchFunc(b.lots, no, func(l *Lot, no int64) int { return int(l.No - no) })
	if !ok {
		return nil
	}
	return b.lots[i]
}

func (b *Book) mustLot(no int64) *Lot {
	l := b.Lot(no)
	if l == nil {
		panic(fmt.Sprintf("ledger: lot %d of %s/%s is not loaded", no, b.Holder, b.Type))
	}
	return l
}

// Changed reports whether there is something to save.
func (b *Book) Changed() bool { return b.dirty }

// begin is open for all that looks at lots.
func (b *Book) begin(p Posting) Posting {
	b.mustBeWhole()
	return b.open(p)
}

// open brings the account up to p.Recorded and returns p with instants that
// fit: recording never runs backwards.
func (b *Book) open(p Posting) Posting {
	if p.Recorded <= 0 || p.Occurred <= 0 {
		panic("ledger: a posting wants its instants")
	}
	p.Recorded = max(p.Recorded, b.Recorded)
	b.mustNotBeDue(p.Recorded)
	b.settle(p.Recorded, 0)
	return p
}

// end writes what p itself made due and checks the account.
func (b *Book) end(p Posting) {
	b.settle(p.Recorded, p.Recorded)
	b.audit()
}

// count refuses numbers of points that no one can mean or an account cannot
// hold: amount.overflow, points.not_positive.
func (b *Book) count(points int64) error {
	if points <= 0 {
		return fault.New(fault.Invalid, "points.not_positive", "points", points)
	}
	if _, err := amount.Sum(b.Balance, b.Debt, b.Debt, points); err != nil {
		return err
	}
	return nil
}

// post writes one line: it moves the pieces, adds the born lots, numbers and
// chains the entry. The pieces and births must make up points.
func (b *Book) post(k Kind, p Posting, points int64, pieces []Piece, born ...*Lot) *Entry {
	if p.Transfer.IsZero() {
		p.Transfer = ident.New()
	}
	b.LastSeq++
	e := &Entry{Posting: p, Seq: b.LastSeq, Kind: k, Contra: contras[k], Points: points, Pieces: pieces, Born: born}
	sum, before := int64(0), b.Debt
	for _, x := range pieces {
		switch {
		case x.Source.onLot():
			l := b.mustLot(x.Lot)
			l.Remaining += x.Points
			l.dirty = true
			sum += x.Points
		case x.Source.onDebt():
			b.Debt -= x.Points
			sum += x.Points
		}
	}
	for _, l := range born {
		b.LastLot++
		l.No, l.Seq, l.fresh = b.LastLot, e.Seq, true
		b.Debt -= l.Gross - l.Net
		sum += l.Gross
		b.lots = append(b.lots, l)
	}
	if sum != points {
		panic(fmt.Sprintf("ledger: %s of %d is made of %d", k, points, sum))
	}
	if before == 0 && b.Debt > 0 {
		b.DebtSince = p.Recorded
	} else if b.Debt == 0 {
		b.DebtSince = 0
	}
	b.Balance += points
	b.Recorded = p.Recorded
	e.Balance = b.Balance
	b.Hash = e.chain(b.Hash)
	e.Hash = b.Hash
	b.entries = append(b.entries, e)
	b.dirty = true
	return e
}

// audit stops the program when the account cannot be right.
func (b *Book) audit() {
	open, held := b.unread.open, b.unread.held
	for _, l := range b.lots {
		if l.Remaining < 0 || l.held < 0 || l.held > l.Remaining || l.Remaining > l.Net ||
			l.LostClaimed > l.Lost || l.RepaidClaimed > l.Repaid || l.LostClaimed < 0 || l.RepaidClaimed < 0 {
			panic(fmt.Sprintf("ledger: impossible lot %+v", *l))
		}
		if open > math.MaxInt64-l.Remaining {
			panic("ledger: open lots overflow")
		}
		open += l.Remaining
		held += l.held
	}
	if b.Debt < 0 || b.Balance != open-b.Debt || held != b.Held {
		panic(fmt.Sprintf("ledger: account %s/%s: balance %d, open lots %d, debt %d, held %d of %d",
			b.Holder, b.Type, b.Balance, open, b.Debt, held, b.Held))
	}
}
