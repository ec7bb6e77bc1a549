package people

import (
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
	Lost    int64 // points that lapse by leaving
	Pooled  bool  // the account is her household's and stays with it
}

// Stakes says what a member would lose by leaving; it changes nothing. Shown
// before she confirms, it is the same as what [People.Withdraw] then does.
func (p *People) Stakes(tx *db.Tx, id ident.ID) ([]Stake, error) {
	books, pooled, err := p.books(tx, id)
	if err != nil {
		return nil, err
	}
	var out []Stake
	for _, b := range books {
		out = append(out, stake(b, tx, pooled))
	}
	return out, nil
}

func stake(b *ledger.Book, tx *db.Tx, pooled bool) Stake {
	s := Stake{Type: b.Type, Balance: b.At(tx.Now), Pooled: pooled}
	if !pooled {
		s.Lost = s.Balance.Available
	}
	return s
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
	policies, err := p.Policies(tx)
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

// Withdraw ends a membership (退会). Her available points lapse, unless the
// account is her household's, which she leaves. Points still pending can never
// be used by her and lapse with their lots; debt stays on the books and is
// written off by its own rule. Withdrawing again changes nothing. Faults:
// member.unknown, member.erased, member.merged, withdraw.open_holds (points
// are reserved: finish or cancel that first), member.busy.
func (p *People) Withdraw(tx *db.Tx, id ident.ID, actor string) (member.Member, []Stake, error) {
	before, err := p.Members.Get(tx, id)
	if err != nil {
		return before, nil, err
	}
	m, err := p.Members.Withdraw(tx, id)
	if err != nil || before.Status == member.Withdrawn {
		return m, nil, err
	}
	stakes, err := p.forfeit(tx, id, actor)
	if err != nil {
		return m, nil, err
	}
	today, err := p.today(tx)
	if err != nil {
		return m, nil, err
	}
	return m, stakes, outbox.Append(tx, outbox.Of(event.MemberLeft{Member: id, Day: today}))
}

func (p *People) forfeit(tx *db.Tx, id ident.ID, actor string) ([]Stake, error) {
	books, pooled, err := p.books(tx, id)
	if err != nil {
		return nil, err
	}
	var stakes []Stake
	for _, b := range books {
		s := stake(b, tx, pooled)
		stakes = append(stakes, s)
		switch {
		case pooled:
		case s.Balance.Held > 0:
			return nil, fault.New(fault.Conflict, "withdraw.open_holds")
		case s.Lost > 0:
			if _, err := b.Adjust(ledger.Posting{Occurred: tx.Now, Recorded: tx.Now, Actor: actor, Reason: "member.withdrawn"}, -s.Lost, ledger.Grant{}); err != nil {
				return nil, err
			}
		}
	}
	if pooled {
		_, err = household.Leave(tx, id)
		return stakes, err
	}
	return stakes, save(tx, books)
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
		if _, err := p.forfeit(tx, id, actor); err != nil {
			return m, err
		}
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
