package insight

import (
	"testing"

	"joren/internal/i18n"
	"joren/internal/stats"
)

func TestAReadingSaysWhatSampleItWasLearnedFrom(t *testing.T) {
	r := &Reading{Score: &stats.Score{Learned: 50_000, Of: 1_234_567}}
	for l, want := range map[i18n.Lang]string{
		i18n.JA: "購入のあった会員1,234,567人のうち、番号で選んだ50,000人の履歴から学んでいます（選ばれる会員は毎回同じです）。予測は全員に行います。",
		i18n.EN: "Learned from 50,000 of 1,234,567 members who have bought, chosen by number and the same every time; everybody is forecast.",
	} {
		if got := r.SampleText(l); got != want {
			t.Errorf("%s", got)
		}
	}
	r.Score.Of = r.Score.Learned
	if got := r.SampleText(i18n.EN) + (&Reading{}).SampleText(i18n.EN); got != "" {
		t.Errorf("of everybody: %q", got)
	}
}
