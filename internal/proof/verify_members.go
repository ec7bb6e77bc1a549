package proof

import (
	"encoding/json"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/lane"
	"joren/internal/limit"
	"joren/internal/plan"
	"joren/internal/programme"
	"joren/internal/purchase"
	"joren/internal/rules"
	"joren/internal/tier"
)

// judgement is the part of a stored judgement that the laws speak of.
type judgement struct {
	Awards []struct {
		Type       string
		Points     int64
		Components []struct{ Points int64 }
	} `json:"awards"`
	Counts []rules.Count `json:"counts"`
}

// judgements reads every stored judgement once, of purchases and of events, and
// what gifts of the day turn count, for two laws: components sum to their award,
// and limit counters hold what the awards count.
func (v *verifier) judgements() error {
	stored, err := v.judged()
	if err != nil {
		return err
	}
	apart, err := v.unstored()
	if err != nil {
		return err
	}
	sums := &Law{}
	wrong, err := limit.Audit(v.tx, func(add func(limit.Add)) error {
		for _, t := range stored {
			if err := v.eachJudgement(t, sums, add); err != nil {
				return err
			}
		}
		return limit.EachNoted(v.tx, func(m ident.ID, counts []rules.Count) { add(limit.Add{Member: m, Counts: counts}) })
	})
	if err != nil {
		return err
	}
	counters := v.law("limit.counters", "counters")
	if counters.Seen, err = db.One(v.tx, nil, db.Value[int64], `SELECT COUNT(*) FROM limit_counter`); err != nil {
		return err
	}
	for _, w := range wrong {
		if !apart[w.Limit] {
			counters.report(Finding{"counter", "counter.used", fault.Args{"limit": w.Limit, "store": w.Store, "from": w.From,
				"member": ident.Member.Text(w.Member), "want": w.Should, "got": w.Used}})
		}
	}
	l := v.law("award.components", "awards")
	l.Seen, l.Broken, l.Found = sums.Seen, sums.Broken, sums.Found
	return nil
}

// judged are the tables that keep how something was judged.
func (v *verifier) judged() (out []table, err error) {
	all, err := tables(v.tx)
	for _, t := range all {
		if t.column("judged") && t.column("member_id") && t.column("id") {
			out = append(out, t)
		}
	}
	return out, err
}

func (v *verifier) eachJudgement(t table, sums *Law, add func(limit.Add)) error {
	where := ""
	if t.column("guest") {
		where = ` WHERE NOT guest`
	}
	return db.Each(v.tx, func(r db.Row) error {
		var member, id ident.ID
		var raw json.RawMessage
		if err := r.Scan(&member, &id, &raw); err != nil {
			return err
		}
		var j judgement
		if err := json.Unmarshal(raw, &j); err != nil {
			sums.report(Finding{"judgement", "judgement.unreadable", fault.Args{"id": id.String(), "table": t.name}})
			return nil
		}
		for _, a := range j.Awards {
			sum := int64(0)
			for _, c := range a.Components {
				sum += c.Points
			}
			if sums.Seen++; sum != a.Points {
				sums.report(Finding{"judgement", "award.sum", fault.Args{"id": id.String(), "table": t.name, "type": a.Type, "want": a.Points, "got": sum}})
			}
		}
		if len(j.Counts) > 0 {
			add(limit.Add{Member: member, Counts: j.Counts})
		}
		return nil
	}, `SELECT member_id, id, judged FROM `+t.name+where)
}

// unstored are limits that gifts of the day turn count in whose counts were not
// kept: those given before counts were. There the counters cannot be recounted.
func (v *verifier) unstored() (map[string]bool, error) {
	out := map[string]bool{}
	old, err := db.One(v.tx, nil, db.Value[bool], `SELECT EXISTS (SELECT 1 FROM day_gift g WHERE NOT EXISTS (SELECT 1 FROM limit_award w WHERE w.award_id = g.id))`)
	if err != nil || !old {
		return out, err
	}
	all, err := v.versions()
	for _, p := range all {
		for _, trigger := range []string{rules.Birthday, rules.Anniversary, rules.RankUp} {
			for _, d := range []clock.Day{p.EffectiveFrom, p.Zone.Day(v.tx.Now)} {
				for _, k := range p.Rules.LimitKeys(&rules.Occasion{Trigger: trigger, Day: d}) {
					out[k.Limit] = true
				}
			}
		}
	}
	return out, err
}

func (v *verifier) versions() ([]*plan.Programme, error) {
	t, err := (&programme.Cache{}).Load(v.tx)
	if err != nil {
		return nil, err
	}
	return t.All()
}

// statistics compares what is kept about members' purchases with a recount.
func (v *verifier) statistics() (err error) {
	l := v.law("purchase.statistics", "members")
	if l.Seen, err = db.One(v.tx, nil, db.Value[int64], `SELECT COUNT(*) FROM purchase_stats`); err != nil {
		return err
	}
	found := func(r db.Row) error {
		var m ident.ID
		var orders, visits, spend, o, vs, sp int64
		if err := r.Scan(&m, &orders, &visits, &spend, &o, &vs, &sp); err != nil {
			return err
		}
		l.report(Finding{"member", "statistics.differ", fault.Args{"member": ident.Member.Text(m),
			"orders": orders, "visits": visits, "spend": spend, "got_orders": o, "got_visits": vs, "got_spend": sp}})
		return nil
	}
	const counted = `SELECT p.member_id, COUNT(*) AS orders, COUNT(DISTINCT p.day) AS visits, CAST(SUM(p.eligible_kept) AS BIGINT) AS spend,
		MIN(p.day) AS first_on, MAX(p.day) AS last_on, MAX(p.occurred_at) AS last_at
		FROM purchase_purchase p WHERE p.kept AND NOT p.guest GROUP BY p.member_id`
	if err := db.Each(v.tx, found, `SELECT c.member_id, c.orders, c.visits, c.spend, COALESCE(s.orders, 0), COALESCE(s.visits, 0), COALESCE(s.spend, 0)
		FROM (`+counted+`) AS c LEFT JOIN purchase_stats s ON s.member_id = c.member_id
		WHERE s.member_id IS NULL OR s.orders <> c.orders OR s.visits <> c.visits OR s.spend <> c.spend
			OR s.first_on <> c.first_on OR s.last_on <> c.last_on OR s.last_at <> c.last_at ORDER BY c.member_id`); err != nil {
		return err
	}
	return db.Each(v.tx, found, `SELECT s.member_id, 0, 0, 0, s.orders, s.visits, s.spend FROM purchase_stats s
		WHERE (s.orders <> 0 OR s.visits <> 0 OR s.spend <> 0)
			AND NOT EXISTS (SELECT 1 FROM purchase_purchase p WHERE p.member_id = s.member_id AND p.kept AND NOT p.guest) ORDER BY s.member_id`)
}

// measured checks that measuring reads of each purchase what was recorded.
func (v *verifier) measured() (err error) {
	l := v.law("purchase.sold", "purchases")
	l.Seen, err = purchase.CheckSold(v.tx, func(member, id ident.ID, what string) {
		l.report(Finding{"purchase", what, fault.Args{"member": ident.Member.Text(member), "purchase": ident.Purchase.Text(id)}})
	})
	return err
}

// ranked is a member's rank as stored.
type ranked struct {
	member  ident.ID
	shown   string
	day     clock.Day // run to; 0 when it is to be run afresh
	broken  bool      // what is stored cannot be read
	history tier.History
}

// ranks runs every stored rank again from what is recorded: the level shown
// is the pure function's on the day it was written for (SEMANTICS §7). States
// marked to be run afresh promise nothing yet.
func (v *verifier) ranks() error {
	l := v.law("tier.history", "members")
	all, err := v.versions()
	if err != nil {
		return err
	}
	r := lane.TierRules(all)
	if r == nil {
		return nil
	}
	from := ident.ID{15: 1}
	for {
		page, err := v.rankPage(from)
		if err != nil || len(page) == 0 {
			return err
		}
		last := page[len(page)-1].member
		if err := v.histories(page, from, last); err != nil {
			return err
		}
		for _, m := range page {
			if m.broken {
				l.report(Finding{"member", "tier.state", fault.Args{"member": ident.Member.Text(m.member)}})
			}
			if m.day == 0 {
				continue
			}
			l.Seen++
			if want := tier.LevelAt(r, m.history, 0, m.day); want != m.shown {
				l.report(Finding{"member", "tier.level", fault.Args{"member": ident.Member.Text(m.member), "want": want, "got": m.shown, "day": m.day}})
			}
		}
		from = last
	}
}

const rankPage = 2000

func (v *verifier) rankPage(after ident.ID) ([]*ranked, error) {
	return db.Query(v.tx, func(r db.Row) (*ranked, error) {
		m := &ranked{}
		var state []byte
		var joined clock.Day
		if err := r.Scan(&m.member, &m.shown, &state, &joined); err != nil {
			return nil, err
		}
		m.history.Joined = joined
		day, judged, err := tier.Reached(state)
		if judged {
			m.day = day
		}
		m.broken = err != nil
		return m, nil
	}, `SELECT s.member_id, s.level, s.state, m.joined_on FROM tier_state s LEFT JOIN member_member m ON m.member_id = s.member_id
		WHERE s.member_id > $1 ORDER BY s.member_id LIMIT $2`, after, rankPage)
}

// histories reads what is recorded about the members of a page.
func (v *verifier) histories(page []*ranked, after, last ident.ID) error {
	of := make(map[ident.ID]*tier.History, len(page))
	for _, m := range page {
		of[m.member] = &m.history
	}
	err := db.Each(v.tx, func(r db.Row) error {
		var m ident.ID
		var e tier.Event
		if err := r.Scan(&m, &e.At, &e.On, &e.Day, &e.Delta[tier.NetSpend], &e.Delta[tier.EarnedPoints], &e.Delta[tier.Orders], &e.Delta[tier.Status]); err != nil {
			return err
		}
		if h := of[m]; h != nil {
			h.Events = append(h.Events, e)
		}
		return nil
	}, `SELECT member_id, at, on_day, day, spend, points, orders, status FROM tier_event
		WHERE member_id > $1 AND member_id <= $2 ORDER BY member_id, at, id`, after, last)
	if err != nil {
		return err
	}
	return db.Each(v.tx, func(r db.Row) error {
		var m ident.ID
		var kind string
		var x tier.Manual
		if err := r.Scan(&m, &kind, &x.Level, &x.From, &x.Until); err != nil {
			return err
		}
		switch h := of[m]; {
		case h == nil:
		case kind == "manual":
			h.Manuals = append(h.Manuals, x)
		default:
			h.Openings = append(h.Openings, tier.Opening{Level: x.Level, On: x.From, Until: x.Until})
		}
		return nil
	}, `SELECT member_id, kind, level, from_on, until_on FROM tier_given WHERE member_id > $1 AND member_id <= $2 ORDER BY member_id, from_on, id`, after, last)
}
