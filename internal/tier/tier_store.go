package tier

import (
	"cmp"
	"encoding/json"
	"slices"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
	"joren/internal/rules"
)

// Card is the working copy of one member's rank: loaded in bulk, told of
// events, saved in bulk. Between purchases that come in order it needs no
// more than the stored state (and the days of a rolling window); a late event
// or a return reads the whole history.
type Card struct {
	Member ident.ID

	m       *machine
	manuals []Manual
	shown   string        // the level last written to the history
	asked   clock.Instant // the ask's instant
	on      clock.Day
	past    *machine // the standing at an ask older than what is recorded
	events  []stored
	replay  bool // an event out of order: run over the whole history on Save
	joined  clock.Day
	changed bool
	rules   *Rules
	whole   *History // everything recorded, where it was read
}

type stored struct {
	Event
	id ident.ID
}

// saved is a card's state as stored.
type saved struct {
	State
	shown   string   // the column level
	Rules   string   `json:"p"` // mark of the rules it was run under
	Manuals []Manual `json:"g,omitempty"`
}

// mark tells rules apart: the state of others is run afresh.
func (r *Rules) mark() string {
	b, err := json.Marshal(r)
	if err != nil {
		panic("tier: rules that are no JSON: " + err.Error())
	}
	var h uint64 = 14695981039346656037 // FNV-1a
	for _, c := range b {
		h = (h ^ uint64(c)) * 1099511628211
	}
	const digits = "0123456789abcdef"
	var s [16]byte
	for i := range s {
		s[i] = digits[h>>(4*i)&15]
	}
	return string(s[:])
}

var (
	loadStates = db.NewBulk("m uuid", `SELECT s.member_id, s.level, s.state FROM u JOIN tier_state s ON s.member_id = u.m`)
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

func (c *Card) standing() *machine {
	if c.past != nil {
		return c.past
	}
	return c.m
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
	found := map[ident.ID]saved{}
	_, err := db.BulkQuery(tx, loadStates, func(row db.Row) (none struct{}, err error) {
		var id ident.ID
		var b json.RawMessage
		var s saved
		if err = row.Scan(&id, &s.shown, &b); err != nil {
			return none, err
		}
		err = json.Unmarshal(b, &s)
		found[id] = s
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
			c.shown = s.shown
			whole = append(whole, c)
		default:
			c.shown, c.manuals = s.shown, s.Manuals
			c.m = resume(r, s.State, nil)
			if c.m.r.Window.Kind == Rolling {
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

func (c *Card) begin(r *Rules) {
	c.m = begin(r, c.joined, c.first())
	c.shown = c.m.Level
}

func (c *Card) first() clock.Day {
	if c.joined != 0 {
		return min(c.joined, c.on)
	}
	return c.on
}

func scanEvent(row db.Row) (id ident.ID, e stored, err error) {
	err = row.Scan(&id, &e.At, &e.id, &e.On, &e.Day, &e.Delta[NetSpend], &e.Delta[EarnedPoints], &e.Delta[Orders], &e.Delta[Status])
	return id, e, err
}

// readWindows reads the days a rolling window still holds.
func readWindows(tx *db.Tx, cards []*Card) error {
	var members []ident.ID
	var from []clock.Day
	by := map[ident.ID]*Card{}
	for _, c := range cards {
		by[c.Member] = c
		w := c.m.r.Window
		members, from = append(members, c.Member), append(from, min(w.opens(c.m.Day), w.opens(c.m.Day-clock.Day(c.m.r.Evaluation.Settle)-1)))
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

// Level is the member's rank at the card's instant, events added since
// included.
func (c *Card) Level() string {
	if c.m == nil {
		return ""
	}
	return c.m.r.Levels[c.m.effective(c.manuals)].ID
}

// Standing is her rank with its forecast, events added since included.
// Previews use [Of], [History.With] and [At].
func (c *Card) Standing() Standing {
	if c.m == nil {
		return Standing{}
	}
	return forecast(c.m, c.manuals)
}

// Add tells the card of an event: the purchase or return id names it for
// ever. After a return or a late event Standing is exact when the card has
// read its whole history ([Deepen]) and a close guess before.
func (c *Card) Add(id ident.ID, e Event) {
	if c.m == nil {
		return
	}
	c.events = append(c.events, stored{e, id})
	c.changed = true
	ordered := e.At >= c.m.At && e.On >= c.m.Day && e.Day == e.On && e.Delta[Orders] == 1 && c.past == nil
	if c.whole != nil {
		*c.whole = c.whole.With(e)
	}
	switch {
	case ordered:
		c.m.apply(e)
	case c.whole != nil:
		c.replay, c.past = true, nil
		last := c.whole.Events[len(c.whole.Events)-1]
		c.m = replay(c.rules, *c.whole, 0, max(c.on, last.On))
		c.m.changes = nil
	default:
		c.replay = true
		c.m.to(e.On)
		d := c.m.log(e)
		if e.Delta[Orders] <= 0 {
			d[Visits] = e.Delta[Orders]
		}
		c.m.count(e.Day, d)
	}
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

var (
	insertEvents = db.NewBulk("m uuid, at bigint, id uuid, o text, d text, sp bigint, pt bigint, n bigint, st bigint",
		`INSERT INTO tier_event (member_id, at, id, on_day, day, spend, points, orders, status) SELECT u.m, u.at, u.id, u.o, u.d, u.sp, u.pt, u.n, u.st FROM u`)
	putStates = db.NewBulk("m uuid, l text, due text, s text",
		`INSERT INTO tier_state (member_id, level, due_on, state) SELECT u.m, u.l, u.due, u.s FROM u
		 ON CONFLICT (member_id) DO UPDATE SET level = excluded.level, due_on = excluded.due_on, state = excluded.state`)
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

// history says what changed since the last time: the machine's own steps, and
// whatever else makes the level shown differ (a manual one, a late record).
func history(r *Rules, cards []*Card) []Moved {
	var moved []Moved
	say := func(c *Card, ch Change) {
		if ch.From != ch.To {
			moved = append(moved, Moved{c.Member, ch, c.m.r.level(ch.To) > c.m.r.level(ch.From)})
			c.shown = ch.To
		}
	}
	for _, c := range cards {
		for _, ch := range c.m.changes {
			if shown := c.m.r.level(c.shown); c.floor(ch.On) < max(c.m.r.level(ch.From), c.m.r.level(ch.To)) || shown < 0 {
				to := max(c.m.r.level(ch.To), c.floor(ch.On))
				if to >= 0 {
					say(c, Change{ch.On, c.shown, c.m.r.Levels[to].ID, ch.Reason})
				}
			}
		}
		c.m.changes = nil
		if now := c.Level(); now != c.shown {
			why := Revised
			switch {
			case c.floor(c.m.Day) == c.m.r.level(now) && c.floor(c.m.Day) > c.m.level:
				why = Given
			case c.hasEnded():
				why = Ended
			}
			say(c, Change{c.m.Day, c.shown, now, why})
		}
	}
	return moved
}

// floor is the manual level on a day, -1 without one.
func (c *Card) floor(d clock.Day) int {
	level := -1
	for _, x := range c.manuals {
		if x.From <= d && d <= x.Until {
			level = max(level, c.m.r.level(x.Level))
		}
	}
	return level
}

func (c *Card) hasEnded() bool {
	return slices.ContainsFunc(c.manuals, func(x Manual) bool { return x.Until < c.m.Day && x.Level == c.shown })
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
	m, level, due, state := make([]ident.ID, n), make([]string, n), make([]clock.Day, n), make([]string, n)
	for i, c := range cards {
		s := saved{State: c.m.state(), Rules: mark, Manuals: slices.DeleteFunc(slices.Clone(c.manuals), func(x Manual) bool { return x.Until < c.m.Day })}
		b, err := json.Marshal(s)
		if err != nil {
			return err
		}
		m[i], level[i], due[i], state[i] = c.Member, c.shown, c.due(), string(b)
	}
	return tx.Later(putStates, nil, m, level, due, state)
}

// due is the first day on which the rank shown may change without another
// event; 0 for never.
func (c *Card) due() clock.Day {
	d := clock.Day(0)
	soon := func(x clock.Day) {
		if x > c.m.Day && (d == 0 || x < d) {
			d = x
		}
	}
	for _, x := range c.manuals {
		soon(x.From)
		soon(x.Until + 1)
	}
	if c.m.level == 0 && !c.m.r.NextPeriod || c.m.r.Downgrade == Never && !c.m.r.NextPeriod {
		return d // nothing but an event lifts her, and nothing lowers her
	}
	f := c.m.clone()
	horizon := c.m.Day + 3*366 + clock.Day(31*c.m.r.Window.Months+c.m.r.Window.Days)
	for f.Day < horizon && f.level == c.m.level {
		next := f.next()
		if next > horizon {
			return d
		}
		f.to(max(next, f.Day+1))
	}
	if f.level != c.m.level {
		soon(f.Day)
	}
	return d
}

// Due lists members whose rank may change by day d, in pages: after is the
// last member of the page before. Evaluating and saving them (see [Turn])
// takes them off the list.
func Due(tx *db.Tx, d clock.Day, after ident.ID, n int) ([]ident.ID, error) {
	if after.IsZero() {
		after = ident.ID{15: 1}
	}
	return db.Query(tx, db.Value[ident.ID], `SELECT member_id FROM tier_state WHERE due_on <= $1 AND member_id > $2 ORDER BY member_id LIMIT $3`, d, after, n)
}

// Turn brings members to the start of day d and writes what changed. Running
// it twice, late or not at all changes no rank, only what is written down
// (T10).
func Turn(tx *db.Tx, r *Rules, members []ident.ID, joined []clock.Day, start clock.Instant, d clock.Day) ([]Moved, error) {
	if r == nil || len(r.Levels) == 0 {
		return nil, nil
	}
	cards := make([]*Card, len(members))
	for i, m := range members {
		cards[i] = &Card{Member: m, asked: start, on: d, joined: joined[i], changed: true}
	}
	if err := load(tx, r, cards); err != nil {
		return nil, err
	}
	for _, c := range cards {
		c.past = nil
	}
	return Save(tx, r, cards)
}

// stale is a state run under no rules: it is run afresh when next looked at.
const stale = `{"d":"","l":"","m":[0,0,0,0,0],"p":""}`

// Of reads everything recorded about a member, for [At] at any instant.
func Of(tx *db.Tx, member ident.ID, joined clock.Day) (History, error) {
	all, err := histories(tx, []ident.ID{member})
	if err != nil {
		return History{}, err
	}
	all[member].Joined = joined
	return *all[member], nil
}

// Past is a row of a member's rank history.
type Past struct {
	Change
	RecordedAt clock.Instant
}

// Changes lists what was written down about a member's rank, oldest first.
func Changes(tx *db.Tx, member ident.ID) ([]Past, error) {
	list, err := db.Query(tx, func(r db.Row) (p Past, err error) {
		err = r.Scan(&p.On, &p.From, &p.To, (*string)(&p.Reason), &p.RecordedAt)
		return p, err
	}, `SELECT on_day, level_from, level_to, reason, recorded_at FROM tier_history WHERE member_id = $1 ORDER BY id`, member)
	return list, err
}

// Mix counts the members of each level that have bought or been given one.
func Mix(tx *db.Tx) (map[string]int64, error) {
	type pair struct {
		level string
		n     int64
	}
	list, err := db.Query(tx, func(r db.Row) (p pair, err error) {
		err = r.Scan(&p.level, &p.n)
		return p, err
	}, `SELECT level, COUNT(*) FROM tier_state GROUP BY level ORDER BY level`)
	slices.SortFunc(list, func(a, b pair) int { return cmp.Compare(a.level, b.level) })
	mix := make(map[string]int64, len(list))
	for _, p := range list {
		mix[p.level] += p.n
	}
	return mix, err
}
