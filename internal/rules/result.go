package rules

import (
	"bytes"
	"encoding/json"
	"strconv"

	"joren/internal/text"
)

// Result is the judgement on one occasion.
type Result struct {
	Awards []Award // one per point type that gives or refuses something, in the programme's order
	Counts []Count // what the award adds to limit counters
}

// Award is what one point type gives.
type Award struct {
	Type       string      `json:"type"`
	Points     int64       `json:"points"` // sum of the components
	Components []Component `json:"components"`
	Refused    []Refusal   `json:"refused,omitempty"`
}

// Component is the part one rule gives. Components sum to the award.
type Component struct {
	Rule   string `json:"rule"`
	Points int64  `json:"points"`
	Base   int64  `json:"base,omitempty"` // what the rule looked at: an eligible amount or base points
	Code   string `json:"code"`           // earn.per, earn.step, earn.multiplier, earn.per_item, earn.bonus …
	Args   Args   `json:"args,omitempty"`
}

// Refusal says why a rule gave nothing: a group's better rule, the first
// condition that failed and how much was missing, or a limit.
type Refusal struct {
	Rule string `json:"rule"`
	Code string `json:"code"` // group.better_rule, condition.false, limit.reached, time.outside …
	Args Args   `json:"args,omitempty"`
}

// Count is an addition to one limit counter.
type Count struct {
	Key   LimitKey `json:"k"`
	Type  string   `json:"t,omitempty"` // point type
	Delta int64    `json:"d"`
}

// CountsIn are the counts of a judgement as it is kept.
func CountsIn(judged json.RawMessage) ([]Count, error) {
	var j struct {
		Counts []Count `json:"counts"`
	}
	err := json.Unmarshal(judged, &j)
	return j.Counts, err
}

// Args are the named values of an explanation, in order. JSON shows them as
// one object.
type Args []Arg

// Arg is a text or a number.
type Arg struct {
	Key  string
	Text string
	Num  int64
	Word bool // Text counts, not Num
}

// Num makes a number argument.
func Num(key string, n int64) Arg { return Arg{Key: key, Num: n} }

// Word makes a text argument.
func Word(key, s string) Arg { return Arg{Key: key, Text: s, Word: true} }

// Get finds an argument.
func (a Args) Get(key string) (Arg, bool) {
	for _, x := range a {
		if x.Key == key {
			return x, true
		}
	}
	return Arg{}, false
}

// MarshalJSON writes one object in the order of the arguments.
func (a Args) MarshalJSON() ([]byte, error) { return a.AppendJSON(nil), nil }

// AppendJSON appends what MarshalJSON writes.
func (a Args) AppendJSON(b []byte) []byte {
	b = append(b, '{')
	for i, x := range a {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(text.AppendQuoted(b, x.Key), ':')
		if x.Word {
			b = text.AppendQuoted(b, x.Text)
		} else {
			b = strconv.AppendInt(b, x.Num, 10)
		}
	}
	return append(b, '}')
}

// UnmarshalJSON reads what MarshalJSON wrote; the order of keys is kept.
func (a *Args) UnmarshalJSON(b []byte) error {
	*a = nil
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	if _, err := dec.Token(); err != nil {
		return err
	}
	for dec.More() {
		k, err := dec.Token()
		if err != nil {
			return err
		}
		v, err := dec.Token()
		if err != nil {
			return err
		}
		key, _ := k.(string)
		switch v := v.(type) {
		case json.Number:
			n, err := v.Int64()
			if err != nil {
				return err
			}
			*a = append(*a, Num(key, n))
		case string:
			*a = append(*a, Word(key, v))
		}
	}
	return nil
}
