package console

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"joren/internal/i18n"
	"joren/internal/insight"
	"joren/internal/staff"
	"joren/internal/ui"
)

// mapPage is the map of recency and frequency.
type mapPage struct {
	cut
	m      insight.RFM
	export bool
}

func (c *Console) insightMap(w http.ResponseWriter, r *http.Request) (err error) {
	var p mapPage
	if p.cut, err = c.cut(r, cutList(ui.ListSpec{})); err != nil {
		return err
	}
	if p.m, err = c.Insight.Map(r.Context(), p.f); err != nil {
		return c.insightNotYet(w, r, p.unready("/map"), err)
	}
	if p.export = can(r, staff.InsightExport); p.file() {
		return c.exportTable(w, r, "map", p.list.Filter, insight.MapTable(p.m))
	}
	return ui.Render(w, r, p.status(), mapView(p))
}

// reading says what the two corners hold that one acts on.
func (p mapPage) reading() string {
	best, slipping := 0, 0
	for r := range insight.Classes {
		for f := range insight.Classes {
			switch n := p.m.Cells[r][f].Members; {
			case r >= 3 && f >= 3:
				best += n
			case r <= 1 && f >= 3:
				slipping += n
			}
		}
	}
	return p.s.t("insight.map_says", "n", p.m.Members, "best", best, "slipping", slipping)
}

// mapCell is one cell as the page shows it.
type mapCell struct {
	href, people, money, look string
}

// row is the cells of one group of recency, rarest buyers first.
func (p mapPage) row(recency int) []mapCell {
	most := 1
	for _, row := range p.m.Cells {
		for _, c := range row {
			most = max(most, c.Members)
		}
	}
	out := make([]mapCell, insight.Classes)
	for f := range out {
		c := p.m.Cells[recency-1][f]
		if c.Members == 0 {
			continue
		}
		out[f] = mapCell{p.link("/insight/members", "r", strconv.Itoa(recency), "f", strconv.Itoa(f+1), "sort", "-money"), p.s.t("insight.map_people", "n", c.Members),
			p.s.t("insight.map_each", "money", p.s.about(c.Money/int64(c.Members))), heat(float64(c.Members), float64(most))}
	}
	return out
}

// reach is a group's values: "3–12".
func reach(b insight.Bounds) string {
	switch {
	case b.Members == 0:
		return "–"
	case b.Low == b.High:
		return i18n.Number(b.Low)
	}
	return i18n.Number(b.Low) + "–" + i18n.Number(b.High)
}

// one is the ending of words about a single day.
func one(b insight.Bounds) string {
	if b.Low == 1 && b.High == 1 {
		return "_one"
	}
	return ""
}

func (p mapPage) recencyName(g int) string {
	if p.m.Recency[g-1].Members == 0 {
		return "–"
	}
	return p.s.t("insight.map_days"+one(p.m.Recency[g-1]), "span", reach(p.m.Recency[g-1]))
}

func (p mapPage) visitsName(g int) string {
	if p.m.Visits[g-1].Members == 0 {
		return "–"
	}
	return p.s.t("insight.map_visits"+one(p.m.Visits[g-1]), "span", reach(p.m.Visits[g-1]))
}

// groups says where the groups are cut.
func (p mapPage) groups() ui.Table {
	s := p.s
	t := ui.Table{ID: "groups", Caption: s.t("insight.map_groups"), List: p.list, CSV: p.export, Tight: true, Columns: []ui.Column{{Label: s.t("insight.map_group"), Named: true}, {Label: s.t("insight.map_recency"), Num: true}, {Label: s.t("ui.word.members"), Num: true},
		{Label: s.t("insight.map_frequency"), Num: true}, {Label: s.t("ui.word.members"), Num: true}, {Label: s.t("insight.map_money"), Num: true}, {Label: s.t("ui.word.members"), Num: true}}}
	for g := insight.Classes; g >= 1; g-- {
		r, f, m := p.m.Recency[g-1], p.m.Visits[g-1], p.m.Money[g-1]
		money := "–"
		if m.Members > 0 {
			if money = s.money(m.Low); m.Low != m.High {
				money += "–" + s.money(m.High)
			}
		}
		cell := func(b insight.Bounds, name string) templ.Component {
			if b.Members == 0 || name == "" {
				return ui.Number(int64(b.Members))
			}
			return ui.To(p.link("/insight/members", name, fmt.Sprint(g)), i18n.Number(int64(b.Members)))
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text(fmt.Sprint(g)), ui.Text(reach(r)), cell(r, "r"), ui.Text(reach(f)), cell(f, "f"), ui.Text(money), cell(m, "")}})
	}
	return t
}
