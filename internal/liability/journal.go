package liability

import (
	"joren/internal/clock"
	"joren/internal/fault"
	"joren/internal/ledger"
)

// What an entry of the journal is about; stable codes.
const (
	PosMoved     = "moved"     // another method: what was carried goes to its account
	PosAdded     = "added"     // points issued
	PosCancelled = "cancelled" // points taken back
	PosSpent     = "spent"     // points used
	PosReleased  = "released"  // lapsed, or expected otherwise
	PosOnUse     = "on_use"    // cost of points used
)

// Entry is one line of the journal: one amount, debited to one account and
// credited to another, so that both sides are equal by their form.
type Entry struct {
	No            int
	On            clock.Day // the month's last
	Key                     // whose points
	What          string    // one of the codes above
	Debit, Credit Account
	Amount        int64 // above 0, in minor units
}

// Journal is what a settled month changes in the accounts. All of it is out of
// the scope of consumption tax: a sale was taxed on its full price when it was
// made, and points used lower the price of the sale they are used in, which
// the till has booked. Fault: liability.not_settled.
func Journal(s *Statement) ([]Entry, error) {
	if !s.Settled() {
		return nil, fault.New(fault.Conflict, "liability.not_settled", "month", string(s.Month))
	}
	j := journal{on: s.Month.Last()}
	for _, c := range s.Money() {
		j.carry(c, s.Before[c.Key])
	}
	return j.entries, nil
}

type journal struct {
	on      clock.Day
	entries []Entry
}

// post adds a line; a negative amount turns it round.
func (j *journal) post(k Key, what string, debit, credit Account, n int64) {
	if n < 0 {
		debit, credit, n = credit, debit, -n
	}
	if n > 0 {
		j.entries = append(j.entries, Entry{len(j.entries) + 1, j.on, k, what, debit, credit, n})
	}
}

// desk is the accounts of points kept by a method.
type desk struct{ held, from, lapsed Account }

func deskOf(o ledger.Origin, m Method) desk {
	switch {
	case m == Advance:
		return desk{AdvanceHeld, AdvanceFrom, AdvanceLapsed}
	case m == ContractLiability:
		return desk{ContractHeld, Sales, Use}
	case o == ledger.Migrated:
		return desk{MigratedHeld, MigratedFrom, MigratedLapsed}
	default:
		return desk{ProvisionHeld, ProvisionCost, ProvisionBack}
	}
}

func (j *journal) carry(c Carried, before Method) {
	d := deskOf(c.Origin, c.Method)
	if before != "" && before != c.Method {
		was := deskOf(c.Origin, before)
		if c.Method == OnUse {
			d = was // what was carried is released from where it stands
		} else if was.held != d.held {
			j.post(c.Key, PosMoved, was.held, d.held, c.Opening)
		}
	}
	j.post(c.Key, PosAdded, d.from, d.held, c.Added)
	j.post(c.Key, PosCancelled, d.held, d.from, c.Cancelled)
	j.post(c.Key, PosSpent, d.held, Use, c.Spent)
	if c.Released < 0 {
		j.post(c.Key, PosReleased, d.from, d.held, -c.Released)
	} else {
		j.post(c.Key, PosReleased, d.held, d.lapsed, c.Released)
	}
	j.post(c.Key, PosOnUse, UseCost, Use, c.OnUse)
}
