package purchase

import (
	"encoding/json"
	"math"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
)

// Ref names a purchase with its member, the key of its rows.
type Ref struct{ Member, ID ident.ID }

const purchaseColumns = `p.id, p.member_id, p.guest, p.source, p.order_no, p.store, p.channel, p.day, p.occurred_at, p.recorded_at, p.status,
	p.total, p.value, p.eligible, p.eligible_kept, p.kept, p.doc, p.judged, p.lines`

func scanPurchase(r db.Row) (*Purchase, error) {
	p := &Purchase{}
	var doc, judged json.RawMessage
	var lines string
	err := r.Scan(&p.ID, &p.Member, &p.Guest, &p.Source, &p.OrderNo, &p.Store, &p.Channel, &p.Day, &p.OccurredAt, &p.RecordedAt, (*string)(&p.Status),
		&p.Total, &p.Value, &p.Eligible, &p.EligibleKept, &p.Kept, &doc, &judged, &lines)
	if err != nil {
		return nil, err
	}
	if p.Lines, err = readLines(lines); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(doc, &p.Doc); err != nil {
		return nil, err
	}
	return p, json.Unmarshal(judged, &p.Judged)
}

var (
	loadPurchases = db.NewBulk("m uuid, id uuid", `SELECT `+purchaseColumns+` FROM u JOIN purchase_purchase p ON p.member_id = u.m AND p.id = u.id`)
	loadReturns   = db.NewBulk("m uuid, id uuid", `SELECT r.purchase_id, r.id, r.source, r.return_no, r.occurred_at, r.recorded_at, r.day, r.store, r.staff, r.reason,
		r.value, r.eligible, r.points_back, r.cash, r.lines, r.demanded, r.answer
		FROM u JOIN purchase_return r ON r.member_id = u.m AND r.purchase_id = u.id ORDER BY r.purchase_id, r.id`)
	loadContents = db.NewBulk("s text, o text", `SELECT k.purchase_id, k.content, k.revision, k.updated_at
		FROM u JOIN purchase_key k ON k.source = u.s AND k.order_no = u.o AND k.kind = 'purchase' AND k.event_no = ''`)
)

// Load reads purchases with lines and returns, as returns and revisions need
// them. Purchases that are not there are left out.
func Load(tx *db.Tx, refs []Ref) (map[ident.ID]*Purchase, error) {
	members, ids := make([]ident.ID, len(refs)), make([]ident.ID, len(refs))
	for i, r := range refs {
		members[i], ids[i] = r.Member, r.ID
	}
	list, err := db.BulkQuery(tx, loadPurchases, scanPurchase, members, ids)
	if err != nil {
		return nil, err
	}
	return complete(tx, list)
}

// complete reads returns and content of purchases.
func complete(tx *db.Tx, list []*Purchase) (map[ident.ID]*Purchase, error) {
	out := make(map[ident.ID]*Purchase, len(list))
	var members, ids []ident.ID
	var sources, orders []string
	for _, p := range list {
		if out[p.ID] == nil {
			out[p.ID] = p
			members, ids, sources, orders = append(members, p.Member), append(ids, p.ID), append(sources, p.Source), append(orders, p.OrderNo)
		}
	}
	type none = struct{}
	if _, err := db.BulkQuery(tx, loadReturns, func(r db.Row) (none, error) { return none{}, scanReturn(r, out) }, members, ids); err != nil {
		return nil, err
	}
	_, err := db.BulkQuery(tx, loadContents, func(r db.Row) (none, error) {
		var id ident.ID
		var k Known
		err := r.Scan(&id, &k.Content, &k.Revision, &k.UpdatedAt)
		if p := out[id]; p != nil {
			p.Content, p.Revision, p.UpdatedAt = k.Content, k.Revision, k.UpdatedAt
		}
		return none{}, err
	}, sources, orders)
	return out, err
}

func scanReturn(row db.Row, out map[ident.ID]*Purchase) error {
	var id ident.ID
	var r Return
	var lines, demanded json.RawMessage
	if err := row.Scan(&id, &r.ID, &r.Source, &r.ReturnNo, &r.OccurredAt, &r.RecordedAt, &r.Day, &r.Store, &r.Staff, &r.Reason,
		&r.Value, &r.Eligible, &r.PointsBack, &r.Cash, &lines, &demanded, &r.Answer); err != nil {
		return err
	}
	if err := json.Unmarshal(lines, &r.Lines); err != nil {
		return err
	}
	out[id].Returns = append(out[id].Returns, r)
	return json.Unmarshal(demanded, &out[id].Returns[len(out[id].Returns)-1].Demanded)
}

func unknown() error { return fault.New(fault.NotFound, "purchase.unknown") }

// Get reads one purchase by its id alone.
//
// Faults: purchase.unknown.
func Get(tx *db.Tx, id ident.ID) (*Purchase, error) {
	p, err := db.One(tx, unknown(), scanPurchase, `SELECT `+purchaseColumns+` FROM purchase_purchase p WHERE p.id = $1`, id)
	if err != nil {
		return nil, err
	}
	_, err = complete(tx, []*Purchase{p})
	return p, err
}

// Cursor is the place in a list after which the next page begins. The zero
// Cursor begins it.
type Cursor struct {
	At clock.Instant
	ID ident.ID
}

// Next is the cursor after a page of n asked for; zero when it was the last.
func Next(list []*Purchase, n int) Cursor {
	if len(list) < n || n == 0 {
		return Cursor{}
	}
	p := list[len(list)-1]
	return Cursor{p.OccurredAt, p.ID}
}

var lastID = ident.ID{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

// ByMember lists a member's purchases, newest first, without lines.
func ByMember(tx *db.Tx, member ident.ID, after Cursor, n int) ([]*Purchase, error) {
	if after == (Cursor{}) {
		after = Cursor{clock.Instant(math.MaxInt64), lastID}
	}
	return db.Query(tx, scanPurchase, `SELECT `+purchaseColumns+` FROM purchase_purchase p
		WHERE p.member_id = $1 AND (p.occurred_at, p.id) < ($2, $3) ORDER BY p.occurred_at DESC, p.id DESC LIMIT $4`, member, after.At, after.ID, n)
}

// ByDay lists the purchases of a business day in recording order, of one
// store or ("") of all, without lines. after is the last id of the page
// before.
func ByDay(tx *db.Tx, day clock.Day, store string, after ident.ID, n int) ([]*Purchase, error) {
	if after.IsZero() {
		after = ident.ID{15: 1}
	}
	return db.Query(tx, scanPurchase, `SELECT `+purchaseColumns+` FROM purchase_purchase p
		WHERE p.day = $1 AND p.id > $2 AND (p.store = $3 OR $3 = '') ORDER BY p.id LIMIT $4`, day, after, store, n)
}

// Receipt finds a purchase by what stands on its receipt, for a later claim:
// nil when there is none. Of several sources with the same number the guest's
// comes first.
func Receipt(tx *db.Tx, orderNo string, day clock.Day) (*Purchase, error) {
	list, err := db.Query(tx, scanPurchase, `SELECT `+purchaseColumns+` FROM purchase_purchase p
		WHERE p.day = $1 AND p.order_no = $2 ORDER BY p.guest DESC, p.id LIMIT 1`, day, orderNo)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	_, err = complete(tx, list)
	return list[0], err
}

// Parked is a return that came before its purchase.
type Parked struct {
	Input   ReturnInput
	Content []byte
	At      clock.Instant
}

// Park keeps a return until its purchase comes. The same return again changes
// nothing; other content is purchase.changed.
func Park(tx *db.Tx, in *ReturnInput, now clock.Instant) error {
	body, err := marshal(in)
	if err != nil {
		return err
	}
	content := in.Hash()
	if _, err := tx.Exec(`INSERT INTO purchase_parked (source, order_no, return_no, content, body, recorded_at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
		in.Source, in.OrderNo, in.ReturnNo, content, body, now); err != nil {
		return err
	}
	have, err := db.One(tx, unknown(), db.Value[[]byte], `SELECT content FROM purchase_parked WHERE source = $1 AND order_no = $2 AND return_no = $3`, in.Source, in.OrderNo, in.ReturnNo)
	if err == nil && string(have) != string(content) {
		err = fault.New(fault.Conflict, "purchase.changed", "source", in.Source, "order_no", in.OrderNo)
	}
	return err
}

var anyParked = db.NewBulk("s text, o text", `SELECT p.order_no FROM u JOIN purchase_parked p ON p.source = u.s AND p.order_no = u.o`)

// AnyParked reports whether a return waits for one of these orders.
func AnyParked(tx *db.Tx, keys []Key) (bool, error) {
	c := keyColumns(keys)
	found, err := db.BulkQuery(tx, anyParked, db.Value[string], c.source, c.order)
	return len(found) > 0, err
}

var takeParked = db.NewBulk("s text, o text", `DELETE FROM purchase_parked WHERE (source, order_no) IN (SELECT u.s, u.o FROM u) RETURNING body, content, recorded_at`)

// Unpark takes the parked returns of orders out, to be applied now, in the
// order they arrived.
func Unpark(tx *db.Tx, keys []Key) ([]Parked, error) {
	c := keyColumns(keys)
	list, err := db.BulkQuery(tx, takeParked, func(r db.Row) (p Parked, err error) {
		var body json.RawMessage
		if err = r.Scan(&body, &p.Content, &p.At); err != nil {
			return p, err
		}
		return p, json.Unmarshal(body, &p.Input)
	}, c.source, c.order)
	sortParked(list)
	return list, err
}

// ParkedList shows what waits, oldest first.
func ParkedList(tx *db.Tx, n int) ([]Parked, error) {
	return db.Query(tx, func(r db.Row) (p Parked, err error) {
		var body json.RawMessage
		if err = r.Scan(&body, &p.Content, &p.At); err != nil {
			return p, err
		}
		return p, json.Unmarshal(body, &p.Input)
	}, `SELECT body, content, recorded_at FROM purchase_parked ORDER BY recorded_at, source, order_no, return_no LIMIT $1`, n)
}

func sortParked(list []Parked) {
	for i := 1; i < len(list); i++ {
		for j := i; j > 0 && list[j].before(&list[j-1]); j-- {
			list[j], list[j-1] = list[j-1], list[j]
		}
	}
}

func (p *Parked) before(o *Parked) bool {
	if p.At != o.At {
		return p.At < o.At
	}
	return p.Input.ReturnNo < o.Input.ReturnNo
}

// EachJudged streams the judgements of all purchases, for verify.
func EachJudged(tx *db.Tx, fn func(member, id ident.ID, j *Judged) error) error {
	return db.Each(tx, func(r db.Row) error {
		var member, id ident.ID
		var judged json.RawMessage
		if err := r.Scan(&member, &id, &judged); err != nil {
			return err
		}
		var j Judged
		if err := json.Unmarshal(judged, &j); err != nil {
			return err
		}
		return fn(member, id, &j)
	}, `SELECT member_id, id, judged FROM purchase_purchase WHERE NOT guest`)
}
