package db

import (
	"strings"

	"joren/internal/clock"
	"joren/internal/ident"
)

// What is scanned a hundred million times is stored where it goes without
// being a cell in between. Each reports false for what it does not know.

func usualText(s string, dest any) bool {
	switch d := dest.(type) {
	case *Words:
		d.Of(s)
	case *Texts:
		*d = append(*d, s...)
	case *string:
		*d = strings.Clone(s)
	default:
		return false
	}
	return true
}

func usualInt(i int64, dest any) bool {
	switch d := dest.(type) {
	case *int64:
		*d = i
	case *clock.Instant:
		*d = clock.Instant(i)
	case *bool:
		*d = i == 1
		return i == 0 || i == 1
	default:
		return false
	}
	return true
}

func usualBytes(b []byte, dest any) bool {
	switch d := dest.(type) {
	case *ident.ID:
		return copy(d[:], b) == len(d) && len(b) == len(d)
	case *Texts:
		*d = append(*d, b...)
	default:
		return false
	}
	return true
}
