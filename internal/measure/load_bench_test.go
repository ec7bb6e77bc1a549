//go:build unix

package measure

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/ident"
	"joren/internal/insight"
	"joren/internal/member"
	"joren/internal/programme"
	"joren/internal/purchase"
	"joren/internal/sign"
)

var (
	putPeople = db.NewBulk("m uuid, d text", `INSERT INTO member_member (member_id, status, joined_on, join_store, join_source, rejoined, version, created_at, changed_at)
		SELECT u.m, 'active', u.d, 'S1', 'app', FALSE, 1, 1, 1 FROM u`)
	putDocuments = db.NewBulk("m uuid, k bigint, w bytea, s bytea", `INSERT INTO member_document (member_id, key_id, wrapped_key, sealed) SELECT u.m, u.k, u.w, u.s FROM u`)
	putPurchases = db.NewBulk("m uuid, at bigint, id uuid, o text, st text, ch text, d text, v bigint, doc text, j text, l text",
		`INSERT INTO purchase_purchase (member_id, occurred_at, id, guest, source, order_no, store, channel, day, recorded_at, status, total, value, eligible, eligible_kept, kept, doc, judged, lines)
		SELECT u.m, u.at, u.id, FALSE, 'pos', u.o, u.st, u.ch, u.d, u.at, '', u.v, u.v, u.v, u.v, TRUE, u.doc, u.j, u.l FROM u`)
	putSold = db.NewBulk("m uuid, id uuid, s bytea", `INSERT INTO purchase_sold (member_id, purchase_id, sold) SELECT u.m, u.id, u.s FROM u`)
)

// A purchase's other columns as the engine writes them, for their length: what
// is read past costs too.
const (
	someDoc    = `{"currency":"JPY","prices":"tax_included","tax":[{"rate":"0.1","net":12520,"amount":1252,"due":13772,"due_tax":1252}],"point_value":1}`
	someJudged = `{"version":1,"facts":{"m":{"tier":"bronze","joined":"2025-12-13","join_source":"app"},"s":{"visit_no":4,"since_last":12,"avg_interval":21}},"awards":[{"type":"regular","points":325,"components":[{"rule":"base","points":125,"base":12520,"code":"earn.step","args":{"per":100,"give":1,"from":0}},{"rule":"first-order","points":200,"code":"earn.bonus"}]}],"answer":{"a":[{"t":"regular","p":325,"e":12520,"v":1,"l":[{"i":"lot_01a220fc67fa70ceb117e17055c7c65a","p":325,"s":"active","a":"2025-12-13T15:34:00Z","x":"2026-12-13"}]}],"b":[325,0,0,0]}}`
)

var opened = clock.MustDay("2024-01-01")

const atOnce = 20_000

// stocked writes members with ten purchases of three lines each. As in life,
// purchases of a day stand together, not those of a member.
func stocked(t testing.TB, d *db.DB, purchases int, ring *sign.Ring) {
	t.Helper()
	members := max(1, purchases/10)
	r := rand.New(rand.NewPCG(1, 2))
	peopled(t, d, members, ring)
	for from := 0; from < purchases; from += atOnce {
		var who, ids []ident.ID
		var at, value []int64
		var order, store, channel, day, doc, judged, lines []string
		var sold [][]byte
		for i := from; i < min(purchases, from+atOnce); i++ {
			on := opened + clock.Day(i*700/purchases)
			l, p := "[", purchase.Purchase{Kept: true}
			p.Day = on
			for no := range 3 {
				v := 100 + r.Int64N(5000)
				p.Value += v
				if no > 0 {
					l += ","
				}
				sku := r.IntN(20_000)
				l += fmt.Sprintf(`{"no":%d,"sku":"SKU%05d","name":"Something %d","cat":"drink","q":1,"amt":%d,"rate":1000,"tax":%d,"val":%d,"el":%d}`, no+1, sku, sku, v, v/11, v, v)
				p.Lines = append(p.Lines, purchase.StoredLine{Line: purchase.Line{SKU: fmt.Sprintf("SKU%05d", sku), Name: fmt.Sprintf("Something %d", sku), Category: "drink", Quantity: 1}, Value: v})
			}
			p.Member, p.ID, p.EligibleKept, p.Channel = numbered(1, r.IntN(members)), numbered(2, i), p.Value, "store"
			p.Store = "S" + strconv.Itoa(r.IntN(40))
			who, ids, sold = append(who, p.Member), append(ids, p.ID), append(sold, purchase.AppendSold(nil, &p))
			at, value = append(at, int64(clock.Tokyo.Start(on))+int64(i)), append(value, p.Value)
			order, store, channel, day = append(order, strconv.Itoa(i)), append(store, p.Store), append(channel, p.Channel), append(day, on.String())
			doc, judged, lines = append(doc, someDoc), append(judged, someJudged), append(lines, l+"]")
		}
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			_, e1 := tx.Bulk(putPurchases, who, at, ids, order, store, channel, day, value, doc, judged, lines)
			_, e2 := tx.Bulk(putSold, who, ids, sold)
			return errors.Join(e1, e2)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// somebody is a member's document, of usual length.
const somebody = `{"name":"山田 花子","name_kana":"ヤマダ ハナコ","phone":"+819012345678","email":"hanako@example.jp","birthday":"1980-01-02","gender":"female","area":"東京都"}`

// peopled writes members with their documents.
func peopled(t testing.TB, d *db.DB, members int, ring *sign.Ring) {
	t.Helper()
	for from := 0; from < members; from += atOnce {
		var ids []ident.ID
		var days []string
		var by []int64
		var wrapped, sealed [][]byte
		for m := from; m < min(members, from+atOnce); m++ {
			id := numbered(1, m)
			key, w := ring.NewDataKey(sign.Place{Table: "member_document", Column: "wrapped_key", Row: id})
			ids, days, by, wrapped = append(ids, id), append(days, opened.String()), append(by, int64(ring.KeyID())), append(wrapped, w)
			sealed = append(sealed, key.Seal([]byte(somebody), sign.Place{Table: "member_document", Column: "sealed", Row: id}))
		}
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			_, e1 := tx.Bulk(putPeople, ids, days)
			_, e2 := tx.Bulk(putDocuments, ids, by, wrapped, sealed)
			return errors.Join(e1, e2)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// promised are members' purchases that no database holds: ten of three lines
// each, told as if they were read.
type promised struct {
	Shop
	purchases int
}

func (p promised) Purchases(_ *db.Tx, _ []ident.ID, fn func(*insight.Batch) error) error {
	r := rand.New(rand.NewPCG(1, 2))
	lines := make([]insight.Line, 3)
	for i := range p.purchases {
		s := insight.Purchase{Member: numbered(1, r.IntN(max(1, p.purchases/10))), Day: opened + clock.Day(i*700/p.purchases), Store: "S" + strconv.Itoa(r.IntN(40)), Channel: "store", Kept: true, Lines: lines}
		for no := range lines {
			sku := strconv.Itoa(r.IntN(20_000))
			lines[no] = insight.Line{Product: "SKU" + sku, Name: "Something " + sku, Category: "drink", Quantity: 1, Amount: 100 + r.Int64N(5000)}
			s.Net += lines[no].Amount
		}
		s.Gross, s.Eligible = s.Net, s.Net
		if err := fn(&insight.Batch{List: []insight.Purchase{s}}); err != nil {
			return err
		}
	}
	return nil
}

// BenchmarkStart begins with the START purchases (a million) of a tenth as
// many members that were kept on an earlier day; members are read afresh.
func BenchmarkStart(b *testing.B) {
	n, err := strconv.Atoi(cmp.Or(os.Getenv("START"), "1000000"))
	if err != nil {
		b.Fatal(err)
	}
	d := dbtest.Open(b, "sqlite:"+filepath.Join(b.TempDir(), "start.db"))
	if os.Getenv("ON") == "postgres" {
		d = dbtest.Postgres(b)
	}
	ring := sign.New()
	peopled(b, d, max(1, n/10), ring)
	shop := Shop{Programmes: &programme.Cache{}, Members: member.New(ring)}
	s := insight.NewStore(d, promised{shop, n})
	s.KeepFrom = 1
	if err := s.Rebuild(b.Context()); err != nil {
		b.Fatal(err)
	}
	cpu := processor()
	if _, err := s.Keep(b.Context(), 1, true); err != nil {
		b.Fatal(err)
	}
	b.Logf("kept in %.2f s of processor", processor()-cpu)
	s = nil
	for b.Loop() {
		runtime.GC()
		loaded(b, func(ctx context.Context) (*insight.Store, error) {
			s := insight.NewStore(d, shop)
			_, err := s.Follow(ctx)
			return s, err
		})
	}
}

// loaded reports what it costs to load.
func loaded(b *testing.B, load func(context.Context) (*insight.Store, error)) {
	before := processor()
	s, err := load(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(processor()-before, "cpu-s")
	_ = s.View(func(c *insight.Columns) error {
		b.ReportMetric(float64(c.Size().Bytes)/1e6, "MB")
		b.ReportMetric(float64(c.Len()), "purchases")
		return nil
	})
	b.ReportMetric(peak(), "peak-MB")
}

func numbered(kind byte, n int) (id ident.ID) {
	id[0], id[1], id[2], id[3], id[4] = kind, byte(n>>24), byte(n>>16), byte(n>>8), byte(n)
	for i := 8; i < 16; i++ {
		id[i] = byte(n*(2*i+1)) ^ byte(n>>8)
	}
	return id
}

// BenchmarkLoad reads a database's purchases into columns: LOAD of them, made
// up, or those of the database that LOAD names: a file, or postgres://…, with
// the keys of its members in the file KEY. KEEP makes such a one.
func BenchmarkLoad(b *testing.B) {
	load := os.Getenv("LOAD")
	n, err := strconv.Atoi(load)
	if load == "" {
		n = 100_000
	}
	var d *db.DB
	ring := sign.New()
	switch {
	case load != "" && err != nil:
		d = dbtest.Open(b, at(load))
		if ring, err = sign.Load(os.Getenv("KEY")); err != nil {
			b.Fatal(err)
		}
	case os.Getenv("ON") == "postgres":
		d = dbtest.Postgres(b)
		stocked(b, d, n, ring)
	default:
		file := "sqlite:" + filepath.Join(b.TempDir(), "load.db")
		if keep := os.Getenv("KEEP"); keep != "" {
			file = at(keep)
			if err := ring.Save(os.Getenv("KEY")); err != nil {
				b.Fatal(err)
			}
		}
		d = dbtest.Open(b, file)
		stocked(b, d, n, ring)
	}
	for b.Loop() {
		runtime.GC()
		loaded(b, func(ctx context.Context) (*insight.Store, error) {
			s := insight.NewStore(d, Shop{Programmes: &programme.Cache{}, Members: member.New(ring)})
			return s, s.Rebuild(ctx)
		})
	}
}

// at is a database by its address, or by its file.
func at(name string) string {
	if strings.HasPrefix(name, "postgres://") {
		return name
	}
	return "sqlite:" + name
}

// processor is the seconds of processor time used so far.
func processor() float64 {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return float64(u.Utime.Sec+u.Stime.Sec) + float64(u.Utime.Usec+u.Stime.Usec)/1e6
}

// peak is the most memory held so far, in MB.
func peak() float64 {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return float64(u.Maxrss) / 1e3
}
