package api

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"

	"joren/internal/blob"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/intake"
)

const (
	maxUpload   = 64 << 20 // bytes of a file
	maxRefusals = 10_000   // rows that are told
	formRoom    = 1 << 20  // of a form around its file
	maxFiles    = 24       // of one export: two a month for a year
)

func fileTooLarge() error { return fault.New(fault.Invalid, "blob.too_large", "most", maxUpload) }

// receive stores the file of a request as it arrives. Faults:
// import.media_type, import.no_file, blob.too_large, csv.empty,
// request.cut_off, request.parameters.
func (s *server) receive(c *call, in *importIn) (f blob.File, err error) {
	if c.r.ContentLength > maxUpload+formRoom {
		return f, fileTooLarge()
	}
	kind, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err != nil && c.r.Header.Get("Content-Type") != "" {
		return f, fault.New(fault.Invalid, "import.media_type")
	}
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, maxUpload+formRoom)
	switch kind {
	case "multipart/form-data":
		f, err = s.receiveForm(c, in)
	case "", "text/csv", "text/plain", "text/tab-separated-values", "application/octet-stream":
		f, err = s.store(c, in.Name, c.r.Body)
	default:
		err = fault.New(fault.Invalid, "import.media_type")
	}
	return f, err
}

// store refuses an empty file too. What of a broken upload was stored already
// is no file: [blob.Sweep] takes it away.
func (s *server) store(c *call, name string, r io.Reader) (blob.File, error) {
	f, err := blob.Upload(c.ctx, s.DB, fileName(name), intake.FileType, whole{r}, maxUpload)
	if err == nil && f.Size == 0 {
		s.discard(c, f.ID)
		err = fault.New(fault.Invalid, "csv.empty")
	}
	return f, err
}

// receiveForm takes the parts file, which are imported together; the other
// parts are parameters.
func (s *server) receiveForm(c *call, in *importIn) (blob.File, error) {
	form, err := c.r.MultipartReader()
	if err != nil {
		return blob.File{}, fault.New(fault.Invalid, "import.media_type")
	}
	files, err := s.receiveParts(c, form, in)
	if err == nil && len(files) == 0 {
		err = fault.New(fault.Invalid, "import.no_file").With(fault.At("file", "field.required"))
	}
	if err == nil {
		var f blob.File
		if f, err = intake.Together(c.ctx, s.DB, files, maxUpload); err == nil {
			return f, nil
		}
	}
	for _, f := range files {
		s.discard(c, f.ID)
	}
	return blob.File{}, err
}

// receiveParts gives the files stored so far with what went wrong.
func (s *server) receiveParts(c *call, form *multipart.Reader, in *importIn) (files []blob.File, err error) {
	for {
		part, err := form.NextPart()
		switch {
		case err == io.EOF:
			return files, nil
		case err != nil:
			return files, brokenOff(err)
		case part.FormName() == "file" && len(files) == maxFiles:
			return files, fault.New(fault.Invalid, "request.parameters").With(fault.At("file", "field.too_many", "max", maxFiles))
		case part.FormName() == "file":
			f, err := s.store(c, part.FileName(), part)
			if err != nil {
				return files, err
			}
			files = append(files, f)
		default:
			if err := in.set(part); err != nil {
				return files, err
			}
		}
	}
}

// set reads a parameter that came as a part of the form.
func (in *importIn) set(part *multipart.Part) error {
	const most = 1000
	b, err := io.ReadAll(io.LimitReader(part, most+1))
	if err != nil {
		return brokenOff(err)
	}
	bad := func(code string, args ...any) error {
		return fault.New(fault.Invalid, "request.parameters").With(fault.At(tellable(part.FormName()), code, args...))
	}
	if len(b) > most || !utf8.Valid(b) || strings.ContainsRune(string(b), 0) {
		return bad("text.invalid")
	}
	truth := func(to *bool) error {
		v, err := strconv.ParseBool(string(b))
		if err != nil {
			return bad("value.unknown", "allowed", "true, false")
		}
		*to = v
		return nil
	}
	switch part.FormName() {
	case "profile":
		in.Profile = string(b)
	case "name":
		in.Name = string(b)
	case "history":
		return truth(&in.History)
	case "dry_run":
		return truth(&in.DryRun)
	default:
		return bad("query.unknown")
	}
	return nil
}

// whole tells a body that broke off from one that has ended: a file cut short
// must not pass for a shorter file.
type whole struct{ io.Reader }

func (w whole) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	if err != nil && err != io.EOF {
		err = brokenOff(err)
	}
	return n, err
}

func brokenOff(err error) error {
	var over *http.MaxBytesError
	if errors.As(err, &over) {
		return fileTooLarge()
	}
	return fault.New(fault.Invalid, "request.cut_off").Because(err)
}

// fileName is the last part of a name as sent, at most 200 bytes of it: some
// programs send whole paths.
func fileName(s string) string {
	s = path.Base(strings.ReplaceAll(strings.ToValidUTF8(s, "?"), `\`, "/"))
	if s == "." || s == "/" {
		return "import.csv"
	}
	for len(s) > 200 {
		_, n := utf8.DecodeRuneInString(s)
		s = s[n:]
	}
	return s
}

// langOr is a language by name, or that of the request.
func (c *call) langOr(name string) (i18n.Lang, error) {
	switch i18n.Lang(name) {
	case "":
		return c.lang(), nil
	case i18n.JA, i18n.EN:
		return i18n.Lang(name), nil
	}
	return "", fault.New(fault.Invalid, "request.parameters").With(fault.At("lang", "value.unknown", "allowed", "ja, en"))
}

// refusals are the problems of a file, the first of very many.
type refusals struct{ list []intake.Problem }

func (r *refusals) add(ps []intake.Problem) {
	r.list = append(r.list, ps[:min(len(ps), max(0, maxRefusals-len(r.list)))]...)
}

func (r *refusals) errorsIn(l i18n.Lang) func(io.Writer) error {
	return func(w io.Writer) error { return (&intake.Report{Problems: r.list}).WriteErrors(w, l) }
}
