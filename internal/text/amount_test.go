package text

import (
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"joren/internal/fault"
)

func TestAmountsAreReadAsShopsWriteThem(t *testing.T) {
	for in, want := range map[string]int64{
		"1200": 1200, "¥1,200": 1200, "￥1,200": 1200, `\1,200`: 1200, "１，２００": 1200, "1,200円": 1200, "１２，３００円": 12300, "1,200円（税込）": 1200, "1200円也": 1200, "¥1,200-": 0, "¥1,200.-": 1200,
		"0": 0, "-0": 0, "-1200": -1200, "−1,200": -1200, "－１２００": -1200, "‐1200": -1200, "△1,200": -1200, "▲1,200": -1200, "▲¥1,200": -1200, "¥-1,200": -1200, "(1,200)": -1200, "（1,200）": -1200,
		"+1200": 1200, " 1 200 ": 1200, "1200.00": 1200, `="1200"`: 1200, "'1200": 1200, "0001200": 1200, "1,234,567,890": 1234567890, "9223372036854775807": 9223372036854775807, "JPY": 0,
	} {
		got, err := Yen(in)
		if in == "¥1,200-" || in == "JPY" { // a hyphen after the number is not a sign we know; a unit is no amount
			if err == nil {
				t.Errorf("Yen(%q) = %d, want a refusal", in, got)
			}
			continue
		}
		if err != nil || int64(got) != want {
			t.Errorf("Yen(%q) = %d, %v; want %d", in, got, err, want)
		}
	}
}

func TestAnAmountThatCannotBeReadSaysWhy(t *testing.T) {
	for in, code := range map[string]string{
		"": "amount.empty", " \u3000": "amount.empty", "-": "amount.invalid", "¥": "amount.invalid", "円": "amount.invalid", "abc": "amount.invalid", "12a": "amount.invalid", "1.2.3": "amount.invalid", "1.": "amount.invalid", ".": "amount.invalid", "--5": "amount.invalid", "千二百": "amount.invalid", "1.2万円": "amount.invalid", "0x10": "amount.invalid",
		"1.5": "amount.fraction", "1200.01": "amount.fraction", "１．５": "amount.fraction", "12,00": "amount.grouping", "1,2,3": "amount.grouping", "1234,567": "amount.grouping", ",100": "amount.invalid", "100,": "amount.invalid", "1,,000": "amount.invalid",
		"1e30": "amount.exponent", "1E+05": "amount.exponent", "1.2e3": "amount.exponent", "NaN": "amount.not_a_number", "Inf": "amount.not_a_number", "-∞": "amount.not_a_number", "#REF!": "amount.not_a_number", "#N/A": "amount.not_a_number",
		"9223372036854775808": "amount.overflow", "99999999999999999999999999": "amount.overflow", "0.00000000000000000000001": "amount.fraction",
	} {
		if got, err := Yen(in); !fault.Is(err, code) {
			t.Errorf("Yen(%q) = %d, %v; want %s", in, got, err, code)
		}
	}
}

func TestMinorUnitsFollowTheCurrency(t *testing.T) {
	for _, c := range []struct {
		in       string
		decimals int
		want     int64
	}{{"£12.5", 2, 1250}, {"12.50", 2, 1250}, {"12", 2, 1200}, {"-$0.01", 2, -1}, {"3.7950", 3, 3795}} {
		if got, err := Minor(c.in, c.decimals); err != nil || got != c.want {
			t.Errorf("Minor(%q, %d) = %d, %v; want %d", c.in, c.decimals, got, err, c.want)
		}
	}
	if _, err := Minor("3.795", 2); !fault.Is(err, "amount.fraction") {
		t.Errorf("part of a penny: %v", err)
	}
	if n, scale, err := Decimal("3.795"); n != 3795 || scale != 3 || err != nil {
		t.Errorf("Decimal keeps it exactly: %d / 10^%d, %v", n, scale, err)
	}
	if _, err := Minor("92233720368547759", 3); !fault.Is(err, "amount.overflow") {
		t.Errorf("overflow by filling decimals: %v", err)
	}
}

func TestQuantitiesAreWholeAndNotNegative(t *testing.T) {
	for in, want := range map[string]int64{"1": 1, "２": 2, "3個": 3, "1,000枚": 1000, "2.0": 2, "0": 0} {
		if got, err := Quantity(in); err != nil || got != want {
			t.Errorf("Quantity(%q) = %d, %v", in, got, err)
		}
	}
	for in, code := range map[string]string{"1.5": "quantity.fraction", "-1": "quantity.negative", "": "quantity.empty", "個": "quantity.empty", "x": "quantity.invalid", "1e3": "quantity.invalid", "99999999999999999999": "amount.overflow"} {
		if got, err := Quantity(in); !fault.Is(err, code) {
			t.Errorf("Quantity(%q) = %d, %v; want %s", in, got, err, code)
		}
	}
}

func TestEveryYenAmountReadsBackFromItsForms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(0, 1<<62).Draw(t, "n")
		plain := strconv.FormatInt(n, 10)
		grouped := plain
		for i := len(grouped) - 3; i > 0; i -= 3 {
			grouped = grouped[:i] + "," + grouped[i:]
		}
		full := ""
		for _, r := range grouped {
			full += string(r + 0xFEE0)
		}
		for _, s := range []string{plain, grouped, full, "¥" + grouped, full + "円"} {
			if got, err := Yen(s); err != nil || int64(got) != n {
				t.Fatalf("Yen(%q) = %d, %v", s, got, err)
			}
			if got, err := Yen("△" + s); err != nil || int64(got) != -n {
				t.Fatalf("Yen(△%q) = %d, %v", s, got, err)
			}
		}
	})
}

// Whatever is read as yen reads back from its plain form.
func FuzzAmount(f *testing.F) {
	for _, s := range []string{"¥1,200", "１，２００円", "△1,200", "(1,200)", "1e30", "NaN", "1.5", "9223372036854775808", "1,200円（税込）", "--1", "¥", "="} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := Yen(s)
		if err != nil {
			if fault.Of(err).Kind != fault.Invalid {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		if back, err := Yen(strconv.FormatInt(int64(n), 10)); err != nil || back != n {
			t.Fatalf("%q gave %d, which reads back as %d, %v", s, n, back, err)
		}
	})
}
