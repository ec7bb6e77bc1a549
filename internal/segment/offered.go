package segment

import (
	"joren/internal/i18n"
	"joren/internal/label"
)

// Offered are segments a shop may switch on as they are. Their names stand in
// the catalogue under segment.offered.ID and what they are for under
// segment.offered.ID_why.
var Offered = []struct {
	ID string
	Definition
}{
	{"at-risk", Definition{Stages: []Stage{AtRisk, Lapsing}}},
	{"regulars", Definition{Stages: []Stage{Regular, Champion}}},
	{"champions", Definition{Stages: []Stage{Champion}}},
	{"first-purchase", Definition{When: "stats.visits == 1"}},
	{"birthday-month", Definition{When: "member.is_birthday_month"}},
	{"never-bought", Definition{When: "stats.visits == 0 && member.days_since_joining >= 7"}},
	{"big-sleepers", Definition{Recency: []int{1, 2}, Money: []int{4, 5}}},
	{"dormant", Definition{Stages: []Stage{Dormant, Lost}}},
	{"likely", Definition{Score: &Band{From: 70, To: 100}}},
}

// Offer is an offered segment by its id; ok is false for none.
func Offer(id string) (s Segment, ok bool) {
	for _, o := range Offered {
		if o.ID == id {
			key := "segment.offered." + id
			return Segment{ID: id, Name: label.Text{JA: i18n.T(i18n.JA, key), EN: i18n.T(i18n.EN, key)}, Definition: o.Definition}, true
		}
	}
	return s, false
}
