package main

import (
	"fmt"
	"text/tabwriter"

	"joren/internal/audience"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/ident"
	"joren/internal/insight"
	"joren/internal/measure"
	"joren/internal/member"
	"joren/internal/programme"
	"joren/internal/rules"
	"joren/internal/segment"
	"joren/internal/sign"
)

type segmentsCmd struct {
	List    segmentListCmd    `cmd:"" default:"withargs" help:"List the segments with how many are in each."`
	Count   segmentCountCmd   `cmd:"" help:"Say how many members a condition, or a segment, would hold."`
	Members segmentMembersCmd `cmd:"" help:"Print who is in a segment, and since when."`
	Check   segmentCheckCmd   `cmd:"" help:"Check a condition; prints everything that is wrong with it."`
	Use     segmentUseCmd     `cmd:"" help:"Switch a segment on: one that was written, or one of those offered."`
	Rebuild segmentRebuildCmd `cmd:"" help:"Place every member anew and count afresh."`
}

// watching is an audience that reads only.
func watching(e *env, p place, d *db.DB) (*audience.Audience, error) {
	ring, err := sign.Load(p.keys())
	if err != nil {
		return nil, err
	}
	programmes := &programme.Cache{}
	b := &insight.Board{Store: insight.NewStore(d, measure.Shop{Programmes: programmes}), Zone: (&app{programmes: programmes}).zone}
	return &audience.Audience{DB: d, Members: member.New(ring), Programmes: programmes, Board: b}, nil
}

type segmentListCmd struct{ place }

func (c *segmentListCmd) Run(e *env) error {
	return look(e, c.place, func(d *db.DB) error { return listSegments(e, d) })
}

func listSegments(e *env, d *db.DB) error {
	var list []segment.Segment
	if err := d.Read(e.ctx, func(tx *db.Tx) (err error) { list, err = segment.List(tx, ""); return err }); err != nil {
		return err
	}
	w := tabwriter.NewWriter(e.out, 0, 1, 2, ' ', 0)
	waiting := false
	for _, s := range list {
		n := i18n.Number(s.Members)
		if s.State != segment.Active || s.FilledAt == 0 {
			n = "–"
			waiting = waiting || s.State == segment.Active
		}
		fmt.Fprintf(w, "%s\t%s\t%9s\t%s\n", s.ID, i18n.T(e.lang, "segment.state."+string(s.State)), n, s.Name.In(e.lang))
	}
	if len(list) == 0 {
		fmt.Fprintln(w, i18n.T(e.lang, "segment.none"))
	}
	if waiting {
		fmt.Fprintln(w, i18n.T(e.lang, "segment.waiting"))
	}
	return w.Flush()
}

type segmentCountCmd struct {
	place
	ID   string `arg:"" optional:"" help:"A segment, also one of those offered."`
	When string `help:"A condition in CEL instead."`
}

func (c *segmentCountCmd) Run(e *env) error {
	return look(e, c.place, func(d *db.DB) error {
		a, err := watching(e, c.place, d)
		if err != nil {
			return err
		}
		s := segment.Segment{ID: "trial", Name: audience.Unnamed, Definition: segment.Definition{When: c.When}}
		if c.ID != "" {
			err := d.Read(e.ctx, func(tx *db.Tx) (err error) { s, err = segment.Get(tx, c.ID); return err })
			if offered, ok := segment.Offer(c.ID); ok && fault.Is(err, "segment.unknown") {
				s, err = offered, nil
			}
			if err != nil {
				return err
			}
		}
		t, err := a.Try(e.ctx, s)
		if err != nil {
			return printWrong(e, err)
		}
		sp := segment.Speaker{Speaker: rules.Speaker{Lang: e.lang}}
		for _, line := range sp.Explain(&s.Definition) {
			fmt.Fprintln(e.out, line)
		}
		fmt.Fprintln(e.out, audience.Say(e.lang, t))
		return nil
	})
}

// printWrong prints all that is wrong with a definition, each with its place.
func printWrong(e *env, err error) error {
	f := fault.Of(err)
	if f == nil || f.Code != "segment.invalid" {
		return err
	}
	for _, x := range f.Fields {
		fmt.Fprintf(e.out, "%s: %s\n", x.Path, i18n.Fault(e.lang, x.Code, x.Args))
	}
	return exit(1)
}

type segmentMembersCmd struct {
	place
	ID  string `arg:"" help:"The segment."`
	Top int    `help:"How many to print; 0 is all." default:"0"`
}

func (c *segmentMembersCmd) Run(e *env) error {
	return look(e, c.place, func(d *db.DB) error {
		return d.Read(e.ctx, func(tx *db.Tx) error {
			if _, err := segment.Get(tx, c.ID); err != nil {
				return err
			}
			after, printed := ident.ID{}, 0
			for {
				list, err := segment.In(tx, c.ID, after, false, 500)
				if err != nil || len(list) == 0 {
					return err
				}
				for _, x := range list {
					if c.Top > 0 && printed == c.Top {
						return nil
					}
					printed++
					fmt.Fprintf(e.out, "%s\t%s\n", ident.Member.Text(x.Member), x.Since)
				}
				after = list[len(list)-1].Member
			}
		})
	})
}

type segmentCheckCmd struct {
	place
	When string `arg:"" help:"The condition in CEL."`
}

func (c *segmentCheckCmd) Run(e *env) error {
	return look(e, c.place, func(d *db.DB) error {
		a, err := watching(e, c.place, d)
		if err != nil {
			return err
		}
		err = d.Read(e.ctx, func(tx *db.Tx) error {
			return a.Check(tx, segment.Segment{ID: "trial", Name: audience.Unnamed, Definition: segment.Definition{When: c.When}})
		})
		if err != nil {
			return printWrong(e, err)
		}
		fmt.Fprintln(e.out, rules.DescribeCondition(e.lang, c.When))
		return nil
	})
}

type segmentUseCmd struct {
	place
	ID string `arg:"" help:"The segment: at-risk, regulars, champions, first-purchase, birthday-month, never-bought, big-sleepers, dormant, likely, or one of the shop's own."`
}

func (c *segmentUseCmd) Run(e *env) error {
	return with(e, c.place, func(a *app) error {
		err := a.db.Write(e.ctx, func(tx *db.Tx) error {
			s, err := segment.Get(tx, c.ID)
			if offered, ok := segment.Offer(c.ID); ok && fault.Is(err, "segment.unknown") {
				s, err = a.audience.Create(tx, offered)
			}
			if err == nil {
				_, err = a.audience.Turn(tx, s.ID, segment.Active, s.Version)
			}
			return err
		})
		if err == nil {
			err = a.audience.Fill(e.ctx)
		}
		if err != nil {
			return printWrong(e, err)
		}
		return listSegments(e, a.db)
	})
}

type segmentRebuildCmd struct{ place }

func (c *segmentRebuildCmd) Run(e *env) error {
	return with(e, c.place, func(a *app) error {
		began := a.db.Clock().Wall()
		if err := a.audience.Rebuild(e.ctx); err != nil {
			return err
		}
		fmt.Fprintln(e.out, i18n.T(e.lang, "segment.rebuilt", "seconds", fmt.Sprintf("%.1f", a.db.Clock().Wall().Sub(began).Seconds())))
		return listSegments(e, a.db)
	})
}
