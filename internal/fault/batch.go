package fault

import "fmt"

// First is the first error of a batch and says how many others there were:
// joined, a thousand of a kind make a text that nobody reads. It is nil when
// all are. errors.Is, errors.As and [Of] see the first.
func First(errs []error) error {
	var b batch
	for _, err := range errs {
		switch {
		case err == nil:
		case b.first == nil:
			b.first = err
		default:
			b.more++
		}
	}
	if b.more == 0 {
		return b.first
	}
	return b
}

type batch struct {
	first error
	more  int
}

func (b batch) Error() string { return fmt.Sprintf("%v (and %d more)", b.first, b.more) }
func (b batch) Unwrap() error { return b.first }
