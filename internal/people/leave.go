package people

import (
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/event"
	"joren/internal/fault"
	"joren/internal/household"
	"joren/internal/ident"
	"joren/internal/ledger"
	"joren/internal/member"
	"joren/internal/outbox"
)

// Stake is what a member who leaves has on one account and what becomes of
// it.
type Stake struct {
	Type    string
	Balance ledger.Balance
	Lost    int64     // points that end by leaving, pending ones too
	Kept    int64     // points that wait for her return through Until
	Until   clock.Day // with Kept
	Pooled  bool      // the account is her household's and stays with it
}

// Stakes says what a member would lose by leaving; it changes nothing. Shown
// before she confirms, it is the same as what [People.Withdraw] then does.
func (p *People) Stakes(tx *db.Tx, id ident.ID) ([]Stake, error) {
	until, err := p.waits(tx)
	if err != nil {
		return nil, err
	}
	return p.stakes(tx, id, until)
}

// ErasureStakes is [People.Stakes] for [People.Erase]: whoever is forgotten
// cannot come back for points, so none wait.
func (p *People) ErasureStakes(tx *db.Tx, id ident.ID) ([]Stake, error) { return p.stakes(tx, id, 0) }

// stakes are a member's stakes when points wait through until; 0 ends them.
func (p *People) stakes(tx *db.Tx, id ident.ID, until clock.Day) ([]Stake, error) {
	books, pooled, err := p.books(tx, id)
	if err != nil {
		return nil, err
	}
	if pooled {
		if h, _, err := household.Of(tx, id); err != nil || len(h.Members) == 1 {
			pooled = false // the last one of it takes everything with her
			if err != nil {
				return nil, err
			}
		}
	}
	var out []Stake
	for _, b := range books {
		s := Stake{Type: b.Type, Balance: b.At(tx.Now), Pooled: pooled}
		switch {
		case pooled:
		case until != 0:
			if s.Kept = b.Kept(tx.Now); s.Kept > 0 {
				s.Until = until
			}
		default:
			s.Lost = b.Kept(tx.Now)
		}
		out = append(out, s)
	}
	return out, nil
}

// waits is the last day through which the programme keeps the points of who
// leaves today; 0 when they end with the membership.
func (p *People) waits(tx *db.Tx) (clock.Day, error) {
	g, err := p.programme(tx)
	if err != nil || g == nil || g.Withdrawal.Points != "keep" {
		return 0, err
	}
	return g.Zone.Day(tx.Now) + clock.Day(g.Withdrawal.Days), nil
}

// books loads all accounts a member's points are on.
func (p *People) books(tx *db.Tx, id ident.ID) (books []*ledger.Book, pooled bool, err error) {
	holders, err := household.Holders(tx, []ident.ID{id})
	if err != nil {
		return nil, false, err
	}
	books, err = p.load(tx, holders[id])
	return books, holders[id] != id, err
}

func (p *People) load(tx *db.Tx, holder ident.ID) ([]*ledger.Book, error) {
	policies, err := p.Policies(tx, tx.Now)
	if err != nil {
		return nil, err
	}
	var wants []ledger.Want
	for _, pol := range policies {
		wants = append(wants, ledger.Want{Key: ledger.Key{Holder: holder, Type: pol.Type}, Policy: pol, Deep: true})
	}
	return ledger.Load(tx, wants)
}

// save writes the books; a race with another change of the account is
// member.busy, to be tried again.
func save(tx *db.Tx, books []*ledger.Book) error {
	lost, err := ledger.Save(tx, books)
	if err == nil && len(lost) > 0 {
		err = fault.New(fault.Unavailable, "member.busy")
	}
	return err
}

// Withdraw ends a membership (退会). What becomes of her points the programme
// says: they end, pending ones too, or they wait for her return
// ([People.Rejoin]); those of her household stay with it, unless she is the
// last of it. Debt stays on the books and is written off by its own rule.
// Withdrawing again changes nothing. Faults: member.unknown, member.erased,
// member.merged, withdraw.open_holds (points are reserved: finish or cancel
// that first), member.busy.
func (p *People) Withdraw(tx *db.Tx, id ident.ID, actor string) (member.Member, []Stake, error) {
	before, err := p.Members.Get(tx, id)
	if err != nil {
		return before, nil, err
	}
	m, err := p.Members.Withdraw(tx, id)
	if err != nil || before.Status == member.Withdrawn {
		return m, nil, err
	}
	until, err := p.waits(tx)
	if err != nil {
		return m, nil, err
	}
	stakes, err := p.part(tx, id, until, "member.withdrawn", actor)
	if err != nil {
		return m, nil, err
	}
	today, err := p.today(tx)
	if err != nil {
		return m, nil, err
	}
	return m, stakes, outbox.Append(tx, outbox.Of(event.MemberLeft{Member: id, Day: today}))
}

// part settles the points of who leaves: through until they wait, 0 ends them.
func (p *People) part(tx *db.Tx, id ident.ID, until clock.Day, reason, actor string) ([]Stake, error) {
	stakes, err := p.stakes(tx, id, until)
	if err != nil {
		return nil, err
	}
	h, in, err := household.Of(tx, id)
	if err != nil {
		return nil, err
	}
	if in {
		last := len(h.Members) == 1
		if h, err = household.Leave(tx, id); err != nil {
			return nil, err
		}
		if h.Pooled && !last {
			return stakes, ledger.Shut(tx, id, false)
		}
		if h.Pooled {
			err = p.unpool(tx, h, id, actor)
		}
		if fault.Is(err, "household.open_holds") {
			err = fault.New(fault.Conflict, "withdraw.open_holds")
		}
		if err != nil {
			return nil, err
		}
	}
	for _, s := range stakes {
		if s.Balance.Held > 0 {
			return nil, fault.New(fault.Conflict, "withdraw.open_holds")
		}
	}
	if until != 0 { // with no points too: what she spent may come back until then
		return stakes, p.Members.Wait(tx, id, until)
	}
	return stakes, p.forfeit(tx, id, reason, actor)
}

// forfeit ends all points of an account of her own, and the lives of the lots
// that were spent on those of records merged into hers: what comes back to them
// comes to her.
func (p *People) forfeit(tx *db.Tx, id ident.ID, reason, actor string) error {
	family, err := p.Members.Family(tx, id)
	if err != nil {
		return err
	}
	var all []*ledger.Book
	for _, one := range family {
		books, err := p.load(tx, one)
		if err != nil {
			return err
		}
		for _, b := range books {
			b.Forfeit(posting(tx, actor, reason))
			if one == id {
				b.Claim(tx.Now)
			}
		}
		all = append(all, books...)
	}
	return save(tx, all)
}

// Rejoin takes a member who left back in under her old record: no second
// welcome gift, and what still waits of her points is hers again. Faults:
// member.unknown, member.erased, member.merged, member.active (she never
// left), member.busy.
func (p *People) Rejoin(tx *db.Tx, id ident.ID, actor string) (member.Member, error) {
	today, err := p.today(tx)
	if err != nil {
		return member.Member{}, err
	}
	m, until, err := p.Members.Rejoin(tx, id)
	if err != nil {
		return m, err
	}
	if until != 0 && today > until {
		if err := p.forfeit(tx, id, "member.lapsed", actor); err != nil {
			return m, err
		}
	}
	return m, outbox.Append(tx, outbox.Of(event.MemberJoined{Member: id, Source: m.JoinSource, Store: m.JoinStore, Day: today}))
}

// Lapse ends the points of members who did not come back in time, some at a
// call, and says how many; the scheduler calls it until there are none. It
// only writes the books: who comes back too late finds nothing either way.
// Faults: member.busy, when the account changed meanwhile.
func (p *People) Lapse(tx *db.Tx, n int) (int, error) {
	today, err := p.today(tx)
	if err != nil {
		return 0, err
	}
	list, err := p.Members.Waited(tx, today, n)
	if err != nil {
		return 0, err
	}
	for _, id := range list {
		if err := p.forfeit(tx, id, "member.lapsed", "system"); err != nil {
			return 0, err
		}
		if err := p.Members.Wait(tx, id, 0); err != nil {
			return 0, err
		}
	}
	return len(list), nil
}

// Erase forgets a person; her membership ends with it. The ledger stays, under
// the bare id. Erasing again changes nothing. Faults: member.unknown,
// member.merged, withdraw.open_holds, member.busy.
func (p *People) Erase(tx *db.Tx, id ident.ID, actor string) (member.Member, error) {
	m, err := p.Members.Get(tx, id)
	if err != nil || m.Status == member.Erased {
		return m, err
	}
	family, err := p.Members.Family(tx, id)
	if err != nil {
		return m, err
	}
	if m.Status == member.Active {
		if _, err := p.part(tx, id, 0, "member.erased", actor); err != nil {
			return m, err
		}
	} else if err := p.forfeit(tx, id, "member.erased", actor); err != nil { // what still waited
		return m, err
	}
	if m, err = p.Members.Erase(tx, id); err != nil {
		return m, err
	}
	var facts []outbox.Event
	for _, one := range family { // whoever keeps texts of any of them deletes those
		facts = append(facts, outbox.Of(event.MemberErased{Member: one}))
	}
	return m, outbox.Append(tx, facts...)
}
