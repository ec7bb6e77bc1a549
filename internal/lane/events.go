package lane

import (
	"joren/internal/event"
	"joren/internal/outbox"
	"joren/internal/tier"
)

func tierChanged(m tier.Moved) outbox.Event {
	return outbox.Of(event.TierChanged{Member: m.Member, From: m.From, To: m.To, Reason: string(m.Reason), Day: m.On})
}
