package console

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"joren/internal/audience"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/ident"
	"joren/internal/label"
	"joren/internal/segment"
	"joren/internal/session"
	"joren/internal/staff"
	"joren/internal/ui"
)

// segmentForm is the editor: a segment's answers and what they come to.
type segmentForm struct {
	s     *scene
	id    string // of the one that is changed; "" for a new one
	f     ui.Form
	trial *trialPart
	words []vocabulary // what conditions may speak of
}

// trialPart is what a definition would come to, or why that cannot be said.
type trialPart struct {
	s      *scene
	says   []string // the definition in words
	counts string
	wrong  []string
	people []owner
}

// vocabulary is a group of names for conditions.
type vocabulary struct{ name, fields string }

func (c *Console) newSegment(w http.ResponseWriter, r *http.Request) error {
	return c.segmentEditor(w, r, http.StatusOK, &segmentForm{f: ui.Form{Values: url.Values{}}})
}

func (c *Console) editSegment(w http.ResponseWriter, r *http.Request) error {
	p := &segmentForm{id: r.PathValue("id")}
	err := c.read(r, func(tx *db.Tx) error {
		x, err := segment.Get(tx, p.id)
		p.f.Values = answersOf(x)
		return err
	})
	if err != nil {
		return err
	}
	return c.segmentEditor(w, r, http.StatusOK, p)
}

// answersOf are the form's values of a stored segment.
func answersOf(x segment.Segment) url.Values {
	d := &x.Definition
	v := url.Values{"id": {x.ID}, "name_ja": {x.Name.JA}, "name_en": {x.Name.EN}, "when": {d.When}, "seen": {strconv.FormatInt(x.Version, 10)}}
	for _, c := range []struct {
		name    string
		classes []int
	}{{"recency", d.Recency}, {"frequency", d.Frequency}, {"money", d.Money}} {
		for _, k := range c.classes {
			v.Add(c.name, strconv.Itoa(k))
		}
	}
	for _, st := range d.Stages {
		v.Add("stages", string(st))
	}
	if d.Score != nil {
		v.Set("score_from", strconv.Itoa(d.Score.From))
		v.Set("score_to", strconv.Itoa(d.Score.To))
	}
	return v
}

// segmentAnswers are the names of the form's values.
var segmentAnswers = []string{"id", "name_ja", "name_en", "recency", "frequency", "money", "stages", "score_from", "score_to", "when"}

// segmentIn reads a segment from the form's values. What is no number is -1,
// which the segment's check refuses in place.
func segmentIn(v url.Values) segment.Segment {
	x := segment.Segment{ID: strings.TrimSpace(v.Get("id")), Name: label.Text{JA: strings.TrimSpace(v.Get("name_ja")), EN: strings.TrimSpace(v.Get("name_en"))}}
	d := &x.Definition
	d.Recency, d.Frequency, d.Money = numbersIn(v["recency"]), numbersIn(v["frequency"]), numbersIn(v["money"])
	for _, st := range chosen(v["stages"]) {
		d.Stages = append(d.Stages, segment.Stage(st))
	}
	from, to := strings.TrimSpace(v.Get("score_from")), strings.TrimSpace(v.Get("score_to"))
	if from != "" || to != "" {
		d.Score = &segment.Band{From: numberIn(from, 0), To: numberIn(to, 100)}
	}
	d.When = strings.TrimSpace(strings.ReplaceAll(v.Get("when"), "\r\n", "\n"))
	return x
}

func numberIn(s string, none int) int {
	if s == "" {
		return none
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}

func numbersIn(list []string) (out []int) {
	for _, s := range chosen(list) {
		out = append(out, numberIn(s, -1))
	}
	return out
}

// chosen leaves out what is empty: it asks for nothing.
func chosen(list []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == "" })
}

func (c *Console) segmentEditor(w http.ResponseWriter, r *http.Request, status int, p *segmentForm) error {
	err := c.read(r, func(tx *db.Tx) (err error) {
		if p.s, err = c.scene(r, tx); err != nil {
			return err
		}
		k, err := c.Audience.Known(tx)
		p.words = vocabularies(p.s, k)
		return err
	})
	if err != nil {
		return err
	}
	return ui.Render(w, r, status, segmentEditView(*p))
}

// vocabularies lists what conditions of segments may name.
func vocabularies(s *scene, k *audience.Known) []vocabulary {
	out := []vocabulary{
		{s.t("segment.words.stats"), "stats.visits, stats.orders, stats.spend, stats.first_on, stats.last_on, stats.days_since_last, stats.avg_interval"},
		{s.t("segment.words.member"), "member.tier, member.age, member.gender, member.area, member.joined_on, member.days_since_joining, member.join_store, member.join_source, member.birthday, member.is_birthday_month, member.is_birthday"},
		{s.t("segment.words.product"), "stats.product('…').count, .last, .interval"},
	}
	var attrs []string
	for _, a := range sortedNames(k.Words.Attributes) {
		attrs = append(attrs, "member.attr."+a)
	}
	if len(attrs) > 0 {
		out = append(out, vocabulary{s.t("segment.words.attributes"), strings.Join(attrs, ", ")})
	}
	if len(k.Words.Kinds) > 0 {
		out = append(out, vocabulary{s.t("segment.words.events"), "stats.event('" + strings.Join(k.Words.Kinds, "' | '") + "').count, .last"})
	}
	if ids := k.Set.IDs(); len(ids) > 0 {
		out = append(out, vocabulary{s.t("segment.words.segments"), "member.in_segment('" + strings.Join(ids, "' | '") + "')"})
	}
	return append(out, vocabulary{s.t("segment.words.now"), "now.date, now.year, now.month, now.day, now.weekday, date('2026-12-24')"})
}

// addSegment stores a new segment, switches it on when asked to, or only
// counts.
func (c *Console) addSegment(w http.ResponseWriter, r *http.Request) error {
	return c.keepSegment(w, r, "", func(tx *db.Tx, x segment.Segment) (segment.Segment, error) {
		s, err := c.Audience.Create(tx, x)
		if err == nil && r.PostForm.Get("do") == "on" {
			s, err = c.Audience.Turn(tx, s.ID, segment.Active, s.Version)
		}
		return s, err
	})
}

func (c *Console) saveSegment(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	return c.keepSegment(w, r, id, func(tx *db.Tx, x segment.Segment) (segment.Segment, error) {
		x.ID = id
		seen := madeFrom(r.PostForm, "seen")
		s, err := c.Audience.Change(tx, x, seen)
		if err == nil && s.Version == seen {
			err = errSame
		}
		return s, err
	})
}

func (c *Console) keepSegment(w http.ResponseWriter, r *http.Request, id string, store func(*db.Tx, segment.Segment) (segment.Segment, error)) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	if id != "" {
		r.PostForm.Set("id", id)
	}
	x := segmentIn(r.PostForm)
	if r.PostForm.Get("do") == "count" {
		p := &segmentForm{id: id, f: ui.Form{Values: r.PostForm}}
		var err error
		if p.trial, err = c.tried(r, x); err != nil {
			return err
		}
		return c.segmentEditor(w, r, http.StatusOK, p)
	}
	err := c.write(r, func(tx *db.Tx) (err error) {
		if x, err = store(tx, x); err != nil {
			return err
		}
		return segmentEntry(r, tx, "segment.saved", x)
	})
	if fault.Is(err, "segment.changed") {
		return c.segmentOvertaken(w, r, id)
	}
	if correctable(err) {
		return c.segmentEditor(w, r, session.Status(fault.Of(err).Kind), &segmentForm{id: id, f: ui.NewForm(lang(r), r.PostForm, err)})
	}
	if err == nil && x.State == segment.Active {
		return c.settled(w, r, x.ID, "segment.saved")
	}
	return saved(w, r, err, "segment.saved", segmentURL(x.ID))
}

// segmentOvertaken shows a segment as it was sent beside what somebody else
// saved first.
func (c *Console) segmentOvertaken(w http.ResponseWriter, r *http.Request, id string) error {
	p := &segmentForm{id: id}
	var x segment.Segment
	err := c.read(r, func(tx *db.Tx) (err error) {
		if p.s, err = c.scene(r, tx); err == nil {
			x, err = segment.Get(tx, id)
		}
		return err
	})
	if err != nil {
		return err
	}
	now := ui.Recorded{Values: answersOf(x), Sent: answersOf(segmentIn(r.PostForm)), Version: "seen", Reopen: segmentURL(id) + "/edit"}
	p.f = now.Meet(r.PostForm, p.fields()...)
	return c.segmentEditor(w, r, http.StatusConflict, p)
}

// previewSegment answers the editor's script: what its fields come to.
func (c *Console) previewSegment(w http.ResponseWriter, r *http.Request) error {
	t, err := c.tried(r, segmentIn(c.answers(r, segmentAnswers...)))
	if err != nil {
		return err
	}
	status := http.StatusOK
	if len(t.wrong) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return ui.Render(w, r, status, trialView(*t))
}

// tried counts a definition. Its names need not be filled in yet.
func (c *Console) tried(r *http.Request, x segment.Segment) (*trialPart, error) {
	if !segment.IDForm.MatchString(x.ID) {
		x.ID = "trial"
	}
	x.Name = audience.Unnamed
	p := &trialPart{}
	if err := c.read(r, func(tx *db.Tx) (err error) { p.s, err = c.scene(r, tx); return err }); err != nil {
		return nil, err
	}
	if len(x.Definition.Kinds()) == 0 {
		p.counts = p.s.t("segment.trial.empty")
		return p, nil
	}
	t, err := c.Audience.Try(r.Context(), x)
	if f := fault.Of(err); f != nil && f.Code == "segment.invalid" {
		for _, e := range f.Fields {
			p.wrong = append(p.wrong, i18n.Fault(p.s.lang, e.Code, e.Args))
		}
		return p, nil
	}
	if err != nil {
		return nil, err
	}
	p.says, p.counts = p.s.says().Explain(&x.Definition), audience.Say(p.s.lang, t)
	return p, c.read(r, func(tx *db.Tx) error {
		p.people = make([]owner, len(t.Samples))
		var people map[ident.ID]owner
		if can(r, staff.MembersView) {
			var err error
			if people, err = c.owners(tx, p.s, t.Samples); err != nil {
				return err
			}
		}
		for i, id := range t.Samples {
			p.people[i] = owner{name: veiled(id)}
			if o, ok := people[id]; ok {
				p.people[i] = o
			}
		}
		return nil
	})
}

func (p segmentForm) meta(context.Context) ui.Meta {
	m := p.s.segmentMeta(p.s.t("segment.new"), p.s.t("segment.edit_lead"), ui.Link{})
	if p.id != "" {
		m = p.s.segmentMeta(p.s.t("segment.edit_title", "name", p.name()), p.s.t("segment.edit_lead"), ui.Link{}, ui.Link{Label: p.name(), Href: segmentURL(p.id)})
	}
	m.Errors, m.Overtaken, m.Wide = p.f.Errors, p.f.Overtaken, false
	return m
}

// name is the segment's in the reader's language, else in the other.
func (p segmentForm) name() string {
	return label.Text{JA: p.f.Value("name_ja"), EN: p.f.Value("name_en")}.In(p.s.lang)
}

func (p segmentForm) action() string {
	if p.id == "" {
		return "/segments/new"
	}
	return segmentURL(p.id) + "/edit"
}

// fields are the form's in their order, but for the id.
func (p segmentForm) fields() []ui.Field {
	return []ui.Field{p.nameIn("ja"), p.nameIn("en"), p.stages(), p.classes("recency"), p.classes("frequency"), p.classes("money"), p.score("from"), p.score("to"), p.when()}
}

// nameIn is the name in a language.
func (p segmentForm) nameIn(lang string) ui.Field {
	return p.f.Field("name_"+lang, p.s.t("segment.name_"+lang))
}

// classes is a choice of fifths.
func (p segmentForm) classes(name string) ui.Field {
	var opts []ui.Option
	for k := segment.Classes; k >= 1; k-- {
		opts = append(opts, ui.Option{Value: strconv.Itoa(k), Label: p.s.t("segment." + name + "_" + strconv.Itoa(k))})
	}
	return p.f.Choice(name, p.s.t("segment."+name), opts...)
}

func (p segmentForm) stages() ui.Field {
	var opts []ui.Option
	for _, st := range segment.Stages {
		opts = append(opts, ui.Option{Value: string(st), Label: segment.StageName(p.s.lang, st), Hint: p.s.t("segment.stage_why." + string(st))})
	}
	return p.f.Choice("stages", p.s.t("segment.lifecycle"), opts...)
}

// when is the condition's field with all that is wrong in it.
func (p segmentForm) when() ui.Field {
	d := p.f.Field("when", p.s.t("segment.when")).Say(p.s.t("segment.when_hint"))
	var all []string
	for _, e := range p.f.Errors {
		if e.Name == "when" {
			all = append(all, e.Text)
		}
	}
	d.Error, d.Rows = strings.Join(all, " / "), 4
	return d
}

// score is an end of the band of scores.
func (p segmentForm) score(end string) ui.Field {
	d := p.f.Field("score_"+end, p.s.t("segment.score_"+end))
	d.InputMode, d.Width, d.Autocomplete = "numeric", "short", "off"
	return d
}

func (p segmentForm) buttons() []ui.Button {
	out := []ui.Button{{Label: p.s.t("ui.save"), Name: "do", Value: "save"}}
	if p.id == "" {
		out = []ui.Button{{Label: p.s.t("segment.save_on"), Name: "do", Value: "on"}, {Label: p.s.t("segment.save_draft"), Kind: "secondary", Name: "do", Value: "save"}}
	}
	back := "/segments"
	if p.id != "" {
		back = segmentURL(p.id)
	}
	return append(out, ui.Button{Label: p.s.t("segment.count"), Kind: "secondary", Name: "do", Value: "count"}, ui.Button{Label: p.s.t("ui.cancel"), Kind: "text", Href: back})
}
