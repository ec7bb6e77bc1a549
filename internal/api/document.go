package api

import (
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"joren/internal/activity"
	"joren/internal/clock"
	"joren/internal/intake"
	"joren/internal/member"
	"joren/internal/purchase"
	"joren/internal/rules"
	"joren/internal/sale"
)

// Version of the contract. It grows when something is added; what would break
// a caller gets another path.
const Version = "1.0.0"

// newDocument is where the routes describe themselves. huma keeps the document
// and makes the schemas; the routes are the mux's own.
func newDocument(mux *http.ServeMux) huma.API { return humago.New(mux, description()) }

func description() huma.Config {
	huma.DefaultArrayNullable = false // a list is never null here
	c := huma.Config{OpenAPI: &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info: &huma.Info{Title: "Joren", Version: Version, License: &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"},
			Description: "Points, ranks and a true ledger for a shop's regulars. Money and points are integers in minor units; instants are RFC 3339, answered in UTC; ids are opaque. Repeat a request with the same Idempotency-Key when its answer was lost: it counts once."},
		Tags: []*huma.Tag{
			{Name: "Members", Description: "Who the regulars are."},
			{Name: "Purchases", Description: "What was bought and what came back."},
			{Name: "Points", Description: "Reserving, spending, correcting and moving points."},
			{Name: "Reading", Description: "Balances, journals, lots and ranks."},
			{Name: "Programme", Description: "The programme's versions and the terms made from them."},
			{Name: "Imports", Description: "Files of other systems, taken in as they are."},
			{Name: "Insight", Description: "Loyalty as a number, with its reasons, and the metrics of the shop."},
			{Name: "Segments", Description: "Members who belong together, kept up to date by events."},
			{Name: "Liability", Description: "What open points are worth in the accounts, month by month, with journals."},
			{Name: "Running", Description: "Health, metrics and this document."},
		},
		Components: &huma.Components{SecuritySchemes: map[string]*huma.SecurityScheme{
			"key": {Type: "http", Scheme: "bearer", Description: "A key jk_… made in the settings, with the scopes read, write or admin. write carries read, admin carries both."},
		}},
	}}
	reg := huma.NewMapRegistry("#/components/schemas/", schemaName)
	for from, to := range map[reflect.Type]reflect.Type{
		reflect.TypeFor[clock.Instant]():   reflect.TypeFor[time.Time](),
		reflect.TypeFor[clock.Day]():       reflect.TypeFor[dayText](),
		reflect.TypeFor[purchase.Rate]():   reflect.TypeFor[rateText](),
		reflect.TypeFor[purchase.Prices](): reflect.TypeFor[pricesText](),
		reflect.TypeFor[purchase.Kind]():   reflect.TypeFor[kindText](),
		reflect.TypeFor[purchase.Status](): reflect.TypeFor[statusText](),
		reflect.TypeFor[rules.Args]():      reflect.TypeFor[argsObject](),
	} {
		reg.RegisterTypeAlias(from, to)
	}
	c.Components.Schemas = reg
	return c
}

// schemaName is a type's name in the document: that of the Go type, but for
// those whose Go name says enough only beside its package.
func schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if name, ok := schemaNames[t]; ok {
		return name
	}
	return huma.DefaultSchemaNamer(t, hint)
}

var schemaNames = map[reflect.Type]string{
	reflect.TypeFor[purchase.Input]():       "PurchaseRequest",
	reflect.TypeFor[purchase.ReturnInput](): "ReturnRequest",
	reflect.TypeFor[activity.Input]():       "EventRequest",
	reflect.TypeFor[sale.Answer]():          "PurchaseAnswer",
	reflect.TypeFor[sale.Balance]():         "Figures",
	reflect.TypeFor[sale.StepInput]():       "StepRequest",
	reflect.TypeFor[sale.ClaimInput]():      "ClaimRequest",
	reflect.TypeFor[sale.HoldInput]():       "HoldRequest",
	reflect.TypeFor[sale.AdjustInput]():     "AdjustRequest",
	reflect.TypeFor[sale.TransferInput]():   "TransferRequest",
	reflect.TypeFor[member.Fields]():        "MemberChange",
	reflect.TypeFor[Enrolment]():            "MemberRequest",
	reflect.TypeFor[intake.Report]():        "ImportReport",
	reflect.TypeFor[intake.Counts]():        "ImportCounts",
	reflect.TypeFor[intake.Cleaned]():       "ImportCleaning",
	reflect.TypeFor[intake.Tally]():         "ImportTally",
}

// Schemas of types that say more than their Go type does.
type (
	dayText    string
	rateText   string
	pricesText string
	kindText   string
	statusText string
	argsObject map[string]any
)

func words(ws ...any) *huma.Schema { return &huma.Schema{Type: huma.TypeString, Enum: ws} }

func (dayText) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "date", Description: "a business day of the programme's zone"}
}
func (rateText) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Pattern: `^[01](\.\d{1,6})?$`, Description: "a share such as 0.08"}
}
func (pricesText) Schema(huma.Registry) *huma.Schema {
	return words(string(purchase.TaxIncluded), string(purchase.TaxExcluded))
}
func (kindText) Schema(huma.Registry) *huma.Schema {
	return words(string(purchase.Goods), string(purchase.Fee))
}
func (statusText) Schema(huma.Registry) *huma.Schema {
	return words(string(purchase.Placed), string(purchase.Shipped), string(purchase.Delivered), string(purchase.Completed), string(purchase.Cancelled), string(purchase.SentBack))
}
func (argsObject) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, Description: "values of the explanation: integers and texts", AdditionalProperties: &huma.Schema{OneOf: []*huma.Schema{{Type: huma.TypeInteger}, {Type: huma.TypeString}}}}
}

func (rt *route) shapeOf(status int, usual reflect.Type) reflect.Type {
	if t, ok := rt.Answers[status]; ok {
		return t
	}
	return usual
}

var file = &huma.Schema{Type: huma.TypeString, Format: "binary"}

// files is a form's part file, once for each file of an export.
var files = &huma.Schema{Type: huma.TypeArray, Items: file, MinItems: new(1)}

// uploadBody is a file, as a form with the part file or as the body itself.
var uploadBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
	"multipart/form-data": {Schema: &huma.Schema{Type: huma.TypeObject, Required: []string{"file"}, Properties: map[string]*huma.Schema{"file": files}}},
	"text/csv":            {Schema: file},
}}

// document adds a route to the OpenAPI document.
func (s *server) document(rt *route, in *input, out reflect.Type) {
	reg := s.doc.OpenAPI().Components.Schemas
	op := &huma.Operation{OperationID: rt.op, Method: rt.Method, Path: rt.Path, Summary: rt.Summary, Description: rt.Detail, Tags: []string{rt.Tag}, Responses: map[string]*huma.Response{}}
	for _, x := range in.params {
		op.Parameters = append(op.Parameters, &huma.Param{Name: x.name, In: x.in, Required: x.in == "path", Description: x.field.Tag.Get("doc"), Schema: huma.SchemaFromField(reg, x.field, "")})
	}
	if rt.Once != reads {
		op.Parameters = append(op.Parameters, &huma.Param{Name: "Idempotency-Key", In: "header", Required: rt.Once == needsKey,
			Description: "The caller's own name for this request, 1 to 255 characters. The same request with it again gets the same answer and has no second effect.",
			Schema:      &huma.Schema{Type: huma.TypeString}})
	}
	if in.body >= 0 {
		body := &huma.MediaType{Schema: reg.Schema(in.typ, true, rt.op+"Request")}
		if rt.Example != "" {
			body.Example = jsonExample(rt.Example)
		}
		op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": body}}
	}
	if rt.Upload {
		op.RequestBody = uploadBody
	}
	for _, status := range rt.Status {
		r := &huma.Response{Description: http.StatusText(status)}
		if out == reflect.TypeFor[CSV]() {
			r.Content = map[string]*huma.MediaType{"text/csv": {Schema: &huma.Schema{Type: huma.TypeString}}}
		} else if out == reflect.TypeFor[HTML]() {
			r.Content = map[string]*huma.MediaType{"text/html": {Schema: &huma.Schema{Type: huma.TypeString}}}
		} else if shape := rt.shapeOf(status, out); shape.Kind() != reflect.Interface {
			r.Content = map[string]*huma.MediaType{"application/json": {Schema: reg.Schema(shape, true, rt.op+"Answer")}}
		}
		if rt.Once != reads {
			r.Headers = map[string]*huma.Param{"Idempotent-Replayed": {Description: "true: this answer was given before", Schema: &huma.Schema{Type: huma.TypeString, Enum: []any{"true"}}}}
		}
		op.Responses[strconv.Itoa(status)] = r
	}
	if rt.Scope != "" {
		op.Security = []map[string][]string{{"key": {string(rt.Scope)}}}
		op.Description = strings.TrimSpace(op.Description + "\n\nScope: " + string(rt.Scope) + ".")
	}
	op.Responses["default"] = &huma.Response{Description: "A problem as RFC 9457 has it.",
		Content: map[string]*huma.MediaType{"application/problem+json": {Schema: reg.Schema(reflect.TypeFor[Problem](), true, "Problem")}}}
	s.doc.OpenAPI().AddOperation(op)
}
