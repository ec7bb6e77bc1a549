package api

import (
	"cmp"
	"encoding/csv"
	"io"

	"joren/internal/audience"
	"joren/internal/clock"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/insight"
	"joren/internal/staff"
)

type groupsIn struct{ CutIn }

type cohortsIn struct {
	CutIn
	By string `query:"by" doc:"month or quarter; month when left out"`
}

type rankingIn struct {
	CutIn
	Who       string `query:"who" doc:"bought, repeated, joined or everyone; active members when left out"`
	Rhythm    string `query:"rhythm" doc:"active, dormant or churned: against a member's own usual gap"`
	Band      int    `query:"band" minimum:"0" maximum:"10" doc:"ten points of score: 1 is 0 to 10"`
	Recency   int    `query:"recency" minimum:"0" maximum:"5" doc:"group of the map, 5 the latest"`
	Frequency int    `query:"frequency" minimum:"0" maximum:"5" doc:"group of the map, 5 the most often"`
	Sort      string `query:"sort" doc:"risk, value, score, money or last; risk when left out"`
	Rising    bool   `query:"rising" doc:"the least first"`
	After     string `query:"after" doc:"next of the page before"`
	Limit     int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

// CohortTable is the retention triangle.
type CohortTable struct {
	Cohorts []CohortRow `json:"cohorts" doc:"oldest first"`
}

// CohortRow is the members whose first purchase fell in one month or quarter.
type CohortRow struct {
	From    clock.Day    `json:"from"`
	To      clock.Day    `json:"to"`
	Members int          `json:"members"`
	Back    []CohortCell `json:"back" doc:"each month or quarter after it that has ended"`
}

// CohortCell is how many of a cohort bought in a later month or quarter.
type CohortCell struct {
	From   clock.Day `json:"from"`
	To     clock.Day `json:"to"`
	Bought int       `json:"bought"`
	Share  *float64  `json:"share" nullable:"true" doc:"null for a cohort of nobody"`
	Low    *float64  `json:"low" nullable:"true" doc:"of the 95 % interval"`
	High   *float64  `json:"high" nullable:"true"`
}

// RecencyMap is members by how recently and how often they bought.
type RecencyMap struct {
	On        clock.Day  `json:"on"`
	Members   int        `json:"members"`
	Cells     []MapCell  `json:"cells" doc:"5 × 5"`
	Recency   []MapGroup `json:"recency" doc:"days since the last purchase, group 1 first"`
	Frequency []MapGroup `json:"frequency" doc:"days with a purchase"`
	Money     []MapGroup `json:"money" doc:"net, minor units"`
}

// MapCell is a cell of the map.
type MapCell struct {
	Recency   int   `json:"recency"`
	Frequency int   `json:"frequency"`
	Members   int   `json:"members"`
	Money     int64 `json:"money" doc:"net, minor units, of all of them"`
}

// MapGroup is where a group is cut.
type MapGroup struct {
	Group   int   `json:"group"`
	Members int   `json:"members"`
	Low     int64 `json:"low"`
	High    int64 `json:"high"`
}

// MixAnswer is who the members are.
type MixAnswer struct {
	Members int        `json:"members" doc:"active"`
	Joined  int        `json:"joined" doc:"of them, within the period"`
	Shares  []MixShare `json:"shares"`
}

// MixShare is one value of a division.
type MixShare struct {
	Division string `json:"division" enum:"tier,join_source,age,gender,area"`
	Value    string `json:"value" doc:"empty: not known"`
	Members  int    `json:"members"`
	Of       int    `json:"of" doc:"join_source counts those who joined within the period, the others all members"`
}

// RankingPage is a page of the list of value and risk.
type RankingPage struct {
	On          clock.Day    `json:"on"`
	HorizonDays int          `json:"horizon_days"`
	Missing     *Missing     `json:"missing,omitempty" doc:"why nobody has a score"`
	Total       int          `json:"total"`
	Members     []RankingRow `json:"members"`
	Next        *string      `json:"next" nullable:"true" doc:"pass as after for the next page; null at the end"`
}

// RankingRow is a member with what she is worth and what is at risk.
type RankingRow struct {
	Member      string     `json:"member"`
	Score       *float64   `json:"score" nullable:"true"`
	Probability *float64   `json:"probability" nullable:"true"`
	Purchases   *float64   `json:"expected_purchases" nullable:"true"`
	Spend       *float64   `json:"expected_spend" nullable:"true" doc:"minor units"`
	AtRisk      *float64   `json:"at_risk" nullable:"true" doc:"minor units: her spend within the horizon at her usual pace, at most what she has spent so far, times the chance that she does not come; null with fewer than two days of purchase"`
	Bought      int64      `json:"bought" doc:"within the period, minor units"`
	Days        int        `json:"purchase_days" doc:"within the period"`
	LastOn      *clock.Day `json:"last_purchase" nullable:"true"`
	Rhythm      string     `json:"rhythm,omitempty" enum:"active,dormant,churned"`
	Why         string     `json:"why,omitempty"`
}

func (s *server) insightGroups() {
	get := func(path, summary, detail string) route {
		return route{Method: "GET", Path: "/v1/insight/" + path, Tag: "Insight", Scope: staff.ScopeRead, Summary: summary, Detail: detail, Timeout: uploadTime}
	}
	handle(s, get("members", "Value and risk", "Members with score, expected value and what is at risk, in an order; pages stay where they are while members come and go."), s.getRanking)
	handle(s, get("cohorts", "Retention", "By the month or quarter of the first purchase ever: how many bought in each one after it."), s.getCohorts)
	handle(s, get("cohorts.csv", "Retention as a file", "The same figures, unrounded."), s.getCohortsCSV)
	handle(s, get("map", "The map of recency and frequency", "Active members with a purchase, in five by five groups."), s.getMap)
	handle(s, get("map.csv", "The map as a file", "Its 25 cells."), s.getMapCSV)
	handle(s, get("mix", "Who the members are", "By rank, way of joining, age, gender and area."), s.getMix)
	handle(s, get("mix.csv", "Who they are as a file", "The same counts."), s.getMixCSV)
}

// cut is the board and the filter of a request.
func (s *server) cut(c *call, in *CutIn) (b *insight.Board, f insight.Filter, err error) {
	if b, err = s.board(); err != nil {
		return b, f, err
	}
	if f, err = in.filter(); err != nil {
		return b, f, err
	}
	return b, f, audience.CheckCut(c.ctx, s.DB, b, s.Members, s.Programmes, f)
}

// oneOf refuses a parameter that is none of its words.
func oneOf(name, value string, words ...string) error {
	for _, w := range append(words, "") {
		if value == w {
			return nil
		}
	}
	return fault.New(fault.Invalid, "insight.filter").With(fault.At(name, "insight.filter_option", "value", value))
}

// table answers rows as a file.
func table(name string, rows [][]string) *download {
	return &download{name: name + ".csv", write: func(w io.Writer) error { return csv.NewWriter(w).WriteAll(rows) }}
}

func (s *server) cohortsOf(c *call, in *cohortsIn) ([]insight.Cohort, error) {
	b, f, err := s.cut(c, &in.CutIn)
	if err == nil {
		err = oneOf("by", in.By, "month", "quarter")
	}
	if err != nil {
		return nil, err
	}
	step := 1
	if in.By == "quarter" {
		step = 3
	}
	return b.Cohorts(c.ctx, f, step)
}

func (s *server) getCohorts(c *call, in *cohortsIn) (answer[CohortTable], error) {
	list, err := s.cohortsOf(c, in)
	out := CohortTable{Cohorts: []CohortRow{}}
	for _, x := range list {
		row := CohortRow{From: x.Start, To: x.End, Members: x.N, Back: []CohortCell{}}
		for _, b := range x.Back {
			cell := CohortCell{From: b.From, To: b.To, Bought: b.Bought}
			if x.N > 0 {
				cell.Share, cell.Low, cell.High = &b.Share, &b.Low, &b.High
			}
			row.Back = append(row.Back, cell)
		}
		out.Cohorts = append(out.Cohorts, row)
	}
	return ok(out), err
}

func (s *server) getCohortsCSV(c *call, in *cohortsIn) (out answer[CSV], err error) {
	list, err := s.cohortsOf(c, in)
	out.file = table("cohorts", insight.CohortTable(list))
	return out, err
}

func (s *server) mapOf(c *call, in *groupsIn) (m insight.RFM, err error) {
	b, f, err := s.cut(c, &in.CutIn)
	if err != nil {
		return m, err
	}
	return b.Map(c.ctx, f)
}

func (s *server) getMap(c *call, in *groupsIn) (answer[RecencyMap], error) {
	m, err := s.mapOf(c, in)
	out := RecencyMap{On: m.Day, Members: m.Members, Cells: []MapCell{}, Recency: groups(m.Recency), Frequency: groups(m.Visits), Money: groups(m.Money)}
	for r, row := range m.Cells {
		for f, x := range row {
			out.Cells = append(out.Cells, MapCell{r + 1, f + 1, x.Members, x.Money})
		}
	}
	return ok(out), err
}

func groups(list [insight.Classes]insight.Bounds) []MapGroup {
	out := make([]MapGroup, len(list))
	for i, b := range list {
		out[i] = MapGroup{i + 1, b.Members, b.Low, b.High}
	}
	return out
}

func (s *server) getMapCSV(c *call, in *groupsIn) (out answer[CSV], err error) {
	m, err := s.mapOf(c, in)
	out.file = table("map", insight.MapTable(m))
	return out, err
}

func (s *server) mixOf(c *call, in *groupsIn) (m insight.Mix, err error) {
	b, f, err := s.cut(c, &in.CutIn)
	if err != nil {
		return m, err
	}
	return b.Mix(c.ctx, f)
}

func (s *server) getMix(c *call, in *groupsIn) (answer[MixAnswer], error) {
	m, err := s.mixOf(c, in)
	out := MixAnswer{Members: m.Members, Joined: m.Joined, Shares: []MixShare{}}
	for _, x := range m.Shares() {
		out.Shares = append(out.Shares, MixShare{x.Division, x.Value, x.N, x.Of})
	}
	return ok(out), err
}

func (s *server) getMixCSV(c *call, in *groupsIn) (out answer[CSV], err error) {
	m, err := s.mixOf(c, in)
	out.file = table("mix", insight.MixTable(m))
	return out, err
}

// pick is the part of the members a request asks for.
func (in *rankingIn) pick(f insight.Filter) (p insight.Pick, err error) {
	p = insight.Pick{Filter: f, Who: insight.Who(in.Who), Recency: in.Recency, Frequency: in.Frequency, Band: in.Band}
	for _, x := range []insight.Rhythm{insight.InRhythm, insight.Dormant, insight.Churned} {
		if x.String() == in.Rhythm {
			p.Rhythm = &x
		}
	}
	return p, cmp.Or(
		oneOf("who", in.Who, string(insight.Bought), string(insight.Repeated), string(insight.Joined), string(insight.Everyone)),
		oneOf("rhythm", in.Rhythm, "active", "dormant", "churned"),
		oneOf("sort", in.Sort, "risk", "value", "score", "money", "last"))
}

func (s *server) getRanking(c *call, in *rankingIn) (out answer[RankingPage], err error) {
	b, f, err := s.cut(c, &in.CutIn)
	if err != nil {
		return out, err
	}
	p, err := in.pick(f)
	if err != nil {
		return out, err
	}
	after, err := insight.ParseMark(in.After)
	if err != nil {
		return out, fault.New(fault.Invalid, "request.parameters").With(fault.At("after", "cursor.invalid"))
	}
	by := insight.Order(in.Sort)
	if by == "" {
		by = insight.ByRisk
	}
	list, next, all, r, err := b.RankingAfter(c.ctx, by, in.Rising, p, after, in.Limit)
	if err != nil {
		return out, err
	}
	currency, err := s.currency(c)
	out.body = RankingPage{On: r.Day, HorizonDays: r.Horizon, Missing: c.missing(r.Missing), Total: all, Members: []RankingRow{}}
	for _, x := range list {
		out.body.Members = append(out.body.Members, c.ranking(x, currency))
	}
	if text := next.String(); text != "" {
		out.body.Next = &text
	}
	return out, err
}

func (c *call) ranking(x insight.Worth, currency string) RankingRow {
	row := RankingRow{Member: ident.Member.Text(x.Member), Bought: x.Money, Days: x.Visits}
	if x.Told {
		o := x.Loyalty.Odds
		row.Score, row.Probability, row.Purchases, row.Spend = point(x.Loyalty.Score), &o.Probability, &o.Count, spendOf(&o)
		if risk, ok := x.Risk(); ok {
			row.AtRisk = &risk
		}
	}
	if x.Loyalty.Past.Visits > 0 {
		row.Rhythm, row.Why = x.Rhythm.String(), x.Why(c.lang(), currency)
	}
	if x.Last != 0 {
		row.LastOn = &x.Last
	}
	return row
}
