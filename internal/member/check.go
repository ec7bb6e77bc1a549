package member

import (
	"maps"
	"slices"
	"strings"

	"joren/internal/clock"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/text"
)

// Fields are the personal fields as people and files write them. nil leaves a
// field alone, "" empties it.
type Fields struct {
	Name          *string              `json:"name,omitempty"`
	NameKana      *string              `json:"name_kana,omitempty"`
	Phone         *string              `json:"phone,omitempty"`
	Email         *string              `json:"email,omitempty"`
	Birthday      *string              `json:"birthday,omitempty"` // a date, or MM-DD when she keeps the year to herself
	Gender        *string              `json:"gender,omitempty"`
	PostCode      *string              `json:"post_code,omitempty"`
	Area          *string              `json:"area,omitempty"`
	Address       *string              `json:"address,omitempty"`
	Memo          *string              `json:"memo,omitempty"`
	Anniversaries *[]AnniversaryFields `json:"anniversaries,omitempty"`
	Attributes    map[string]any       `json:"attributes,omitempty"`   // null takes a value away
	ExternalIDs   IDs                  `json:"external_ids,omitempty"` // "" takes one away
}

// AnniversaryFields is an anniversary as written.
type AnniversaryFields struct {
	Name string `json:"name"`
	On   string `json:"on"` // a date or MM-DD
}

// Input is a request to enrol; the JSON of POST /v1/members.
type Input struct {
	Fields
	Card       string `json:"card,omitempty"` // "" makes a member number
	JoinedOn   string `json:"joined_on,omitempty"`
	JoinStore  string `json:"join_store,omitempty"`
	JoinSource string `json:"join_source,omitempty"`
}

// Newcomer is a checked request to enrol.
type Newcomer struct {
	ID         ident.ID // zero: one is made
	Person     Person
	Card       string
	JoinedOn   clock.Day
	JoinStore  string
	JoinSource string
	Imported   string // see [Member]
	Rejoined   bool
}

// Lengths in characters.
const (
	maxName     = 200
	maxAddress  = 400
	maxMemo     = 4000
	maxWord     = 64
	oldest      = 130 // years
	maxPerList  = 20  // anniversaries, external ids
	unknownYear = 1
)

// Check reads an enrolment, today being the shop's day; what is wrong comes
// all at once. Fault: member.invalid with fields.
func (in Input) Check(s Schema, today clock.Day) (Newcomer, error) {
	c := checker{schema: s, today: today}
	n := Newcomer{JoinedOn: today, JoinStore: c.word("join_store", in.JoinStore, maxWord), JoinSource: c.word("join_source", in.JoinSource, maxWord)}
	c.fields(&n.Person, in.Fields)
	if n.Person.Birthday != 0 {
		n.Person.BirthdaySetOn = today
	}
	if in.Card != "" {
		if n.Card = Card(in.Card); n.Card == "" {
			c.bad("card", "card.invalid")
		}
	}
	if in.JoinedOn != "" {
		d, err := text.Day(in.JoinedOn)
		n.JoinedOn = d
		c.take("joined_on", err)
		if d > today {
			c.bad("joined_on", "date.future")
		}
	}
	return n, wrongs("member.invalid", c.wrong)
}

// On is what p would say after a change. Fault: member.invalid with the fields
// that cannot be had; the others are as they would be.
func (f Fields) On(p Person, s Schema, today clock.Day) (Person, error) { return f.apply(p, s, today) }

// apply reads a change into a copy of p. Faults: member.invalid with fields;
// among them birthday.too_soon when she changed it within twelve months.
func (f Fields) apply(p Person, s Schema, today clock.Day) (Person, error) {
	c := checker{schema: s, today: today}
	before := p.Birthday
	p.Attributes, p.ExternalIDs = maps.Clone(p.Attributes), maps.Clone(p.ExternalIDs)
	c.fields(&p, f)
	if p.Birthday != before && len(c.wrong) == 0 {
		// A birthday given for the first time is no change; one taken away is.
		if before != 0 && p.BirthdaySetOn != 0 && today < p.BirthdaySetOn.AddMonths(12) {
			c.bad("birthday", "birthday.too_soon", "from", p.BirthdaySetOn.AddMonths(12))
		}
		p.BirthdaySetOn = today
	}
	return p, wrongs("member.invalid", c.wrong)
}

// checker gathers what is wrong.
type checker struct {
	schema Schema
	today  clock.Day
	wrong  []fault.Field
}

func (c *checker) bad(path, code string, args ...any) {
	c.wrong = append(c.wrong, fault.At(path, code, args...))
}

func (c *checker) take(path string, err error) {
	if err != nil {
		c.bad(path, fault.Of(err).Code)
	}
}

func (c *checker) word(path, s string, most int) string {
	s = text.Clean(s)
	if len([]rune(s)) > most {
		c.bad(path, "field.too_long", "max", most)
	}
	return s
}

// set gives dst what v says, read by f.
func (c *checker) set(dst *string, v *string, path string, f func(string) (string, error)) {
	switch {
	case v == nil:
	case text.Clean(*v) == "":
		*dst = ""
	default:
		s, err := f(*v)
		c.take(path, err)
		*dst = s
	}
}

func (c *checker) words(dst *string, v *string, path string, most int) {
	if v != nil {
		*dst = c.word(path, *v, most)
	}
}

func (c *checker) fields(p *Person, f Fields) {
	c.words(&p.Name, f.Name, "name", maxName)
	c.set(&p.NameKana, f.NameKana, "name_kana", c.reading)
	c.set(&p.Phone, f.Phone, "phone", text.Phone)
	c.set(&p.Email, f.Email, "email", text.Email)
	c.set(&p.PostCode, f.PostCode, "post_code", text.PostCode)
	c.words(&p.Area, f.Area, "area", maxWord)
	c.words(&p.Address, f.Address, "address", maxAddress)
	if f.Memo != nil {
		p.Memo = strings.TrimSpace(*f.Memo) // lines are kept
		if len([]rune(p.Memo)) > maxMemo {
			c.bad("memo", "field.too_long", "max", maxMemo)
		}
	}
	c.gender(p, f.Gender)
	if f.Birthday != nil {
		p.Birthday = c.day("birthday", *f.Birthday)
		if y, _, _ := p.Birthday.Date(); p.Birthday > c.today || y > leapUnknown && p.Birthday < c.today.AddMonths(-12*oldest) {
			c.bad("birthday", "birthday.unlikely")
		}
	}
	c.anniversaries(p, f.Anniversaries)
	var wrong []fault.Field
	p.Attributes, wrong = c.schema.read(f.Attributes, p.Attributes)
	c.wrong = append(c.wrong, wrong...)
	c.externals(p, f.ExternalIDs)
}

func (c *checker) reading(s string) (string, error) {
	s = text.Reading(s)
	if !text.IsReading(s) {
		return "", fault.New(fault.Invalid, "name_kana.invalid")
	}
	if len([]rune(s)) > maxName {
		return "", fault.New(fault.Invalid, "field.too_long")
	}
	return s, nil
}

// day reads a date, or a month and day (02-28, 2/28, 2月28日) with year 1.
func (c *checker) day(path, s string) clock.Day {
	if text.Clean(s) == "" {
		return 0
	}
	d, err := text.Day(s)
	if err == nil {
		return d
	}
	md := strings.TrimPrefix(strings.TrimPrefix(text.Clean(s), "-"), "-")
	// Read in a leap year, so that 29 February passes.
	for _, form := range []string{"2000-" + md, "2000/" + md, "2000年" + md} {
		if x, e := text.Day(form); e == nil {
			_, m, dd := x.Date()
			// Year 1 has no 29 February; year 4 is the next leap year and
			// stands for "unknown" as well.
			if m == 2 && dd == 29 {
				return clock.Date(leapUnknown, m, dd)
			}
			return clock.Date(unknownYear, m, dd)
		}
	}
	c.take(path, err)
	return 0
}

// leapUnknown is the unknown year of a 29 February.
const leapUnknown = 4

func (c *checker) gender(p *Person, v *string) {
	if v == nil {
		return
	}
	switch strings.TrimSuffix(foldID(*v), "性") {
	case "", "無回答", "回答しない", "不明", "unknown", "none":
		p.Gender = ""
	case "female", "f", "女", "woman":
		p.Gender = Female
	case "male", "m", "男", "man":
		p.Gender = Male
	case "other", "その他", "x":
		p.Gender = Other
	default:
		c.bad("gender", "gender.unknown")
	}
}

func (c *checker) anniversaries(p *Person, v *[]AnniversaryFields) {
	if v == nil {
		return
	}
	p.Anniversaries = nil
	if len(*v) > maxPerList {
		c.bad("anniversaries", "field.too_many", "max", maxPerList)
		return
	}
	for _, a := range *v {
		if text.Clean(a.On) == "" {
			c.bad("anniversaries", "date.empty")
			continue
		}
		d := c.day("anniversaries", a.On)
		if d == 0 { // told already
			continue
		}
		p.Anniversaries = append(p.Anniversaries, Anniversary{c.word("anniversaries", a.Name, maxWord), d})
	}
}

func (c *checker) externals(p *Person, ids IDs) {
	for _, source := range slices.Sorted(maps.Keys(ids)) {
		id := text.Clean(text.Cell(ids[source]))
		path := "external_ids." + source
		switch {
		case text.Clean(source) != source || source == "" || len(source) > maxWord || len(id) > maxWord:
			c.bad(path, "external_id.invalid")
		case id == "":
			delete(p.ExternalIDs, source)
		default:
			if p.ExternalIDs == nil {
				p.ExternalIDs = IDs{}
			}
			p.ExternalIDs[source] = id
		}
	}
	if len(p.ExternalIDs) > maxPerList {
		c.bad("external_ids", "field.too_many", "max", maxPerList)
	}
}
