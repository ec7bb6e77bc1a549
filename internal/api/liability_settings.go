package api

import (
	"strings"

	"joren/internal/audit"
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/ledger"
	"joren/internal/liability"
	"joren/internal/plan"
)

// LiabilitySettings is how points are kept in the accounts.
type LiabilitySettings struct {
	Sale     string            `json:"sale" doc:"method for points from purchases"`
	Gift     string            `json:"gift" doc:"method for points that were given"`
	Accounts map[string]string `json:"accounts" doc:"names of the accounts, by their place"`
	By       string            `json:"by,omitempty" doc:"who set them; absent for the defaults"`
	Reason   string            `json:"reason,omitempty"`
	SetAt    *clock.Instant    `json:"set_at,omitempty"`
	Basis    []LiabilityBasis  `json:"basis" doc:"set by hand"`
}

// LiabilityBasis is what is set by hand of points of one type and origin.
type LiabilityBasis struct {
	Type   string        `json:"type"`
	Origin string        `json:"origin" enum:"sale,gift,paid,migrated"`
	Value  *int64        `json:"value" nullable:"true" doc:"of one point, minor units"`
	Use    *string       `json:"use" nullable:"true" doc:"per cent that will be used"`
	By     string        `json:"by"`
	Reason string        `json:"reason"`
	SetAt  clock.Instant `json:"set_at"`
}

// LiabilityChange sets methods and accounts.
type LiabilityChange struct {
	Sale     string            `json:"sale,omitempty"`
	Gift     string            `json:"gift,omitempty"`
	Accounts map[string]string `json:"accounts,omitempty"`
	Reason   string            `json:"reason"`
}

// LiabilityBasisChange sets a value or use share by hand.
type LiabilityBasisChange struct {
	Type   string  `json:"type"`
	Origin string  `json:"origin" enum:"sale,gift,paid,migrated"`
	Value  *int64  `json:"value,omitempty" nullable:"true" doc:"of one point, minor units"`
	Use    *string `json:"use,omitempty" nullable:"true" doc:"per cent, at most four decimals"`
	Reason string  `json:"reason"`
}

type liabilityChangeIn struct{ Body LiabilityChange }

type liabilityBasisIn struct{ Body LiabilityBasisChange }

func (s *server) getLiabilitySettings(c *call, _ *struct{}) (out answer[LiabilitySettings], err error) {
	err = s.DB.Read(c.ctx, func(tx *db.Tx) (err error) { out.body, err = liabilitySettings(tx); return err })
	return out, err
}

func liabilitySettings(tx *db.Tx) (out LiabilitySettings, err error) {
	set, err := liability.LoadSettings(tx)
	if err != nil {
		return out, err
	}
	out = LiabilitySettings{Sale: string(set.Sale), Gift: string(set.Gift), By: set.By, Reason: set.Reason, Accounts: map[string]string{}, Basis: []LiabilityBasis{}}
	if set.At != 0 {
		out.SetAt = &set.At
	}
	for _, a := range liability.Accounts {
		out.Accounts[string(a)] = set.Name(a)
	}
	bases, err := liability.LoadBases(tx)
	for _, b := range bases {
		if b.Value == nil && b.Use == nil {
			continue // follows the programme again
		}
		x := LiabilityBasis{Type: b.Type, Origin: string(b.Origin), Value: b.Value, By: b.By, Reason: b.Reason, SetAt: b.At}
		if b.Use != nil {
			share := strings.TrimSuffix(b.Use.Percent(), "%")
			x.Use = &share
		}
		out.Basis = append(out.Basis, x)
	}
	return out, err
}

func settingsValues(s liability.Settings) audit.Values {
	v := audit.Values{"sale": string(s.Sale), "gift": string(s.Gift)}
	for _, a := range liability.Accounts {
		v["accounts."+string(a)] = s.Name(a)
	}
	return v
}

// logged is an audit entry of the call.
func (c *call) logged(action, subject, reason string) audit.Entry {
	return audit.Entry{Actor: audit.Key, ActorID: c.key.ID, Action: action, Subject: subject, SubjectID: ident.ID{}, Reason: reason, Source: "api"}
}

func (s *server) patchLiabilitySettings(c *call, in *liabilityChangeIn) (out answer[LiabilitySettings], err error) {
	return out, s.DB.Write(c.ctx, func(tx *db.Tx) error {
		was, err := liability.LoadSettings(tx)
		if err != nil {
			return err
		}
		set, err := in.Body.onto(was)
		if err != nil {
			return err
		}
		if set.By = c.actor(); !was.Same(set) {
			err = c.setLiability(tx, was, set)
		}
		if err == nil {
			out.body, err = liabilitySettings(tx)
		}
		return err
	})
}

func (c *call) setLiability(tx *db.Tx, was, set liability.Settings) error {
	if err := liability.SaveSettings(tx, set); err != nil {
		return err
	}
	e := c.logged("liability.settings_changed", "liability", set.Reason)
	e.Before, e.After = settingsValues(was), settingsValues(set)
	return audit.Append(tx, e)
}

// onto is what stands with what is sent put over it.
func (b *LiabilityChange) onto(was liability.Settings) (liability.Settings, error) {
	set := liability.Settings{Sale: was.Sale, Gift: was.Gift, Names: map[liability.Account]string{}, Reason: strings.TrimSpace(b.Reason)}
	if b.Sale != "" {
		set.Sale = liability.Method(b.Sale)
	}
	if b.Gift != "" {
		set.Gift = liability.Method(b.Gift)
	}
	left := len(b.Accounts)
	for _, a := range liability.Accounts {
		set.Names[a] = was.Name(a)
		if n, sent := b.Accounts[string(a)]; sent {
			set.Names[a] = strings.TrimSpace(n)
			left--
		}
	}
	if left > 0 {
		return set, fault.New(fault.Invalid, "liability.settings_invalid").With(fault.At("accounts", "liability.account_unknown"))
	}
	return set, nil
}

func (s *server) patchLiabilityBasis(c *call, in *liabilityBasisIn) (out answer[LiabilitySettings], err error) {
	return out, s.DB.Write(c.ctx, func(tx *db.Tx) error {
		p, err := s.Programmes.At(tx, tx.Now)
		if err != nil {
			return err
		}
		b, err := in.Body.basis(p)
		if err != nil {
			return err
		}
		if err := b.Check(); err != nil {
			return err
		}
		set, err := liability.LoadBases(tx)
		if b.By = c.actor(); err == nil && !b.Stands(set) {
			err = c.setBasis(tx, b, &in.Body)
		}
		if err == nil {
			out.body, err = liabilitySettings(tx)
		}
		return err
	})
}

func (c *call) setBasis(tx *db.Tx, b liability.Basis, sent *LiabilityBasisChange) error {
	if err := liability.SaveBasis(tx, b); err != nil {
		return err
	}
	e := c.logged("liability.basis_changed", "liability", b.Reason)
	e.After = audit.Values{"type": b.Type, "origin": string(b.Origin), "value": sent.Value, "use": sent.Use}
	return audit.Append(tx, e)
}

func (b *LiabilityBasisChange) basis(p *plan.Programme) (liability.Basis, error) {
	out := liability.Basis{Key: liability.Key{Type: b.Type, Origin: ledger.Origin(b.Origin)}, Value: b.Value, Reason: strings.TrimSpace(b.Reason)}
	known := false
	for _, t := range p.Points {
		known = known || t.ID == b.Type
	}
	f := fault.New(fault.Invalid, "liability.basis_invalid")
	if !known {
		f = f.With(fault.At("type", "liability.type_unknown"))
	}
	if b.Use != nil {
		share, err := liability.ParseShare(*b.Use)
		if err != nil {
			f = f.With(fault.At("use", fault.Of(err).Code))
		}
		out.Use = &share
	}
	if len(f.Fields) > 0 {
		return out, f
	}
	return out, nil
}
