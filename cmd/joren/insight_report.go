package main

import (
	"fmt"
	"os"
	"path/filepath"

	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/insight"
	"joren/internal/programme"
	"joren/internal/shop"
)

type reportCmd struct {
	place
	Every string `help:"Length of the period: a week (Monday to Sunday) or a month." enum:"week,month" default:"month"`
	Day   string `help:"A day of the period, YYYY-MM-DD; the last one that ended when left out."`
	Out   string `help:"Directory to write to." default:"." type:"path"`
}

// Run writes two files. It only reads the database, so a server may run beside
// it; without the members' keys it cuts by nothing that stands in their
// documents, which a report of the whole shop does not.
func (c *reportCmd) Run(e *env) error {
	day, err := dayOf(c.Day)
	if err != nil {
		return err
	}
	return look(e, c.place, func(d *db.DB) error {
		b := boardOf(d, &programme.Cache{}, nil)
		every := insight.Every(c.Every)
		if day == 0 {
			today, err := b.Today(e.ctx)
			if err != nil {
				return err
			}
			first, _ := every.Period(today)
			day = first - 1
		}
		r, err := b.Report(e.ctx, every, day, e.lang)
		if err != nil {
			return err
		}
		page, figures := filepath.Join(c.Out, r.Name(e.lang)+".html"), filepath.Join(c.Out, r.Name(e.lang)+".csv")
		for path, body := range map[string][]byte{page: r.HTML(e.lang), figures: r.CSV(e.lang)} {
			if err := os.WriteFile(path, body, 0o644); err != nil {
				return fault.New(fault.Unavailable, "cli.file", "path", path).Because(err)
			}
		}
		fmt.Fprintln(e.out, i18n.T(e.lang, "insight.report.written", "page", page, "figures", figures))
		return nil
	})
}

// heading is what a report says of the shop.
func (a *app) heading(tx *db.Tx, l i18n.Lang) (h insight.Heading, err error) {
	s, err := shop.Load(tx)
	if err != nil {
		return h, err
	}
	h.Shop, h.Currency = s.Name.In(l), s.Currency
	p, err := a.programmes.At(tx, tx.Now)
	if fault.Is(err, "programme.none_in_force") {
		return h, nil
	}
	if err == nil {
		h.Currency = p.Currency
	}
	return h, err
}
