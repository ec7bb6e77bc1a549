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

const storeColumns = "id, code, name_ja, name_en, zone, active, created_at"

func scanStore(r db.Row) (s Store, err error) {
	err = r.Scan(&s.ID, &s.Code, &s.Name.JA, &s.Name.EN, &s.Zone, &s.Active, &s.CreatedAt)
	return s, err
}

// AddStore stores a new, active store: shop.store_code_invalid,
// shop.store_code_taken, shop.name_missing, shop.zone_unknown.
func AddStore(tx *db.Tx, s Store) (Store, error) {
	s.Code = strings.TrimSpace(s.Code)
	if err := s.check(); err != nil {
		return s, err
	}
	s.ID, s.CreatedAt, s.Active = ident.New(), tx.Wall, true
	n, err := tx.Exec(`INSERT INTO shop_store (`+storeColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (code) DO NOTHING`,
		s.ID, s.Code, s.Name.JA, s.Name.EN, s.Zone, s.Active, s.CreatedAt)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "shop.store_code_taken").With(fault.At("code", "shop.store_code_taken"))
	}
	return s, err
}

// SaveStore stores a store's name, zone and whether it is active:
// shop.store_unknown.
func SaveStore(tx *db.Tx, s Store) error {
	if err := s.check(); err != nil {
		return err
	}
	n, err := tx.Exec(`UPDATE shop_store SET name_ja = $2, name_en = $3, zone = $4, active = $5 WHERE id = $1`, s.ID, s.Name.JA, s.Name.EN, s.Zone, s.Active)
	if err == nil && n == 0 {
		err = fault.New(fault.NotFound, "shop.store_unknown")
	}
	return err
}

// Stores lists all stores by code.
func Stores(tx *db.Tx) ([]Store, error) {
	return db.Query(tx, scanStore, `SELECT `+storeColumns+` FROM shop_store ORDER BY code`)
}

// GetStore finds a store by id: shop.store_unknown.
func GetStore(tx *db.Tx, id ident.ID) (Store, error) {
	return db.One(tx, fault.New(fault.NotFound, "shop.store_unknown"), scanStore, `SELECT `+storeColumns+` FROM shop_store WHERE id = $1`, id)
}

var byCode = db.NewBulk("code text", `SELECT shop_store.id, shop_store.code, shop_store.name_ja, shop_store.name_en, shop_store.zone, shop_store.active, shop_store.created_at
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
