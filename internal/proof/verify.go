package proof

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"joren/internal/audit"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/ledger"
)

// Verify looks at every law of SEMANTICS §12, each on one snapshot of d, live
// or restored, and changes nothing. Laws stand for themselves, so on two
// processors two are looked at side by side, on snapshots of the same moment
// unless something is written in between. Memory is bounded by a thousand
// accounts and the limit counters. The error is that of reading; what is wrong
// with the books stands in the report.
func Verify(ctx context.Context, d *db.DB) (Report, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	x := newInspection()
	var both sync.WaitGroup
	for range min(2, runtime.GOMAXPROCS(0)) {
		both.Go(func() {
			if err := d.Read(ctx, x.on); err != nil {
				cancel(err)
			}
		})
	}
	both.Wait()
	if err := context.Cause(ctx); err != nil {
		return Report{}, err
	}
	return x.report(), nil
}

func inspect(tx *db.Tx) (Report, error) {
	x := newInspection()
	err := x.on(tx)
	return x.report(), err
}

// inspection is the work of those who look side by side.
type inspection struct {
	next  atomic.Int64 // of inspections, not yet taken
	found [][]Law
}

func newInspection() *inspection { return &inspection{found: make([][]Law, len(inspections))} }

// on looks at what is left until nothing is.
func (x *inspection) on(tx *db.Tx) (err error) {
	for err == nil {
		i := int(x.next.Add(1)) - 1
		if i >= len(inspections) {
			return nil
		}
		v := &verifier{tx: tx}
		err = inspections[i](v)
		x.found[i] = v.laws
	}
	return err
}

func (x *inspection) report() Report {
	r := Report{slices.Concat(x.found...)}
	for i := range r.Laws {
		r.Laws[i].No = i + 1
	}
	return r
}

// inspections look at one law or a few, in the order of the report.
var inspections = []func(*verifier) error{
	(*verifier).ledger, (*verifier).judgements, (*verifier).statistics, (*verifier).measured, (*verifier).ranks, (*verifier).deeds,
	(*verifier).stream, (*verifier).onceOnly, (*verifier).months, (*verifier).worths,
}

type verifier struct {
	tx   *db.Tx
	laws []Law
}

// law opens the next one. The pointer is good until the one after is opened.
func (v *verifier) law(code, unit string) *Law {
	v.laws = append(v.laws, Law{Code: code, Unit: unit})
	return &v.laws[len(v.laws)-1]
}

// ledgerLaws are the ledger's laws by their codes here.
var ledgerLaws = map[ledger.Law]string{
	ledger.TransfersSumToZero: "ledger.zero", ledger.BalanceAddsUp: "ledger.balance", ledger.RemainingInBounds: "ledger.remaining",
	ledger.PiecesMakeEntries: "ledger.allocations", ledger.HoldsFit: "ledger.holds", ledger.ChainUnbroken: "ledger.chain",
	ledger.NumbersGapless: "ledger.numbers", ledger.MonthsRollForward: "ledger.months",
}

func (v *verifier) ledger() error {
	open, err := v.underWay()
	if err != nil {
		return err
	}
	households, err := v.households()
	if err != nil {
		return err
	}
	found := map[ledger.Law]*Law{}
	for _, l := range ledger.Laws {
		found[l] = &Law{Code: ledgerLaws[l]}
	}
	c, err := ledger.Verify(v.tx, func(x ledger.Violation) {
		if x.What == "transfer.sum" && open[x.Transfer] == x.Got {
			return
		}
		found[x.Law].report(placed(x, households))
	})
	if err != nil {
		return err
	}
	seen := map[ledger.Law]struct {
		unit string
		n    int64
	}{
		ledger.TransfersSumToZero: {"transfers", c.Transfers}, ledger.BalanceAddsUp: {"accounts", c.Accounts},
		ledger.RemainingInBounds: {"lots", c.Lots}, ledger.PiecesMakeEntries: {"debits", c.Debits}, ledger.HoldsFit: {"holds", c.Holds},
		ledger.ChainUnbroken: {"entries", c.Entries}, ledger.NumbersGapless: {"entries", c.Entries}, ledger.MonthsRollForward: {"months", c.Months},
	}
	for _, l := range ledger.Laws {
		into := v.law(ledgerLaws[l], seen[l].unit)
		into.Seen, into.Broken, into.Found = seen[l].n, found[l].Broken, found[l].Found
	}
	return nil
}

// underWay are the transfers between two holders that have been debited and
// not yet credited: a crash or this snapshot fell in between, and they will be
// finished.
func (v *verifier) underWay() (map[ident.ID]int64, error) {
	open := map[ident.ID]int64{}
	err := db.Each(v.tx, func(r db.Row) error {
		var id ident.ID
		var points int64
		err := r.Scan(&id, &points)
		open[id] = -points
		return err
	}, `SELECT transfer_id, points FROM activity_transfer WHERE finished_at IS NULL`)
	return open, err
}

func (v *verifier) households() (map[ident.ID]bool, error) {
	all := map[ident.ID]bool{}
	err := db.Each(v.tx, func(r db.Row) error {
		var id ident.ID
		err := r.Scan(&id)
		all[id] = true
		return err
	}, `SELECT household_id FROM household_household`)
	return all, err
}

// placed says where a violation is and what it is, in words of the catalogue.
func placed(x ledger.Violation, households map[ident.ID]bool) Finding {
	holder := ident.Member.Text(x.Key.Holder)
	if households[x.Key.Holder] {
		holder = ident.House.Text(x.Key.Holder)
	}
	f := Finding{Place: "account", What: x.What, Args: fault.Args{
		"account": ident.Account.Text(x.Key.Holder), "type": x.Key.Type, "holder": holder, "seq": x.Seq, "lot": x.Lot,
		"hold": ident.Hold.Text(x.Hold), "transfer": ident.Transfer.Text(x.Transfer), "month": x.Month, "want": x.Want, "got": x.Got}}
	switch {
	case x.What == "transfer.sum":
		f.Place = "transfer"
	case strings.HasPrefix(x.What, "booked."):
		f.Place, f.What, f.Args["contra"] = "month", "booked", strings.TrimPrefix(x.What, "booked.")
	case x.What == "month.closing" && x.Month == "":
		f.Place = "months"
	case x.What == "month.closing":
		f.Place = "month"
	case x.Seq != 0:
		f.Place = "entry"
	case !x.Hold.IsZero():
		f.Place = "hold"
	case x.Lot != 0:
		f.Place = "lot"
	}
	if x.What == "entry.allocations" && x.Want < 0 {
		f.What, f.Args["want"], f.Args["got"] = "debit.allocations", -x.Want, -x.Got
	}
	return f
}

// deeds checks the chain of the audit log.
func (v *verifier) deeds() error {
	l := v.law("audit.chain", "deeds")
	n, broken, err := audit.Verify(v.tx)
	l.Seen = n
	for _, b := range broken {
		l.report(Finding{"deed", b.Code, fault.Args{"number": b.Number}})
	}
	return err
}

// stream checks that every event that was ever numbered and not yet pruned is
// there.
func (v *verifier) stream() error {
	l := v.law("outbox.gapless", "events")
	s, err := db.One(v.tx, fault.New(fault.Internal, "outbox.no_stream"), db.Value2[int64, int64], `SELECT number, pruned FROM outbox_stream WHERE id = 1`)
	if err != nil {
		return err
	}
	next := s.B + 1
	err = db.Each(v.tx, func(r db.Row) error {
		var n int64
		if err := r.Scan(&n); err != nil {
			return err
		}
		if l.Seen++; n != next {
			l.report(Finding{"event", "event.missing", fault.Args{"number": min(n, next), "next": n}})
		}
		next = n + 1
		return nil
	}, `SELECT number FROM outbox_event ORDER BY number`)
	if err == nil && next-1 != s.A {
		l.report(Finding{"event", "stream.head", fault.Args{"number": s.A, "last": next - 1}})
	}
	return err
}

// onceOnly checks that whatever must be there once is: each key has its
// purchase and each purchase its key, and no key stands twice, which a damaged
// index would let through.
func (v *verifier) onceOnly() error {
	l := v.law("once.only", "keys")
	n, err := db.One(v.tx, nil, db.Value[int64], `SELECT (SELECT COUNT(*) FROM purchase_key) + (SELECT COUNT(*) FROM idem_key)`)
	if err != nil {
		return err
	}
	l.Seen = n
	for _, q := range []struct{ what, sql string }{
		{"key.orphan", `SELECT k.source, k.order_no FROM purchase_key k WHERE k.kind = 'purchase'
			AND NOT EXISTS (SELECT 1 FROM purchase_purchase p WHERE p.id = k.purchase_id AND p.member_id = k.member_id)`},
		{"key.missing", `SELECT p.source, p.order_no FROM purchase_purchase p
			WHERE NOT EXISTS (SELECT 1 FROM purchase_key k WHERE k.source = p.source AND k.order_no = p.order_no AND k.kind = 'purchase' AND k.purchase_id = p.id)`},
		{"return.missing", `SELECT k.source, k.event_no FROM purchase_key k WHERE k.kind = 'return'
			AND NOT EXISTS (SELECT 1 FROM purchase_return r WHERE r.id = k.event_id AND r.purchase_id = k.purchase_id AND r.member_id = k.member_id)`},
		{"key.twice", `SELECT source, order_no FROM purchase_key GROUP BY source, order_no, kind, event_no HAVING COUNT(*) > 1`},
		{"request.twice", `SELECT MIN(idem_key), MAX(idem_key) FROM idem_key GROUP BY scope, idem_key HAVING COUNT(*) > 1`},
	} {
		err := db.Each(v.tx, func(r db.Row) error {
			var source, no string
			err := r.Scan(&source, &no)
			l.report(Finding{"key", q.what, fault.Args{"source": source, "number": no}})
			return err
		}, q.sql)
		if err != nil {
			return err
		}
	}
	return nil
}
