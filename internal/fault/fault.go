// Package fault says what can go wrong: a kind, a stable dotted code and
// arguments as values. It holds no text for people; faces translate the code
// (package i18n, key "fault." + code) and map the kind to an HTTP status.
//
// Rules and stores make faults; whoever passes one on may wrap it with %w for
// the log. A fault never carries a name, phone number or mail address.
package fault

import (
	"errors"
	"fmt"
	"sort"
	"strings"
)

// Kind is the class of a fault. It decides the HTTP status and whether the
// caller may try again.
type Kind uint8

const (
	Internal        Kind = iota // a defect of ours; HTTP 500
	Invalid                     // the request is wrong; HTTP 422
	NotFound                    // HTTP 404
	Conflict                    // it clashes with what is recorded; HTTP 409
	Forbidden                   // known caller, not allowed; HTTP 403
	Unauthenticated             // unknown caller; HTTP 401
	Limited                     // too many, too large, too often; HTTP 429
	Unavailable                 // not now, try again; HTTP 503
	Ambiguous                   // the outcome is unknown: repeat with the same key; HTTP 503
)

var kindNames = [...]string{"internal", "invalid", "not_found", "conflict", "forbidden", "unauthenticated", "limited", "unavailable", "ambiguous"}

func (k Kind) String() string { return kindNames[k] }

// Args are the values of a fault's message. Allowed are strings, integers,
// booleans and values with String or MarshalText (days, instants, ids).
type Args map[string]any

// A Fault is a refusal or failure with a stable code.
type Fault struct {
	Kind   Kind
	Code   string // dotted and stable for ever, e.g. "points.insufficient"
	Args   Args
	Fields []Field // what is wrong where, when there is more than one place or the place matters
	Cause  error   // for the log only, never shown
}

// Field is one wrong place of a request or document.
type Field struct {
	Path string // e.g. "lines[2].quantity", "tiers.levels[1].keep"
	Line int    // line in a document, 0 if it has none
	Code string
	Args Args
}

// New makes a fault. args are pairs of key and value.
func New(kind Kind, code string, args ...any) *Fault {
	return &Fault{Kind: kind, Code: code, Args: pairs(args)}
}

// At makes a field for [Fault.With]. args are pairs of key and value.
func At(path, code string, args ...any) Field {
	return Field{Path: path, Code: code, Args: pairs(args)}
}

func pairs(kv []any) Args {
	if len(kv) == 0 {
		return nil
	}
	if len(kv)%2 != 0 {
		panic("fault: odd number of arguments")
	}
	a := make(Args, len(kv)/2)
	for i := 0; i < len(kv); i += 2 {
		a[kv[i].(string)] = kv[i+1]
	}
	return a
}

// With adds wrong places and returns f.
func (f *Fault) With(fields ...Field) *Fault {
	f.Fields = append(f.Fields, fields...)
	return f
}

// Because adds the cause for the log and returns f.
func (f *Fault) Because(err error) *Fault {
	f.Cause = err
	return f
}

// Error is for logs and tests, not for people.
func (f *Fault) Error() string {
	var b strings.Builder
	b.WriteString(f.Code)
	writeArgs(&b, f.Args)
	for _, d := range f.Fields {
		fmt.Fprintf(&b, "; %s: %s", d.Path, d.Code)
		writeArgs(&b, d.Args)
	}
	if f.Cause != nil {
		fmt.Fprintf(&b, ": %v", f.Cause)
	}
	return b.String()
}

func writeArgs(b *strings.Builder, a Args) {
	keys := make([]string, 0, len(a))
	for k := range a {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		fmt.Fprintf(b, " %s=%v", k, a[k])
	}
}

func (f *Fault) Unwrap() error { return f.Cause }

// Of finds the fault in err's chain. An error without one is an Internal
// fault with code "internal" and err as its cause; nil gives nil.
func Of(err error) *Fault {
	if err == nil {
		return nil
	}
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	return &Fault{Kind: Internal, Code: "internal", Cause: err}
}

// Is reports whether err carries a fault with this code.
func Is(err error, code string) bool {
	var f *Fault
	return errors.As(err, &f) && f.Code == code
}
