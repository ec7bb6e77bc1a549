package main

import (
	"fmt"
	"sort"
	"text/tabwriter"

	"joren/internal/db"
	"joren/internal/i18n"
	"joren/internal/ident"
	"joren/internal/insight"
	"joren/internal/programme"
)

type fitCmd struct {
	past
	Until   string `help:"Last day to learn from, YYYY-MM-DD; the history's last when left out."`
	Horizon int    `help:"Days ahead." default:"90"`
}

func (c *fitCmd) Run(e *env) error {
	r, err := c.reading(e, c.Until, c.Horizon)
	if err == nil {
		fmt.Fprint(e.out, r.FitText(e.lang))
	}
	return err
}

// reading learns from a history up to a day. What is not enough is a refusal
// here: there is nothing else to print.
func (p past) reading(e *env, until string, horizon int) (*insight.Reading, error) {
	day, err := dayOf(until)
	if err != nil {
		return nil, err
	}
	visits, _, err := p.visits(e)
	if err != nil {
		return nil, err
	}
	if day == 0 {
		_, day, _ = insight.Extent(visits)
	}
	r, err := insight.Read(visits, day, horizon)
	if err == nil {
		err = r.Missing
	}
	return r, err
}

type scoreCmd struct {
	place
	Top     int `help:"How many members to print, the highest score first." default:"20"`
	Horizon int `help:"Days ahead." default:"90"`
}

func (c *scoreCmd) Run(e *env) error {
	return look(e, c.place, func(d *db.DB) error {
		b := boardOf(d, &programme.Cache{}, nil)
		b.Horizon = c.Horizon
		r, err := b.Reading(e.ctx)
		if err == nil {
			err = r.Missing
		}
		if err != nil {
			return err
		}
		fmt.Fprintln(e.out, i18n.T(e.lang, "insight.score.heading", "day", r.Day, "n", r.Len(), "horizon", r.Horizon))
		if s := r.SampleText(e.lang); s != "" {
			fmt.Fprintln(e.out, s)
		}
		currency, err := currencyOf(e, d)
		if err != nil {
			return err
		}
		return b.View(func(cols *insight.Columns) error { return c.print(e, cols, r, currency) })
	})
}

func (c *scoreCmd) print(e *env, cols *insight.Columns, r *insight.Reading, currency string) error {
	type row struct {
		id ident.ID
		l  insight.Loyalty
	}
	var rows []row
	cols.EachLoyalty(r, nil, func(id ident.ID, l insight.Loyalty) { rows = append(rows, row{id, l}) })
	sort.SliceStable(rows, func(i, j int) bool { return rows[i].l.Score > rows[j].l.Score })
	w := tabwriter.NewWriter(e.out, 0, 1, 2, ' ', 0)
	t := func(key string) string { return i18n.T(e.lang, key) }
	fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", t("insight.score.member"), t("insight.score.score"), t("insight.score.count"), t("insight.score.money"), t("insight.score.why"))
	for _, x := range rows[:max(0, min(c.Top, len(rows)))] {
		money := "–"
		if !x.l.Odds.NoMoney {
			money = i18n.Money(e.lang, currency, int64(x.l.Odds.Money))
		}
		fmt.Fprintf(w, "%s\t%s\t%.2f\t%s\t%s\n", ident.Member.Text(x.id), x.l.Score, x.l.Odds.Count, money, x.l.Sentence(e.lang, x.l.Reasons[0].Side, currency))
	}
	return w.Flush()
}

type rebuildCmd struct {
	place
	Again bool `help:"Also write the scores of months kept already anew."`
}

// Run reads everything afresh, says how large it is, and keeps the scores of
// the months that have ended.
func (c *rebuildCmd) Run(e *env) error {
	return with(e, c.place, func(a *app) error {
		wall := a.db.Clock().Wall
		began := wall()
		b := a.board
		if err := b.Rebuild(e.ctx); err != nil {
			return err
		}
		took := wall().Sub(began).Seconds()
		err := b.View(func(cols *insight.Columns) error {
			s := cols.Size()
			fmt.Fprintln(e.out, i18n.T(e.lang, "insight.rebuilt", "people", s.People, "purchases", s.Purchases, "guests", s.GuestDays,
				"mb", fmt.Sprintf("%.1f", float64(s.Bytes)/1e6), "seconds", fmt.Sprintf("%.2f", took), "digest", cols.Digest()))
			return nil
		})
		if err != nil {
			return err
		}
		today, err := b.Today(e.ctx)
		if err == nil {
			_, err = b.Keep(e.ctx, today, true)
		}
		if err != nil {
			return err
		}
		n, err := b.Remember(e.ctx, c.Again)
		if err == nil {
			fmt.Fprintln(e.out, i18n.T(e.lang, "insight.score.kept", "n", n))
		}
		return err
	})
}

// currencyOf is the shop's currency.
func currencyOf(e *env, d *db.DB) (string, error) {
	a := app{db: d, programmes: &programme.Cache{}}
	p, err := a.version(e, 0)
	if err != nil {
		return "", err
	}
	return p.Currency, nil
}
