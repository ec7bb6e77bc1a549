package console

import (
	"context"
	"maps"
	"net/http"

	"github.com/a-h/templ"

	"joren/internal/audit"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/session"
	"joren/internal/staff"
	"joren/internal/ui"
)

func (c *Console) staffRoutes() {
	c.get("/settings/staff", staff.StaffManage, c.staffPage)
	c.get("/settings/staff/new", staff.StaffManage, c.invitePage)
	c.post("/settings/staff", staff.StaffManage, c.invite)
	c.get("/settings/staff/{id}", staff.StaffManage, c.personPage)
	c.post("/settings/staff/{id}/role", staff.StaffManage, c.setRole)
	c.post("/settings/staff/{id}/status", staff.StaffManage, c.setStatus)
	c.post("/settings/staff/{id}/link", staff.StaffManage, c.linkAgain)
}

func (c *Console) staffPage(w http.ResponseWriter, r *http.Request) error {
	if file, err := c.asFile(r); err != nil {
		return err
	} else if file {
		return c.exportStaff(w, r)
	}
	var list []staff.User
	if err := c.read(r, func(tx *db.Tx) (err error) { list, err = staff.List(tx); return err }); err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, staffPage(settingsTabs(r, "/settings/staff"), staffTable(r.Context(), list)))
}

var statusTones = map[staff.Status]string{staff.Active: "good", staff.Invited: "info", staff.Disabled: ""}

func statusBadge(ctx context.Context, s staff.Status) templ.Component {
	return ui.Badge(statusTones[s], ui.T(ctx, "staff.status."+string(s)))
}

func roleName(ctx context.Context, role staff.Role) string {
	return ui.T(ctx, "staff.role."+string(role))
}

func staffTable(ctx context.Context, list []staff.User) ui.Table {
	t := ui.Table{ID: "staff", Caption: ui.T(ctx, "settings.staff"), List: ui.List{Path: "/settings/staff"}, CSV: true, Columns: []ui.Column{{Label: ui.T(ctx, "people.staff_name")}, {Label: ui.T(ctx, "session.login")},
		{Label: ui.T(ctx, "session.role")}, {Label: ui.T(ctx, "stores.state")}, {Label: ui.T(ctx, "staffs.since"), Keep: true}}}
	for _, u := range list {
		t.Rows = append(t.Rows, ui.Row{Muted: u.Status == staff.Disabled, Cells: []templ.Component{ui.To("/settings/staff/"+ident.Staff.Text(u.ID), u.Name), ui.Text(u.Login),
			ui.Text(roleName(ctx, u.Role)), statusBadge(ctx, u.Status), ui.Text(whenText(ctx, u.CreatedAt))}})
	}
	return t
}

// roleOptions tells of each role in a line what it is for.
func roleOptions(ctx context.Context, on staff.Role) []ui.Option {
	out := make([]ui.Option, len(staff.Roles))
	for i, role := range staff.Roles {
		out[i] = ui.Option{Value: string(role), Label: roleName(ctx, role), Hint: ui.T(ctx, "staffs.about."+string(role)), On: role == on}
	}
	return out
}

func (c *Console) invitePage(w http.ResponseWriter, r *http.Request) error {
	return ui.Render(w, r, http.StatusOK, invitePage(ui.Form{}))
}

func (c *Console) invite(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	p := r.PostForm
	var u staff.User
	var token string
	err := c.write(r, func(tx *db.Tx) (err error) {
		u, token, err = staff.Invite(tx, staff.User{Login: p.Get("login"), Name: p.Get("name"), Role: staff.Role(p.Get("role"))})
		if err != nil {
			return err
		}
		e := session.Entry(r, "staff.invited", "staff", u.ID)
		e.After = audit.Values{"role": string(u.Role)}
		return audit.Append(tx, e)
	})
	if correctable(err) {
		return ui.Render(w, r, session.Status(fault.Of(err).Kind), invitePage(ui.NewForm(lang(r), p, err)))
	}
	if err != nil {
		return err
	}
	return c.showLink(w, r, u, token)
}

// showLink shows an invitation once: the database keeps only its hash.
func (c *Console) showLink(w http.ResponseWriter, r *http.Request, u staff.User, token string) error {
	return ui.Render(w, r, http.StatusOK, linkPage(u, origin(r)+session.InvitePath(token)))
}

// origin is the address under which the console was called.
func origin(r *http.Request) string {
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// personOf finds the member of staff of the address.
func personOf(tx *db.Tx, r *http.Request) (staff.User, error) {
	id, err := ident.Staff.Parse(r.PathValue("id"))
	if err != nil {
		return staff.User{}, fault.New(fault.NotFound, "staff.unknown")
	}
	return staff.Get(tx, id)
}

func (c *Console) personPage(w http.ResponseWriter, r *http.Request) error {
	return c.showPerson(w, r, http.StatusOK, nil)
}

func (c *Console) showPerson(w http.ResponseWriter, r *http.Request, status int, why error) error {
	var u staff.User
	var list []session.Session
	err := c.read(r, func(tx *db.Tx) (err error) {
		if u, err = personOf(tx, r); err != nil {
			return err
		}
		list, err = session.List(tx, u.ID)
		return err
	})
	if err != nil {
		return err
	}
	return ui.Render(w, r, status, personPage(ui.NewForm(lang(r), nil, why), u, len(list), u.ID == session.Must(r.Context()).User.ID))
}

// changePerson changes a member of staff, ends their sessions and notes it.
func (c *Console) changePerson(w http.ResponseWriter, r *http.Request, action, flash string, change func(tx *db.Tx, u staff.User) (before, after audit.Values, err error)) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	err := c.write(r, func(tx *db.Tx) error {
		u, err := personOf(tx, r)
		if err != nil {
			return err
		}
		e := session.Entry(r, action, "staff", u.ID)
		if e.Before, e.After, err = change(tx, u); err != nil {
			return err
		}
		if maps.Equal(e.Before, e.After) {
			return errSame
		}
		if err := session.RevokeAll(tx, u.ID); err != nil {
			return err
		}
		return audit.Append(tx, e)
	})
	if correctable(err) {
		return c.showPerson(w, r, session.Status(fault.Of(err).Kind), err)
	}
	return saved(w, r, err, flash, "/settings/staff")
}

func (c *Console) setRole(w http.ResponseWriter, r *http.Request) error {
	return c.changePerson(w, r, "staff.role_changed", "staffs.role_changed", func(tx *db.Tx, u staff.User) (audit.Values, audit.Values, error) {
		role := staff.Role(r.PostForm.Get("role"))
		return audit.Values{"role": string(u.Role)}, audit.Values{"role": string(role)}, staff.SetRole(tx, u.ID, role)
	})
}

// setStatus disables a person, or lets them in again: with the password they
// had, or as invited when they never chose one.
func (c *Console) setStatus(w http.ResponseWriter, r *http.Request) error {
	return c.changePerson(w, r, "staff.status_changed", "staffs.status_changed", func(tx *db.Tx, u staff.User) (audit.Values, audit.Values, error) {
		to, err := statusFor(u, r.PostForm.Get("active"))
		if err != nil {
			return nil, nil, err
		}
		return audit.Values{"status": string(u.Status)}, audit.Values{"status": string(to)}, staff.SetStatus(tx, u.ID, to)
	})
}

func statusFor(u staff.User, active string) (staff.Status, error) {
	switch {
	case active == "no":
		return staff.Disabled, nil
	case active != "yes":
		return u.Status, fault.New(fault.Invalid, "staff.status_unknown")
	case u.Status != staff.Disabled:
		return u.Status, nil
	case u.Password == "":
		return staff.Invited, nil
	}
	return staff.Active, nil
}

// linkAgain makes a new link, also for a forgotten password. The sessions
// stay until the link is used.
func (c *Console) linkAgain(w http.ResponseWriter, r *http.Request) error {
	var u staff.User
	var token string
	err := c.write(r, func(tx *db.Tx) (err error) {
		if u, err = personOf(tx, r); err != nil {
			return err
		}
		if u.Status == staff.Disabled {
			return fault.New(fault.Conflict, "staff.disabled")
		}
		if token, err = staff.InviteAgain(tx, u.ID); err != nil {
			return err
		}
		return audit.Append(tx, session.Entry(r, "staff.link_made", "staff", u.ID))
	})
	if correctable(err) {
		return c.showPerson(w, r, session.Status(fault.Of(err).Kind), err)
	}
	if err != nil {
		return err
	}
	return c.showLink(w, r, u, token)
}
