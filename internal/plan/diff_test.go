package plan

import (
	"strings"
	"testing"

	"joren/internal/i18n"
)

func TestEachChangeIsToldAsBetterOrWorseForMembers(t *testing.T) {
	old := template(t, "cafe")
	for _, c := range []struct {
		what, from, to string
		key            string
		how            What
		effect         Effect
	}{
		{"more points per item", "give_per_item: 5", "give_per_item: 10", "rules.own-cup", Changed, Better},
		{"a smaller first gift", "give: 100}", "give: 80}", "rules.first-purchase", Changed, Worse},
		{"a lower rate", "{from: 0, per: 100, give: 1}", "{from: 0, per: 200, give: 1}", "earning", Changed, Mixed}, // the step's rate is told apart now
		{"a later step", "{from: 5000, per", "{from: 6000, per", "earning", Changed, Worse},
		{"a longer life", "expiry: {months: 12, from: activation", "expiry: {months: 18, from: activation", "use", Changed, Better},
		{"a longer wait", "pending: {days: 7}", "pending: {days: 14}", "use", Changed, Worse},
		{"another rounding", "round: end_of_month}", "round: end_of_fiscal_year}", "use", Changed, Mixed},
		{"a higher threshold to keep", "keep: 24000", "keep: 25000", "ranks", Changed, Worse},
		{"one threshold up, one down", "enter: 30000, keep: 24000", "enter: 29000, keep: 25000", "ranks", Changed, Mixed},
		{"a larger budget", "max: 500000", "max: 600000", "limits.autumn-budget", Changed, Better},
		{"a rule less", "  - {id: sunday, kind: multiplier, group: day, weekdays: [sunday], multiply: 1.200}\n", "", "rules.sunday", Removed, Worse},
		{"a coupon more", "entitlements:", "  - {id: extra, kind: free_shipping, valid: {days: 3}, code: unique}\nentitlements:", "coupons.extra", Added, Better},
		{"a limit more", "\ntiers:", "  - {id: daily, measure: points, window: day, max: 9, over: trim}\ntiers:", "limits.daily", Added, Worse},
		{"another weekday", "weekdays: [sunday]", "weekdays: [monday]", "rules.sunday", Changed, Mixed},
		{"a dearer reward", "price: {default: 500, gold: 450}", "price: {default: 600, gold: 450}", "rewards.drip-ticket", Changed, Worse},
		{"an announced end", "fiscal_year_start: 4", "last_earn_on: 2027-03-31", "ends", Added, Worse},
	} {
		t.Run(c.what, func(t *testing.T) {
			src := strings.Replace(old, c.from, c.to, 1)
			if src == old {
				t.Fatalf("the café has no %q", c.from)
			}
			for _, x := range Diff(parsed(t, old), parsed(t, src)) {
				if x.Key == c.key {
					if x.What != c.how || x.For != c.effect {
						t.Errorf("%s, %s: %s", x.What, x.For, x.Text(i18n.EN))
					}
					if x.Hurts() != (c.effect == Worse || c.effect == Mixed) {
						t.Error("hurts")
					}
					return
				}
			}
			t.Errorf("%s is not told", c.key)
		})
	}
}

func TestANewFirstDayAloneIsNoChange(t *testing.T) {
	src := strings.Replace(template(t, "shop"), "effective_from: 2026-04-01", "effective_from: 2026-05-01", 1)
	if cs := Diff(parsed(t, template(t, "shop")), parsed(t, src)); len(cs) != 0 {
		t.Errorf("%+v", cs)
	}
	for _, day := range []string{"2026-05-01", "2026-12-01", "2027-04-01"} { // the example of the terms moves to another year
		src := strings.Replace(template(t, "cafe"), "effective_from: 2026-04-01", "effective_from: "+day, 1)
		if cs := Diff(parsed(t, template(t, "cafe")), parsed(t, src)); len(cs) != 0 {
			t.Errorf("%s: %+v", day, cs)
		}
	}
}

func TestAChangeReadsAsASentence(t *testing.T) {
	src := strings.Replace(template(t, "cafe"), "give_per_item: 5", "give_per_item: 10", 1)
	c := Diff(parsed(t, template(t, "cafe")), parsed(t, src))
	if len(c) != 1 {
		t.Fatalf("%d changes", len(c))
	}
	if got, want := c[0].Text(i18n.JA), "変更：ボーナスポイント　マイボトル1点につき5ポイントを加えます。 → マイボトル1点につき10ポイントを加えます。"; got != want {
		t.Errorf("%s", got)
	}
}
