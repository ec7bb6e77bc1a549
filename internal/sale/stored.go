package sale

import (
	"context"
	"encoding/json"

	"joren/internal/lane"
)

// The HTTP statuses that go with stored answers.
const (
	statusOK       = 200
	statusCreated  = 201
	statusAccepted = 202
)

// stored runs a work whose answer is kept with its HTTP status under the
// caller's key and given again from there.
func stored[T any, P interface {
	*T
	again()
}](ctx context.Context, l *lane.Lane, w *lane.Work, status int) (T, error) {
	return storedAs[T, P](ctx, l, w, func(T) int { return status })
}

// storedAs is stored for answers whose status depends on what they say.
func storedAs[T any, P interface {
	*T
	again()
}](ctx context.Context, l *lane.Lane, w *lane.Work, status func(T) int) (T, error) {
	prepare := w.Prepare
	w.Prepare = func(d *lane.Desk) error {
		if d.Replay != nil && len(d.Replay.Body) > 0 {
			var a T
			if err := json.Unmarshal(d.Replay.Body, &a); err != nil {
				return err
			}
			P(&a).again()
			return d.Answer(a)
		}
		return prepare(d)
	}
	if w.Request != nil {
		r := *w.Request
		r.Encode = func(a any) (int, []byte, error) {
			b, err := json.Marshal(a)
			return status(a.(T)), b, err
		}
		w.Request = &r
	}
	return do[T](ctx, l, w)
}

// noted keeps only the status under the caller's key: a purchase is many times
// more frequent than anything else, and its answer is found under its own
// number.
func noted(r *lane.Request) *lane.Request {
	if r == nil {
		return nil
	}
	n := *r
	n.Encode = func(a any) (int, []byte, error) {
		if a.(Answer).Duplicate {
			return statusOK, nil, nil
		}
		return statusCreated, nil, nil
	}
	return &n
}

// statusOf a duplicate is 200, of a parked return 202, of all else 201.
func statusOf(duplicate bool, state string) int {
	switch {
	case state == parked:
		return statusAccepted
	case duplicate:
		return statusOK
	}
	return statusCreated
}

const parked = "parked" // the state of a return whose purchase is unknown
