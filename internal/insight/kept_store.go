package insight

import (
	"encoding/gob"
	"errors"
	"io"

	"joren/internal/db"
)

// keptPart is the size of a piece.
const keptPart = 1 << 20

// errNotKept says that nothing is kept, or nothing that this version reads.
var errNotKept = errors.New("insight: no purchases are kept")

// keptWriter writes pieces as rows.
type keptWriter struct {
	tx   *db.Tx
	part int64
}

func (w *keptWriter) Write(b []byte) (int, error) {
	written := 0
	for len(b) > 0 {
		n := min(len(b), keptPart)
		if _, err := w.tx.Exec(`INSERT INTO insight_kept (part, data) VALUES ($1, $2)`, w.part, b[:n]); err != nil {
			return written, err
		}
		w.part++
		written, b = written+n, b[n:]
	}
	return written, nil
}

// keptReader reads the pieces one after another.
type keptReader struct {
	tx   *db.Tx
	part int64
	rest []byte
	d    *gob.Decoder
}

func openKept(tx *db.Tx) *keptReader {
	r := &keptReader{tx: tx}
	r.d = gob.NewDecoder(r)
	return r
}

func (r *keptReader) Read(b []byte) (int, error) {
	if len(r.rest) == 0 {
		data, found, err := db.Maybe(r.tx, db.Value[[]byte], `SELECT data FROM insight_kept WHERE part = $1`, r.part)
		if err != nil {
			return 0, err
		}
		if !found || len(data) == 0 {
			return 0, io.EOF
		}
		r.rest = data
		r.part++
	}
	n := copy(b, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// head reads the beginning.
func (r *keptReader) head(h *kept) error {
	err := r.d.Decode(h)
	if errors.Is(err, io.EOF) || err == nil && h.Version != keptVersion {
		return errNotKept
	}
	return err
}
