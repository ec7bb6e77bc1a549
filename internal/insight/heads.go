package insight

import "slices"

// heads are members counted by what divides them, words by their numbers.
type heads struct {
	c                *Columns
	genderOf, areaOf *trait

	members, ranked, joined       int
	tiers, sources, genders, area []int
	ages                          []int
	bands                         [][2]int // years of birth of each of Ages
}

func (c *Columns) heads(f Filter) *heads {
	p := &c.people
	h := &heads{c: c, genderOf: p.traits.cols["gender"], areaOf: p.traits.cols["area"]}
	h.tiers, h.sources, h.ages = make([]int, len(p.tiers.list)), make([]int, len(p.sources.list)), make([]int, len(Ages))
	h.genders, h.area = make([]int, len(h.genderOf.list())), make([]int, len(h.areaOf.list()))
	for _, band := range Ages {
		from, to, _ := years(band, yearOf(f.To))
		h.bands = append(h.bands, [2]int{from, to})
	}
	return h
}

// between counts the people of a range of numbers and notes who is chosen.
func (h *heads) between(ch *chooser, chosen []bool, from, to int) {
	c, p := h.c, &h.c.people
	var rows []int
	for n := int32(from); int(n) < to; n++ {
		if p.into[n] >= 0 || !ch.person(p, n) {
			continue
		}
		if ch.CohortFrom != 0 || ch.CohortTo != 0 {
			rows = c.rows(n, rows)
			if !ch.cohort(c.firstKept(rows)) {
				continue
			}
		}
		chosen[n] = true
		if p.active[n] && p.joined[n] <= ch.To {
			h.count(p, n, p.joined[n] >= ch.From)
		}
	}
}

func (h *heads) count(p *people, n int32, joined bool) {
	h.members++
	if p.ranked[n] {
		h.ranked++
	}
	h.tiers[p.tier[n]]++
	h.genders[h.genderOf.at(n)]++
	h.area[h.areaOf.at(n)]++
	for k, b := range h.bands {
		if p.traits.aged(n, b[0], b[1]) {
			h.ages[k]++
		}
	}
	if joined {
		h.joined++
		h.sources[p.by[n]]++
	}
}

// join adds what was counted of other people.
func (h *heads) join(o *heads) {
	h.members, h.ranked, h.joined = h.members+o.members, h.ranked+o.ranked, h.joined+o.joined
	for _, x := range [][2][]int{{h.tiers, o.tiers}, {h.sources, o.sources}, {h.genders, o.genders}, {h.area, o.area}, {h.ages, o.ages}} {
		for k, n := range x[1] {
			x[0][k] += n
		}
	}
}

// tell puts the counts into a census.
func (h *heads) tell(x *census) {
	p := &h.c.people
	x.members, x.ranked, x.joined = h.members, h.ranked, h.joined
	x.tiers, x.sources, x.ageBands = met(p.tiers.list, h.tiers), met(p.sources.list, h.sources), met(Ages, h.ages)
	x.genders, x.areas = met(h.genderOf.list(), h.genders), met(h.areaOf.list(), h.area)
	for _, n := range h.ages {
		x.birthKnown += n
	}
	for source, n := range x.sources {
		if source != "" {
			x.sourced += n
		}
		if slices.Contains(referrals, source) {
			x.referred += n
		}
	}
}

// list are the words, "nothing known" first.
func (t *trait) list() []string {
	if t == nil {
		return []string{""}
	}
	return t.words.list
}

// met are the words that anybody has.
func met(list []string, counts []int) map[string]int {
	out := map[string]int{}
	for k, n := range counts {
		if n > 0 {
			out[list[k]] += n
		}
	}
	return out
}
