package intake

import (
	"context"
	"slices"
)

// ahead is how many messages of the reader may wait: about as many documents.
const ahead = 256

// aside reads a source on a goroutine of its own while what was read before is
// being recorded. The receiver is called on the caller's goroutine only, in
// the order of the file; its first error ends the reading.
func aside(ctx context.Context, src Source, to receiver) (*Facts, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	todo := make(chan func() error, ahead)
	send := func(f func() error) error {
		select {
		case todo <- f:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	var facts *Facts
	var unread error
	go func() {
		defer close(todo)
		facts, unread = stream(ctx, src, to.through(send))
	}()
	var failed error
	for f := range todo {
		if failed != nil {
			continue
		}
		if failed = f(); failed != nil {
			cancel(failed)
		}
	}
	if failed != nil {
		return nil, failed
	}
	return facts, unread
}

// through is the receiver behind send. What is told without asking back is
// lost only when the reading ends anyway.
func (to receiver) through(send func(func() error) error) receiver {
	tell := func(f func()) { _ = send(func() error { f(); return nil }) }
	r := receiver{
		items: func(items []Item) error {
			items = slices.Clone(items)
			for i := range items {
				items[i].fingerprint() // here, beside the recording
			}
			return send(func() error { return to.items(items) })
		},
		refused: func(p []Problem) {
			p = slices.Clone(p)
			tell(func() { to.refused(p) })
		},
		tick: func(rows int, bytes int64) { tell(func() { to.tick(rows, bytes) }) },
	}
	if to.opened != nil {
		r.opened = func(t *table) { tell(func() { to.opened(t) }) }
	}
	if to.read != nil {
		r.read = func(docs int) { tell(func() { to.read(docs) }) }
	}
	return r
}
