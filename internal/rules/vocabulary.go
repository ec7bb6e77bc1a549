package rules

import (
	"encoding/json"
	"maps"
	"time"

	"joren/internal/clock"
)

// Words is what conditions of a programme may speak of beyond the built-in
// fields: the owner's attributes, her tiers, and the fields of the event that
// triggers a rule.
type Words struct {
	Zone       clock.Zone
	Tiers      []string
	Attributes map[string]AttrType
	Event      map[string]AttrType // fields of the triggering event kind
	Kinds      []string            // event kinds stats.event may name; none are not checked
}

// kind is the type of a field or expression.
type kind uint8

const (
	kindOther kind = iota
	kindInt
	kindText
	kindBool
	kindDate
	kindTexts   // list of texts
	kindLines   // purchase.lines
	kindLine    // a line
	kindProduct // stats.product(sku)
	kindObject  // purchase, member, member.attr …
)

// field is one readable property of a T. Exactly the getter of its kind is set.
type field[T any] struct {
	kind   kind
	num    func(T) int64 // kindInt; kindDate as a clock.Day
	str    func(T) string
	yes    func(T) bool
	strs   func(T) []string
	known  func(T) bool // what has() answers; nil: the value is not empty
	object string       // kindObject: which one
}

type fields[T any] map[string]field[T]

func intField[T any](f func(T) int64) field[T]   { return field[T]{kind: kindInt, num: f} }
func textField[T any](f func(T) string) field[T] { return field[T]{kind: kindText, str: f} }
func boolField[T any](f func(T) bool) field[T]   { return field[T]{kind: kindBool, yes: f} }
func dateField[T any](f func(T) clock.Day) field[T] {
	return field[T]{kind: kindDate, num: func(t T) int64 { return int64(f(t)) }}
}
func textsField[T any](f func(T) []string) field[T] { return field[T]{kind: kindTexts, strs: f} }
func objectField(name string) field[*view]          { return field[*view]{kind: kindObject, object: name} }

// has is the answer of has(x.field).
func (f field[T]) has(t T) bool {
	switch {
	case f.known != nil:
		return f.known(t)
	case f.num != nil:
		return f.num(t) != 0
	case f.str != nil:
		return f.str(t) != ""
	case f.yes != nil:
		return f.yes(t)
	case f.strs != nil:
		return len(f.strs(t)) > 0
	}
	return true
}

var purchaseFields = fields[*view]{
	"eligible":   intField(func(v *view) int64 { return v.eligible }),
	"total":      intField(func(v *view) int64 { return v.o.Total }),
	"shipping":   intField(func(v *view) int64 { return v.o.Shipping }),
	"items":      intField(func(v *view) int64 { return v.items }),
	"line_count": intField(func(v *view) int64 { return int64(len(v.lines)) }),
	"lines":      {kind: kindLines, known: func(v *view) bool { return len(v.lines) > 0 }},
	"store":      textField(func(v *view) string { return v.o.Store }),
	"channel":    textField(func(v *view) string { return v.o.Channel }),
	"source":     textField(func(v *view) string { return v.o.Source }),
	"staff":      textField(func(v *view) string { return v.o.Staff }),
	"coupons":    textsField(func(v *view) []string { return v.o.Coupons }),
	"day":        dateField(func(v *view) clock.Day { return v.o.Day }),
	"weekday":    textField(func(v *view) string { return weekdayName(v.o.Day.Weekday()) }),
	"hour":       intField(func(v *view) int64 { return int64(v.local().Hour()) }),
	"delivery":   objectField("delivery"),
}

var deliveryFields = fields[*view]{
	"method":       textField(func(v *view) string { return v.o.Delivery.Method }),
	"carrier":      textField(func(v *view) string { return v.o.Delivery.Carrier }),
	"area":         textField(func(v *view) string { return v.o.Delivery.Area }),
	"promised_on":  dateField(func(v *view) clock.Day { return v.o.Delivery.PromisedOn }),
	"shipped_on":   dateField(func(v *view) clock.Day { return v.dayOf(v.o.Delivery.ShippedAt) }),
	"delivered_on": dateField(func(v *view) clock.Day { return v.dayOf(v.o.Delivery.DeliveredAt) }),
	"late":         boolField((*view).deliveredLate),
}

var memberFields = fields[*view]{
	"tier":               textField(func(v *view) string { return v.f.Member.Tier }),
	"joined_on":          dateField(func(v *view) clock.Day { return v.f.Member.JoinedOn }),
	"days_since_joining": {kind: kindInt, num: (*view).sinceJoining, known: func(v *view) bool { return v.f.Member.JoinedOn != 0 }},
	"birthday":           dateField(func(v *view) clock.Day { return v.f.Member.Birthday }),
	"age":                {kind: kindInt, num: (*view).age, known: func(v *view) bool { return v.age() >= 0 }},
	"is_birthday":        boolField((*view).isBirthday),
	"is_birthday_month":  boolField((*view).isBirthdayMonth),
	"is_anniversary":     boolField((*view).isAnniversary),
	"gender":             textField(func(v *view) string { return v.f.Member.Gender }),
	"area":               textField(func(v *view) string { return v.f.Member.Area }),
	"join_store":         textField(func(v *view) string { return v.f.Member.JoinStore }),
	"join_source":        textField(func(v *view) string { return v.f.Member.JoinSource }),
	"segments":           textsField(func(v *view) []string { return v.f.Member.Segments }),
	"attr":               objectField("attr"),
}

var statsFields = fields[*view]{
	"visit_no":        intField(func(v *view) int64 { return v.f.Stats.VisitNo }),
	"visits":          intField(func(v *view) int64 { return v.f.Stats.Visits }),
	"orders":          intField(func(v *view) int64 { return v.f.Stats.Orders }),
	"spend":           intField(func(v *view) int64 { return v.f.Stats.Spend }),
	"tier_metric":     intField(func(v *view) int64 { return v.f.Stats.TierMetric }),
	"first_on":        dateField(func(v *view) clock.Day { return v.f.Stats.FirstOn }),
	"last_on":         dateField(func(v *view) clock.Day { return v.f.Stats.LastOn }),
	"days_since_last": {kind: kindInt, num: func(v *view) int64 { return v.f.Stats.SinceLast }, known: func(v *view) bool { return v.f.Stats.SinceLast >= 0 }},
	"avg_interval":    {kind: kindInt, num: func(v *view) int64 { return v.f.Stats.AvgInterval }, known: func(v *view) bool { return v.f.Stats.AvgInterval >= 0 }},
}

var nowFields = fields[*view]{
	"date":    dateField(func(v *view) clock.Day { return v.o.Day }),
	"year":    intField(func(v *view) int64 { y, _, _ := v.o.Day.Date(); return int64(y) }),
	"month":   intField(func(v *view) int64 { _, m, _ := v.o.Day.Date(); return int64(m) }),
	"day":     intField(func(v *view) int64 { _, _, d := v.o.Day.Date(); return int64(d) }),
	"weekday": textField(func(v *view) string { return weekdayName(v.o.Day.Weekday()) }),
	"hour":    intField(func(v *view) int64 { return int64(v.local().Hour()) }),
	"minute":  intField(func(v *view) int64 { return int64(v.local().Minute()) }),
}

var lineFields = fields[*Line]{
	"no":         intField(func(l *Line) int64 { return int64(l.No) }),
	"sku":        textField(func(l *Line) string { return l.SKU }),
	"name":       textField(func(l *Line) string { return l.Name }),
	"category":   textField(func(l *Line) string { return l.Category }),
	"tags":       textsField(func(l *Line) []string { return l.Tags }),
	"fee":        boolField(func(l *Line) bool { return l.Fee }),
	"quantity":   intField(func(l *Line) int64 { return l.Quantity }),
	"unit_price": intField(func(l *Line) int64 { return l.UnitPrice }),
	"amount":     intField(func(l *Line) int64 { return l.Amount }),
	"eligible":   intField(func(l *Line) int64 { return l.Eligible }),
}

var productFields = fields[ProductStats]{
	"count":    intField(func(p ProductStats) int64 { return p.Count }),
	"last":     dateField(func(p ProductStats) clock.Day { return p.Last }),
	"interval": {kind: kindInt, num: func(p ProductStats) int64 { return p.Interval }, known: func(p ProductStats) bool { return p.Interval >= 0 }},
}

var dateFields = fields[clock.Day]{
	"year":    intField(func(d clock.Day) int64 { y, _, _ := d.Date(); return int64(y) }),
	"month":   intField(func(d clock.Day) int64 { _, m, _ := d.Date(); return int64(m) }),
	"day":     intField(func(d clock.Day) int64 { _, _, dd := d.Date(); return int64(dd) }),
	"weekday": textField(func(d clock.Day) string { return weekdayName(d.Weekday()) }),
}

// vocabulary is the built-in fields and the owner's words, by object.
type vocabulary struct {
	words   Words
	objects map[string]fields[*view]
}

func newVocabulary(w Words) *vocabulary {
	if w.Zone.Location == nil {
		w.Zone = clock.Tokyo
	}
	event := fields[*view]{
		"kind":   textField(func(v *view) string { return v.o.Trigger }),
		"store":  textField(func(v *view) string { return v.o.Store }),
		"fields": objectField("fields"),
	}
	return &vocabulary{words: w, objects: map[string]fields[*view]{
		"purchase": purchaseFields, "delivery": deliveryFields, "member": memberFields, "stats": statsFields, "now": nowFields, "event": event,
		"attr":   ownFields(w.Attributes, func(v *view) map[string]any { return v.f.Member.Attributes }),
		"fields": ownFields(w.Event, func(v *view) map[string]any { return v.o.Fields }),
	}}
}

// ownFields makes fields out of declared attributes. A value that is missing
// reads as "", 0, false or no date; has() tells the difference.
func ownFields(types map[string]AttrType, from func(*view) map[string]any) fields[*view] {
	out := fields[*view]{}
	for name, t := range maps.All(types) {
		known := func(v *view) bool { return from(v)[name] != nil }
		switch t {
		case AttrInt:
			out[name] = field[*view]{kind: kindInt, known: known, num: func(v *view) int64 { return asInt(from(v)[name]) }}
		case AttrBool:
			out[name] = field[*view]{kind: kindBool, known: known, yes: func(v *view) bool { b, _ := from(v)[name].(bool); return b }}
		case AttrDate:
			out[name] = field[*view]{kind: kindDate, known: known, num: func(v *view) int64 { return int64(asDay(from(v)[name])) }}
		default:
			out[name] = field[*view]{kind: kindText, known: known, str: func(v *view) string { s, _ := from(v)[name].(string); return s }}
		}
	}
	return out
}

// asInt reads an integer attribute, also one that went through JSON, as the
// facts stored with an award do.
func asInt(x any) int64 {
	switch x := x.(type) {
	case int64:
		return x
	case int:
		return int64(x)
	case float64:
		return int64(x)
	case json.Number:
		n, err := x.Int64()
		if err != nil {
			return 0
		}
		return n
	}
	return 0
}

func asDay(x any) clock.Day {
	switch x := x.(type) {
	case clock.Day:
		return x
	case string:
		d, err := clock.ParseDay(x)
		if err != nil {
			return 0
		}
		return d
	}
	return 0
}

var weekdayNames = [...]string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

func weekdayName(w time.Weekday) string { return weekdayNames[w] }
