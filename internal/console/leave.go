package console

import (
	"net/http"

	"joren/internal/audit"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/member"
	"joren/internal/people"
	"joren/internal/session"
	"joren/internal/ui"
)

// leaving is the page on which a membership ends, or a person is forgotten.
type leaving struct {
	ui.Form
	s      *scene
	m      memberHead
	stakes []people.Stake
	what   string // withdraw or erase
	typed  string // what must be typed to confirm: her number
}

func (c *Console) endPage(w http.ResponseWriter, r *http.Request) error {
	return c.showLeaving(w, r, "withdraw", http.StatusOK, nil)
}

func (c *Console) erasePage(w http.ResponseWriter, r *http.Request) error {
	return c.showLeaving(w, r, "erase", http.StatusOK, nil)
}

func (c *Console) showLeaving(w http.ResponseWriter, r *http.Request, what string, status int, refused error) error {
	p := leaving{what: what, Form: ui.NewForm(lang(r), r.PostForm, refused)}
	err := c.read(r, func(tx *db.Tx) (err error) {
		if p.s, err = c.scene(r, tx); err != nil {
			return err
		}
		if p.m, _, err = c.head(r, tx, p.s); err != nil {
			return err
		}
		p.typed = confirmation(p.m.Member)
		if p.s.plan != nil && (p.m.Status == member.Active || p.m.Status == member.Withdrawn) {
			p.stakes, err = c.stakes(tx, what, p.m.ID)
		}
		return err
	})
	if err != nil {
		return err
	}
	return ui.Render(w, r, status, leavingView(p))
}

// stakes says what becomes of her points.
func (c *Console) stakes(tx *db.Tx, what string, id ident.ID) ([]people.Stake, error) {
	if what == "erase" {
		return c.People.ErasureStakes(tx, id)
	}
	return c.People.Stakes(tx, id)
}

// confirmation is what must be typed before someone leaves.
func confirmation(m member.Member) string {
	if m.Card != "" {
		return m.Card
	}
	return ident.Member.Text(m.ID)
}

func (c *Console) endMembership(w http.ResponseWriter, r *http.Request) error {
	return c.leave(w, r, "withdraw", "member.withdrawn", func(tx *db.Tx, id ident.ID, actor string) (audit.Values, error) {
		_, stakes, err := c.People.Withdraw(tx, id, actor)
		return lost(stakes), err
	})
}

func (c *Console) erase(w http.ResponseWriter, r *http.Request) error {
	return c.leave(w, r, "erase", "member.erased", func(tx *db.Tx, id ident.ID, actor string) (audit.Values, error) {
		stakes, err := c.stakes(tx, "erase", id)
		if err == nil {
			_, err = c.People.Erase(tx, id, actor)
		}
		return lost(stakes), err
	})
}

// lost is what the audit log keeps of stakes.
func lost(stakes []people.Stake) audit.Values {
	out := audit.Values{}
	for _, x := range stakes {
		out["lost."+x.Type] = x.Lost
	}
	return out
}

// leave ends a membership when her number was typed.
func (c *Console) leave(w http.ResponseWriter, r *http.Request, what, action string, do func(tx *db.Tx, id ident.ID, actor string) (audit.Values, error)) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	id, err := asked(r)
	if err != nil {
		return err
	}
	who := session.Must(r.Context())
	err = c.write(r, func(tx *db.Tx) error {
		m, err := c.Members.Get(tx, id)
		if err != nil {
			return err
		}
		if typed := r.PostForm.Get("typed"); member.Card(typed) != member.Card(confirmation(m)) || typed == "" {
			return fault.New(fault.Invalid, "console.not_confirmed").With(fault.At("typed", "console.not_confirmed", "typed", confirmation(m)))
		}
		after, err := do(tx, id, "staff:"+ident.Staff.Text(who.User.ID))
		if err != nil {
			return err
		}
		if m, err := c.Members.Get(tx, id); err != nil {
			return err
		} else {
			after["status"] = string(m.Status)
		}
		e := session.Entry(r, action, "member", id)
		e.Before, e.After = audit.Values{"status": string(m.Status)}, after
		return audit.Append(tx, e)
	})
	if shown(err) {
		return c.showLeaving(w, r, what, session.Status(fault.Of(err).Kind), err)
	}
	if err != nil {
		return err
	}
	ui.Flash(w, "good", "console."+what+".done")
	return see(w, r, memberURL(id))
}
