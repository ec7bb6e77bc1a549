package member

import (
	"cmp"
	"encoding/json"
	"slices"

	"joren/internal/db"
	"joren/internal/fault"
)

// Schema loads the owner's attributes.
func (m *Members) Schema(tx *db.Tx) (Schema, error) {
	return db.Query(tx, func(r db.Row) (a Attribute, err error) {
		var choices string
		if err = r.Scan(&a.ID, &a.Type, &a.Name.JA, &a.Name.EN, &choices, &a.Position); err != nil {
			return a, err
		}
		return a, json.Unmarshal([]byte(choices), &a.Choices)
	}, `SELECT attribute, type, name_ja, name_en, choices, position FROM member_attribute ORDER BY position, attribute`)
}

// Define adds an attribute or changes its names, order and choices. Its type
// is for ever: conditions and stored values depend on it. Faults:
// attribute.invalid with fields, attribute.type_fixed.
func (m *Members) Define(tx *db.Tx, a Attribute) error {
	if err := a.Check(); err != nil {
		return err
	}
	choices, err := json.Marshal(a.Choices)
	if err != nil {
		return err
	}
	n, err := tx.Exec(`INSERT INTO member_attribute (attribute, type, name_ja, name_en, choices, position) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (attribute) DO UPDATE SET name_ja = excluded.name_ja, name_en = excluded.name_en, choices = excluded.choices, position = excluded.position
		WHERE member_attribute.type = excluded.type`, a.ID, string(a.Type), a.Name.JA, a.Name.EN, string(choices), a.Position)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "attribute.type_fixed")
	}
	return err
}

func sortConsents(cs []Consent) {
	slices.SortStableFunc(cs, func(a, b Consent) int {
		return cmp.Or(cmp.Compare(a.At, b.At), a.ID.Compare(b.ID))
	})
}
