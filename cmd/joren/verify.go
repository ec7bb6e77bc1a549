package main

import (
	"fmt"
	"path/filepath"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/proof"
)

// look opens the database for reading only, beside a running server, with the
// shop clock it carries.
func look(e *env, p place, fn func(*db.DB) error) error {
	if !p.exists() {
		return fault.New(fault.NotFound, "cli.no_database", "path", p.Data)
	}
	hand := &clock.Hand{}
	d, err := db.Open(e.ctx, p.url(), db.Options{Clock: hand.Clock(), ReadOnly: true})
	if err != nil {
		return err
	}
	defer d.Close()
	a := app{db: d, hand: hand}
	if err := a.setClock(e.ctx); err != nil {
		return err
	}
	return fn(d)
}

type verifyCmd struct{ place }

func (c *verifyCmd) Run(e *env) error {
	return look(e, c.place, func(d *db.DB) error {
		r, err := proof.Verify(e.ctx, d)
		if err != nil {
			return err
		}
		fmt.Fprint(e.out, r.Text(e.lang))
		return status(r.Exit())
	})
}

func status(code int) error {
	if code == 0 {
		return nil
	}
	return exit(code)
}

type doctorCmd struct{ place }

func (c *doctorCmd) Run(e *env) error {
	return look(e, c.place, func(d *db.DB) error {
		h, err := proof.Doctor(e.ctx, d)
		if err != nil {
			return err
		}
		fmt.Fprint(e.out, h.Text(e.lang))
		return status(h.Exit())
	})
}

type backupCmd struct {
	place
	Into string `arg:"" help:"Directory to make; it must not exist." type:"path"`
	Open bool   `help:"Write the open form (one file of JSON lines a table), which any engine takes."`
}

func (c *backupCmd) Run(e *env) error {
	return look(e, c.place, func(d *db.DB) error {
		m, err := proof.Backup(e.ctx, d, c.Into, proof.BackupOptions{Dump: c.Open, KeyFile: c.keys()})
		if err == nil {
			fmt.Fprintf(e.out, "%s  %s\n", filepath.Clean(c.Into), m.Digest)
		}
		return err
	})
}

type restoreCmd struct {
	place
	From string `arg:"" help:"Directory that backup made." type:"path"`
}

func (c *restoreCmd) Run(e *env) error {
	_, r, err := proof.Restore(e.ctx, c.From, c.url(), db.Options{})
	if err != nil {
		return err
	}
	fmt.Fprint(e.out, r.Text(e.lang))
	return status(r.Exit())
}

type closeDayCmd struct {
	place
	Date string `arg:"" help:"Business day to close, YYYY-MM-DD."`
}

func (c *closeDayCmd) Run(e *env) error {
	d, err := clock.ParseDay(c.Date)
	if err != nil {
		return fault.New(fault.Invalid, "cli.date", "date", c.Date)
	}
	return with(e, c.place, func(a *app) error { return a.turner.Turn(e.ctx, d+1) })
}

type closeMonthCmd struct {
	place
	Month string `arg:"" help:"Month to close, YYYY-MM."`
}

func (c *closeMonthCmd) Run(e *env) error {
	return with(e, c.place, func(a *app) error {
		_, err := a.turner.CloseMonth(e.ctx, c.Month)
		return err
	})
}

type ownerLinkCmd struct {
	place
	URL string `help:"Where the console is reached." default:"http://127.0.0.1:8480"`
}

func (c *ownerLinkCmd) Run(e *env) error {
	return with(e, c.place, func(a *app) error { return a.invite(e, c.URL) })
}
