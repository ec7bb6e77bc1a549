// Command joren is the whole of Joren: the server with its console and API,
// the demo shop, and the commands that check, import, prove and measure.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"runtime/pprof"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"joren/internal/fault"
	"joren/internal/i18n"
)

type cli struct {
	Lang string `help:"Language of what is printed: ja or en (${default}: the system's)." enum:"ja,en" default:"${lang}" env:"JOREN_LANG"`

	CPUProfile string `help:"Write a CPU profile to this file." hidden:"" type:"path"`

	Demo       demoCmd       `cmd:"" help:"Build a demo shop from a year of real purchases and serve it."`
	Serve      serveCmd      `cmd:"" help:"Serve the console and the API."`
	Programme  programmeCmd  `cmd:"" help:"Check, publish and show the loyalty programme."`
	Import     importCmd     `cmd:"" help:"Import a file of members, purchases, balances or events."`
	CloseDay   closeDayCmd   `cmd:"" help:"Run the day turn that ends a business day."`
	CloseMonth closeMonthCmd `cmd:"" help:"Lock the books of a month."`
	Verify     verifyCmd     `cmd:"" help:"Prove the books: non-zero exit if a law is broken."`
	Doctor     doctorCmd     `cmd:"" help:"Check the database and its settings."`
	Backup     backupCmd     `cmd:"" help:"Write a consistent backup beside a running server."`
	Restore    restoreCmd    `cmd:"" help:"Restore a backup into an empty database and prove it."`
	OwnerLink  ownerLinkCmd  `cmd:"" help:"Print the one-time link of the owner's account."`
	Liability  liabilityCmd  `cmd:"" help:"Say what open points are worth in the accounts."`
	Insight    insightCmd    `cmd:"" help:"Measure loyalty: fit, score, back-test."`
	Bench      benchCmd      `cmd:"" help:"Measure purchases per second against the floor of this machine."`
	BenchLoad  benchLoadCmd  `cmd:"" hidden:"" help:"Load generator of bench."`
	Licences   licencesCmd   `cmd:"" help:"Print the licences of what Joren is built from."`
}

// collection is Go's garbage collection target. What lives is a few dozen
// megabytes, so three times that is cheap, and a collection costs a purchase
// more than anything else in this process. GOGC overrides it.
const collection = 300

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collection)
	}
	var c cli
	k := kong.Parse(&c, kong.Name("joren"), kong.Description("An open, self-hosted customer-loyalty system."), kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}), kong.Vars{"lang": string(system(os.Getenv))})
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	defer profile(c.CPUProfile)()
	env := &env{ctx: ctx, out: os.Stdout, err: os.Stderr, lang: i18n.Lang(c.Lang), getenv: os.Getenv}
	if err := k.Run(env); err != nil {
		profile("")()
		os.Exit(env.report(err))
	}
}

// system is the language a person has told the system, by the first of the
// variables that is set (POSIX, Base Definitions 8.2).
func system(getenv func(string) string) i18n.Lang {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := getenv(name); v != "" {
			if strings.HasPrefix(v, "ja") {
				return i18n.JA
			}
			break
		}
	}
	return i18n.EN
}

// profile measures where processor time goes; path "" does nothing.
func profile(path string) (stop func()) {
	if path == "" {
		return pprof.StopCPUProfile
	}
	f, err := os.Create(path)
	if err != nil {
		return func() {}
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return func() {}
	}
	return func() { pprof.StopCPUProfile(); f.Close() }
}

// exit is an error that has been told already.
type exit int

func (e exit) Error() string { return fmt.Sprintf("exit %d", int(e)) }

// report tells a person what went wrong and gives the exit code: 1 for what
// was refused or found broken, 2 for a defect.
func (e *env) report(err error) int {
	var code exit
	if errors.As(err, &code) {
		return int(code)
	}
	f := fault.Of(err)
	fmt.Fprintln(e.err, i18n.Fault(e.lang, f.Code, f.Args))
	for _, x := range f.Fields {
		fmt.Fprintf(e.err, "  %s  %s\n", x.Path, i18n.Fault(e.lang, x.Code, x.Args))
	}
	if f.Kind == fault.Internal {
		fmt.Fprintln(e.err, err)
		return 2
	}
	return 1
}
