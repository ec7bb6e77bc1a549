package segment

import (
	"strconv"
	"strings"

	"joren/internal/clock"
	"joren/internal/i18n"
	"joren/internal/rules"
)

// Speaker puts definitions and placings into words.
type Speaker struct{ rules.Speaker }

func (s Speaker) say(key string, args ...any) string {
	return i18n.T(s.Lang, "segment.say."+key, args...)
}

// StageName is what a stage is called.
func StageName(l i18n.Lang, st Stage) string { return i18n.T(l, "segment.stage."+string(st)) }

// Explain says what a segment asks for: one sentence for each part, all of
// which must hold.
func (s Speaker) Explain(d *Definition) (out []string) {
	for _, c := range []struct {
		key     string
		classes []int
	}{{"recency", d.Recency}, {"frequency", d.Frequency}, {"money", d.Money}} {
		if len(c.classes) > 0 {
			out = append(out, s.say(c.key, "classes", s.list(c.classes)))
		}
	}
	if d.Score != nil {
		key := "score"
		if d.Score.To == 100 {
			key = "score_up"
		}
		out = append(out, s.say(key, "from", d.Score.From, "to", d.Score.To))
	}
	if len(d.Stages) > 0 {
		names := make([]string, len(d.Stages))
		for i, st := range d.Stages {
			names[i] = StageName(s.Lang, st)
		}
		out = append(out, s.say("stages", "stages", strings.Join(names, s.say("or"))))
	}
	if d.When != "" {
		out = append(out, s.say("when", "condition", s.Condition(d.When)))
	}
	return out
}

func (s Speaker) list(classes []int) string {
	out := make([]string, len(classes))
	for i, c := range classes {
		out[i] = strconv.Itoa(c)
	}
	return strings.Join(out, s.say("or"))
}

// Reason is one part of a definition with what was found of a member.
type Reason struct {
	Asked  string // in words
	Found  string // her own figures; "" where none tell more
	Holds  bool
	Untold bool // there is not enough to say: then it does not hold
}

// Why tells part by part why a member is in a segment, or is not, on the day
// of the norms. portrait is as [Set.Place] left it.
func (s Speaker) Why(set *Set, id string, p *Portrait, n *Norms, day clock.Day) (out []Reason) {
	c := set.Find(id)
	if c == nil {
		return nil
	}
	d, st := &c.Definition, &p.Facts.Stats
	r, f, m := RFM(st, n)
	for _, x := range []struct {
		key     string
		classes []int
		is      int
		found   string
	}{{"recency", d.Recency, r, s.lastOn(st)}, {"frequency", d.Frequency, f, s.say("visits", "n", st.Visits)}, {"money", d.Money, m, i18n.Money(s.Lang, s.Currency, st.Spend)}} {
		if len(x.classes) > 0 {
			found := s.say("class", "class", x.is, "found", x.found)
			if x.is == 0 {
				found = s.say("no_class", "n", n.Buyers, "need", LeastBuyers)
			}
			out = append(out, Reason{s.say(x.key, "classes", s.list(x.classes)), found, x.is > 0 && among(x.classes, x.is), x.is == 0})
		}
	}
	if d.Score != nil {
		x := Reason{Asked: s.Explain(&Definition{Score: d.Score})[0], Found: s.say("no_score"), Untold: !p.Scored}
		if p.Scored {
			x.Found, x.Holds = s.say("score_is", "score", tenths(p.Score)), d.Score.holds(p.Score)
		}
		out = append(out, x)
	}
	if len(d.Stages) > 0 {
		is := StageOf(st, n, day)
		out = append(out, Reason{Asked: s.Explain(&Definition{Stages: d.Stages})[0], Found: s.Rhythm(st, n, day), Holds: has(d.Stages, is)})
	}
	if c.when != nil {
		for _, t := range s.Tell(c.when, occasion(set.zone, day), p.Facts) {
			found := ""
			if t.Actual != "" {
				found = s.say("actual", "actual", t.Actual)
			}
			out = append(out, Reason{Asked: t.Text, Found: found, Holds: t.Holds})
		}
	}
	return out
}

func tenths(v int64) string { return strconv.FormatFloat(float64(v)/10, 'f', 1, 64) }

func (s Speaker) lastOn(st *rules.Stats) string {
	if st.LastOn == 0 {
		return s.say("never")
	}
	return s.say("last_on", "day", i18n.Day(s.Lang, st.LastOn))
}

// Rhythm is a member's stage with the figures it follows from: the days since
// her last visit and her usual gap.
func (s Speaker) Rhythm(st *rules.Stats, n *Norms, day clock.Day) string {
	stage := StageOf(st, n, day)
	if stage == NoStage {
		return s.say("never")
	}
	return s.say("rhythm", "stage", StageName(s.Lang, stage), "since", max(0, int64(day-st.LastOn)), "gap", UsualGap(st, n), "visits", st.Visits)
}
