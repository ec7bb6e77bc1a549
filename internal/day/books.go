package day

import (
	"slices"
	"sync"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/ledger"
	"joren/internal/liability"
	"joren/internal/programme"
	"joren/internal/purchase"
)

// Books reads what open points are worth, month by month: settled months as
// they were written, the others from what is booked. It remembers what the
// months that are not settled moved for as long as they have the same number
// of entries, which are never changed. Safe for concurrent use.
type Books struct {
	Programmes *programme.Cache
	DB         *db.DB // to read behind a reader's back; nil always reads

	mu    sync.Mutex
	seen  map[liability.Month]seen
	book  shown[*liability.Book]
	flows map[liability.Month]*shown[[]liability.StoreFlow]
}

// seen is what a month moved when it had so many entries. A price that was
// revised without a point moving is seen anew when the month is settled.
type seen struct {
	entries int64
	moves   []liability.Move
	prices  []liability.Price
}

// Read makes the book up to today's month. Faults: programme.none_in_force,
// amount.overflow.
func (b *Books) Read(tx *db.Tx) (*liability.Book, error) { return b.read(tx, "", false) }

// read makes the book up to a month, or ("") up to today's; fresh reads what
// is not settled from the entries themselves.
func (b *Books) read(tx *db.Tx, until liability.Month, fresh bool) (*liability.Book, error) {
	now, err := b.Programmes.At(tx, tx.Now)
	if err != nil {
		return nil, err
	}
	if until == "" {
		until = liability.MonthOf(now.Zone.Day(tx.Now))
	}
	in, err := standing(tx)
	if err != nil {
		return nil, err
	}
	in.Until = until
	if in.Values, err = b.values(tx); err != nil {
		return nil, err
	}
	if in.First == "" {
		first, err := ledger.FirstBooked(tx)
		if err != nil || first == 0 {
			return &liability.Book{Input: in}, err
		}
		in.First = liability.MonthOf(first)
	}
	from := in.First
	if n := len(in.Settled); n > 0 {
		from = in.Settled[n-1].Month.Next()
	}
	for m := from; m <= until; m = m.Next() {
		s, err := b.month(tx, now.Zone, m, fresh)
		if err != nil {
			return nil, err
		}
		in.Moves, in.Prices = append(in.Moves, s.moves...), append(in.Prices, s.prices...)
	}
	book, err := liability.Make(in)
	if err != nil {
		return nil, err
	}
	return book, b.call(tx, now.Zone, book)
}

// call names the points of each month as the programme in force at its end
// does; published versions never change, so neither do the names. Points it
// does not have are called as by the newest version that knows them.
func (b *Books) call(tx *db.Tx, zone clock.Zone, book *liability.Book) error {
	line, err := b.Programmes.Load(tx)
	if err != nil {
		return err
	}
	all, err := line.All()
	if err != nil {
		return err
	}
	for _, s := range book.Months {
		versions := slices.Clone(all)
		if in, err := line.At(zone.Start(s.Month.Last()+1) - 1); err == nil {
			versions = append(versions, in)
		}
		s.Types = liability.Types{}
		for _, p := range versions {
			for _, t := range p.Points {
				s.Types[t.ID] = t.Name
			}
		}
	}
	return nil
}

// standing is what stands in the rows of the slice.
func standing(tx *db.Tx) (in liability.Input, err error) {
	if in.Settings, err = liability.LoadSettings(tx); err != nil {
		return in, err
	}
	if in.Bases, err = liability.LoadBases(tx); err != nil {
		return in, err
	}
	if in.Settled, err = liability.LoadSettled(tx); err != nil || len(in.Settled) == 0 {
		return in, err
	}
	in.First = in.Settled[0].Month
	in.Moves, err = liability.LoadMoves(tx)
	return in, err
}

// values are what points are worth by the newest version that knows them.
func (b *Books) values(tx *db.Tx) (liability.Values, error) {
	line, err := b.Programmes.Load(tx)
	if err != nil {
		return nil, err
	}
	all, err := line.All()
	if err != nil {
		return nil, err
	}
	now, err := line.At(tx.Now)
	if err != nil {
		return nil, err
	}
	values := liability.Values{}
	for _, p := range append(slices.Clone(all), now) {
		for _, t := range p.Points {
			values[t.ID] = t.Value
		}
	}
	return values, nil
}

// month is what a month moved, remembered or read.
func (b *Books) month(tx *db.Tx, zone clock.Zone, m liability.Month, fresh bool) (seen, error) {
	n, err := ledger.EntriesOn(tx, m.First(), m.Last())
	if err != nil {
		return seen{}, err
	}
	b.mu.Lock()
	s, known := b.seen[m]
	b.mu.Unlock()
	if known && s.entries == n && !fresh {
		return s, nil
	}
	if s, err = readMonth(tx, zone, m); err != nil {
		return s, err
	}
	s.entries = n
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.seen == nil {
		b.seen = map[liability.Month]seen{}
	}
	b.seen[m] = s
	return s, nil
}

// bought is where the price of a purchase belongs.
type bought struct {
	key    liability.Key
	cohort liability.Month
	id     ident.ID
}

// readMonth reads what was booked in a month: on lots by the month in which
// they were earned, on debts, and the prices of what was bought.
func readMonth(tx *db.Tx, zone clock.Zone, m liability.Month) (s seen, err error) {
	var sum liability.Gather
	var paid []bought
	known := map[bought]bool{}
	err = ledger.EachLotMove(tx, m.First(), m.Last(), func(x *ledger.LotMove) error {
		move := liability.Move{Month: m, Key: liability.Key{Type: x.Type, Origin: x.Origin}, Cohort: liability.MonthOf(zone.Day(x.Earned)), Contra: x.Contra, Points: x.Points}
		if x.Origin == ledger.Sale && x.Kind == ledger.Earn && !x.Purchase.IsZero() {
			move.Priced = true
			if p := (bought{move.Key, move.Cohort, x.Purchase}); !known[p] {
				known[p] = true
				paid = append(paid, p)
			}
		}
		sum.Add(move)
		return nil
	})
	if err != nil {
		return s, err
	}
	booked, err := ledger.BookedOn(tx, m.First(), m.Last())
	if err != nil {
		return s, err
	}
	for _, x := range booked {
		if x.Origin == ledger.Owed {
			sum.Add(liability.Move{Month: m, Key: liability.Key{Type: x.Type, Origin: x.Origin}, Contra: x.Contra, Points: x.Points})
		}
	}
	s.moves = sum.Moves()
	s.prices, err = prices(tx, m, paid)
	return s, err
}

// prices sums what the purchases cost by key and cohort.
func prices(tx *db.Tx, m liability.Month, paid []bought) ([]liability.Price, error) {
	ids := make([]ident.ID, len(paid))
	for i, p := range paid {
		ids[i] = p.id
	}
	price := make(map[ident.ID]int64, len(ids))
	if err := purchase.EachPrice(tx, ids, func(id ident.ID, n int64) error { price[id] = n; return nil }); err != nil {
		return nil, err
	}
	var out []liability.Price
	at := map[bought]int{}
	for _, p := range paid {
		k := bought{key: p.key, cohort: p.cohort}
		i, known := at[k]
		if !known {
			i = len(out)
			at[k] = i
			out = append(out, liability.Price{Month: m, Key: p.key, Cohort: p.cohort})
		}
		out[i].Paid += price[p.id]
	}
	return out, nil
}

// Settle writes every month whose books are closed and that is not settled
// yet, each as it can be told now. Closing a month settles it; months closed
// before there was a liability are settled by the next turn.
func (b *Books) Settle(tx *db.Tx) error {
	closed, err := ledger.ClosedOn(tx)
	if err != nil || closed == 0 {
		return err
	}
	through := liability.MonthOf(closed)
	if done, err := liability.SettledThrough(tx); err != nil || done >= through {
		return err
	}
	book, err := b.read(tx, through, true)
	if fault.Is(err, "programme.none_in_force") {
		return nil // nothing was booked without one
	}
	if err != nil {
		return err
	}
	for _, s := range book.Months {
		if s.Settled() {
			continue
		}
		if err := liability.Settle(tx, s, book.Moves); err != nil {
			return err
		}
	}
	return nil
}

// StoreFlows are the points issued and used in a month by store.
func StoreFlows(tx *db.Tx, m liability.Month) ([]liability.StoreFlow, error) {
	list, err := ledger.FlowsByStore(tx, m.First(), m.Last())
	var out []liability.StoreFlow
	for _, f := range list {
		i := slices.IndexFunc(out, func(x liability.StoreFlow) bool { return x.Store == f.Store && x.Type == f.Type })
		if i < 0 {
			i = len(out)
			out = append(out, liability.StoreFlow{Store: f.Store, Type: f.Type})
		}
		if f.Contra == ledger.Issued {
			out[i].Issued += f.Points
		} else {
			out[i].Redeemed += f.Points
		}
	}
	out = slices.DeleteFunc(out, func(x liability.StoreFlow) bool { return x.Issued == 0 && x.Redeemed == 0 }) // activations alone
	liability.SortFlows(out)
	return out, err
}
