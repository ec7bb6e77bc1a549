// Package label is a short text that a shop owner writes in one or both of
// the programme's languages: names of rules, ranks, rewards.
package label

// Lang is a language tag, "ja" or "en".
type Lang string

const (
	JA Lang = "ja"
	EN Lang = "en"
)

// Text is a text in Japanese, English or both.
type Text struct {
	JA string `json:"ja,omitempty" yaml:"ja,omitempty"`
	EN string `json:"en,omitempty" yaml:"en,omitempty"`
}

// In is the text in l, or in the other language when it lacks l.
func (t Text) In(l Lang) string {
	if l == EN && t.EN != "" || t.JA == "" {
		return t.EN
	}
	return t.JA
}

// IsZero reports that there is no text at all.
func (t Text) IsZero() bool { return t == Text{} }

// Or is t, or both languages set to s when t is empty.
func (t Text) Or(s string) Text {
	if t.IsZero() {
		return Text{s, s}
	}
	return t
}
