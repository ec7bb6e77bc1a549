package programme

import "joren/internal/plan"

// All are the published versions in order of their start.
func (t *Timeline) All() ([]*plan.Programme, error) {
	out := make([]*plan.Programme, len(t.versions))
	for i, v := range t.versions {
		p, err := v.plan()
		if err != nil {
			return nil, err
		}
		out[i] = p
	}
	return out, nil
}
