package sale

import (
	"strconv"
	"time"

	"joren/internal/clock"
	"joren/internal/rules"
	"joren/internal/text"
)

// The answer to a purchase is written by hand: every till waits for it, and
// reflection costs more than the judgement. A test compares it with
// encoding/json, byte for byte.

// AppendJSON appends the answer as encoding/json writes it without escaping
// for HTML.
func (a *Answer) AppendJSON(b []byte) []byte {
	b = append(b, '{')
	b = word(b, "id", a.ID)
	b = wordIf(b, "member", a.Member)
	b = strconv.AppendBool(key(b, "duplicate"), a.Duplicate)
	if a.Revised {
		b = append(key(b, "revised"), "true"...)
	}
	if a.Award != nil {
		b = a.Award.append(key(b, "award"))
	}
	b = list(b, "awards", a.Awards, (*Award).append)
	if a.Balance != nil {
		b = a.Balance.append(key(b, "balance"))
	}
	if a.Tier != nil {
		b = a.Tier.append(key(b, "tier"))
	}
	b = list(b, "flags", a.Flags, (*Flag).append)
	if a.Paid != nil {
		b = a.Paid.append(key(b, "points_paid"))
	}
	return append(b, '}')
}

func (a *Award) append(b []byte) []byte {
	b = wordIf(append(b, '{'), "type", a.Type)
	b = num(b, "points", a.Points)
	b = num(b, "eligible", a.Eligible)
	b = num(b, "version", int64(a.Version))
	b = wordIf(b, "lot", a.Lot)
	b = list(b, "lots", a.Lots, (*AwardLot).append)
	b = wordIf(b, "state", a.State)
	b = instantIf(b, "activates_at", a.ActivatesAt)
	b = dayIf(b, "expires_on", a.ExpiresOn)
	b = numIf(b, "repaid_debt", a.RepaidDebt)
	b = all(b, "components", a.Components, appendComponent)
	b = list(b, "refused", a.Refused, appendRefusal)
	return append(b, '}')
}

func (l *AwardLot) append(b []byte) []byte {
	b = word(append(b, '{'), "lot", l.Lot)
	b = num(b, "points", l.Points)
	b = word(b, "state", l.State)
	b = instantIf(b, "activates_at", l.ActivatesAt)
	b = dayIf(b, "expires_on", l.ExpiresOn)
	return append(b, '}')
}

func appendComponent(c *rules.Component, b []byte) []byte {
	b = word(append(b, '{'), "rule", c.Rule)
	b = num(b, "points", c.Points)
	b = numIf(b, "base", c.Base)
	b = word(b, "code", c.Code)
	return append(argsIf(b, c.Args), '}')
}

func appendRefusal(r *rules.Refusal, b []byte) []byte {
	b = word(append(b, '{'), "rule", r.Rule)
	b = word(b, "code", r.Code)
	return append(argsIf(b, r.Args), '}')
}

func argsIf(b []byte, args rules.Args) []byte {
	if len(args) == 0 {
		return b
	}
	return args.AppendJSON(key(b, "args"))
}

func (x *Balance) append(b []byte) []byte {
	b = num(append(b, '{'), "available", x.Available)
	b = num(b, "pending", x.Pending)
	b = num(b, "held", x.Held)
	return append(num(b, "debt", x.Debt), '}')
}

func (t *Tier) append(b []byte) []byte {
	b = word(append(b, '{'), "current", t.Current)
	b = dayIf(b, "valid_until", t.ValidUntil)
	b = dayIf(b, "grace_until", t.GraceUntil)
	b = num(b, "metric", t.Metric)
	b = num(b, "to_keep", t.ToKeep)
	b = wordIf(b, "next", t.Next)
	b = numIf(b, "to_next", t.ToNext)
	b = wordIf(b, "if_nothing_more", t.IfNothingMore)
	if p := t.AtPace; p != nil {
		b = append(key(b, "at_pace"), '{')
		b = num(b, "metric", p.Metric)
		b = append(word(b, "tier", p.Tier), '}')
	}
	return append(b, '}')
}

func (f *Flag) append(b []byte) []byte {
	return append(argsIf(word(append(b, '{'), "code", f.Code), f.Args), '}')
}

func (t *PointsTaken) append(b []byte) []byte {
	b = num(append(b, '{'), "points", t.Points)
	b = all(b, "lots", t.Lots, (*LotPart).append)
	return append(numIf(b, "debt", t.Debt), '}')
}

func (l *LotPart) append(b []byte) []byte {
	return append(num(word(append(b, '{'), "lot", l.Lot), "points", l.Points), '}')
}

// key begins a member of an object; all our keys are plain.
func key(b []byte, k string) []byte {
	if b[len(b)-1] != '{' {
		b = append(b, ',')
	}
	b = append(append(b, '"'), k...)
	return append(b, '"', ':')
}

func word(b []byte, k, s string) []byte { return text.AppendQuoted(key(b, k), s) }

func wordIf(b []byte, k, s string) []byte {
	if s == "" {
		return b
	}
	return word(b, k, s)
}

func num(b []byte, k string, n int64) []byte { return strconv.AppendInt(key(b, k), n, 10) }

func numIf(b []byte, k string, n int64) []byte {
	if n == 0 {
		return b
	}
	return num(b, k, n)
}

func instantIf(b []byte, k string, i clock.Instant) []byte {
	switch i {
	case 0:
		return b
	case clock.Never:
		return word(b, k, i.String())
	}
	b = i.Time().AppendFormat(append(key(b, k), '"'), time.RFC3339Nano)
	return append(b, '"')
}

func dayIf(b []byte, k string, d clock.Day) []byte {
	if d == 0 {
		return b
	}
	return word(b, k, d.String())
}

// all writes a list that is always there; null is what encoding/json makes of
// one that never was.
func all[T any](b []byte, k string, list []T, one func(*T, []byte) []byte) []byte {
	if b = key(b, k); list == nil {
		return append(b, "null"...)
	}
	b = append(b, '[')
	for i := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = one(&list[i], b)
	}
	return append(b, ']')
}

// list writes a list unless it is empty.
func list[T any](b []byte, k string, l []T, one func(*T, []byte) []byte) []byte {
	if len(l) == 0 {
		return b
	}
	return all(b, k, l, one)
}
