package rules

import (
	"time"

	"joren/internal/clock"
)

// reason is why a rule was no candidate.
type reason uint8

const (
	passed reason = iota
	wrongDate
	wrongWeekday
	wrongMonthday
	wrongHour
	wrongStore
	wrongChannel
	wrongTier
	wrongSegment
	noBirthday
	outsideWindow
	alreadyGiven
	whenFalse
	whenError
	noLine
	lineError
)

// gate asks everything that must hold before a rule's lines are looked at and
// tells the first that does not.
func (j *judgement) gate(r *rule) (reason, *part, error) {
	o := j.view.o
	switch {
	case r.From != 0 && o.Day < r.From || r.To != 0 && o.Day > r.To:
		return wrongDate, nil, nil
	case !r.onWeekday(int(o.Day.Weekday())):
		return wrongWeekday, nil, nil
	case len(r.DaysOfMonth) > 0 && !r.onMonthday(o.Day.MonthDay().Day):
		return wrongMonthday, nil, nil
	case len(r.Hours) > 0 && !inHours(r.Hours, j.view.local()):
		return wrongHour, nil, nil
	case len(r.Stores) > 0 && !contains(r.Stores, o.Store):
		return wrongStore, nil, nil
	case len(r.Channels) > 0 && !contains(r.Channels, o.Channel):
		return wrongChannel, nil, nil
	}
	return j.person(r)
}

// person asks about the member.
func (j *judgement) person(r *rule) (reason, *part, error) {
	m := &j.view.f.Member
	if len(r.Tiers) > 0 && !contains(r.Tiers, m.Tier) {
		return wrongTier, nil, nil
	}
	if len(r.Segments) > 0 && !shareOne(r.Segments, m.Segments) {
		return wrongSegment, nil, nil
	}
	if why := j.dates(r); why != passed {
		return why, nil, nil
	}
	if r.when == nil {
		return passed, nil, nil
	}
	ok, failed, err := r.when.judge(&j.view)
	switch {
	case err != nil:
		return whenError, failed, err
	case !ok:
		return whenFalse, failed, nil
	}
	return passed, nil, nil
}

// dates asks about a birthday or anniversary and about former gifts.
func (j *judgement) dates(r *rule) reason {
	from, to, why := j.perk(r)
	if why != passed {
		return why
	}
	if r.once == OnceNo {
		return passed
	}
	given, day := j.view.f.Given[r.ID], j.view.o.Day
	switch {
	case given == 0:
	case r.once == OnceEver:
		return alreadyGiven
	case from != 0:
		if given >= from && given <= to {
			return alreadyGiven
		}
	case sameYear(given, day):
		return alreadyGiven
	}
	return passed
}

// perk is the span around her birthday or anniversary in which a date perk
// counts, when the rule is one.
func (j *judgement) perk(r *rule) (from, to clock.Day, why reason) {
	t := r.trigger()
	if t != Birthday && t != Anniversary && r.Window == nil {
		return 0, 0, passed
	}
	m, day := &j.view.f.Member, j.view.o.Day
	w := DateWindow{}
	if r.Window != nil {
		w = *r.Window
	}
	if t == Anniversary {
		for _, md := range m.Anniversaries {
			if from, to, ok := w.around(md, day); ok {
				return from, to, passed
			}
		}
		if len(m.Anniversaries) > 0 {
			return 0, 0, outsideWindow
		}
		return 0, 0, noBirthday
	}
	if m.Birthday == 0 {
		return 0, 0, noBirthday
	}
	from, to, ok := w.around(m.Birthday.MonthDay(), day)
	if !ok {
		return 0, 0, outsideWindow
	}
	return from, to, passed
}

// around is the span around the yearly date md that holds day.
func (w DateWindow) around(md clock.MonthDay, day clock.Day) (from, to clock.Day, ok bool) {
	y, _, _ := day.Date()
	for _, yy := range [...]int{y, y - 1, y + 1} {
		if yy < 1 {
			continue
		}
		d := md.In(yy)
		from, to = d-clock.Day(w.BeforeDays), d+clock.Day(w.AfterDays)
		if day >= from && day <= to {
			return from, to, true
		}
	}
	return 0, 0, false
}

func sameYear(a, b clock.Day) bool {
	x, _, _ := a.Date()
	y, _, _ := b.Date()
	return x == y
}

func inHours(hs []Hours, t time.Time) bool {
	h, m, s := t.Clock()
	at := time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(s)*time.Second
	for _, x := range hs {
		if x.To > x.From && at >= x.From && at < x.To || x.To <= x.From && (at >= x.From || at < x.To) {
			return true
		}
	}
	return false
}

func shareOne(a, b []string) bool {
	for _, x := range a {
		if contains(b, x) {
			return true
		}
	}
	return false
}
