package api

import (
	"encoding/json"

	"github.com/klauspost/compress/zstd"
)

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
