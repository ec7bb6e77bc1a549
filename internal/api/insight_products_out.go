package api

import "joren/internal/clock"

// Share is a share of n with its 95 % interval.
type Share struct {
	Value   *float64 `json:"value" nullable:"true" doc:"0.25 is 25 %; null when it cannot be told, and missing says why"`
	Low     *float64 `json:"low,omitempty"`
	High    *float64 `json:"high,omitempty"`
	N       int      `json:"n"`
	Missing *Missing `json:"missing,omitempty"`
}

// ProductFigures is what is known of one product. A member counts once a day.
type ProductFigures struct {
	Product      string           `json:"product"`
	Name         string           `json:"name"`
	Category     string           `json:"category,omitempty"`
	Buyers       int              `json:"buyers"`
	RepeatBuyers int              `json:"repeat_buyers" doc:"who bought it on at least two days"`
	Days         int              `json:"customer_days"`
	Quantity     int64            `json:"quantity" doc:"what is kept"`
	Sales        int64            `json:"sales" doc:"to members, minor units"`
	LastOn       clock.Day        `json:"last_on"`
	Again        Share            `json:"repeat_share" doc:"repeat buyers of all buyers, so far"`
	Back         Share            `json:"back_share" doc:"who come back for it within interval.within_days, corrected for those still waiting"`
	Interval     *ProductInterval `json:"interval,omitempty" doc:"absent when back_share is missing"`
	Replenished  bool             `json:"replenished" doc:"it is bought again often enough to say when the next is due"`
	Entry        Share            `json:"entry_share" doc:"of first purchases with it, those followed by another visit within 90 days"`
}

// ProductInterval is days until the next purchase, of those who come back.
type ProductInterval struct {
	Median       int `json:"median"`
	Low          int `json:"low" doc:"of the median's 95 % interval"`
	High         int `json:"high"`
	Quarter      int `json:"quarter" doc:"by when a quarter of the returns have come"`
	ThreeQuarter int `json:"three_quarters"`
	Within       int `json:"within_days" doc:"how long enough buyers have been watched"`
	Repeaters    int `json:"repeat_buyers"`
	Gaps         int `json:"gaps"`
}

// ProductPage is a page of products.
type ProductPage struct {
	On       clock.Day        `json:"on"`
	From     clock.Day        `json:"from" doc:"the first customer-day"`
	Members  int              `json:"members"`
	Days     int              `json:"customer_days"`
	Total    int              `json:"total"`
	Products []ProductFigures `json:"products"`
}

// ProductAnswer is a product with what is behind its figures.
type ProductAnswer struct {
	On clock.Day `json:"on"`
	ProductFigures
	GoesWith []ProductPair `json:"goes_with"`
	Ended    []GapLength   `json:"gaps_ended"`
	Open     []GapLength   `json:"gaps_open" doc:"members by the days since they last bought it"`
}

// GapLength counts gaps of a length.
type GapLength struct {
	Days int `json:"days"`
	N    int `json:"n"`
}

// ProductPair is a product bought on the same days more often than by chance.
type ProductPair struct {
	Product    string  `json:"product"`
	Name       string  `json:"name"`
	Both       int     `json:"days_together"`
	Days       int     `json:"days"`
	WithDays   int     `json:"with_days"`
	AllDays    int     `json:"all_days"`
	Members    int     `json:"members"`
	Support    float64 `json:"support"`
	Confidence float64 `json:"confidence"`
	Lift       float64 `json:"lift"`
	Low        float64 `json:"lift_low"`
	High       float64 `json:"lift_high"`
	Extra      float64 `json:"extra_days" doc:"more than by chance, at the least"`
	Chance     float64 `json:"chance" doc:"of Fisher's exact test, times the pairs compared"`
}

// DueRow is one member and one product.
type DueRow struct {
	Member   string    `json:"member"`
	Product  string    `json:"product"`
	Name     string    `json:"name"`
	State    string    `json:"state" enum:"overdue,soon,later"`
	On       clock.Day `json:"due_on"`
	Last     clock.Day `json:"last_on"`
	Times    int       `json:"times"`
	Interval float64   `json:"interval_days" doc:"her own, drawn to the product's"`
	Own      float64   `json:"own_weight" doc:"of her own gaps in it"`
	Chance   float64   `json:"chance" doc:"of buying it within within_days"`
	Amount   int64     `json:"usual_amount" doc:"minor units"`
	Worth    float64   `json:"worth" doc:"chance × usual_amount"`
}

// DuePage is a page of who is due.
type DuePage struct {
	On         clock.Day `json:"on"`
	WithinDays int       `json:"within_days"`
	Total      int       `json:"total"`
	Due        []DueRow  `json:"due"`
}

// DueTrialAnswer says how a past day's list fared.
type DueTrialAnswer struct {
	From     clock.Day     `json:"from"`
	Split    clock.Day     `json:"split"`
	Until    clock.Day     `json:"until"`
	Products int           `json:"products" doc:"replenished at the split"`
	Base     Share         `json:"base" doc:"of all members and products, those bought once included"`
	Said     float64       `json:"said" doc:"mean chance over all of them"`
	Rows     []DueTrialRow `json:"rows"`
	Bins     []BacktestBin `json:"bins" doc:"tenths by what was said"`
}

// DueTrialRow is one way to choose.
type DueTrialRow struct {
	Chosen string   `json:"chosen" enum:"list,soon,overdue,thrice,top,later,stopped,once,often,newest,chance"`
	Bought int      `json:"bought"`
	Share  Share    `json:"share"`
	Said   *float64 `json:"said" nullable:"true"`
	Lift   *float64 `json:"lift" nullable:"true" doc:"share over base; 1 is no better than anybody"`
}
