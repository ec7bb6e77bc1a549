package console

import (
	"net/http"

	"joren/internal/fault"
	"joren/internal/insight"
	"joren/internal/member"
	"joren/internal/staff"
	"joren/internal/ui"
)

// loyaltyOf is what can be said of a member's loyalty; nil where nobody asks,
// she is no member any more, or the shop cannot be measured yet.
func (c *Console) loyaltyOf(r *http.Request, m member.Member) (*insight.Standing, error) {
	if c.Insight == nil || m.Status != member.Active || !can(r, staff.InsightView) {
		return nil, nil
	}
	st, err := c.Insight.Standing(r.Context(), m.ID)
	if fault.Is(err, "programme.none_in_force") || fault.Is(err, "member.unknown") {
		return nil, nil // she joined after the reading a patient board still shows
	}
	return st, err
}

// partsOf lists the parts of a score; those nobody knows yet say so.
func (s *scene) partsOf(st *insight.Standing) []ui.Fact {
	var out []ui.Fact
	for _, p := range st.Loyalty.Parts {
		text := s.t("insight.part.missing")
		if p.Known {
			text = s.t("insight.part.gives", "value", p.Value.String(), "gives", p.Gives.String())
		}
		out = append(out, ui.Say(s.t("insight.part."+p.Name), text))
	}
	return out
}

// reasonsOf lists what adds to the score of an average member, or takes off.
func (s *scene) reasonsOf(st *insight.Standing) []ui.Fact {
	out := []ui.Fact{ui.Say(s.t("insight.average"), st.Loyalty.Average.String())}
	for _, x := range st.Loyalty.Reasons {
		out = append(out, ui.Say(s.t("insight.side."+x.Side), x.Points.Signed()+" · "+st.Loyalty.Sentence(s.lang, x.Side, s.currency)))
	}
	return out
}

func (s *scene) changeOf(st *insight.Standing) string {
	d, ok := st.Change()
	if !ok {
		return ""
	}
	return s.t("insight.since_month", "change", d.Signed(), "month", st.History[len(st.History)-1].Month)
}
