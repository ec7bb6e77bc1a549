package ledger

import (
	"crypto/sha256"
	"encoding/binary"

	"joren/internal/ident"
)

// chain is the SHA-256 over the previous hash of the account and this entry's
// codes and figures, each of fixed width or preceded by its length. The note
// is left out, so erasing it breaks nothing; so is Piece.Undone, which later
// entries change.
func (e *Entry) chain(prev [32]byte) [32]byte {
	var room [512]byte
	w := append(room[:0], prev[:]...)
	num := func(n int64) { w = binary.BigEndian.AppendUint64(w, uint64(n)) }
	code := func(s string) {
		w = binary.BigEndian.AppendUint16(w, uint16(len(s)))
		w = append(w, s...)
	}
	num(e.Seq)
	code(string(e.Kind))
	code(string(e.Contra))
	num(e.Points)
	num(e.Balance)
	num(int64(e.Occurred))
	num(int64(e.Recorded))
	code(e.Store)
	code(e.Actor)
	code(e.Reason)
	for _, id := range [...]ident.ID{e.Purchase, e.Award, e.Return, e.Transfer} {
		w = append(w, id[:]...)
	}
	num(int64(len(e.Pieces)))
	for _, p := range e.Pieces {
		num(p.Lot)
		num(p.Points)
		code(string(p.Source))
	}
	num(int64(len(e.Born)))
	for _, l := range e.Born {
		num(l.No)
		num(l.Gross)
		num(l.Net)
	}
	return sha256.Sum256(w)
}
