package demo

import (
	"fmt"
	"strings"

	"joren/internal/clock"
	"joren/internal/i18n"
	"joren/internal/intake"
)

// Summary is what the demo prints when it is done (EXAMPLES §6).
type Summary struct {
	Cleaned    intake.Cleaned
	ShopDay    clock.Day
	Issued     int64
	Spent      int64
	TakenBack  int64
	Expired    int64
	Left       int64 // outstanding
	Ranks      []Rank
	Buyers     int64 // members with a kept purchase: those of whom some bought twice or more
	Repeaters  int64 // of them, with two or more
	Seconds    float64
	Purchases  int64 // imported in that time
	Megabytes  int64
	BrokenLaws int64
}

// Rank is a tier and how many members stand in it, lowest first.
type Rank struct {
	Name    string
	Members int64
}

// Start is the line printed before anything is read.
func Start(l i18n.Lang, seconds int64) string {
	return i18n.T(l, "demo.start", "lines", int64(Lines), "seconds", seconds)
}

// Line is the progress line; documents are those of the whole history.
func Line(l i18n.Lang, p intake.Progress, documents int64) string {
	percent := int64(100)
	if p.Size > 0 {
		percent = min(100, p.Bytes*100/p.Size)
	}
	bar := strings.Repeat("#", int(percent/10)) + strings.Repeat(" ", int(10-percent/10))
	s := i18n.T(l, "demo.reading", "documents", i18n.Number(documents), "bar", bar, "percent", i18n.Number(percent), "rate", i18n.Number(int64(p.Rate)))
	if p.Remaining > 0 {
		s += i18n.T(l, "demo.remaining", "seconds", int64(p.Remaining.Seconds()+0.5))
	}
	return s
}

// String is the summary in language l, one fact a line.
func (s Summary) String(l i18n.Lang) string {
	c := s.Cleaned
	aside := 0
	for _, t := range c.SetAside {
		aside += t.Lines
	}
	lines := []string{
		i18n.T(l, "demo.imported", "members", c.Customers, "sales", c.MemberSales, "guests", c.GuestSales, "returns", c.Matched, "cancellations", c.Cancellations),
		i18n.T(l, "demo.aside", "aside", aside, "duplicates", c.Duplicates, "fractions", c.Fractions),
		i18n.T(l, "demo.clock", "day", s.ShopDay.String()),
		s.points(l), s.ranks(l), s.took(l),
	}
	return strings.Join(lines, "\n") + "\n"
}

func (s Summary) points(l i18n.Lang) string {
	key := "demo.points"
	if s.Spent != 0 {
		key = "demo.points_spent"
	}
	return i18n.T(l, key, "issued", s.Issued, "spent", s.Spent, "reversed", s.TakenBack, "expired", s.Expired, "outstanding", s.Left)
}

func (s Summary) ranks(l i18n.Lang) string {
	parts := make([]string, len(s.Ranks))
	for i, r := range s.Ranks {
		parts[i] = r.Name + " " + i18n.Number(r.Members)
	}
	rate := "–"
	if s.Buyers > 0 {
		tenths := (s.Repeaters*1000 + s.Buyers/2) / s.Buyers
		rate = fmt.Sprintf("%d.%d%%", tenths/10, tenths%10)
	}
	return i18n.T(l, "demo.ranks", "ranks", strings.Join(parts, " · "), "rate", rate, "n", s.Repeaters, "buyers", s.Buyers)
}

func (s Summary) took(l i18n.Lang) string {
	verdict, rate := i18n.T(l, "demo.verify_ok"), int64(0)
	if s.BrokenLaws == 1 {
		verdict = i18n.T(l, "demo.verify_broken_one")
	} else if s.BrokenLaws > 1 {
		verdict = i18n.T(l, "demo.verify_broken", "laws", s.BrokenLaws)
	}
	if s.Seconds == 0 { // built at another time
		return i18n.T(l, "demo.verified", "verdict", verdict)
	}
	rate = int64(float64(s.Purchases) / s.Seconds)
	return i18n.T(l, "demo.took", "seconds", fmt.Sprintf("%.1f", s.Seconds), "rate", rate, "megabytes", s.Megabytes, "verdict", verdict)
}
