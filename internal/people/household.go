package people

import (
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/household"
	"joren/internal/ident"
	"joren/internal/ledger"
	"joren/internal/member"
)

// most is how many may share a household under the programme in force.
func (p *People) house(tx *db.Tx) (most int, pooled bool, err error) {
	g, err := p.programme(tx)
	switch {
	case err != nil:
		return 0, false, err
	case g == nil:
		return household.Most, true, nil
	case g.Household == nil:
		return 0, false, fault.New(fault.Conflict, "household.none")
	}
	return g.Household.Members, g.Household.Points == "pooled", nil
}

// OpenHousehold makes a household with its head. Where the programme pools
// points, hers become the household's: each lot with its expiry, and her debt.
// Faults: household.none (the programme knows none), household.elsewhere,
// household.open_holds, member.unknown, member.left, member.busy.
func (p *People) OpenHousehold(tx *db.Tx, head ident.ID, actor string) (household.Household, error) {
	_, pooled, err := p.house(tx)
	if err != nil {
		return household.Household{}, err
	}
	if err := p.active(tx, head); err != nil {
		return household.Household{}, err
	}
	h, err := household.Open(tx, head, pooled)
	if err != nil {
		return h, err
	}
	return h, p.pool(tx, h, head, actor)
}

// JoinHousehold brings a member into a household; what she has becomes the
// household's as in [People.OpenHousehold]. Leaving gives it back, less what
// was used. Faults: household.none, household.unknown, household.closed,
// household.full, household.already, household.elsewhere, household.open_holds,
// member.unknown, member.left, member.busy.
func (p *People) JoinHousehold(tx *db.Tx, id, who ident.ID, actor string) (household.Household, error) {
	most, _, err := p.house(tx)
	if err != nil {
		return household.Household{}, err
	}
	if err := p.active(tx, who); err != nil {
		return household.Household{}, err
	}
	h, err := household.Join(tx, id, who, most)
	if err != nil {
		return h, err
	}
	return h, p.pool(tx, h, who, actor)
}

// LeaveHousehold takes a member out. She takes what is left of the lots she
// earned; what others earned and what is owed stays with the household. Who is
// the last takes everything, debt too, and the household closes. Faults:
// household.unknown, household.not_in_it, household.open_holds, member.busy.
func (p *People) LeaveHousehold(tx *db.Tx, id, who ident.ID, actor string) (household.Household, error) {
	h, in, err := household.Of(tx, who)
	if err == nil && (!in || h.ID != id) {
		if _, err = household.Get(tx, id); err == nil {
			err = fault.New(fault.NotFound, "household.not_in_it")
		}
	}
	if err != nil {
		return h, err
	}
	if h, err = household.Leave(tx, who); err != nil || !h.Pooled {
		return h, err
	}
	return h, p.unpool(tx, h, who, actor)
}

func (p *People) active(tx *db.Tx, id ident.ID) error {
	m, err := p.Members.Get(tx, id)
	if err == nil && m.Status != member.Active {
		err = fault.New(fault.Conflict, "member.left")
	}
	return err
}

// pool carries a member's points into her household's account.
func (p *People) pool(tx *db.Tx, h household.Household, who ident.ID, actor string) error {
	if !h.Pooled {
		return nil
	}
	if err := p.carry(tx, who, h.ID, posting(tx, actor, "household.joined"), (*ledger.Book).MoveAll); err != nil {
		return err
	}
	return ledger.Shut(tx, who, true)
}

// unpool carries hers back: the lots she or a record merged into hers earned,
// or everything when nobody is left.
func (p *People) unpool(tx *db.Tx, h household.Household, who ident.ID, actor string) error {
	take := (*ledger.Book).MoveAll
	if len(h.Members) > 0 {
		hers, err := p.family(tx, who)
		if err != nil {
			return err
		}
		take = func(b *ledger.Book, post ledger.Posting) (ledger.Parcel, error) {
			return b.MoveLots(post, func(l *ledger.Lot) bool { return hers[l.EarnedBy] })
		}
	}
	if err := p.carry(tx, h.ID, who, posting(tx, actor, "household.left"), take); err != nil {
		return err
	}
	if len(h.Members) == 0 {
		if err := ledger.Shut(tx, h.ID, true); err != nil {
			return err
		}
	}
	return ledger.Shut(tx, who, false)
}

func (p *People) family(tx *db.Tx, id ident.ID) (map[ident.ID]bool, error) {
	all, err := p.Members.Family(tx, id)
	set := make(map[ident.ID]bool, len(all))
	for _, x := range all {
		set[x] = true
	}
	return set, err
}

func posting(tx *db.Tx, actor, reason string) ledger.Posting {
	return ledger.Posting{Occurred: tx.Now, Recorded: tx.Now, Actor: actor, Reason: reason}
}

// carry moves points between two holders, type by type, in one transaction.
// Both sides are claimed even where nothing moves: a purchase that was judged
// for the old holder meanwhile is judged again for the new one.
func (p *People) carry(tx *db.Tx, from, to ident.ID, post ledger.Posting, take func(*ledger.Book, ledger.Posting) (ledger.Parcel, error)) error {
	if err := ledger.Seize(tx, from, to); err != nil {
		return err
	}
	out, err := p.load(tx, from)
	if err != nil {
		return err
	}
	in, err := p.load(tx, to)
	if err != nil {
		return err
	}
	for i := range out {
		parcel, err := take(out[i], post)
		if fault.Is(err, "merge.open_holds") && post.Reason != "member.merge" {
			err = fault.New(fault.Conflict, "household.open_holds")
		}
		if err != nil {
			return err
		}
		if _, err := in[i].TransferIn(post, parcel); err != nil {
			return err
		}
		out[i].Claim(tx.Now)
		in[i].Claim(tx.Now)
	}
	return save(tx, append(out, in...))
}
