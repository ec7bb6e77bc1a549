// Package activity keeps what members do beside buying: visits, views, carts,
// reviews, shares, answered surveys, kinds of the shop's own. Each is stored
// once, with how it was judged.
//
// It knows no points and no rules; the story sale judges.
package activity

import (
	"encoding/json"

	"joren/internal/clock"
	"joren/internal/ident"
)

// Input is the body of POST /v1/events.
type Input struct {
	Source     string         `json:"source"`
	EventNo    string         `json:"event_no"`
	Kind       string         `json:"kind"`
	Member     string         `json:"member,omitempty"`
	Card       string         `json:"card,omitempty"`
	Store      string         `json:"store,omitempty"`
	OccurredAt clock.Instant  `json:"occurred_at"`
	Fields     map[string]any `json:"fields,omitempty"`
}

// Event is a recorded one.
type Event struct {
	ID         ident.ID
	Member     ident.ID
	Source     string
	EventNo    string
	Kind       string
	Store      string
	OccurredAt clock.Instant
	RecordedAt clock.Instant
	Day        clock.Day
	Fields     json.RawMessage
	Judged     json.RawMessage // as the story wrote it
}
