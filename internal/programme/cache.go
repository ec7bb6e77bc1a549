package programme

import (
	"fmt"
	"sync"
	"sync/atomic"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/plan"
)

// Cache keeps the compiled versions of one database in memory. It is safe for
// several goroutines and, since every Load compares one row of the database,
// for several processes.
type Cache struct{ last atomic.Pointer[Timeline] }

// Timeline is the published versions in order of their start, as one
// transaction sees them. It never changes.
type Timeline struct {
	mark     ident.ID
	versions []*compiled
}

type compiled struct {
	number int
	hash   string
	starts clock.Instant
	plan   func() (*plan.Programme, error)
}

// Load is the timeline tx sees: one row read, and nothing more while no
// version has been published or withdrawn. A batch loads once and asks the
// timeline for each purchase.
func (c *Cache) Load(tx *db.Tx) (*Timeline, error) {
	mark, err := db.One(tx, fmt.Errorf("programme: the mark is missing"), db.Value[ident.ID], `SELECT mark FROM programme_mark WHERE id = 1`)
	if err != nil {
		return nil, err
	}
	old := c.last.Load()
	if old != nil && old.mark == mark {
		return old, nil
	}
	t, err := read(tx, mark, old)
	if err != nil {
		return nil, err
	}
	c.last.Store(t)
	return t, nil
}

// At is the programme in force at i; programme.none_in_force before the first
// version starts.
func (c *Cache) At(tx *db.Tx, i clock.Instant) (*plan.Programme, error) {
	t, err := c.Load(tx)
	if err != nil {
		return nil, err
	}
	return t.At(i)
}

// read makes a timeline, taking what is compiled already from old.
func read(tx *db.Tx, mark ident.ID, old *Timeline) (*Timeline, error) {
	t := &Timeline{mark: mark}
	err := db.Each(tx, func(r db.Row) error {
		var v compiled
		var src string
		if err := r.Scan(&v.number, &v.hash, &v.starts, &src); err != nil {
			return err
		}
		v.plan = old.known(v.number, v.hash)
		if v.plan == nil {
			v.plan = sync.OnceValues(func() (*plan.Programme, error) { return compile(v.number, src) })
		}
		t.versions = append(t.versions, &v)
		return nil
	}, `SELECT number, hash, starts_at, source FROM programme_version WHERE published_at IS NOT NULL ORDER BY starts_at`)
	return t, err
}

// compile reads a stored text. A problem here is a defect: it had none when
// it was published.
func compile(number int, src string) (*plan.Programme, error) {
	p, bad := plan.ParseVersion([]byte(src), number)
	if len(bad) > 0 {
		return nil, fmt.Errorf("programme: version %d no longer compiles: %w", number, bad.Fault())
	}
	return p, nil
}

func (t *Timeline) known(number int, hash string) func() (*plan.Programme, error) {
	if t == nil {
		return nil
	}
	for _, v := range t.versions {
		if v.number == number && v.hash == hash {
			return v.plan
		}
	}
	return nil
}

// At is the programme in force at i; programme.none_in_force before the first
// version starts.
func (t *Timeline) At(i clock.Instant) (*plan.Programme, error) {
	for k := len(t.versions) - 1; k >= 0; k-- {
		if t.versions[k].starts <= i {
			return t.versions[k].plan()
		}
	}
	return nil, fault.New(fault.Conflict, "programme.none_in_force", "at", i.String())
}

// Number is a published version by its number, as a return needs it to judge
// by the version of its purchase; programme.version_unknown without one.
func (t *Timeline) Number(n int) (*plan.Programme, error) {
	for _, v := range t.versions {
		if v.number == n {
			return v.plan()
		}
	}
	return nil, unknown(n)
}

// First is the earliest published version; programme.none_in_force without
// one.
func (t *Timeline) First() (*plan.Programme, error) {
	if len(t.versions) == 0 {
		return nil, fault.New(fault.Conflict, "programme.none_in_force", "at", "")
	}
	return t.versions[0].plan()
}
