package console

import (
	"net/http"
	"net/url"
	"slices"

	"joren/internal/audit"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/intake"
	"joren/internal/ledger"
	"joren/internal/session"
	"joren/internal/staff"
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

// rawID reads a cursor that is an id without its prefix.
func rawID(s string) (id ident.ID, ok bool) { return id, id.UnmarshalText([]byte(s)) == nil }

// parsed is a cursor that is an id with its prefix.
func parsed(p ident.Prefix) func(string) (ident.ID, bool) {
	return func(s string) (ident.ID, bool) {
		id, err := p.Parse(s)
		return id, err == nil
	}
}

// memberOf is the member a link asks for.
func (c *Console) memberOf(tx *db.Tx, q *question) (ident.ID, error) {
	id := q.id("member", ident.Member)
	if id.IsZero() {
		return id, nil
	}
	found, err := c.Members.ByIDs(tx, []ident.ID{id})
	if err == nil && len(found) == 0 {
		q.strange("member", ident.Member.Text(id))
	}
	return id, err
}

// storesSold are the stores of all purchases; nil while nobody can tell, or
// nobody asks.
func (c *Console) storesSold(r *http.Request, q question) []string {
	if c.Insight == nil || q.wanted.Get("store") == "" {
		return nil
	}
	words, err := c.Insight.Vocabulary(r.Context())
	if err != nil {
		return nil // it is being read; the list answers for itself
	}
	return append(words["store"], "")
}

// storeOf is the store asked for: one that is registered, or that one of the
// purchases or a line of the journal names.
func (s *scene) storeOf(tx *db.Tx, q *question, sold []string) (string, error) {
	code := q.wanted.Get("store")
	if sold == nil || slices.Contains(s.codes, code) || slices.Contains(sold, code) {
		return code, nil
	}
	seen, err := ledger.Heard(tx, code)
	if err == nil && !seen {
		q.refuse(unknownOption("store", code))
	}
	return code, err
}

func (s *scene) storeField(q question) ui.Field {
	return q.choice("store", s.t("console.store"), "short", s.options(q.wanted.Get("store"), "console.any", s.codes, s.store))
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

// options are choices with "any" first, and last what was asked for but is
// none of them.
func (s *scene) options(on, anyKey string, values []string, label func(string) string) []ui.Option {
	out := []ui.Option{{Value: "", Label: s.t(anyKey), On: on == ""}}
	for _, v := range values {
		out = append(out, ui.Option{Value: v, Label: label(v), On: v == on})
	}
	return withTyped(out, on)
}
