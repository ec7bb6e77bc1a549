package rules

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"joren/internal/i18n"
	"joren/internal/label"
)

func cafeNames(kind, id string) label.Text {
	return map[string]label.Text{"category/beans": {JA: "豆", EN: "beans"}, "tier/silver": {JA: "シルバー", EN: "Silver"}}[kind+"/"+id]
}

// layout writes an explanation as EXAMPLES §2 does: name, points, sentence.
func layout(e Explanation, not string) string {
	var b strings.Builder
	for _, r := range e.Rows {
		b.WriteString(strings.TrimRight(fmt.Sprintf("%s|%d|%s", r.Name, r.Points, r.Text), "|") + "\n")
	}
	for i, r := range e.NotGiven {
		b.WriteString([]string{not + ": ", " / "}[min(i, 1)] + r.Name + map[bool]string{true: "（" + r.Text + "）", false: " (" + r.Text + ")"}[not == "対象外"])
	}
	return b.String()
}

func TestWhy355PointsIsToldWordForWord(t *testing.T) {
	v := mustCompile(t, cafe())
	res, err := v.Evaluate(cafePurchase(), cafeFacts())
	if err != nil {
		t.Fatal(err)
	}
	for lang, want := range map[i18n.Lang]string{
		i18n.JA: `基本|104|対象額 5,250円は5,000円以上なので100円につき2ポイント（5,200円分）
5のつく日|90|ポイント2倍で+104。今月の上限150ポイントの残り90までに調整しました（−14）
シルバー会員|52|基本104 × 0.5
コーヒー豆2倍|54|豆 2,754円分の基本54 × 1
マイボトル|5|5ポイント × 1点
20回目のご来店|50
対象外: 日曜1.2倍（同じ日は有利な1つだけ。5のつく日が有利でした） / 初回特典（20回目のご来店のため）`,
		i18n.EN: `Base|104|5,250 yen eligible is 5,000 or more: 2 points per 100 yen (5,200 yen)
5th/15th/25th|90|doubled, +104; cut to the 90 left of this month's 150 (−14)
Silver|52|104 × 0.5
Beans doubled|54|54 points on 2,754 yen of beans × 1
Own cup|5|5 points × 1 item
20th visit|50
Not given: Sunday ×1.2 (one day offer counts, the better one did) / first purchase (this is visit 20)`,
	} {
		e := Speaker{Lang: lang, Currency: "JPY", Names: cafeNames}.Explain(v, &res.Awards[0])
		not := map[i18n.Lang]string{i18n.JA: "対象外", i18n.EN: "Not given"}[lang]
		if d := cmp.Diff(want, layout(e, not)); d != "" {
			t.Errorf("%s: %s", lang, d)
		}
	}
}

func TestConditionsAreToldInWords(t *testing.T) {
	for _, c := range []struct{ src, ja, en string }{
		{"member.tier == 'silver'", "会員ランクがシルバー", "the tier is Silver"},
		{"purchase.eligible >= 3000", "対象額が3,000円以上", "the eligible amount is at least 3,000 yen"},
		{"5000 <= purchase.total", "合計金額が5,000円以上", "the total is at least 5,000 yen"},
		{"stats.visit_no % 10 == 0", "来店10回ごと", "every 10 visits"},
		{"stats.visit_no == 1 && purchase.eligible >= 500", "来店回数（今回を含む）が1、かつ対象額が500円以上", "the visit number is 1 and the eligible amount is at least 500 yen"},
		{"line.category in ['gift_card', 'tobacco']", "カテゴリがgift_card・tobaccoのいずれか", "the category is one of gift_card, tobacco"},
		{"'own_cup' in line.tags", "タグにown_cupがある", "the tags include own_cup"},
		{"member.is_birthday_month || member.in_segment('vip')", "誕生月、またはセグメント「vip」の会員", "it is the month of the member's birthday or the member is in segment vip"},
		{"!member.is_birthday", "次に当てはまらない：誕生日当日", "not: it is the member's birthday"},
		{"purchase.weekday == 'sunday'", "曜日が日曜日", "the weekday is Sunday"},
		{"member.joined_on >= date('2026-04-01')", "入会日が2026年4月1日（水）以降", "the day of joining is Wed 1 April 2026 or later"},
		{"purchase.lines.exists(l, l.category == 'beans')", "明細のどれかについて、カテゴリが豆", "for some item the category is beans"},
		{"stats.product('DRIP').count >= 4", "DRIPのこれまでの購入回数が4以上", "the number of earlier purchases of DRIP is at least 4"},
		{"member.attr.city == '京都'", "cityが京都", "city is 京都"},
		{"purchase.total / 2 > stats.spend", "「purchase.total / 2 > stats.spend」", "‘purchase.total / 2 > stats.spend’"},
	} {
		for lang, want := range map[i18n.Lang]string{i18n.JA: c.ja, i18n.EN: c.en} {
			if got := (Speaker{Lang: lang, Names: cafeNames}).Condition(c.src); got != want {
				t.Errorf("%s\n got %s\nwant %s", c.src, got, want)
			}
		}
	}
}

func TestEveryFieldHasAName(t *testing.T) {
	voc := newVocabulary(Words{})
	for _, object := range []string{"purchase", "member", "stats", "event", "now"} {
		for name, f := range voc.objects[object] {
			path := object + "." + name
			if f.kind != kindObject && f.kind != kindLines && !i18n.Has("rules.field."+path) && !i18n.Has("rules.flag."+path) {
				t.Errorf("%s has no name in the catalogue", path)
			}
		}
	}
	for name := range lineFields {
		if !i18n.Has("rules.field.line."+name) && !i18n.Has("rules.flag.line."+name) {
			t.Errorf("line.%s has no name in the catalogue", name)
		}
	}
}
