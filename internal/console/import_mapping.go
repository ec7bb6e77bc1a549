package console

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"joren/internal/audit"
	"joren/internal/blob"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/intake"
	"joren/internal/session"
	"joren/internal/staff"
	"joren/internal/ui"
)

func (c *Console) mappingRoutes() {
	c.get("/import/files/{id}/mapping", staff.ImportRun, c.mappingPage)
	c.post("/import/files/{id}/mapping", staff.ImportRun, c.saveMapping)
}

// sample is a column of the file: its header and a value of it.
type sample struct {
	header string
	nth    int // of equal headers, from 1
	value  string
}

// headOf reads the header and the first rows of a file.
func (c *Console) headOf(r *http.Request, id ident.ID) (string, []sample, error) {
	f, in, err := blob.Open(r.Context(), c.db, id)
	if err != nil {
		return "", nil, err
	}
	rd, err := intake.NewReader(in)
	if err != nil {
		return f.Name, nil, err
	}
	head, err := rd.Read()
	if err != nil {
		return f.Name, nil, err
	}
	seen := map[string]int{}
	out := make([]sample, len(head.Fields))
	for i, h := range head.Fields {
		h = strings.TrimSpace(h)
		seen[h]++
		out[i] = sample{header: h, nth: seen[h]}
	}
	for range 20 {
		row, err := rd.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			continue // a broken row is the dry run's business
		}
		for i, v := range row.Fields {
			if i < len(out) && out[i].value == "" {
				out[i].value = hide(strings.TrimSpace(v))
			}
		}
	}
	return f.Name, out, nil
}

// hide masks what looks like a mail address or a phone number and shortens
// the rest.
func hide(s string) string {
	if strings.Contains(s, "@") || digits(s) >= 9 && strings.HasPrefix(strings.TrimPrefix(s, "+"), "0") || strings.HasPrefix(s, "+") {
		return intake.Mask(s)
	}
	if rs := []rune(s); len(rs) > 24 {
		return string(rs[:24]) + "…"
	}
	return s
}

func digits(s string) (n int) {
	for _, r := range s {
		if r >= '0' && r <= '9' {
			n++
		}
	}
	return n
}

// mappingForm is the editor of a mapping.
type mappingForm struct {
	file    ident.ID
	name    string // of the file
	columns []sample
	form    ui.Form
}

func columnName(i int) string { return fmt.Sprintf("columns[%d].field", i) }

func (c *Console) mappingPage(w http.ResponseWriter, r *http.Request) error {
	file, err := fileOf(r)
	if err != nil {
		return err
	}
	m := mappingForm{file: file}
	if m.name, m.columns, err = c.headOf(r, file); err != nil {
		return err
	}
	asks := c.names(r, "base")
	if asks.bad() {
		return asks.why
	}
	var base *intake.Mapping
	err = c.read(r, func(tx *db.Tx) (err error) {
		base, err = intake.FindMapping(tx, asks.wanted.Get("base"))
		return err
	})
	if err != nil {
		return err
	}
	m.form.Values = m.begin(base)
	if shop := session.Settings(r.Context()); base == nil && shop.Zone != "" && shop.Currency != "" { // its own files are in its own time and money
		m.form.Values.Set("zone", shop.Zone)
		m.form.Values.Set("currency", shop.Currency)
	}
	return ui.Render(w, r, http.StatusOK, mappingPage(m))
}

// begin fills the form from a mapping, or guesses each column from the
// profiles that know its header.
func (m mappingForm) begin(base *intake.Mapping) url.Values {
	v := url.Values{"kind": {"sale"}, "dates": {"ymd"}, "currency": {"JPY"}, "zone": {"Asia/Tokyo"}, "prices": {"tax_included"}, "members": {"create"}, "fraction": {"refuse"}, "total_is": {"after"}}
	if base != nil {
		set := func(key, s string) {
			if s != "" {
				v.Set(key, s)
			}
		}
		if intake.Profile(base.Name) == nil {
			v.Set("name", base.Name)
		}
		for key, s := range map[string]string{"source": base.Source, "kind": string(base.Kind), "dates": base.Dates, "currency": base.Currency, "zone": base.Zone, "prices": base.Prices, "members": base.Members, "fraction": base.Fraction, "total_is": base.TotalIs} {
			set(key, s)
		}
		v.Set("status", wordLines(base.Status))
		v.Set("lines", wordLines(base.Lines))
		v.Set("entry", wordLines(base.Entry))
	}
	found := map[string]bool{}
	for i, x := range m.columns {
		f := guess(base, x)
		found[f] = true
		v.Set(columnName(i), f)
	}
	if base == nil && ofPeople(found) {
		v.Set("kind", string(intake.KindMember))
	}
	return v
}

// ofPeople reports that columns tell of people and not of what they bought.
func ofPeople(found map[string]bool) bool {
	for _, f := range []string{"order_no", "occurred_at", "item", "sku", "amount", "unit_price", "quantity", "total", "points"} {
		if found[f] {
			return false
		}
	}
	return found["name"] || found["joined_on"] || found["birthday"]
}

// plainHeads are headers that people write themselves and that mean one thing.
// An amount is not among them: whether it is a line's or the whole a person says.
var plainHeads = map[string]string{
	"日付": "occurred_at", "購入日": "occurred_at", "date": "occurred_at", "会員番号": "card", "カード番号": "card", "member number": "card",
	"商品": "item", "商品名": "item", "item": "item", "合計": "total", "注文番号": "order_no", "伝票番号": "order_no", "数量": "quantity", "店舗": "store",
	"氏名": "name", "名前": "name", "お名前": "name", "name": "name", "フリガナ": "name_kana", "ふりがな": "name_kana", "カナ": "name_kana", "氏名カナ": "name_kana",
	"電話番号": "phone", "電話": "phone", "携帯電話": "phone", "phone": "phone", "メールアドレス": "email", "メール": "email", "eメール": "email", "email": "email", "e-mail": "email",
	"生年月日": "birthday", "誕生日": "birthday", "birthday": "birthday", "入会日": "joined_on", "登録日": "joined_on", "joined": "joined_on",
	"郵便番号": "postcode", "都道府県": "prefecture", "住所": "address_1",
}

// plainHead is a header as plainHeads have it.
func plainHead(s string) string { return strings.ToLower(strings.TrimSpace(norm.NFKC.String(s))) }

// guess is the field a header has in the mapping, else in the first profile
// that knows it, else what its word means.
func guess(base *intake.Mapping, x sample) string {
	if base != nil {
		return fieldIn(base, x)
	}
	for _, name := range intake.ProfileNames() {
		if f := fieldIn(intake.Profile(name), x); f != "ignore" {
			return f
		}
	}
	if f, ok := plainHeads[plainHead(x.header)]; ok && x.nth == 1 {
		return f
	}
	return "ignore"
}

func fieldIn(m *intake.Mapping, x sample) string {
	for _, c := range m.Columns {
		if c.Column == x.header && max(c.Nth, 1) == x.nth {
			return c.Field
		}
	}
	return "ignore"
}

// wordLines shows words and their meanings, one "word=meaning" a line.
func wordLines(words map[string]string) string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(words)) {
		b.WriteString(k + "=" + words[k] + "\n")
	}
	return b.String()
}

func wordsOf(s string) map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(s) {
		if word, meaning, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			out[strings.TrimSpace(word)] = strings.TrimSpace(meaning)
		}
	}
	return out
}

// mappingOf reads the form.
func mappingOf(p url.Values, columns []sample) *intake.Mapping {
	m := &intake.Mapping{Name: strings.TrimSpace(p.Get("name")), Kind: intake.Kind(p.Get("kind")), Source: strings.TrimSpace(p.Get("source")), Dates: p.Get("dates"), Zone: p.Get("zone"),
		Currency: p.Get("currency"), Prices: p.Get("prices"), TotalIs: p.Get("total_is"), Members: p.Get("members"), Fraction: p.Get("fraction"),
		Status: wordsOf(p.Get("status")), Lines: wordsOf(p.Get("lines")), Entry: wordsOf(p.Get("entry"))}
	for i, x := range columns {
		m.Columns = append(m.Columns, intake.Column{Column: x.header, Field: p.Get(columnName(i)), Nth: x.nth})
	}
	return m
}

func (c *Console) saveMapping(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return err
	}
	file, err := fileOf(r)
	if err != nil {
		return err
	}
	f := mappingForm{file: file}
	if f.name, f.columns, err = c.headOf(r, file); err != nil {
		return err
	}
	m := mappingOf(r.PostForm, f.columns)
	err = c.write(r, func(tx *db.Tx) error {
		if intake.Profile(m.Name) != nil {
			return fault.New(fault.Conflict, "mapping.invalid").With(fault.At("name", "mapping.name_taken"))
		}
		same, err := intake.Saved(tx, m)
		if err != nil || same {
			return err
		}
		if err := intake.SaveMapping(tx, m); err != nil {
			return err
		}
		e := session.Entry(r, "import.mapping_saved", "mapping", ident.ID{})
		e.After = audit.Values{"name": m.Name, "kind": string(m.Kind), "source": m.Source}
		return audit.Append(tx, e)
	})
	if correctable(err) {
		f.form = ui.NewForm(lang(r), r.PostForm, placed(r, err))
		return ui.Render(w, r, session.Status(fault.Of(err).Kind), mappingPage(f))
	}
	if err != nil {
		return err
	}
	return see(w, r, trial{file: file, mapping: m.Name}.href(""))
}

// placed leads what is wrong to fields the form has: a field that no column
// gives to the first column, a word to its box.
func placed(r *http.Request, err error) error {
	f := fault.Of(err)
	for i := range f.Fields {
		x := &f.Fields[i]
		if x.Path == "columns" {
			x.Path = columnName(0)
			if name, ok := x.Args["field"].(string); ok {
				x.Args = fault.Args{"field": fieldName(r.Context(), name)}
			}
		}
		for _, box := range []string{"status", "lines", "entry"} {
			if strings.HasPrefix(x.Path, box+".") {
				x.Path = box
			}
		}
	}
	return f
}
