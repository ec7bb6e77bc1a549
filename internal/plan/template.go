package plan

import (
	"embed"
	"strings"

	"joren/internal/fault"
)

//go:embed templates/*.yaml
var templateFiles embed.FS

// Templates lists the programmes to start from: cafe, demo, salon, shop.
func Templates() []string {
	es, err := templateFiles.ReadDir("templates")
	if err != nil {
		panic(err)
	}
	var out []string
	for _, e := range es {
		out = append(out, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	return out
}

// Template is the text of a template with its comments, or the fault
// programme.unknown_template.
func Template(name string) ([]byte, error) {
	b, err := templateFiles.ReadFile("templates/" + name + ".yaml")
	if err != nil {
		return nil, fault.New(fault.NotFound, "programme.unknown_template", "name", name, "known", strings.Join(Templates(), ", "))
	}
	return b, nil
}
