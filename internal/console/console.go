// Package console is the face for owners and staff: Home, members, purchases,
// points, the programme, imports, jobs and settings, as pages.
//
// Words: a page is a handler and its template; its form's names are the paths
// of the faults that may refuse it. What a list shows stands in its URL, which
// pages read by ask alone: what it cannot mean is told at its field.
//
// The console decides nothing and keeps nothing but the last count of Home's
// figures: it reads through the slices, changes through the stories, and
// writes each change to the audit log. Every route names a permission.
package console

import (
	"net/http"

	"joren/internal/db"
	"joren/internal/i18n"
	"joren/internal/session"
	"joren/internal/staff"
	"joren/internal/ui"
)

// Console is the set of pages.
type Console struct {
	Deps
	db      *db.DB
	figures figures
	reads   func(route string, parameters ...string) // told what pages read of their URLs; nil for nobody
}

// New makes the console and adds its routes, its words of the rail and its
// entries of the palette to d.Web.
func New(d Deps) *Console {
	c := &Console{Deps: d, db: d.Web.DB, figures: figures{patience: slow}}
	for _, register := range []func(){
		c.homeRoutes,
		c.setupRoutes,
		c.memberRoutes,
		c.member360Routes,
		c.mergeRoutes,
		c.purchaseRoutes,
		c.pointsRoutes,
		c.programmeRoutes,
		c.insightRoutes,
		c.liabilityRoutes,
		c.segmentRoutes,
		c.importRoutes,
		c.jobRoutes,
		c.settingsRoutes,
		c.storeRoutes,
		c.staffRoutes,
		c.keyRoutes,
		c.auditRoutes,
		c.healthRoutes,
	} {
		register()
	}
	return c
}

// rail adds a word to the rail.
func (c *Console) rail(w ui.Word, href string, need staff.Permission) {
	c.Web.Rail = append(c.Web.Rail, session.RailEntry{Word: w, Href: href, Need: need})
}

// command adds an entry to the palette.
func (c *Console) command(key, href string, need staff.Permission) {
	c.Web.Commands = append(c.Web.Commands, session.Command{Key: key, Href: href, Need: need})
}

func (c *Console) get(pattern string, need staff.Permission, h session.Handler, opts ...session.Option) {
	c.Web.Routes.Get(pattern, session.Need(need), h, opts...)
}

func (c *Console) post(pattern string, need staff.Permission, h session.Handler, opts ...session.Option) {
	c.Web.Routes.Post(pattern, session.Need(need), h, opts...)
}

// read runs fn on one snapshot.
func (c *Console) read(r *http.Request, fn func(tx *db.Tx) error) error {
	return c.db.Read(r.Context(), fn)
}

// write runs fn in one transaction; fn appends its audit entry last.
func (c *Console) write(r *http.Request, fn func(tx *db.Tx) error) error {
	return c.db.Write(r.Context(), fn)
}

// lang is the language of the request.
func lang(r *http.Request) i18n.Lang { return ui.Lang(r.Context()) }

// can reports whether the person of the request may do p.
func can(r *http.Request, p staff.Permission) bool {
	who, ok := session.Current(r.Context())
	return ok && who.Can(p)
}

// see leads to another page of the console after a change.
func see(w http.ResponseWriter, r *http.Request, path string) error {
	http.Redirect(w, r, path, http.StatusSeeOther)
	return nil
}
