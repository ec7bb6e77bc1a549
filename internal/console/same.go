package console

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"joren/internal/ui"
)

// errSame ends the transaction of a form that says what stands already: nothing
// is written, no version taken and nothing told to the audit log.
var errSame = errors.New("console: nothing changed")

// saved answers an edit that leads to another page: with a word for what was
// done, or that there was nothing to do. What else went wrong is passed on.
func saved(w http.ResponseWriter, r *http.Request, err error, key, to string) error {
	tone := "good"
	if err == errSame {
		tone, key = "info", "console.unchanged"
	} else if err != nil {
		return err
	}
	ui.Flash(w, tone, key)
	return see(w, r, to)
}

// madeFrom is the version a form was made from. Versions count from 1; a form
// that names none was made from no version there ever was, and must not
// overwrite what it has not seen.
func madeFrom(p url.Values, name string) int64 {
	v, err := strconv.ParseInt(p.Get(name), 10, 64)
	if err != nil || v < 1 {
		return -1
	}
	return v
}
