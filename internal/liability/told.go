package liability

import (
	"joren/internal/clock"
	"joren/internal/fault"
)

// Find is the statement of a month, or ("") the newest. Faults:
// day.month_invalid, liability.month_unknown, liability.none_issued.
func (b *Book) Find(month string) (*Statement, error) {
	if month == "" {
		if s := b.Last(); s != nil {
			return s, nil
		}
		return nil, fault.New(fault.NotFound, "liability.none_issued")
	}
	m, err := ParseMonth(month)
	if err != nil {
		return nil, err
	}
	if s := b.Statement(m); s != nil {
		return s, nil
	}
	return nil, fault.New(fault.NotFound, "liability.month_unknown", "month", month)
}

// LastSettled is the newest month whose figures stay; nil for none.
func (b *Book) LastSettled() *Statement {
	for i := len(b.Months) - 1; i >= 0; i-- {
		if b.Months[i].Settled() {
			return b.Months[i]
		}
	}
	return nil
}

// Told is a statement as JSON, of the API and the command line alike. Points
// and money are signed as they moved the balance; shares are parts of 1.
type Told struct {
	Month     Month          `json:"month"`
	Settled   bool           `json:"settled" doc:"the month is closed: its figures stay"`
	SettledAt *clock.Instant `json:"settled_at,omitempty"`
	Currency  string         `json:"currency"`
	Closing   int64          `json:"closing" doc:"carried in all, in minor units"`
	Points    []ToldPoints   `json:"points"`
	Money     []ToldMoney    `json:"money"`
	Cohorts   []ToldCohort   `json:"cohorts" doc:"months of issue that were open or moved"`
}

// ToldCohort is the points of a month of issue, and what is carried for them.
type ToldCohort struct {
	Type     string `json:"type"`
	Origin   string `json:"origin" enum:"sale,gift,paid,migrated"`
	Issued   Month  `json:"issued"`
	Basis    int64  `json:"basis" doc:"points that were ever there to be used"`
	Used     int64  `json:"used"`
	Lapsed   int64  `json:"lapsed"`
	Open     int64  `json:"open"`
	Expected int64  `json:"expected" doc:"points expected to have been used in the end"`
	PutOff   int64  `json:"put_off" doc:"of a sale: its part put off at issue, in minor units"`
	Closing  int64  `json:"closing" doc:"carried, in minor units"`
}

// ToldStore is what a store issued and took in a month, both as plain numbers.
type ToldStore struct {
	Store  string `json:"store,omitempty" doc:"absent for what no store did"`
	Type   string `json:"type"`
	Issued int64  `json:"issued"`
	Used   int64  `json:"used"`
}

// TellStores is the form of store flows.
func TellStores(list []StoreFlow) []ToldStore {
	out := make([]ToldStore, len(list))
	for i, f := range list {
		out[i] = ToldStore{f.Store, f.Type, f.Issued, -f.Redeemed}
	}
	return out
}

// ToldPoints is the roll-forward of a type and origin in points.
type ToldPoints struct {
	Type        string `json:"type"`
	Origin      string `json:"origin" enum:"sale,gift,paid,migrated,debt" doc:"debt is what members owe, negative"`
	Opening     int64  `json:"opening"`
	Issued      int64  `json:"issued"`
	Redeemed    int64  `json:"redeemed"`
	Expired     int64  `json:"expired"`
	Reversed    int64  `json:"reversed"`
	Adjusted    int64  `json:"adjusted"`
	Transferred int64  `json:"transferred"`
	Closing     int64  `json:"closing"`
}

// ToldMoney is the roll-forward of a type and origin in minor units, with what
// it was valued by.
type ToldMoney struct {
	Type      string       `json:"type"`
	Origin    string       `json:"origin" enum:"sale,gift,paid,migrated"`
	Method    string       `json:"method" enum:"contract_liability,provision,on_use,advance"`
	Value     int64        `json:"value" doc:"of a point, in minor units"`
	Use       float64      `json:"use" doc:"the share expected to be used"`
	Source    string       `json:"source" enum:"hand,cohorts,cautious" doc:"where that share came from"`
	Hand      *ToldHand    `json:"hand,omitempty"`
	Learned   *ToldLearned `json:"learned,omitempty" doc:"absent while there is not enough to say"`
	Missing   string       `json:"missing,omitempty" doc:"code of why nothing is learned yet"`
	Opening   int64        `json:"opening"`
	Added     int64        `json:"added"`
	Spent     int64        `json:"spent"`
	Cancelled int64        `json:"cancelled"`
	Released  int64        `json:"released"`
	Closing   int64        `json:"closing"`
	OnUse     int64        `json:"on_use" doc:"cost of points used where nothing is carried"`
}

// ToldHand is what was set by hand.
type ToldHand struct {
	Use    *float64       `json:"use,omitempty"`
	By     string         `json:"by"`
	Reason string         `json:"reason"`
	At     *clock.Instant `json:"at,omitempty"`
}

// ToldLearned is what the months of issue show.
type ToldLearned struct {
	Use  float64 `json:"use"`
	Low  float64 `json:"low" doc:"of the 95 % interval"`
	High float64 `json:"high"`
}

func part(s Share) float64 { return float64(s) / float64(Whole) }

// Told is the statement in the form of [Told].
func (s *Statement) Told(currency string) Told {
	out := Told{Month: s.Month, Settled: s.Settled(), Currency: currency, Closing: s.Total().Closing, Points: []ToldPoints{}, Money: []ToldMoney{}, Cohorts: []ToldCohort{}}
	for _, w := range s.Worths {
		out.Cohorts = append(out.Cohorts, ToldCohort{w.Type, string(w.Origin), w.Month, w.Basis(), w.Used(), w.Lapsed(), w.Open(), w.Expected, w.PutOff, w.Closing})
	}
	if s.Settled() {
		out.SettledAt = &s.SettledAt
	}
	for _, r := range s.Points {
		out.Points = append(out.Points, ToldPoints{r.Type, string(r.Origin), r.Opening, r.Issued, r.Redeemed, r.Expired, r.Reversed, r.Adjusted, r.Transferred, r.Closing})
	}
	for _, c := range s.Money() {
		f := c.Money.Figures()
		m := ToldMoney{Type: c.Type, Origin: string(c.Origin), Method: string(c.Method), Value: c.Value, Use: part(c.Use), Source: string(c.Source),
			Opening: f[0], Added: f[1], Spent: f[2], Cancelled: f[3], Released: f[4], Closing: f[5], OnUse: f[6]}
		if c.Set != nil {
			m.Hand = &ToldHand{By: c.Set.By, Reason: c.Set.Reason, At: &c.Set.At}
			if c.Set.Use != nil {
				use := part(*c.Set.Use)
				m.Hand.Use = &use
			}
		}
		if c.Learnt.Missing != nil {
			m.Missing = fault.Of(c.Learnt.Missing).Code
		} else {
			m.Learned = &ToldLearned{part(c.Learnt.Share), part(c.Learnt.Low), part(c.Learnt.High)}
		}
		out.Money = append(out.Money, m)
	}
	return out
}
