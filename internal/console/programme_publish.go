package console

import (
	"cmp"
	"context"
	"net/http"
	"strconv"

	"joren/internal/audience"
	"joren/internal/audit"
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/event"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/ident"
	"joren/internal/ledger"
	"joren/internal/member"
	"joren/internal/outbox"
	"joren/internal/plan"
	"joren/internal/programme"
	"joren/internal/session"
	"joren/internal/staff"
	"joren/internal/tier"
	"joren/internal/ui"
)

func (c *Console) programmePublishRoutes() {
	c.get("/programme/versions/{number}/publish", staff.ProgrammePublish, c.publishPage)
	c.post("/programme/versions/{number}/publish", staff.ProgrammePublish, c.publish)
	c.post("/programme/versions/{number}/withdraw", staff.ProgrammePublish, c.withdraw)
}

// launch is what the owner sees before a version is published.
type launch struct {
	*edition
	last     *edition // the published version it would follow; nil for the first
	changes  []plan.Change
	earliest clock.Day // with the full notice period, from today
	today    clock.Day
	members  int64
	reach    ledger.Reach
	ranks    []rankCount
	errors   []ui.FieldError
	met      *ui.Overtaken // the draft was edited after it was looked at
}

// rankCount is how many members stand in a rank.
type rankCount struct {
	id, name string
	n        int64
}

// hurts counts the changes that may leave members worse off.
func (l launch) hurts() (n int) {
	for _, x := range l.changes {
		if x.Hurts() {
			n++
		}
	}
	return n
}

// short reports that members would hear of a worse change too late.
func (l launch) short() bool { return l.hurts() > 0 && l.EffectiveFrom < l.earliest }

func (c *Console) launch(tx *db.Tx, r *http.Request) (l launch, err error) {
	if l.edition, err = versionOf(tx, r); err != nil {
		return l, err
	}
	if l.State != programme.Draft {
		return l, fault.New(fault.Conflict, "programme.published", "number", l.Number)
	}
	s, err := readShelf(tx)
	if err != nil {
		return l, err
	}
	if l.last, err = s.latest(tx); err != nil {
		return l, err
	}
	l.changes = changesOf(l.last, l.edition)
	zone, notice := session.Settings(r.Context()).Calendar(), 0
	if l.last != nil && l.last.plan != nil {
		zone, notice = l.last.plan.Zone, l.last.plan.NoticeDays
	}
	l.today = zone.Day(tx.Now)
	l.earliest = l.today + clock.Day(notice)
	return l, c.count(tx, lang(r), &l)
}

// count says whom the version touches.
func (c *Console) count(tx *db.Tx, lang i18n.Lang, l *launch) (err error) {
	if l.members, err = c.Members.Count(tx, member.Active); err != nil {
		return err
	}
	if l.reach, err = ledger.Reached(tx, tx.Now); err != nil {
		return err
	}
	mix, err := tier.Mix(tx)
	if err != nil || l.last == nil || l.last.plan == nil || l.last.plan.Tiers == nil {
		return err
	}
	rest := l.members
	for i := len(l.last.plan.Tiers.Levels) - 1; i >= 0; i-- {
		x := l.last.plan.Tiers.Levels[i]
		n := mix[x.ID]
		if i == 0 { // who has not bought anything yet has no row and stands in the lowest
			n = max(0, rest)
		}
		rest -= n
		l.ranks = append(l.ranks, rankCount{x.ID, x.Name.In(lang), n})
	}
	return nil
}

func (c *Console) publishPage(w http.ResponseWriter, r *http.Request) error {
	return c.showPublish(w, r, http.StatusOK, nil)
}

func (c *Console) showPublish(w http.ResponseWriter, r *http.Request, status int, why error) error {
	var l launch
	if err := c.read(r, func(tx *db.Tx) (err error) { l, err = c.launch(tx, r); return err }); err != nil {
		return err
	}
	if fault.Is(why, "programme.edited_meanwhile") {
		l.met, why = &ui.Overtaken{Button: true}, nil
	}
	if why != nil {
		name := "source"
		if fault.Is(why, "programme.notice_too_short") {
			name = "short"
		}
		l.errors = []ui.FieldError{{Name: name, Text: whyNotPublished(r.Context(), why)}}
	}
	return ui.Render(w, r, status, publishPage(l))
}

// whyNotPublished is the sentence of the fault with its days as people read
// them.
func whyNotPublished(ctx context.Context, err error) string {
	f := fault.Of(err)
	args := fault.Args{}
	for k, v := range f.Args {
		args[k] = v
		if s, ok := v.(string); ok {
			if d, err := clock.ParseDay(s); err == nil {
				args[k] = d
			}
		}
	}
	return i18n.Fault(ui.Lang(ctx), f.Code, args)
}

func (c *Console) publish(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	var v programme.Version
	err := c.write(r, func(tx *db.Tx) error {
		e, err := versionOf(tx, r)
		if err != nil {
			return err
		}
		v.Number = e.Number
		o := programme.Order{By: session.Must(r.Context()).User.ID, ShortNotice: r.PostForm.Get("short") == "yes", Seen: cmp.Or(r.PostForm.Get("hash"), "nothing")}
		out, err := audience.PublishDraft(tx, e.Number, o)
		if err != nil {
			return err
		}
		v = out
		if err := outbox.Append(tx, outbox.Of(event.ProgrammePublished{Version: int64(v.Number), EffectiveFrom: v.StartsAt})); err != nil {
			return err
		}
		a := session.Entry(r, "programme.published", "programme", ident.ID{})
		a.After = audit.Values{"number": v.Number, "hash": v.Hash, "effective_from": v.EffectiveFrom.String(), "short_notice": o.ShortNotice}
		return audit.Append(tx, a)
	})
	if fault.Is(err, "programme.published") { // sent twice, or somebody else was faster
		ui.Flash(w, "info", "programmes.published_already")
		return see(w, r, versionPath(v.Number, ""))
	}
	if correctable(err) {
		return c.showPublish(w, r, session.Status(fault.Of(err).Kind), err)
	}
	if err != nil {
		return err
	}
	key := "programmes.published_now"
	if v.State == programme.Scheduled {
		key = "programmes.scheduled_now"
	}
	ui.Flash(w, "good", key, "n", strconv.Itoa(v.Number), "day", i18n.Day(lang(r), v.EffectiveFrom))
	return see(w, r, versionPath(v.Number, ""))
}

func (c *Console) withdraw(w http.ResponseWriter, r *http.Request) error {
	n := 0
	err := c.write(r, func(tx *db.Tx) error {
		e, err := versionOf(tx, r)
		if err != nil {
			return err
		}
		n = e.Number
		if err := programme.Withdraw(tx, n); err != nil {
			return err
		}
		a := session.Entry(r, "programme.withdrawn", "programme", ident.ID{})
		a.Before = audit.Values{"number": n, "effective_from": e.EffectiveFrom.String()}
		return audit.Append(tx, a)
	})
	if err != nil {
		return err
	}
	ui.Flash(w, "good", "programmes.withdrawn", "n", strconv.Itoa(n))
	return see(w, r, versionPath(n, ""))
}
