package session

import (
	"net/url"
	"os"
	"testing"

	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/staff"
	"joren/internal/ui"
	"joren/internal/ui/uitest"
)

func TestSignInSetUpProfileAndErrorPagesAreAccessible(t *testing.T) {
	b := uitest.Start(t)
	h := newHouse(t, func(h *house) *db.DB { return dbtest.SQLite(t, dbtest.WithClock(h.clock())) })
	h.hire("boss", staff.Owner)
	h.web.Rail = []RailEntry{{ui.Home, "/", staff.HomeView}, {ui.Settings, "/me", staff.SettingsView}}
	var start string
	h.write(func(tx *db.Tx) (err error) { start, err = OwnerLink(tx); return err })
	u, _ := url.Parse(h.url)
	token := h.signIn("boss").c.Jar.Cookies(u)[0].Value
	looks := []uitest.Look{{Lang: "ja", Width: 1280}, {Lang: "en", Width: 390}, {Lang: "ja", Width: 390}, {Lang: "en", Width: 1280, Scheme: "dark"}}
	visit := func(name, path string, cookies map[string]string) {
		for _, look := range looks {
			look.Cookies = cookies
			t.Run(look.Name(name), func(t *testing.T) {
				tab := b.Open(t, h.url+path, look)
				tab.Axe()
				tab.Fits()
				if dir := os.Getenv("SHOTS"); dir != "" {
					tab.Shot(dir, look.Name(name))
				}
			})
		}
	}
	visit("sign-in", "/sign-in", nil)
	visit("start", start, nil)
	visit("error", "/nowhere", nil)
	signedIn := map[string]string{cookieName: token} // the browser keeps it from here on
	visit("setup", "/setup", signedIn)
	visit("me", "/me", signedIn)
}
