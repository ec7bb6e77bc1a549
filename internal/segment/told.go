package segment

import (
	"maps"
	"slices"

	"joren/internal/db"
	"joren/internal/event"
	"joren/internal/ident"
	"joren/internal/outbox"
)

// events are what other systems hear of a difference: one for each segment and
// direction, several where it has more members than fit.
func (d *difference) events() (out []outbox.Event) {
	tell := func(segments []string, members []ident.ID, of func(string, []ident.ID) event.Fact) {
		by := map[string][]ident.ID{}
		for i, s := range segments {
			by[s] = append(by[s], members[i])
		}
		for _, s := range slices.Sorted(maps.Keys(by)) {
			for part := range slices.Chunk(by[s], event.SegmentMembers) {
				out = append(out, outbox.Of(of(s, part)))
			}
		}
	}
	tell(d.left, d.leavers, func(s string, m []ident.ID) event.Fact { return event.SegmentLeft{Segment: s, Members: m} })
	tell(d.entered, d.enterers, func(s string, m []ident.ID) event.Fact { return event.SegmentEntered{Segment: s, Members: m} })
	return out
}

// emptied tells that a segment has nobody any more, if n were in it.
func emptied(tx *db.Tx, segment string, n int64) error {
	if n == 0 {
		return nil
	}
	return outbox.Append(tx, outbox.Of(event.SegmentEmptied{Segment: segment}))
}
