package session

import (
	"context"
	"log/slog"
	"regexp"
	"strings"
)

// Redact wraps a log handler so that secrets and people do not reach the log:
// attributes with telling names lose their value, and keys, tokens, mail
// addresses and phone numbers inside texts are blanked.
func Redact(h slog.Handler) slog.Handler { return redacting{h} }

type redacting struct{ slog.Handler }

const blank = "[redacted]"

var telling = []string{"password", "token", "secret", "authorization", "cookie", "mail", "phone", "login", "name", "kana", "address", "birth", "body", "query"}

var secrets = regexp.MustCompile(`jk_[0-9A-Z]{20,}|/start/[0-9A-Za-z]{10,}|[[:alnum:]._%+-]+@[[:alnum:].-]+\.[[:alpha:]]{2,}|\b0[0-9]{1,4}-[0-9]{1,4}-[0-9]{3,4}\b|\b0[0-9]{9,10}\b`)

func (h redacting) Handle(ctx context.Context, r slog.Record) error {
	out := slog.NewRecord(r.Time, r.Level, secrets.ReplaceAllString(r.Message, blank), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		out.AddAttrs(clean(a))
		return true
	})
	return h.Handler.Handle(ctx, out)
}

func (h redacting) WithAttrs(as []slog.Attr) slog.Handler {
	cleaned := make([]slog.Attr, len(as))
	for i, a := range as {
		cleaned[i] = clean(a)
	}
	return redacting{h.Handler.WithAttrs(cleaned)}
}

func (h redacting) WithGroup(name string) slog.Handler { return redacting{h.Handler.WithGroup(name)} }

func clean(a slog.Attr) slog.Attr {
	a.Value = a.Value.Resolve()
	key := strings.ToLower(a.Key)
	for _, t := range telling {
		if strings.Contains(key, t) {
			return slog.String(a.Key, blank)
		}
	}
	switch a.Value.Kind() {
	case slog.KindGroup:
		var group []slog.Attr
		for _, g := range a.Value.Group() {
			group = append(group, clean(g))
		}
		return slog.Attr{Key: a.Key, Value: slog.GroupValue(group...)}
	case slog.KindString, slog.KindAny:
		return slog.String(a.Key, secrets.ReplaceAllString(a.Value.String(), blank))
	}
	return a
}
