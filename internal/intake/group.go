package intake

import (
	"io"
	"slices"
	"strings"

	"joren/internal/fault"
	"joren/internal/text"
)

// window is how many rows an order stays open for further rows of it that do
// not follow directly. Parts that stand farther apart are put together after
// sorting, when their dates agree.
const window = 2000

// grouper turns rows into drafts.
type grouper struct {
	c    cells
	emit func(*draft) error
	cur  *draft
	open []*draft // by first row
	byNo map[string]*draft
	skip map[string]int // rows left out, by the word that said so
	rows int
}

func newGrouper(t *table, emit func(*draft) error) *grouper {
	return &grouper{c: cells{t: t}, emit: emit, byNo: map[string]*draft{}, skip: map[string]int{}}
}

// row takes one row of the file.
func (g *grouper) row(row Row) error {
	g.rows++
	g.c.start(row)
	if g.c.t.Kind != KindSale {
		return g.emit(g.c.single())
	}
	entry := g.c.word(fEntry, g.c.t.Entry, "sale")
	if entry == "skip" {
		g.skip[g.c.str(fEntry)]++
		return nil
	}
	number := g.c.orderNumber()
	switch {
	case number == "" && len(g.c.bad) == 0:
		g.c.fail(fOrderNo, "order.no_number")
	case isMangled(number):
		g.c.fail(fOrderNo, "number.mangled")
	}
	d := g.find(number, entry == "refund")
	g.c.take(d)
	return g.close(row.No - window)
}

// broken notes a row whose cells cannot be trusted. The order it belongs to,
// as far as can be told, is refused whole.
func (g *grouper) broken(row int, fields []string, f *fault.Fault) error {
	g.rows++
	p := Problem{Row: row, Code: f.Code, Args: f.Args}
	at := g.c.t.at[fOrderNo]
	switch {
	case at >= 0 && at < len(fields) && g.byNo[fields[at]] != nil:
		d := g.byNo[fields[at]]
		d.Bad = append(d.Bad, p)
		return nil
	case g.cur != nil && fields == nil && g.c.t.at[fTotal] < 0:
		g.cur.Bad = append(g.cur.Bad, p)
		return nil
	}
	return g.emit(&draft{Kind: g.c.t.Kind, Row: row, Bad: []Problem{p}})
}

func (g *grouper) find(number string, refund bool) *draft {
	if g.cur != nil && g.cur.Number == number && g.cur.Refund == refund {
		return g.cur
	}
	key := number
	if refund {
		key += "\x00"
	}
	d := g.byNo[key]
	if d == nil {
		d = g.c.open(number)
		d.Refund = refund
		g.byNo[key] = d
		g.open = append(g.open, d)
	}
	g.cur = d
	return d
}

// close emits the orders whose first row stands before row.
func (g *grouper) close(row int) error {
	for len(g.open) > 0 && g.open[0].Row < row {
		d := g.open[0]
		g.open = g.open[1:]
		key := d.Number
		if d.Refund {
			key += "\x00"
		}
		delete(g.byNo, key)
		if g.cur == d {
			g.cur = nil
		}
		if err := g.emit(d); err != nil {
			return err
		}
	}
	return nil
}

// single makes the draft of a row that is a document by itself.
func (c *cells) single() *draft {
	d := &draft{Kind: c.t.Kind, Row: c.row.No, last: c.row.No, Person: c.person()}
	switch c.t.Kind {
	case KindMember:
		c.takeMember(d)
	case KindOpening:
		c.takeOpening(d)
	case KindEvent:
		c.takeEvent(d)
	}
	if d.Person.IsZero() && c.t.Kind != KindEvent {
		c.fail(fMemberID, "member.no_key")
	}
	d.Bad = append(d.Bad, c.bad...)
	return d
}

func (c *cells) takeMember(d *draft) {
	m := c.profile()
	m.JoinedOn, m.JoinSource = c.day(fJoinedOn), c.str(fJoinSource)
	m.Rank, m.RankUntil = c.str(fRank), c.day(fRankUntil)
	m.Mail, m.SMS = c.consent(fConsentMail), c.consent(fConsentSMS)
	m.Points = c.whole(fPoints, 0)
	if m.Points < 0 {
		c.fail(fPoints, "points.negative")
	}
	if m.Attributes == nil && len(c.t.attrs) > 0 {
		m.Attributes = map[string]string{}
	}
	c.attributes(m.Attributes)
	d.Profile, d.Number, d.UpdatedAt = m, d.Person.Key(), c.when(fUpdatedAt)
}

func (c *cells) consent(f Field) Consent {
	if c.str(f) == "" {
		return ""
	}
	if c.truth(f) {
		return "yes"
	}
	return "no"
}

func (c *cells) attributes(into map[string]string) {
	for _, i := range c.t.attrs {
		if v := c.row.Fields[i]; v != "" {
			into[strings.TrimPrefix(c.t.header[i], attributePrefix)] = v
		}
	}
}

func (c *cells) takeOpening(d *draft) {
	o := &Opening{Type: c.str(fPointType), Points: c.whole(fPoints, 0), ExpiresOn: c.day(fExpiresOn), EarnedOn: c.day(fEarnedOn), Origin: or(c.str(fOrigin), "migrated")}
	switch {
	case o.Points <= 0:
		c.fail(fPoints, "points.not_positive")
	case o.Origin != "migrated" && o.Origin != "sale" && o.Origin != "gift" && o.Origin != "paid":
		c.fail(fOrigin, "opening.origin")
	}
	d.Opening = o
	d.Number = or(c.str(fOrderNo), d.Person.Key()+"/"+o.Type+"/"+o.Origin+"/"+o.EarnedOn.String()+"/"+o.ExpiresOn.String())
}

func (c *cells) takeEvent(d *draft) {
	e := &Event{Source: c.t.Source, EventNo: c.str(fEventNo), Kind: c.str(fEventKind), OccurredAt: c.when(fOccurredAt)}
	if len(c.t.attrs) > 0 {
		e.Fields = map[string]string{}
		c.attributes(e.Fields)
	}
	switch {
	case e.EventNo == "":
		c.fail(fEventNo, "event.no_number")
	case e.Kind == "":
		c.fail(fEventKind, "event.no_kind")
	case e.OccurredAt == 0 && c.raw(fOccurredAt) == "":
		c.fail(fOccurredAt, "date.empty")
	}
	d.Event, d.Number, d.At = e, e.EventNo, e.OccurredAt
}

// headRow is a row read ahead, or what is wrong with it.
type headRow struct {
	Row
	bad *RowFault
}

// file is an open file with its mapping laid over its header.
type file struct {
	rd    *Reader
	table *table
	name  string    // in a bundle
	head  []headRow // rows read while looking for the header
	width int
}

// openFile finds the header among the first rows (some exports begin with a
// title) and the profile that knows it; m overrides, if maybe where it fits.
func openFile(src io.Reader, m *Mapping, maybe bool) (*file, error) {
	rd, err := NewReader(src)
	if err != nil {
		return nil, err
	}
	f := &file{rd: rd}
	for len(f.head) < 10 {
		row, err := rd.Read()
		if err == io.EOF {
			break
		}
		var bad *RowFault
		if !asRowFault(err, &bad) && err != nil {
			return nil, err
		}
		f.head = append(f.head, headRow{Row{row.No, append([]string(nil), row.Fields...)}, bad})
	}
	return f, f.recognise(m, maybe)
}

func (f *file) recognise(m *Mapping, maybe bool) error {
	if m == nil && f.rd.Delimiter() == ' ' || m != nil && len(m.Positions) > 0 {
		return f.headless(m)
	}
	for i, row := range f.head {
		header := trimmed(row.Fields)
		found := m
		if m == nil || maybe && !m.fits(header) {
			found = profileFor(header)
		} else if !m.fits(header) {
			found = nil
		}
		if found == nil {
			continue
		}
		return f.under(found, header, i)
	}
	if len(f.head) == 0 {
		return fault.New(fault.Invalid, "csv.empty")
	}
	if m == nil {
		if m, i := respelt(f.head); m != nil {
			return f.under(m, trimmed(f.head[i].Fields), i)
		}
	}
	return fault.New(fault.Invalid, "csv.unknown_header", "columns", len(f.head[0].Fields))
}

// under lays a mapping over the header in row i of those read.
func (f *file) under(m *Mapping, header []string, i int) error {
	t, err := m.over(header)
	if err != nil {
		return err
	}
	f.table, f.head, f.width = t, f.head[i+1:], len(header)
	return nil
}

// respelt finds the header whose columns a profile knows in other letters,
// "Order_No" for order_no; the mapping is the profile in the file's spelling.
func respelt(head []headRow) (*Mapping, int) {
	for i, row := range head {
		header := trimmed(row.Fields)
		as := make(map[string]string, len(header))
		for _, h := range header {
			as[folded(h)] = h
		}
		for _, p := range profiles() {
			if m := p.spelt(as); len(p.Positions) == 0 && m.detects(header) {
				return m, i
			}
		}
	}
	return nil, 0
}

func folded(s string) string { return strings.ToLower(text.Clean(s)) }

// spelt is the mapping with its columns as a file spells them.
func (m *Mapping) spelt(as map[string]string) *Mapping {
	n := *m
	n.Columns, n.Detect = slices.Clone(m.Columns), slices.Clone(m.Detect)
	for i := range n.Columns {
		n.Columns[i].Column = or(as[folded(n.Columns[i].Column)], n.Columns[i].Column)
	}
	for i, d := range n.Detect {
		n.Detect[i] = or(as[folded(d)], d)
	}
	return &n
}

// fits reports that some column of the mapping stands in this row: it is the
// header, and what is missing in it can be named.
func (m *Mapping) fits(header []string) bool {
	n := 0
	for _, c := range m.Columns {
		if nth(header, c.Column, max(c.Nth, 1)) >= 0 {
			n++
		}
	}
	return n*2 > len(m.Columns) || n >= 3
}

func (f *file) headless(m *Mapping) error {
	if m == nil {
		m = profileForWidth(f.head)
	}
	if m == nil || len(f.head) == 0 {
		return fault.New(fault.Invalid, "csv.unknown_header", "columns", len(f.head))
	}
	if len(f.head[0].Fields) == 0 {
		return fault.New(fault.Invalid, "csv.unknown_header", "columns", 0)
	}
	if c := f.head[0].Fields[0]; c == "" || c[0] < '0' || c[0] > '9' {
		f.head = f.head[1:]
	}
	f.width = len(m.Positions)
	t, err := m.over(make([]string, f.width))
	f.table = t
	return err
}

func trimmed(fields []string) []string {
	out := make([]string, len(fields))
	for i, s := range fields {
		out[i] = headerText(s)
	}
	return out
}

// each gives every row to g, broken ones as such.
func (f *file) each(g *grouper) error {
	for {
		row, err := f.next()
		if err == io.EOF {
			return g.close(1 << 62)
		}
		var bad *RowFault
		if asRowFault(err, &bad) {
			err = g.broken(bad.Row, nil, bad.Fault)
		} else if err == nil {
			err = f.give(g, row)
		}
		if err != nil {
			return err
		}
	}
}

func (f *file) next() (Row, error) {
	if len(f.head) > 0 {
		h := f.head[0]
		f.head = f.head[1:]
		if h.bad != nil {
			return Row{}, h.bad
		}
		return h.Row, nil
	}
	return f.rd.Read()
}

func (f *file) give(g *grouper, row Row) error {
	if what := f.table.furniture(row.Fields); what != "" {
		g.rows++
		g.skip[what]++
		return nil
	}
	n := len(row.Fields)
	if n == f.width || n > f.width && blank(row.Fields[f.width:]) {
		row.Fields = row.Fields[:f.width]
		return g.row(row)
	}
	if n < f.width && !f.rd.Complete() {
		return fault.New(fault.Invalid, "csv.truncated", "row", row.No, "position", f.rd.Bytes())
	}
	return g.broken(row.No, row.Fields, fault.New(fault.Invalid, "csv.ragged", "want", f.width, "actual", n))
}
