package blob

import (
	"time"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
)

const fileColumns = `id, sha256, name, content_type, size_bytes, created_at, COALESCE(content_id, id)`

func scanFile(r db.Row) (f File, err error) {
	err = r.Scan(&f.ID, &f.SHA256, &f.Name, &f.ContentType, &f.Size, &f.CreatedAt, &f.content)
	return f, err
}

// putFile writes a file whose pieces stand under its id. If the same bytes are
// kept already it has those, and its own pieces go.
func putFile(tx *db.Tx, f *File) error {
	f.CreatedAt, f.content = tx.Wall, f.ID
	same, found, err := hold(tx, f)
	if err != nil {
		return err
	}
	if found {
		if _, err := tx.Exec(`DELETE FROM blob_chunk WHERE file_id = $1`, f.ID); err != nil {
			return err
		}
		f.content = same
	}
	var shared *ident.ID
	if f.content != f.ID {
		shared = &f.content
	}
	_, err = tx.Exec(`INSERT INTO blob_file (id, sha256, name, content_type, size_bytes, created_at, content_id) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		f.ID, f.SHA256[:], f.Name, f.ContentType, f.Size, f.CreatedAt, shared)
	return err
}

// hold finds a kept file with f's bytes and locks its row until the commit: a
// deletion at the same moment comes before it, and then it is not found, or
// after it, and then sees that the pieces are still needed.
func hold(tx *db.Tx, f *File) (content ident.ID, found bool, err error) {
	ids, err := db.Query(tx, db.Value[ident.ID], `UPDATE blob_file SET size_bytes = size_bytes
		WHERE id = (SELECT id FROM blob_file WHERE sha256 = $1 AND size_bytes = $2 ORDER BY created_at, id LIMIT 1)
		RETURNING COALESCE(content_id, id)`, f.SHA256[:], f.Size)
	if err != nil || len(ids) == 0 {
		return content, false, err
	}
	return ids[0], true, nil
}

// Delete removes a file, and its pieces when no other file has them. Fault
// blob.unknown.
func Delete(tx *db.Tx, id ident.ID) error {
	gone, err := db.Query(tx, db.Value[ident.ID], `DELETE FROM blob_file WHERE id = $1 RETURNING COALESCE(content_id, id)`, id)
	if err == nil && len(gone) == 0 {
		err = fault.New(fault.NotFound, "blob.unknown")
	}
	if err != nil {
		return err
	}
	_, err = tx.Exec(`DELETE FROM blob_chunk WHERE file_id = $1 AND NOT EXISTS
		(SELECT 1 FROM blob_file f WHERE f.id = $1 OR f.content_id = $1)`, gone[0])
	return err
}

// Sweep removes pieces without a file that are older than a day: of uploads
// that broke off, and of two files with the same bytes deleted at one moment.
func Sweep(tx *db.Tx) (int64, error) {
	return tx.Exec(`DELETE FROM blob_chunk WHERE created_at < $1 AND NOT EXISTS
		(SELECT 1 FROM blob_file f WHERE f.id = blob_chunk.file_id OR f.content_id = blob_chunk.file_id)`, tx.Wall.Add(-24*time.Hour))
}

// Older lists files of the given content type stored before an instant, by id,
// those after the file after (zero: from the first on). Whoever knows whether
// they are still needed may delete them.
func Older(tx *db.Tx, contentType string, before clock.Instant, after ident.ID, limit int) ([]File, error) {
	const old = `SELECT ` + fileColumns + ` FROM blob_file WHERE content_type = $1 AND created_at < $2 `
	if after.IsZero() {
		return db.Query(tx, scanFile, old+`ORDER BY id LIMIT $3`, contentType, before, limit)
	}
	return db.Query(tx, scanFile, old+`AND id > $3 ORDER BY id LIMIT $4`, contentType, before, after, limit)
}
