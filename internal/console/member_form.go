package console

import (
	"net/http"
	"net/url"
	"strings"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/member"
	"joren/internal/rules"
	"joren/internal/text"
	"joren/internal/ui"
)

// memberForm is the form of a member's particulars, for enrolling and for
// changing them.
type memberForm struct {
	ui.Form
	schema member.Schema
	stores []ui.Option
	twins  []twin // perhaps the same person
}

// twin is a member who may be the same person, with what they share.
type twin struct {
	name, number, href, by string
}

// fieldsOf reads the particulars from a form; every field of the form is
// meant, an empty one empties it.
func fieldsOf(f url.Values, schema member.Schema) member.Fields {
	get := func(name string) *string { v := f.Get(name); return &v }
	x := member.Fields{Name: get("name"), NameKana: get("name_kana"), Phone: get("phone"), Email: get("email"), Birthday: get("birthday"), Gender: get("gender"),
		PostCode: get("post_code"), Area: get("area"), Address: get("address"), Memo: get("memo")}
	days := anniversaries(f.Get("anniversaries"))
	x.Anniversaries = &days
	if len(schema) > 0 {
		x.Attributes = map[string]any{}
	}
	for _, a := range schema {
		x.Attributes[a.ID] = f.Get("attributes." + a.ID)
	}
	if s, id := sourceOf(f), strings.TrimSpace(f.Get("external_id")); s != "" || id != "" {
		x.ExternalIDs = member.IDs{s: id}
	}
	return x
}

// sourceOf is the shop system whose number the form gives.
func sourceOf(f url.Values) string { return strings.TrimSpace(f.Get("external_source")) }

// anniversaries reads one a line: a date, then what it is.
func anniversaries(s string) []member.AnniversaryFields {
	out := []member.AnniversaryFields{}
	for line := range strings.Lines(s) {
		line = strings.TrimSpace(strings.ReplaceAll(line, "\u3000", " "))
		if line == "" {
			continue
		}
		on, name, _ := strings.Cut(line, " ")
		out = append(out, member.AnniversaryFields{Name: strings.TrimSpace(name), On: on})
	}
	return out
}

// checkMember is what the console asks beyond what a record must have, with
// what package member found, all at once.
func checkMember(f url.Values, err error) error {
	var fields []fault.Field
	if text.Clean(f.Get("name")) == "" {
		fields = append(fields, fault.At("name", "console.name_missing"))
	}
	if err != nil {
		x := fault.Of(err)
		if x.Kind != fault.Invalid {
			return err
		}
		fields = append(fields, x.Fields...)
	}
	for i := range fields {
		if strings.HasPrefix(fields[i].Path, "external_ids") {
			fields[i].Path = "external_id"
		}
	}
	if len(fields) == 0 {
		return nil
	}
	return fault.New(fault.Invalid, "member.invalid").With(fields...)
}

// valuesOf fills the form from what is known of a member.
func valuesOf(p member.Person) url.Values {
	v := url.Values{}
	set := func(name, s string) { v.Set(name, s) }
	set("name", p.Name)
	set("name_kana", p.NameKana)
	set("phone", p.Phone)
	set("email", p.Email)
	set("birthday", partDay(p.Birthday))
	set("gender", string(p.Gender))
	set("post_code", p.PostCode)
	set("area", p.Area)
	set("address", p.Address)
	set("memo", p.Memo)
	var lines []string
	for _, a := range p.Anniversaries {
		lines = append(lines, partDay(a.On)+" "+a.Name)
	}
	set("anniversaries", strings.Join(lines, "\n"))
	for id, x := range p.Attributes {
		set("attributes."+id, attributeText(x))
	}
	return v
}

// partDay is a date as the form takes it; without a year that nobody knows.
func partDay(d clock.Day) string {
	if y, _, _ := d.Date(); d != 0 && y <= 4 {
		return d.String()[5:]
	}
	return d.String()
}

func attributeText(x any) string {
	switch v := x.(type) {
	case bool:
		if v {
			return "true"
		}
		return "false"
	case clock.Day:
		return v.String()
	case int64:
		return itoa(v)
	case string:
		return v
	}
	return ""
}

// readMemberForm reads what a form of particulars offers to choose from.
func (c *Console) readMemberForm(r *http.Request, tx *db.Tx, s *scene, values url.Values) (f memberForm, err error) {
	f.Values = values
	if f.schema, err = c.Members.Schema(tx); err != nil {
		return f, err
	}
	f.stores = s.options(values.Get("join_store"), "console.none", s.codes, s.store)
	return f, nil
}

// attribute is the field of an attribute the owner defined.
func (f memberForm) attribute(s *scene, a member.Attribute) ui.Field {
	d := f.Field("attributes."+a.ID, a.Name.In(s.lang))
	d.Width = "mid"
	switch a.Type {
	case rules.AttrInt:
		d.InputMode = "numeric"
	case rules.AttrBool:
		d.Options = s.options(d.Value, "console.unknown", []string{"true", "false"}, func(v string) string { return s.t("console." + v) })
	case rules.AttrChoice:
		d.Options = s.options(d.Value, "console.unknown", a.Choices, func(v string) string { return v })
	case rules.AttrDate:
		d.Hint = s.t("console.date_hint")
	}
	return d
}

// fieldGroup are fields under one question.
type fieldGroup struct {
	legend string
	fields []ui.Field
}

// groups are the fields of a member's particulars in their order.
func (f memberForm) groups(s *scene) []fieldGroup {
	field := func(name, key, hint, width string) ui.Field {
		d := f.Field(name, s.t("console.member."+key))
		if d.Width = width; hint != "" {
			d.Hint = s.t("console.member." + hint)
		}
		return d
	}
	more := make([]ui.Field, 0, len(f.schema)+4)
	for _, a := range f.schema {
		more = append(more, f.attribute(s, a))
	}
	return []fieldGroup{
		{s.t("console.member.person"), []ui.Field{field("name", "name", "name_hint", "").Must(), field("name_kana", "kana", "kana_hint", ""),
			field("birthday", "birthday", "birthday_hint", "mid"), genderField(s, f)}},
		{s.t("console.member.contact"), []ui.Field{field("phone", "phone", "phone_hint", "mid").Of("tel"), field("email", "email", "", "").Of("email"),
			field("post_code", "post_code", "", "short"), field("area", "area", "", "mid"), field("address", "address", "", "")}},
		{s.t("console.member.more_facts"), append(more, rows(field("anniversaries", "anniversaries", "anniversaries_hint", ""), 3),
			field("external_source", "external_source", "external_hint", "mid"), field("external_id", "external_id", "", "mid"), rows(field("memo", "memo", "memo_hint", ""), 4))},
	}
}
