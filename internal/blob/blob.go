// Package blob keeps files in the database, so that a backup is whole: images
// and documents of up to 1 MB in one piece, uploads such as import files in
// pieces of 1 MB. The same bytes are kept once, however often they come.
//
// It must not know what is in a file, nor who may read it.
package blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"hash"
	"io"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/ident"
)

// File describes a stored file.
type File struct {
	ID          ident.ID
	SHA256      [sha256.Size]byte
	Name        string // as uploaded; for people, never a path
	ContentType string
	Size        int64 // bytes
	CreatedAt   clock.Instant

	content ident.ID // under which its pieces stand
}

// ChunkSize is the size of a piece and the most that Put takes.
const ChunkSize = 1 << 20

// Put stores a small file. Fault blob.too_large over 1 MB.
func Put(tx *db.Tx, name, contentType string, data []byte) (File, error) {
	if len(data) > ChunkSize {
		return File{}, tooLarge(ChunkSize)
	}
	f := File{ID: ident.New(), SHA256: sha256.Sum256(data), Name: name, ContentType: contentType, Size: int64(len(data))}
	if err := putChunk(tx, f.ID, 0, data); err != nil {
		return File{}, err
	}
	return f, putFile(tx, &f)
}

// whole tells a source that was cut off from one that has ended: io.ReadFull
// has one name for both. A source that already names its fault keeps its name.
type whole struct{ io.Reader }

func (w whole) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	if err == io.ErrUnexpectedEOF {
		err = fault.New(fault.Invalid, "blob.cut_off")
	}
	return n, err
}

// Upload stores a file of up to most bytes as it arrives, a transaction for
// each piece; it exists once Upload returns. What a broken upload leaves is
// removed by [Sweep]. Fault blob.too_large.
func Upload(ctx context.Context, d *db.DB, name, contentType string, r io.Reader, most int64) (File, error) {
	f := File{ID: ident.New(), Name: name, ContentType: contentType}
	digest, piece := sha256.New(), make([]byte, ChunkSize)
	r = whole{r}
	for number := int64(0); ; number++ {
		n, err := io.ReadFull(r, piece)
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return File{}, err
		}
		if f.Size += int64(n); f.Size > most {
			return File{}, tooLarge(most)
		}
		digest.Write(piece[:n])
		last := err != nil
		err = d.Write(ctx, func(tx *db.Tx) error {
			if n > 0 {
				if err := putChunk(tx, f.ID, number, piece[:n]); err != nil {
					return err
				}
			}
			if !last {
				return nil
			}
			f.SHA256 = [sha256.Size]byte(digest.Sum(nil))
			return putFile(tx, &f)
		})
		if err != nil || last {
			return f, err
		}
	}
}

func putChunk(tx *db.Tx, id ident.ID, number int64, data []byte) error {
	_, err := tx.Exec(`INSERT INTO blob_chunk (file_id, number, created_at, data) VALUES ($1, $2, $3, $4)`, id, number, tx.Wall, append([]byte{}, data...))
	return err
}

func tooLarge(most int64) error {
	return fault.New(fault.Invalid, "blob.too_large", "most", most)
}

// Stat describes a file. Fault blob.unknown.
func Stat(tx *db.Tx, id ident.ID) (File, error) {
	return db.One(tx, fault.New(fault.NotFound, "blob.unknown"), scanFile, `SELECT `+fileColumns+` FROM blob_file WHERE id = $1`, id)
}

// Get reads a whole file and checks its digest. Faults blob.unknown,
// blob.damaged.
func Get(tx *db.Tx, id ident.ID) (File, []byte, error) {
	f, err := Stat(tx, id)
	if err != nil {
		return f, nil, err
	}
	data := make([]byte, 0, f.Size)
	err = db.Each(tx, func(r db.Row) error {
		var b []byte
		err := r.Scan(&b)
		data = append(data, b...)
		return err
	}, `SELECT data FROM blob_chunk WHERE file_id = $1 ORDER BY number`, f.content)
	if err == nil && sha256.Sum256(data) != f.SHA256 {
		err = damaged()
	}
	return f, data, err
}

func damaged() error { return fault.New(fault.Internal, "blob.damaged") }

// Open reads a file piece by piece, a snapshot each, so that a slow reader
// holds no transaction; files never change. The reader ends with fault
// blob.damaged instead of io.EOF if the digest is wrong, and with
// blob.unknown if the file is deleted meanwhile.
func Open(ctx context.Context, d *db.DB, id ident.ID) (f File, r io.Reader, err error) {
	err = d.Read(ctx, func(tx *db.Tx) error {
		f, err = Stat(tx, id)
		return err
	})
	return f, &reader{ctx: ctx, db: d, file: f, digest: sha256.New()}, err
}

type reader struct {
	ctx    context.Context
	db     *db.DB
	file   File
	next   int64 // piece
	read   int64 // bytes
	piece  bytes.Reader
	digest hash.Hash
}

func (r *reader) Read(p []byte) (int, error) {
	for r.piece.Len() == 0 {
		if r.read == r.file.Size {
			if [sha256.Size]byte(r.digest.Sum(nil)) != r.file.SHA256 {
				return 0, damaged()
			}
			return 0, io.EOF
		}
		if err := r.load(); err != nil {
			return 0, err
		}
	}
	return r.piece.Read(p)
}

func (r *reader) load() error {
	return r.db.Read(r.ctx, func(tx *db.Tx) error {
		b, err := db.One(tx, fault.New(fault.NotFound, "blob.unknown"), db.Value[[]byte],
			`SELECT data FROM blob_chunk WHERE file_id = $1 AND number = $2`, r.file.content, r.next)
		if err != nil {
			return err
		}
		if len(b) == 0 {
			return errors.Join(damaged(), io.ErrUnexpectedEOF)
		}
		r.next++
		r.read += int64(len(b))
		r.digest.Write(b)
		r.piece.Reset(b)
		return nil
	})
}
