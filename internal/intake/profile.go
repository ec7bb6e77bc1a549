package intake

import (
	"embed"
	"path"
	"slices"
	"strings"
	"sync"
)

// Profiles are mappings in profiles/*.json, made from the headers the makers
// document; the shop's own exports may lack columns or order them otherwise.
//
//go:embed profiles/*.json
var profileFiles embed.FS

var profiles = sync.OnceValue(func() []*Mapping {
	entries, err := profileFiles.ReadDir("profiles")
	if err != nil {
		panic(err)
	}
	var all []*Mapping
	for _, e := range entries {
		b, err := profileFiles.ReadFile(path.Join("profiles", e.Name()))
		if err != nil {
			panic(err)
		}
		m, err := ParseMapping(b)
		if err != nil {
			panic("intake: " + e.Name() + ": " + err.Error())
		}
		m.clean = m.Name == "online-retail"
		all = append(all, m)
	}
	slices.SortStableFunc(all, func(a, b *Mapping) int { return len(b.Detect) - len(a.Detect) })
	return all
})

// Profile is a shipped mapping by name, nil if there is none.
func Profile(name string) *Mapping {
	for _, m := range profiles() {
		if m.Name == name {
			return m
		}
	}
	return nil
}

// ProfileNames lists the shipped profiles, sorted.
func ProfileNames() []string {
	var names []string
	for _, m := range profiles() {
		names = append(names, m.Name)
	}
	slices.Sort(names)
	return names
}

// profileFor finds the profile that knows a header; of several, the one that
// asks for most.
func profileFor(header []string) *Mapping {
	for _, m := range profiles() {
		if len(m.Positions) == 0 && m.detects(header) {
			return m
		}
	}
	return nil
}

// profileForWidth tells CDNOW's two files apart by their columns of digits.
func profileForWidth(rows []headRow) *Mapping {
	if len(rows) == 0 {
		return nil
	}
	last := rows[len(rows)-1].Fields
	for _, m := range profiles() {
		if len(m.Positions) == len(last) && len(last) > 0 && isDate8(last, m) {
			return m
		}
	}
	return nil
}

func isDate8(fields []string, m *Mapping) bool {
	i := slices.Index(m.Positions, fOccurredAt.String())
	return i >= 0 && len(fields[i]) == 8 && strings.Trim(fields[i], "0123456789") == ""
}
