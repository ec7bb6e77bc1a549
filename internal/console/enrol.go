package console

import (
	"net/http"
	"net/url"

	"joren/internal/audit"
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/member"
	"joren/internal/people"
	"joren/internal/session"
	"joren/internal/ui"
)

// consentWording names the text that staff read out when they ask for
// consent, console.consent.ask; a new text gets a new number.
const consentWording = "console-1"

var consentChannels = []string{"mail", "sms", "phone", "post"}

func (c *Console) enrolPage(w http.ResponseWriter, r *http.Request) error {
	return c.showEnrol(w, r, http.StatusOK, url.Values{}, nil, nil)
}

func (c *Console) showEnrol(w http.ResponseWriter, r *http.Request, status int, values url.Values, refused error, twins []member.Twin) error {
	var s *scene
	var f memberForm
	err := c.read(r, func(tx *db.Tx) (err error) {
		if s, err = c.scene(r, tx); err != nil {
			return err
		}
		if f, err = c.readMemberForm(r, tx, s, values); err != nil {
			return err
		}
		f.twins, err = c.twins(tx, s, twins)
		return err
	})
	if err != nil {
		return err
	}
	f.Form = ui.NewForm(s.lang, values, refused)
	return ui.Render(w, r, status, enrolView(s, f))
}

func (c *Console) twins(tx *db.Tx, s *scene, list []member.Twin) ([]twin, error) {
	var out []twin
	for _, t := range list {
		p, err := c.Members.Person(tx, t.Member.ID)
		if err != nil && !fault.Is(err, "member.erased") {
			return nil, err
		}
		by := ""
		for i, x := range t.By {
			if i > 0 {
				by += s.t("console.and")
			}
			by += s.t("console.twin." + x)
		}
		out = append(out, twin{s.name(t.Member, p), t.Member.Card, memberURL(t.Member.ID), by})
	}
	return out, nil
}

// enrol writes a new member. Who may be a member already is shown first; the
// form then says whether it is another person.
func (c *Console) enrol(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	var made people.Enrolled
	var twins []member.Twin
	err := c.write(r, func(tx *db.Tx) error {
		twins = nil
		req, err := c.enrolment(r, tx)
		if err != nil {
			return err
		}
		if r.PostForm.Get("another") != "yes" {
			found, err := c.Members.Twins(tx, []member.Newcomer{req.Newcomer})
			if err != nil {
				return err
			}
			if twins = found[0]; len(twins) > 0 {
				return fault.New(fault.Conflict, "console.twin")
			}
		}
		all, err := c.People.Enrol(tx, people.Present, []people.Request{req})
		if err != nil {
			return err
		}
		if made = all[0]; made.Err != nil || made.Known {
			return made.Err
		}
		e := session.Entry(r, "member.enrolled", "member", made.Member.ID)
		e.After = audit.Values{"store": made.Member.JoinStore, "rejoined": made.Member.Rejoined, "consents": len(req.Consents)}
		return audit.Append(tx, e)
	})
	switch {
	case fault.Is(err, "console.twin"):
		return c.showEnrol(w, r, http.StatusConflict, r.PostForm, nil, twins)
	case shown(err):
		return c.showEnrol(w, r, session.Status(fault.Of(err).Kind), r.PostForm, err, nil)
	case err != nil:
		return err
	case made.Known:
		ui.Flash(w, "info", "console.member.known")
	default:
		ui.Flash(w, "good", "console.member.enrolled", "card", made.Member.Card)
	}
	return see(w, r, memberURL(made.Member.ID))
}

// shown reports a fault that belongs on the form that caused it.
func shown(err error) bool {
	if err == nil {
		return false
	}
	k := fault.Of(err).Kind
	return k == fault.Invalid || k == fault.Conflict
}

// enrolment reads the form; what is wrong comes all at once.
func (c *Console) enrolment(r *http.Request, tx *db.Tx) (people.Request, error) {
	f := r.PostForm
	schema, err := c.Members.Schema(tx)
	if err != nil {
		return people.Request{}, err
	}
	s, err := c.scene(r, tx)
	if err != nil {
		return people.Request{}, err
	}
	in := member.Input{Fields: fieldsOf(f, schema), Card: f.Get("card"), JoinedOn: f.Get("joined_on"), JoinStore: f.Get("join_store"), JoinSource: "console"}
	n, err := in.Check(schema, s.today)
	req := people.Request{Newcomer: n, Consents: consentsOf(f["consent"], tx.Now, session.RequestID(r.Context()))}
	return req, checkMember(f, err)
}

// consentsOf are the consents ticked, evidenced by the request that recorded
// them.
func consentsOf(channels []string, at clock.Instant, evidence string) []member.Consent {
	var out []member.Consent
	for _, ch := range channels {
		out = append(out, member.Consent{Purpose: "advertising", Channel: ch, Given: true, Wording: consentWording, Source: "console", At: at, Evidence: evidence})
	}
	return out
}
