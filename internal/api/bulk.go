package api

import (
	"errors"
	"net/http"
	"time"

	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/idem"
	"joren/internal/purchase"
	"joren/internal/sale"
)

const (
	maxItems = 10_000
	bulkBody = 64 << 20
	bulkTime = 5 * time.Minute
)

type bulkIn struct{ Body BulkRequest }

func (s *server) postBulk(c *call, in *bulkIn) (out answer[BulkAnswer], err error) {
	items := in.Body.Items
	if len(items) == 0 || len(items) > maxItems {
		return out, fault.New(fault.Invalid, "bulk.items", "max", maxItems).With(fault.At("items", "bulk.items", "max", maxItems))
	}
	if err := s.limits.take(c.key.ID, len(items)/100); err != nil {
		return out, err
	}
	key, print, given, err := c.idemKey()
	if err != nil {
		return out, err
	}
	var was *marks
	if given {
		stored, fresh, err := c.beginOnce(key, print, bulkTime)
		if err != nil {
			return out, err
		}
		if !fresh {
			if was, err = readMarks(stored.Body); err != nil {
				return out, err
			}
		}
	}
	out.replayed = was != nil
	if out.body.Results, err = s.recordAll(c, items, was); given && was == nil {
		err = s.endBulk(c, key, out.body.Results, err)
	}
	out.body.count()
	return out, err
}

// recordAll answers the items in their order. With the marks of an earlier
// answer only what was taken then is asked for again, by its natural key, and
// what was refused then stays refused.
func (s *server) recordAll(c *call, items []bulkItem, was *marks) ([]BulkResult, error) {
	results := make([]BulkResult, len(items))
	var ins []purchase.Input
	var at []int
	for i := range items {
		results[i].Index = i
		if p := was.refused(i); p != nil {
			results[i].Status, results[i].Problem = p.Status, p
			continue
		}
		if bad := items[i].bad; len(bad) > 0 {
			c.refuse(&results[i], fault.New(fault.Invalid, "request.malformed").With(bad...))
			continue
		}
		items[i].in.Complete()
		ins, at = append(ins, items[i].in), append(at, i)
	}
	done, err := s.Sales.RecordAll(c.ctx, ins, sale.By{Actor: c.actor()})
	if err != nil && len(done) == 0 {
		return nil, err
	}
	for k := range done {
		r := &results[at[k]]
		switch d := &done[k]; {
		case d.Err != nil:
			c.refuse(r, d.Err)
		case d.Answer.ID == "" && err != nil: // the lane stopped before it
			c.refuse(r, err)
		default:
			if r.Body = &d.Answer; was != nil {
				d.Answer.Duplicate = was.Statuses[at[k]] == http.StatusOK
			}
			if r.Status = http.StatusCreated; d.Answer.Duplicate {
				r.Status = http.StatusOK
			}
		}
	}
	return results, nil
}

// endBulk keeps what became of each item under the caller's key, or frees the
// key where nothing is certain: what was recorded is found by its natural key.
func (s *server) endBulk(c *call, key idem.Key, results []BulkResult, failed error) error {
	uncertain := failed != nil
	for i := range results {
		uncertain = uncertain || results[i].Status >= 500 || results[i].Status == http.StatusTooManyRequests
	}
	return errors.Join(failed, s.DB.Write(c.ctx, func(tx *db.Tx) error {
		if uncertain {
			return idem.Release(tx, key)
		}
		b, err := marksOf(results)
		if err != nil {
			return err
		}
		return idem.Finish(tx, key, http.StatusOK, b)
	}))
}

// refuse answers one item with its problem.
func (c *call) refuse(r *BulkResult, err error) {
	r.Problem = c.problem(err)
	r.Status = r.Problem.Status
}

func (a *BulkAnswer) count() {
	for i := range a.Results {
		switch a.Results[i].Status {
		case 201:
			a.Recorded++
		case 200:
			a.Duplicate++
		default:
			a.Refused++
		}
	}
}
