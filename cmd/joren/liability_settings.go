package main

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"joren/internal/audit"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ledger"
	"joren/internal/liability"
	"joren/internal/plan"
)

// byCommand is the name under which settings are kept that a command made.
const byCommand = "cli"

type liabilityMethodCmd struct {
	place
	Sale    string            `help:"Method for points from purchases: contract_liability, provision or on_use."`
	Gift    string            `help:"Method for points that were given: provision or on_use."`
	Account map[string]string `help:"Names of accounts by their place, as sales=売上高."`
	Reason  string            `help:"Why; wanted for every change."`
}

// Run prints what stands; with something to set it sets that first, and prints
// when it is written.
func (c *liabilityMethodCmd) Run(e *env) error {
	if c.Sale == "" && c.Gift == "" && len(c.Account) == 0 {
		return look(e, c.place, func(d *db.DB) error {
			return d.Read(e.ctx, func(tx *db.Tx) error { return printMethods(e, tx) })
		})
	}
	return with(e, c.place, func(a *app) error {
		if err := a.db.Write(e.ctx, c.set); err != nil {
			return err
		}
		return a.db.Read(e.ctx, func(tx *db.Tx) error { return printMethods(e, tx) })
	})
}

func (c *liabilityMethodCmd) set(tx *db.Tx) error {
	was, err := liability.LoadSettings(tx)
	if err != nil {
		return err
	}
	s := liability.Settings{Sale: was.Sale, Gift: was.Gift, Names: map[liability.Account]string{}, By: byCommand, Reason: strings.TrimSpace(c.Reason)}
	if c.Sale != "" {
		s.Sale = liability.Method(c.Sale)
	}
	if c.Gift != "" {
		s.Gift = liability.Method(c.Gift)
	}
	for _, a := range liability.Accounts {
		s.Names[a] = was.Name(a)
	}
	for a, name := range c.Account {
		if !slices.Contains(liability.Accounts, liability.Account(a)) {
			return fault.New(fault.Invalid, "liability.settings_invalid").With(fault.At("accounts."+a, "liability.account_unknown"))
		}
		s.Names[liability.Account(a)] = strings.TrimSpace(name)
	}
	if err := liability.SaveSettings(tx, s); err != nil {
		return err
	}
	return audit.Append(tx, audit.Entry{Actor: audit.System, Action: "liability.settings_changed", Subject: "liability", Reason: s.Reason, Source: "cli",
		Before: methodValues(was), After: methodValues(s)})
}

func methodValues(s liability.Settings) audit.Values {
	v := audit.Values{"sale": string(s.Sale), "gift": string(s.Gift)}
	for _, a := range liability.Accounts {
		v["accounts."+string(a)] = s.Name(a)
	}
	return v
}

func printMethods(e *env, tx *db.Tx) error {
	s, err := liability.LoadSettings(tx)
	if err != nil {
		return err
	}
	bases, err := liability.LoadBases(tx)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(e.out, 0, 1, 2, ' ', 0)
	fmt.Fprintf(w, "sale\t%s\t%s\n", s.Sale, liability.MethodName(e.lang, s.Sale))
	fmt.Fprintf(w, "gift\t%s\t%s\n", s.Gift, liability.MethodName(e.lang, s.Gift))
	for _, a := range liability.Accounts {
		fmt.Fprintf(w, "%s\t%s\t%s\n", a, s.Name(a), liability.AccountName(e.lang, a))
	}
	for _, b := range bases {
		value, use := "–", "–"
		if b.Value != nil {
			value = fmt.Sprint(*b.Value)
		}
		if b.Use != nil {
			use = b.Use.Percent()
		}
		fmt.Fprintf(w, "%s.%s\t%s\t%s\n", b.Type, b.Origin, value, use)
	}
	return w.Flush()
}

type liabilityBasisCmd struct {
	place
	Type   string `arg:"" help:"Point type."`
	Origin string `arg:"" help:"sale, gift, paid or migrated."`
	Value  *int64 `help:"Value of one point in minor units; as in the programme when left out."`
	Use    string `help:"Per cent that will be used; as the months of issue show when left out."`
	Reason string `help:"Why." required:""`
}

func (c *liabilityBasisCmd) Run(e *env) error {
	b := liability.Basis{Key: liability.Key{Type: c.Type, Origin: ledger.Origin(c.Origin)}, Value: c.Value, By: byCommand, Reason: strings.TrimSpace(c.Reason)}
	if c.Use != "" {
		share, err := liability.ParseShare(c.Use)
		if err != nil {
			return err
		}
		b.Use = &share
	}
	return with(e, c.place, func(a *app) error {
		err := a.db.Write(e.ctx, func(tx *db.Tx) error {
			p, err := a.programmes.At(tx, tx.Now)
			if err != nil {
				return err
			}
			if !slices.ContainsFunc(p.Points, func(x plan.PointPolicy) bool { return x.ID == c.Type }) {
				return fault.New(fault.Invalid, "liability.basis_invalid").With(fault.At("type", "liability.type_unknown"))
			}
			if err := liability.SaveBasis(tx, b); err != nil {
				return err
			}
			return audit.Append(tx, audit.Entry{Actor: audit.System, Action: "liability.basis_changed", Subject: "liability", Reason: b.Reason, Source: "cli",
				After: audit.Values{"type": c.Type, "origin": c.Origin, "value": c.Value, "use": c.Use}})
		})
		if err != nil {
			return err
		}
		return a.db.Read(e.ctx, func(tx *db.Tx) error { return printMethods(e, tx) })
	})
}
