package proof

import (
	"slices"
	"strings"

	"joren/internal/db"
	"joren/internal/ident"
)

// Extract copies what one database holds about some people, and what concerns
// everybody, into an empty database of the same schema: documents are then
// judged there as they would be here. Outbox, jobs, sessions, staff and what is
// measured stay behind.
//
// People are copied whole, with the records merged into theirs and with their
// households, so nothing that a story may ask of them is missing. A row that
// is there already stays as it is.
type Extract struct {
	shop, people []table
	found        map[string]db.Bulk // by table: rows of members or holders
	put          map[string]db.Bulk // by table
	orders       db.Bulk            // keys by number
	events       db.Bulk
	wrap         func(id ident.ID, wrapped []byte) (kid int64, again []byte, err error)
}

// belongs are the rooms whose rows are about people, unless a table is listed
// otherwise.
var belongs = []string{"member", "household", "purchase", "limit", "tier", "ledger", "activity", "day", "segment"}

// aboutAll are the tables copied whole; apart those that are no person's
// though they name one, or that are found otherwise.
var (
	aboutAll = []string{"programme_version", "programme_mark", "member_attribute", "member_tombstone", "purchase_parked", "ledger_books",
		"day_turn", "segment_segment", "segment_norm", "shop_setting", "shop_store"}
	apart = []string{keysTable, "segment_snapshot_member", "segment_due"}
)

const keysTable = "purchase_key"

// NewExtract prepares copying into the database of to. wrap wraps a member's
// data key for the copy.
func NewExtract(to *db.Tx, wrap func(id ident.ID, wrapped []byte) (kid int64, again []byte, err error)) (*Extract, error) {
	all, err := tables(to)
	x := &Extract{found: map[string]db.Bulk{}, put: map[string]db.Bulk{}, wrap: wrap}
	for _, t := range all {
		room, _, _ := strings.Cut(t.name, "_")
		switch {
		case slices.Contains(aboutAll, t.name):
			x.shop = append(x.shop, t)
		case t.name == keysTable || t.name == "household_household":
			x.people = append(x.people, t)
		case slices.Contains(belongs, room) && !slices.Contains(apart, t.name) && t.owner() != "":
			x.people = append(x.people, t)
		default:
			continue
		}
		x.put[t.name] = t.insert()
		if o := t.owner(); o != "" {
			x.found[t.name] = db.NewBulk("id uuid", `SELECT `+t.names(t.name+".")+` FROM u JOIN `+t.name+` ON `+t.name+`.`+o+` = u.id`)
		}
	}
	if err != nil {
		return nil, err
	}
	keys := `SELECT ` + x.of(keysTable).names("k.") + ` FROM u JOIN purchase_key k ON k.source = u.s AND k.order_no = `
	x.orders = db.NewBulk("s text, n text", keys+`u.n`)
	x.events = db.NewBulk("s text, n text", keys+`'' AND k.kind = 'event' AND k.event_no = u.n`)
	return x, nil
}

// owner is the column that says whose a row is; "" when there is none.
func (t table) owner() string {
	for _, c := range []string{"holder_id", "member_id", "household_id"} {
		if t.column(c) {
			return c
		}
	}
	return ""
}

func (x *Extract) of(name string) table {
	return x.people[slices.IndexFunc(x.people, func(t table) bool { return t.name == name })]
}

// Shop copies what concerns everybody: the published programme, parked
// returns, budgets of the whole shop, how far the day turn has come.
func (x *Extract) Shop(from, to *db.Tx) error {
	for _, t := range x.shop {
		if _, err := to.Exec(`DELETE FROM ` + t.name); err != nil {
			return err
		}
		if err := x.whole(from, to, t); err != nil {
			return err
		}
	}
	if _, err := to.Exec(`UPDATE day_turn SET lease_owner = NULL, lease_until = NULL`); err != nil {
		return err
	}
	return x.rows(from, to, x.of("limit_counter"), []ident.ID{shared})
}

// shared is the holder of counters that all members share.
var shared = ident.ID{15: 1}

// Everybody copies all people.
func (x *Extract) Everybody(from, to *db.Tx) error {
	for _, t := range x.people {
		if err := x.whole(from, to, t); err != nil {
			return err
		}
	}
	return nil
}

func (x *Extract) whole(from, to *db.Tx, t table) error {
	f := x.filling(to, t)
	if err := eachRow(from, t, f.add); err != nil {
		return err
	}
	return f.flush()
}

// A Number is what a source calls an order, a balance brought over or, with
// Event, an event.
type Number struct {
	Source, No string
	Event      bool
}

// Numbers copies the keys taken under some numbers, of an order those of its
// returns too, and tells whose they are: a member's, or a guest's purchase.
func (x *Extract) Numbers(from, to *db.Tx, list []Number) (owners []ident.ID, err error) {
	for _, event := range []bool{false, true} {
		var sources, numbers []string
		for _, n := range list {
			if n.Event == event {
				sources, numbers = append(sources, n.Source), append(numbers, n.No)
			}
		}
		by := x.orders
		if event {
			by = x.events
		}
		rows, err := db.BulkQuery(from, by, x.of(keysTable).scan, sources, numbers)
		if err != nil {
			return nil, err
		}
		if owners, err = x.keys(to, rows, owners); err != nil {
			return nil, err
		}
	}
	return owners, nil
}

func (x *Extract) keys(to *db.Tx, rows [][]any, owners []ident.ID) ([]ident.ID, error) {
	t := x.of(keysTable)
	f := x.filling(to, t)
	whose := slices.IndexFunc(t.columns, func(c column) bool { return c.name == "member_id" })
	for _, row := range rows {
		owners = append(owners, ident.ID(row[whose].([]byte)))
		if err := f.add(row); err != nil {
			return nil, err
		}
	}
	return owners, f.flush()
}

// People copies some people and everybody whose affairs are theirs too, and
// tells whom; who is there already is left as she has become.
func (x *Extract) People(from, to *db.Tx, ids []ident.ID) (brought []ident.ID, err error) {
	if brought, err = missing(to, ids); err != nil || len(brought) == 0 {
		return nil, err
	}
	if brought, err = related(from, brought); err != nil {
		return nil, err
	}
	if brought, err = missing(to, brought); err != nil {
		return nil, err
	}
	for _, t := range x.people {
		if t.name == keysTable {
			continue
		}
		if err := x.rows(from, to, t, brought); err != nil {
			return nil, err
		}
	}
	return brought, nil
}

// presence tells who is there: members, households, guests' purchases.
var presence = []db.Bulk{
	db.NewBulk("id uuid", `SELECT member_member.member_id FROM u JOIN member_member ON member_member.member_id = u.id`),
	db.NewBulk("id uuid", `SELECT household_household.household_id FROM u JOIN household_household ON household_household.household_id = u.id`),
	db.NewBulk("id uuid", `SELECT DISTINCT purchase_purchase.member_id FROM u JOIN purchase_purchase ON purchase_purchase.member_id = u.id`),
}

func missing(to *db.Tx, ids []ident.ID) ([]ident.ID, error) {
	there := map[ident.ID]bool{{}: true}
	for _, p := range presence {
		got, err := db.BulkQuery(to, p, db.Value[ident.ID], ids)
		if err != nil {
			return nil, err
		}
		for _, id := range got {
			there[id] = true
		}
	}
	var out []ident.ID
	for _, id := range ids {
		if !there[id] {
			there[id] = true
			out = append(out, id)
		}
	}
	return out, nil
}

var relations = []db.Bulk{
	db.NewBulk("id uuid", `SELECT member_member.member_id FROM u JOIN member_member ON member_member.merged_into = u.id`),
	db.NewBulk("id uuid", `SELECT member_member.merged_into FROM u JOIN member_member ON member_member.member_id = u.id WHERE member_member.merged_into IS NOT NULL`),
	db.NewBulk("id uuid", `SELECT household_member.household_id FROM u JOIN household_member ON household_member.member_id = u.id`),
	db.NewBulk("id uuid", `SELECT household_member.member_id FROM u JOIN household_member ON household_member.household_id = u.id`),
}

// related are ids with the records merged into them or they into, their
// households, and who belongs or belonged to those.
func related(from *db.Tx, ids []ident.ID) ([]ident.ID, error) {
	known := map[ident.ID]bool{}
	var all []ident.ID
	fresh := func(list []ident.ID) (out []ident.ID) {
		for _, id := range list {
			if !known[id] && !id.IsZero() {
				known[id] = true
				out = append(out, id)
			}
		}
		return out
	}
	for next := fresh(ids); len(next) > 0; {
		all = append(all, next...)
		var more []ident.ID
		for _, r := range relations {
			got, err := db.BulkQuery(from, r, db.Value[ident.ID], next)
			if err != nil {
				return nil, err
			}
			more = append(more, got...)
		}
		next = fresh(more)
	}
	return all, nil
}

// rowsAtOnce is how many people's rows of a table are held in memory.
const rowsAtOnce = 50

func (x *Extract) rows(from, to *db.Tx, t table, ids []ident.ID) error {
	f := x.filling(to, t)
	for part := range slices.Chunk(ids, rowsAtOnce) {
		rows, err := db.BulkQuery(from, x.found[t.name], t.scan, part)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if err := f.add(row); err != nil {
				return err
			}
		}
	}
	return f.flush()
}

// scan reads a row of the table.
func (t table) scan(r db.Row) ([]any, error) {
	row, into := make([]any, len(t.columns)), make([]any, len(t.columns))
	for i := range row {
		into[i] = &row[i]
	}
	return row, r.Scan(into...)
}

// insert writes rows, leaving those that are there.
func (t table) insert() db.Bulk {
	cols := make([]string, len(t.columns))
	for i, c := range t.columns {
		cols[i] = c.name + " " + c.typ
	}
	return db.NewBulk(strings.Join(cols, ", "), `INSERT INTO `+t.name+` (`+t.names("")+`) SELECT `+t.names("u.")+` FROM u ON CONFLICT DO NOTHING`)
}

// filling writes rows in batches.
type filling struct {
	x       *Extract
	to      *db.Tx
	t       table
	columns []any // one []any a column
	n, size int
}

func (x *Extract) filling(to *db.Tx, t table) *filling {
	f := &filling{x: x, to: to, t: t, columns: make([]any, len(t.columns))}
	f.clear()
	return f
}

func (f *filling) clear() {
	for i := range f.columns {
		f.columns[i] = []any(nil)
	}
	f.n, f.size = 0, 0
}

func (f *filling) add(row []any) error {
	if f.t.name == "member_document" {
		if err := f.rewrap(row); err != nil {
			return err
		}
	}
	for i, v := range row {
		v = f.t.columns[i].fitted(v)
		f.columns[i] = append(f.columns[i].([]any), v)
		f.size += length(v)
	}
	if f.n++; f.n >= batchRows || f.size >= batchBytes {
		return f.flush()
	}
	return nil
}

// rewrap wraps the key of a member's document for the copy.
func (f *filling) rewrap(row []any) error {
	var id ident.ID
	var kid, key int
	for i, c := range f.t.columns {
		switch c.name {
		case "member_id":
			copy(id[:], row[i].([]byte))
		case "key_id":
			kid = i
		case "wrapped_key":
			key = i
		}
	}
	n, again, err := f.x.wrap(id, row[key].([]byte))
	row[kid], row[key] = n, again
	return err
}

func (f *filling) flush() error {
	if f.n == 0 {
		return nil
	}
	_, err := f.to.Bulk(f.x.put[f.t.name], f.columns...)
	f.clear()
	return err
}
