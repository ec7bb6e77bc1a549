package console

import (
	"math"
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"joren/internal/clock"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/insight"
	"joren/internal/member"
	"joren/internal/staff"
	"joren/internal/stats"
	"joren/internal/ui"
)

// loyalty is what Insight says on a member's page.
type loyalty struct {
	*insight.Standing // empty while the first reading is made
	outlooks          []insight.Outlook
	reading           *ui.Notice // how far that is
}

// outlookDays are how far ahead a member's page looks.
var outlookDays = []int{30, 90, 365}

// loyaltyOf is what can be said of a member's loyalty; nil where nobody asks,
// she is no member any more, or the shop cannot be measured yet.
func (c *Console) loyaltyOf(r *http.Request, s *scene, m member.Member) (*loyalty, error) {
	if c.Insight == nil || m.Status != member.Active || !can(r, staff.InsightView) {
		return nil, nil
	}
	st, err := c.Insight.Standing(r.Context(), m.ID)
	if fault.Is(err, "programme.none_in_force") || fault.Is(err, "member.unknown") {
		return nil, nil // she joined after the reading a patient board still shows
	}
	if insight.Waiting(err) {
		return &loyalty{Standing: &insight.Standing{}, reading: new(c.stillReading(s))}, nil
	}
	if err != nil {
		return nil, err
	}
	l := &loyalty{Standing: st}
	for _, days := range outlookDays {
		o, err := c.Insight.Outlook(r.Context(), m.ID, days)
		if err != nil {
			break // the score's own reason is on the page; a past too short has no outlook
		}
		l.outlooks = append(l.outlooks, o)
	}
	return l, nil
}

// disagree reports that the mark of her own pace and the score say different
// things, which a reader takes for a mistake until told why.
func (l *loyalty) disagree() bool {
	return l.Missing == nil && (l.Rhythm == insight.InRhythm) == (l.Loyalty.Score < 500)
}

// partsOf lists the parts of a score; those nobody knows yet say so.
func (s *scene) partsOf(st *loyalty) []ui.Fact {
	var out []ui.Fact
	for _, p := range st.Loyalty.Parts {
		text := s.t("insight.part.missing")
		if p.Known {
			text = s.t("insight.part.gives", "value", p.Value.String(), "gives", p.Gives.String())
		}
		out = append(out, ui.Say(s.t("insight.part."+p.Name), text))
	}
	return out
}

// reasonsOf lists what adds to the score of an average member, or takes off.
func (s *scene) reasonsOf(st *loyalty) []ui.Fact {
	out := []ui.Fact{ui.Say(s.t("insight.average"), st.Loyalty.Average.String())}
	for _, x := range st.Loyalty.Reasons {
		out = append(out, ui.Say(s.t("insight.side."+x.Side), x.Points.Signed()+" · "+st.Loyalty.Sentence(s.lang, x.Side, s.currency)))
	}
	return out
}

func (s *scene) changeOf(st *loyalty) string {
	d, ok := st.Change()
	if !ok {
		return ""
	}
	return s.t("insight.since_month", "change", d.Signed(), "month", s.month(st.History[len(st.History)-1].Month))
}

// partChanges says by how much each part's gift changed since the last month.
func (s *scene) partChanges(st *loyalty) []string {
	if _, ok := st.Change(); !ok {
		return nil
	}
	var out []string
	was := st.History[len(st.History)-1].Parts
	for _, p := range st.Loyalty.Parts {
		if before, known := was[p.Name]; known && p.Known {
			out = append(out, s.t("insight.part_change", "part", s.t("insight.part."+p.Name), "was", before.String(), "is", p.Gives.String()))
		}
	}
	return out
}

// historyChart is a member's score at months' ends and today.
func (s *scene) historyChart(st *loyalty) *ui.Chart {
	if len(st.History) < 2 {
		return nil
	}
	list := st.History[max(0, len(st.History)-12):]
	ch := ui.Chart{ID: "scores", Title: s.t("insight.history"), Kind: ui.Line, XName: s.t("insight.month"), Series: []ui.Series{{Name: s.t("insight.score.score")}},
		Format: func(v int64) string { return insight.Tenths(v).String() }}
	for _, k := range list {
		ch.X, ch.Series[0].Values = append(ch.X, s.shortMonth(k.Month)), append(ch.Series[0].Values, int64(k.Score))
	}
	ch.X, ch.Series[0].Values = append(ch.X, s.t("insight.now")), append(ch.Series[0].Values, int64(st.Loyalty.Score))
	ch.Reading = s.t("insight.history_says", "from", s.month(list[0].Month), "was", list[0].Score.String(), "is", st.Loyalty.Score.String())
	return &ch
}

// outlookTable is what the next months may bring, each with its range.
func (s *scene) outlookTable(st *loyalty) ui.Table {
	t := ui.Table{ID: "outlook", Caption: s.t("insight.outlook"), Columns: []ui.Column{{Label: s.t("insight.ahead"), Keep: true}, {Label: s.t("insight.buys"), Num: true}, {Label: s.t("insight.score.count"), Num: true}, {Label: s.t("insight.score.money"), Num: true}}}
	for _, o := range st.outlooks {
		money := ui.Text("–")
		if o.MoneyMissing == nil {
			money = ranged(o.Money, func(v float64) string { return s.money(int64(v)) })
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text(s.t("insight.ahead_days", "n", o.Horizon)), ranged(o.Probability, insight.Percent), ranged(o.Count, func(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }), money}})
	}
	return t
}

// ranged is a value over its interval.
func ranged(iv stats.Interval, say func(float64) string) templ.Component {
	return rangedCell(say(iv.Value), say(iv.Low)+"–"+say(iv.High))
}

// strip is a member's purchases along time, and how long she usually stays
// away.
type strip struct {
	says                    string
	ticks                   []stripTick
	months                  []stripTick
	usual, late, gone, now  float64
	usualTo, lateTo, goneTo float64
}

type stripTick struct {
	x     float64
	label string
}

const (
	stripWide = 640.0
	stripLeft = 10.0
	stripDays = 400 // the most that is drawn of the past
)

// stripOf draws the last year or so and the rest of her usual pace; nil
// without a purchase.
func (s *scene) stripOf(st *loyalty) *strip {
	if len(st.Bought) == 0 || st.Usual <= 0 {
		return nil
	}
	dormant, churned := st.Turns()
	last := st.Bought[len(st.Bought)-1]
	from := max(st.Bought[0], st.Day-stripDays)
	to := max(st.Day+30, min(churned+7, st.Day+90))
	x := func(d clock.Day) float64 {
		d = min(max(d, from), to)
		return stripLeft + (stripWide-2*stripLeft)*float64(d-from)/float64(max(1, to-from))
	}
	p := &strip{now: x(st.Day), usual: x(last), usualTo: x(dormant), late: x(dormant), lateTo: x(churned), gone: x(churned), goneTo: x(to)}
	for _, d := range st.Bought {
		if d >= from {
			p.ticks = append(p.ticks, stripTick{x(d), i18n.ShortDay(s.lang, d)})
		}
	}
	step := 1 + int(to-from)/240
	for m := from.StartOfMonth().AddMonths(1); m < to; m = m.AddMonths(step) {
		p.months = append(p.months, stripTick{x(m), i18n.ShortMonth(s.lang, m)})
	}
	own := ""
	if st.Loyalty.Past.Gap > 0 {
		own = s.t("insight.strip_own", "gap", int(math.Round(st.Loyalty.Past.Gap)))
	}
	p.says = s.t("insight.strip_says_"+st.Rhythm.String(), "n", len(st.Bought), "own", own, "usual", int(math.Round(st.Usual)), "since", int(st.Day-last), "day", i18n.ShortDay(s.lang, dormant))
	return p
}

func at(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }

// outlookMoney is the spend expected in the second of the horizons.
func (s *scene) outlookMoney(st *loyalty) string {
	o := st.outlooks[1]
	if o.MoneyMissing != nil {
		return "–"
	}
	return s.money(int64(o.Money.Value))
}
