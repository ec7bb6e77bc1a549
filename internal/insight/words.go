package insight

import (
	"joren/internal/fault"
	"joren/internal/i18n"
)

// explain says in words why there is no answer.
func explain(l i18n.Lang, err error) string {
	f := fault.Of(Why(err))
	return i18n.Fault(l, f.Code, f.Args)
}
