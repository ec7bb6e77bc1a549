package console

import (
	"cmp"
	"maps"
	"net/http"
	"slices"

	"joren/internal/i18n"
	"joren/internal/insight"
	"joren/internal/staff"
	"joren/internal/ui"
)

// mixPage says who the members are.
type mixPage struct {
	cut
	m      insight.Mix
	export bool
}

func (c *Console) insightMix(w http.ResponseWriter, r *http.Request) (err error) {
	var p mixPage
	if p.cut, err = c.cut(r, cutList(ui.ListSpec{})); err != nil {
		return err
	}
	if p.m, err = c.Insight.Mix(r.Context(), p.f); err != nil {
		return c.insightNotYet(w, r, p.unready("/mix"), err)
	}
	if p.export = can(r, staff.InsightExport); p.file() {
		return c.exportTable(w, r, "mix", p.list.Filter, insight.MixTable(p.m))
	}
	return ui.Render(w, r, p.status(), mixView(p))
}

// charts are the divisions that are known of anybody.
func (p mixPage) charts() []ui.Chart {
	var out []ui.Chart
	for _, x := range []struct {
		name, field string
		counts      map[string]int
		of          int
		who         insight.Who
		order       []string
	}{
		{"tier", "tier", p.m.Tiers, p.m.Members, insight.Everyone, p.levels()},
		{"source", "join_source", p.m.Sources, p.m.Joined, insight.Joined, nil},
		{"age", "age", p.m.Ages, p.m.Members, insight.Everyone, insight.Ages},
		{"gender", "gender", p.m.Genders, p.m.Members, insight.Everyone, nil},
		{"area", "area", p.m.Area, p.m.Members, insight.Everyone, nil},
	} {
		if len(told(x.counts)) > 0 {
			out = append(out, p.chart(x.name, x.field, x.counts, x.of, x.who, x.order))
		}
	}
	return out
}

// unknown are the divisions nobody has told.
func (p mixPage) unknown() []string {
	var out []string
	for _, x := range []struct {
		key    string
		counts map[string]int
	}{{"console.member.rank", p.m.Tiers}, {"insight.join_source", p.m.Sources}, {"insight.age", p.m.Ages}, {"console.member.gender", p.m.Genders}, {"insight.area", p.m.Area}} {
		if len(told(x.counts)) == 0 {
			out = append(out, p.s.t(x.key))
		}
	}
	return out
}

func told(counts map[string]int) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(counts)), func(k string) bool { return k == "" || counts[k] == 0 })
}

func (p mixPage) levels() []string {
	var out []string
	if p.s.plan != nil && p.s.plan.Tiers != nil {
		for _, l := range p.s.plan.Tiers.Levels {
			out = append(out, l.ID)
		}
	}
	return out
}

// mostBars is how many bars a chart of words has; the rest is one.
const mostBars = 5

func (p mixPage) chart(name, field string, counts map[string]int, of int, who insight.Who, order []string) ui.Chart {
	s := p.s
	ch := ui.Chart{ID: "mix-" + name, Title: s.t("insight.mix." + name), Kind: ui.Bar, Words: true, XName: s.t(cutLabels[field]), Series: []ui.Series{{Name: s.t("console.unit.people")}}}
	words := told(counts)
	if order != nil {
		words = slices.DeleteFunc(slices.Clone(order), func(w string) bool { return counts[w] == 0 })
	} else {
		slices.SortStableFunc(words, func(a, b string) int { return cmp.Compare(counts[b], counts[a]) })
	}
	sum, top := 0, ""
	for _, w := range told(counts) {
		if sum += counts[w]; top == "" || counts[w] > counts[top] {
			top = w
		}
	}
	add := func(label string, n int, href string) {
		x := &ch.Series[0]
		ch.X, x.Values, x.Hrefs = append(ch.X, label), append(x.Values, int64(n)), append(x.Hrefs, href)
	}
	shown := 0
	for _, w := range words[:min(mostBars, len(words))] {
		shown += counts[w]
		add(p.word(field, w), counts[w], p.members(who, field, w))
	}
	if sum > shown {
		add(s.t("insight.others"), sum-shown, "")
	}
	if of > sum {
		add(s.t("insight.unknown"), of-sum, "")
	}
	if ch.Reading = s.t("insight.mix_all", "top", p.word(field, top), "n", of); counts[top] == of {
		return ch
	}
	ch.Reading = s.t("insight.mix_says", "top", p.word(field, top), "n", i18n.Number(int64(counts[top])), "of", i18n.Number(int64(of)), "share", insight.Percent(float64(counts[top])/float64(max(1, of))))
	return ch
}
