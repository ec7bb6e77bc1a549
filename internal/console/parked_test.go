package console

import (
	"strings"
	"testing"

	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/outbox"
	"joren/internal/staff"
)

func TestEventsSetAsideAreHandledAgainOrDiscarded(t *testing.T) {
	mended := false
	consumer := outbox.Consumer{Name: "mirror", MaxTries: 1, Handle: func(*db.Tx, []outbox.Event) error {
		if mended {
			return nil
		}
		return fault.New(fault.Invalid, "amount.overflow")
	}}
	offices(t, func(t *testing.T, o *office) {
		mended = false
		o.write(func(tx *db.Tx) error {
			return outbox.Append(tx, outbox.Event{Kind: "points.changed.v1", Subject: ident.New()}, outbox.Event{Kind: "member.left.v1", Subject: ident.New()})
		})
		if _, err := o.console.Outbox.Drain(t.Context(), "mirror"); err != nil {
			t.Fatal(err)
		}
		c := o.clerk(staff.Manager)
		c.get("/jobs").ok(200).says("2 events are set aside")
		c.get("/settings/health").ok(200).says("2 events are set aside", "mirror").has(`a[href=/jobs/parked]`)
		c.get("/jobs/parked").ok(200).says("Points changed", "Member left", "The amount or the points are too large")
		c.follow(c.post("/jobs/parked/retry", "consumer", "mirror", "number", "1")).ok(200).says("It failed again", "Points changed")
		mended = true
		c.follow(c.post("/jobs/parked/retry", "consumer", "mirror", "number", "1")).ok(200).says("The event is handled.").silent("Points changed")
		c.follow(c.post("/jobs/parked/discard", "consumer", "mirror", "number", "2")).ok(200).has("div.empty")
		c.post("/jobs/parked/retry", "consumer", "mirror", "number", "1").ok(404)
		c.post("/jobs/parked/discard", "consumer", "mirror", "number", "x").ok(404)
		if got := strings.Join(o.deeds(), " "); got != "event.discarded event.retried" {
			t.Errorf("deeds %s", got)
		}
	}, consumer)
}
