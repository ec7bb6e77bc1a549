package sale

import (
	"encoding/json"

	"joren/internal/clock"
	"joren/internal/ident"
	"joren/internal/purchase"
)

// kept is the answer as it is stored with its purchase: what neither the
// purchase nor its judgement says already. It stands in every purchase's row
// for ever, so its names are short.
type kept struct {
	Revised bool         `json:"r,omitempty"`
	Awards  []keptAward  `json:"a,omitempty"`
	Balance *[4]int64    `json:"b,omitempty"` // available, pending, held, debt
	Tier    *keptTier    `json:"t,omitempty"`
	Flags   []Flag       `json:"flags,omitempty"` // found by this name where a person should look
	Paid    *PointsTaken `json:"p,omitempty"`
}

type keptAward struct {
	Type     string    `json:"t,omitempty"`
	Points   int64     `json:"p"`
	Eligible int64     `json:"e,omitempty"`
	Version  int       `json:"v"`
	Repaid   int64     `json:"r,omitempty"`
	Lots     []keptLot `json:"l,omitempty"`
}

type keptLot struct {
	Lot         string        `json:"i"`
	Points      int64         `json:"p"`
	State       string        `json:"s"`
	ActivatesAt clock.Instant `json:"a,omitzero"`
	ExpiresOn   clock.Day     `json:"x,omitzero"`
}

type keptTier struct {
	Current       string    `json:"c"`
	ValidUntil    clock.Day `json:"u,omitzero"`
	GraceUntil    clock.Day `json:"g,omitzero"`
	Metric        int64     `json:"m,omitempty"`
	ToKeep        int64     `json:"k,omitempty"`
	Next          string    `json:"n,omitempty"`
	ToNext        int64     `json:"d,omitempty"`
	IfNothingMore string    `json:"z,omitempty"`
	PaceMetric    int64     `json:"q,omitempty"`
	PaceTier      string    `json:"w,omitempty"`
}

// keepAnswer stores the answer with the purchase. It is to be called before
// the answer takes its shape ([Answer.settle]).
func keepAnswer(r *purchase.Purchase, a Answer) error {
	k := kept{Revised: a.Revised, Flags: a.Flags, Paid: a.Paid}
	for _, x := range a.Awards {
		w := keptAward{Type: x.Type, Points: x.Points, Eligible: x.Eligible, Version: x.Version, Repaid: x.RepaidDebt}
		for _, l := range x.Lots {
			w.Lots = append(w.Lots, keptLot(l))
		}
		k.Awards = append(k.Awards, w)
	}
	if b := a.Balance; b != nil {
		k.Balance = &[4]int64{b.Available, b.Pending, b.Held, b.Debt}
	}
	if t := a.Tier; t != nil {
		k.Tier = &keptTier{Current: t.Current, ValidUntil: t.ValidUntil, GraceUntil: t.GraceUntil, Metric: t.Metric, ToKeep: t.ToKeep,
			Next: t.Next, ToNext: t.ToNext, IfNothingMore: t.IfNothingMore}
		if p := t.AtPace; p != nil {
			k.Tier.PaceMetric, k.Tier.PaceTier = p.Metric, p.Tier
		}
	}
	b, err := json.Marshal(&k)
	r.Judged.Answer = b
	return err
}

// Told is what the till was told when a purchase was recorded, without
// components and refusals; empty for one that is not a purchase's own record.
func Told(r *purchase.Purchase) (Answer, error) {
	if len(r.Judged.Answer) == 0 {
		return Answer{}, nil
	}
	return keptAnswer(r)
}

// keptAnswer is what keepAnswer stored, in its shape; components and refusals
// are not in it.
func keptAnswer(r *purchase.Purchase) (Answer, error) {
	a := Answer{ID: ident.Purchase.Text(r.ID)}
	if !r.Guest {
		a.Member = ident.Member.Text(r.Member)
	}
	var k kept
	if err := json.Unmarshal(r.Judged.Answer, &k); err != nil {
		return a, err
	}
	a.Revised, a.Flags, a.Paid = k.Revised, k.Flags, k.Paid
	for _, w := range k.Awards {
		x := Award{Type: w.Type, Points: w.Points, Eligible: w.Eligible, Version: w.Version, RepaidDebt: w.Repaid}
		for _, l := range w.Lots {
			x.Lots = append(x.Lots, AwardLot(l))
		}
		a.Awards = append(a.Awards, x)
	}
	if b := k.Balance; b != nil {
		a.Balance = &Balance{b[0], b[1], b[2], b[3]}
	}
	if t := k.Tier; t != nil {
		a.Tier = &Tier{Current: t.Current, ValidUntil: t.ValidUntil, GraceUntil: t.GraceUntil, Metric: t.Metric, ToKeep: t.ToKeep,
			Next: t.Next, ToNext: t.ToNext, IfNothingMore: t.IfNothingMore}
		if t.PaceTier != "" {
			a.Tier.AtPace = &AtPace{t.PaceMetric, t.PaceTier}
		}
	}
	a.settle()
	return a, nil
}
