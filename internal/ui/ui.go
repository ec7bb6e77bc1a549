// Package ui is the component set of every page: layout, forms, tables,
// charts, and the style sheet and small scripts they need, built on the
// colours and sizes of the Digital Agency's design tokens.
//
// Words: a View is what all components of one request share (language, theme,
// rail, banners) and travels in the context; a Page is the frame; a word is
// one of the entries of the rail; a List is a table's state as it stands in
// the URL.
//
// Components show what they are given. They read no database, decide nothing
// and know no product capability. There is no inline script and no inline
// style, so pages live under a strict Content-Security-Policy; everything
// works without JavaScript except conveniences.
package ui

import (
	"context"

	"joren/internal/fault"
	"joren/internal/i18n"
)

// Word is an entry of the rail.
type Word string

const (
	Home      Word = "home"
	Members   Word = "members"
	Programme Word = "programme"
	Campaigns Word = "campaigns"
	Voice     Word = "voice"
	Insight   Word = "insight"
	Support   Word = "support"
	Training  Word = "training"
	Settings  Word = "settings"
)

// Words is the order of the rail; Training and Settings stand below the seven.
var Words = []Word{Home, Members, Programme, Campaigns, Voice, Insight, Support, Training, Settings}

// Link is a text that leads somewhere.
type Link struct {
	Label string
	Href  string
}

// RailItem is a word of the rail with a page behind it. A word without a page
// is left out of the rail.
type RailItem struct {
	Word Word
	Href string
}

// User is the signed-in staff member as the frame shows them.
type User struct {
	Name string
	Role string // in the view's language
}

// View is what every component of one request shares.
type View struct {
	Lang       i18n.Lang
	Theme      string // "light", "dark" or "" for the device's choice
	Back       string // path and query of this page, for the language switch
	ShopName   string
	User       *User // nil: nobody is signed in
	ProfileURL string
	Rail       []RailItem
	Commands   []Link // further entries of the palette
	PaletteURL string // answers ?q= with JSON [{"label","note","href"}]; "" for none
	SearchURL  string // a GET form with q, the palette without JavaScript; "" for none
	Banners    []Notice
	Flash      *Notice // the toast
	RequestID  string
}

type viewKey struct{}

// With puts v into the context.
func With(ctx context.Context, v View) context.Context { return context.WithValue(ctx, viewKey{}, v) }

// Of is the view of the context; a Japanese one for nobody when there is none.
func Of(ctx context.Context) View {
	v, ok := ctx.Value(viewKey{}).(View)
	if !ok || v.Lang == "" {
		v.Lang = i18n.JA
	}
	return v
}

// Lang is the view's language.
func Lang(ctx context.Context) i18n.Lang { return Of(ctx).Lang }

// T is a text of the catalogue in the view's language, see [i18n.T].
func T(ctx context.Context, key string, args ...any) string {
	return i18n.T(Of(ctx).Lang, key, args...)
}

// Why is the sentence for err in the view's language; of an error without a
// fault it tells nothing but that it is ours.
func Why(ctx context.Context, err error) string {
	f := fault.Of(err)
	return i18n.Fault(Of(ctx).Lang, f.Code, f.Args)
}

// other is the language that the switch offers.
func other(l i18n.Lang) (i18n.Lang, string) {
	if l == i18n.EN {
		return i18n.JA, "日本語"
	}
	return i18n.EN, "English"
}
