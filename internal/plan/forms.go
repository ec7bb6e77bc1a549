package plan

import (
	"slices"
	"time"

	"github.com/goccy/go-yaml/ast"

	"joren/internal/clock"
	"joren/internal/rules"
)

// pendingForm is none, {days}, {date} or {until, cancel_after_days}.
type pendingForm struct{ rules.Pending }

type pendingDoc struct {
	Days   *int      `y:"days,min=0,max=366" about:"usable from the first instant of business day + days"`
	Date   clock.Day `y:"date" about:"usable from this day"`
	Until  string    `y:"until,id" about:"usable from this event of the purchase, e.g. delivered"`
	Cancel int       `y:"cancel_after_days,min=1,max=3660" about:"until: void after these days without it"`
}

func (p *pendingForm) read(r *reader, path string, n ast.Node) {
	if r.oneWord(path, n, "none") != "" {
		return
	}
	var d pendingDoc
	if !r.isMapping(path, n) || !r.object(path, n, &d) || !r.exactlyOne(path, "days", "date", "until") {
		return
	}
	if d.Cancel > 0 && d.Until == "" {
		r.bad(path+".cancel_after_days", "programme.needs", "key", "cancel_after_days", "other", "until")
	}
	switch {
	case d.Days != nil:
		p.Pending = rules.Pending{Kind: rules.PendingDays, Days: *d.Days}
	case d.Date != 0:
		p.Pending = rules.Pending{Kind: rules.PendingDate, Date: d.Date}
	case d.Until != "":
		p.Pending = rules.Pending{Kind: rules.PendingUntil, Event: d.Until, CancelAfterDays: d.Cancel}
	}
}

func (p *pendingForm) shape() schema {
	return either(words([]string{"none"}), objectSchema[pendingDoc]())
}

// expiryForm is never or a mapping.
type expiryForm struct{ rules.Expiry }

type expiryDoc struct {
	Months  int              `y:"months,min=1,max=1200" about:"months after"`
	Days    int              `y:"days,min=1,max=36600" about:"days after"`
	Dates   []clock.MonthDay `y:"dates" about:"fixed dates MM-DD: the first on or after start + min_days"`
	MinDays int              `y:"min_days,min=0,max=3660" about:"dates: shortest life"`
	From    string           `y:"from,one=activation|earned|last_activity" about:"default activation; last_activity: every purchase and use begins it anew"`
	Round   string           `y:"round,one=end_of_month|end_of_quarter|end_of_half_year|end_of_fiscal_year" about:"lengthened to the end of"`
	LastDay string           `y:"last_day,one=same_day|day_before" about:"default same_day"`
}

var roundings = map[string]rules.Rounding{"end_of_month": rules.RoundMonth, "end_of_quarter": rules.RoundQuarter,
	"end_of_half_year": rules.RoundHalf, "end_of_fiscal_year": rules.RoundFiscalYear}

func (e *expiryForm) read(r *reader, path string, n ast.Node) {
	if r.oneWord(path, n, "never") != "" {
		return
	}
	var d expiryDoc
	if !r.isMapping(path, n) || !r.object(path, n, &d) || !r.exactlyOne(path, "months", "days", "dates") {
		return
	}
	e.Expiry = d.expiry()
	if e.Kind == rules.ExpirySliding && d.Months == 0 {
		r.bad(path+".from", "programme.needs", "key", "from: last_activity", "other", "months")
	}
	if d.MinDays > 0 && d.Dates == nil {
		r.bad(path+".min_days", "programme.needs", "key", "min_days", "other", "dates")
	}
	if d.LastDay == "day_before" && (d.Round != "" || d.Dates != nil) {
		r.bad(path+".last_day", "programme.contradiction", "key", "last_day: day_before", "other", "round, dates")
	}
}

func (d expiryDoc) expiry() rules.Expiry {
	e := rules.Expiry{Months: d.Months, Days: d.Days, Dates: d.Dates, MinDays: d.MinDays, Round: roundings[d.Round],
		DayBefore: d.LastDay == "day_before", Earned: d.From == "earned"}
	switch {
	case d.From == "last_activity":
		e.Kind = rules.ExpirySliding
	case d.Months > 0:
		e.Kind = rules.ExpiryMonths
	case d.Days > 0:
		e.Kind = rules.ExpiryDays
	case d.Dates != nil:
		e.Kind = rules.ExpiryFixed
	}
	return e
}

func (e *expiryForm) shape() schema {
	return either(words([]string{"never"}), objectSchema[expiryDoc]())
}

// windowForm is a word or {from, to}.
type windowForm struct {
	kind     rules.Window
	from, to clock.Day
}

type rangeDoc struct {
	From clock.Day `y:"from,req" about:"first day"`
	To   clock.Day `y:"to,req" about:"last day, inclusive"`
}

var limitWindows = []string{"order", "day", "week", "month", "year", "lifetime"}

func (w *windowForm) read(r *reader, path string, n ast.Node) {
	if s := r.oneWord(path, n, limitWindows...); s != "" {
		w.kind = rules.Window(s)
		return
	}
	var d rangeDoc
	if r.isMapping(path, n) && r.object(path, n, &d) {
		r.ordered(path, d.From, d.To)
		*w = windowForm{rules.WindowRange, d.From, d.To}
	}
}

func (w *windowForm) shape() schema { return either(words(limitWindows), objectSchema[rangeDoc]()) }

// read fills a count limit: a number, or {max, window}.
func (c *CountLimit) read(r *reader, path string, n ast.Node) {
	c.Window = rules.WindowLifetime
	if _, ok := n.(*ast.IntegerNode); ok {
		if x, ok := r.number(path, n); ok && r.within(path, x, field{min: new(int64(1))}) {
			c.Max = x
		}
		return
	}
	var d countDoc
	if r.isMapping(path, n) && r.object(path, n, &d) {
		c.Max = d.Max
		if d.Window != "" {
			c.Window = d.Window
		}
	}
}

type countDoc struct {
	Max    int64        `y:"max,req,min=1" about:"the most"`
	Window rules.Window `y:"window,one=order|day|week|month|year|lifetime" about:"default lifetime"`
}

func (c *CountLimit) shape() schema {
	return either(schema{"type": "integer", "minimum": 1}, objectSchema[countDoc]())
}

// read fills a price: a number, or {default, TIER: …}.
func (p *Price) read(r *reader, path string, n ast.Node) {
	if _, ok := n.(*ast.IntegerNode); ok {
		p.Default = r.price(path, n)
		return
	}
	es, ok := r.entries(path, n)
	for _, e := range es {
		x := r.price(join(path, e.key), e.value)
		if e.key == "default" {
			p.Default = x
		} else {
			p.ByTier = append(p.ByTier, TierAmount{e.key, x})
		}
	}
	if ok && !r.has(path+".default") {
		r.bad(path, "programme.missing", "key", "default")
	}
}

func (r *reader) price(path string, n ast.Node) int64 {
	x, ok := r.number(path, n)
	if ok && r.within(path, x, field{min: new(int64(1))}) {
		return x
	}
	return 0
}

func (p *Price) shape() schema {
	n := schema{"type": "integer", "minimum": 1}
	return either(n, schema{"type": "object", "required": []any{"default"}, "properties": schema{"default": n}, "additionalProperties": n})
}

// oneWord is the text of a scalar node when it is one of the words; "" for
// a mapping or list, and for another word, which is a problem.
func (r *reader) oneWord(path string, n ast.Node, one ...string) string {
	s, ok := text(n)
	if ok && slices.Contains(one, s) {
		return s
	}
	return ""
}

// isMapping notes what may stand at path when n is not a mapping.
func (r *reader) isMapping(path string, n ast.Node) bool {
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return true
	}
	r.bad(path, "programme.bad_form", "found", shown(n))
	return false
}

func (r *reader) exactlyOne(path string, keys ...string) bool {
	var have []string
	for _, k := range keys {
		if r.has(join(path, k)) {
			have = append(have, k)
		}
	}
	if len(have) == 1 {
		return true
	}
	r.bad(path, "programme.exactly_one", "keys", joined(keys))
	return false
}

func (r *reader) ordered(path string, from, to clock.Day) {
	if from != 0 && to != 0 && to < from {
		r.bad(join(path, "to"), "programme.ends_before_start", "from", from.String(), "to", to.String())
	}
}

// tierForms

// metricForm is a word, {metric, points, basis}, {all: […]} or {any: […]}.
type metricForm struct{ Metric }

type metricDoc struct {
	Metric MeasureKind   `y:"metric,one=net_spend|earned_points|orders|visits" about:"what is counted"`
	Points string        `y:"points,id" about:"a point type: alone its credits are the metric (status points), with metric: earned_points the type"`
	Basis  *basisDoc     `y:"basis" about:"net_spend: its own basis"`
	All    []measureForm `y:"all" about:"every one must reach its threshold"`
	Any    []measureForm `y:"any" about:"one is enough"`
}

type measureForm struct{ Measure }

type measureDoc struct {
	Metric MeasureKind `y:"metric,one=net_spend|earned_points|orders|visits" about:"what is counted"`
	Points string      `y:"points,id" about:"a point type"`
	Basis  *basisDoc   `y:"basis" about:"net_spend: its own basis"`
}

var metricWords = []string{"net_spend", "earned_points", "orders", "visits"}

func (m *metricForm) read(r *reader, path string, n ast.Node) {
	if s, ok := text(n); ok {
		if !slices.Contains(metricWords, s) {
			r.notOne(path, s, metricWords)
		}
		m.Parts = []Measure{{Kind: MeasureKind(s)}}
		return
	}
	var d metricDoc
	if !r.isMapping(path, n) || !r.object(path, n, &d) {
		return
	}
	if !r.has(path+".all") && !r.has(path+".any") {
		m.Parts = []Measure{r.measure(path, measureDoc{d.Metric, d.Points, d.Basis})}
		return
	}
	if !r.exactlyOne(path, "all", "any", "metric", "points") {
		return
	}
	m.Join = JoinAll
	if d.Any != nil {
		m.Join = JoinAny
	}
	for _, x := range append(d.All, d.Any...) {
		m.Parts = append(m.Parts, x.Measure)
	}
	if len(m.Parts) < 2 {
		r.bad(path, "programme.too_few", "min", "2")
	}
}

func (m *metricForm) shape() schema { return either(words(metricWords), objectSchema[metricDoc]()) }

func (m *measureForm) read(r *reader, path string, n ast.Node) {
	if s, ok := text(n); ok {
		if !slices.Contains(metricWords, s) {
			r.notOne(path, s, metricWords)
		}
		m.Measure = Measure{Kind: MeasureKind(s)}
		return
	}
	var d measureDoc
	if r.isMapping(path, n) && r.object(path, n, &d) {
		m.Measure = r.measure(path, d)
	}
}

func (m *measureForm) shape() schema { return either(words(metricWords), objectSchema[measureDoc]()) }

func (r *reader) measure(path string, d measureDoc) Measure {
	m := Measure{Kind: d.Metric, Points: d.Points}
	switch {
	case d.Metric == "" && d.Points != "":
		m.Kind = StatusPoints
	case d.Metric == "":
		r.bad(path, "programme.missing", "key", "metric")
	case d.Points != "" && d.Metric != EarnedPoints:
		r.bad(path+".points", "programme.needs", "key", "points", "other", "metric: earned_points")
	}
	if d.Basis != nil {
		b := d.Basis.basis()
		m.Basis = &b
		if d.Metric != NetSpend {
			r.bad(path+".basis", "programme.needs", "key", "basis", "other", "metric: net_spend")
		}
	}
	return m
}

// amountForm is a number, or {METRIC: number} when there are several.
type amountForm struct {
	one    *int64
	byName []TierAmount
}

func (a *amountForm) read(r *reader, path string, n ast.Node) {
	if _, ok := n.(*ast.IntegerNode); ok {
		a.one = r.threshold(path, n)
		return
	}
	es, _ := r.entries(path, n)
	for _, e := range es {
		if x := r.threshold(join(path, e.key), e.value); x != nil {
			a.byName = append(a.byName, TierAmount{e.key, *x})
		}
	}
}

func (r *reader) threshold(path string, n ast.Node) *int64 {
	x, ok := r.number(path, n)
	if ok && r.within(path, x, field{min: new(int64(0))}) {
		return &x
	}
	return nil
}

func (a *amountForm) shape() schema {
	n := schema{"type": "integer", "minimum": 0}
	return either(n, schema{"type": "object", "additionalProperties": n})
}

// tierWindowForm is lifetime, anniversary, {calendar} or {rolling}.
type tierWindowForm struct{ TierWindow }

type tierWindowDoc struct {
	Calendar string      `y:"calendar,one=month|quarter|half_year|year" about:"calendar periods"`
	Start    time.Month  `y:"start_month" about:"calendar: first month; default fiscal_year_start"`
	Rolling  *rollingDoc `y:"rolling" about:"the last months or days"`
}

type rollingDoc struct {
	Months int `y:"months,min=1,max=120" about:"months"`
	Days   int `y:"days,min=1,max=3660" about:"days"`
}

var calendarMonths = map[string]int{"month": 1, "quarter": 3, "half_year": 6, "year": 12}

func (w *tierWindowForm) read(r *reader, path string, n ast.Node) {
	if s := r.oneWord(path, n, "lifetime", "anniversary"); s != "" {
		w.Kind = WindowKind(s)
		return
	}
	var d tierWindowDoc
	if !r.isMapping(path, n) || !r.object(path, n, &d) || !r.exactlyOne(path, "calendar", "rolling") {
		return
	}
	if d.Rolling == nil {
		w.TierWindow = TierWindow{Kind: WindowCalendar, Months: calendarMonths[d.Calendar], Start: d.Start}
		return
	}
	if d.Start != 0 {
		r.bad(path+".start_month", "programme.needs", "key", "start_month", "other", "calendar")
	}
	r.exactlyOne(path+".rolling", "months", "days")
	w.TierWindow = TierWindow{Kind: WindowRolling, Months: d.Rolling.Months, Days: d.Rolling.Days}
}

func (w *tierWindowForm) shape() schema {
	return either(words([]string{"lifetime", "anniversary"}), objectSchema[tierWindowDoc]())
}

// evaluationForm is daily, month_end or {dates}.
type evaluationForm struct{ Evaluation }

type evaluationDoc struct {
	Dates []clock.MonthDay `y:"dates,req" about:"review days MM-DD"`
}

func (e *evaluationForm) read(r *reader, path string, n ast.Node) {
	if s := r.oneWord(path, n, "daily", "month_end"); s != "" {
		e.Kind = EvaluationKind(s)
		return
	}
	var d evaluationDoc
	if r.isMapping(path, n) && r.object(path, n, &d) {
		e.Evaluation = Evaluation{EvaluateOnDates, d.Dates}
		if r.has(path+".dates") && len(d.Dates) == 0 {
			r.bad(path+".dates", "programme.too_few", "min", "1")
		}
	}
}

func (e *evaluationForm) shape() schema {
	return either(words([]string{"daily", "month_end"}), objectSchema[evaluationDoc]())
}

// downgradeForm is a word or {how, grace_days}.
type downgradeForm struct{ Downgrade }

type downgradeDoc struct {
	How   DowngradeHow `y:"how,req,one=never|one_step|full" about:"how far a rank falls"`
	Grace int          `y:"grace_days,min=0,max=366" about:"days after the period before it falls"`
}

var downgradeWords = []string{"never", "one_step", "full"}

func (g *downgradeForm) read(r *reader, path string, n ast.Node) {
	if s := r.oneWord(path, n, downgradeWords...); s != "" {
		g.How = DowngradeHow(s)
		return
	}
	var d downgradeDoc
	if r.isMapping(path, n) && r.object(path, n, &d) {
		g.Downgrade = Downgrade{d.How, d.Grace}
	}
}

func (g *downgradeForm) shape() schema {
	return either(words(downgradeWords), objectSchema[downgradeDoc]())
}
