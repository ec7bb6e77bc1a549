package plan

import (
	"fmt"
	"regexp"

	"joren/internal/rules"
)

var everyVisit = regexp.MustCompile(`stats\.visit_no\s*%\s*[0-9]+\s*==\s*0`)
var aVisit = regexp.MustCompile(`stats\.visit_no\s*(>|>=|!=)\s*[01]`)

// Warnings are what is allowed and rarely meant. They stop nothing:
// programme.never_expires (points that pay and never expire stay a debt in
// the books for ever) and programme.zeroth_visit (the second purchase of a
// day is visit 0, which every "% n == 0" takes for an n-th visit). And what
// the document may say already and nothing acts on yet:
// programme.tier_not_pooled (ranks are each member's own).
func (p *Programme) Warnings() Problems {
	var out Problems
	warn := func(path, code string) {
		out = append(out, Problem{Path: path, Line: p.Line(path), Code: code})
	}
	for _, x := range p.Points {
		if x.Value > 0 && x.Terms.Expiry.Kind == rules.ExpiryNever {
			warn("points."+x.ID+".expiry", "programme.never_expires")
		}
	}
	for i, x := range p.Spec.Rules {
		if everyVisit.MatchString(x.When) && !aVisit.MatchString(x.When) {
			warn(fmt.Sprintf("rules[%d].when", i), "programme.zeroth_visit")
		}
	}
	if h := p.Household; h != nil && h.Tier == "pooled" {
		warn("household.tier", "programme.tier_not_pooled")
	}
	return out.sorted()
}
