package insight

import (
	"math"
	"strconv"
	"strings"

	"joren/internal/fault"
	"joren/internal/ident"
)

// Mark is a place in a ranking that stays where it is when members before it
// come or go: the last row of a page by what it was ranked by.
type Mark struct {
	key    float64
	member ident.ID
}

// String is a mark as links and the API carry it; "" is the beginning.
func (m Mark) String() string {
	if m.member.IsZero() {
		return ""
	}
	return strconv.FormatUint(math.Float64bits(m.key), 36) + "." + ident.Member.Text(m.member)
}

// ParseMark reads one.
//
// Faults: cursor.invalid.
func ParseMark(s string) (m Mark, err error) {
	if s == "" {
		return m, nil
	}
	key, id, _ := strings.Cut(s, ".")
	bits, bad := strconv.ParseUint(key, 36, 64)
	if m.key = math.Float64frombits(bits); bad != nil || math.IsNaN(m.key) {
		return m, fault.New(fault.Invalid, "cursor.invalid")
	}
	if m.member, bad = ident.Member.Parse(id); bad != nil {
		return m, fault.New(fault.Invalid, "cursor.invalid")
	}
	return m, nil
}
