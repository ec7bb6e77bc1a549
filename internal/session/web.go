package session

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/i18n"
	"joren/internal/ident"
	"joren/internal/shop"
	"joren/internal/staff"
	"joren/internal/ui"
)

// RailEntry is a word of the rail with its page, shown to roles that carry
// the permission.
type RailEntry struct {
	Word ui.Word
	Href string
	Need staff.Permission
}

// Command is a further entry of the palette.
type Command struct {
	Key  string // of the catalogue
	Href string
	Need staff.Permission
}

// Web is what all pages share.
type Web struct {
	DB     *db.DB
	Shop   *shop.Cache
	Log    *slog.Logger
	Routes *Routes

	Rail       []RailEntry
	Commands   []Command
	SearchURL  string // the members list, for those who may see it
	PaletteURL string

	// OnSetup runs in the transaction that stores the answers of the set-up
	// page, to order what was chosen there, and says which page comes next.
	// Nil is nothing, and Home.
	OnSetup func(r *http.Request, tx *db.Tx, s shop.Settings) (next string, err error)

	limits limits
}

// New makes a Web with the routes of this package: assets, sign-in, set-up,
// invitations, one's own profile.
func New(d *db.DB, log *slog.Logger) *Web {
	web := &Web{DB: d, Shop: &shop.Cache{}, Log: log, Routes: &Routes{}, limits: newLimits(d.Clock())}
	rs := web.Routes
	rs.Get("/assets/{file}", Public, func(w http.ResponseWriter, r *http.Request) error { ui.ServeAsset(w, r); return nil })
	rs.Get("/_components", Public, ui.Components)
	rs.Post("/_components", Public, func(w http.ResponseWriter, r *http.Request) error {
		http.Redirect(w, r, "/_components", http.StatusSeeOther)
		return nil
	})
	rs.Post("/preferences", Public, web.preferences)
	rs.Get("/sign-in", Public, web.signInPage)
	rs.Post("/sign-in", Public, web.signIn)
	rs.Post("/sign-out", Public, web.signOut)
	rs.Get("/start/{token}", Public, web.linkPage)
	rs.Post("/start/{token}", Public, web.takeLink)
	rs.Get("/setup", Need(staff.SettingsEdit), web.setupPage)
	rs.Post("/setup", Need(staff.SettingsEdit), web.setup)
	rs.Get("/me", SignedIn, web.mePage)
	rs.Post("/me/password", SignedIn, web.changePassword)
	rs.Post("/me/sessions/revoke", SignedIn, web.revokeSession)
	return web
}

// Who is the person of a request.
type Who struct {
	User    staff.User
	Session Session
}

// Can reports whether the person may do p.
func (w Who) Can(p staff.Permission) bool { return staff.Can(w.User.Role, p) }

type contextKey int

const (
	whoKey contextKey = iota
	requestKey
	settingsKey
)

// Current is the person of the request; ok is false when nobody is signed in.
func Current(ctx context.Context) (who Who, ok bool) {
	who, ok = ctx.Value(whoKey).(Who)
	return who, ok
}

// Must is Current on routes that need a sign-in; it panics elsewhere.
func Must(ctx context.Context) Who {
	who, ok := Current(ctx)
	if !ok {
		panic("session: nobody is signed in on this route")
	}
	return who
}

// RequestID is the id of the request, req_…, as the error page and the log
// show it.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestKey).(string)
	return id
}

// Settings is the shop as this request sees it.
func Settings(ctx context.Context) shop.Settings {
	s, _ := ctx.Value(settingsKey).(shop.Settings)
	return s
}

// OwnerLink makes the path of a one-time page on which the owner's account is
// made, good for 30 minutes. Print it where the program was started.
func OwnerLink(tx *db.Tx) (path string, err error) {
	token, err := staff.OwnerLink(tx)
	return "/start/" + token, err
}

// InvitePath is the page of an invitation's token.
func InvitePath(token string) string { return "/start/" + token }

// enter finds who asks and what all pages show, and puts both into the
// request's context.
func (web *Web) enter(r *http.Request) (*http.Request, error) {
	var who Who
	var set shop.Settings
	var signedIn bool
	err := web.DB.Read(r.Context(), func(tx *db.Tx) (err error) {
		if set, err = web.Shop.Get(tx); err != nil {
			return err
		}
		who, signedIn, err = identify(tx, tokenOf(r))
		return err
	})
	if err != nil {
		return r, err
	}
	ctx := context.WithValue(r.Context(), settingsKey, set)
	if signedIn {
		ctx = context.WithValue(ctx, whoKey, who)
		web.touch(ctx, who.Session)
	}
	r = r.WithContext(ctx)
	return r.WithContext(ui.With(ctx, web.view(r, who, signedIn, set))), nil
}

func identify(tx *db.Tx, token string) (who Who, ok bool, err error) {
	if token == "" {
		return who, false, nil
	}
	if who.Session, ok, err = Find(tx, token); err != nil || !ok {
		return who, false, err
	}
	who.User, err = staff.Get(tx, who.Session.StaffID)
	return who, err == nil && who.User.Status == staff.Active, err
}

func (web *Web) touch(ctx context.Context, s Session) {
	if web.DB.Clock().Wall().Sub(s.SeenAt) < step {
		return
	}
	if err := web.DB.Write(ctx, func(tx *db.Tx) error { return Touch(tx, s.ID) }); err != nil {
		web.Log.WarnContext(ctx, "session not touched", "error", err)
	}
}

func (web *Web) view(r *http.Request, who Who, signedIn bool, set shop.Settings) ui.View {
	v := ui.View{Lang: language(r, who, set), Theme: theme(r, who), Back: r.URL.RequestURI(), RequestID: RequestID(r.Context())}
	v.ShopName = set.Name.In(v.Lang)
	v.Flash = ui.ReadFlash(r, v.Lang)
	if r.Method != http.MethodGet {
		v.Back = "/"
	}
	if set.ShopClock != 0 {
		v.Banners = append(v.Banners, clockBanner(v.Lang, set, web.DB.Clock()))
	}
	if !signedIn {
		return v
	}
	v.User = &ui.User{Name: who.User.Name, Role: i18n.T(v.Lang, "staff.role."+string(who.User.Role))}
	v.ProfileURL = "/me"
	for _, e := range web.Rail {
		if who.Can(e.Need) {
			v.Rail = append(v.Rail, ui.RailItem{Word: e.Word, Href: e.Href})
		}
	}
	for _, c := range web.Commands {
		if who.Can(c.Need) {
			v.Commands = append(v.Commands, ui.Link{Label: i18n.T(v.Lang, c.Key), Href: c.Href})
		}
	}
	v.Commands = append(v.Commands, ui.Link{Label: i18n.T(v.Lang, "session.me"), Href: "/me"})
	if who.Can(staff.MembersView) {
		v.SearchURL, v.PaletteURL = web.SearchURL, web.PaletteURL
	}
	return v
}

// clockBanner says on every page that the shop's story stands in the past.
func clockBanner(l i18n.Lang, set shop.Settings, c clock.Clock) ui.Notice {
	day := set.Calendar().Day(c.Shop())
	n := ui.Notice{Tone: "warn", Text: i18n.T(l, "session.shop_clock", "day", day)}
	if set.Setup == shop.Sample {
		n.Title = i18n.T(l, "session.sample")
	}
	return n
}

// language is the person's own, else the cookie's, else the browser's, else
// the shop's.
func language(r *http.Request, who Who, set shop.Settings) i18n.Lang {
	if who.User.Lang != "" {
		return who.User.Lang
	}
	if c, err := r.Cookie("lang"); err == nil && (c.Value == "ja" || c.Value == "en") {
		return i18n.Lang(c.Value)
	}
	if accept := r.Header.Get("Accept-Language"); accept != "" {
		return i18n.Parse(accept)
	}
	if set.Lang != "" {
		return set.Lang
	}
	return i18n.JA
}

func theme(r *http.Request, who Who) string {
	if who.User.Theme != "" {
		return who.User.Theme
	}
	if c, err := r.Cookie("theme"); err == nil && (c.Value == "light" || c.Value == "dark") {
		return c.Value
	}
	return ""
}

// Server makes an http.Server with the time limits that keep slow and idle
// callers from holding it.
func Server(addr string, h http.Handler) *http.Server {
	return &http.Server{Addr: addr, Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 15 * time.Minute,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10}
}

func newRequestID() string { return ident.Request.Text(ident.New()) }
