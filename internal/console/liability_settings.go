package console

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"
	"golang.org/x/text/unicode/norm"

	"joren/internal/audit"
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/ident"
	"joren/internal/ledger"
	"joren/internal/liability"
	"joren/internal/plan"
	"joren/internal/session"
	"joren/internal/staff"
	"joren/internal/text"
	"joren/internal/ui"
)

// liabilityForms is how the shop keeps its points in the accounts: methods and
// names, and what is set by hand.
type liabilityForms struct {
	s       *scene
	set     liability.Settings
	methods ui.Form
	basis   ui.Form
	history []liability.Basis
	names   map[string]string
	mayEdit bool
}

func (c *Console) liabilitySettings(w http.ResponseWriter, r *http.Request) error {
	return c.showLiabilityForms(w, r, http.StatusOK, nil, nil)
}

// showLiabilityForms shows both forms; what was sent and refused stands in
// the one it was sent by.
func (c *Console) showLiabilityForms(w http.ResponseWriter, r *http.Request, status int, methods, basis *ui.Form) error {
	p := liabilityForms{mayEdit: can(r, staff.SettingsEdit)}
	err := c.read(r, func(tx *db.Tx) (err error) {
		if p.s, err = c.scene(r, tx); err != nil {
			return err
		}
		if p.set, err = liability.LoadSettings(tx); err != nil {
			return err
		}
		if p.history, err = liability.BasisHistory(tx, 50); err != nil {
			return err
		}
		p.names, err = staffNames(tx)
		return err
	})
	if err != nil {
		return err
	}
	p.methods, p.basis = ui.Form{Values: settingsValues(p.set)}, ui.Form{Values: url.Values{}}
	if methods != nil {
		p.methods = *methods
	}
	if basis != nil {
		p.basis = *basis
	}
	return ui.Render(w, r, status, liabilitySettingsView(p))
}

func settingsValues(s liability.Settings) url.Values {
	v := url.Values{"sale": {string(s.Sale)}, "gift": {string(s.Gift)}, "version": {itoa(s.Version)}}
	for _, a := range liability.Accounts {
		v.Set("accounts."+string(a), s.Name(a))
	}
	return v
}

// settingsAnswers is what the form says.
func settingsAnswers(p url.Values) liability.Settings {
	s := liability.Settings{Sale: liability.Method(p.Get("sale")), Gift: liability.Method(p.Get("gift")), Names: map[liability.Account]string{}, Reason: strings.TrimSpace(p.Get("reason"))}
	for _, a := range liability.Accounts {
		s.Names[a] = strings.TrimSpace(p.Get("accounts." + string(a)))
	}
	return s
}

func settingsAudit(s liability.Settings) audit.Values {
	v := audit.Values{"sale": string(s.Sale), "gift": string(s.Gift)}
	for _, a := range liability.Accounts {
		v["accounts."+string(a)] = s.Name(a)
	}
	return v
}

// who is the id under which settings keep who set them.
func who(r *http.Request) string {
	w, ok := session.Current(r.Context())
	if !ok {
		return ""
	}
	return ident.Staff.Text(w.User.ID)
}

func (c *Console) saveLiabilitySettings(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	s := settingsAnswers(r.PostForm)
	s.By, s.Version = who(r), madeFrom(r.PostForm, "version")
	err := c.write(r, func(tx *db.Tx) error {
		was, err := liability.LoadSettings(tx)
		if err != nil {
			return err
		}
		if err := liability.SaveSettings(tx, s); err != nil {
			return err
		}
		if was.Same(s) {
			return errSame
		}
		e := session.Entry(r, "liability.settings_changed", "liability", ident.ID{})
		e.Before, e.After, e.Reason = settingsAudit(was), settingsAudit(s), s.Reason
		return audit.Append(tx, e)
	})
	if fault.Is(err, "liability.settings_changed") {
		return c.liabilityOvertaken(w, r)
	}
	if correctable(err) {
		f := ui.NewForm(lang(r), r.PostForm, err)
		return c.showLiabilityForms(w, r, session.Status(fault.Of(err).Kind), &f, nil)
	}
	return saved(w, r, err, "liability.saved", "/insight/liability/settings")
}

// basisAnswers is what the form says of a key; fields left empty follow the
// programme and the months of issue.
func basisAnswers(p url.Values, currency string, in *plan.Programme) (liability.Basis, error) {
	typ, origin, _ := cutLast(p.Get("key"), ".")
	b := liability.Basis{Key: liability.Key{Type: typ, Origin: ledger.Origin(origin)}, Reason: strings.TrimSpace(p.Get("why"))}
	f := fault.New(fault.Invalid, "liability.basis_invalid")
	if in == nil || !slices.ContainsFunc(in.Points, func(x plan.PointPolicy) bool { return x.ID == typ }) {
		f = f.With(fault.At("key", "liability.type_unknown"))
	}
	if v := strings.TrimSpace(norm.NFKC.String(p.Get("value"))); v != "" {
		n, err := text.Minor(v, i18n.Decimals(currency))
		if err != nil {
			f = f.With(fault.At("value", "liability.value_invalid"))
		}
		b.Value = &n
	}
	if v := strings.TrimSpace(norm.NFKC.String(p.Get("use"))); v != "" {
		share, err := liability.ParseShare(v)
		if err != nil {
			f = f.With(fault.At("use", fault.Of(err).Code))
		}
		b.Use = &share
	}
	if len(f.Fields) > 0 {
		return b, f
	}
	return b, nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

func (c *Console) saveLiabilityBasis(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	err := c.write(r, func(tx *db.Tx) error {
		s, err := c.scene(r, tx)
		if err != nil {
			return err
		}
		b, err := basisAnswers(r.PostForm, s.currency, s.plan)
		if err != nil {
			return err
		}
		b.By = who(r)
		set, err := liability.LoadBases(tx)
		if err != nil {
			return err
		}
		if err := liability.SaveBasis(tx, b); err != nil {
			return err
		}
		if b.Stands(set) {
			return errSame
		}
		e := session.Entry(r, "liability.basis_changed", "liability", ident.ID{})
		e.After, e.Reason = audit.Values{"type": b.Type, "origin": string(b.Origin), "value": s.setValue(b), "use": setUse(s, b)}, b.Reason
		return audit.Append(tx, e)
	})
	if correctable(err) {
		f := ui.NewForm(lang(r), r.PostForm, err)
		for i, x := range f.Errors { // names of this form's own fields
			f.Errors[i].Name = map[string]string{"reason": "why", "origin": "key"}[x.Name]
			if f.Errors[i].Name == "" {
				f.Errors[i].Name = x.Name
			}
		}
		return c.showLiabilityForms(w, r, session.Status(fault.Of(err).Kind), nil, &f)
	}
	return saved(w, r, err, "liability.saved", "/insight/liability/settings#history")
}

func (s *scene) setValue(b liability.Basis) string {
	if b.Value == nil {
		return s.t("liability.as_programme")
	}
	return s.money(*b.Value)
}

func setUse(s *scene, b liability.Basis) string {
	if b.Use == nil {
		return s.t("liability.as_cohorts")
	}
	return b.Use.Percent()
}

// keys are all types and origins that could be set.
func (p liabilityForms) keys() []ui.Option {
	var out []ui.Option
	if p.s.plan == nil {
		return nil
	}
	for _, t := range p.s.plan.Points {
		if t.Value == 0 {
			continue
		}
		for _, o := range liability.Origins {
			k := liability.Key{Type: t.ID, Origin: o}
			out = append(out, ui.Option{Value: keyCode(k), Label: p.s.keyName(k)})
		}
	}
	return out
}

func (p liabilityForms) methodOptions(list []liability.Method) []ui.Option {
	var out []ui.Option
	for _, m := range list {
		out = append(out, ui.Option{Value: string(m), Label: p.s.t("liability.choose." + string(m))})
	}
	return out
}

// liabilityOvertaken shows methods and accounts as they were sent beside those
// that somebody else set first.
func (c *Console) liabilityOvertaken(w http.ResponseWriter, r *http.Request) error {
	var p liabilityForms
	err := c.read(r, func(tx *db.Tx) (err error) {
		if p.s, err = c.scene(r, tx); err == nil {
			p.set, err = liability.LoadSettings(tx)
		}
		return err
	})
	if err != nil {
		return err
	}
	now := ui.Recorded{Values: settingsValues(p.set), Sent: settingsValues(settingsAnswers(r.PostForm)), Version: "version", Reopen: "/insight/liability/settings"}
	fields := []ui.Field{p.sale(), p.gift()}
	for _, a := range liability.Accounts {
		fields = append(fields, p.account(a))
	}
	f := now.Meet(r.PostForm, fields...)
	return c.showLiabilityForms(w, r, http.StatusConflict, &f, nil)
}

func (p liabilityForms) sale() ui.Field {
	return p.methods.Choice("sale", p.s.t("liability.sale_method"), p.methodOptions(liability.SaleMethods)...).Say(p.s.t("liability.sale_method_hint"))
}

func (p liabilityForms) gift() ui.Field {
	return p.methods.Choice("gift", p.s.t("liability.gift_method"), p.methodOptions(liability.GiftMethods)...).Say(p.s.t("liability.gift_method_hint"))
}

// account is the field of an account's name.
func (p liabilityForms) account(a liability.Account) ui.Field {
	f := p.methods.Field("accounts."+string(a), liability.AccountName(p.s.lang, a))
	f.Width = "mid"
	return f
}

// facts are methods and accounts for who may read and not change them.
func (p liabilityForms) facts() []ui.Fact {
	out := []ui.Fact{ui.Say(p.s.t("liability.sale_method"), liability.MethodName(p.s.lang, p.set.Sale)), ui.Say(p.s.t("liability.gift_method"), liability.MethodName(p.s.lang, p.set.Gift))}
	for _, a := range liability.Accounts {
		out = append(out, ui.Say(liability.AccountName(p.s.lang, a), p.set.Name(a)))
	}
	return out
}

// lastSet says who set the methods last.
func (p liabilityForms) lastSet() string {
	if p.set.By == "" {
		return p.s.t("liability.never_set")
	}
	return p.s.t("liability.last_set", "by", p.named(p.set.By), "at", p.s.when(p.set.At), "reason", p.set.Reason)
}

func (p liabilityForms) named(by string) string {
	if n := p.names[by]; n != "" {
		return n
	}
	return by
}

func (p liabilityForms) historyTable() ui.Table {
	s := p.s
	t := ui.Table{ID: "history", Caption: s.t("liability.history"), Empty: ui.Empty(s.t("liability.no_history"), nil),
		Columns: []ui.Column{{Label: s.t("liability.col.when"), Keep: true}, {Label: s.t("liability.points")}, {Label: s.t("liability.col.value"), Num: true}, {Label: s.t("liability.use"), Num: true},
			{Label: s.t("liability.col.by")}, {Label: s.t("liability.reason")}}}
	for _, b := range p.history {
		at := "–"
		if b.At != clock.Instant(0) {
			at = s.when(b.At)
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text(at), ui.Text(s.keyName(b.Key)), ui.Text(s.setValue(b)), ui.Text(setUse(s, b)), ui.Text(p.named(b.By)), ui.Text(b.Reason)}})
	}
	return t
}

// errors of both forms, for the page's head.
func (p liabilityForms) errors() []ui.FieldError {
	return slices.Concat(p.methods.Errors, p.basis.Errors)
}
