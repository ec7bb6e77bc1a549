package insight

import (
	"runtime"
	"sync"
)

// fewPeople are counted sooner than they are divided.
const fewPeople = 5000

// parts is into how many parts the people are divided to be counted.
func (c *Columns) parts() int { return min(runtime.GOMAXPROCS(0), 1+len(c.people.id)/fewPeople) }

// inParts divides the people into parts, counts those beside each other and
// gives what came of each, in order. How many parts there are must change
// nothing.
func inParts[T any](c *Columns, parts int, count func(from, to int) T) []T {
	out, all := make([]T, parts), len(c.people.id)
	var wait sync.WaitGroup
	for k := range out {
		wait.Go(func() { out[k] = count(all*k/parts, all*(k+1)/parts) })
	}
	wait.Wait()
	return out
}
