package api

import (
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/household"
	"joren/internal/ident"
	"joren/internal/lane"
	"joren/internal/ledger"
	"joren/internal/member"
	"joren/internal/plan"
	"joren/internal/programme"
	"joren/internal/sale"
	"joren/internal/staff"
	"joren/internal/tier"
)

// Balance of one account at one instant.
type Balance struct {
	Type        string        `json:"type"`
	At          clock.Instant `json:"at"`
	Available   int64         `json:"available" doc:"what can be spent"`
	Pending     int64         `json:"pending" doc:"given, not yet usable"`
	Held        int64         `json:"held" doc:"reserved by open holds"`
	Debt        int64         `json:"debt" doc:"taken off the next points"`
	NextExpiry  *Expiring     `json:"next_expiry,omitempty"`
	RecordsFrom clock.Instant `json:"records_from,omitzero" doc:"only where at lies before it: the account's first row was recorded then. What is recorded later about earlier days, by an import for instance, counts from its recording on"`
}

// Expiring is points that share a last day.
type Expiring struct {
	Points int64     `json:"points"`
	On     clock.Day `json:"on" doc:"the last day on which they can be spent"`
}

// Entry is one line of an account's journal.
type Entry struct {
	ID         string        `json:"id"`
	Seq        int64         `json:"seq"`
	Kind       string        `json:"kind" enum:"earn,redeem,redeem_refund,reverse,expire,activate,extend,adjust,transfer_in,transfer_out,debt_write_off"`
	Points     int64         `json:"points"`
	Balance    int64         `json:"balance"`
	Lots       []EntryLot    `json:"lots"`
	OccurredAt clock.Instant `json:"occurred_at"`
	RecordedAt clock.Instant `json:"recorded_at"`
	Store      string        `json:"store,omitempty"`
	Actor      string        `json:"actor,omitempty"`
	Reason     string        `json:"reason,omitempty"`
	Purchase   string        `json:"purchase,omitempty"`
	Return     string        `json:"return,omitempty"`
}

// EntryLot is what an entry did to one lot, or to the debt.
type EntryLot struct {
	Lot    string `json:"lot,omitempty" doc:"absent for the debt"`
	Points int64  `json:"points"`
	From   string `json:"from,omitempty" doc:"debt, debt_repaid, repaying … where it is not simply the lot"`
}

// Journal is one page of an account's entries.
type Journal struct {
	Type    string  `json:"type"`
	Entries []Entry `json:"entries"`
	Next    *int64  `json:"next" nullable:"true" doc:"pass as after for the next page; null at the end"`
}

// Lot is one credit with its own life.
type Lot struct {
	ID          string        `json:"id"`
	Points      int64         `json:"points" doc:"as given, less what repaid debt"`
	Remaining   int64         `json:"remaining"`
	State       string        `json:"state" enum:"pending,active,exhausted,expired,voided"`
	Origin      string        `json:"origin" enum:"sale,gift,paid,migrated"`
	Class       string        `json:"class,omitempty"`
	OccurredAt  clock.Instant `json:"occurred_at"`
	ActivatesAt clock.Instant `json:"activates_at,omitzero" doc:"absent while it waits for an event"`
	ExpiresOn   clock.Day     `json:"expires_on,omitzero" doc:"the last day on which it can be spent; absent for never"`
}

// Lots are the lots of one account.
type Lots struct {
	Type string `json:"type"`
	Lots []Lot  `json:"lots"`
}

type balanceIn struct {
	ID   string        `path:"id" doc:"mem_…"`
	Type string        `query:"type" doc:"point type; the programme's first when left out"`
	At   clock.Instant `query:"at" doc:"an instant of the past or the future; now when left out"`
}

type ledgerIn struct {
	ID    string `path:"id" doc:"mem_…"`
	Type  string `query:"type" doc:"point type; the programme's first when left out"`
	After int64  `query:"after" minimum:"0" doc:"number of the last entry of the page before"`
	Limit int    `query:"limit" default:"100" minimum:"1" maximum:"1000"`
}

type lotsIn struct {
	ID   string `path:"id" doc:"mem_…"`
	Type string `query:"type" doc:"point type; the programme's first when left out"`
	All  bool   `query:"all" doc:"also lots without points left"`
}

type tierIn struct {
	ID string        `path:"id" doc:"mem_…"`
	At clock.Instant `query:"at" doc:"now when left out"`
}

func (s *server) reading() {
	get := func(path, summary, detail string) route {
		return route{Method: "GET", Path: "/v1/members/{id}/" + path, Tag: "Reading", Scope: staff.ScopeRead, Summary: summary, Detail: detail}
	}
	handle(s, get("balance", "A balance", "At any instant: a balance is a function of time, not of a job that has run. One of the past is what was recorded by then; where at lies before the account's first row, records_from says when that was."), s.getBalance)
	handle(s, get("ledger", "The journal of an account", "By number, oldest first."), s.getLedger)
	handle(s, get("lots", "The lots of an account", "Those with points left; all of them with all=true."), s.getLots)
	handle(s, get("tier", "A rank and its forecast", "What is missing to keep it and to reach the next, and where the present pace leads."), s.getTier)
}

// reader loads accounts for looking at.
type reader struct {
	programmes *programme.Cache
	policies   lane.Policies
}

// account is the account of a member as a path names it, with its policy now.
func (s *server) account(tx *db.Tx, text, typ string) (k ledger.Key, p *ledger.Policy, m member.Member, err error) {
	if m, err = s.find(tx, text); err != nil {
		return k, nil, m, err
	}
	t, err := s.Programmes.Load(tx)
	if err != nil {
		return k, nil, m, err
	}
	now, err := t.At(tx.Now)
	if err != nil {
		return k, nil, m, err
	}
	pp, known := now.Policy(typ)
	if !known {
		return k, nil, m, fault.New(fault.Invalid, "points.unknown_type", "type", typ).With(fault.At("type", "points.unknown_type"))
	}
	better, err := betterOf(t)
	if err != nil {
		return k, nil, m, err
	}
	holders, err := household.Holders(tx, []ident.ID{m.ID})
	if err != nil {
		return k, nil, m, err
	}
	k = ledger.Key{Holder: holders[m.ID], Type: pp.ID}
	return k, s.read.policies.Of(now, better)[pp.ID], m, nil
}

// betterOf are the versions that promise a better expiry for points given
// before them.
func betterOf(t *programme.Timeline) (better []*plan.Programme, err error) {
	all, err := t.All()
	for _, p := range all {
		if p.ApplyToExisting {
			better = append(better, p)
		}
	}
	return better, err
}

func (s *server) getBalance(c *call, in *balanceIn) (out answer[Balance], err error) {
	err = s.DB.Read(c.ctx, func(tx *db.Tx) error {
		k, p, _, err := s.account(tx, in.ID, in.Type)
		if err != nil {
			return err
		}
		at := in.At
		if at == 0 {
			at = tx.Now
		}
		b, began, err := balanceAt(tx, k, p, at)
		out.body = Balance{Type: k.Type, At: at, Available: b.Available, Pending: b.Pending, Held: b.Held, Debt: b.Debt}
		if at < began {
			out.body.RecordsFrom = began
		}
		if b.Next.Points > 0 {
			out.body.NextExpiry = &Expiring{b.Next.Points, b.Next.On}
		}
		return err
	})
	return out, err
}

// balanceAt reads only the open lots for now and later, and the whole account
// for the past; then it also tells when its first row was recorded.
func balanceAt(tx *db.Tx, k ledger.Key, p *ledger.Policy, at clock.Instant) (b ledger.Balance, began clock.Instant, err error) {
	if at >= tx.Now {
		books, err := ledger.Load(tx, []ledger.Want{{Key: k, Policy: p}})
		if err != nil {
			return b, 0, err
		}
		if b := books[0]; at >= b.Recorded {
			return b.At(at), 0, nil
		}
	}
	h, err := ledger.ReadHistory(tx, k, p)
	if err != nil {
		return b, 0, err
	}
	return h.At(at), h.Began(), nil
}

func (s *server) getLedger(c *call, in *ledgerIn) (out answer[Journal], err error) {
	err = s.DB.Read(c.ctx, func(tx *db.Tx) error {
		k, _, _, err := s.account(tx, in.ID, in.Type)
		if err != nil {
			return err
		}
		page, err := ledger.Entries(tx, k, in.After, in.Limit)
		out.body = Journal{Type: k.Type, Entries: make([]Entry, 0, len(page.Entries))}
		for _, e := range page.Entries {
			out.body.Entries = append(out.body.Entries, entryOut(e, page.LotIDs))
		}
		if page.Next != 0 {
			out.body.Next = &page.Next
		}
		return err
	})
	return out, err
}

func entryOut(e *ledger.Entry, lots map[int64]ident.ID) Entry {
	out := Entry{ID: ident.Entry.Text(e.Transfer), Seq: e.Seq, Kind: string(e.Kind), Points: e.Points, Balance: e.Balance, Lots: []EntryLot{},
		OccurredAt: e.Occurred, RecordedAt: e.Recorded, Store: e.Store, Actor: e.Actor, Reason: e.Reason,
		Purchase: ident.Purchase.Text(e.Purchase), Return: ident.Return.Text(e.Return)}
	for _, l := range e.Born {
		out.Lots = append(out.Lots, EntryLot{Lot: ident.Lot.Text(l.ID), Points: l.Gross})
	}
	for _, x := range e.Pieces {
		lot := EntryLot{Lot: ident.Lot.Text(lots[x.Lot]), Points: x.Points}
		switch x.Source {
		case ledger.Pending, ledger.Active, ledger.Restored:
		default:
			lot.From = string(x.Source)
		}
		out.Lots = append(out.Lots, lot)
	}
	return out
}

func (s *server) getLots(c *call, in *lotsIn) (out answer[Lots], err error) {
	err = s.DB.Read(c.ctx, func(tx *db.Tx) error {
		k, p, _, err := s.account(tx, in.ID, in.Type)
		if err != nil {
			return err
		}
		books, err := ledger.Load(tx, []ledger.Want{{Key: k, Policy: p, Deep: in.All}})
		if err != nil {
			return err
		}
		out.body = Lots{Type: k.Type, Lots: []Lot{}}
		for _, l := range books[0].Lots() {
			if l.Remaining > 0 || in.All {
				out.body.Lots = append(out.body.Lots, lotOut(books[0], l, tx.Now))
			}
		}
		return nil
	})
	return out, err
}

func lotOut(b *ledger.Book, l *ledger.Lot, now clock.Instant) Lot {
	out := Lot{ID: ident.Lot.Text(l.ID), Points: l.Net, Remaining: l.Remaining, State: b.State(l, now), Origin: string(l.Origin), Class: l.Class, OccurredAt: l.OccurredAt, ExpiresOn: b.ExpiresOn(l)}
	if l.ActivatesAt != clock.Never {
		out.ActivatesAt = l.ActivatesAt
	} else {
		out.ExpiresOn = 0 // its clock has not started
	}
	return out
}

func (s *server) getTier(c *call, in *tierIn) (out answer[sale.Tier], err error) {
	err = s.DB.Read(c.ctx, func(tx *db.Tx) error {
		m, err := s.find(tx, in.ID)
		if err != nil {
			return err
		}
		t, err := s.Programmes.Load(tx)
		if err != nil {
			return err
		}
		all, err := t.All()
		if err != nil {
			return err
		}
		at := in.At
		if at == 0 {
			at = tx.Now
		}
		p, err := t.At(at)
		if err != nil {
			return err
		}
		rules := lane.TierRules(all)
		if rules == nil {
			return fault.New(fault.NotFound, "tier.none")
		}
		h, err := tier.Of(tx, m.ID, m.JoinedOn)
		if err != nil {
			return err
		}
		out.body = *sale.TierOf(tier.At(rules, h, at, p.Zone.Day(at)))
		return nil
	})
	return out, err
}
