package member

import (
	"fmt"
	"math/rand/v2"

	"joren/internal/clock"
	"joren/internal/text"
)

// Frequent Japanese family and given names, for a population that searches
// like a real one: the commonest family name has 1.5 % of it.
var families = []struct{ kanji, kana string }{
	{"佐藤", "サトウ"}, {"鈴木", "スズキ"}, {"高橋", "タカハシ"}, {"田中", "タナカ"}, {"伊藤", "イトウ"}, {"渡辺", "ワタナベ"}, {"山本", "ヤマモト"}, {"中村", "ナカムラ"}, {"小林", "コバヤシ"}, {"加藤", "カトウ"},
	{"吉田", "ヨシダ"}, {"山田", "ヤマダ"}, {"佐々木", "ササキ"}, {"山口", "ヤマグチ"}, {"松本", "マツモト"}, {"井上", "イノウエ"}, {"木村", "キムラ"}, {"林", "ハヤシ"}, {"斎藤", "サイトウ"}, {"清水", "シミズ"},
	{"山崎", "ヤマザキ"}, {"森", "モリ"}, {"池田", "イケダ"}, {"橋本", "ハシモト"}, {"阿部", "アベ"}, {"石川", "イシカワ"}, {"山下", "ヤマシタ"}, {"中島", "ナカジマ"}, {"石井", "イシイ"}, {"小川", "オガワ"},
}

var givens = []struct{ kanji, kana string }{
	{"太郎", "タロウ"}, {"花子", "ハナコ"}, {"翔", "ショウ"}, {"陽菜", "ヒナ"}, {"大輔", "ダイスケ"}, {"美咲", "ミサキ"}, {"健", "ケン"}, {"由美子", "ユミコ"}, {"蓮", "レン"}, {"さくら", "サクラ"}, {"直樹", "ナオキ"}, {"恵子", "ケイコ"}, {"誠", "マコト"}, {"裕子", "ユウコ"}, {"達也", "タツヤ"}, {"結衣", "ユイ"},
}

// randomPerson makes the n-th person of a stable population; beyond the thirty
// commonest, family names are made of two characters at random.
func randomPerson(n int) Person {
	r := rand.New(rand.NewPCG(uint64(n), 7))
	f, g := families[r.IntN(len(families))], givens[r.IntN(len(givens))]
	if r.IntN(100) < 65 {
		f.kanji = string([]rune{[]rune("上下大小東西南北内外前後青赤白黒金銀新古")[r.IntN(20)], []rune("田山川村野原島沢木林本井口谷崎浜池岡塚橋")[r.IntN(20)]})
		f.kana = string([]rune{[]rune("アイウエオカキクケコサシスセソタチツテト")[r.IntN(20)], []rune("ナニヌネノハヒフヘホマミムメモヤユヨラリ")[r.IntN(20)], []rune("カキクケコタチツテトナニヌネノマミムメモ")[r.IntN(20)]})
	}
	return Person{
		Name: f.kanji + " " + g.kanji, NameKana: f.kana + " " + g.kana, Phone: fmt.Sprintf("090%08d", r.IntN(1e8)), Email: fmt.Sprintf("%s%d@example.jp", text.Fold(g.kana), n),
		Birthday: clock.Date(1940+r.IntN(70), 1, 1) + clock.Day(r.IntN(365)), ExternalIDs: IDs{"people": fmt.Sprint(n)},
	}
}
