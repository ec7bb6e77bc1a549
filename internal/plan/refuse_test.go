package plan

import (
	"strings"
	"testing"

	"joren/internal/i18n"
)

// small is the least programme with something of everything to break.
const small = `programme: p
name: P
currency: JPY
effective_from: 2026-04-01
points:
  pt: {name: P, value: 1, expiry: {months: 12}}
  st: {name: S, expiry: never}
rules:
  - {id: base, kind: base, per: 100, give: 1}
  - {id: twice, kind: multiplier, group: g, multiply: 2}
groups:
  - {id: g, mode: best}
limits:
  - {id: cap, measure: points, window: month, max: 100, over: trim}
tiers:
  metric: net_spend
  window: {calendar: year}
  levels:
    - {id: low, name: L, enter: 0}
    - {id: high, name: H, enter: 1000, keep: 900}
coupons:
  - {id: c, kind: amount, value: 100, valid: {days: 30}, code: unique}
`

func TestWhatIsWrongIsNamedWhereItStands(t *testing.T) {
	for _, c := range []struct{ what, old, new, path, code string }{
		{"an unknown key", "currency: JPY", "currency: JPY\ncurency: X", "curency", "programme.unknown_key"},
		{"a missing name", "name: P\nc", "c", "", "programme.missing"},
		{"a key twice", "currency: JPY", "currency: JPY\ncurrency: EUR", "currency", "programme.duplicate_key"},
		{"an alias", "currency: JPY", "currency: &c JPY", "currency", "programme.no_alias"},
		{"no value", "currency: JPY", "currency:", "currency", "programme.empty_value"},
		{"a currency by name", "currency: JPY", "currency: yen", "currency", "programme.bad_currency"},
		{"a zone nobody knows", "currency: JPY", "currency: JPY\nzone: Asia/Tokio", "zone", "programme.bad_zone"},
		{"a date that does not exist", "2026-04-01", "2026-02-30", "effective_from", "programme.bad_date"},
		{"an end before the start", "currency: JPY", "currency: JPY\nlast_earn_on: 2026-03-01", "last_earn_on", "programme.ends_before_start"},
		{"points that can no longer be spent", "currency: JPY", "currency: JPY\nlast_earn_on: 2027-03-01\nlast_spend_on: 2027-02-01", "last_spend_on", "programme.spend_ends_before_earning"},
		{"a number in quotes", "per: 100", `per: "100"`, "rules[0].per", "programme.not_an_integer"},
		{"a fraction of a yen", "per: 100", "per: 99.5", "rules[0].per", "programme.not_an_integer"},
		{"a zero rate", "per: 100", "per: 0", "rules[0].per", "programme.too_small"},
		{"an enormous number", "give: 1}", "give: 99999999999999}", "rules[0].give", "programme.too_big"},
		{"a hexadecimal number", "per: 100", "per: 0x64", "rules[0].per", "programme.not_an_integer"},
		{"a multiplier below one", "multiply: 2", "multiply: 0.9", "rules[1].multiply", "programme.bad_multiplier"},
		{"four decimals", "multiply: 2", "multiply: 1.0001", "rules[1].multiply", "programme.bad_multiplier"},
		{"an unknown group", "group: g", "group: h", "rules[1].group", "programme.unknown_reference"},
		{"an unknown point type", "{id: base,", "{id: base, points: px,", "rules[0].points", "programme.unknown_reference"},
		{"an unknown rank", "{id: base,", "{id: base, tiers: [hihg],", "rules[0].tiers[0]", "programme.unknown_reference"},
		{"an unknown event", "{id: base, kind: base, per: 100, give: 1}", "{id: base, kind: bonus, on: revew, give: 1}", "rules[0].on", "programme.unknown_reference"},
		{"a rule id twice", "id: twice", "id: base", "rules[1].id", "programme.duplicate_id"},
		{"a key of another kind", "multiply: 2", "multiply: 2, per: 3", "rules[1].per", "programme.not_of_kind"},
		{"a base rule without a rate", "per: 100, give: 1", "per: 100", "rules[0]", "programme.missing"},
		{"steps beside a rate", "per: 100, give: 1", "per: 100, give: 1, steps: {table: [{from: 0, per: 1, give: 1}]}", "rules[0].steps", "programme.contradiction"},
		{"steps out of order", "per: 100, give: 1", "steps: {table: [{from: 5, per: 1, give: 1}, {from: 5, per: 1, give: 2}]}", "rules[0].steps.table[1].from", "programme.not_ascending"},
		{"a campaign of unknown rules", "{id: cap,", "{id: cap, scope: campaign, rules: [bse],", "limits[0].rules[0]", "programme.unknown_reference"},
		{"a money limit on points without value", "{id: cap, measure: points,", "{id: cap, points: st, measure: money,", "limits[0].measure", "programme.needs"},
		{"a window that ends first", "window: month", "window: {from: 2026-05-02, to: 2026-05-01}", "limits[0].window.to", "programme.ends_before_start"},
		{"two ways to wait", "expiry: {months: 12}", "expiry: {months: 12}, pending: {days: 1, date: 2026-05-01}", "points.pt.pending", "programme.exactly_one"},
		{"sliding by days", "expiry: {months: 12}", "expiry: {days: 12, from: last_activity}", "points.pt.expiry.from", "programme.needs"},
		{"a class nobody gives", "expiry: {months: 12}", "expiry: {months: 12}, consume: [promo]", "points.pt.consume[0]", "programme.unknown_reference"},
		{"a least above the most", "expiry: {months: 12}", "expiry: {months: 12}, spend: {minimum: 5, maximum: 4}", "points.pt.spend.minimum", "programme.above"},
		{"spending points without value", "expiry: never", "expiry: never, spend: {minimum: 5}", "points.st.spend", "programme.needs"},
		{"keep above enter", "keep: 900", "keep: 1001", "tiers.levels[1].keep", "tier.keep_above_enter"},
		{"a first rank that must be reached", "enter: 0", "enter: 1", "tiers.levels[0].enter", "tier.lowest_not_zero"},
		{"ranks out of order", "enter: 1000, keep: 900", "enter: 0", "tiers.levels[1].enter", "tier.not_ascending"},
		{"grace as long as the period", "window: {calendar: year}", "window: {calendar: month}\n  downgrade: {how: full, grace_days: 28}", "tiers.downgrade.grace_days", "tier.grace_too_long"},
		{"an unknown metric", "metric: net_spend", "metric: spend", "tiers.metric", "programme.bad_value"},
		{"one threshold for two metrics", "metric: net_spend", "metric: {any: [net_spend, visits]}", "tiers.levels[1].enter", "tier.threshold_per_metric"},
		{"a rank that feeds itself", "metric: net_spend", "metric: {points: st}", "rules[1]", "tier.cycle"},
		{"an unknown benefit", "keep: 900", "keep: 900, benefits: [lounge]", "tiers.levels[1].benefits[0]", "programme.unknown_reference"},
		{"an unknown coupon on rising", "keep: 900", "keep: 900, on_enter: {coupon: d}", "tiers.levels[1].on_enter.coupon", "programme.unknown_reference"},
		{"110 percent", "kind: amount, value: 100", "kind: percent, value: 110", "coupons[0].value", "programme.too_big"},
		{"a coupon without value", "value: 100, ", "", "coupons[0]", "programme.missing"},
		{"a coupon for ever", "valid: {days: 30}", "valid: {from: 2026-05-01}", "coupons[0].valid", "programme.exactly_one"},
		{"a coupon condition with a slip", "code: unique", "code: unique, when: \"member.teir == 'high'\"", "coupons[0].when", "condition.unknown_field"},
		{"a rule condition with a slip", "multiply: 2", "multiply: 2, when: \"purchase.total >=\"", "rules[1].when", "condition.syntax"},
		{"a condition on an unknown rank", "multiply: 2", "multiply: 2, when: \"member.tier == 'hgih'\"", "rules[1].when", "condition.unknown_value"},
		{"an exclusion that is no condition", "currency: JPY", "currency: JPY\nexclude: \"line.categry == 'x'\"", "exclude", "condition.unknown_field"},
		{"a reserved event", "groups:", "events:\n  - {id: visit}\ngroups:", "events[0].id", "programme.reserved"},
		{"a perk without trigger", "groups:", "perks:\n  - {id: k, name: K, coupon: c}\ngroups:", "perks[0]", "programme.missing"},
		{"a number past int64", "per: 100", "per: 9223372036854775808", "rules[0].per", "programme.not_an_integer"},
		{"the largest int64", "max: 100", "max: 9223372036854775807", "limits[0].max", "programme.too_big"},
		{"the smallest int64", "value: 100", "value: -9223372036854775808", "coupons[0].value", "programme.too_small"},
		{"a multiplier of 1e30", "multiply: 2", "multiply: 1e30", "rules[1].multiply", "programme.bad_multiplier"},
		{"a multiplier that is no number", "multiply: 2", "multiply: .nan", "rules[1].multiply", "programme.bad_multiplier"},
		{"a threshold nobody can reach", "enter: 1000", "enter: 9223372036854775807", "tiers.levels[1].enter", "programme.too_big"},
		{"a thousand years of validity", "expiry: {months: 12}", "expiry: {months: 12000}", "points.pt.expiry.months", "programme.too_big"},
		{"a year that is none", "2026-04-01", "99999-01-01", "effective_from", "programme.bad_date"},
		{"a coupon that ends before it begins", "valid: {days: 30}", "valid: {from: 2026-05-02, to: 2026-05-01}", "coupons[0].valid.to", "programme.ends_before_start"},
		{"two status types in one metric", "metric: net_spend", "metric: {any: [{points: pt}, {points: st}]}", "tiers.metric", "programme.contradiction"},
		{"a price for an unknown rank", "groups:", "rewards:\n  - {id: r, name: R, price: {default: 5, hihg: 4}}\ngroups:", "rewards[0].price.hihg", "programme.unknown_reference"},
	} {
		t.Run(c.what, func(t *testing.T) {
			src := strings.Replace(small, c.old, c.new, 1)
			if src == small {
				t.Fatalf("%q is not in the document", c.old)
			}
			if c.code == "tier.cycle" {
				src = strings.Replace(strings.Replace(src, "kind: multiplier, group: g, multiply: 2", "kind: bonus, on: rank.up, points: st, give: 2", 1), "tiers:", "tiers:", 1)
			}
			p, bad := Parse([]byte(src))
			if p != nil {
				t.Fatal("taken")
			}
			for _, b := range bad {
				if b.Path == c.path && b.Code == c.code {
					checkTold(t, b, src, c.path)
					return
				}
			}
			t.Errorf("want %s %s, got %v", c.path, c.code, bad)
		})
	}
}

// checkTold wants a line of the document and a sentence in both languages.
func checkTold(t *testing.T, b Problem, src, path string) {
	t.Helper()
	lines := strings.Split(src, "\n")
	if b.Line < 1 || b.Line > len(lines) {
		t.Fatalf("line %d", b.Line)
	}
	last := path[strings.LastIndexAny(path, ".")+1:]
	if i := strings.IndexByte(last, '['); i < 0 && path != "" && !strings.Contains(lines[b.Line-1], last) {
		t.Errorf("%s is not in line %d: %s", last, b.Line, lines[b.Line-1])
	}
	for _, l := range []i18n.Lang{i18n.JA, i18n.EN} {
		if s := b.Text(l); strings.Contains(s, b.Code) || strings.ContainsAny(s, "{}") && !strings.Contains(s, "{…}") {
			t.Errorf("%s: %s", l, s)
		}
	}
}

func TestTheSmallProgrammeIsSound(t *testing.T) { parsed(t, small) }

func TestAllSlipsComeAtOnceInTheOrderOfTheDocument(t *testing.T) {
	src := strings.NewReplacer("currency: JPY", "curency: JPY", "group: g", "group: h", "over: trim", "over: trm", "keep: 900", "keep: 9000", "value: 100", "value: -1").Replace(small)
	_, bad := Parse([]byte(src))
	if len(bad) != 6 { // and the missing currency
		t.Errorf("%d problems: %v", len(bad), bad)
	}
	for i := 1; i < len(bad); i++ {
		if bad[i].Line < bad[i-1].Line {
			t.Errorf("line %d after line %d", bad[i].Line, bad[i-1].Line)
		}
	}
}
