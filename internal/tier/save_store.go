package tier

import (
	"slices"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/halves"
	"joren/internal/ident"
)

var (
	insertEvents = db.NewBulk("m uuid, at bigint, id uuid, o text, d text, sp bigint, pt bigint, n bigint, st bigint",
		`INSERT INTO tier_event (member_id, at, id, on_day, day, spend, points, orders, status) SELECT u.m, u.at, u.id, u.o, u.d, u.sp, u.pt, u.n, u.st FROM u`)
	// The lists of ranks go by an index on level and day of joining. SQLite writes
	// an index anew for every column that is set, the same value or not: these two
	// are set for those alone whose rank has changed.
	putStates = db.NewBulk("m uuid, l text, j text, due text, s bytea",
		`INSERT INTO tier_state (member_id, level, joined_on, due_on, state) SELECT u.m, u.l, u.j, u.due, u.s FROM u
		 ON CONFLICT (member_id) DO UPDATE SET due_on = excluded.due_on, state = excluded.state`)
	relisted      = db.NewBulk("m uuid, l text, j text", `UPDATE tier_state SET level = u.l, joined_on = u.j FROM u WHERE tier_state.member_id = u.m`)
	insertHistory = db.NewBulk("m uuid, id uuid, o text, f text, t text, why text, at bigint",
		`INSERT INTO tier_history (member_id, id, on_day, level_from, level_to, reason, recorded_at) SELECT u.m, u.id, u.o, u.f, u.t, u.why, u.at FROM u`)
)

// Moved is a rank change that Save wrote to the history.
type Moved struct {
	Member ident.ID
	Change
	Up bool
}

// Save writes the events, states and rank changes of cards, each member once,
// and returns the changes.
func Save(tx *db.Tx, r *Rules, cards []*Card) ([]Moved, error) {
	cards = slices.DeleteFunc(slices.Clone(cards), func(c *Card) bool { return c.m == nil || !c.changed && len(c.m.changes) == 0 })
	slices.SortFunc(cards, func(a, b *Card) int { return a.Member.Compare(b.Member) })
	if err := saveEvents(tx, cards); err != nil || len(cards) == 0 {
		return nil, err
	}
	var again []*Card
	for _, c := range cards {
		if c.replay {
			again = append(again, c)
		}
	}
	if err := rerun(tx, r, again); err != nil {
		return nil, err
	}
	moved := history(r, cards)
	if err := saveHistory(tx, moved); err != nil {
		return nil, err
	}
	return moved, saveStates(tx, r, cards)
}

// rerun runs over the whole history, what was just written included.
func rerun(tx *db.Tx, r *Rules, cards []*Card) error {
	if err := readWhole(tx, r, cards); err != nil {
		return err
	}
	for _, c := range cards {
		c.past, c.replay = nil, false
	}
	return nil
}

func saveEvents(tx *db.Tx, cards []*Card) error {
	var m, id []ident.ID
	var at []clock.Instant
	var on, day []clock.Day
	var sp, pt, n, st []int64
	for _, c := range cards {
		for _, e := range c.events {
			m, id, at, on, day = append(m, c.Member), append(id, e.id), append(at, e.At), append(on, e.On), append(day, e.Day)
			sp, pt, n, st = append(sp, e.Delta[NetSpend]), append(pt, e.Delta[EarnedPoints]), append(n, e.Delta[Orders]), append(st, e.Delta[Status])
		}
		c.events = nil
	}
	return tx.Later(insertEvents, nil, m, at, id, on, day, sp, pt, n, st)
}

func saveHistory(tx *db.Tx, moved []Moved) error {
	var m, id []ident.ID
	var on []clock.Day
	var from, to, why []string
	for _, x := range moved {
		m, id, on = append(m, x.Member), append(id, ident.New()), append(on, x.On)
		from, to, why = append(from, x.From), append(to, x.To), append(why, string(x.Reason))
	}
	return tx.Later(insertHistory, nil, m, id, on, from, to, why, tx.Now)
}

func saveStates(tx *db.Tx, r *Rules, cards []*Card) error {
	mark := r.mark()
	n := len(cards)
	m, level, joined, due, state := make([]ident.ID, n), make([]string, n), make([]clock.Day, n), make([]clock.Day, n), make([][]byte, n)
	halves.Of(n, func(from, to int) {
		for i := from; i < to; i++ {
			c := cards[i]
			s := saved{State: c.m.state(), Rules: mark, Days: c.m.held(), Manuals: slices.DeleteFunc(slices.Clone(c.manuals), func(x Manual) bool { return x.Until < c.m.Day })}
			m[i], level[i], joined[i], due[i], state[i] = c.Member, c.shown, c.joined, c.due(), s.pack()
		}
	})
	if err := tx.Later(putStates, nil, m, level, joined, due, state); err != nil {
		return err
	}
	return relist(tx, cards)
}

// relist writes level and day of joining of those in whose stored rows they
// are others.
func relist(tx *db.Tx, cards []*Card) error {
	var m []ident.ID
	var level []string
	var joined []clock.Day
	for _, c := range cards {
		now := listed{c.shown, c.joined}
		if c.listed != nil && *c.listed != now {
			m, level, joined = append(m, c.Member), append(level, c.shown), append(joined, c.joined)
		}
		c.listed = &now
	}
	return tx.Later(relisted, nil, m, level, joined)
}
