package console

import (
	"net/http"
	"slices"
	"time"

	"joren/internal/audit"
	"joren/internal/clock"
	"joren/internal/day"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/intake"
	"joren/internal/ledger"
	"joren/internal/liability"
	"joren/internal/session"
	"joren/internal/staff"
	"joren/internal/ui"
)

func (c *Console) liabilityRoutes() {
	if c.Books == nil {
		return
	}
	c.get("/insight/liability", staff.AccountsView, c.liability, session.Timeout(0))
	c.get("/insight/liability/journal", staff.AccountsView, c.liabilityJournal, session.Timeout(0))
	c.get("/insight/liability/settings", staff.AccountsView, c.liabilitySettings, session.Timeout(0))
	c.post("/insight/liability/settings", staff.SettingsEdit, c.saveLiabilitySettings)
	c.post("/insight/liability/basis", staff.SettingsEdit, c.saveLiabilityBasis)
	c.command("insight.page/liability", "/insight/liability", staff.AccountsView)
}

var liabilityList = ui.ListSpec{Filters: []string{"month", "points"}}

// liabilityPage is a month of open points and what they are worth.
type liabilityPage struct {
	question
	s      *scene
	book   *liability.Book
	at     clock.Instant // wall time at which it was read
	wall   clock.Instant // of now
	st     *liability.Statement
	key    liability.Key // whose months of issue are shown
	curves []liability.Curve
	stores []liability.StoreFlow
	names  map[string]string // of staff
	turned clock.Day         // the last day turned into, where that is not today
}

func (c *Console) liability(w http.ResponseWriter, r *http.Request) error {
	p := liabilityPage{question: c.ask(r, liabilityList)}
	err := c.read(r, func(tx *db.Tx) (err error) {
		if p.s, err = c.scene(r, tx); err != nil {
			return err
		}
		return c.fillLiability(tx, &p)
	})
	switch {
	case fault.Is(err, "programme.none_in_force"):
		return c.insightNotYet(w, r, unready{s: p.s, at: "/liability", q: p.question}, err)
	case err != nil:
		return err
	case p.file() && p.st != nil:
		return c.exportLiability(w, r, &p)
	}
	return ui.Render(w, r, p.status(), liabilityView(p))
}

func (c *Console) fillLiability(tx *db.Tx, p *liabilityPage) (err error) {
	p.wall = tx.Wall
	if p.book, p.at, err = c.Books.Shown(tx); err != nil {
		return err
	}
	if p.st = p.book.Last(); p.st == nil {
		p.word("month")
		p.word("points")
		return nil
	}
	if st, wrong := p.book.Find(p.wanted.Get("month")); wrong != nil {
		p.refuseAt("month", wrong)
	} else {
		p.st = st
	}
	if p.names, err = staffNames(tx); err != nil {
		return err
	}
	if p.turned, err = day.Finished(tx); err != nil {
		return err
	}
	if p.turned >= p.s.today {
		p.turned = 0
	}
	if p.choose(); p.bad() {
		p.st = p.book.Last()
		p.key = p.mostOpen()
	}
	p.curves = liability.Curves(p.book.Moves, p.key, p.st.Month)
	p.stores, err = c.Books.Flows(tx, p.st.Month)
	return err
}

// choose takes the points asked for, or those of which most are open.
func (p *liabilityPage) choose() {
	keys := map[string]liability.Key{}
	for _, r := range p.st.Points {
		if r.Origin != ledger.Owed {
			keys[keyCode(r.Key)] = r.Key
		}
	}
	p.key = p.mostOpen()
	if code := p.oneOf("points", sortedKeys(keys)...); code != "" {
		p.key = keys[code]
	}
}

func (p *liabilityPage) mostOpen() (key liability.Key) {
	most := int64(-1)
	for _, r := range p.st.Points {
		if r.Origin != ledger.Owed && r.Closing > most {
			key, most = r.Key, r.Closing
		}
	}
	return key
}

// keyCode names a type and origin in a link.
func keyCode(k liability.Key) string { return k.Type + "." + string(k.Origin) }

// staffNames are what staff are called, by the id that settings keep.
func staffNames(tx *db.Tx) (map[string]string, error) {
	list, err := staff.List(tx)
	out := make(map[string]string, len(list))
	for _, u := range list {
		out[ident.Staff.Text(u.ID)] = u.Name
	}
	return out, err
}

// named is what people call who set something; one who is gone keeps her id.
func (p liabilityPage) named(by string) string {
	if n := p.names[by]; n != "" {
		return n
	}
	return by
}

// exportLiability writes the roll-forward of the month, points and money.
func (c *Console) exportLiability(w http.ResponseWriter, r *http.Request, p *liabilityPage) error {
	return c.export(w, r, staff.AccountsView, "liability", p.list.Filter, func(_ *db.Tx, out *intake.CSVWriter) error {
		head := []string{p.s.t("liability.col.month"), p.s.t("console.points.type"), p.s.t("liability.col.origin"), p.s.t("liability.col.unit")}
		if err := out.Row(append(slices.Clone(head), liability.PointsHead(p.s.lang)...)...); err != nil {
			return err
		}
		row := func(k liability.Key, unit string, decimals int, figures []int64) error {
			out.Text(string(p.st.Month)).Text(k.Type).Text(string(k.Origin)).Text(unit)
			for _, n := range figures {
				out.Money(n, decimals)
			}
			return out.End()
		}
		for _, x := range p.st.Points {
			if err := row(x.Key, "points", 0, x.Figures()); err != nil {
				return err
			}
		}
		if err := out.Row(append(head, liability.MoneyHead(p.s.lang)...)...); err != nil {
			return err
		}
		for _, x := range p.st.Money() {
			if err := row(x.Key, p.s.currency, p.s.decimals(), x.Money.Figures()); err != nil {
				return err
			}
		}
		return nil
	})
}

// liabilityJournal hands out the journal of a closed month. Who took which
// file is logged.
func (c *Console) liabilityJournal(w http.ResponseWriter, r *http.Request) error {
	asks := c.names(r, "layout", "month", "names")
	renamed := asks.word("names", "today") != ""
	if asks.bad() {
		return asks.why
	}
	layout, err := liability.ParseLayout(asks.wanted.Get("layout"))
	if err != nil {
		return err
	}
	var file []byte
	var month liability.Month
	err = c.read(r, func(tx *db.Tx) error {
		s, err := c.scene(r, tx)
		if err != nil {
			return err
		}
		b, err := c.Books.Read(tx)
		if err != nil {
			return err
		}
		st, err := b.Find(asks.wanted.Get("month"))
		if err != nil {
			return err
		}
		month = st.Month
		if renamed {
			file, err = b.RenamedFile(st, layout, s.currency)
		} else {
			file, err = st.JournalFile(layout, s.currency)
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := c.write(r, func(tx *db.Tx) error {
		e := session.Entry(r, "liability.exported", "liability", ident.ID{})
		e.After = audit.Values{"month": string(month), "layout": string(layout)}
		return audit.Append(tx, e)
	}); err != nil {
		return err
	}
	download(w, layout.ContentType(), liability.FileName(month, layout))
	_, err = w.Write(file)
	return err
}

// readAgo says how old the figures are, in minutes from two on.
func (s *scene) readAgo(age time.Duration) string {
	if age < 2*time.Minute {
		return s.t("liability.as_of", "n", int(age.Seconds()))
	}
	return s.t("liability.as_of_minutes", "n", int(age.Minutes()))
}
