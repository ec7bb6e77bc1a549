package ledger

import (
	"slices"

	"joren/internal/fault"
	"joren/internal/ident"
)

// Parcel is what travels from one account to another, written out there and
// in here under one transfer id.
type Parcel struct {
	Transfer ident.ID
	Lots     []Lot // as they were; Remaining is what travels
	Debt     int64
	Merge    bool // debts join, and all lots of the account repay them
}

// TransferOut takes points out in the order of consumption. Faults:
// points.insufficient, points.not_positive.
func (b *Book) TransferOut(p Posting, points int64) (Parcel, error) {
	p = b.begin(p)
	if err := b.count(points); err != nil {
		return Parcel{}, err
	}
	if have := b.At(p.Recorded).Available; have < points {
		return Parcel{}, insufficient(points, have)
	}
	pieces, _ := b.takeFree(p.Recorded, points, Active, func(*Lot) bool { return true })
	return b.send(p, pieces, 0, false), nil
}

// MoveAll takes out everything of an account that is merged into another: its
// lots, pending ones too, with what is known of their past, and its debt.
// The book must be loaded with Want.Deep. Fault: merge.open_holds.
func (b *Book) MoveAll(p Posting) (Parcel, error) {
	return b.moveLots(p, b.Debt, func(*Lot) bool { return true })
}

// MoveBack undoes a merge: it takes out what is left of the lots that the
// transfer merge brought. What was spent stays spent, and so does debt that
// was repaid. The book must be loaded with Want.Deep. Fault: merge.open_holds.
func (b *Book) MoveBack(p Posting, merge ident.ID) (Parcel, error) {
	return b.moveLots(p, 0, func(l *Lot) bool { return l.Moved == merge })
}

func (b *Book) moveLots(p Posting, debt int64, which func(*Lot) bool) (Parcel, error) {
	p = b.begin(p)
	if !b.deep {
		panic("ledger: a merge wants a book loaded with Want.Deep")
	}
	var pieces []Piece
	for _, l := range b.lots {
		if !which(l) {
			continue
		}
		if l.held > 0 {
			return Parcel{}, fault.New(fault.Conflict, "merge.open_holds")
		}
		if l.Remaining > 0 || l.Lost > l.LostClaimed || l.Repaid > l.RepaidClaimed {
			pieces = append(pieces, Piece{Lot: l.No, Points: -l.Remaining, Source: Active})
		}
	}
	return b.send(p, pieces, debt, true), nil
}

// send writes the line out and packs the parcel.
func (b *Book) send(p Posting, pieces []Piece, debt int64, merge bool) Parcel {
	if p.Transfer.IsZero() {
		p.Transfer = ident.New()
	}
	c := Parcel{Transfer: p.Transfer, Debt: debt, Merge: merge}
	if len(pieces) == 0 && debt == 0 {
		return c
	}
	for _, x := range pieces {
		c.Lots = append(c.Lots, b.pack(b.mustLot(x.Lot), -x.Points, merge))
	}
	if debt > 0 {
		pieces = append(pieces, Piece{Points: debt, Source: Indebted})
	}
	b.post(TransferOut, p, moved(pieces), pieces)
	b.end(p)
	return c
}

// pack copies a lot for the journey. On a merge it takes along what of it was
// lost or had repaid debt, so that a later clawback finds it.
func (b *Book) pack(l *Lot, points int64, merge bool) Lot {
	n := *l
	n.ExpiresAt = b.expiry(l)
	n.Remaining, n.Lost, n.LostClaimed, n.Repaid, n.RepaidClaimed = points, 0, 0, 0, 0
	if merge {
		n.Lost, n.Repaid = l.Lost-l.LostClaimed, l.Repaid-l.RepaidClaimed
		l.LostClaimed, l.RepaidClaimed, l.dirty = l.Lost, l.Repaid, true
	}
	if l.Life != nil {
		life := *l.Life
		if l.slides() && life.Last != 0 {
			life.Last = b.lastDay(n.ExpiresAt)
		}
		n.Life = &life
	}
	return n
}

// TransferIn writes a parcel in: each lot with its own expiry, origin and
// award. Like every increase it repays debt first; on a merge debts are added
// and repaid from all lots of the account. nil for an empty parcel. Fault:
// amount.overflow.
func (b *Book) TransferIn(p Posting, c Parcel) (*Entry, error) {
	p = b.begin(p)
	p.Transfer = c.Transfer
	if len(c.Lots) == 0 && c.Debt == 0 {
		return nil, nil
	}
	gross := int64(0)
	for _, l := range c.Lots {
		gross += l.Remaining
	}
	if gross+c.Debt > 0 {
		if err := b.count(gross + c.Debt); err != nil {
			return nil, err
		}
	}
	var born []*Lot
	for i := range c.Lots {
		born = append(born, b.unpack(p, &c.Lots[i]))
	}
	var pieces []Piece
	if c.Debt > 0 {
		pieces = append(pieces, Piece{Points: -c.Debt, Source: Indebted})
	}
	r := restoration{b: b, p: p, owed: b.Debt + c.Debt, sum: gross - c.Debt, pieces: pieces, born: born}
	if c.Merge {
		r.restored = map[*Lot]int64{}
		for _, l := range b.lots {
			if l.Remaining > l.held {
				r.restored[l] = l.Remaining - l.held
			}
		}
	}
	e := r.post(TransferIn)
	b.end(p)
	return e, nil
}

func (b *Book) unpack(p Posting, packed *Lot) *Lot {
	l := *packed
	l.ID, l.Parent, l.Moved = ident.New(), 0, p.Transfer
	l.Gross, l.Net, l.held = l.Remaining, l.Remaining, 0
	l.RecordedAt = p.Recorded
	if packed.Parent != 0 {
		l.Parent = -1 // it stays a grace lot; its dead lot is not here
	}
	if l.Life != nil {
		life := *l.Life
		life.From = 0
		if packed.slides() {
			life.From = b.bar()
		}
		l.Life = &life
	}
	l.fresh, l.dirty = true, false
	return &l
}

// Remaining counts the points of a parcel.
func (c Parcel) Remaining() (sum int64) {
	for _, l := range c.Lots {
		sum += l.Remaining
	}
	return sum
}

// Without returns the parcel less the lots which pick refuses.
func (c Parcel) Without(refuse func(Lot) bool) Parcel {
	c.Lots = slices.DeleteFunc(slices.Clone(c.Lots), refuse)
	return c
}
