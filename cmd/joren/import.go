package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/intake"
)

type importCmd struct {
	place
	File    []string `arg:"" help:"CSV file; its format is recognised by its header. Give both files of an export that comes in two (Square, Smaregi): they are put together."`
	Profile string   `help:"Format of the file when its header does not tell."`
	DryRun  bool     `help:"Say what importing would do, and do nothing."`
	History bool     `help:"The file is history: items are recorded in time order and the day turn runs for each day passed."`
	Errors  string   `help:"Write the rows that are refused to this CSV file." type:"path"`
}

func (c *importCmd) source() (intake.Source, error) {
	var list []intake.Source
	for _, path := range c.File {
		info, err := os.Stat(path)
		if err != nil {
			return intake.Source{}, fault.New(fault.NotFound, "cli.file", "path", path).Because(err)
		}
		list = append(list, intake.Source{Name: info.Name(), Size: info.Size(), Open: func() (io.ReadCloser, error) { return os.Open(path) }})
	}
	src := intake.Bundled(list)
	if c.Profile != "" {
		if src.Mapping = intake.Profile(c.Profile); src.Mapping == nil {
			return src, fault.New(fault.NotFound, "cli.profile", "profile", c.Profile)
		}
	}
	return src, nil
}

func (c *importCmd) Run(e *env) error {
	src, err := c.source()
	if err != nil {
		return err
	}
	return with(e, c.place, func(a *app) error {
		report, err := c.run(e, a, src)
		if err != nil {
			return err
		}
		enc := json.NewEncoder(e.out)
		enc.SetIndent("", "  ")
		if err := enc.Encode(report); err != nil {
			return err
		}
		return c.writeErrors(e, report)
	})
}

func (c *importCmd) run(e *env, a *app, src intake.Source) (*intake.Report, error) {
	if c.DryRun {
		return intake.DryRun(e.ctx, src, intake.Seen(a.db), a.feed(nil).Judge(c.History))
	}
	p, err := a.version(e, 0)
	if err != nil {
		return nil, err
	}
	said := false
	run := intake.Runner{DB: a.db, Sink: a.feed(nil), Wall: a.db.Clock().Wall, History: c.History, Zone: p.Zone,
		Progress: func(x intake.Progress) {
			said = true
			fmt.Fprint(e.err, "\r"+i18n.T(e.lang, "cli.progress", "rows", x.Rows, "documents", x.Documents, "rate", int64(x.Rate)))
		}}
	report, err := run.Run(e.ctx, src)
	if said {
		fmt.Fprintln(e.err)
	}
	return report, err
}

// rowsTold is how many problems are told when no file for them was named.
const rowsTold = 5

// tell says on the side which rows are refused and why, and which are recorded
// but should be looked at.
func tell(e *env, report *intake.Report) {
	say := func(more string, list []intake.Problem, unlisted int) {
		for i, p := range list {
			if i == rowsTold {
				fmt.Fprintln(e.err, i18n.T(e.lang, more, "n", len(list)+unlisted-rowsTold))
				return
			}
			what, do := p.Words(e.lang)
			place := i18n.T(e.lang, "cli.row", "row", p.Row)
			if p.Column != "" {
				place = i18n.T(e.lang, "cli.cell", "row", p.Row, "column", p.Column)
			}
			fmt.Fprintln(e.err, i18n.T(e.lang, "cli.refused_row", "place", place, "what", what, "do", do))
		}
	}
	say("cli.more_refused", report.Problems, report.Unlisted)
	say("cli.more_noted", report.Notes, 0)
}

func (c *importCmd) writeErrors(e *env, report *intake.Report) error {
	if c.Errors == "" {
		tell(e, report)
		return nil
	}
	f, err := os.Create(c.Errors)
	if err != nil {
		return fault.New(fault.Unavailable, "cli.data", "path", c.Errors).Because(err)
	}
	if err := report.WriteErrors(f, e.lang); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
