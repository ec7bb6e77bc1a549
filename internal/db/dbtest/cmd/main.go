// Command cmd starts or stops the throw-away PostgreSQL cluster of the tests.
//
//	go run ./internal/db/dbtest/cmd start   # prints its address
//	go run ./internal/db/dbtest/cmd stop    # deletes it
package main

import (
	"fmt"
	"os"

	"joren/internal/db/dbtest"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 1 && args[0] == "start":
		url, err := dbtest.Start()
		if err == nil {
			fmt.Println(url)
		}
		return err
	case len(args) == 1 && args[0] == "stop":
		return dbtest.Stop()
	}
	return fmt.Errorf("usage: dbtest start|stop")
}
