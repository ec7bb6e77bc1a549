package plan

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"joren/internal/i18n"
)

// The opening as printed in the worked example.
const openingJA = `ポイントの獲得  税抜・割引後・送料別・ポイント払い分を除いた金額100円につき1ポイント（5,000円以上のお買い上げは全額に2ポイント）。ギフトカード・たばこは対象外です。
確定と有効期限  お買い上げの7日後に使えるようになり、その12か月後の月末まで有効です。例：11月15日のお買い上げ → 11月22日から2027年11月30日まで。
返品            お手元に残る商品で計算し直し、差のポイントをお返しいただきます。お支払いに使ったポイントは元の有効期限でお戻しします（期限切れのときは30日間使えます）。
会員ランク      4〜9月・10〜3月の対象額。シルバー30,000円（継続24,000円）、ゴールド60,000円（継続50,000円）。達成後すぐ適用します。
`

const openingEN = `Earning  1 point per 100 yen before tax, after discounts, without shipping and without the part paid by points (2 points on the whole order from 5,000 yen). Gift cards and tobacco do not count.
Use      Points can be used 7 days after the purchase, until the end of the month 12 months later. Bought 15 November → from 22 November until 30 November 2027.
Returns  We count again what you keep and take the difference back. Points you paid with return with their own expiry date (30 days if it has passed).
Ranks    Spend in April–September and October–March. Silver 30,000 yen (24,000 to keep), Gold 60,000 yen (50,000 to keep), at once when reached.
`

func TestTheTermsOfTheCafeOpenAsPromised(t *testing.T) {
	p := parsed(t, template(t, "cafe"))
	for l, want := range map[i18n.Lang]string{i18n.JA: openingJA, i18n.EN: openingEN} {
		d := Terms(p, l)
		d.Paragraphs = d.Paragraphs[:4]
		if diff := cmp.Diff(want, d.Text()); diff != "" {
			t.Errorf("%s: %s", l, diff)
		}
	}
}

// numbersOf are the figures of a document that mean something to members:
// all but zero, dates and what stands in names and codes.
func numbersOf(t *testing.T, src string) []int64 {
	t.Helper()
	var doc any
	if err := yaml.Unmarshal([]byte(src), &doc); err != nil {
		t.Fatal(err)
	}
	var out []int64
	var walk func(key string, x any)
	walk = func(key string, x any) {
		switch x := x.(type) {
		case map[string]any:
			for k, v := range x {
				walk(k, v)
			}
		case []any:
			for _, v := range x {
				walk(key, v)
			}
		case uint64:
			out = append(out, int64(x)*1000)
		case float64:
			out = append(out, int64(x*1000+0.5))
		case string:
			if key == "when" || key == "lines" {
				for _, m := range regexp.MustCompile(`\b[0-9]+\b`).FindAllString(x, -1) {
					if strings.Contains(x, "orders") {
						continue // orders so far: told as the number of this order
					}
					var n int64
					for _, c := range m {
						n = n*10 + int64(c-'0')
					}
					out = append(out, n*1000)
				}
			}
		}
	}
	delete(doc.(map[string]any), "words")
	walk("", doc)
	return out
}

func TestEachNumberOfTheDocumentStandsInTheTerms(t *testing.T) {
	silent := map[string]map[int64]bool{ // figures for the shop, not for members
		"cafe":  {4: true}, // first month of the fiscal year: no rounding to it
		"shop":  {4: true},
		"salon": {4: true, 400: true, 600: true}, // costs
		"demo":  {12: true, 300: true, 1: true},
	}
	for _, name := range Templates() {
		p := parsed(t, template(t, name))
		for _, l := range []i18n.Lang{i18n.JA, i18n.EN} {
			text := Terms(p, l).Text()
			for _, n := range numbersOf(t, template(t, name)) {
				if n == 0 || silent[name][n/1000] || n == 1000 && strings.Contains(text, "1") {
					continue
				}
				if !says(text, p.Currency, l, n) {
					t.Errorf("%s (%s): %s is not in the terms", name, l, i18n.Milli(n))
				}
			}
		}
	}
}

// says looks for n thousandths as number or money, as a figure of its own.
func says(text, currency string, l i18n.Lang, n int64) bool {
	forms := []string{i18n.Milli(n)}
	if n%1000 == 0 {
		forms = append(forms, i18n.Number(n/1000), strings.TrimSuffix(strings.TrimSuffix(i18n.Money(l, currency, n/1000), "円"), " yen"))
	}
	for _, f := range forms {
		if regexp.MustCompile(`(^|[^0-9.,])` + regexp.QuoteMeta(f) + `($|[^0-9.,]|[.,]($|[^0-9]))`).MatchString(text) {
			return true
		}
	}
	return false
}

func TestNoTextIsMissingAndNoPlaceholderLeft(t *testing.T) {
	sources := map[string]string{"everything": everything(t)}
	for _, n := range Templates() {
		sources[n] = template(t, n)
	}
	for name, src := range sources {
		p := parsed(t, src)
		for _, l := range []i18n.Lang{i18n.JA, i18n.EN} {
			d := Terms(p, l)
			seen := map[string]bool{}
			for _, x := range append(d.Paragraphs, Paragraph{"title", d.Title, d.Title}) {
				if strings.Contains(x.Heading+x.Text, "[plan.") || regexp.MustCompile(`[{}]`).MatchString(x.Heading+x.Text) || x.Heading == "" || x.Text == "" {
					t.Errorf("%s %s %s: %q %q", name, l, x.Key, x.Heading, x.Text)
				}
				if seen[x.Key] {
					t.Errorf("%s: %s stands twice", name, x.Key)
				}
				seen[x.Key] = true
			}
		}
	}
}

func everything(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("testdata/everything.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestEveryRuleLimitAndBenefitHasItsParagraph(t *testing.T) {
	p := parsed(t, template(t, "cafe"))
	have := map[string]bool{}
	for _, x := range Terms(p, i18n.JA).Paragraphs {
		have[x.Key] = true
	}
	want := []string{"earning", "use", "returns", "ranks", "points.stamp", "groups.day", "limits.autumn-budget", "tiers.levels.gold", "withdrawal",
		"rewards.drip-ticket", "coupons.autumn-300", "coupons.welcome-gold", "coupons.rainy", "entitlements.lounge", "bookings.early-seat"}
	for _, r := range p.Spec.Rules[1:] { // the opening tells the first
		want = append(want, "rules."+r.ID)
	}
	for _, k := range want {
		if !have[k] {
			t.Errorf("no paragraph %s", k)
		}
	}
}
