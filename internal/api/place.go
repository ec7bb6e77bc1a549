package api

import (
	"encoding/json"

	"joren/internal/fault"
)

// places are the fields that a refusal is about where whoever refuses knows
// the thing and not the body it came in: the first of them that was sent.
var places = map[string][]string{
	"time.future":               {"occurred_at"},
	"programme.none_in_force":   {"occurred_at"},
	"purchase.before_joining":   {"occurred_at"},
	"return.before_purchase":    {"occurred_at"},
	"purchase.other_member":     {"member", "card"},
	"member.unknown":            {"member", "card"},
	"member.left":               {"member", "card"},
	"points.unit":               {"points", "points_paid"},
	"points.minimum":            {"points", "points_paid"},
	"points.maximum":            {"points", "points_paid"},
	"points.insufficient":       {"points", "points_paid"},
	"points.unknown_type":       {"type", "points_paid"},
	"purchase.changed":          {"return_no", "order_no"},
	"return.nothing_left":       {"order_no"},
	"refund.exceeds_spend":      {"points"},
	"hold.exceeded":             {"points"},
	"amount.overflow":           {"points"},
	"programme.version_unknown": {"version"},
}

// place finds where in the request's body a refusal stands that does not say so
// itself.
func (c *call) place(f *fault.Fault) []Place {
	names := places[f.Code]
	if len(f.Fields) > 0 || len(names) == 0 || len(c.body) == 0 {
		return nil
	}
	var sent map[string]json.RawMessage
	if json.Unmarshal(c.body, &sent) != nil {
		return nil
	}
	for _, name := range names {
		if _, ok := sent[name]; ok {
			return []Place{{Field: name, Code: f.Code}}
		}
	}
	return nil
}
