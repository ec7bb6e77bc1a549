package main

import (
	"fmt"

	"joren/internal/demo"
)

type licencesCmd struct{}

func (licencesCmd) Run(e *env) error {
	fmt.Fprintln(e.out, demo.Attribution)
	fmt.Fprintln(e.out)
	fmt.Fprintln(e.out, demo.Licence)
	return nil
}
