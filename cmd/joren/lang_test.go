package main

import (
	"testing"

	"joren/internal/i18n"
)

func TestTheSystemsLanguageIsSpoken(t *testing.T) {
	for _, c := range []struct {
		env  map[string]string
		want i18n.Lang
	}{
		{nil, i18n.EN}, {map[string]string{"LANG": "ja_JP.UTF-8"}, i18n.JA}, {map[string]string{"LANG": "ja_JP.UTF-8", "LC_ALL": "C"}, i18n.EN},
		{map[string]string{"LC_MESSAGES": "ja", "LANG": "de_DE"}, i18n.JA}, {map[string]string{"LANG": "C.UTF-8"}, i18n.EN},
	} {
		if got := system(func(k string) string { return c.env[k] }); got != c.want {
			t.Errorf("%v: %s", c.env, got)
		}
	}
}
