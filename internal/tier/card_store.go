package tier

import (
	"slices"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
	"joren/internal/rules"
)

var (
	loadStates = db.NewBulk("m uuid", `SELECT s.member_id, s.level, s.joined_on, s.state FROM u JOIN tier_state s ON s.member_id = u.m`)
	loadDays   = db.NewBulk("m uuid, d text", `SELECT e.member_id, e.at, e.id, e.on_day, e.day, e.spend, e.points, e.orders, e.status
		FROM u JOIN tier_event e ON e.member_id = u.m AND e.day >= u.d ORDER BY e.member_id, e.at, e.id`)
	loadEvents = db.NewBulk("m uuid", `SELECT e.member_id, e.at, e.id, e.on_day, e.day, e.spend, e.points, e.orders, e.status
		FROM u JOIN tier_event e ON e.member_id = u.m ORDER BY e.member_id, e.at, e.id`)
	loadGiven = db.NewBulk("m uuid", `SELECT g.member_id, g.kind, g.level, g.from_on, g.until_on
		FROM u JOIN tier_given g ON g.member_id = u.m ORDER BY g.member_id, g.from_on, g.id`)
)

// FillFacts loads the cards of asks (one per ask, each member once) and fills
// Member.Tier and Stats.TierMetric as of each ask's instant. JoinedOn is to
// be filled before. Rules without levels give cards that do nothing.
func FillFacts(tx *db.Tx, r *Rules, asks []*rules.Ask) ([]*Card, error) {
	cards := make([]*Card, len(asks))
	for i, a := range asks {
		cards[i] = &Card{Member: a.Member, asked: a.At, on: a.Day, joined: a.Facts.Member.JoinedOn}
	}
	if r == nil || len(r.Levels) == 0 {
		return cards, nil
	}
	if err := load(tx, r, cards); err != nil {
		return nil, err
	}
	for i, a := range asks {
		if m := cards[i].standing(); m != nil {
			a.Facts.Member.Tier = m.r.Levels[m.effective(cards[i].manuals)].ID
			a.Facts.Stats.TierMetric = m.metric()[m.r.Metrics[0]]
		}
	}
	return cards, nil
}

// load opens the machines of cards at their instants.
func load(tx *db.Tx, r *Rules, cards []*Card) error {
	by := make(map[ident.ID]*Card, len(cards))
	var members []ident.ID
	for _, c := range cards {
		if !c.Member.IsZero() {
			by[c.Member] = c
			members = append(members, c.Member)
		}
	}
	found := make(map[ident.ID]*saved, len(members))
	_, err := db.BulkQuery(tx, loadStates, func(row db.Row) (none struct{}, err error) {
		var id ident.ID
		var l listed
		var b []byte
		if err = row.Scan(&id, &l.level, &l.joined, &b); err != nil {
			return none, err
		}
		s, err := unpack(b)
		s.listed = l
		found[id] = &s
		return none, err
	}, members)
	if err != nil {
		return err
	}
	mark := r.mark()
	var whole, window []*Card
	for _, c := range cards {
		if c.Member.IsZero() {
			continue
		}
		c.rules = r
		s, ok := found[c.Member]
		switch {
		case !ok: // nothing recorded, or only a level given before the first purchase
			c.begin(r)
		case s.Rules != mark || c.asked < s.At || c.on < s.Day || r.in(s.Day) != r.in(c.on):
			c.shown, c.listed = s.listed.level, &s.listed
			whole = append(whole, c)
		default:
			c.shown, c.listed, c.manuals = s.listed.level, &s.listed, s.Manuals
			c.m = resume(r, s.State, s.Days)
			if s.partial {
				window = append(window, c)
			}
		}
	}
	if err := readWindows(tx, window); err != nil {
		return err
	}
	if err := readWhole(tx, r, whole); err != nil {
		return err
	}
	for _, c := range cards {
		if c.m != nil && c.past == nil {
			c.m.to(c.on)
		}
	}
	return nil
}

func scanEvent(row db.Row) (id ident.ID, e stored, err error) {
	err = row.Scan(&id, &e.At, &e.id, &e.On, &e.Day, &e.Delta[NetSpend], &e.Delta[EarnedPoints], &e.Delta[Orders], &e.Delta[Status])
	return id, e, err
}

// readWindows reads the days a rolling window still holds, for states that had
// too many to keep.
func readWindows(tx *db.Tx, cards []*Card) error {
	var members []ident.ID
	var from []clock.Day
	by := map[ident.ID]*Card{}
	for _, c := range cards {
		by[c.Member] = c
		members, from = append(members, c.Member), append(from, c.m.holds())
	}
	_, err := db.BulkQuery(tx, loadDays, func(row db.Row) (none struct{}, err error) {
		id, e, err := scanEvent(row)
		if err == nil {
			by[id].m.log(e.Event)
		}
		return none, err
	}, members, from)
	for _, c := range cards {
		c.m.events = nil
	}
	return err
}

// histories reads everything recorded about members.
func histories(tx *db.Tx, members []ident.ID) (map[ident.ID]*History, error) {
	out := make(map[ident.ID]*History, len(members))
	for _, m := range members {
		out[m] = &History{}
	}
	type none = struct{}
	if _, err := db.BulkQuery(tx, loadEvents, func(row db.Row) (none, error) {
		id, e, err := scanEvent(row)
		if err == nil {
			out[id].Events = append(out[id].Events, e.Event)
		}
		return none{}, err
	}, members); err != nil {
		return nil, err
	}
	_, err := db.BulkQuery(tx, loadGiven, func(row db.Row) (none, error) {
		var id ident.ID
		var kind string
		var x Manual
		if err := row.Scan(&id, &kind, &x.Level, &x.From, &x.Until); err != nil {
			return none{}, err
		}
		if kind == "manual" {
			out[id].Manuals = append(out[id].Manuals, x)
		} else {
			out[id].Openings = append(out[id].Openings, Opening{x.Level, x.From, x.Until})
		}
		return none{}, nil
	}, members)
	return out, err
}

// readWhole runs cards over their whole history: the machine to the end of
// what is recorded, and past to an older ask.
func readWhole(tx *db.Tx, r *Rules, cards []*Card) error {
	if len(cards) == 0 {
		return nil
	}
	members := make([]ident.ID, len(cards))
	for i, c := range cards {
		members[i] = c.Member
	}
	all, err := histories(tx, members)
	if err != nil {
		return err
	}
	for _, c := range cards {
		h := all[c.Member]
		h.Joined = c.joined
		c.manuals, c.whole = h.Manuals, h
		end := c.on
		if n := len(h.Events); n > 0 {
			end = max(end, h.Events[n-1].On)
			if h.Events[n-1].At > c.asked {
				c.past = replay(r, *h, c.asked, c.on)
			}
		}
		c.m = replay(r, *h, 0, end)
		c.m.changes = nil
		c.changed = true
	}
	return nil
}

// Deepen reads the whole history of cards, so that Standing is exact after a
// return too. Save does so by itself; this is for answers given before it.
func Deepen(tx *db.Tx, r *Rules, cards []*Card) error {
	cards = slices.DeleteFunc(slices.Clone(cards), func(c *Card) bool { return c.m == nil || c.whole != nil })
	if err := readWhole(tx, r, cards); err != nil {
		return err
	}
	for _, c := range cards {
		if c.past == nil {
			c.m.to(c.on)
		}
	}
	return nil
}
