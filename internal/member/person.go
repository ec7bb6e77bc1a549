package member

import (
	"bytes"
	"encoding/json"
	"fmt"

	"joren/internal/clock"
)

// Person is what is known of who a member is. It is stored sealed.
type Person struct {
	Name          string        `json:"name,omitempty"`
	NameKana      string        `json:"name_kana,omitempty"` // フリガナ, katakana
	Phone         string        `json:"phone,omitempty"`     // canonical, see text.Phone
	Email         string        `json:"email,omitempty"`
	Birthday      clock.Day     `json:"birthday,omitzero"` // year 1 (29 February: 4) when the year is not known
	BirthdaySetOn clock.Day     `json:"birthday_set_on,omitzero"`
	Gender        Gender        `json:"gender,omitempty"`
	PostCode      string        `json:"post_code,omitempty"`
	Area          string        `json:"area,omitempty"` // prefecture or the shop's own division
	Address       string        `json:"address,omitempty"`
	Memo          string        `json:"memo,omitempty"`
	Anniversaries []Anniversary `json:"anniversaries,omitempty"`
	Attributes    Attributes    `json:"attributes,omitempty"`
	ExternalIDs   IDs           `json:"external_ids,omitempty"`
}

// same reports whether two records say the same, as they are stored.
func (p *Person) same(o *Person) (bool, error) {
	a, err := json.Marshal(p)
	if err != nil {
		return false, err
	}
	b, err := json.Marshal(o)
	return bytes.Equal(a, b), err
}

// IDs are external ids by source.
type IDs map[string]string

// Gender as told by the member.
type Gender string

const (
	Female Gender = "female"
	Male   Gender = "male"
	Other  Gender = "other"
)

// Anniversary is a day a member registered, 記念日.
type Anniversary struct {
	Name string    `json:"name"`
	On   clock.Day `json:"on"` // year 1 when the year does not matter
}

// Attributes are the owner's own fields. Values are string, int64, bool or
// clock.Day and keep their type through storage.
type Attributes map[string]any

// MarshalJSON writes a day as {"day":"2026-11-02"}, so that it reads back as
// one.
func (a Attributes) MarshalJSON() ([]byte, error) {
	out := make(map[string]any, len(a))
	for k, v := range a {
		if d, ok := v.(clock.Day); ok {
			v = storedDay{d}
		}
		out[k] = v
	}
	return json.Marshal(out)
}

type storedDay struct {
	Day clock.Day `json:"day"`
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (a *Attributes) UnmarshalJSON(b []byte) error {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		return err
	}
	*a = make(Attributes, len(raw))
	for k, v := range raw {
		x, err := storedValue(v)
		if err != nil {
			return fmt.Errorf("member: attribute %s: %w", k, err)
		}
		(*a)[k] = x
	}
	return nil
}

func storedValue(v json.RawMessage) (any, error) {
	switch {
	case len(v) == 0:
		return nil, fmt.Errorf("empty")
	case v[0] == '"':
		var s string
		err := json.Unmarshal(v, &s)
		return s, err
	case v[0] == '{':
		var d storedDay
		err := json.Unmarshal(v, &d)
		return d.Day, err
	case bytes.Equal(v, []byte("true")), bytes.Equal(v, []byte("false")):
		return v[0] == 't', nil
	}
	var n int64
	err := json.Unmarshal(v, &n)
	return n, err
}

// AgeOn is her age in years on day d, -1 when the year of birth is unknown or
// after d.
func (p Person) AgeOn(d clock.Day) int { return ageOn(p.Birthday, d) }

func ageOn(birthday, d clock.Day) int {
	y, _, _ := birthday.Date()
	if birthday == 0 || y <= leapUnknown || birthday > d {
		return -1
	}
	now, _, _ := d.Date()
	if birthday.MonthDay().In(now) > d {
		now--
	}
	return now - y
}
