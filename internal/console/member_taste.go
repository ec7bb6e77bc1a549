package console

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/insight"
	"joren/internal/member"
	"joren/internal/purchase"
	"joren/internal/staff"
	"joren/internal/ui"
)

// taste is what a member likes and when she comes.
type taste struct {
	*insight.Taste
	hours [24]int // purchases by hour of the shop's day
}

// tasteOf is nil where nobody asks, she is no member any more, or the shop
// cannot be measured yet.
func (c *Console) tasteOf(r *http.Request, s *scene, m member.Member) (*taste, error) {
	if c.Insight == nil || m.Status != member.Active || !can(r, staff.InsightView) {
		return nil, nil
	}
	t, err := c.Insight.Taste(r.Context(), m.ID)
	if fault.Is(err, "programme.none_in_force") || fault.Is(err, "member.unknown") || insight.Waiting(err) { // the card of her loyalty says so
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	out := &taste{Taste: t}
	return out, c.read(r, func(tx *db.Tx) error {
		times, err := purchase.Times(tx, m.ID)
		for _, at := range times {
			out.hours[s.zone.Local(at).Hour()]++
		}
		return err
	})
}

func (t *taste) favourites(s *scene) []ui.Fact {
	var out []ui.Fact
	for _, f := range t.Favourite {
		out = append(out, ui.Fact{Term: f.Name, Value: ui.To(productURL(f.Code), s.t("insight.taste.times", "n", f.Times, "last", s.day(f.Last))), Wide: true})
	}
	return out
}

func (t *taste) next(s *scene) []ui.Fact {
	var out []ui.Fact
	for _, d := range t.Due {
		out = append(out, ui.Fact{Term: d.Product.Name, Wide: true, Value: templ.Join(ui.Badge(dueTones[d.State], d.State.Word(s.lang)), ui.Text(" "),
			ui.To(productURL(d.Product.Code), s.t("insight.taste.next_says", "on", s.day(d.On), "when", insight.DueIn(s.lang, d.On, t.Day), "interval", int(d.Interval+0.5), "chance", insight.Percent(d.Chance))))})
	}
	return out
}

func (t *taste) lacks(s *scene) []ui.Fact {
	var out []ui.Fact
	for _, l := range t.Lacks {
		out = append(out, ui.Fact{Term: l.Product.Name, Wide: true,
			Value: ui.To(productURL(l.Product.Code), s.t("insight.taste.lack_says", "because", l.Because.Name, "share", insight.Percent(l.Pair.Count.Confidence()), "n", l.Pair.Count.First))})
	}
	return out
}

// habits are where and when she buys, the most first, each with its n.
func (t *taste) habits(s *scene) []ui.Fact {
	var days, hours []insight.Habit
	for d, n := range t.Weekdays {
		days = append(days, insight.Habit{Word: weekdayWord(s.lang, time.Weekday(d)), N: n})
	}
	for h := 0; h < 24; h += 3 {
		n := 0
		for _, k := range t.hours[h : h+3] {
			n += k
		}
		hours = append(hours, insight.Habit{Word: s.t("insight.taste.hours", "from", h, "to", h+3), N: n})
	}
	stores, channels := slices.Clone(t.Stores), slices.Clone(t.Channels)
	for i := range stores {
		stores[i].Word = s.store(stores[i].Word)
	}
	for i := range channels {
		channels[i].Word = s.channel(channels[i].Word)
	}
	var out []ui.Fact
	for _, x := range []struct {
		key, of string
		list    []insight.Habit
	}{{"when", "of_days", days}, {"hour", "of", hours}, {"store", "of", stores}, {"channel", "of", channels}} {
		if text := s.most(x.of, x.list); text != "" {
			out = append(out, ui.Say(s.t("insight.taste."+x.key), text))
		}
	}
	return out
}

func weekdayWord(l i18n.Lang, d time.Weekday) string {
	if l == i18n.EN {
		return d.String()
	}
	return string([]rune("日月火水木金土")[d]) + "曜日"
}

// most names the three largest with their shares, and of how many purchases or
// days they are; "" of nothing.
func (s *scene) most(of string, list []insight.Habit) string {
	all := 0
	for _, h := range list {
		all += h.N
	}
	if all == 0 {
		return ""
	}
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b insight.Habit) int { return b.N - a.N })
	var words []string
	for _, h := range list[:min(3, len(list))] {
		if h.N > 0 {
			words = append(words, s.t("insight.taste.share", "word", h.Word, "share", insight.Percent(float64(h.N)/float64(all))))
		}
	}
	return s.t("insight.taste."+of, "list", strings.Join(words, map[i18n.Lang]string{i18n.JA: "、", i18n.EN: ", "}[s.lang]), "n", all)
}
