package intake

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/gob"
	"io"
)

// draftCode writes drafts to files and reads them again, in any order and from
// any number of files: what gob has to be told about the type is told once. A
// coder of its own for each sorted run would take more memory than its rows.
type draftCode struct {
	out, in bytes.Buffer
	enc     *gob.Encoder
	dec     *gob.Decoder
}

func newDraftCode() (*draftCode, error) {
	c := &draftCode{}
	c.enc, c.dec = gob.NewEncoder(&c.out), gob.NewDecoder(&c.in)
	if err := c.enc.Encode(&draft{}); err != nil { // the type, and a value
		return nil, err
	}
	c.in.Write(c.out.Bytes())
	return c, c.dec.Decode(&draft{})
}

// write appends a draft with its length before it.
func (c *draftCode) write(w *bufio.Writer, d *draft) error {
	c.out.Reset()
	if err := c.enc.Encode(d); err != nil {
		return err
	}
	if _, err := w.Write(binary.AppendUvarint(w.AvailableBuffer(), uint64(c.out.Len()))); err != nil {
		return err
	}
	_, err := w.Write(c.out.Bytes())
	return err
}

// read takes the next draft of a file; io.EOF at its end.
func (c *draftCode) read(r *bufio.Reader, d *draft) error {
	n, err := binary.ReadUvarint(r)
	if err != nil {
		return err
	}
	c.in.Reset()
	if _, err := io.CopyN(&c.in, r, int64(n)); err != nil {
		return err
	}
	return c.dec.Decode(d)
}
