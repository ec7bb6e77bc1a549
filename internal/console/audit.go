package console

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/a-h/templ"

	"joren/internal/audit"
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/i18n"
	"joren/internal/ident"
	"joren/internal/session"
	"joren/internal/staff"
	"joren/internal/ui"
)

// auditPages are the pages of the audit log. They remember how the chain was
// found last, for walking it takes as long as it is long.
type auditPages struct {
	*Console
	last atomic.Pointer[verdict]
}

// verdict is how the chain was found.
type verdict struct {
	entries int64
	broken  []audit.Broken
	at      clock.Instant
}

// walkAtOnce is the length up to which opening the page walks the chain.
const walkAtOnce = 20_000

func (c *Console) auditRoutes() {
	a := &auditPages{Console: c}
	c.get("/settings/audit", staff.AuditView, a.page, session.Timeout(0))
	c.command("settings.audit", "/settings/audit", staff.AuditView)
}

// areas of the log: prefixes of its codes.
var areas = []string{"points.", "member.", "purchase.", "programme.", "import.", "job.", "staff.", "session.", "key.", "store.", "shop.", "liability.", "segment.", "insight."}

var auditSpec = ui.ListSpec{Filters: []string{"area", "who", "from", "to", "verify"}}

func (a *auditPages) page(w http.ResponseWriter, r *http.Request) error {
	page := auditPage{question: a.ask(r, auditSpec)}
	var f audit.Filter
	err := a.read(r, func(tx *db.Tx) (err error) {
		if page.people, err = staff.List(tx); err != nil {
			return err
		}
		if f = page.filter(session.Settings(r.Context()).Calendar()); page.file() {
			return nil
		}
		f.Limit = page.list.Size + 1
		if page.entries, err = audit.List(tx, f); err != nil {
			return err
		}
		page.verdict, err = a.verdict(tx, page.verify)
		return err
	})
	if err != nil {
		return err
	}
	if page.file() {
		return a.csv(w, r, f)
	}
	return ui.Render(w, r, page.status(), auditLog(settingsTabs(r, "/settings/audit"), page))
}

type auditPage struct {
	question
	verify  bool
	people  []staff.User
	entries []audit.Entry
	verdict *verdict
}

// verdict walks the chain when asked, or when nobody has yet and it is short;
// otherwise it tells how it was found last, nil for not yet.
func (a *auditPages) verdict(tx *db.Tx, asked bool) (*verdict, error) {
	if old := a.last.Load(); !asked {
		newest, err := audit.List(tx, audit.Filter{Limit: 1})
		switch {
		case err != nil:
			return nil, err
		case old != nil, len(newest) > 0 && newest[0].Number > walkAtOnce:
			return old, nil
		}
	}
	n, broken, err := audit.Verify(tx)
	if err != nil {
		return nil, err
	}
	v := &verdict{n, broken, tx.Wall}
	a.last.Store(v)
	return v, nil
}

// filter reads what the log is asked for.
func (p *auditPage) filter(z clock.Zone) audit.Filter {
	q := &p.question
	f := audit.Filter{Action: q.oneOf("area", areas...)}
	ids := make([]string, len(p.people))
	for i, u := range p.people {
		ids[i] = ident.Staff.Text(u.ID)
	}
	f.ActorID, _ = ident.Staff.Parse(q.oneOf("who", ids...)) // one of them is an id, none is nobody's
	from, to := q.days("from", "to")
	if from != 0 {
		f.From = z.Start(from)
	}
	if to != 0 {
		f.To = z.Start(to + 1)
	}
	f.Before = int64(q.place())
	p.verify = q.said("verify")
	q.list.Filter.Del("verify")
	return heeded(q, f)
}

func auditTable(ctx context.Context, p auditPage) ui.Table {
	names := map[ident.ID]string{}
	for _, u := range p.people {
		names[u.ID] = u.Name
	}
	t := ui.Table{ID: "audit", Caption: ui.T(ctx, "settings.audit"), List: p.list, CSV: true, Empty: ui.Empty(ui.T(ctx, "audits.empty"), nil),
		Columns: []ui.Column{{Label: ui.T(ctx, "audits.no"), Num: true}, {Label: ui.T(ctx, "audits.at"), Keep: true}, {Label: ui.T(ctx, "audits.who"), Keep: true}, {Label: ui.T(ctx, "audits.deed"), Keep: true},
			{Label: ui.T(ctx, "audits.subject"), Keep: true}, {Label: ui.T(ctx, "audits.change")}, {Label: ui.T(ctx, "audits.reason")}}}
	entries := p.entries
	if len(entries) > p.list.Size {
		entries = entries[:p.list.Size]
		t.Pager.Next = strconv.FormatInt(entries[len(entries)-1].Number, 10)
	}
	for _, e := range entries {
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Number(e.Number), ui.Text(whenText(ctx, e.At)), ui.Text(actorName(ctx, e, names)), ui.Text(deed(ui.Lang(ctx), e.Action)),
			subjectCell(e, names), ui.Text(longHex.ReplaceAllString(changeWords(ui.Lang(ctx), e), "$1…")), ui.Text(auditReason(ui.Lang(ctx), e.Reason))}})
	}
	return t
}

func actorName(ctx context.Context, e audit.Entry, names map[ident.ID]string) string {
	if name := names[e.ActorID]; e.Actor == audit.Staff && name != "" {
		return name
	}
	return ui.T(ctx, "audits.actor."+string(e.Actor))
}

// deed is the catalogue's word for a code, else the code.
func deed(l i18n.Lang, action string) string {
	if key := "audits.action." + action; i18n.Has(key) {
		return i18n.T(l, key)
	}
	return action
}

var subjectPages = map[string]struct {
	prefix ident.Prefix
	href   string
}{
	"member": {ident.Member, "/members/"}, "purchase": {ident.Purchase, "/purchases/"}, "staff": {ident.Staff, "/settings/staff/"},
	"store": {ident.Store, "/settings/stores/"}, "import": {ident.Import, "/import/reports/"},
}

// subjectCell leads to the thing an entry is about.
func subjectCell(e audit.Entry, names map[ident.ID]string) templ.Component {
	p, ok := subjectPages[e.Subject]
	if !ok || e.SubjectID.IsZero() {
		return ui.Text("")
	}
	id := p.prefix.Text(e.SubjectID)
	text := names[e.SubjectID]
	if text == "" {
		text = id[:len(p.prefix)+1] + "…" + id[len(id)-6:]
	}
	return ui.To(p.href+id, text)
}

// longHex is an id or a hash; on the screen its beginning is enough, the file
// has all of it.
var longHex = regexp.MustCompile(`\b((?:[a-z]{3}_)?[0-9a-f]{8})[0-9a-f]{20,}\b`)

// changeText tells values before and after as they are kept: "role: cashier → manager".
func changeText(e audit.Entry) string {
	var parts []string
	for _, c := range changes(e) {
		switch {
		case c.was && c.is:
			parts = append(parts, fmt.Sprintf("%s: %v → %v", c.key, c.before, c.after))
		case c.is:
			parts = append(parts, fmt.Sprintf("%s: %v", c.key, c.after))
		default:
			parts = append(parts, fmt.Sprintf("%s: %v → –", c.key, c.before))
		}
	}
	return strings.Join(parts, ", ")
}

// csv streams every entry the filter chooses, a page of the list at a time.
func (a *auditPages) csv(w http.ResponseWriter, r *http.Request, f audit.Filter) error {
	var names map[ident.ID]string
	if err := a.read(r, func(tx *db.Tx) (err error) { names, err = staff.Names(tx); return err }); err != nil {
		return err
	}
	out := csvFile(w, "audit.csv")
	if err := out.Row("number", "at", "shop_at", "actor", "actor_name", "action", "subject", "subject_id", "change", "reason", "source", "request", "hash"); err != nil {
		return err
	}
	for f.Limit = 1000; ; {
		var page []audit.Entry
		if err := a.read(r, func(tx *db.Tx) (err error) { page, err = audit.List(tx, f); return err }); err != nil {
			return err
		}
		for _, e := range page {
			out.Int(e.Number)
			if err := out.Row(e.At.String(), e.ShopAt.String(), string(e.Actor), names[e.ActorID], e.Action, e.Subject, e.SubjectID.String(), changeText(e), e.Reason, e.Source, e.RequestID, fmt.Sprintf("%x", e.Hash)); err != nil {
				return err
			}
			f.Before = e.Number
		}
		if len(page) < f.Limit {
			return nil
		}
	}
}
