package console

import (
	"joren/internal/idem"
	"joren/internal/lane"
	"joren/internal/session"
)

// once is the idempotency key of a form that was shown with a number of its
// own: sent twice, it acts once and gets the same answer.
func once(who session.Who, what, order, said string) *lane.Request {
	return &lane.Request{Key: idem.Key{Scope: who.User.ID, Name: what + " " + order}, Print: idem.Print("POST", what, []byte(said))}
}
