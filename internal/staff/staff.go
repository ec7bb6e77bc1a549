// Package staff knows who works at the shop and what each may do: people with
// a role and a password, invitations by one-time link, and API keys.
//
// Words: a User is a person who can sign in; a Role is the bundle of
// permissions they carry; a Key is a program that may call the API; a link is
// good for one use within its time.
//
// It never keeps a password, link or key in the clear, and it knows nothing of
// cookies or HTTP; sessions are the web's business.
package staff

import (
	"strings"

	"golang.org/x/text/unicode/norm"

	"joren/internal/clock"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/ident"
)

// Status is where a user stands.
type Status string

const (
	Invited  Status = "invited" // has not chosen a password yet
	Active   Status = "active"
	Disabled Status = "disabled"
)

// User is a person who works here.
type User struct {
	ID         ident.ID
	Login      string // a mail address or name, folded by [Login]
	Name       string
	Role       Role
	Status     Status
	Password   string // as [Hash] makes it; "" before the invitation is accepted
	PasswordAt clock.Instant
	Lang       i18n.Lang // "" follows the browser
	Theme      string    // "light", "dark" or "" for the device's choice
	CreatedAt  clock.Instant
}

// Login folds what someone types as their login: width, case and spaces do
// not matter.
func Login(s string) string {
	return strings.ToLower(strings.TrimSpace(norm.NFKC.String(s)))
}

// checkUser refuses what cannot be stored: staff.login_invalid,
// staff.name_missing, staff.role_unknown, each at its field.
func checkUser(u User) error {
	f := fault.New(fault.Invalid, "staff.invalid")
	if len(u.Login) < 3 || len(u.Login) > 254 || strings.ContainsAny(u.Login, " \t\n\x00") {
		f.With(fault.At("login", "staff.login_invalid"))
	}
	if strings.TrimSpace(u.Name) == "" || len([]rune(u.Name)) > 100 {
		f.With(fault.At("name", "staff.name_missing"))
	}
	if !u.Role.Known() {
		f.With(fault.At("role", "staff.role_unknown"))
	}
	if len(f.Fields) > 0 {
		return f
	}
	return nil
}
