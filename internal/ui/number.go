package ui

import (
	"strconv"

	"joren/internal/i18n"
)

func number(n int64) string { return i18n.Number(n) }

func itoa64(n int64) string { return strconv.FormatInt(n, 10) }
