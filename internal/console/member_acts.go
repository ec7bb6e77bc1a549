package console

import (
	"net/http"
	"slices"

	"joren/internal/audit"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/member"
	"joren/internal/session"
	"joren/internal/ui"
)

// act changes one thing of a member's record and comes back to her page; what
// refuses it is said there.
func (c *Console) act(w http.ResponseWriter, r *http.Request, action, done string, do func(tx *db.Tx, id ident.ID) (audit.Values, error)) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	id, err := asked(r)
	if err != nil {
		return err
	}
	err = c.write(r, func(tx *db.Tx) error {
		after, err := do(tx, id)
		if err != nil {
			return err
		}
		e := session.Entry(r, action, "member", id)
		e.After = after
		return audit.Append(tx, e)
	})
	switch {
	case shown(err):
		ui.Flash(w, "bad", "fault."+fault.Of(err).Code)
	case err != nil:
		return err
	default:
		ui.Flash(w, "good", done)
	}
	return see(w, r, memberURL(id))
}

func (c *Console) addCard(w http.ResponseWriter, r *http.Request) error {
	return c.act(w, r, "member.card_added", "console.card.added", func(tx *db.Tx, id ident.ID) (audit.Values, error) {
		return nil, c.Members.AddCard(tx, id, r.PostForm.Get("card"))
	})
}

func (c *Console) loseCard(w http.ResponseWriter, r *http.Request) error {
	return c.act(w, r, "member.card_lost", "console.card.lost", func(tx *db.Tx, id ident.ID) (audit.Values, error) {
		_, err := c.Members.LoseCard(tx, id, r.PostForm.Get("card"))
		return nil, err
	})
}

// declare records that a member gives or takes back her consent to
// advertising on a channel.
func (c *Console) declare(w http.ResponseWriter, r *http.Request) error {
	return c.act(w, r, "member.consent", "console.consent.saved", func(tx *db.Tx, id ident.ID) (audit.Values, error) {
		x := member.Consent{Purpose: r.PostForm.Get("purpose"), Channel: r.PostForm.Get("channel"), Given: r.PostForm.Get("given") == "yes",
			Source: "console", At: tx.Now, Evidence: session.RequestID(r.Context())}
		if !slices.Contains(consentChannels, x.Channel) {
			return nil, fault.New(fault.Invalid, "consent.invalid")
		}
		if x.Given {
			x.Wording = consentWording
		}
		return audit.Values{"purpose": x.Purpose, "channel": x.Channel, "given": x.Given}, c.People.Declare(tx, id, x)
	})
}
