package purchase

import (
	"cmp"
	"encoding/json"
	"slices"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/halves"
	"joren/internal/ident"
)

// Key is the natural key of a purchase (Kind "purchase") or of what follows
// it (Kind "return" …, with the source's number of the event). Unique for
// ever, over all members.
type Key struct {
	Source, OrderNo, Kind, EventNo string
	Member, Purchase, Event        ident.ID
}

func (k *Key) compare(o *Key) int {
	return cmp.Or(cmp.Compare(k.Source, o.Source), cmp.Compare(k.OrderNo, o.OrderNo), cmp.Compare(k.Kind, o.Kind), cmp.Compare(k.EventNo, o.EventNo))
}

// PurchaseKey is the natural key of an order.
func PurchaseKey(source, orderNo string) Key {
	return Key{Source: source, OrderNo: orderNo, Kind: "purchase"}
}

// EventKey is the natural key of an event that belongs to no order.
func EventKey(source, eventNo string) Key {
	return Key{Source: source, Kind: "event", EventNo: eventNo}
}

// DeliveryKey is the natural key of what happens to an order once: it was
// delivered, for instance.
func DeliveryKey(source, orderNo, kind string) Key {
	return Key{Source: source, OrderNo: orderNo, Kind: kind}
}

// ReturnKey is the natural key of a return.
func ReturnKey(source, orderNo, returnNo string) Key {
	return Key{Source: source, OrderNo: orderNo, Kind: "return", EventNo: returnNo}
}

var findKeys = db.NewBulk("i bigint, s text, o text, k text, e text",
	`SELECT u.i, p.member_id, p.purchase_id, p.event_id, p.content, p.revision, p.updated_at
	 FROM u JOIN purchase_key p ON p.source = u.s AND p.order_no = u.o AND p.kind = u.k AND p.event_no = u.e`)

// Keys looks natural keys up, aligned with keys.
func Keys(tx *db.Tx, keys []Key) ([]Known, error) {
	out := make([]Known, len(keys))
	c := keyColumns(keys)
	for i, k := range keys {
		out[i].Key = k
	}
	_, err := db.BulkQuery(tx, findKeys, func(r db.Row) (none struct{}, err error) {
		var i int
		var k Known
		if err := r.Scan(&i, &k.Member, &k.Purchase, &k.Event, &k.Content, &k.Revision, &k.UpdatedAt); err != nil {
			return none, err
		}
		k.Source, k.OrderNo, k.Kind, k.EventNo, k.Found = keys[i].Source, keys[i].OrderNo, keys[i].Kind, keys[i].EventNo, true
		out[i] = k
		return none, nil
	}, c.i, c.source, c.order, c.kind, c.event)
	return out, err
}

type columns struct {
	i                          []int
	source, order, kind, event []string
}

func keyColumns(keys []Key) columns {
	n := len(keys)
	c := columns{make([]int, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)}
	for i, k := range keys {
		c.i[i], c.source[i], c.order[i], c.kind[i], c.event[i] = i, k.Source, k.OrderNo, k.Kind, k.EventNo
	}
	return c
}

var insertKey = db.NewBulk("s text, o text, k text, e text, m uuid, p uuid, v uuid, c bytea, r bigint, t bigint",
	`INSERT INTO purchase_key (source, order_no, kind, event_no, member_id, purchase_id, event_id, content, revision, updated_at)
	 SELECT u.s, u.o, u.k, u.e, u.m, u.p, u.v, u.c, u.r, u.t FROM u ON CONFLICT DO NOTHING`)

// saveKeys takes keys, in their order, so that two who take the same ones do
// not wait for each other in a circle. One that is taken meanwhile is
// purchase.key_taken (Conflict): look it up and decide again.
func saveKeys(tx *db.Tx, known []Known) error {
	n := len(known)
	known = slices.SortedFunc(slices.Values(known), func(a, b Known) int { return a.Key.compare(&b.Key) })
	keys := make([]Key, n)
	ids, pids, eids := make([]ident.ID, n), make([]ident.ID, n), make([]ident.ID, n)
	content, rev, upd := make([][]byte, n), make([]int64, n), make([]clock.Instant, n)
	for i, k := range known {
		keys[i], ids[i], pids[i], eids[i] = k.Key, k.Member, k.Purchase, k.Event
		content[i], rev[i], upd[i] = k.Content, k.Revision, k.UpdatedAt
	}
	c := keyColumns(keys)
	return tx.Later(insertKey, func(rows int64) error {
		if rows < int64(n) {
			return fault.New(fault.Conflict, "purchase.key_taken", "count", int64(n)-rows)
		}
		return nil
	}, c.source, c.order, c.kind, c.event, ids, pids, eids, content, rev, upd)
}

// TakeKeys takes natural keys of what is neither a purchase nor a return: an
// event, a delivery. Fault: purchase.key_taken.
func TakeKeys(tx *db.Tx, known ...Known) error { return saveKeys(tx, known) }

var insertPurchase = db.NewBulk(`m uuid, at bigint, id uuid, g boolean, s text, o text, st text, ch text, d text, rec bigint, sta text,
	tot bigint, val bigint, el bigint, kept bigint, k boolean, doc text, j text, l text`,
	`INSERT INTO purchase_purchase (member_id, occurred_at, id, guest, source, order_no, store, channel, day, recorded_at, status,
	   total, value, eligible, eligible_kept, kept, doc, judged, lines)
	 SELECT u.m, u.at, u.id, u.g, u.s, u.o, u.st, u.ch, u.d, u.rec, u.sta, u.tot, u.val, u.el, u.kept, u.k, u.doc, u.j, u.l FROM u`)

// Save writes new purchases with keys, lines and member statistics.
//
// Faults: purchase.key_taken when a key was taken meanwhile.
func Save(tx *db.Tx, list []*Purchase) error {
	if len(list) == 0 {
		return nil
	}
	known := make([]Known, len(list))
	for i, p := range list {
		k := PurchaseKey(p.Source, p.OrderNo)
		k.Member, k.Purchase = p.Member, p.ID
		known[i] = Known{Key: k, Content: p.Content, Revision: p.Revision, UpdatedAt: p.UpdatedAt}
	}
	if err := saveKeys(tx, known); err != nil {
		return err
	}
	if err := insertPurchases(tx, list); err != nil {
		return err
	}
	return addStats(tx, list)
}

func insertPurchases(tx *db.Tx, list []*Purchase) error {
	n := len(list)
	ids, members := make([]ident.ID, n), make([]ident.ID, n)
	at, rec, days := make([]clock.Instant, n), make([]clock.Instant, n), make([]clock.Day, n)
	guest, kept := make([]bool, n), make([]bool, n)
	var text [8][]string // source, order_no, store, channel, status, doc, judged, lines
	var num [4][]int64   // total, value, eligible, eligible_kept
	sold := make([][]byte, n)
	for i := range text {
		text[i] = make([]string, n)
	}
	for i := range num {
		num[i] = make([]int64, n)
	}
	for i, p := range list {
		ids[i], members[i], at[i], rec[i], days[i], guest[i], kept[i] = p.ID, p.Member, p.OccurredAt, p.RecordedAt, p.Day, p.Guest, p.Kept
		text[0][i], text[1][i], text[2][i], text[3][i], text[4][i] = p.Source, p.OrderNo, p.Store, p.Channel, string(p.Status)
		num[0][i], num[1][i], num[2][i], num[3][i] = p.Total, p.Value, p.Eligible, p.EligibleKept
	}
	if err := encode(list, text[5], text[6], text[7], sold); err != nil {
		return err
	}
	if err := tx.Later(insertSold, nil, members, ids, sold); err != nil {
		return err
	}
	return tx.Later(insertPurchase, nil, members, at, ids, guest, text[0], text[1], text[2], text[3], days, rec, text[4],
		num[0], num[1], num[2], num[3], kept, text[5], text[6], text[7])
}

// encode writes the documents of purchases.
func encode(list []*Purchase, doc, judged, lines []string, sold [][]byte) error {
	errs := make([]error, len(list))
	halves.Of(len(list), func(from, to int) {
		for i := from; i < to; i++ {
			if doc[i], errs[i] = marshal(list[i].Doc); errs[i] == nil {
				judged[i], errs[i] = marshal(list[i].Judged)
			}
			lines[i], sold[i] = string(appendLines(nil, list[i].Lines)), AppendSold(nil, list[i])
		}
	})
	return fault.First(errs)
}

func marshal(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}

var insertReturn = db.NewBulk(`m uuid, p uuid, id uuid, s text, no text, at bigint, rec bigint, d text, st text, stf text, why text,
	val bigint, el bigint, pts bigint, cash bigint, lines text, dem text, ans text`,
	`INSERT INTO purchase_return (member_id, purchase_id, id, source, return_no, occurred_at, recorded_at, day, store, staff, reason,
	   value, eligible, points_back, cash, lines, demanded, answer)
	 SELECT u.m, u.p, u.id, u.s, u.no, u.at, u.rec, u.d, u.st, u.stf, u.why, u.val, u.el, u.pts, u.cash, u.lines, u.dem, u.ans FROM u`)

var updatePurchase = db.NewBulk("m uuid, at bigint, id uuid, kept bigint, k boolean, j text, l text",
	`UPDATE purchase_purchase SET eligible_kept = u.kept, kept = u.k, judged = u.j, lines = u.l FROM u
	 WHERE purchase_purchase.member_id = u.m AND purchase_purchase.occurred_at = u.at AND purchase_purchase.id = u.id`)

// Taken is a return to be written: the purchase it belongs to, the return,
// its plan and the content sent. The purchase's Judged.Counts are to hold
// what the award keeps in the limit counters now.
type Taken struct {
	Purchase *Purchase
	Return   Return
	Plan     *Plan
	Content  []byte
}

// SaveReturns writes returns of different purchases: keys, returns, what is
// kept of purchases and lines, member statistics. It brings the purchases in
// memory up to date.
//
// Faults: purchase.key_taken.
func SaveReturns(tx *db.Tx, list []*Taken) error {
	known := make([]Known, len(list))
	for i, t := range list {
		p := t.Purchase
		k := ReturnKey(t.Return.Source, p.OrderNo, t.Return.ReturnNo)
		k.Member, k.Purchase, k.Event = p.Member, p.ID, t.Return.ID
		known[i] = Known{Key: k, Content: t.Content}
	}
	if len(list) == 0 {
		return nil
	}
	if err := saveKeys(tx, known); err != nil {
		return err
	}
	var less lesser
	kept := make([]*Purchase, len(list))
	for i, t := range list {
		kept[i] = t.Purchase
		before, was := t.Purchase.EligibleKept, t.Purchase.Kept
		t.fold()
		if !t.Purchase.Guest {
			less.add(t.Purchase.Member, t.Purchase.EligibleKept-before, was && t.Purchase.Kept)
		}
	}
	if err := insertReturns(tx, list); err != nil {
		return err
	}
	if err := keep(tx, kept); err != nil {
		return err
	}
	return less.save(tx)
}

// fold brings the purchase in memory up to date.
func (t *Taken) fold() {
	p, r := t.Purchase, &t.Return
	r.Lines, r.Value, r.Eligible, r.PointsBack, r.Cash = t.Plan.Lines, t.Plan.Value, t.Plan.Eligible, t.Plan.PointsBack, t.Plan.Cash
	p.Returns = append(p.Returns, *r)
	p.EligibleKept, p.Kept = t.Plan.KeptTotal, !t.Plan.Whole
	for i, part := range t.Plan.Parts {
		p.Lines[i].Returned += part.Quantity
	}
}

func insertReturns(tx *db.Tx, list []*Taken) error {
	n := len(list)
	members, purchases, ids := make([]ident.ID, n), make([]ident.ID, n), make([]ident.ID, n)
	at, rec, days := make([]clock.Instant, n), make([]clock.Instant, n), make([]clock.Day, n)
	var text [8][]string // source, return_no, store, staff, reason, lines, demanded, answer
	var num [4][]int64   // value, eligible, points_back, cash
	for i := range text {
		text[i] = make([]string, n)
	}
	for i := range num {
		num[i] = make([]int64, n)
	}
	for i, t := range list {
		r := &t.Return
		lines, err := marshal(r.Lines)
		if err != nil {
			return err
		}
		demanded, err := marshal(r.Demanded)
		if err != nil {
			return err
		}
		members[i], purchases[i], ids[i], at[i], rec[i], days[i] = t.Purchase.Member, t.Purchase.ID, r.ID, r.OccurredAt, r.RecordedAt, r.Day
		for j, s := range [...]string{r.Source, r.ReturnNo, r.Store, r.Staff, r.Reason, lines, demanded, string(r.Answer)} {
			text[j][i] = s
		}
		num[0][i], num[1][i], num[2][i], num[3][i] = r.Value, r.Eligible, r.PointsBack, r.Cash
	}
	return tx.Later(insertReturn, nil, members, purchases, ids, text[0], text[1], at, rec, days, text[2], text[3], text[4],
		num[0], num[1], num[2], num[3], text[5], text[6], text[7])
}

// keep writes what is kept of purchases and their lines.
func keep(tx *db.Tx, list []*Purchase) error {
	n := len(list)
	members, ids, at, eligible, kept := make([]ident.ID, n), make([]ident.ID, n), make([]clock.Instant, n), make([]int64, n), make([]bool, n)
	judged, lines, sold := make([]string, n), make([]string, n), make([][]byte, n)
	for i, p := range list {
		var err error
		if judged[i], err = marshal(p.Judged); err != nil {
			return err
		}
		members[i], ids[i], at[i], eligible[i], kept[i] = p.Member, p.ID, p.OccurredAt, p.EligibleKept, p.Kept
		lines[i], sold[i] = string(appendLines(nil, p.Lines)), AppendSold(nil, p)
	}
	if err := tx.Later(updateSold, nil, members, ids, sold); err != nil {
		return err
	}
	return tx.Later(updatePurchase, func(rows int64) error {
		if rows < int64(n) { // a guest's that somebody claimed meanwhile
			return fault.New(fault.Conflict, "purchase.key_taken", "count", int64(n)-rows)
		}
		return nil
	}, members, at, ids, eligible, kept, judged, lines)
}
