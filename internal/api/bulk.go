package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/klauspost/compress/zstd"

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

// BulkRequest is many purchases.
type BulkRequest struct {
	Items []bulkItem `json:"items" minItems:"1" maxItems:"10000"`
}

// bulkItem is one purchase, read as if it came alone: what is wrong with it
// concerns no other.
type bulkItem struct {
	in  purchase.Input
	bad []fault.Field
}

var itemShape = shapeOf(reflect.TypeFor[purchase.Input]())

func (b *bulkItem) UnmarshalJSON(raw []byte) error {
	b.bad = strict(raw, itemShape, reflect.ValueOf(&b.in).Elem())
	return nil
}

// readFrom is UnmarshalJSON in the walk over the whole body, whose copy its
// texts share. Where an item has no end it leaves the walk where it was: then
// the body is no JSON.
func (b *bulkItem) readFrom(c *checker) {
	own := checker{b: c.b, i: c.i, copied: c.copied}
	own.path = own.few[:0]
	own.value(itemShape, reflect.ValueOf(&b.in).Elem())
	if b.bad, c.copied = own.bad, own.copied; !own.stop {
		c.i = own.i
	}
}

func (bulkItem) Schema(r huma.Registry) *huma.Schema {
	return r.Schema(reflect.TypeFor[purchase.Input](), true, "Input")
}

// BulkAnswer answers each item by itself.
type BulkAnswer struct {
	Results   []BulkResult `json:"results"`
	Recorded  int          `json:"recorded"`
	Duplicate int          `json:"duplicate"`
	Refused   int          `json:"refused"`
}

// BulkResult is the answer to one item: what POST /v1/purchases would have
// answered.
type BulkResult struct {
	Index   int          `json:"index" doc:"place in items, from 0"`
	Status  int          `json:"status"`
	Body    *sale.Answer `json:"body,omitempty"`
	Problem *Problem     `json:"problem,omitempty"`
}

// AppendJSON appends the answer as encoding/json writes it.
func (a *BulkAnswer) AppendJSON(b []byte) []byte {
	b = append(b, `{"results":[`...)
	for i := range a.Results {
		if i > 0 {
			b = append(b, ',')
		}
		b = a.Results[i].append(b)
	}
	b = strconv.AppendInt(append(b, `],"recorded":`...), int64(a.Recorded), 10)
	b = strconv.AppendInt(append(b, `,"duplicate":`...), int64(a.Duplicate), 10)
	b = strconv.AppendInt(append(b, `,"refused":`...), int64(a.Refused), 10)
	return append(b, '}')
}

func (r *BulkResult) append(b []byte) []byte {
	b = strconv.AppendInt(append(b, `{"index":`...), int64(r.Index), 10)
	b = strconv.AppendInt(append(b, `,"status":`...), int64(r.Status), 10)
	if r.Body != nil {
		b = r.Body.AppendJSON(append(b, `,"body":`...))
	}
	if r.Problem != nil {
		b = append(append(b, `,"problem":`...), r.Problem.encode()...)
	}
	return append(b, '}')
}

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

// marks are what is kept of a bulk answer: what became of each item, and the
// problems of those refused, packed, because ten thousand of them would not fit
// and are all alike.
type marks struct {
	Statuses []int  `json:"statuses"`
	Packed   []byte `json:"problems,omitempty"` // zstd of JSON

	problems map[int]*Problem
}

func (m *marks) refused(i int) *Problem {
	if m == nil {
		return nil
	}
	return m.problems[i]
}

func marksOf(results []BulkResult) (json.RawMessage, error) {
	m := marks{Statuses: make([]int, len(results)), problems: map[int]*Problem{}}
	for i := range results {
		if m.Statuses[i] = results[i].Status; results[i].Problem != nil {
			m.problems[i] = results[i].Problem
		}
	}
	b, err := json.Marshal(m.problems)
	if err != nil {
		return nil, err
	}
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		return nil, err
	}
	defer enc.Close()
	m.Packed = enc.EncodeAll(b, nil)
	return json.Marshal(m)
}

func readMarks(b json.RawMessage) (*marks, error) {
	var m marks
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, err
	}
	dec, err := zstd.NewReader(nil)
	if err != nil {
		return nil, err
	}
	defer dec.Close()
	if b, err = dec.DecodeAll(m.Packed, nil); err != nil {
		return nil, err
	}
	return &m, json.Unmarshal(b, &m.problems)
}
