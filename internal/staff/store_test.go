package staff

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/fault"
	"joren/internal/ident"
)

// handClock is moved by hand.
type handClock struct{ at clock.Instant }

func (h *handClock) clock() clock.Clock {
	f := func() clock.Instant { return h.at }
	return clock.Clock{Shop: f, Wall: f}
}

func both(t *testing.T, fn func(t *testing.T, d *db.DB, h *handClock)) {
	h := &handClock{}
	reset := func() { h.at = clock.MustInstant("2026-11-22T10:00:00Z") }
	reset()
	dbtest.Run(t, func(t *testing.T, d *db.DB) { reset(); fn(t, d, h) }, dbtest.WithClock(h.clock()))
}

func write(t *testing.T, d *db.DB, fn func(tx *db.Tx) error) error {
	t.Helper()
	return d.Write(context.Background(), fn)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wants(t *testing.T, err error, code string) {
	t.Helper()
	if !fault.Is(err, code) {
		t.Errorf("got %v, want %s", err, code)
	}
}

func TestALoginIsUniqueWhateverItsWidthOrCase(t *testing.T) {
	both(t, func(t *testing.T, d *db.DB, _ *handClock) {
		must(t, write(t, d, func(tx *db.Tx) error {
			_, err := Create(tx, User{Login: "Hana@Example.com", Name: "佐藤 花", Role: Manager, Status: Active})
			return err
		}))
		wants(t, write(t, d, func(tx *db.Tx) error {
			_, err := Create(tx, User{Login: " ｈａｎａ@example.com", Name: "別人", Role: Cashier, Status: Active})
			return err
		}), "staff.login_taken")
		must(t, d.Read(context.Background(), func(tx *db.Tx) error {
			u, found, err := Find(tx, "HANA@EXAMPLE.COM")
			if !found || u.Name != "佐藤 花" || u.Role != Manager || u.CreatedAt != tx.Wall {
				t.Errorf("found %v: %+v", found, u)
			}
			return err
		}))
	})
}

func TestAUserWithoutNameRoleOrLoginIsRefusedAtEachField(t *testing.T) {
	err := checkUser(User{Login: "a b", Name: " ", Role: "boss"})
	var paths []string
	for _, f := range fault.Of(err).Fields {
		paths = append(paths, f.Path)
	}
	if !slices.Equal(paths, []string{"login", "name", "role"}) {
		t.Errorf("fields %v of %v", paths, err)
	}
}

func TestTheLastOwnerCanNeitherLeaveNorBeDemoted(t *testing.T) {
	both(t, func(t *testing.T, d *db.DB, _ *handClock) {
		var a, b User
		must(t, write(t, d, func(tx *db.Tx) (err error) {
			if a, err = Create(tx, User{Login: "one", Name: "One", Role: Owner, Status: Active}); err != nil {
				return err
			}
			b, err = Create(tx, User{Login: "two", Name: "Two", Role: Owner, Status: Active})
			return err
		}))
		must(t, write(t, d, func(tx *db.Tx) error { return SetRole(tx, a.ID, Manager) }))
		wants(t, write(t, d, func(tx *db.Tx) error { return SetRole(tx, b.ID, Manager) }), "staff.last_owner")
		wants(t, write(t, d, func(tx *db.Tx) error { return SetStatus(tx, b.ID, Disabled) }), "staff.last_owner")
		wants(t, write(t, d, func(tx *db.Tx) error { return SetRole(tx, ident.New(), Manager) }), "staff.unknown")
		must(t, write(t, d, func(tx *db.Tx) error { return SetRole(tx, a.ID, Owner) }))
		must(t, write(t, d, func(tx *db.Tx) error { return SetStatus(tx, b.ID, Disabled) }))
	})
}

func TestALinkWorksOnceAndOnlyInItsTime(t *testing.T) {
	both(t, func(t *testing.T, d *db.DB, h *handClock) {
		var token string
		owner := func() {
			must(t, write(t, d, func(tx *db.Tx) (err error) { token, err = OwnerLink(tx); return err }))
		}
		take := func(tok string) error {
			return write(t, d, func(tx *db.Tx) error { _, err := TakeLink(tx, tok); return err })
		}
		owner()
		for range 2 { // looking uses nothing up
			must(t, d.Read(context.Background(), func(tx *db.Tx) error { _, err := PeekLink(tx, token); return err }))
		}
		must(t, take(token))
		wants(t, take(token), "staff.link_gone")

		owner()
		first := token
		owner()
		wants(t, take(first), "staff.link_gone")
		h.at = h.at.Add(30*time.Minute - time.Microsecond)
		must(t, d.Read(context.Background(), func(tx *db.Tx) error { _, err := PeekLink(tx, token); return err }))
		h.at = h.at.Add(time.Microsecond)
		wants(t, take(token), "staff.link_gone")
		wants(t, take("NOSUCHTOKEN"), "staff.link_gone")
	})
}

func TestAnInvitationLeadsToItsPersonAndANewOneEndsIt(t *testing.T) {
	both(t, func(t *testing.T, d *db.DB, _ *handClock) {
		var u User
		var first, second string
		must(t, write(t, d, func(tx *db.Tx) (err error) {
			if u, first, err = Invite(tx, User{Login: "ken", Name: "Ken", Role: Cashier, Status: Active, Password: "ignored"}); err != nil {
				return err
			}
			second, err = InviteAgain(tx, u.ID)
			return err
		}))
		if u.Status != Invited || u.Password != "" {
			t.Errorf("an invited user starts as %+v", u)
		}
		wants(t, write(t, d, func(tx *db.Tx) error { _, err := TakeLink(tx, first); return err }), "staff.link_gone")
		must(t, write(t, d, func(tx *db.Tx) error {
			l, err := TakeLink(tx, second)
			if l.StaffID != u.ID || l.Owner {
				t.Errorf("the link leads to %+v", l)
			}
			if err != nil {
				return err
			}
			return SetPassword(tx, u.ID, "$argon2id$…")
		}))
		must(t, d.Read(context.Background(), func(tx *db.Tx) error {
			got, err := Get(tx, u.ID)
			if got.Status != Active {
				t.Errorf("status %s after the password was chosen", got.Status)
			}
			return err
		}))
	})
}

func TestAnAPIKeyIsKnownByItsSecretUntilItIsRevoked(t *testing.T) {
	both(t, func(t *testing.T, d *db.DB, h *handClock) {
		var k Key
		var secret string
		must(t, write(t, d, func(tx *db.Tx) (err error) {
			k, secret, err = NewKey(tx, "till", []Scope{ScopeWrite}, ident.New())
			return err
		}))
		if len(secret) != len("jk_")+52 || secret[:3] != "jk_" || k.Tail != secret[len(secret)-4:] {
			t.Errorf("secret %q, tail %q", secret, k.Tail)
		}
		find := func(s string) (got Key, err error) {
			err = d.Read(context.Background(), func(tx *db.Tx) (err error) { got, err = FindKey(tx, s); return err })
			return got, err
		}
		got, err := find(secret)
		must(t, err)
		if got.ID != k.ID || !got.Has(ScopeRead) || !got.Has(ScopeWrite) || got.Has(ScopeAdmin) || !got.Stale(h.at) {
			t.Errorf("found %+v", got)
		}
		must(t, write(t, d, func(tx *db.Tx) error { return TouchKey(tx, k.ID) }))
		if got, _ = find(secret); got.LastUsedAt != h.at || got.Stale(h.at) {
			t.Errorf("last used %s", got.LastUsedAt)
		}
		_, err = find(secret[:10] + strings.Map(func(r rune) rune {
			if r == '7' {
				return '8'
			}
			return '7'
		}, secret[10:11]) + secret[11:])
		wants(t, err, "key.unknown")
		must(t, write(t, d, func(tx *db.Tx) error { return RevokeKey(tx, k.ID) }))
		_, err = find(secret)
		wants(t, err, "key.unknown")
		wants(t, write(t, d, func(tx *db.Tx) error { return RevokeKey(tx, k.ID) }), "key.unknown")
	})
}

func TestNoSecretStandsInTheDatabase(t *testing.T) {
	both(t, func(t *testing.T, d *db.DB, _ *handClock) {
		var secret, token string
		must(t, write(t, d, func(tx *db.Tx) (err error) {
			if _, secret, err = NewKey(tx, "k", []Scope{ScopeRead}, ident.ID{}); err != nil {
				return err
			}
			token, err = OwnerLink(tx)
			return err
		}))
		must(t, d.Read(context.Background(), func(tx *db.Tx) error {
			n, err := db.One(tx, nil, db.Value[int64], `SELECT (SELECT count(*) FROM staff_key WHERE tail = $1 OR name = $1 OR scopes = $1) + (SELECT count(*) FROM staff_key WHERE hash = $2) + (SELECT count(*) FROM staff_link WHERE hash = $3)`,
				secret, []byte(secret), []byte(token))
			if n != 0 {
				t.Errorf("%d rows hold a secret", n)
			}
			return err
		}))
	})
}

func TestAKeyNeedsANameAndKnownScopes(t *testing.T) {
	both(t, func(t *testing.T, d *db.DB, _ *handClock) {
		for code, in := range map[string]struct {
			name   string
			scopes []Scope
		}{"staff.key_name_missing": {" ", []Scope{ScopeRead}}, "staff.scope_unknown": {"k", []Scope{"root"}}} {
			wants(t, write(t, d, func(tx *db.Tx) error { _, _, err := NewKey(tx, in.name, in.scopes, ident.ID{}); return err }), code)
		}
		wants(t, write(t, d, func(tx *db.Tx) error { _, _, err := NewKey(tx, "k", nil, ident.ID{}); return err }), "staff.scope_unknown")
	})
}
