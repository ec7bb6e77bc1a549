package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"joren/internal/day"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/liability"
	"joren/internal/programme"
)

type liabilityCmd struct {
	Show    liabilityShowCmd    `cmd:"" default:"withargs" help:"Print what open points are worth at a month's end."`
	Journal liabilityJournalCmd `cmd:"" help:"Write the journal of a closed month for the accounts."`
	Method  liabilityMethodCmd  `cmd:"" help:"Print how points are kept in the accounts, or set it for all months that are not closed."`
	Basis   liabilityBasisCmd   `cmd:"" help:"Set a point's value or use share by hand for all months that are not closed."`
}

type liabilityShowCmd struct {
	place
	Month string `help:"Month, YYYY-MM; the present one when left out."`
	JSON  bool   `help:"Print JSON, money in minor units."`
}

func (c *liabilityShowCmd) Run(e *env) error {
	return statement(e, c.place, c.Month, func(b *liability.Book, s *liability.Statement, currency string) error {
		if c.JSON {
			out := json.NewEncoder(e.out)
			out.SetIndent("", "  ")
			return out.Encode(s.Told(currency))
		}
		fmt.Fprint(e.out, s.Text(e.lang, currency))
		return nil
	})
}

type liabilityJournalCmd struct {
	place
	Month   string `help:"Closed month, YYYY-MM; the last one when left out."`
	Format  string `help:"Layout: generic, yayoi, freee or mf." default:"generic"`
	Renamed bool   `help:"Under today's names of accounts, not those of the day the month was closed."`
	Into    string `help:"File to write; standard output when left out." type:"path"`
}

func (c *liabilityJournalCmd) Run(e *env) error {
	layout, err := liability.ParseLayout(c.Format)
	if err != nil {
		return err
	}
	return statement(e, c.place, c.Month, func(b *liability.Book, s *liability.Statement, currency string) error {
		if c.Month == "" {
			if s = b.LastSettled(); s == nil {
				return fault.New(fault.Conflict, "liability.none_settled")
			}
		}
		write := s.JournalFile
		if c.Renamed {
			write = func(l liability.Layout, currency string) ([]byte, error) { return b.RenamedFile(s, l, currency) }
		}
		file, err := write(layout, currency)
		if err != nil {
			return err
		}
		if c.Into == "" {
			_, err = e.out.Write(file)
			return err
		}
		return newFile(c.Into, file)
	})
}

// newFile writes a file that does not exist yet.
func newFile(path string, content []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fault.New(fault.Conflict, "cli.file_exists", "path", path).Because(err)
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Close())
}

// statement finds a month, or ("") the newest, beside a running server.
func statement(e *env, p place, month string, fn func(*liability.Book, *liability.Statement, string) error) error {
	return look(e, p, func(d *db.DB) error {
		books := &day.Books{Programmes: &programme.Cache{}}
		var b *liability.Book
		currency := ""
		err := d.Read(e.ctx, func(tx *db.Tx) (err error) {
			if b, err = books.Read(tx); err != nil {
				return err
			}
			p, err := books.Programmes.At(tx, tx.Now)
			if err == nil {
				currency = p.Currency
			}
			return err
		})
		if err != nil {
			return err
		}
		s, err := b.Find(month)
		if err != nil {
			return err
		}
		return fn(b, s, currency)
	})
}
