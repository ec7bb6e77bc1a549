package sale

import (
	"bytes"
	"encoding/json"
	"fmt"

	"joren/internal/clock"
	"joren/internal/lane"
	"joren/internal/plan"
	"joren/internal/rules"
)

// freeze is what a judgement was made by, to be kept with it: the personal
// facts apart, under the member's own key (SEMANTICS §18).
func freeze(d *lane.Desk) (facts, sealed []byte, err error) {
	open := d.Facts
	m := &open.Member
	personal := rules.MemberFacts{Birthday: m.Birthday, Anniversaries: m.Anniversaries, Gender: m.Gender, Area: m.Area, Attributes: m.Attributes}
	m.Birthday, m.Anniversaries, m.Gender, m.Area, m.Attributes = 0, nil, "", "", nil
	if facts, err = json.Marshal(&open); err != nil {
		return nil, nil, err
	}
	plain, err := json.Marshal(&personal)
	if err != nil || len(plain) <= len("{}") {
		return facts, nil, err
	}
	sealed, err = d.Seal(plain)
	return facts, sealed, err
}

// thaw reads the frozen facts of an award. JSON knows neither whole numbers
// nor dates; the version's declared types do.
func thaw(v *plan.Programme, frozen json.RawMessage, unsealed []byte, f *rules.Facts) error {
	if err := decode(frozen, f); err != nil {
		return err
	}
	if err := decode(unsealed, &f.Member); err != nil {
		return err
	}
	for k, x := range f.Member.Attributes {
		y, err := typed(v.Spec.Attributes[k], x)
		if err != nil {
			return fmt.Errorf("sale: frozen attribute %s: %w", k, err)
		}
		f.Member.Attributes[k] = y
	}
	return nil
}

func decode(b []byte, to any) error {
	if len(b) == 0 {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	if err := dec.Decode(to); err != nil {
		return fmt.Errorf("sale: frozen facts: %w", err)
	}
	return nil
}

func typed(t rules.AttrType, x any) (any, error) {
	switch {
	case t == rules.AttrInt:
		if n, ok := x.(json.Number); ok {
			return n.Int64()
		}
	case t == rules.AttrDate:
		if s, ok := x.(string); ok {
			return clock.ParseDay(s)
		}
	}
	return x, nil
}
