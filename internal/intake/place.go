package intake

import (
	"strconv"
	"strings"

	"joren/internal/fault"
)

// refusedAt are the fields that refusals without a place of their own are
// about.
var refusedAt = map[string]Field{
	"time.future": fOccurredAt, "purchase.before_joining": fOccurredAt, "purchase.other_member": fMemberID, "return.before_purchase": fOccurredAt, "programme.none_in_force": fOccurredAt,
	"purchase.claim_late": fMemberID, "purchase.claim_off": fMemberID, "birthday.too_soon": fBirthday, "birthday.changed": fBirthday,
	"member.unknown": fMemberID, "member.left": fMemberID, "member.was_erased": fMemberID, "member.card_taken": fCard,
	"purchase.total_mismatch": fTotal, "points.unknown_type": fPointType, "opening.origin": fOrigin, "points.not_positive": fPoints,
	"event.unknown_kind": fEventKind, "purchase.changed": fOrderNo,
}

// placed says in the file's own words where an item stands that recording
// refused: its column, and the value as it was read. The cell's own text is
// gone by then; a value in the middle of a document is left out.
func (t *table) placed(it *Item, f *fault.Fault) Problem {
	p := Problem{Row: it.Row, Code: f.Code, Args: f.Args}
	at, ok := refusedAt[f.Code]
	if len(f.Fields) > 0 {
		at, ok = t.fieldAt(f.Fields[0].Path)
	}
	if !ok || t == nil || at == fNone {
		return p
	}
	c := cells{t: t}
	if p.Column = c.column(at); t.at[at] < 0 {
		p.Column = ""
	}
	p.Value = mask(at, t.valueOf(it, at))
	return p
}

// fieldAt is the field that a place in a document comes from, "lines[2].name"
// for instance. Most have the same name here.
func (t *table) fieldAt(path string) (Field, bool) {
	name := path[strings.LastIndexByte(path, '.')+1:]
	if strings.HasPrefix(path, "lines[") {
		switch name {
		case "name":
			return fItem, true
		case "discount":
			return fLineDiscount, true
		case "amount":
			if t != nil && t.at[fAmount] < 0 {
				return fUnitPrice, true
			}
		}
	}
	return fieldOf(name)
}

func (t *table) valueOf(it *Item, f Field) string {
	switch {
	case f == fOccurredAt && it.At != 0:
		return it.At.Time().In(t.zone.Location).Format("2006-01-02 15:04:05")
	case f == fMemberID:
		return it.Person.ID
	case f == fCard:
		return it.Person.Card
	case f == fOrderNo:
		return it.Number
	case f == fCurrency && it.Sale != nil:
		return it.Sale.Currency
	case f == fTotal && it.Sale != nil:
		return strconv.FormatInt(it.Sale.Total, 10)
	case f == fPoints && it.Opening != nil:
		return strconv.FormatInt(it.Opening.Points, 10)
	case f == fPointType && it.Opening != nil:
		return it.Opening.Type
	case f == fEventKind && it.Event != nil:
		return it.Event.Kind
	}
	return ""
}
