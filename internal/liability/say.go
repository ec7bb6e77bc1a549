package liability

import (
	"strings"

	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/ledger"
	"joren/internal/text"
)

// Percent shows a share with at most four decimals: 95%, 92.5%.
func (s Share) Percent() string { return text4(int64(s)) + "%" }

// text4 shows hundred-thousandths of a percent without trailing zeros.
func text4(n int64) string {
	whole, frac := n/10_000, n%10_000
	if frac == 0 {
		return num(whole)
	}
	digits := num(10_000 + frac)[1:]
	return num(whole) + "." + strings.TrimRight(digits, "0")
}

// Breakage is what is expected not to be used.
func (s Share) Breakage() Share { return Whole - s }

// ParseShare reads a percentage such as 95 or 92.5%. Fault:
// liability.share_unreadable, liability.share_invalid.
func ParseShare(s string) (Share, error) {
	s = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(s), "%"))
	n, scale, err := text.Decimal(s)
	if err != nil || scale > 4 {
		return 0, fault.New(fault.Invalid, "liability.share_unreadable")
	}
	for ; scale < 4; scale++ {
		if n > int64(Whole) {
			break
		}
		n *= 10
	}
	if n < 0 || n > int64(Whole) {
		return 0, fault.New(fault.Invalid, "liability.share_invalid")
	}
	return Share(n), nil
}

// OriginName is an origin in words.
func OriginName(l i18n.Lang, o ledger.Origin) string { return i18n.T(l, "liability.origin."+string(o)) }

// MethodName is a method in words.
func MethodName(l i18n.Lang, m Method) string { return i18n.T(l, "liability.method."+string(m)) }

// AccountName is what an account is for.
func AccountName(l i18n.Lang, a Account) string { return i18n.T(l, "liability.account."+string(a)) }

// MonthName is a month in words.
func MonthName(l i18n.Lang, m Month) string { return i18n.Month(l, m.First()) }

// Sentence says what is carried at a month's end, and what that is not yet.
func (s *Statement) Sentence(l i18n.Lang, currency string) string {
	m := s.Total()
	points, owed := int64(0), int64(0)
	for _, r := range s.Points {
		if r.Origin == ledger.Owed {
			owed += r.Closing
			continue
		}
		if t, known := s.TermsOf(r.Key); known && t.Value > 0 {
			points += r.Closing
		}
	}
	key := "liability.says"
	switch {
	case s.Settled():
	case s.Running:
		key = "liability.says_running"
	default:
		key = "liability.says_open"
	}
	out := i18n.T(l, key, "month", s.Month.First(), "points", points, "money", i18n.Money(l, currency, m.Closing), "change", change(l, currency, m.Closing-m.Opening))
	if owed < 0 {
		out += i18n.T(l, "liability.says_owed", "points", -owed)
	}
	return out
}

// change is an amount with its sign.
func change(l i18n.Lang, currency string, n int64) string {
	if n > 0 {
		return "+\u2060" + i18n.Money(l, currency, n)
	}
	return i18n.Money(l, currency, n)
}

// Why says where the use share of a month came from; named tells what people
// call who set it.
func (t Terms) Why(l i18n.Lang, named func(by string) string) string {
	switch {
	case t.Method == Advance:
		return i18n.T(l, "liability.why.advance")
	case t.Source == ByHand && t.Set != nil:
		return i18n.T(l, "liability.why.hand", "by", named(t.Set.By), "reason", t.Set.Reason)
	case t.Source == ByCohorts:
		return i18n.T(l, "liability.why.cohorts", "low", t.Learnt.Low.Percent(), "high", t.Learnt.High.Percent())
	}
	return i18n.T(l, "liability.why.cautious")
}

// Learned says what the cohorts show, used or not.
func (t Terms) Learned(l i18n.Lang) string {
	e := t.Learnt
	if e.Missing != nil {
		f := fault.Of(e.Missing)
		return i18n.Fault(l, f.Code, f.Args)
	}
	return i18n.T(l, "liability.learned", "use", e.Share.Percent(), "low", e.Low.Percent(), "high", e.High.Percent())
}

// moneyHead and pointsHead are the columns of a roll-forward.
var (
	pointsHead = []string{"opening", "issued", "redeemed", "expired", "reversed", "adjusted", "transferred", "closing"}
	moneyHead  = []string{"opening", "added", "spent", "cancelled", "released", "closing", "on_use"}
)

// PointsHead are the names of a roll-forward's columns in points, MoneyHead
// those in money.
func PointsHead(l i18n.Lang) []string { return heads(l, pointsHead) }

// MoneyHead see [PointsHead].
func MoneyHead(l i18n.Lang) []string { return heads(l, moneyHead) }

func heads(l i18n.Lang, names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = i18n.T(l, "liability.col."+n)
	}
	return out
}

// Figures are the row under [PointsHead], signed as they moved the balance.
func (r Roll) Figures() []int64 {
	return []int64{r.Opening, r.Issued, r.Redeemed, r.Expired, r.Reversed, r.Adjusted, r.Transferred, r.Closing}
}

// Figures are the row under [MoneyHead], signed as they moved the balance.
func (m Money) Figures() []int64 {
	return []int64{m.Opening, m.Added, -m.Spent, -m.Cancelled, -m.Released, m.Closing, m.OnUse}
}

// Text is a statement for the command line.
func (s *Statement) Text(l i18n.Lang, currency string) string {
	var b strings.Builder
	b.WriteString(s.Sentence(l, currency) + "\n\n")
	rows := [][]string{append([]string{i18n.T(l, "liability.points")}, PointsHead(l)...)}
	for _, r := range s.Points {
		row := []string{r.Type + " " + OriginName(l, r.Origin)}
		for _, n := range r.Figures() {
			row = append(row, i18n.Number(n))
		}
		rows = append(rows, row)
	}
	b.WriteString(aligned(rows) + "\n")
	rows = [][]string{append([]string{i18n.T(l, "liability.money")}, MoneyHead(l)...)}
	for _, c := range s.Money() {
		row := []string{c.Type + " " + OriginName(l, c.Origin) + " · " + MethodName(l, c.Method)}
		for _, n := range c.Money.Figures() {
			row = append(row, i18n.Money(l, currency, n))
		}
		rows = append(rows, row)
	}
	b.WriteString(aligned(rows) + "\n")
	for _, t := range s.Terms {
		if t.Value > 0 {
			b.WriteString(i18n.T(l, "liability.terms", "key", t.Type+" "+OriginName(l, t.Origin), "use", t.Use.Percent(), "value", i18n.Money(l, currency, t.Value), "why", t.Why(l, func(by string) string { return by }), "learned", t.Learned(l)) + "\n")
		}
	}
	return b.String()
}

// aligned lays rows out in columns, the first to the left.
func aligned(rows [][]string) string {
	wide := make([]int, len(rows[0]))
	for _, r := range rows {
		for j, c := range r {
			wide[j] = max(wide[j], text.Width(c))
		}
	}
	var b strings.Builder
	for _, r := range rows {
		for j, c := range r {
			pad := strings.Repeat(" ", wide[j]-text.Width(c))
			if j == 0 {
				b.WriteString(c + pad)
			} else {
				b.WriteString("  " + pad + c)
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}
