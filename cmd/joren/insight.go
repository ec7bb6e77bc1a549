package main

import (
	"fmt"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/insight"
	"joren/internal/measure"
	"joren/internal/member"
	"joren/internal/programme"
	"joren/internal/segment"
	"joren/internal/stats"
)

type insightCmd struct {
	Fit      fitCmd      `cmd:"" help:"Fit the repeat-buying models and say what they found."`
	Score    scoreCmd    `cmd:"" help:"Print members' loyalty scores with their main reason."`
	Backtest backtestCmd `cmd:"" help:"Forecast from a past day and compare with what came."`
	Products productsCmd `cmd:"" help:"List products: who buys them again, how often, and what goes with them."`
	Due      dueCmd      `cmd:"" help:"List who is due to buy what again, or try that list on a past day."`
	Report   reportCmd   `cmd:"" help:"Write the report of a week or month that ended, as a page and as CSV."`
	Rebuild  rebuildCmd  `cmd:"" help:"Read all purchases afresh and keep the scores of ended months."`
	Segments segmentsCmd `cmd:"" help:"Segments: list, count, members, check a condition, rebuild."`
}

// boardOf is a measuring desk over a database; without members it cuts by
// nothing that stands in their sealed documents.
func boardOf(d *db.DB, programmes *programme.Cache, members *member.Members) *insight.Board {
	a := app{programmes: programmes}
	return &insight.Board{Store: insight.NewStore(d, measure.Shop{Programmes: programmes, Members: members}), Zone: a.zone, Heading: a.heading, Segments: segment.Everybody}
}

// past is a purchase history: a database's, or a file's.
type past struct {
	place
	File    string `help:"Read purchases from this file instead of the database." type:"path"`
	Profile string `help:"Format of the file when its header does not tell."`
}

// visits are the history's customer-days and the last day it covers.
func (p past) visits(e *env) (list []stats.Visit, today clock.Day, err error) {
	if p.File != "" {
		list, err = p.read(e)
		return list, 0, err
	}
	err = look(e, p.place, func(d *db.DB) error {
		s := insight.NewStore(d, measure.Shop{Programmes: &programme.Cache{}})
		if err := s.Rebuild(e.ctx); err != nil {
			return err
		}
		return s.View(func(c *insight.Columns) error {
			list = c.Visits(clock.Date(9999, 12, 31))
			return nil
		})
	})
	return list, 0, err
}

type backtestCmd struct {
	past
	Split   string `help:"Last day to learn from, YYYY-MM-DD; the day that leaves the horizon when left out."`
	Horizon int    `help:"Days to forecast; 0 is up to the end of the history."`
}

func (c *backtestCmd) Run(e *env) error {
	split, err := dayOf(c.Split)
	if err != nil {
		return err
	}
	visits, today, err := c.visits(e)
	if err != nil {
		return err
	}
	b, err := insight.Try(visits, split, c.Horizon, today)
	if err == nil {
		fmt.Fprint(e.out, b.Text(e.lang))
	}
	return err
}

// dayOf reads a flag that may be left out.
func dayOf(s string) (clock.Day, error) {
	if s == "" {
		return 0, nil
	}
	d, err := clock.ParseDay(s)
	if err != nil {
		return 0, fault.New(fault.Invalid, "cli.date", "date", s)
	}
	return d, nil
}
