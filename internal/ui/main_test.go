package ui_test

import (
	"testing"

	"joren/internal/ui/uitest"
)

func TestMain(m *testing.M) { uitest.Main(m) }
