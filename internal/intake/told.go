package intake

import (
	"maps"
	"slices"
)

// maxNotes is how many notes a report lists; the documents are all counted.
const maxNotes = 500

// Told is what a report tells beside counts and refusals.
type Told struct {
	Fields map[string]int `json:"changed_fields,omitempty" doc:"by field: known members in whom it was changed"`
	Left   map[string]int `json:"left_fields,omitempty" doc:"by field: known members of whom the file says something else that an import does not change"`
	Notes  []Problem      `json:"-"` // what was recorded and should be looked at, the first of many
}

// with is t and what became of some items more; t itself stays.
func (t Told) with(file *table, items []Item, out []Outcome) Told {
	n := Told{maps.Clone(t.Fields), maps.Clone(t.Left), slices.Clip(t.Notes)}
	for i := range out {
		o := &out[i]
		counted(&n.Fields, o.Changed)
		counted(&n.Left, o.Left)
		for _, f := range o.Notes {
			if len(n.Notes) < maxNotes {
				p := file.placed(&items[i], f)
				p.Note = true
				n.Notes = append(n.Notes, p)
			}
		}
	}
	return n
}

func counted(in *map[string]int, fields []string) {
	for _, f := range fields {
		if *in == nil {
			*in = map[string]int{}
		}
		(*in)[f]++
	}
}
