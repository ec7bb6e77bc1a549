package api

import (
	"reflect"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"joren/internal/fault"
	"joren/internal/purchase"
	"joren/internal/sale"
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
