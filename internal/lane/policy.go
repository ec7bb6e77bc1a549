package lane

import (
	"sync"

	"joren/internal/ledger"
	"joren/internal/plan"
)

// Policies turns the point policies of a programme into the ledger's words.
// A programme is immutable, so each is turned once; later versions that
// promise a better expiry for existing points are part of it.
type Policies struct {
	mu    sync.Mutex
	known map[*plan.Programme]map[string]*ledger.Policy
	later int // versions that promise something, when known was made
}

// Of are the policies of p by point type. better are the published versions
// with apply_to_existing: if_better.
func (c *Policies) Of(p *plan.Programme, better []*plan.Programme) map[string]*ledger.Policy {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil || c.later != len(better) {
		c.known, c.later = map[*plan.Programme]map[string]*ledger.Policy{}, len(better)
	}
	if m, ok := c.known[p]; ok {
		return m
	}
	m := make(map[string]*ledger.Policy, len(p.Points))
	for _, pp := range p.Points {
		m[pp.ID] = Policy(p, pp, better)
	}
	c.known[p] = m
	return m
}

// Policy is one point type of p as the ledger reads it.
func Policy(p *plan.Programme, pp plan.PointPolicy, better []*plan.Programme) *ledger.Policy {
	l := &ledger.Policy{
		Type: pp.ID, Value: pp.Value, Terms: pp.Terms, Consume: pp.Consume,
		Returns: ledger.Returns(pp.Returns), RefundIfExpired: ledger.IfExpired(pp.IfExpired),
		GraceDays: pp.GraceDays, WriteOffMonths: pp.WriteOffMonths,
		Zone: p.Zone, FiscalStart: p.FiscalStart,
	}
	for _, v := range better {
		if q, ok := v.Policy(pp.ID); ok {
			l.Better = append(l.Better, ledger.Better{From: v.Starts(), Class: q.Terms.Class, Expiry: q.Terms.Expiry})
		}
	}
	return l
}
