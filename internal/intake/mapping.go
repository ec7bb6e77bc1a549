package intake

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"joren/internal/clock"
	"joren/internal/fault"
	"joren/internal/text"
)

// Kind is what a document is; it is part of the natural key.
type Kind string

const (
	KindSale    Kind = "sale"
	KindReturn  Kind = "return"
	KindMember  Kind = "member"
	KindOpening Kind = "opening"
	KindEvent   Kind = "event"
)

// A Mapping says what the columns of a file mean. Profiles are mappings the
// product ships; a shop saves its own as JSON.
type Mapping struct {
	Name   string `json:"name"`
	Kind   Kind   `json:"kind"`   // what the rows are: sale, member, opening, event
	Source string `json:"source"` // the source of the natural keys, e.g. "eccube"

	// An export that comes in two files has a mapping for each: the heads say
	// when, who and how much (an order a row), the lines what. They are imported
	// together and put together by order number (join.go); each may also be read
	// alone where it tells enough. "" is a file that holds whole documents.
	Part string `json:"part,omitempty"` // heads, lines

	// Columns by header text. A header that occurs twice is refused
	// (csv.duplicate_column) unless some column of it has Nth: then the format
	// is known to repeat it, and Nth, counted from 1, says which one counts.
	Columns []Column `json:"columns"`
	// Positions replace Columns for files without header, field by field.
	Positions []string `json:"positions,omitempty"`
	// Header texts that must all be there for the profile to be recognised.
	Detect []string `json:"detect,omitempty"`

	Dates    string `json:"dates,omitempty"`    // ymd (default), mdy, dmy
	Zone     string `json:"zone,omitempty"`     // zone of times without offset; default Asia/Tokyo
	Currency string `json:"currency,omitempty"` // default JPY
	Decimal  string `json:"decimal,omitempty"`  // "." (default) or ","

	Prices   string `json:"prices,omitempty"`   // tax_included (default), tax_excluded, detect (from subtotal and total)
	TotalIs  string `json:"total_is,omitempty"` // after (default) or before discounts
	Channel  string `json:"channel,omitempty"`
	Store    string `json:"store,omitempty"`
	Members  string `json:"members,omitempty"`  // create (default) or link: unknown people are guests
	Fraction string `json:"fraction,omitempty"` // refuse (default) or half_up: fractions of a minor unit

	// Words of the file in its own language, compared after trimming.
	Status map[string]string `json:"status,omitempty"` // → placed shipped done cancelled returned skip
	Lines  map[string]string `json:"lines,omitempty"`  // → goods fee shipping discount points tax skip
	Entry  map[string]string `json:"entry,omitempty"`  // → sale refund skip

	clean bool // rows are cleaned as Online Retail wants (retail.go)
}

// Column ties a header to a field.
type Column struct {
	Column string `json:"column"`
	Field  string `json:"field"`
	Nth    int    `json:"nth,omitempty"`
}

// ParseMapping reads a saved mapping and checks it, all errors at once.
func ParseMapping(doc []byte) (*Mapping, error) {
	var m Mapping
	dec := json.NewDecoder(bytes.NewReader(doc))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&m); err != nil {
		return nil, fault.New(fault.Invalid, "mapping.invalid", "reason", err.Error())
	}
	if fs := m.check(); len(fs) > 0 {
		return nil, fault.New(fault.Invalid, "mapping.invalid", "reason", fs[0].Path).With(fs...)
	}
	return &m, nil
}

func (m *Mapping) check() (fs []fault.Field) {
	oneOf := func(path, v string, allowed ...string) {
		if v != "" && !slices.Contains(allowed, v) {
			fs = append(fs, fault.At(path, "mapping.bad_value", "value", v, "allowed", strings.Join(allowed, ", ")))
		}
	}
	if m.Name == "" {
		fs = append(fs, fault.At("name", "mapping.missing"))
	}
	if m.Source == "" {
		fs = append(fs, fault.At("source", "mapping.missing"))
	}
	oneOf("kind", string(m.Kind), "sale", "member", "opening", "event")
	oneOf("part", m.Part, "heads", "lines")
	oneOf("dates", m.Dates, "ymd", "mdy", "dmy")
	oneOf("decimal", m.Decimal, ".", ",")
	oneOf("prices", m.Prices, "tax_included", "tax_excluded", "detect")
	oneOf("total_is", m.TotalIs, "after", "before")
	oneOf("members", m.Members, "create", "link")
	oneOf("fraction", m.Fraction, "refuse", "half_up")
	for k, v := range m.Status {
		oneOf("status."+k, v, "placed", "shipped", "done", "cancelled", "returned", "skip")
	}
	for k, v := range m.Lines {
		oneOf("lines."+k, v, "goods", "fee", "shipping", "discount", "points", "tax", "skip")
	}
	for k, v := range m.Entry {
		oneOf("entry."+k, v, "sale", "refund", "skip")
	}
	if m.Zone != "" {
		if _, err := time.LoadLocation(m.Zone); err != nil {
			fs = append(fs, fault.At("zone", "mapping.bad_value", "value", m.Zone, "allowed", "IANA"))
		}
	}
	return append(fs, m.checkFields()...)
}

func (m *Mapping) checkFields() (fs []fault.Field) {
	has := map[string]bool{}
	for i, c := range m.Columns {
		if _, ok := fieldOf(c.Field); !ok {
			fs = append(fs, fault.At(fmt.Sprintf("columns[%d].field", i), "mapping.unknown_field", "value", c.Field))
		}
		has[c.Field] = true
	}
	for i, f := range m.Positions {
		if _, ok := fieldOf(f); !ok {
			fs = append(fs, fault.At(fmt.Sprintf("positions[%d]", i), "mapping.unknown_field", "value", f))
		}
		has[f] = true
	}
	for _, want := range m.needs() {
		if !slices.ContainsFunc(want, func(f Field) bool { return has[f.String()] }) {
			fs = append(fs, fault.At("columns", "mapping.missing_field", "field", want[0].String()))
		}
	}
	return fs
}

// needs lists, per kind, the fields without which nothing can be made; of
// each group one is enough.
func (m *Mapping) needs() [][]Field {
	switch m.Kind {
	case KindSale:
		if m.Part == "lines" {
			return [][]Field{{fOrderNo}, {fAmount, fUnitPrice}}
		}
		return [][]Field{{fOrderNo, fMemberID, fCard}, {fOccurredAt}, {fAmount, fUnitPrice, fTotal}}
	case KindMember:
		return [][]Field{{fMemberID, fCard, fEmail, fPhone}}
	case KindOpening:
		return [][]Field{{fMemberID, fCard, fEmail, fPhone}, {fPoints}}
	case KindEvent:
		return [][]Field{{fEventNo}, {fEventKind}, {fOccurredAt}}
	}
	return nil
}

// attributePrefix marks columns of Joren's own files that are attributes of
// the member, or fields of the event: "attr:skin_type".
const attributePrefix = "attr:"

// table is a mapping laid over one file's header.
type table struct {
	*Mapping
	header   []string
	at       [fieldCount]int // column of a field, -1 if the file lacks it
	attrs    []int           // columns kept as attributes or event fields
	ignored  []string
	order    text.Order
	zone     clock.Zone
	decimals int
}

func (m *Mapping) over(header []string) (*table, error) {
	if err := m.repeated(header); err != nil {
		return nil, err
	}
	own := *m
	t := &table{Mapping: &own, header: header}
	for i := range t.at {
		t.at[i] = -1
	}
	used := make([]bool, len(header))
	if len(m.Positions) > 0 {
		for i, name := range m.Positions {
			f, _ := fieldOf(name)
			t.at[f], used[i] = i, true
		}
	}
	for _, c := range m.Columns {
		f, _ := fieldOf(c.Field)
		i := nth(header, c.Column, max(c.Nth, 1))
		if i < 0 || f == fNone {
			continue
		}
		used[i] = true
		if f == fAttribute {
			t.attrs = append(t.attrs, i)
		} else if t.at[f] < 0 {
			t.at[f] = i
		}
	}
	for i, h := range header {
		switch {
		case used[i] || h == "":
		case strings.HasPrefix(h, attributePrefix):
			t.attrs = append(t.attrs, i)
		default:
			t.ignored = append(t.ignored, h)
		}
	}
	return t, t.settle()
}

func (t *table) settle() error {
	for _, want := range t.needs() {
		if !slices.ContainsFunc(want, func(f Field) bool { return t.at[f] >= 0 }) {
			return fault.New(fault.Invalid, "csv.missing_column", "field", want[0].String())
		}
	}
	t.order = map[string]text.Order{"mdy": text.MonthFirst, "dmy": text.DayFirst}[t.Dates]
	t.zone = clock.Tokyo
	if t.Zone != "" && t.Zone != "Asia/Tokyo" {
		z, err := clock.LoadZone(t.Zone, 0)
		if err != nil {
			return fault.New(fault.Invalid, "mapping.invalid", "reason", err.Error())
		}
		t.zone = z
	}
	if t.Currency == "" {
		t.Currency = "JPY"
	}
	t.decimals = decimalsOf(t.Currency)
	return nil
}

// repeated refuses headers that occur twice where the mapping does not say
// which one counts: an amount read from the wrong one is seen by nobody.
func (m *Mapping) repeated(header []string) error {
	first := make(map[string]int, len(header))
	var fields []fault.Field
	for i, h := range header {
		at, twice := first[h]
		if !twice {
			first[h] = i
			continue
		}
		if h == "" || slices.ContainsFunc(m.Columns, func(c Column) bool { return c.Column == h && c.Nth > 0 }) {
			continue
		}
		fields = append(fields, fault.At(h, "csv.duplicate_column", "column", h, "first", at+1, "second", i+1))
	}
	if len(fields) == 0 {
		return nil
	}
	f := fault.New(fault.Invalid, "csv.duplicate_column", "column", fields[0].Args["column"], "first", fields[0].Args["first"], "second", fields[0].Args["second"])
	return f.With(fields...)
}

func nth(header []string, name string, n int) int {
	for i, h := range header {
		if h == name {
			if n--; n == 0 {
				return i
			}
		}
	}
	return -1
}

// detects reports whether the header holds every text of Detect.
func (m *Mapping) detects(header []string) bool {
	if len(m.Detect) == 0 {
		return false
	}
	for _, d := range m.Detect {
		if !slices.Contains(header, d) {
			return false
		}
	}
	return true
}
