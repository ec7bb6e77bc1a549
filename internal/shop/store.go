package shop

import (
	"strings"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/label"
)

// Store is a place or channel that sells.
type Store struct {
	ID        ident.ID
	Code      string // what tills and files call it; never changes
	Name      label.Text
	Zone      string // "" is the shop's
	Active    bool
	CreatedAt clock.Instant
	Version   int64 // counts the changes, from 1
}

func (s Store) check() error {
	f := fault.New(fault.Invalid, "shop.store_invalid")
	if s.Code == "" || len(s.Code) > 40 || strings.ContainsAny(s.Code, " \t\n,\"") {
		f.With(fault.At("code", "shop.store_code_invalid"))
	}
	if strings.TrimSpace(s.Name.JA+s.Name.EN) == "" || len([]rune(s.Name.JA)) > 100 || len([]rune(s.Name.EN)) > 100 {
		f.With(fault.At("name", "shop.name_missing"))
	}
	if s.Zone != "" && !knownZone(s.Zone) {
		f.With(fault.At("zone", "shop.zone_unknown"))
	}
	if len(f.Fields) > 0 {
		return f
	}
	return nil
}

const storeColumns = "id, code, name_ja, name_en, zone, active, created_at, version"

func scanStore(r db.Row) (s Store, err error) {
	err = r.Scan(&s.ID, &s.Code, &s.Name.JA, &s.Name.EN, &s.Zone, &s.Active, &s.CreatedAt, &s.Version)
	return s, err
}

// AddStore stores a new, active store: shop.store_code_invalid,
// shop.store_code_taken, shop.name_missing, shop.zone_unknown.
func AddStore(tx *db.Tx, s Store) (Store, error) {
	s.Code = strings.TrimSpace(s.Code)
	if err := s.check(); err != nil {
		return s, err
	}
	s.ID, s.CreatedAt, s.Active, s.Version = ident.New(), tx.Wall, true, 1
	n, err := tx.Exec(`INSERT INTO shop_store (`+storeColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (code) DO NOTHING`,
		s.ID, s.Code, s.Name.JA, s.Name.EN, s.Zone, s.Active, s.CreatedAt, s.Version)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "shop.store_code_taken").With(fault.At("code", "shop.store_code_taken"))
	}
	return s, err
}

// SaveStore stores a store's name, zone and whether it is active, as it was
// loaded and changed, under its next version: shop.store_unknown; someone
// else's change in between is shop.store_changed.
func SaveStore(tx *db.Tx, s Store) (Store, error) {
	if err := s.check(); err != nil {
		return s, err
	}
	n, err := tx.Exec(`UPDATE shop_store SET name_ja = $3, name_en = $4, zone = $5, active = $6, version = version + 1 WHERE id = $1 AND version = $2`,
		s.ID, s.Version, s.Name.JA, s.Name.EN, s.Zone, s.Active)
	if err == nil && n == 0 {
		if _, err = GetStore(tx, s.ID); err == nil {
			err = fault.New(fault.Conflict, "shop.store_changed")
		}
	}
	s.Version++
	return s, err
}

// Stores lists all stores by code.
func Stores(tx *db.Tx) ([]Store, error) {
	return db.Query(tx, scanStore, `SELECT `+storeColumns+` FROM shop_store ORDER BY code`)
}

// GetStore finds a store by id: shop.store_unknown.
func GetStore(tx *db.Tx, id ident.ID) (Store, error) {
	return db.One(tx, fault.New(fault.NotFound, "shop.store_unknown"), scanStore, `SELECT `+storeColumns+` FROM shop_store WHERE id = $1`, id)
}

var byCode = db.NewBulk("code text", `SELECT shop_store.id, shop_store.code, shop_store.name_ja, shop_store.name_en, shop_store.zone, shop_store.active, shop_store.created_at, shop_store.version
	FROM u JOIN shop_store ON shop_store.code = u.code`)

// StoresByCode finds many stores at once; codes without a store are absent.
func StoresByCode(tx *db.Tx, codes []string) (map[string]Store, error) {
	found, err := db.BulkQuery(tx, byCode, scanStore, distinct(codes))
	out := make(map[string]Store, len(found))
	for _, s := range found {
		out[s.Code] = s
	}
	return out, err
}

func distinct(codes []string) []string {
	seen := make(map[string]bool, len(codes))
	out := []string{}
	for _, c := range codes {
		if !seen[c] {
			seen[c], out = true, append(out, c)
		}
	}
	return out
}
