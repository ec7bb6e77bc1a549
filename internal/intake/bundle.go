package intake

import (
	"bufio"
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"net/textproto"
)

// boundary parts the files of a bundle. It is always the same, so that the
// same files make the same bytes and an import of them is known again.
const boundary = "joren-files-3f9c51d07ab24e68"

// A Bundle is the two files of one export as one: MIME parts in the order
// given, as they are. It is what a face stores and imports when somebody
// hands over several files at once.
type Bundle struct{ w *multipart.Writer }

// NewBundle begins a bundle on w.
func NewBundle(w io.Writer) Bundle {
	m := multipart.NewWriter(w)
	if err := m.SetBoundary(boundary); err != nil {
		panic("intake: " + err.Error()) // a constant
	}
	return Bundle{m}
}

// Add puts a file in.
func (b Bundle) Add(name string, r io.Reader) error {
	head := textproto.MIMEHeader{"Content-Disposition": {mime.FormatMediaType("attachment", map[string]string{"filename": name})}}
	w, err := b.w.CreatePart(head)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, r)
	return err
}

// Close ends the bundle.
func (b Bundle) Close() error { return b.w.Close() }

// Bundled makes one source of several files.
func Bundled(files []Source) Source {
	if len(files) == 1 {
		return files[0]
	}
	out := Source{Name: files[0].Name, Size: files[0].Size, TempDir: files[0].TempDir}
	for _, f := range files[1:] {
		out.Name += " + " + f.Name
		out.Size += f.Size
		if out.Mapping == nil {
			out.Mapping = f.Mapping
		}
	}
	out.Open = func() (io.ReadCloser, error) {
		r, w := io.Pipe()
		go func() { w.CloseWithError(writeBundle(w, files)) }()
		return r, nil
	}
	return out
}

func writeBundle(w io.Writer, files []Source) error {
	b := NewBundle(w)
	for _, f := range files {
		in, err := f.Open()
		if err != nil {
			return err
		}
		err = b.Add(f.Name, in)
		in.Close()
		if err != nil {
			return err
		}
	}
	return b.Close()
}

// unbundle tells a bundle from a file, which is nil then.
func unbundle(in *bufio.Reader) *multipart.Reader {
	const first = "--" + boundary
	if b, _ := in.Peek(len(first)); !bytes.Equal(b, []byte(first)) {
		return nil
	}
	return multipart.NewReader(in, boundary)
}
