package console

import (
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/i18n"
	"joren/internal/ledger"
	"joren/internal/ui"
)

// chartMonths is how far back the chart of the points goes.
const chartMonths = 13

// chart shows the points given and used over the last months, from the sums of
// the days; nil while nothing was booked.
func (s *scene) chart(tx *db.Tx, pointType string) (*ui.Chart, error) {
	first := s.today.StartOfMonth().AddMonths(1 - chartMonths)
	booked, err := ledger.BookedOn(tx, first, s.today)
	if err != nil || len(booked) == 0 {
		return nil, err
	}
	days := int(s.today-first) + 1
	issued, used := make([]int64, days), make([]int64, days)
	for _, b := range booked {
		switch {
		case b.Type != pointType:
		case b.Contra == ledger.Issued:
			issued[b.On-first] += b.Points
		case b.Contra == ledger.Redeemed:
			used[b.On-first] -= b.Points
		}
	}
	return s.byMonth(first, pointType, []ui.Series{{Name: s.t("console.chart.issued"), Values: issued}, {Name: s.t("console.chart.used"), Values: used}}), nil
}

// byMonth draws the months; the days stay behind, to be zoomed into.
func (s *scene) byMonth(first clock.Day, pointType string, days []ui.Series) *ui.Chart {
	c := &ui.Chart{ID: "flow", Title: s.t("console.chart.by_day"), Kind: ui.Bar, XName: s.t("console.chart.month"), Zoom: &ui.Zoom{First: first, Series: days}}
	sums := make([]ui.Series, len(days))
	var total [2]int64
	for m := first; m <= s.today; m = m.AddMonths(1) {
		end := min(m.EndOfMonth(), s.today)
		c.X = append(c.X, i18n.Month(s.lang, m))
		for k, x := range days {
			n := int64(0)
			for d := m; d <= end; d++ {
				n += x.Values[d-first]
			}
			total[k] += n
			what := []ledger.Contra{ledger.Issued, ledger.Redeemed}[k]
			sums[k].Name = x.Name
			sums[k].Values = append(sums[k].Values, n)
			sums[k].Hrefs = append(sums[k].Hrefs, "/points?what="+string(what)+"&type="+pointType+"&from="+m.String()+"&to="+end.String())
		}
	}
	c.Series = sums
	c.Reading = s.t("console.chart.reading", "issued", total[0], "used", total[1])
	return c
}
