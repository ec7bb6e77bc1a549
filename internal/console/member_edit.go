package console

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"joren/internal/audit"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/member"
	"joren/internal/session"
	"joren/internal/ui"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// memberHead is a member as the head of her pages names her.
type memberHead struct {
	member.Member
	name string
}

func (m memberHead) url() string { return memberURL(m.ID) }

// lead names her below a title: who has no name is known by her number alone.
func (m memberHead) lead() string {
	if m.name == m.Card {
		return m.name
	}
	return m.name + " " + m.Card
}

// crumbs lead from the members to her page.
func (m memberHead) crumbs(s *scene) []ui.Link {
	return []ui.Link{{Label: s.t("ui.word.members"), Href: "/members"}, {Label: m.name, Href: m.url()}}
}

// asked is the member a path names: member.unknown.
func asked(r *http.Request) (ident.ID, error) {
	id, err := ident.Member.Parse(r.PathValue("id"))
	if err != nil {
		return id, fault.New(fault.NotFound, "member.unknown")
	}
	return id, nil
}

// head reads the member a path names with her particulars, which are empty
// once she was erased.
func (c *Console) head(r *http.Request, tx *db.Tx, s *scene) (m memberHead, p member.Person, err error) {
	id, err := asked(r)
	if err != nil {
		return m, p, err
	}
	if m.Member, err = c.Members.Get(tx, id); err != nil {
		return m, p, err
	}
	p, err = c.Members.Person(tx, id)
	if fault.Is(err, "member.erased") {
		err = nil
	}
	m.name = s.name(m.Member, p)
	return m, p, err
}

func (c *Console) editPage(w http.ResponseWriter, r *http.Request) error {
	return c.showEdit(w, r, http.StatusOK, nil, nil)
}

// showEdit shows the form with what was sent, or else what is recorded.
func (c *Console) showEdit(w http.ResponseWriter, r *http.Request, status int, sent url.Values, refused error) error {
	var s *scene
	var f memberForm
	var m memberHead
	err := c.read(r, func(tx *db.Tx) (err error) {
		var p member.Person
		if s, err = c.scene(r, tx); err != nil {
			return err
		}
		if m, p, err = c.head(r, tx, s); err != nil {
			return err
		}
		values := sent
		if values == nil {
			values = valuesOf(p)
			values.Set("version", itoa(m.Version))
		}
		if f, err = c.readMemberForm(r, tx, s, values); err != nil {
			return err
		}
		f.Form = ui.NewForm(s.lang, values, refused)
		if fault.Is(refused, "member.changed") {
			f.Form = f.overtaken(s, m, p, sent)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return ui.Render(w, r, status, editView(s, f, m))
}

// edit changes particulars. The audit log learns which fields were touched,
// never what they say.
func (c *Console) edit(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	id, err := asked(r)
	if err != nil {
		return err
	}
	err = c.write(r, func(tx *db.Tx) error {
		schema, err := c.Members.Schema(tx)
		if err != nil {
			return err
		}
		before, err := c.Members.Person(tx, id)
		if err != nil {
			return err
		}
		m, err := c.People.Update(tx, id, fieldsOf(r.PostForm, schema), madeFrom(r.PostForm, "version"))
		if err = checkMember(r.PostForm, err); err != nil {
			return err
		}
		after, err := c.Members.Person(tx, id)
		if err != nil {
			return err
		}
		fields := touched(before, after)
		if len(fields) == 0 {
			return errSame
		}
		e := session.Entry(r, "member.changed", "member", id)
		e.After = audit.Values{"fields": fields, "version": m.Version}
		return audit.Append(tx, e)
	})
	if shown(err) {
		return c.showEdit(w, r, session.Status(fault.Of(err).Kind), r.PostForm, err)
	}
	return saved(w, r, err, "console.member.saved", memberURL(id))
}

// touched names the fields in which two records differ.
func touched(a, b member.Person) []string {
	x, y := valuesOf(a), valuesOf(b)
	out := []string{}
	for k := range x {
		if x.Get(k) != y.Get(k) {
			out = append(out, k)
		}
	}
	for k := range y {
		if !x.Has(k) {
			out = append(out, k)
		}
	}
	if !maps.Equal(a.ExternalIDs, b.ExternalIDs) {
		out = append(out, "external_ids")
	}
	slices.Sort(out)
	return out
}

// overtaken is the form as it was sent beside what somebody else recorded first.
func (f memberForm) overtaken(s *scene, m memberHead, p member.Person, sent url.Values) ui.Form {
	now := ui.Recorded{Values: valuesOf(p), Sent: f.meant(s, p, sent), Version: "version", Reopen: m.url() + "/edit"}
	now.Values.Set("version", itoa(m.Version))
	now.Values.Set("external_id", p.ExternalIDs[sourceOf(sent)])
	var fields []ui.Field
	for _, g := range f.groups(s) {
		fields = append(fields, g.fields...)
	}
	return now.Meet(sent, fields...)
}

// meant is what was sent as it would be recorded; what cannot be stays as it
// was sent.
func (f memberForm) meant(s *scene, p member.Person, sent url.Values) url.Values {
	is, err := fieldsOf(sent, f.schema).On(p, f.schema, s.today)
	v := valuesOf(is)
	v.Set("external_id", is.ExternalIDs[sourceOf(sent)])
	if err != nil {
		for _, x := range fault.Of(checkMember(sent, err)).Fields {
			name, _, _ := strings.Cut(x.Path, "[")
			v[name] = sent[name]
		}
	}
	return v
}
