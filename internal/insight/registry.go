package insight

import "slices"

// Registry holds every metric, in the order of screens. One definition each:
// what a number means is decided here and nowhere else.
var Registry = []*Metric{
	{"members", InPeople, InPeople, func(t *tally) figure { return counted(t.members) }},
	{"new_members", InPeople, InPeople, func(t *tally) figure { return counted(t.new_) }},
	{"buyers", InPeople, InPeople, func(t *tally) figure { return counted(t.buyers) }},
	{"orders", InPurchases, InPurchases, func(t *tally) figure { return counted(t.orders + int(t.guests.orders)) }},
	{"gross_sales", InMoney, InPurchases, func(t *tally) figure {
		return figure{value: float64(t.gross + t.guests.gross), n: t.orders + int(t.guests.orders)}
	}},
	{"net_sales", InMoney, InPurchases, func(t *tally) figure {
		return figure{value: float64(t.net + t.guests.net), n: t.orders + int(t.guests.orders)}
	}},
	{"returned_share", InShare, InPurchases, func(t *tally) figure {
		gross := t.gross + t.guests.gross
		return part(gross-t.net-t.guests.net, gross, t.orders+int(t.guests.orders))
	}},
	{"member_share", InShare, InPurchases, func(t *tally) figure {
		if !t.hasGuests {
			return figure{missing: onlyAll()}
		}
		return part(t.net, t.net+t.guests.net, t.orders+int(t.guests.orders))
	}},
	{"repeat_rate", InShare, InPeople, func(t *tally) figure { return rate(t.repeated, t.buyers) }},
	{"f2_rate", InShare, InPeople, func(t *tally) figure { return rate(t.f2, t.f2Base) }},
	{"return_rate", InShare, InPeople, func(t *tally) figure { return rate(t.returned, t.returnedBase) }},
	{"frequency", InTimes, InPeople, func(t *tally) figure { return ratio(t.perVisits, ones(len(t.perVisits))) }},
	{"interval", InDays, InPeople, func(t *tally) figure { return ratio(t.gapDays, t.gapCount) }},
	{"basket", InMoney, InPeople, func(t *tally) figure { return ratio(t.perNet, t.perOrders) }},
	{"spend", InMoney, InPeople, func(t *tally) figure { return ratio(t.perNet, ones(len(t.perNet))) }},
	{"active_share", InShare, InPeople, func(t *tally) figure { return t.rhythm(InRhythm) }},
	{"dormant_share", InShare, InPeople, func(t *tally) figure { return t.rhythm(Dormant) }},
	{"churned_share", InShare, InPeople, func(t *tally) figure { return t.rhythm(Churned) }},
	{"margin", InMoney, InPurchases, func(t *tally) figure {
		return t.fromMargin(func(m int64) figure { return figure{value: float64(m), n: t.allOrders()} })
	}},
	{"margin_rate", InShare, InPurchases, func(t *tally) figure {
		return t.fromMargin(func(m int64) figure { return part(m, t.net+t.guests.net, t.allOrders()) })
	}},
	{"ranked_share", InShare, InPeople, func(t *tally) figure {
		if len(t.census.tiers) < 2 && t.census.ranked == 0 {
			return figure{n: t.census.members, missing: nothingYet()}
		}
		return rate(t.census.ranked, t.census.members)
	}},
	{"source_known", InShare, InPeople, func(t *tally) figure { return rate(t.census.sourced, t.census.joined) }},
	{"referral_share", InShare, InPeople, func(t *tally) figure {
		switch {
		case t.census.sourced == 0:
			return figure{missing: noSource()}
		case !t.census.referrals:
			return figure{n: t.census.sourced, missing: noReferral()}
		}
		return rate(t.census.referred, t.census.sourced)
	}},
	{"cost_per_new", InMoney, InPeople, func(t *tally) figure {
		switch {
		case t.census.pointsValue == 0:
			return figure{n: len(t.census.gifts), missing: noValue()}
		case !t.census.gave:
			return figure{n: len(t.census.gifts), missing: noGifts()}
		}
		return ratio(times(t.census.gifts, t.census.pointsValue), ones(len(t.census.gifts)))
	}},
	{"points_issued", InPoints, InPoints, func(t *tally) figure {
		return t.fromPoints(func(p Points) figure { return figure{value: float64(p.Issued), n: int(p.Issued)} })
	}},
	{"points_used", InPoints, InPoints, func(t *tally) figure {
		return t.fromPoints(func(p Points) figure { return figure{value: float64(p.Used), n: int(p.Used)} })
	}},
	{"points_expired", InPoints, InPoints, func(t *tally) figure {
		return t.fromPoints(func(p Points) figure { return figure{value: float64(p.Expired), n: int(p.Expired)} })
	}},
	{"issue_rate", InShare, InPurchases, func(t *tally) figure {
		return t.fromValue(func(p Points) figure { return part(p.given()*p.Value, t.net, t.orders) })
	}},
	{"use_rate", InShare, InPoints, func(t *tally) figure {
		return t.fromPoints(func(p Points) figure { return part(p.Used, p.given(), int(p.given())) })
	}},
	{"breakage", InShare, InPoints, func(t *tally) figure {
		return t.fromPoints(func(p Points) figure {
			if p.Used <= 0 { // what expires where nobody uses any says nothing of who does
				return figure{n: int(p.Expired), missing: noneUsed()}
			}
			return part(p.Expired, p.Expired+p.Used, int(p.Expired+p.Used))
		})
	}},
	{"programme_cost", InShare, InPurchases, func(t *tally) figure {
		return t.fromValue(func(p Points) figure { return part(p.Used*p.Value, t.net+t.guests.net, t.allOrders()) })
	}},
}

func (t *tally) allOrders() int { return t.orders + int(t.guests.orders) }

// fromPoints is a figure about points, which the ledger may not know so cut.
func (t *tally) fromPoints(fn func(p Points) figure) figure {
	if t.pointsMissing != nil {
		return figure{missing: t.pointsMissing}
	}
	return fn(t.points)
}

// fromValue is a figure about what points are worth.
func (t *tally) fromValue(fn func(p Points) figure) figure {
	return t.fromPoints(func(p Points) figure {
		if p.Value == 0 {
			return figure{missing: noValue()}
		}
		return fn(p)
	})
}

func (t *tally) fromMargin(fn func(m int64) figure) figure {
	if t.census.marginMissing != nil {
		return figure{missing: t.census.marginMissing}
	}
	return fn(t.census.margin)
}

func times(list []float64, by int64) []float64 {
	out := make([]float64, len(list))
	for i, v := range list {
		out[i] = v * float64(by)
	}
	return out
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
		out[i] = m.value(m.of(t))
	}
	return out
}

func (m *Metric) value(f figure) Value {
	return Value{Metric: m, Value: f.value, N: f.n, Interval: f.interval, Low: f.low, High: f.high, Missing: f.missing}
}
