package main

import (
	"encoding/csv"
	"fmt"

	"joren/internal/db"
	"joren/internal/i18n"
	"joren/internal/insight"
	"joren/internal/programme"
	"joren/internal/stats"
)

type productsCmd struct {
	place
	Top    int    `help:"How many products to print." default:"20"`
	Sort   string `help:"Order." enum:"sales,buyers,days,again,interval,entry,name" default:"sales"`
	Rising bool   `help:"The least first."`
	Only   string `help:"replenished: only what is bought again often enough to say when the next is due." enum:",replenished" default:""`
	Pairs  bool   `help:"Print what is bought together instead."`
	CSV    bool   `help:"Print all of them as CSV, unrounded."`
}

func (c *productsCmd) Run(e *env) error {
	return look(e, c.place, func(d *db.DB) error {
		s, err := boardOf(d, &programme.Cache{}, nil).Shelf(e.ctx)
		if err != nil {
			return err
		}
		if len(s.Products) == 0 {
			return insight.Why(&stats.NotEnough{Code: stats.FewCustomers, Need: 1})
		}
		if c.Pairs {
			return c.pairs(e, s)
		}
		q := insight.ProductQuery{Only: c.Only, Sort: c.Sort, Desc: !c.Rising, Most: c.Top}
		if c.CSV {
			q.Most = len(s.Products)
		}
		rows, all := s.List(q)
		if c.CSV {
			return csv.NewWriter(e.out).WriteAll(insight.ProductTable(rows))
		}
		currency, err := currencyOf(e, d)
		if err != nil {
			return err
		}
		fmt.Fprintln(e.out, i18n.T(e.lang, "insight.products.heading", "day", s.Day, "n", all))
		fmt.Fprint(e.out, s.ProductText(e.lang, currency, rows))
		return nil
	})
}

func (c *productsCmd) pairs(e *env, s *insight.Shelf) error {
	most := c.Top
	if c.CSV {
		most = len(s.Pairs)
	}
	rows, _ := s.PairList("extra", true, 0, most)
	if c.CSV {
		return csv.NewWriter(e.out).WriteAll(s.PairTable(rows))
	}
	if len(rows) == 0 {
		fmt.Fprintln(e.out, i18n.T(e.lang, "insight.pair.none"))
		return nil
	}
	fmt.Fprint(e.out, s.PairText(e.lang, rows))
	return nil
}

type dueCmd struct {
	place
	Top      int    `help:"How many to print." default:"20"`
	State    string `help:"overdue, soon or later; overdue and soon when left out." enum:",overdue,soon,later" default:""`
	Product  string `help:"Of one product alone."`
	Sort     string `help:"Order." enum:"worth,chance,on,amount,times" default:"worth"`
	CSV      bool   `help:"Print all of them as CSV, unrounded."`
	Backtest bool   `help:"Make the list of a past day and count what was really bought in the 14 days after."`
	Split    string `help:"That day, YYYY-MM-DD; 14 days ago when left out."`
}

func (c *dueCmd) Run(e *env) error {
	split, err := dayOf(c.Split)
	if err != nil {
		return err
	}
	return look(e, c.place, func(d *db.DB) error {
		b := boardOf(d, &programme.Cache{}, nil)
		if c.Backtest || split != 0 {
			t, err := b.TryDueAt(e.ctx, split)
			if err == nil {
				fmt.Fprint(e.out, t.Text(e.lang))
			}
			return err
		}
		q := insight.DueQuery{Product: c.Product, Sort: c.Sort, Desc: true, Most: c.Top}
		for _, x := range insight.DueStates {
			if x.String() == c.State {
				q.States = []insight.DueState{x}
			}
		}
		if c.CSV {
			q.Most = 1 << 30
		}
		return c.print(e, d, b, q)
	})
}

func (c *dueCmd) print(e *env, d *db.DB, b *insight.Board, q insight.DueQuery) error {
	rows, all, s, err := b.Due(e.ctx, q)
	if err != nil {
		return err
	}
	if c.CSV {
		w := csv.NewWriter(e.out)
		if err := w.Write(insight.DueHead); err != nil {
			return err
		}
		for _, x := range rows {
			if err := w.Write(x.Cells()); err != nil {
				return err
			}
		}
		w.Flush()
		return w.Error()
	}
	if all == 0 {
		fmt.Fprintln(e.out, i18n.T(e.lang, "insight.due.none"))
		return nil
	}
	currency, err := currencyOf(e, d)
	if err != nil {
		return err
	}
	fmt.Fprintln(e.out, i18n.T(e.lang, "insight.due.heading", "day", s.Day, "n", all))
	fmt.Fprint(e.out, insight.DueText(e.lang, currency, rows))
	return nil
}
