package ui

import (
	"context"
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"joren/internal/fault"
	"joren/internal/label"
)

// Components answers GET /_components: every component in every state, with
// figures of a café that does not exist. It is the workshop's sample board
// and what the accessibility tests look at.
func Components(w http.ResponseWriter, r *http.Request) error {
	v := Of(r.Context())
	v.ShopName = label.Text{JA: "ひだまりカフェ", EN: "Hidamari Café"}.In(v.Lang)
	v.User = &User{Name: label.Text{JA: "佐藤 花", EN: "Hana Sato"}.In(v.Lang), Role: label.Text{JA: "オーナー", EN: "Owner"}.In(v.Lang)}
	v.SearchURL = "/_components"
	for _, word := range Words {
		v.Rail = append(v.Rail, RailItem{word, "/_components#" + string(word)})
	}
	v.Flash = &Notice{Tone: "good", Text: label.Text{JA: "プログラム第3版を公開しました。", EN: "Version 3 of the programme is in force."}.In(v.Lang)}
	list := ParseList(r.URL, ListSpec{Sorts: []string{"name", "last", "points"}, Sort: "-points", Filters: []string{"q", "rank", "dialog"}})
	list.Path = "/_components"
	return Render(w, r.WithContext(With(r.Context(), v)), http.StatusOK, samplePage(list))
}

// both picks the sample text of the view's language.
func both(ctx context.Context, ja, en string) string {
	return label.Text{JA: ja, EN: en}.In(Lang(ctx))
}

func sampleForm(ctx context.Context) Form {
	return Form{
		Values: url.Values{"points": {"12,0"}, "reason": {""}, "kind": {"goodwill"}, "notify": {"yes"}},
		Errors: []FieldError{
			{"points", both(ctx, "ポイントは整数で入力してください（例：120）。", "Enter the points as a whole number, such as 120.")},
			{"reason", both(ctx, "理由を入力してください。", "Enter a reason.")},
			{"terms", both(ctx, "規約に同意してください。", "Agree to the terms.")},
		},
	}
}

func sampleMeta(ctx context.Context) Meta {
	return Meta{
		Title: both(ctx, "部品一覧", "Components"),
		Lead:  both(ctx, "画面に使う部品を、とりうる状態ごとに並べています。", "Everything the pages are made of, in every state."),
		Word:  Members,
		Crumbs: []Link{{T(ctx, "ui.word.members"), "/_components"},
			{both(ctx, "山田 太郎", "Taro Yamada"), "/_components"}},
		Action: &Button{Label: both(ctx, "ポイントを調整", "Adjust points"), Href: "/_components?dialog=adjust#adjust", Dialog: "adjust"},
		More:   []Button{{Label: both(ctx, "印刷", "Print"), Kind: "secondary", Href: "/_components"}},
		Tabs: []Tab{{Label: both(ctx, "概要", "Overview"), Href: "/_components", On: true},
			{Label: both(ctx, "購入", "Purchases"), Href: "/_components?tab=2", Count: 1234}, {Label: both(ctx, "履歴", "History"), Href: "/_components?tab=3"}},
		Errors: sampleForm(ctx).Errors,
		Wide:   true,
	}
}

func sampleTable(ctx context.Context, l List) Table {
	t := Table{
		ID: "members", Caption: both(ctx, "会員", "Members"), List: l, CSV: true,
		Columns: []Column{{Key: "name", Label: both(ctx, "氏名", "Name")}, {Label: both(ctx, "会員番号", "Number"), Keep: true},
			{Label: both(ctx, "会員ランク", "Rank")}, {Key: "last", Label: both(ctx, "前回の来店", "Last visit"), Keep: true},
			{Key: "points", Label: both(ctx, "利用可能ポイント", "Points available"), Num: true}},
		Pager: Pager{Prev: "a", Next: "b", Shown: 3, Total: 23570},
		Bulk: &Bulk{Action: "/_components", Buttons: []Button{{Label: both(ctx, "ポイントを付与", "Give points"), Kind: "secondary", Name: "do", Value: "give"},
			{Label: both(ctx, "無効にする", "Deactivate"), Kind: "danger", Name: "do", Value: "off"}}},
	}
	for _, p := range []struct {
		ja, en, no, rank, tone, last string
		points                       int64
	}{
		{"山田 太郎", "Taro Yamada", "2900000000017", "gold", "good", "2026/11/21", 12355},
		{"鈴木 一郎", "Ichiro Suzuki", "2900000000024", "silver", "info", "2026/10/03", 980},
		{"高橋 さくら", "Sakura Takahashi", "2900000000031", "regular", "", "2025/12/30", -120},
	} {
		name := both(ctx, p.ja, p.en)
		t.Rows = append(t.Rows, Row{ID: p.no, Name: name, Cells: []templ.Component{To("/_components?m="+p.no, name), Text(p.no),
			Badge(p.tone, p.rank), Text(p.last), Number(p.points)}})
	}
	return t
}

func sampleChart(ctx context.Context, id string, k ChartKind) Chart {
	c := Chart{ID: id, Kind: k, Title: both(ctx, "月ごとの付与と利用", "Points given and used by month"),
		Reading: both(ctx, "11月は12,400ポイントを付与し、7,900ポイントが使われました。利用は3か月続けて増えています。",
			"In November 12,400 points were given and 7,900 used; use has grown for three months."),
		XName: both(ctx, "月", "Month"),
		Series: []Series{
			{Name: both(ctx, "付与", "Given"), Values: []int64{8200, 9100, 8800, 10400, 9900, 11200, 12100, 10800, 9600, 10100, 11800, 12400}},
			{Name: both(ctx, "利用", "Used"), Values: []int64{3100, 3600, 4400, 4100, 5200, NoValue, 6100, 5900, 5200, 6300, 7100, 7900}},
		}}
	for m := range 12 {
		c.X = append(c.X, both(ctx, itoa(m+1)+"月", []string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}[m]))
		c.Series[0].Hrefs = append(c.Series[0].Hrefs, "/_components?month="+itoa(m+1))
	}
	return c
}

const sampleYAML = `programme: hidamari
name: {ja: ひだまりカフェ会員, en: Hidamari Café Club}
currency: JPY
zone: Asia/Tokyo
rules:
  - id: base
    kind: bsae
    steps:
      by: order
      table:
        - {from: 0, per: 100, give: 1}
        - {from: 0, per: 100, give: 2}
`

func sampleSource(ctx context.Context) Source {
	return Source{Name: "yaml", Label: both(ctx, "プログラム（YAML）", "Programme (YAML)"), Text: sampleYAML, Rows: 13,
		Hint: both(ctx, "保存しても、公開するまでは適用されません。", "Saving changes nothing until you publish."),
		Marks: []Mark{{7, both(ctx, "kind は base、multiplier、bonus のどれかです。", "kind is one of base, multiplier, bonus.")},
			{12, both(ctx, "from は前の行より大きくしてください。", "from must be larger than in the row above.")}}}
}

func sampleMoments(ctx context.Context) []Moment {
	return []Moment{
		{Time: "2026/11/21 14:05", ISO: "2026-11-21T14:05:00+09:00", Kind: both(ctx, "購入", "Purchase"), Tone: "good", Title: both(ctx, "本店で 3,520円", "3,520 yen at the main shop"),
			Href: "/_components", Text: both(ctx, "基本 35、シルバー 17、豆2倍 20", "base 35, silver 17, beans ×2 20"), Value: "+72"},
		{Time: "2026/11/20 09:12", ISO: "2026-11-20T09:12:00+09:00", Kind: both(ctx, "返品", "Return"), Tone: "warn", Title: both(ctx, "ドリップバッグ 1点", "1 drip bag"), Value: "−12"},
		{Time: "2026/11/01 00:00", ISO: "2026-11-01T00:00:00+09:00", Kind: both(ctx, "失効", "Expiry"), Tone: "bad", Title: both(ctx, "2025年10月獲得分", "earned in October 2025"), Value: "−40"},
		{Time: "2026/10/30 18:30", ISO: "2026-10-30T18:30:00+09:00", Kind: both(ctx, "メモ", "Note"), Title: both(ctx, "お孫さんの誕生日を伺う", "asked about the grandchild's birthday")},
	}
}

func sampleDiff() []DiffLine {
	return Lines("rules:\n  - id: base\n    give: 1\n  - id: sunday\n    multiply: 1.200\n", "rules:\n  - id: base\n    give: 2\n  - id: sunday\n    multiply: 1.200\n  - id: beans\n")
}

func sampleFault() error {
	return fault.New(fault.Invalid, "amount.overflow")
}
