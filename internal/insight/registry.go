package insight

import "slices"

// Registry holds every metric, in the order of screens. One definition each:
// what a number means is decided here and nowhere else.
var Registry = []*Metric{
	{"members", InPeople, func(t *tally) figure { return counted(t.members) }},
	{"new_members", InPeople, func(t *tally) figure { return counted(t.new_) }},
	{"buyers", InPeople, func(t *tally) figure { return counted(t.buyers) }},
	{"orders", InTimes, func(t *tally) figure { return counted(t.orders + int(t.guests.orders)) }},
	{"gross_sales", InMoney, func(t *tally) figure {
		return figure{value: float64(t.gross + t.guests.gross), n: t.orders + int(t.guests.orders)}
	}},
	{"net_sales", InMoney, func(t *tally) figure {
		return figure{value: float64(t.net + t.guests.net), n: t.orders + int(t.guests.orders)}
	}},
	{"returned_share", InShare, func(t *tally) figure {
		gross := t.gross + t.guests.gross
		return part(gross-t.net-t.guests.net, gross, t.orders+int(t.guests.orders))
	}},
	{"member_share", InShare, func(t *tally) figure {
		if !t.hasGuests {
			return figure{missing: onlyAll()}
		}
		return part(t.net, t.net+t.guests.net, t.orders+int(t.guests.orders))
	}},
	{"repeat_rate", InShare, func(t *tally) figure { return rate(t.repeated, t.buyers) }},
	{"f2_rate", InShare, func(t *tally) figure { return rate(t.f2, t.f2Base) }},
	{"return_rate", InShare, func(t *tally) figure { return rate(t.returned, t.returnedBase) }},
	{"frequency", InTimes, func(t *tally) figure { return ratio(t.perVisits, ones(len(t.perVisits))) }},
	{"interval", InDays, func(t *tally) figure { return ratio(t.gapDays, t.gapCount) }},
	{"basket", InMoney, func(t *tally) figure { return ratio(t.perNet, t.perOrders) }},
	{"spend", InMoney, func(t *tally) figure { return ratio(t.perNet, ones(len(t.perNet))) }},
	{"active_share", InShare, func(t *tally) figure { return t.rhythm(InRhythm) }},
	{"dormant_share", InShare, func(t *tally) figure { return t.rhythm(Dormant) }},
	{"churned_share", InShare, func(t *tally) figure { return t.rhythm(Churned) }},
	{"points_issued", InPoints, func(t *tally) figure {
		return t.fromPoints(func(p Points) figure { return figure{value: float64(p.Issued), n: int(p.Issued)} })
	}},
	{"points_used", InPoints, func(t *tally) figure {
		return t.fromPoints(func(p Points) figure { return figure{value: float64(p.Used), n: int(p.Used)} })
	}},
	{"issue_rate", InShare, func(t *tally) figure {
		return t.fromPoints(func(p Points) figure { return part(p.Issued*p.Value, t.net, t.orders) })
	}},
	{"use_rate", InShare, func(t *tally) figure {
		return t.fromPoints(func(p Points) figure { return part(p.Used, p.Issued, int(p.Issued)) })
	}},
	{"breakage", InShare, func(t *tally) figure {
		return t.fromPoints(func(p Points) figure { return part(p.Expired, p.Expired+p.Used, int(p.Expired+p.Used)) })
	}},
	{"programme_cost", InShare, func(t *tally) figure {
		return t.fromPoints(func(p Points) figure { return part(p.Used*p.Value, t.net+t.guests.net, t.orders) })
	}},
}

// Find is a metric by its id; nil for an unknown one.
func Find(id string) *Metric {
	i := slices.IndexFunc(Registry, func(m *Metric) bool { return m.ID == id })
	if i < 0 {
		return nil
	}
	return Registry[i]
}

func (t *tally) values() []Value {
	out := make([]Value, len(Registry))
	for i, m := range Registry {
		f := m.of(t)
		out[i] = Value{Metric: m, Value: f.value, N: f.n, Interval: f.interval, Low: f.low, High: f.high, Missing: f.missing}
	}
	return out
}
