package console

import (
	"net/http"
	"net/url"
	"slices"

	"joren/internal/audit"
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/intake"
	"joren/internal/session"
	"joren/internal/staff"
	"joren/internal/text"
	"joren/internal/ui"
)

// pages turns rows read beyond a page's size into the links before and after
// it: rows are in the order shown, at is where the page began, back that it
// was reached backwards.
func pages[T any](rows []T, size int, from, back bool, place func(T) string) ([]T, ui.Pager) {
	more := len(rows) > size
	if more && back {
		rows = rows[len(rows)-size:]
	} else if more {
		rows = rows[:size]
	}
	p := ui.Pager{Shown: len(rows)}
	if len(rows) == 0 {
		return rows, p
	}
	if more || back {
		p.Next = place(rows[len(rows)-1])
	}
	if from && !back || back && more {
		p.Prev = place(rows[0])
	}
	return rows, p
}

// lookAt is how many rows one page looks at for a condition that no index
// knows; behind them a link looks on.
const lookAt = 5_000

// lookOn leads from a page whose look ended at a floor to what lies below it.
// It gives the floor back when the page must say so.
func lookOn(p *ui.Pager, floor string) string {
	if floor == "" || p.Next != "" {
		return ""
	}
	p.Next = floor
	return floor
}

// dayIn reads a day of a filter as people type it; what cannot be read is
// none, so that the list still opens.
func dayIn(s string) clock.Day {
	d, err := text.Day(s)
	if err != nil {
		return 0
	}
	return d
}

// memberIn reads a member's id of a filter.
func memberIn(s string) ident.ID {
	id, err := ident.Member.Parse(s)
	if err != nil {
		return ident.ID{}
	}
	return id
}

// maxRows is how many rows one file takes.
const maxRows = 1_000_000

// export answers a list's CSV: head and rows as rows gives them, written as
// they come. Who took which list along stands in the audit log before the
// first byte leaves.
func (c *Console) export(w http.ResponseWriter, r *http.Request, may staff.Permission, name string, filter url.Values, rows func(tx *db.Tx, out *intake.CSVWriter) error) error {
	if !can(r, may) {
		return fault.New(fault.Forbidden, "web.forbidden")
	}
	err := c.write(r, func(tx *db.Tx) error {
		e := session.Entry(r, name+".exported", name, ident.ID{})
		e.After = audit.Values{"filters": filterNames(filter)}
		return audit.Append(tx, e)
	})
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+name+`.csv"`)
	h.Set("Cache-Control", "no-store")
	return c.read(r, func(tx *db.Tx) error { return rows(tx, intake.NewCSVWriter(w)) })
}

// filterNames are the names of the filters in use; what was searched for may
// be a person's name and stays out of the log.
func filterNames(f url.Values) []string {
	names := make([]string, 0, len(f))
	for k := range f {
		names = append(names, k)
	}
	slices.Sort(names)
	return names
}

// wantsCSV reports that the list's rows are asked for as a file.
func wantsCSV(r *http.Request) bool { return r.URL.Query().Get("format") == "csv" }

// options are choices with "any" first.
func (s *scene) options(on, anyKey string, values []string, label func(string) string) []ui.Option {
	out := []ui.Option{{Value: "", Label: s.t(anyKey), On: on == ""}}
	for _, v := range values {
		out = append(out, ui.Option{Value: v, Label: label(v), On: v == on})
	}
	return out
}
