package purchase

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"

	"joren/internal/fault"
)

// Decode reads a purchase, strictly: unknown fields, numbers with a fraction
// or exponent, and numbers written as texts are refused, all wrong numbers at
// once. The result is completed.
//
// Faults: request.malformed with the wrong fields.
func Decode(body []byte) (*Input, error) {
	in := &Input{}
	if err := decode(body, in); err != nil {
		return nil, err
	}
	in.Complete()
	return in, nil
}

// DecodeReturn reads a return as strictly.
func DecodeReturn(body []byte) (*ReturnInput, error) {
	in := &ReturnInput{}
	return in, decode(body, in)
}

func decode(body []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	err := dec.Decode(into)
	if err == nil {
		if _, err = dec.Token(); err == io.EOF {
			return nil
		}
		return fault.New(fault.Invalid, "request.malformed").With(fault.At("", "json.trailing"))
	}
	f := fault.New(fault.Invalid, "request.malformed").Because(err).With(fractions(body)...)
	if len(f.Fields) > 0 {
		return f
	}
	var wrong *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &wrong):
		return f.With(fault.At(wrong.Field, "json.type", "got", wrong.Value))
	case errors.As(err, &syntax), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return f.With(fault.At("", "json.syntax"))
	case strings.HasPrefix(err.Error(), "json: unknown field "):
		name, _ := strconv.Unquote(strings.TrimPrefix(err.Error(), "json: unknown field "))
		return f.With(fault.At(name, "field.unknown"))
	}
	return f.With(fault.At("", "json.value"))
}

// fractions finds every number that is no int64: with a fraction, an
// exponent, or too many digits.
func fractions(body []byte) []fault.Field {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var doc any
	if dec.Decode(&doc) != nil {
		return nil
	}
	return walk("", doc, nil)
}

func walk(path string, v any, found []fault.Field) []fault.Field {
	switch v := v.(type) {
	case map[string]any:
		for _, k := range sortedKeys(v) {
			found = walk(strings.TrimPrefix(path+"."+k, "."), v[k], found)
		}
	case []any:
		for i, x := range v {
			found = walk(path+"["+strconv.Itoa(i)+"]", x, found)
		}
	case json.Number:
		if _, err := strconv.ParseInt(string(v), 10, 64); err == nil {
			break
		}
		code := "amount.overflow"
		if strings.ContainsAny(string(v), ".eE") {
			code = "number.not_whole"
		}
		found = append(found, fault.At(path, code, "actual", cut(string(v))))
	}
	return found
}

func cut(s string) string { return s[:min(len(s), 40)] }

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	for i := 1; i < len(keys); i++ {
		for j := i; j > 0 && keys[j] < keys[j-1]; j-- {
			keys[j], keys[j-1] = keys[j-1], keys[j]
		}
	}
	return keys
}

// Hash is the content of a completed purchase in 32 bytes: SHA-256 of its
// canonical JSON (fields in a fixed order, instants in UTC, what was left out
// left out). Two bodies that say the same have the same hash (SEMANTICS §20,
// "same content").
func (in *Input) Hash() []byte { return ContentOf(in.appendJSON(make([]byte, 0, 1<<10))) }

// Hash is the content of a return in 32 bytes.
func (in *ReturnInput) Hash() []byte { return hash(in) }

// ContentOf digests what was sent in another form.
func ContentOf(b []byte) []byte {
	sum := sha256.Sum256(b)
	return sum[:]
}

func hash(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("purchase: an input that is no JSON: " + err.Error()) // only strings, integers and texts
	}
	sum := sha256.Sum256(b)
	return sum[:]
}
