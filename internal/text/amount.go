package text

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"joren/internal/amount"
	"joren/internal/fault"
)

// Yen reads an amount of whole yen: 1200, ¥1,200, １，２００, 1,200円,
// 1,200円（税込）, -1200, △1,200, ▲1200, (1,200), 1200.00.
//
// Faults, all fault.Invalid: amount.empty, amount.invalid, amount.fraction
// (part of a yen), amount.grouping (commas not in threes: is it 1,20 or
// 1.20?), amount.exponent (1e30), amount.not_a_number (NaN, #REF!, ∞),
// amount.overflow.
func Yen(s string) (amount.Money, error) {
	n, err := Minor(s, 0)
	return amount.Money(n), err
}

// Minor reads an amount in a currency of so many decimals as minor units:
// "£12.50" with 2 is 1250. Fewer decimals than the currency has are filled;
// more are amount.fraction unless they are zeros. Faults as [Yen].
func Minor(s string, decimals int) (int64, error) {
	n, scale, err := Decimal(s)
	if err != nil {
		return 0, err
	}
	for ; scale > decimals; scale-- {
		if n%10 != 0 {
			return 0, bad("amount.fraction")
		}
		n /= 10
	}
	for ; scale < decimals; scale++ {
		if n, err = amount.Mul(n, 10); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// Decimal reads an amount exactly, as n / 10^scale: "3.795" is (3795, 3).
// Faults as [Yen] without amount.fraction.
func Decimal(s string) (n int64, scale int, err error) {
	body, neg, code := amountBody(s)
	if code != "" {
		return 0, 0, bad("amount." + code)
	}
	whole, frac, point := strings.Cut(body, ".")
	if code = checkNumber(whole, frac, point); code != "" {
		return 0, 0, bad("amount." + code)
	}
	for _, c := range strings.ReplaceAll(whole, ",", "") + frac {
		if n, err = amount.Mul(n, 10); err == nil {
			n, err = amount.Add(n, int64(c-'0'))
		}
		if err != nil {
			return 0, 0, err
		}
	}
	if neg {
		n = -n
	}
	return n, len(frac), nil
}

// Quantity reads a whole number ≥ 0 of pieces, with 個 点 枚 本 or none.
//
// Faults: quantity.empty, quantity.invalid, quantity.fraction,
// quantity.negative, amount.overflow.
func Quantity(s string) (int64, error) {
	s = strings.TrimRight(norm.NFKC.String(Cell(s)), "個点枚本袋箱冊台杯 ")
	n, err := Minor(s, 0)
	switch {
	case err == nil && n < 0:
		return 0, bad("quantity.negative")
	case err == nil:
		return n, nil
	}
	switch fault.Of(err).Code {
	case "amount.overflow":
		return 0, err
	case "amount.empty", "amount.fraction":
		return 0, bad("quantity." + strings.TrimPrefix(fault.Of(err).Code, "amount."))
	}
	return 0, bad("quantity.invalid")
}

// amountBody strips what stands around the number and finds its sign.
func amountBody(s string) (body string, neg bool, code string) {
	s = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || invisible(r) {
			return -1
		}
		return r
	}, norm.NFKC.String(Cell(s)))
	for _, note := range []string{"(税込)", "(税抜)", "(税別)", "税込", "税抜", "税別"} {
		s = strings.TrimSuffix(s, note)
	}
	if s == "" {
		return "", false, "empty"
	}
	if inner, ok := strings.CutPrefix(s, "("); ok && strings.HasSuffix(inner, ")") {
		neg, s = true, strings.TrimSuffix(inner, ")")
	}
	signs := 0
	for s != "" {
		r := []rune(s)[0]
		switch {
		case isDash(r) || r == '△' || r == '▲':
			neg = true
			signs++
		case r == '+':
			signs++
		case currencySign(r):
		default:
			return trimUnit(s), neg, tooManySigns(signs)
		}
		s = s[len(string(r)):]
	}
	return "", false, "invalid"
}

func tooManySigns(n int) string {
	if n > 1 {
		return "invalid"
	}
	return ""
}

func currencySign(r rune) bool { return strings.ContainsRune(`¥\$£€`, r) }

// trimUnit takes the unit off the end: 円, 円也, -, JPY.
func trimUnit(s string) string {
	for _, u := range []string{"円也", "円", "圓", "JPY", "jpy", "yen"} {
		if t, ok := strings.CutSuffix(s, u); ok {
			return t
		}
	}
	if t, ok := strings.CutSuffix(s, ".-"); ok {
		return t
	}
	return s
}

func checkNumber(whole, frac string, point bool) string {
	switch {
	case notANumber(whole):
		return "not_a_number"
	case exponent(strings.ReplaceAll(whole, ",", "") + frac):
		return "exponent"
	case whole == "" && frac == "", point && frac == "", !digits(frac):
		return "invalid"
	case strings.Contains(whole, ","):
		return checkGroups(whole)
	case !digits(whole):
		return "invalid"
	}
	return ""
}

func notANumber(s string) bool {
	l := strings.ToLower(s)
	return l == "nan" || l == "inf" || l == "infinity" || l == "∞" || strings.HasPrefix(l, "#")
}

// exponent: digits, e, digits, as a spreadsheet writes a large number.
func exponent(s string) bool {
	m, e, ok := strings.Cut(strings.ToLower(s), "e")
	e = strings.TrimLeft(e, "+-")
	return ok && m != "" && e != "" && digits(m) && digits(e)
}

func digits(s string) bool { return strings.Trim(s, "0123456789") == "" }

func checkGroups(whole string) string {
	for i, g := range strings.Split(whole, ",") {
		switch {
		case g == "" || !digits(g):
			return "invalid"
		case i == 0 && len(g) > 3, i > 0 && len(g) != 3:
			return "grouping"
		}
	}
	return ""
}
