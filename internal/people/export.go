package people

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/household"
	"joren/internal/ident"
	"joren/internal/ledger"
	"joren/internal/member"
)

// Dossier is everything kept about one member, in a form to hand out (個人情報
// 保護法 art. 33: disclosure in electronic form).
type Dossier struct {
	Member    string           `json:"member"`
	Status    string           `json:"status"`
	Number    string           `json:"number"`
	Cards     []string         `json:"cards"`
	JoinedOn  clock.Day        `json:"joined_on"`
	JoinStore string           `json:"join_store"`
	Source    string           `json:"join_source"`
	Imported  string           `json:"imported_from,omitempty"`
	LeftAt    clock.Instant    `json:"left_at,omitzero"`
	Former    []string         `json:"former_ids"` // records merged into hers
	Household string           `json:"household,omitempty"`
	Person    member.Person    `json:"person"`
	Consents  []DossierConsent `json:"consents"`
	Points    []DossierPoints  `json:"points"`
	Entries   []DossierEntry   `json:"entries"`
	More      map[string]any   `json:"more,omitempty"` // by section, from other rooms
}

// DossierConsent is one declaration.
type DossierConsent struct {
	Purpose string        `json:"purpose"`
	Channel string        `json:"channel"`
	Given   bool          `json:"given"`
	Wording string        `json:"wording"`
	Source  string        `json:"source"`
	At      clock.Instant `json:"at"`
}

// DossierPoints is one account's balance.
type DossierPoints struct {
	Type      string `json:"type"`
	Available int64  `json:"available"`
	Pending   int64  `json:"pending"`
	Held      int64  `json:"held"`
	Debt      int64  `json:"debt"`
}

// DossierEntry is one line of an account.
type DossierEntry struct {
	Type       string        `json:"type"`
	Seq        int64         `json:"seq"`
	Kind       string        `json:"kind"`
	Points     int64         `json:"points"`
	Balance    int64         `json:"balance"`
	OccurredAt clock.Instant `json:"occurred_at"`
	Store      string        `json:"store"`
	Reason     string        `json:"reason"`
	Note       string        `json:"note,omitempty"`
}

// Section is what another room keeps about a member, for her dossier.
type Section struct {
	Name string
	Read func(tx *db.Tx, family []ident.ID) (any, error) // the member and all records merged into hers
}

// Export gathers a member's dossier. Other rooms add theirs by sections.
// Faults: member.unknown, member.erased, member.merged (ask for the record she
// lives on in).
func (p *People) Export(tx *db.Tx, id ident.ID, sections ...Section) (Dossier, error) {
	m, err := p.Members.Get(tx, id)
	if err != nil {
		return Dossier{}, err
	}
	if m.Status == member.Merged {
		return Dossier{}, fault.New(fault.Conflict, "member.merged", "into", ident.Member.Text(m.MergedInto))
	}
	d := Dossier{Member: ident.Member.Text(id), Status: string(m.Status), Number: m.Card, JoinedOn: m.JoinedOn, JoinStore: m.JoinStore, Source: m.JoinSource, Imported: m.Imported, LeftAt: m.LeftAt,
		Former: []string{}, Consents: []DossierConsent{}, Points: []DossierPoints{}, Entries: []DossierEntry{}}
	if d.Person, err = p.Members.Person(tx, id); err != nil {
		return d, err
	}
	family, err := p.Members.Family(tx, id)
	if err != nil {
		return d, err
	}
	for _, one := range family {
		cards, err := p.Members.Cards(tx, one)
		if err != nil {
			return d, err
		}
		d.Cards = append(d.Cards, cards...)
		if one != id {
			d.Former = append(d.Former, ident.Member.Text(one))
		}
	}
	if err := p.exportConsents(tx, id, &d); err != nil {
		return d, err
	}
	if err := p.exportPoints(tx, id, &d); err != nil {
		return d, err
	}
	return d, exportMore(tx, family, sections, &d)
}

func (p *People) exportConsents(tx *db.Tx, id ident.ID, d *Dossier) error {
	cs, err := p.Members.Consents(tx, id)
	for _, c := range cs {
		d.Consents = append(d.Consents, DossierConsent{c.Purpose, c.Channel, c.Given, c.Wording, c.Source, c.At})
	}
	return err
}

func (p *People) exportPoints(tx *db.Tx, id ident.ID, d *Dossier) error {
	h, in, err := household.Of(tx, id)
	if err != nil {
		return err
	}
	if in {
		d.Household = ident.House.Text(h.ID)
	}
	books, _, err := p.books(tx, id)
	if err != nil {
		return err
	}
	for _, b := range books {
		x := b.At(tx.Now)
		d.Points = append(d.Points, DossierPoints{b.Type, x.Available, x.Pending, x.Held, x.Debt})
		if err := exportEntries(tx, b.Key, d); err != nil {
			return err
		}
	}
	return nil
}

func exportEntries(tx *db.Tx, k ledger.Key, d *Dossier) error {
	for after := int64(0); ; {
		page, err := ledger.Entries(tx, k, after, 1000)
		if err != nil {
			return err
		}
		for _, e := range page.Entries {
			d.Entries = append(d.Entries, DossierEntry{k.Type, e.Seq, string(e.Kind), e.Points, e.Balance, e.Occurred, e.Store, e.Reason, e.Note})
		}
		if after = page.Next; after == 0 {
			return nil
		}
	}
}

func exportMore(tx *db.Tx, family []ident.ID, sections []Section, d *Dossier) error {
	for _, s := range sections {
		v, err := s.Read(tx, family)
		if err != nil {
			return err
		}
		if d.More == nil {
			d.More = map[string]any{}
		}
		d.More[s.Name] = v
	}
	return nil
}

// WriteJSON writes a dossier as indented JSON.
func (d Dossier) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(d)
}

// WriteCSV writes a dossier as rows of path and value, UTF-8 with the mark
// that Excel wants, and with formulas disarmed.
func (d Dossier) WriteCSV(w io.Writer) error {
	raw, err := json.Marshal(d)
	if err != nil {
		return err
	}
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	dec.UseNumber()
	var tree any
	if err := dec.Decode(&tree); err != nil {
		return err
	}
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return err
	}
	c := csv.NewWriter(w)
	c.UseCRLF = true
	if err := c.Write([]string{"field", "value"}); err != nil {
		return err
	}
	if err := flatten(c, "", tree); err != nil {
		return err
	}
	c.Flush()
	return c.Error()
}

func flatten(c *csv.Writer, path string, v any) error {
	switch x := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(x)) {
			if err := flatten(c, strings.TrimPrefix(path+"."+k, "."), x[k]); err != nil {
				return err
			}
		}
		return nil
	case []any:
		for i, e := range x {
			if err := flatten(c, path+"["+strconv.Itoa(i+1)+"]", e); err != nil {
				return err
			}
		}
		return nil
	case string:
		return c.Write([]string{disarm(path), disarm(x)})
	case bool:
		return c.Write([]string{disarm(path), map[bool]string{true: "true", false: "false"}[x]})
	case json.Number:
		return c.Write([]string{disarm(path), x.String()})
	}
	return nil // null: nothing is known
}

// disarm keeps a spreadsheet from running a text as a formula (OWASP, CSV
// injection).
func disarm(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
