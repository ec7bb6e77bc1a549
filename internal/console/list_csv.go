package console

import (
	"net/http"
	"strings"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
	"joren/internal/intake"
	"joren/internal/jobs"
	"joren/internal/purchase"
	"joren/internal/staff"
)

const csvTime = "2006-01-02 15:04:05"

// stamp is an instant in a file; nothing for none.
func (s *scene) stamp(at clock.Instant) string {
	if at == 0 {
		return ""
	}
	return s.zone.Local(at).Format(csvTime)
}

// exportAccounts writes who holds points of a type, all of them.
func (c *Console) exportAccounts(w http.ResponseWriter, r *http.Request, p accountsPage) error {
	return c.export(w, r, staff.MembersExport, "accounts", p.list.Filter, func(tx *db.Tx, out *intake.CSVWriter) error {
		p.after, p.list.Size = ident.ID{}, 500
		if err := out.Row(p.s.heads("console.member.", "number", "name", "available", "pending", "held", "debt")...); err != nil {
			return err
		}
		for n := 0; n < maxRows; n += len(p.rows) {
			if err := c.fillAccountsList(tx, &p); err != nil {
				return err
			}
			for _, b := range p.rows {
				who, x := p.people[b.Holder], b.At(p.s.now)
				if err := out.Text(who.number).Text(who.name).Int(x.Available).Int(x.Pending).Int(x.Held).Int(x.Debt).End(); err != nil {
					return err
				}
			}
			if p.next.IsZero() {
				return nil
			}
			p.after, p.next = p.next, ident.ID{}
		}
		return nil
	})
}

// exportParked writes the returns that wait for their purchase.
func (c *Console) exportParked(w http.ResponseWriter, r *http.Request) error {
	return c.export(w, r, staff.MembersExport, "parked", nil, func(tx *db.Tx, out *intake.CSVWriter) error {
		s, err := c.scene(r, tx)
		if err != nil {
			return err
		}
		list, err := purchase.ParkedList(tx, maxRows)
		if err != nil {
			return err
		}
		heads := append(s.heads("console.", "parked.since", "purchase.source", "purchase.order"), s.heads("console.", "return.no", "store", "return.reason")...)
		if err := out.Row(heads...); err != nil {
			return err
		}
		for _, x := range list {
			if err := out.Row(s.stamp(x.At), x.Input.Source, x.Input.OrderNo, x.Input.ReturnNo, x.Input.Store, x.Input.Reason); err != nil {
				return err
			}
		}
		return nil
	})
}

func (c *Console) exportStaff(w http.ResponseWriter, r *http.Request) error {
	return c.export(w, r, staff.StaffManage, "staff", nil, func(tx *db.Tx, out *intake.CSVWriter) error {
		s, err := c.scene(r, tx)
		if err != nil {
			return err
		}
		list, err := staff.List(tx)
		if err != nil {
			return err
		}
		if err := out.Row(s.heads("", "people.staff_name", "session.login", "session.role", "stores.state", "staffs.since")...); err != nil {
			return err
		}
		for _, u := range list {
			if err := out.Row(u.Name, u.Login, string(u.Role), string(u.Status), s.stamp(u.CreatedAt)); err != nil {
				return err
			}
		}
		return nil
	})
}

// exportKeys writes the API keys as the page shows them: never the secret.
func (c *Console) exportKeys(w http.ResponseWriter, r *http.Request) error {
	return c.export(w, r, staff.KeysManage, "keys", nil, func(tx *db.Tx, out *intake.CSVWriter) error {
		s, err := c.scene(r, tx)
		if err != nil {
			return err
		}
		list, err := staff.Keys(tx)
		if err != nil {
			return err
		}
		if err := out.Row(s.heads("keys.", "name", "tail", "scopes", "made", "used", "revoked")...); err != nil {
			return err
		}
		for _, k := range list {
			scopes := make([]string, len(k.Scopes))
			for i, x := range k.Scopes {
				scopes[i] = string(x)
			}
			if err := out.Row(k.Name, k.Tail, strings.Join(scopes, " "), s.stamp(k.CreatedAt), s.stamp(k.LastUsedAt), s.stamp(k.RevokedAt)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (c *Console) exportJobs(w http.ResponseWriter, r *http.Request, v jobsView) error {
	return c.export(w, r, staff.JobsView, "jobs", v.list.Filter, func(tx *db.Tx, out *intake.CSVWriter) error {
		s, err := c.scene(r, tx)
		if err != nil {
			return err
		}
		if err := out.Row(s.heads("", "jobs.kind", "stores.state", "jobs.cause", "jobs.tries", "jobs.made", "jobs.when")...); err != nil {
			return err
		}
		before := ident.ID{}
		for n := 0; n < maxRows; {
			list, err := jobsIn(tx, v.list.Get("state"), before, 500)
			if err != nil || len(list) == 0 {
				return err
			}
			for _, j := range list {
				if err := out.Text(j.Kind).Text(string(j.State)).Text(causeText(s.lang, j.Code, j.Words)).Int(int64(j.Tries)).Text(s.stamp(j.CreatedAt)).Text(s.stamp(j.FinishedAt)).End(); err != nil {
					return err
				}
			}
			before, n = list[len(list)-1].ID, n+len(list)
		}
		return nil
	})
}

// everyMinute is the kind of job that looks for interrupted merges: a day has
// 1,440 of them, and those that found nothing to do hide all others. Who asks
// for finished jobs sees them.
const everyMinute = "people.resume"

// jobsIn lists the jobs in a state, in any for "".
func jobsIn(tx *db.Tx, state string, before ident.ID, n int) ([]jobs.Info, error) {
	if state != "" {
		return jobs.List(tx, jobs.State(state), before, n)
	}
	return jobs.Before(tx, before, n, everyMinute)
}
