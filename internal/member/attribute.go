package member

import (
	"encoding/json"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"

	"joren/internal/clock"
	"joren/internal/fault"
	"joren/internal/label"
	"joren/internal/rules"
	"joren/internal/text"
)

// Attribute is a field the owner defined for her members.
type Attribute struct {
	ID       string         `json:"id"` // a name usable in conditions: member.attr.ID
	Type     rules.AttrType `json:"type"`
	Name     label.Text     `json:"name"`
	Choices  []string       `json:"choices,omitempty"` // AttrChoice only
	Position int64          `json:"position"`
}

// Schema are all attributes, by position.
type Schema []Attribute

// Types is the schema as the judge wants it.
func (s Schema) Types() map[string]rules.AttrType {
	m := make(map[string]rules.AttrType, len(s))
	for _, a := range s {
		m[a.ID] = a.Type
	}
	return m
}

func (s Schema) find(id string) *Attribute {
	for i := range s {
		if s[i].ID == id {
			return &s[i]
		}
	}
	return nil
}

var attributeID = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

// Check says what is wrong with a definition; all at once.
func (a Attribute) Check() error {
	var wrong []fault.Field
	if !attributeID.MatchString(a.ID) {
		wrong = append(wrong, fault.At("id", "attribute.bad_id"))
	}
	switch a.Type {
	case rules.AttrText, rules.AttrInt, rules.AttrBool, rules.AttrDate:
		if len(a.Choices) > 0 {
			wrong = append(wrong, fault.At("choices", "attribute.choices_unused"))
		}
	case rules.AttrChoice:
		if len(a.Choices) == 0 || slices.Contains(a.Choices, "") {
			wrong = append(wrong, fault.At("choices", "attribute.choices_missing"))
		}
	default:
		wrong = append(wrong, fault.At("type", "attribute.bad_type"))
	}
	if a.Name.IsZero() {
		wrong = append(wrong, fault.At("name", "field.empty"))
	}
	return wrongs("attribute.invalid", wrong)
}

// wrongs is a fault with all that is wrong, nil when nothing is.
func wrongs(code string, fs []fault.Field) error {
	if len(fs) == 0 {
		return nil
	}
	return fault.New(fault.Invalid, code).With(fs...)
}

const maxAttributeText = 1000 // characters

// value reads v, from JSON or from a file's cell, as the attribute's type.
// The code is "" when it is one.
func (a Attribute) value(v any) (any, string) {
	switch a.Type {
	case rules.AttrInt:
		return intValue(v)
	case rules.AttrBool:
		return boolValue(v)
	case rules.AttrDate:
		if d, ok := v.(clock.Day); ok {
			return d, ""
		}
		s, ok := v.(string)
		d, err := text.Day(s)
		if !ok || err != nil {
			return nil, "attribute.not_a_date"
		}
		return d, ""
	}
	s, ok := v.(string)
	if s = text.Clean(s); !ok || len([]rune(s)) > maxAttributeText {
		return nil, "attribute.not_a_text"
	}
	if a.Type == rules.AttrChoice && !slices.Contains(a.Choices, s) {
		return nil, "attribute.not_a_choice"
	}
	return s, ""
}

func intValue(v any) (any, string) {
	switch x := v.(type) {
	case int:
		return int64(x), ""
	case int64:
		return x, ""
	case float64: // a JSON number decoded without UseNumber
		if x == math.Trunc(x) && math.Abs(x) <= 1<<53 {
			return int64(x), ""
		}
	case json.Number:
		if n, err := strconv.ParseInt(string(x), 10, 64); err == nil {
			return n, ""
		}
	case string:
		if n, err := text.Minor(x, 0); err == nil {
			return n, ""
		}
	}
	return nil, "attribute.not_a_number"
}

var truths = map[string]bool{
	"true": true, "1": true, "yes": true, "y": true, "はい": true, "有": true, "あり": true, "○": true, "〇": true,
	"false": false, "0": false, "no": false, "n": false, "いいえ": false, "無": false, "なし": false, "×": false,
}

func boolValue(v any) (any, string) {
	switch x := v.(type) {
	case bool:
		return x, ""
	case string:
		if b, ok := truths[foldID(x)]; ok {
			return b, ""
		}
	}
	return nil, "attribute.not_a_bool"
}

// read checks values against the schema. nil and "" mean: take it away.
func (s Schema) read(values map[string]any, into Attributes) (Attributes, []fault.Field) {
	var wrong []fault.Field
	for _, id := range slices.Sorted(maps.Keys(values)) {
		v := values[id]
		a := s.find(id)
		switch {
		case a == nil:
			wrong = append(wrong, fault.At("attributes."+id, "attribute.unknown"))
			continue
		case v == nil || v == "":
			delete(into, id)
			continue
		}
		x, code := a.value(v)
		if code != "" {
			wrong = append(wrong, fault.At("attributes."+id, code))
			continue
		}
		if into == nil {
			into = Attributes{}
		}
		into[id] = x
	}
	return into, wrong
}
