package sale

import (
	"bytes"
	"encoding/json"
	"fmt"

	"joren/internal/clock"
	"joren/internal/plan"
	"joren/internal/rules"
)

// thaw reads the frozen facts of an award. JSON knows neither whole numbers
// nor dates; the version's declared types do.
func thaw(v *plan.Programme, frozen json.RawMessage, f *rules.Facts) error {
	if len(frozen) == 0 {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(frozen))
	dec.UseNumber()
	if err := dec.Decode(f); err != nil {
		return fmt.Errorf("sale: frozen facts: %w", err)
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
