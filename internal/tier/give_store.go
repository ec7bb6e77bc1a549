package tier

import (
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
)

// Grant is a level put in place by a person or an import.
type Grant struct {
	ID         ident.ID
	Member     ident.ID
	Opening    bool // brought from another system; otherwise manual
	Level      string
	From       clock.Day
	Until      clock.Day
	Reason     string
	Staff      ident.ID
	RecordedAt clock.Instant
}

func (g *Grant) kind() string {
	if g.Opening {
		return "opening"
	}
	return "manual"
}

func (r *Rules) admits(g *Grant) error {
	switch {
	case r == nil || r.level(g.Level) < 0:
		return fault.New(fault.Invalid, "tier.unknown", "tier", g.Level)
	case g.From == 0 || g.Until < g.From:
		return fault.New(fault.Invalid, "tier.dates")
	case g.Reason == "" && !g.Opening:
		return fault.New(fault.Invalid, "tier.reason_required")
	}
	return nil
}

var (
	insertGiven = db.NewBulk("m uuid, id uuid, k text, l text, f text, t text, why text, by uuid, at bigint",
		`INSERT INTO tier_given (member_id, id, kind, level, from_on, until_on, reason, staff_id, recorded_at)
		 SELECT u.m, u.id, u.k, u.l, u.f, u.t, u.why, u.by, u.at FROM u`)
	// The stored state knows nothing of what was given: the next one runs afresh.
	putStale = db.NewBulk("m uuid, l text, due text, s bytea",
		`INSERT INTO tier_state (member_id, level, due_on, state) SELECT u.m, u.l, u.due, u.s FROM u
		 ON CONFLICT (member_id) DO UPDATE SET due_on = excluded.due_on, state = excluded.state`)
)

// Give records manual levels and openings, all or none. Call [Turn] for the
// members afterwards; it writes what that changes.
//
// Faults: tier.unknown, tier.dates, tier.reason_required.
func Give(tx *db.Tx, r *Rules, list []Grant) error {
	n := len(list)
	m, id, by := make([]ident.ID, n), make([]ident.ID, n), make([]ident.ID, n)
	kind, level, why := make([]string, n), make([]string, n), make([]string, n)
	from, until, at := make([]clock.Day, n), make([]clock.Day, n), make([]clock.Instant, n)
	first := map[ident.ID]clock.Day{}
	var members []ident.ID
	for i := range list {
		g := &list[i]
		if err := r.admits(g); err != nil {
			return err
		}
		m[i], id[i], kind[i], level[i], from[i], until[i] = g.Member, g.ID, g.kind(), g.Level, g.From, g.Until
		why[i], by[i], at[i] = g.Reason, g.Staff, g.RecordedAt
		d, seen := first[g.Member]
		if !seen {
			members = append(members, g.Member)
		}
		if !seen || g.From < d {
			first[g.Member] = g.From
		}
	}
	if n == 0 {
		return nil
	}
	if _, err := tx.Bulk(insertGiven, m, id, kind, level, from, until, why, by, at); err != nil {
		return err
	}
	due := make([]clock.Day, len(members))
	for i, x := range members {
		due[i] = first[x]
	}
	_, err := tx.Bulk(putStale, members, r.Levels[0].ID, due, stale)
	return err
}
