package main

import (
	"fmt"
	"os"

	"joren/internal/audience"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/plan"
	"joren/internal/programme"
)

type programmeCmd struct {
	Check    checkCmd    `cmd:"" help:"Check a programme document; prints every error with its line."`
	Publish  publishCmd  `cmd:"" help:"Publish a programme document as the next version."`
	Show     showCmd     `cmd:"" help:"Print a version's document (the one in force unless --version)."`
	Diff     diffCmd     `cmd:"" help:"Say in words what a document changes against the version in force."`
	Terms    termsCmd    `cmd:"" help:"Print the member-facing terms of a document or of the version in force."`
	Template templateCmd `cmd:"" help:"Print a template to start from: cafe, shop, salon or demo."`
}

func readDocument(path string) ([]byte, error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return nil, fault.New(fault.NotFound, "cli.file", "path", path).Because(err)
	}
	return src, nil
}

// document reads and checks a file; its problems are printed.
func document(e *env, path string) (*plan.Programme, []byte, error) {
	src, err := readDocument(path)
	if err != nil {
		return nil, nil, err
	}
	p, bad := plan.Parse(src)
	if len(bad) > 0 {
		fmt.Fprint(e.out, plan.Report(path, bad, e.lang))
		return nil, nil, exit(1)
	}
	return p, src, nil
}

type checkCmd struct {
	place
	File string `arg:"" help:"Programme document (YAML)."`
}

func (c *checkCmd) Run(e *env) error {
	p, _, err := document(e, c.File)
	if err != nil {
		return err
	}
	warnings := p.Warnings()
	if c.exists() {
		err = look(e, c.place, func(d *db.DB) error { return checkSegments(e, d, c.File, p, &warnings) })
	} else {
		warnings = append(warnings, p.UnseenSegments()...)
	}
	if err != nil {
		return err
	}
	for _, w := range warnings {
		fmt.Fprintf(e.out, "%s:%d  %s\n", c.File, w.Line, w.Text(e.lang))
	}
	fmt.Fprintln(e.out, i18n.T(e.lang, "cli.check_ok", "file", c.File))
	return nil
}

// checkSegments compares the segments a document asks for with the shop's.
func checkSegments(e *env, d *db.DB, file string, p *plan.Programme, warnings *plan.Problems) error {
	return d.Read(e.ctx, func(tx *db.Tx) error {
		wrong, warn, err := audience.CheckProgramme(tx, p)
		if err == nil && len(wrong) > 0 {
			fmt.Fprint(e.out, plan.Report(file, wrong, e.lang))
			err = exit(1)
		}
		*warnings = append(*warnings, warn...)
		return err
	})
}

type publishCmd struct {
	place
	File        string `arg:"" help:"Programme document (YAML)."`
	ShortNotice bool   `help:"Publish although members get less than the notice period."`
	Note        string `help:"Why, for the history."`
}

func (c *publishCmd) Run(e *env) error {
	_, src, err := document(e, c.File)
	if err != nil {
		return err
	}
	return with(e, c.place, func(a *app) error {
		return a.db.Write(e.ctx, func(tx *db.Tx) error {
			v, err := audience.Publish(tx, src, programme.Order{Note: c.Note, ShortNotice: c.ShortNotice})
			if err == nil {
				fmt.Fprintln(e.out, i18n.T(e.lang, "cli.published", "version", v.Number, "from", v.EffectiveFrom))
			}
			return err
		})
	})
}

// with opens the database for one command.
func with(e *env, p place, fn func(*app) error) error {
	a, err := open(e.ctx, p)
	if err != nil {
		return err
	}
	defer a.close()
	return fn(a)
}

type showCmd struct {
	place
	Version int `help:"Number of the version; 0 is the one in force."`
}

func (c *showCmd) Run(e *env) error {
	return with(e, c.place, func(a *app) error {
		p, err := a.version(e, c.Version)
		if err == nil {
			_, err = e.out.Write(p.Source())
		}
		return err
	})
}

// version is a published version, the one in force for 0.
func (a *app) version(e *env, n int) (p *plan.Programme, err error) {
	err = a.db.Read(e.ctx, func(tx *db.Tx) error {
		t, err := a.programmes.Load(tx)
		if err != nil {
			return err
		}
		if n == 0 {
			p, err = t.At(tx.Now)
		} else {
			p, err = t.Number(n)
		}
		return err
	})
	return p, err
}

type diffCmd struct {
	place
	File string `arg:"" help:"Programme document (YAML)."`
}

func (c *diffCmd) Run(e *env) error {
	next, _, err := document(e, c.File)
	if err != nil {
		return err
	}
	return with(e, c.place, func(a *app) error {
		now, err := a.version(e, 0)
		if err != nil {
			return err
		}
		for _, ch := range plan.Diff(now, next) {
			fmt.Fprintln(e.out, ch.Text(e.lang))
		}
		return nil
	})
}

type termsCmd struct {
	place
	File string `arg:"" optional:"" help:"Programme document; without it the version in force."`
}

func (c *termsCmd) Run(e *env) error {
	print := func(p *plan.Programme) {
		doc := plan.Terms(p, e.lang)
		fmt.Fprintln(e.out, doc.Title)
		for _, x := range doc.Paragraphs {
			fmt.Fprintf(e.out, "\n%s\n%s\n", x.Heading, x.Text)
		}
	}
	if c.File != "" {
		p, _, err := document(e, c.File)
		if err == nil {
			print(p)
		}
		return err
	}
	return with(e, c.place, func(a *app) error {
		p, err := a.version(e, 0)
		if err == nil {
			print(p)
		}
		return err
	})
}

type templateCmd struct {
	Name string `arg:"" help:"cafe, shop, salon or demo."`
}

func (c *templateCmd) Run(e *env) error {
	src, err := plan.Template(c.Name)
	if err == nil {
		_, err = e.out.Write(src)
	}
	return err
}
