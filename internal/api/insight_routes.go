package api

import (
	"encoding/csv"
	"io"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/insight"
	"joren/internal/staff"
)

type scoreIn struct {
	ID string `path:"id" doc:"mem_…"`
}

// CutIn is the filter that all figures share.
type CutIn struct {
	From       string `query:"from" doc:"first business day; from the beginning when left out"`
	To         string `query:"to" doc:"last business day; today when left out"`
	Store      string `query:"store"`
	Channel    string `query:"channel"`
	Segment    string `query:"segment" doc:"id of a segment"`
	Tier       string `query:"tier" doc:"rank now"`
	Age        string `query:"age" doc:"0-19, 20-29, … 60-69 or 70-: reached in the year in which the period ends"`
	Gender     string `query:"gender"`
	Area       string `query:"area"`
	Own        string `query:"own" doc:"an attribute of the shop's own and its value, as skin:dry; choices and yes-or-no only"`
	JoinStore  string `query:"join_store"`
	JoinSource string `query:"join_source"`
	CohortFrom string `query:"cohort_from" doc:"first day of the first purchase ever"`
	CohortTo   string `query:"cohort_to"`
}

type metricsIn struct {
	CutIn
	By string `query:"by" doc:"tier, store, channel, join_source, join_store, age, gender, area or own: one group for each"`
}

func (in *CutIn) filter() (insight.Filter, error) {
	return insight.ParseFilter(func(name string) string {
		return map[string]string{"from": in.From, "to": in.To, "store": in.Store, "channel": in.Channel, "segment": in.Segment, "tier": in.Tier,
			"age": in.Age, "gender": in.Gender, "area": in.Area, "own": in.Own,
			"join_store": in.JoinStore, "join_source": in.JoinSource, "cohort_from": in.CohortFrom, "cohort_to": in.CohortTo}[name]
	})
}

type backtestIn struct {
	Split   clock.Day `query:"split" doc:"the last day to learn from; the day that leaves the horizon when left out"`
	Horizon int       `query:"horizon" minimum:"0" maximum:"3660" doc:"days; the shop's when left out"`
}

func (s *server) insights() {
	get := func(path, summary, detail string) route {
		return route{Method: "GET", Path: "/v1/insight/" + path, Tag: "Insight", Scope: staff.ScopeRead, Summary: summary, Detail: detail, Timeout: uploadTime}
	}
	handle(s, get("members/{id}/score", "A member's loyalty score", "0 to 100 with parts and reasons that add up. It is no probability to be “alive”: it says how likely a purchase within the horizon is."), s.getScore)
	handle(s, get("metrics", "Metrics", "Every metric of the registry under one filter, as the console shows them."), s.getMetricTable)
	handle(s, get("metrics.csv", "Metrics as a file", "The same figures, unrounded."), s.getMetricsCSV)
	handle(s, get("models", "The repeat-buying models", "Fitted on the shop's own past up to today."), s.getModels)
	handle(s, get("backtest", "A back-test", "Forecasts made on a past day against what then came, for every model and the score."), s.getBacktest)
	s.insightGroups()
	s.insightReports()
	s.insightProducts()
}

// board is the desk; a server that measures nothing says so.
func (s *server) board() (*insight.Board, error) {
	if s.Insight == nil {
		return nil, fault.New(fault.Unavailable, "insight.not_loaded")
	}
	return s.Insight, nil
}

func point(t insight.Tenths) *float64 {
	v := float64(t) / 10
	return &v
}

func (c *call) missing(err error) *Missing {
	if err == nil {
		return nil
	}
	return &Missing{Code: fault.Of(err).Code, Detail: insight.Explain(c.lang(), err)}
}

func (s *server) getScore(c *call, in *scoreIn) (answer[Score], error) {
	id, err := ident.Member.Parse(in.ID)
	if err != nil {
		return answer[Score]{}, fault.New(fault.NotFound, "member.unknown")
	}
	b, err := s.board()
	if err != nil {
		return answer[Score]{}, err
	}
	st, err := b.Standing(c.ctx, id)
	if err != nil {
		return answer[Score]{}, err
	}
	currency, err := s.currency(c)
	return ok(c.score(st, currency)), err
}

// spendOf is the spend expected; nil where it cannot be forecast.
func spendOf(o *insight.Odds) *float64 {
	if o.NoMoney {
		return nil
	}
	return &o.Money
}

func (c *call) score(st *insight.Standing, currency string) Score {
	l := st.Loyalty
	out := Score{Member: ident.Member.Text(st.Member), On: st.Day, HorizonDays: l.Horizon, Missing: c.missing(st.Missing), Parts: []ScorePart{}, Reasons: []ScoreReason{}, History: []ScoreMonth{}}
	if l.Past.Visits > 0 {
		out.Rhythm = st.Rhythm.String()
	}
	if st.Missing == nil {
		out.Score = point(l.Score)
	}
	if len(l.Reasons) > 0 {
		out.Probability, out.Purchases, out.Spend, out.Average = &l.Odds.Probability, &l.Odds.Count, spendOf(&l.Odds), point(l.Average)
	}
	for _, p := range l.Parts {
		x := ScorePart{Part: p.Name, Known: p.Known, Weight: p.Weight}
		if p.Known {
			x.Value, x.Gives = point(p.Value), point(p.Gives)
		}
		out.Parts = append(out.Parts, x)
	}
	for _, r := range l.Reasons {
		out.Reasons = append(out.Reasons, ScoreReason{r.Side, *point(r.Points), l.Sentence(c.lang(), r.Side, currency)})
	}
	for _, k := range st.History {
		out.History = append(out.History, ScoreMonth{k.Month, *point(k.Score), k.Horizon})
	}
	return out
}

func (s *server) getMetricTable(c *call, in *metricsIn) (answer[MetricTable], error) {
	b, f, err := s.cut(c, &in.CutIn)
	if err != nil {
		return answer[MetricTable]{}, err
	}
	groups := []insight.Group{{}}
	if in.By == "" {
		groups[0].Values, err = b.Metrics(c.ctx, f)
	} else {
		groups, err = b.MetricsBy(c.ctx, f, insight.Cut(in.By))
	}
	out := MetricTable{Groups: []MetricGroup{}}
	for _, g := range groups {
		out.Groups = append(out.Groups, MetricGroup{g.Key, c.metricValues(g.Values)})
	}
	return ok(out), err
}

func (c *call) metricValues(list []insight.Value) []MetricValue {
	out := make([]MetricValue, len(list))
	for i, v := range list {
		x := MetricValue{Metric: v.Metric.ID, Name: v.Metric.Name(c.lang()), Unit: string(v.Metric.Unit), N: v.N, Missing: c.missing(v.Missing), Formula: v.Metric.Formula(c.lang())}
		if v.Missing == nil {
			x.Value = &v.Value
		}
		if v.Interval {
			x.Low, x.High = &v.Low, &v.High
		}
		out[i] = x
	}
	return out
}

func (s *server) getMetricsCSV(c *call, in *groupsIn) (out answer[CSV], err error) {
	b, f, err := s.cut(c, &in.CutIn)
	if err != nil {
		return out, err
	}
	values, err := b.Metrics(c.ctx, f)
	l := c.lang()
	out.file = &download{name: "metrics.csv", write: func(w io.Writer) error { return csv.NewWriter(w).WriteAll(insight.Table(l, values)) }}
	return out, err
}

func (s *server) getModels(c *call, _ *struct{}) (answer[Models], error) {
	b, err := s.board()
	if err != nil {
		return answer[Models]{}, err
	}
	r, err := b.Reading(c.ctx)
	if err != nil {
		return answer[Models]{}, err
	}
	out := Models{From: r.First, On: r.Day, HorizonDays: r.Horizon, Models: []ModelFit{}, Missing: c.missing(r.Missing)}
	if r.Missing == nil {
		out.Chosen, out.DropoutSeen = r.Score.Model.Name(), r.Score.Fits.DropoutSeen()
		for _, f := range r.Score.Fits.All() {
			x := ModelFit{Model: f.Model.Name(), Parameters: f.Model.Params(), LogLikelihood: f.LogLik, Customers: f.Customers}
			if x.Model != "nbd" {
				x.DropoutP = &f.Dropout.P
			}
			out.Models = append(out.Models, x)
		}
	}
	return ok(out), nil
}

func (s *server) getBacktest(c *call, in *backtestIn) (answer[BacktestAnswer], error) {
	b, err := s.board()
	if err != nil {
		return answer[BacktestAnswer]{}, err
	}
	t, err := b.TryAt(c.ctx, in.Split, in.Horizon)
	if err != nil {
		return answer[BacktestAnswer]{}, err
	}
	out := BacktestAnswer{From: t.First, Split: t.Split, Until: t.Until, HorizonDays: t.Horizon, Customers: t.Customers, Base: t.Base, DropoutSeen: t.DropoutSeen, Trials: []BacktestTrial{}, Bins: []BacktestBin{}}
	for _, r := range t.Rows {
		out.Trials = append(out.Trials, c.trial(&r))
	}
	for _, x := range t.Bins {
		out.Bins = append(out.Bins, binOf(x.N, x.Said, x.Came))
	}
	return ok(out), nil
}

// trial tells a row of a back-test; what cannot be had is null.
func (c *call) trial(r *insight.Trial) BacktestTrial {
	out := BacktestTrial{Model: r.Name, ECE: r.Calibration, LogLoss: r.LogLoss, MAE: r.MAE, RMSE: r.RMSE, Missing: []Missing{}}
	if r.NoRanking == nil {
		out.AUC, out.Lift = &r.AUC, &r.Lift
	}
	if r.NoTotal == nil {
		out.CountExcess = &r.Excess
	}
	if r.NoSpend == nil {
		out.SpendGini, out.SpendExcess = &r.MoneyGini, &r.MoneyExcess
	}
	for _, err := range r.Missing() {
		out.Missing = append(out.Missing, *c.missing(insight.Why(err)))
	}
	return out
}

func binOf(n int, said, came float64) BacktestBin {
	if n == 0 {
		return BacktestBin{}
	}
	return BacktestBin{n, &said, &came}
}

// currency is the programme's, "" while none is in force.
func (s *server) currency(c *call) (currency string, err error) {
	err = s.DB.Read(c.ctx, func(tx *db.Tx) error {
		p, err := s.Programmes.At(tx, tx.Now)
		if fault.Is(err, "programme.none_in_force") {
			return nil
		}
		if err == nil {
			currency = p.Currency
		}
		return err
	})
	return currency, err
}
