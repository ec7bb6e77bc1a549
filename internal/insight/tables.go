package insight

import (
	"maps"
	"slices"
	"strconv"
)

// CohortTable is the retention triangle as rows under a head, one for each
// month or quarter of a cohort that has ended.
func CohortTable(list []Cohort) [][]string {
	out := [][]string{{"cohort_from", "cohort_to", "members", "step", "from", "to", "bought", "share", "low", "high"}}
	for _, x := range list {
		for k, b := range x.Back {
			row := []string{x.Start.String(), x.End.String(), strconv.Itoa(x.N), strconv.Itoa(k + 1), b.From.String(), b.To.String(), strconv.Itoa(b.Bought), "", "", ""}
			if x.N > 0 { // of nobody there is no share
				row[7], row[8], row[9] = Figure(b.Share), Figure(b.Low), Figure(b.High)
			}
			out = append(out, row)
		}
	}
	return out
}

// MapTable is the map of recency and frequency as rows under a head, one for
// each of its cells; money is in minor units, of all members of the cell.
func MapTable(m RFM) [][]string {
	out := [][]string{{"recency", "frequency", "members", "money"}}
	for r, row := range m.Cells {
		for f, c := range row {
			out = append(out, []string{strconv.Itoa(r + 1), strconv.Itoa(f + 1), strconv.Itoa(c.Members), strconv.FormatInt(c.Money, 10)})
		}
	}
	return out
}

// Share is one value of a division and how many have it; "" is not known.
type Share struct {
	Division, Value string
	N, Of           int
}

// Shares are all divisions of a mix, those in a fixed order, values by name.
func (m Mix) Shares() (out []Share) {
	for _, d := range []struct {
		name   string
		counts map[string]int
		of     int
	}{{"tier", m.Tiers, m.Members}, {"join_source", m.Sources, m.Joined}, {"age", m.Ages, m.Members}, {"gender", m.Genders, m.Members}, {"area", m.Area, m.Members}} {
		for _, v := range slices.Sorted(maps.Keys(d.counts)) {
			if d.counts[v] > 0 {
				out = append(out, Share{d.name, v, d.counts[v], d.of})
			}
		}
	}
	return out
}

// MixTable is who the members are, as rows under a head.
func MixTable(m Mix) [][]string {
	out := [][]string{{"division", "value", "members", "of"}}
	for _, x := range m.Shares() {
		out = append(out, []string{x.Division, x.Value, strconv.Itoa(x.N), strconv.Itoa(x.Of)})
	}
	return out
}
