package programme

import (
	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
	"joren/internal/plan"
)

const columns = `number, hash, effective_from, starts_at, note, created_at, created_by, published_at, published_by`

func scanVersion(r db.Row) (v Version, err error) {
	err = r.Scan(&v.Number, &v.Hash, &v.EffectiveFrom, &v.StartsAt, &v.Note, &v.CreatedAt, &v.CreatedBy, &v.PublishedAt, &v.PublishedBy)
	return v, err
}

func unknown(n int) error { return fault.New(fault.NotFound, "programme.version_unknown", "number", n) }

// Versions lists all versions by number with their state at tx.Now.
func Versions(tx *db.Tx) ([]Version, error) {
	vs, err := db.Query(tx, scanVersion, `SELECT `+columns+` FROM programme_version ORDER BY number`)
	return judge(vs, tx.Now), err
}

// Get finds one version with its state at tx.Now, or
// programme.version_unknown.
func Get(tx *db.Tx, number int) (Version, error) {
	vs, err := Versions(tx)
	if err != nil {
		return Version{}, err
	}
	for _, v := range vs {
		if v.Number == number {
			return v, nil
		}
	}
	return Version{}, unknown(number)
}

// Source is the text of a version, or programme.version_unknown.
func Source(tx *db.Tx, number int) ([]byte, error) {
	s, err := db.One(tx, unknown(number), db.Value[string], `SELECT source FROM programme_version WHERE number = $1`, number)
	return []byte(s), err
}

// Save keeps src as a draft with the next number. A document with problems is
// refused (programme.invalid).
func Save(tx *db.Tx, src []byte, by ident.ID, note string) (Version, error) {
	p, err := parse(src)
	if err != nil {
		return Version{}, err
	}
	if len(note) > 2000 {
		return Version{}, fault.New(fault.Invalid, "programme.note_too_long", "max", 2000)
	}
	last, err := db.One(tx, nil, db.Value[int], `SELECT COALESCE(MAX(number), 0) FROM programme_version`)
	if err != nil {
		return Version{}, err
	}
	v := Version{Number: last + 1, Hash: Hash(src), EffectiveFrom: p.EffectiveFrom, StartsAt: p.Starts(), Note: note, CreatedAt: tx.Now, CreatedBy: by, State: Draft}
	n, err := tx.Exec(`INSERT INTO programme_version (`+columns+`, source) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING`,
		v.Number, v.Hash, v.EffectiveFrom, v.StartsAt, v.Note, v.CreatedAt, v.CreatedBy, v.PublishedAt, v.PublishedBy, string(src))
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "programme.edited_meanwhile")
	}
	return v, err
}

// draft is a version that is one still.
func draft(tx *db.Tx, number int) (Version, error) {
	v, err := Get(tx, number)
	if err == nil && v.State != Draft {
		err = fault.New(fault.Conflict, "programme.published", "number", number)
	}
	return v, err
}

// Revise replaces the text of a draft that still has the hash the editor saw;
// otherwise programme.edited_meanwhile, or programme.published.
func Revise(tx *db.Tx, number int, seen string, src []byte) (Version, error) {
	p, err := parse(src)
	if err != nil {
		return Version{}, err
	}
	v, err := draft(tx, number)
	if err != nil {
		return Version{}, err
	}
	v.Hash, v.EffectiveFrom, v.StartsAt = Hash(src), p.EffectiveFrom, p.Starts()
	n, err := tx.Exec(`UPDATE programme_version SET source = $1, hash = $2, effective_from = $3, starts_at = $4 WHERE number = $5 AND hash = $6 AND published_at IS NULL`,
		string(src), v.Hash, v.EffectiveFrom, v.StartsAt, number, seen)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "programme.edited_meanwhile")
	}
	return v, err
}

func parse(src []byte) (*plan.Programme, error) {
	p, bad := plan.Parse(src)
	return p, bad.Fault()
}

// Publish saves src and publishes it.
func Publish(tx *db.Tx, src []byte, o Order) (Version, error) {
	v, err := Save(tx, src, o.By, o.Note)
	if err != nil {
		return Version{}, err
	}
	return PublishDraft(tx, v.Number, o)
}

// PublishDraft makes a draft a version that judges purchases from its first
// day on. Faults: programme.version_unknown, programme.published,
// programme.edited_meanwhile (it is not the draft that was looked at) and those
// of a version that does not fit behind the others.
func PublishDraft(tx *db.Tx, number int, o Order) (Version, error) {
	vs, err := Versions(tx)
	if err != nil {
		return Version{}, err
	}
	v, err := draft(tx, number)
	if err != nil {
		return Version{}, err
	}
	if o.Seen != "" && o.Seen != v.Hash {
		return Version{}, fault.New(fault.Conflict, "programme.edited_meanwhile")
	}
	next, err := load(tx, number)
	if err != nil {
		return Version{}, err
	}
	last, err := latest(tx, vs)
	if err == nil {
		err = fits(last, next, o, tx.Now)
	}
	if err != nil {
		return Version{}, err
	}
	return publish(tx, v, o)
}

func publish(tx *db.Tx, v Version, o Order) (Version, error) {
	n, err := tx.Exec(`UPDATE programme_version SET published_at = $1, published_by = $2 WHERE number = $3 AND hash = $4 AND published_at IS NULL`,
		tx.Now, o.By, v.Number, v.Hash)
	if db.Unique(err) || err == nil && n == 0 {
		return Version{}, fault.New(fault.Conflict, "programme.edited_meanwhile")
	}
	if err == nil {
		err = remark(tx)
	}
	if err != nil {
		return Version{}, err
	}
	return Get(tx, v.Number)
}

// Withdraw makes a scheduled version a draft again; programme.in_force when
// it has judged, or could have judged, a purchase.
func Withdraw(tx *db.Tx, number int) error {
	v, err := Get(tx, number)
	if err != nil {
		return err
	}
	if v.State != Scheduled {
		return fault.New(fault.Conflict, "programme.not_scheduled", "number", number, "state", string(v.State))
	}
	n, err := tx.Exec(`UPDATE programme_version SET published_at = $1, published_by = $2 WHERE number = $3 AND published_at IS NOT NULL AND starts_at > $4`,
		clock.Instant(0), ident.ID{}, number, tx.Now)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "programme.edited_meanwhile")
	}
	if err == nil {
		err = remark(tx)
	}
	return err
}

// Diff says in words what version b changes against version a.
func Diff(tx *db.Tx, a, b int) ([]plan.Change, error) {
	x, err := load(tx, a)
	if err != nil {
		return nil, err
	}
	y, err := load(tx, b)
	if err != nil {
		return nil, err
	}
	return plan.Diff(x, y), nil
}

func load(tx *db.Tx, number int) (*plan.Programme, error) {
	src, err := Source(tx, number)
	if err != nil {
		return nil, err
	}
	p, bad := plan.ParseVersion(src, number)
	return p, bad.Fault()
}

// latest is the published version that starts last; nil without one.
func latest(tx *db.Tx, vs []Version) (*plan.Programme, error) {
	var last *Version
	for i, v := range vs {
		if v.PublishedAt != 0 && (last == nil || v.StartsAt > last.StartsAt) {
			last = &vs[i]
		}
	}
	if last == nil {
		return nil, nil
	}
	return load(tx, last.Number)
}

// remark changes the mark all caches compare. A fresh id, not a counter: a
// rolled-back change must not share its mark with a later one.
func remark(tx *db.Tx) error {
	_, err := tx.Exec(`UPDATE programme_mark SET mark = $1 WHERE id = 1`, ident.New())
	return err
}
