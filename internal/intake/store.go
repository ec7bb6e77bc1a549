package intake

import (
	"context"
	"encoding/json"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
)

// Import is one import as stored.
type Import struct {
	ID          ident.ID
	File        string
	Hash        string // of the file; a resumed import must be of the same bytes
	Profile     string
	History     bool
	State       string // running, paused, done, failed
	ItemsDone   int64
	DayTurned   clock.Day
	Progress    string // counts and refusals of the items done, JSON
	Report      string // of a finished import, JSON
	FailureCode string
	StartedAt   clock.Instant
	UpdatedAt   clock.Instant
	FinishedAt  clock.Instant
}

const importColumns = `id, file, hash, profile, history, state, items_done, day_turned, progress, COALESCE(report, ''),
	COALESCE(failure_code, ''), started_at, updated_at, finished_at`

func scanImport(r db.Row) (m Import, err error) {
	err = r.Scan(&m.ID, &m.File, &m.Hash, &m.Profile, &m.History, &m.State, &m.ItemsDone, &m.DayTurned, &m.Progress, &m.Report,
		&m.FailureCode, &m.StartedAt, &m.UpdatedAt, &m.FinishedAt)
	return m, err
}

// GetImport finds an import; fault.NotFound import.unknown.
func GetImport(tx *db.Tx, id ident.ID) (Import, error) {
	return db.One(tx, fault.New(fault.NotFound, "import.unknown"), scanImport,
		`SELECT `+importColumns+` FROM intake_import WHERE id = $1`, id)
}

// Imports lists the latest imports, newest first.
func Imports(tx *db.Tx, limit int) ([]Import, error) {
	return db.Query(tx, scanImport, `SELECT `+importColumns+` FROM intake_import ORDER BY started_at DESC, id DESC LIMIT $1`, limit)
}

// unfinished is an import of the same bytes that has not come to its end.
func unfinished(tx *db.Tx, hash string) (Import, bool, error) {
	return db.Maybe(tx, scanImport,
		`SELECT `+importColumns+` FROM intake_import WHERE hash = $1 AND state <> 'done' ORDER BY started_at DESC LIMIT 1`, hash)
}

func insertImport(tx *db.Tx, m *Import) error {
	_, err := tx.Exec(`INSERT INTO intake_import (id, file, hash, profile, history, state, items_done, progress, started_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, 'running', 0, $6, $7, $7)`, m.ID, m.File, m.Hash, m.Profile, m.History, m.Progress, tx.Wall)
	return err
}

func saveImport(tx *db.Tx, m *Import) error {
	report, failure := nullText(m.Report), nullText(m.FailureCode)
	_, err := tx.Exec(`UPDATE intake_import SET state = $2, items_done = $3, day_turned = $4, progress = $5, report = $6,
		failure_code = $7, updated_at = $8, finished_at = $9, profile = $10 WHERE id = $1`,
		m.ID, m.State, m.ItemsDone, m.DayTurned, m.Progress, report, failure, tx.Wall, m.FinishedAt, m.Profile)
	return err
}

func nullText(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

var seen = db.NewBulk("s text, k text, n text", `SELECT intake_seen.source, intake_seen.kind, intake_seen.number, intake_seen.hash,
	intake_seen.revision, intake_seen.refunded, intake_seen.import_id
	FROM u JOIN intake_seen ON intake_seen.source = u.s AND intake_seen.kind = u.k AND intake_seen.number = u.n`)

var see = db.NewBulk("s text, k text, n text, h text, r bigint, m bigint, i uuid", `INSERT INTO intake_seen
	(source, kind, number, hash, revision, refunded, import_id) SELECT u.s, u.k, u.n, u.h, u.r, u.m, u.i FROM u
	ON CONFLICT (source, kind, number) DO UPDATE SET hash = excluded.hash, revision = excluded.revision,
	refunded = excluded.refunded, import_id = excluded.import_id`)

// Seen is the [Lookup] over what intake took in itself.
func Seen(d *db.DB) Lookup {
	return func(ctx context.Context, keys []Key) (out map[Key]Known, err error) {
		err = d.Read(ctx, func(tx *db.Tx) error {
			out, err = seenIn(tx, keys)
			return err
		})
		return out, err
	}
}

func seenIn(tx *db.Tx, keys []Key) (map[Key]Known, error) {
	var s, k, n []string
	out := make(map[Key]Known, len(keys))
	for _, key := range keys {
		if _, twice := out[key]; twice {
			continue
		}
		out[key] = Known{}
		s, k, n = append(s, key.Source), append(k, string(key.Kind)), append(n, key.Number)
	}
	clear(out)
	rows, err := db.BulkQuery(tx, seen, func(r db.Row) (x seenRow, err error) {
		var kind string
		var id ident.ID
		err = r.Scan(&x.key.Source, &kind, &x.key.Number, &x.known.Hash, &x.known.Revision, &x.known.Refunded, &id)
		x.key.Kind, x.known.Import = Kind(kind), ident.Import.Text(id)
		return x, err
	}, s, k, n)
	for _, x := range rows {
		out[x.key] = x.known
	}
	return out, err
}

type seenRow struct {
	key   Key
	known Known
}

// remember writes the keys of items that were taken in.
func remember(tx *db.Tx, id ident.ID, items []Item, plans []planned, out []Outcome) error {
	var s, k, n, h []string
	var rev, refunded []int64
	var ids []ident.ID
	add := func(key Key, hash string, revision, money int64) {
		s, k, n, h = append(s, key.Source), append(k, string(key.Kind)), append(n, key.Number), append(h, hash)
		rev, refunded, ids = append(rev, revision), append(refunded, money), append(ids, id)
	}
	for i := range items {
		if out[i].Status == Refused {
			continue
		}
		if q := plans[i].sale; q != nil {
			add(q.key, q.known.Hash, q.known.Revision, q.known.Refunded)
		}
		r := plans[i].known.Revision
		if items[i].Kind == KindSale {
			r = items[i].Sale.Revision
		}
		add(items[i].Key(), plans[i].hash, r, plans[i].refunded)
	}
	if len(s) == 0 {
		return nil
	}
	_, err := tx.Bulk(see, s, k, n, h, rev, refunded, ids)
	return err
}

// SaveMapping stores a mapping under its name, replacing an older one.
func SaveMapping(tx *db.Tx, m *Mapping) error {
	if fs := m.check(); len(fs) > 0 {
		return fault.New(fault.Invalid, "mapping.invalid", "reason", fs[0].Path).With(fs...)
	}
	doc, err := json.Marshal(m)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO intake_mapping (name, document, saved_at) VALUES ($1, $2, $3)
		ON CONFLICT (name) DO UPDATE SET document = excluded.document, saved_at = excluded.saved_at`, m.Name, string(doc), tx.Wall)
	return err
}

// Saved reports whether a mapping is saved just like this.
func Saved(tx *db.Tx, m *Mapping) (bool, error) {
	doc, err := json.Marshal(m)
	if err != nil {
		return false, err
	}
	return db.One(tx, nil, db.Value[bool], `SELECT EXISTS (SELECT 1 FROM intake_mapping WHERE name = $1 AND document = $2)`, m.Name, string(doc))
}

// Mappings are the saved ones, by name.
func Mappings(tx *db.Tx) ([]*Mapping, error) {
	return db.Query(tx, func(r db.Row) (*Mapping, error) {
		var doc string
		if err := r.Scan(&doc); err != nil {
			return nil, err
		}
		return ParseMapping([]byte(doc))
	}, `SELECT document FROM intake_mapping ORDER BY name`)
}
