package api

import "joren/internal/clock"

// Score is a member's loyalty score with what explains it. Points of average
// and reasons sum to the behaviour part; what parts give sums to the score.
type Score struct {
	Member      string        `json:"member"`
	On          clock.Day     `json:"on" doc:"the business day it is about"`
	Score       *float64      `json:"score" nullable:"true" doc:"0 to 100; null when it cannot be told, and missing says why"`
	Missing     *Missing      `json:"missing,omitempty"`
	HorizonDays int           `json:"horizon_days"`
	Probability *float64      `json:"probability" nullable:"true" doc:"of at least one purchase within the horizon"`
	Purchases   *float64      `json:"expected_purchases" nullable:"true"`
	Spend       *float64      `json:"expected_spend" nullable:"true" doc:"minor units"`
	Rhythm      string        `json:"rhythm,omitempty" enum:"active,dormant,churned" doc:"against her own usual gap"`
	Parts       []ScorePart   `json:"parts"`
	Average     *float64      `json:"average,omitempty" doc:"the behaviour part of an average member"`
	Reasons     []ScoreReason `json:"reasons"`
	History     []ScoreMonth  `json:"history" doc:"at months' ends, oldest first"`
}

// Missing says why there is no figure.
type Missing struct {
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// ScorePart is one part of a score. A part nobody knows yet has no value and
// counts for nothing.
type ScorePart struct {
	Part   string   `json:"part" enum:"behaviour,attitude,advocacy,service"`
	Known  bool     `json:"known"`
	Value  *float64 `json:"value" nullable:"true" doc:"0 to 100"`
	Gives  *float64 `json:"gives" nullable:"true" doc:"points of the score"`
	Weight float64  `json:"weight" doc:"among the known parts"`
}

// ScoreReason is what a side of her buying adds to an average member's score.
type ScoreReason struct {
	Side   string  `json:"side" enum:"recency,frequency,money,tenure,pattern"`
	Points float64 `json:"points"`
	Text   string  `json:"text"`
}

// ScoreMonth is a score at a month's end.
type ScoreMonth struct {
	Month       string  `json:"month"`
	Score       float64 `json:"score"`
	HorizonDays int     `json:"horizon_days"`
}

// MetricValue is a metric under a filter.
type MetricValue struct {
	Metric  string   `json:"metric"`
	Name    string   `json:"name"`
	Unit    string   `json:"unit" enum:"people,purchases,times,money,share,days,points" doc:"money is in minor units, a share of 0.25 is 25 %"`
	Value   *float64 `json:"value" nullable:"true"`
	N       int      `json:"n" doc:"how many it is about"`
	Low     *float64 `json:"low,omitempty" doc:"of the 95 % interval"`
	High    *float64 `json:"high,omitempty"`
	Missing *Missing `json:"missing,omitempty"`
	Formula string   `json:"formula"`
}

// MetricGroup is one value of a cut.
type MetricGroup struct {
	Key     string        `json:"key,omitempty" doc:"absent without a cut"`
	Metrics []MetricValue `json:"metrics"`
}

// MetricTable is the metrics of the shop, or of each value of a cut.
type MetricTable struct {
	Groups []MetricGroup `json:"groups"`
}

// Models is what the repeat-buying models found.
type Models struct {
	From        clock.Day  `json:"from"`
	On          clock.Day  `json:"on"`
	HorizonDays int        `json:"horizon_days"`
	Chosen      string     `json:"chosen,omitempty" doc:"forecasts counts and carries the score to its horizon"`
	DropoutSeen bool       `json:"dropout_seen" doc:"false: this window does not show anybody leaving"`
	Models      []ModelFit `json:"models"`
	Missing     *Missing   `json:"missing,omitempty"`
}

// ModelFit is one model at the maximum of its likelihood; times are weeks.
type ModelFit struct {
	Model         string    `json:"model"`
	Parameters    []float64 `json:"parameters"`
	LogLikelihood float64   `json:"log_likelihood"`
	DropoutP      *float64  `json:"dropout_p,omitempty" doc:"of the likelihood-ratio test against no dropout"`
	Customers     int       `json:"customers"`
}

// BacktestAnswer says how forecasts of a past day fared.
type BacktestAnswer struct {
	From        clock.Day       `json:"from"`
	Split       clock.Day       `json:"split" doc:"the last day learned from"`
	Until       clock.Day       `json:"until"`
	HorizonDays int             `json:"horizon_days"`
	Customers   int             `json:"customers"`
	Base        float64         `json:"base" doc:"share who bought again"`
	DropoutSeen bool            `json:"dropout_seen"`
	Trials      []BacktestTrial `json:"trials"`
	Bins        []BacktestBin   `json:"bins" doc:"of the score: what was said and what came"`
}

// BacktestTrial is one way of forecasting.
type BacktestTrial struct {
	Model       string    `json:"model"`
	AUC         *float64  `json:"auc" nullable:"true" doc:"null, as others, when it cannot be told, and missing says why"`
	Lift        *float64  `json:"top_decile_lift" nullable:"true"`
	ECE         float64   `json:"calibration_error"`
	LogLoss     float64   `json:"log_loss"`
	MAE         float64   `json:"count_mae"`
	RMSE        float64   `json:"count_rmse"`
	CountExcess *float64  `json:"count_total_error" nullable:"true"`
	SpendGini   *float64  `json:"spend_gini" nullable:"true"`
	SpendExcess *float64  `json:"spend_total_error" nullable:"true"`
	Missing     []Missing `json:"missing"`
}

// BacktestBin is customers of like probability.
type BacktestBin struct {
	N    int      `json:"n"`
	Said *float64 `json:"said" nullable:"true" doc:"null where nobody is"`
	Came *float64 `json:"came" nullable:"true"`
}
