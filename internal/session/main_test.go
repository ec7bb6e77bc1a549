package session

import (
	"testing"

	"joren/internal/ui/uitest"
)

func TestMain(m *testing.M) { uitest.Main(m) }
