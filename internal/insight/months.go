package insight

// monthly counts months that follow each other in one pass, as far as their
// metrics need it: who bought, how often, for how much.
func (c *Columns) monthly(f Filter, months []MonthValues) []tally {
	ch := c.chooser(f)
	all := inParts(c, c.parts(), func(from, to int) []tally {
		out := make([]tally, len(months))
		c.each(&ch, from, to, func(_ int32, rows []int) {
			if ch.began(c, rows) {
				c.byMonth(out, months, &ch, rows)
			}
		})
		return out
	})
	out := all[0]
	for k := range out {
		for _, o := range all[1:] {
			out[k].join(&o[k])
		}
		if out[k].hasGuests = !f.people(); out[k].hasGuests {
			g := ch
			g.From, g.To = months[k].From, months[k].To
			out[k].addGuests(c, &g)
		}
	}
	return out
}

// byMonth puts what one member bought into its months. Rows are by day.
func (c *Columns) byMonth(out []tally, months []MonthValues, ch *chooser, rows []int) {
	var h walked
	k := 0
	for _, i := range rows {
		d := c.day[i]
		if !c.kept(i) || !ch.purchase(c, i) || d < months[0].From {
			continue
		}
		for k < len(months) && d > months[k].To {
			out[k].bought(&h)
			k, h = k+1, walked{}
		}
		if k == len(months) {
			return
		}
		if d != h.prev {
			h.prev = d
			h.visits++
		}
		h.orders++
		h.net += c.net(i)
	}
	out[k].bought(&h)
}
