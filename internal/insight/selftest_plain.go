package insight

import (
	"slices"

	"joren/internal/clock"
)

// plainMetrics say each definition of the registry once more, over lists. ok
// is false where there is nothing to tell.
var plainMetrics = map[string]func(p *plain) (value float64, n int, ok bool){
	"members":     func(p *plain) (float64, int, bool) { return plainCount(p.count(p.isMember)) },
	"new_members": func(p *plain) (float64, int, bool) { return plainCount(p.count(p.isNew)) },
	"buyers":      func(p *plain) (float64, int, bool) { return plainCount(p.count(p.isBuyer)) },
	"orders":      func(p *plain) (float64, int, bool) { return plainCount(p.orders()) },
	"gross_sales": func(p *plain) (float64, int, bool) {
		return float64(p.sum(false, grossOf) + p.guestSum(grossOf)), p.orders(), true
	},
	"net_sales": func(p *plain) (float64, int, bool) { return float64(p.net()), p.orders(), true },
	"returned_share": func(p *plain) (float64, int, bool) {
		gross := p.sum(false, grossOf) + p.guestSum(grossOf)
		return over(float64(gross-p.net()), float64(gross), p.orders())
	},
	"member_share": func(p *plain) (float64, int, bool) {
		if p.f.people() {
			return 0, 0, false
		}
		return over(float64(p.sum(true, netOf)), float64(p.net()), p.orders())
	},
	"repeat_rate": func(p *plain) (float64, int, bool) { return p.share(p.isBuyer, p.isRepeater) },
	"f2_rate":     func(p *plain) (float64, int, bool) { return p.share(p.startedAgo(90), p.again(1, 90)) },
	"return_rate": func(p *plain) (float64, int, bool) { return p.share(p.startedAgo(180), p.again(91, 180)) },
	"frequency": func(p *plain) (float64, int, bool) {
		return over(float64(p.visits()), float64(p.count(p.isBuyer)), p.count(p.isBuyer))
	},
	"interval": (*plain).interval,
	"basket": func(p *plain) (float64, int, bool) {
		return over(float64(p.sum(true, netOf)), float64(p.memberOrders()), p.count(p.isBuyer))
	},
	"spend": func(p *plain) (float64, int, bool) {
		return over(float64(p.sum(true, netOf)), float64(p.count(p.isBuyer)), p.count(p.isBuyer))
	},
	"active_share": func(p *plain) (float64, int, bool) { return p.rhythm(0, dormantFrom) },
	"dormant_share": func(p *plain) (float64, int, bool) {
		return p.rhythm(dormantFrom, churnedFrom)
	},
	"churned_share": func(p *plain) (float64, int, bool) { return p.rhythm(churnedFrom, 1<<30) },
	"margin": func(p *plain) (float64, int, bool) {
		m, ok := p.margin()
		return float64(m), p.orders(), ok
	},
	"margin_rate": func(p *plain) (float64, int, bool) {
		m, ok := p.margin()
		v, n, some := over(float64(m), float64(p.net()), p.orders())
		return v, n, ok && some
	},
	"ranked_share": func(p *plain) (float64, int, bool) {
		ranks := map[string]bool{}
		for _, x := range p.people {
			if p.isMember(x) {
				ranks[x.Tier] = true
			}
		}
		v, n, ok := p.share(p.isMember, func(x *plainPerson) bool { return x.Ranked })
		return v, n, ok && (len(ranks) > 1 || v > 0)
	},
	"source_known": func(p *plain) (float64, int, bool) {
		return p.share(p.isNew, func(x *plainPerson) bool { return x.Channel != "" })
	},
	"referral_share": func(p *plain) (float64, int, bool) {
		v, n, ok := p.share(func(x *plainPerson) bool { return p.isNew(x) && x.Channel != "" }, func(x *plainPerson) bool { return slices.Contains(referrals, x.Channel) })
		return v, n, ok && p.brought
	},
	"cost_per_new": func(p *plain) (float64, int, bool) {
		given := int64(0)
		for _, v := range p.gifts {
			given += v
		}
		n := p.count(p.isNew)
		v, m, ok := over(float64(given*p.value), float64(n), n)
		return v, m, ok && p.value > 0 && p.gave
	},
	"points_issued": func(p *plain) (float64, int, bool) {
		return p.moved(func(x *Points) (int64, int64) { return x.Issued, x.Issued })
	},
	"points_used": func(p *plain) (float64, int, bool) {
		return p.moved(func(x *Points) (int64, int64) { return x.Used, x.Used })
	},
	"points_expired": func(p *plain) (float64, int, bool) {
		return p.moved(func(x *Points) (int64, int64) { return x.Expired, x.Expired })
	},
	"issue_rate": func(p *plain) (float64, int, bool) {
		v, n, ok := p.ofPoints(func(x *Points) (float64, float64, int) {
			return float64((x.Issued - x.Back) * p.value), float64(p.sum(true, netOf)), p.memberOrders()
		})
		return v, n, ok && p.value > 0
	},
	"use_rate": func(p *plain) (float64, int, bool) {
		return p.ofPoints(func(x *Points) (float64, float64, int) {
			return float64(x.Used), float64(x.Issued - x.Back), int(x.Issued - x.Back)
		})
	},
	"breakage": func(p *plain) (float64, int, bool) {
		v, n, ok := p.ofPoints(func(x *Points) (float64, float64, int) {
			return float64(x.Expired), float64(x.Expired + x.Used), int(x.Expired + x.Used)
		})
		return v, n, ok && p.points.Used > 0
	},
	"programme_cost": func(p *plain) (float64, int, bool) {
		v, n, ok := p.ofPoints(func(x *Points) (float64, float64, int) {
			return float64(x.Used * p.value), float64(p.net()), p.orders()
		})
		return v, n, ok && p.value > 0
	},
}

func plainCount(n int) (float64, int, bool) { return float64(n), n, true }

func over(top, bottom float64, n int) (float64, int, bool) {
	if bottom == 0 {
		return 0, n, false
	}
	return top / bottom, n, true
}

func grossOf(x *Purchase) int64 { return x.Gross }
func netOf(x *Purchase) int64   { return x.Net }

func (p *plain) count(is func(*plainPerson) bool) (n int) {
	for _, x := range p.people {
		if is(x) {
			n++
		}
	}
	return n
}

func (p *plain) share(of, are func(*plainPerson) bool) (float64, int, bool) {
	n := p.count(of)
	return over(float64(p.count(func(x *plainPerson) bool { return of(x) && are(x) })), float64(n), n)
}

func (p *plain) isMember(x *plainPerson) bool { return x.Active && x.Joined <= p.f.To }
func (p *plain) isNew(x *plainPerson) bool    { return p.isMember(x) && x.Joined >= p.f.From }
func (p *plain) isBuyer(x *plainPerson) bool  { return len(p.days(x, p.f.From, p.f.To)) > 0 }
func (p *plain) isRepeater(x *plainPerson) bool {
	return len(p.days(x, p.f.From, p.f.To)) > 1
}

// days are the different days on which a person kept something, in order.
func (p *plain) days(x *plainPerson, from, to clock.Day) (out []clock.Day) {
	seen := map[clock.Day]bool{}
	for _, b := range x.mine {
		if b.Kept && b.Day >= from && b.Day <= to && !seen[b.Day] {
			seen[b.Day] = true
			out = append(out, b.Day)
		}
	}
	return out
}

// ever are her days until today and after, whatever the period.
func (p *plain) ever(x *plainPerson) []clock.Day { return p.days(x, -1<<30, 1<<30) }

func (p *plain) startedAgo(n clock.Day) func(*plainPerson) bool {
	return func(x *plainPerson) bool {
		d := p.ever(x)
		return len(d) > 0 && d[0] >= p.f.From && d[0] <= p.f.To && p.today-d[0] > n
	}
}

func (p *plain) again(from, to clock.Day) func(*plainPerson) bool {
	return func(x *plainPerson) bool {
		d := p.ever(x)
		return slices.ContainsFunc(d, func(e clock.Day) bool { return e-d[0] >= from && e-d[0] <= to })
	}
}

func (p *plain) memberOrders() (n int) {
	for _, x := range p.people {
		for i := range x.mine {
			if x.mine[i].Kept && p.within(&x.mine[i]) {
				n++
			}
		}
	}
	return n
}

func (p *plain) orders() int {
	n := p.memberOrders()
	for i := range p.guests {
		if p.guests[i].Kept {
			n++
		}
	}
	return n
}

func (p *plain) sum(kept bool, of func(*Purchase) int64) (n int64) {
	for _, x := range p.people {
		for i := range x.mine {
			if p.within(&x.mine[i]) && (x.mine[i].Kept || !kept) {
				n += of(&x.mine[i])
			}
		}
	}
	return n
}

func (p *plain) guestSum(of func(*Purchase) int64) (n int64) {
	for i := range p.guests {
		n += of(&p.guests[i])
	}
	return n
}

func (p *plain) net() int64 { return p.sum(true, netOf) + p.guestSum(netOf) }

func (p *plain) visits() (n int) {
	for _, x := range p.people {
		n += len(p.days(x, p.f.From, p.f.To))
	}
	return n
}

// interval is over gaps that end in the period; n counts who has one.
func (p *plain) interval() (float64, int, bool) {
	days, gaps, who := 0, 0, 0
	for _, x := range p.people {
		d, had := p.ever(x), gaps
		for k := 1; k < len(d); k++ {
			if d[k] >= p.f.From && d[k] <= p.f.To {
				days, gaps = days+int(d[k]-d[k-1]), gaps+1
			}
		}
		if gaps > had {
			who++
		}
	}
	return over(float64(days), float64(gaps), who)
}

// rhythm is the share whose days since the last purchase are more than `from`
// and at most `to` times their usual gap.
func (p *plain) rhythm(from, to float64) (float64, int, bool) {
	var span, gaps int
	upto := func(x *plainPerson) []clock.Day { return p.days(x, -1<<30, p.f.To) }
	for _, x := range p.people {
		if d := upto(x); len(d) > 0 {
			span, gaps = span+int(d[len(d)-1]-d[0]), gaps+len(d)-1
		}
	}
	shop := float64(Unit)
	if gaps > 0 {
		shop = max(1, float64(span)/float64(gaps))
	}
	return p.share(func(x *plainPerson) bool { return len(upto(x)) > 0 }, func(x *plainPerson) bool {
		d := upto(x)
		last := d[len(d)-1]
		usual := (float64(last-d[0]) + shop) / float64(len(d))
		since := float64(p.f.To - last)
		return (since > from*usual || from == 0) && since <= to*usual
	})
}

func (p *plain) margin() (int64, bool) {
	rest, ok := p.margins[""]
	if !ok {
		return 0, false
	}
	total := int64(0)
	for _, x := range p.people {
		for i := range x.mine {
			if b := &x.mine[i]; b.Kept && p.within(b) {
				total += b.Net * rest
				for _, l := range b.Lines {
					if r, ok := p.margins[l.Product]; ok {
						total += l.Amount * (r - rest)
					}
				}
			}
		}
	}
	return (total + p.guestSum(netOf)*rest) / whole10000, true
}

func (p *plain) moved(of func(*Points) (value, n int64)) (float64, int, bool) {
	if p.points == nil {
		return 0, 0, false
	}
	v, n := of(p.points)
	return float64(v), int(n), true
}

func (p *plain) ofPoints(of func(*Points) (top, bottom float64, n int)) (float64, int, bool) {
	if p.points == nil {
		return 0, 0, false
	}
	top, bottom, n := of(p.points)
	return over(top, bottom, n)
}
