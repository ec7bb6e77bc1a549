package console

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"joren/internal/audit"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/ident"
	"joren/internal/outbox"
	"joren/internal/session"
	"joren/internal/staff"
	"joren/internal/ui"
)

func (c *Console) parkedRoutes() {
	c.get("/jobs/parked", staff.JobsView, c.parkedPage)
	c.post("/jobs/parked/retry", staff.JobsManage, c.retryParked)
	c.post("/jobs/parked/discard", staff.JobsManage, c.discardParked)
}

func parkedCount(tx *db.Tx) (n int64, err error) {
	all, err := outbox.Statuses(tx)
	for _, s := range all {
		n += s.Parked
	}
	return n, err
}

func (c *Console) parkedPage(w http.ResponseWriter, r *http.Request) error {
	q := c.ask(r, ui.ListSpec{})
	at, _ := placeOf(&q, parkedKey)
	l := q.list
	var list []outbox.Parked
	err := c.read(r, func(tx *db.Tx) (err error) {
		list, err = outbox.ListParked(tx, at.consumer, at.number, l.Size+1)
		return err
	})
	if err != nil {
		return err
	}
	return ui.Render(w, r, q.status(), parkedPage(q, parkedTable(r.Context(), l, list, can(r, staff.JobsManage))))
}

// parkedAt is an event's place in the list: of a consumer, by number.
type parkedAt struct {
	consumer string
	number   int64
}

// parkedKey reads a cursor "consumer:number".
func parkedKey(s string) (at parkedAt, ok bool) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return at, false
	}
	n, err := strconv.ParseInt(s[i+1:], 10, 64)
	return parkedAt{s[:i], n}, err == nil
}

func parkedTable(ctx context.Context, l ui.List, list []outbox.Parked, manage bool) ui.Table {
	t := ui.Table{ID: "parked", Caption: ui.T(ctx, "parked.title"), List: l, Empty: ui.Empty(ui.T(ctx, "parked.empty"), nil),
		Columns: []ui.Column{{Label: ui.T(ctx, "parked.number"), Num: true}, {Label: ui.T(ctx, "parked.event")}, {Label: ui.T(ctx, "health.work")}, {Label: ui.T(ctx, "jobs.cause")},
			{Label: ui.T(ctx, "jobs.tries"), Num: true}, {Label: ui.T(ctx, "parked.since"), Keep: true}}}
	if manage {
		t.Columns = append(t.Columns, ui.Column{Label: ui.T(ctx, "session.action")})
	}
	if len(list) > l.Size {
		list = list[:l.Size]
		last := list[len(list)-1]
		t.Pager.Next = last.Consumer + ":" + strconv.FormatInt(last.Event.Number, 10)
	}
	for _, p := range list {
		cells := []templ.Component{ui.Number(p.Event.Number), ui.Text(eventName(ctx, p.Event.Kind)), ui.Text(kindName(ctx, p.Consumer)),
			ui.Text(causeText(ui.Lang(ctx), p.Code, p.Words)), ui.Number(p.Tries), ui.Text(whenText(ctx, p.ParkedAt))}
		if manage {
			cells = append(cells, parkedButtons(p))
		}
		t.Rows = append(t.Rows, ui.Row{Cells: cells})
	}
	return t
}

// eventName is the catalogue's word for a kind of event, else the kind.
func eventName(ctx context.Context, kind string) string {
	if key := "parked.kind." + kind; i18n.Has(key) {
		return ui.T(ctx, key)
	}
	return kind
}

func parkedOf(r *http.Request) (consumer string, number int64, err error) {
	if err := r.ParseForm(); err != nil {
		return "", 0, err
	}
	number, err = strconv.ParseInt(r.PostForm.Get("number"), 10, 64)
	if err != nil {
		return "", 0, fault.New(fault.NotFound, "outbox.unknown", "consumer", r.PostForm.Get("consumer"), "number", r.PostForm.Get("number"))
	}
	return r.PostForm.Get("consumer"), number, nil
}

func parkedEntry(r *http.Request, action, consumer string, number int64) audit.Entry {
	e := session.Entry(r, action, "event", ident.ID{})
	e.Before = audit.Values{"consumer": consumer, "number": number}
	return e
}

// retryParked handles the event again. Its effect commits first; a note that
// is lost in between is one line less in the log, not an effect without cause.
func (c *Console) retryParked(w http.ResponseWriter, r *http.Request) error {
	consumer, number, err := parkedOf(r)
	if err != nil {
		return err
	}
	if c.Outbox == nil {
		return fault.New(fault.Unavailable, "parked.not_here")
	}
	if err := c.Outbox.Retry(r.Context(), consumer, number); err != nil {
		if fault.Of(err).Code == "outbox.unknown" {
			return err
		}
		c.Web.Log.WarnContext(r.Context(), "parked event failed again", "consumer", consumer, "number", number, "error", err)
		ui.Flash(w, "bad", "parked.failed_again", "why", causeText(lang(r), fault.Of(err).Code, err.Error()))
		return see(w, r, "/jobs/parked")
	}
	if err := c.write(r, func(tx *db.Tx) error { return audit.Append(tx, parkedEntry(r, "event.retried", consumer, number)) }); err != nil {
		return err
	}
	ui.Flash(w, "good", "parked.retried")
	return see(w, r, "/jobs/parked")
}

func (c *Console) discardParked(w http.ResponseWriter, r *http.Request) error {
	consumer, number, err := parkedOf(r)
	if err != nil {
		return err
	}
	err = c.write(r, func(tx *db.Tx) error {
		if err := outbox.Discard(tx, consumer, number); err != nil {
			return err
		}
		return audit.Append(tx, parkedEntry(r, "event.discarded", consumer, number))
	})
	if err != nil {
		return err
	}
	ui.Flash(w, "good", "parked.discarded")
	return see(w, r, "/jobs/parked")
}
