package purchase

import (
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
)

// Give makes a guest's purchase a member's: rows move to her key, with the
// award as judged now. The purchase in memory follows.
//
// Faults: purchase.claimed when it was claimed meanwhile, purchase.key_taken
// when it is not what it was: look it up and decide again.
func Give(tx *db.Tx, p *Purchase, member ident.ID) error {
	whose, err := db.One(tx, unknown(), db.Value[ident.ID], `SELECT member_id FROM purchase_key WHERE source = $1 AND order_no = $2 AND kind = 'purchase' AND event_no = ''`, p.Source, p.OrderNo)
	if err == nil && whose != p.Member {
		err = fault.New(fault.Conflict, "purchase.claimed")
	}
	if err == nil {
		err = hold(tx, p)
	}
	if err != nil {
		return err
	}
	gone, err := tx.Exec(`DELETE FROM purchase_purchase WHERE member_id = $1 AND occurred_at = $2 AND id = $3 AND guest`, p.Member, p.OccurredAt, p.ID)
	if err != nil {
		return err
	}
	if gone == 0 {
		return fault.New(fault.Conflict, "purchase.claimed")
	}
	if err := forgetSold(tx, p.Member, p.ID); err != nil {
		return err
	}
	if _, err := tx.Exec(`DELETE FROM purchase_return WHERE member_id = $1 AND purchase_id = $2`, p.Member, p.ID); err != nil {
		return err
	}
	if _, err := tx.Exec(`UPDATE purchase_key SET member_id = $1 WHERE source = $2 AND order_no = $3`, member, p.Source, p.OrderNo); err != nil {
		return err
	}
	if err := giveRevisions(tx, p, member); err != nil {
		return err
	}
	p.Member, p.Guest = member, false
	if err := insertPurchases(tx, []*Purchase{p}); err != nil {
		return err
	}
	back := make([]*Taken, len(p.Returns))
	for i := range p.Returns {
		back[i] = &Taken{Purchase: p, Return: p.Returns[i]}
	}
	if err := insertReturns(tx, back); err != nil {
		return err
	}
	return Recount(tx, []ident.ID{member})
}

// giveRevisions moves the earlier states of a guest's purchase with it.
func giveRevisions(tx *db.Tx, p *Purchase, member ident.ID) error {
	_, err := tx.Exec(`INSERT INTO purchase_revision (member_id, purchase_id, id, replaced_at, content)
		SELECT $3, purchase_id, id, replaced_at, content FROM purchase_revision WHERE member_id = $1 AND purchase_id = $2`, p.Member, p.ID, member)
	if err == nil {
		_, err = tx.Exec(`DELETE FROM purchase_revision WHERE member_id = $1 AND purchase_id = $2`, p.Member, p.ID)
	}
	return err
}

// Replace puts a newer state of an order in place of the recorded one, which
// it keeps as it was. next carries the id, member and returns of old, and the
// difference what is kept of it. Fault: purchase.key_taken when the recorded
// one is not what it was: look it up and decide again.
func Replace(tx *db.Tx, old, next *Purchase, d Difference) error {
	if err := hold(tx, old); err != nil {
		return err
	}
	first, err := First(tx, old)
	if err != nil {
		return err
	}
	was, err := marshal(old)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`INSERT INTO purchase_revision (member_id, purchase_id, id, replaced_at, content) VALUES ($1, $2, $3, $4, $5)`,
		old.Member, old.ID, ident.New(), next.RecordedAt, was); err != nil {
		return err
	}
	if _, err := tx.Exec(`DELETE FROM purchase_purchase WHERE member_id = $1 AND occurred_at = $2 AND id = $3`, old.Member, old.OccurredAt, old.ID); err != nil {
		return err
	}
	if err := forgetSold(tx, old.Member, old.ID); err != nil {
		return err
	}
	if _, err := tx.Exec(`UPDATE purchase_key SET content = $1, revision = $2, updated_at = $3 WHERE source = $4 AND order_no = $5 AND kind = 'purchase' AND event_no = ''`,
		next.Content, next.Revision, next.UpdatedAt, next.Source, next.OrderNo); err != nil {
		return err
	}
	next.adopt(old, d)
	if err := insertPurchases(tx, []*Purchase{next}); err != nil {
		return err
	}
	if first != next.Member { // a record merged into hers
		if _, err := tx.Exec(`UPDATE purchase_purchase SET first_member = $1 WHERE member_id = $2 AND occurred_at = $3 AND id = $4`, first, next.Member, next.OccurredAt, next.ID); err != nil {
			return err
		}
	}
	if next.Guest {
		return nil
	}
	return Recount(tx, []ident.ID{next.Member})
}

// hold keeps everybody else from changing an order until the commit, if it is
// still as it was read. A member's is guarded by her accounts already, a
// guest's by nothing else.
func hold(tx *db.Tx, p *Purchase) error {
	n, err := tx.Exec(`UPDATE purchase_key SET member_id = member_id WHERE source = $1 AND order_no = $2 AND kind = 'purchase' AND event_no = '' AND member_id = $3 AND content = $4`,
		p.Source, p.OrderNo, p.Member, p.Content)
	if err != nil {
		return err
	}
	back, err := db.One(tx, nil, db.Value[int], `SELECT COUNT(*) FROM purchase_return WHERE member_id = $1 AND purchase_id = $2`, p.Member, p.ID)
	if err == nil && (n == 0 || back != len(p.Returns)) {
		err = fault.New(fault.Conflict, "purchase.key_taken", "count", 1)
	}
	return err
}

// adopt takes over identity and returns, and what is kept.
func (r *Purchase) adopt(old *Purchase, d Difference) {
	r.ID, r.Member, r.Guest, r.Returns = old.ID, old.Member, old.Guest, old.Returns
	r.Kept = len(d.Kept) > 0
	r.EligibleKept = d.Freight
	kept := map[int]int64{}
	for _, l := range d.Kept {
		r.EligibleKept += l.Eligible
		kept[l.No] = l.Quantity
	}
	for i := range r.Lines {
		r.Lines[i].Returned = r.Lines[i].Quantity - kept[r.Lines[i].No]
	}
}
