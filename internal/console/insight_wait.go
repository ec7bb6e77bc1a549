package console

import (
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"joren/internal/fault"
	"joren/internal/insight"
	"joren/internal/ui"
)

// unready is a page of Insight that has no figures yet: where it stands, what
// it was asked, and the fields that was asked with, nil where it shows none.
type unready struct {
	s   *scene
	at  string
	q   question
	bar templ.Component
}

// unready is a page with a filter, and fields of its own beside it.
func (p cut) unready(at string, own ...ui.Field) unready {
	return unready{p.s, at, p.question, cutBarWith(p, own)}
}

func (u unready) meta() ui.Meta { return u.q.head(u.s.insightMeta(u.at)) }

// insightNotYet says why nothing can be measured yet. What is wrong with the
// question is said all the same, before anything is read: nobody waits to be
// told. Other errors stay, and so does waiting: insightGet answers that.
func (c *Console) insightNotYet(w http.ResponseWriter, r *http.Request, u unready, err error) error {
	s := u.s
	switch {
	case fault.Is(err, "programme.none_in_force"):
		n := ui.Notice{Tone: "info", Title: s.t("insight.no_programme"), Text: s.t("insight.no_programme_why"), Links: []ui.Link{{Label: s.t("console.home.no_programme_do"), Href: "/programme"}}}
		return ui.Render(w, r, u.q.status(), insightUnreadyView(u, n))
	case insight.Waiting(err) && u.q.bad(): // it does not come anew by itself: somebody is correcting it
		n := ui.Notice{Tone: "info", Title: s.t("insight.reading"), Text: s.t("insight.reading_wrong")}
		return ui.Render(w, r, u.q.status(), insightUnreadyView(u, n))
	}
	return err
}

// insightReading says that the page's figures are still being read and how far
// that is. The page comes anew by itself: a header does it, no script.
func (c *Console) insightReading(w http.ResponseWriter, r *http.Request, at string) error {
	s, err := c.insightScene(r)
	if err != nil {
		return err
	}
	again(w)
	return ui.Render(w, r, http.StatusOK, insightUnreadyView(unready{s: s, at: at}, c.stillReading(s)))
}

// again lets a page come anew in some seconds.
func again(w http.ResponseWriter) { w.Header().Set("Refresh", strconv.Itoa(refreshSeconds)) }

// stillReading says how far the first reading is.
func (c *Console) stillReading(s *scene) ui.Notice {
	n := ui.Notice{Tone: "info", Title: s.t("insight.reading")}
	switch read, all := c.Insight.Progress(); {
	case all == 0:
		n.Text = s.t("insight.reading_begun")
	case read < all:
		n.Text = s.t("insight.reading_far", "read", read, "all", all)
	default:
		n.Text = s.t("insight.reading_learns", "all", all)
	}
	return n
}
