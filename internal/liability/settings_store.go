package liability

import (
	"encoding/json"

	"joren/internal/db"
	"joren/internal/fault"
)

// LoadSettings reads how the shop keeps its points; the defaults where nobody
// has said anything.
func LoadSettings(tx *db.Tx) (Settings, error) {
	s, found, err := db.Maybe(tx, scanSettings, `SELECT sale, gift, accounts, actor, reason, set_at, no + 1 FROM liability_setting ORDER BY no DESC LIMIT 1`)
	if err == nil && !found {
		s = Defaults()
	}
	return s, err
}

func scanSettings(r db.Row) (s Settings, err error) {
	var names json.RawMessage
	if err = r.Scan(&s.Sale, &s.Gift, &names, &s.By, &s.Reason, &s.At, &s.Version); err != nil {
		return s, err
	}
	return s, json.Unmarshal(names, &s.Names)
}

// SaveSettings sets them for all months that are not settled, under By's name.
// Version is the one they were changed from, 0 to set them whatever they are.
// Faults: that of [Settings.Check]; liability.settings_changed (somebody else
// was faster).
func SaveSettings(tx *db.Tx, s Settings) error {
	if err := s.Check(); err != nil {
		return err
	}
	names := map[Account]string{}
	for _, a := range Accounts {
		if n := s.Names[a]; n != "" && n != DefaultNames[a] {
			names[a] = n
		}
	}
	b, err := json.Marshal(names)
	if err != nil {
		return err
	}
	n, err := tx.Exec(`INSERT INTO liability_setting (no, sale, gift, accounts, actor, reason, set_at)
		SELECT x.no + 1, $1, $2, $3, $4, $5, $6 FROM (SELECT COALESCE(MAX(no), 0) AS no FROM liability_setting) x WHERE x.no + 1 = $7 OR $7 = 0`,
		string(s.Sale), string(s.Gift), string(b), s.By, s.Reason, tx.Now, s.Version)
	if db.Unique(err) || err == nil && n == 0 {
		err = fault.New(fault.Conflict, "liability.settings_changed")
	}
	return err
}

const basisColumns = `type, origin, value, use_share, actor, reason, set_at`

func scanBasis(r db.Row) (b Basis, err error) {
	return b, r.Scan(&b.Type, &b.Origin, &b.Value, &b.Use, &b.By, &b.Reason, &b.At)
}

// LoadBases reads what is set by hand, the newest of each key.
func LoadBases(tx *db.Tx) ([]Basis, error) {
	return db.Query(tx, scanBasis, `SELECT `+basisColumns+` FROM liability_basis b
		WHERE no = (SELECT MAX(x.no) FROM liability_basis x WHERE x.type = b.type AND x.origin = b.origin) ORDER BY type, origin`)
}

// BasisHistory is all that was ever set by hand, the newest first, up to n.
func BasisHistory(tx *db.Tx, n int) ([]Basis, error) {
	return db.Query(tx, scanBasis, `SELECT `+basisColumns+` FROM liability_basis ORDER BY no DESC LIMIT $1`, n)
}

// SaveBasis sets value and use share of a key for all months that are not
// settled; without either the key follows programme and cohorts again. Fault:
// that of [Basis.Check].
func SaveBasis(tx *db.Tx, b Basis) error {
	if err := b.Check(); err != nil {
		return err
	}
	_, err := tx.Exec(`INSERT INTO liability_basis (no, type, origin, value, use_share, actor, reason, set_at)
		SELECT COALESCE(MAX(no), 0) + 1, $1, $2, $3, $4, $5, $6, $7 FROM liability_basis`,
		b.Type, string(b.Origin), b.Value, b.Use, b.By, b.Reason, tx.Now)
	return err
}

// SettledThrough is the last month that was settled; "" for none.
func SettledThrough(tx *db.Tx) (Month, error) {
	m, _, err := db.Maybe(tx, db.Value[Month], `SELECT COALESCE(MAX(month), '') FROM liability_month`)
	return m, err
}
