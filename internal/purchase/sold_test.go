package purchase

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/fault"
	"joren/internal/ident"
)

func drawSold(t *rapid.T) *Purchase {
	n := rapid.OneOf(rapid.Int64(), rapid.Int64Range(0, 200), rapid.SampledFrom([]int64{-1, 63, 64, 127, 128, -1 << 63, 1<<63 - 1}))
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "honten", `"a" \b`, "tab\tnew\nline", "渋谷店", "[{"}))
	p := &Purchase{ID: ident.New(), Member: ident.New(), Guest: rapid.Bool().Draw(t, "guest"), Kept: rapid.Bool().Draw(t, "kept"),
		Day: clock.Day(rapid.IntRange(0, 30_000).Draw(t, "day")), Store: text.Draw(t, "store"), Channel: text.Draw(t, "channel"),
		Value: n.Draw(t, "value"), EligibleKept: n.Draw(t, "eligible"), Lines: rapid.SliceOfN(rapid.Custom(drawLine), 0, 5).Draw(t, "lines")}
	return p
}

// wanted is what measuring is to read of a purchase.
func wanted(p *Purchase) (Sold, []SoldLine) {
	var lines []SoldLine
	for _, l := range p.Lines {
		lines = append(lines, SoldLine{SoldName{l.SKU, l.Name, l.Category}, l.Kind == Fee, l.Quantity, l.Returned, l.Value, 0})
	}
	return Sold{Member: p.Member, ID: p.ID, Guest: p.Guest, Day: p.Day, Store: p.Store, Channel: p.Channel, Value: p.Value, Eligible: p.EligibleKept, Kept: p.Kept}, lines
}

// linesOf reads the lines; each says itself what it is called.
func linesOf(s *Sold) (lines []SoldLine, err error) {
	err = s.EachLine(func(l *SoldLine) {
		whole := *l
		if l.Words > 0 {
			whole.SoldName, whole.Words = s.words.List[l.Words-1], 0
		}
		lines = append(lines, whole)
	})
	return lines, err
}

var ownFields = cmpopts.IgnoreUnexported(Sold{})

func TestMeasuringReadsOfAPurchaseWhatWasRecorded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawSold(t)
		want, lines := wanted(p)
		s, got, err := tellOne(string(AppendSold(nil, p)), nil)
		if d := cmp.Diff(want, s, ownFields) + cmp.Diff(lines, got); d != "" || err != nil {
			t.Fatal(d, err)
		}
	})
}

// What names lines is remembered from one batch to the next, and read from
// memory that is written over in between.
func TestLinesSayWhatLinesBeforeHaveSaid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := NewSoldWords()
		words.most = rapid.SampledFrom([]int{0, 1, 3, mostSoldWords}).Draw(t, "most")
		known := rapid.SliceOfN(rapid.Custom(drawLine), 1, 4).Draw(t, "known")
		b := make(db.Texts, 0, 1<<16)
		r := soldReader{words: words}
		for range 3 {
			b = b[:0]
			var list []*Purchase
			for range rapid.IntRange(1, 4).Draw(t, "records") {
				p := drawSold(t)
				for i := range p.Lines {
					old := rapid.SampledFrom(known).Draw(t, "as before")
					p.Lines[i].SKU, p.Lines[i].Name, p.Lines[i].Category, p.Lines[i].Kind = old.SKU, old.Name, old.Category, old.Kind
				}
				list = append(list, p)
				b = AppendSold(b, p)
			}
			tell := func(s *Sold) error {
				want, lines := wanted(list[0])
				if list = list[1:]; s.Guest { // as measuring passes over a guest's
					return nil
				}
				for range 2 {
					got, err := linesOf(s)
					if d := cmp.Diff(want, *s, ownFields) + cmp.Diff(lines, got); d != "" || err != nil {
						t.Fatal(d, err)
					}
				}
				return nil
			}
			if err := r.each(b.Lend(0, len(b)), tell); err != nil || len(list) > 0 {
				t.Fatal(err, len(list))
			}
		}
	})
}

// tellOne reads a text of one record, with words or without.
func tellOne(record string, words *SoldWords) (sold Sold, lines []SoldLine, err error) {
	r := soldReader{words: words}
	err = r.each(record, func(s *Sold) (err error) {
		sold = *s
		lines, err = linesOf(s)
		return err
	})
	return sold, lines, err
}

func TestARecordCutAnywhereIsAFault(t *testing.T) {
	p := simple(ident.New(), "1", "2026-11-15T10:00:00+09:00", 5000, "A")
	p.Store, p.Channel = "honten", "shop"
	id := string(p.Member[:]) + string(p.ID[:])
	for _, good := range []string{string(AppendSold(nil, p)), id + `["2026-11-15",5000,5000,0,1,"honten","shop",[{"no":1,"sku":"A","q":2,"val":300}]]` + "\x00"} {
		for _, words := range []*SoldWords{nil, NewSoldWords()} {
			if _, _, err := tellOne(good, words); err != nil {
				t.Fatal(err)
			}
			for i := 1; i < len(good); i++ {
				if _, _, err := tellOne(good[:i], words); !fault.Is(err, "purchase.lines_broken") {
					t.Errorf("%q: %v", good[:i], err)
				}
			}
			if _, _, err := tellOne(good+"\x00", words); !fault.Is(err, "purchase.lines_broken") {
				t.Errorf("too long: %v", err)
			}
		}
	}
}

// Whatever a record says, it is measured alike with what was said before and
// without it, and breaks nothing.
func FuzzSold(f *testing.F) {
	p := simple(ident.New(), "1", "2026-11-15T10:00:00+09:00", 5000, "A")
	f.Add(string(AppendSold(nil, p)))
	f.Add(strings.Repeat("x", 32) + `["2026-11-15",5000,5000,0,1,"a\"b","",[{"no":1,"sku":"A","q":2,"val":300}]]` + "\x00")
	f.Add(strings.Repeat("x", 32) + "\x01\x02\x80\x80\x80\x80\x80\x80\x80\x80\x80\x7f")
	f.Fuzz(func(t *testing.T, record string) {
		words := NewSoldWords()
		want, lines, err := tellOne(record, nil)
		for range 2 {
			got, again, other := tellOne(record, words)
			if (err == nil) != (other == nil) {
				t.Fatalf("alone %v, with words %v", err, other)
			}
			if d := cmp.Diff(want, got, ownFields) + cmp.Diff(lines, again); err == nil && d != "" {
				t.Fatal(d)
			}
		}
	})
}

// What the migration wrote of purchases that were recorded before is measured
// as what is written with a purchase.
func TestWhatTheMigrationWroteIsMeasuredAlike(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		fill, err := os.ReadFile("../db/migrations/0034_sold_before." + string(d.Engine()) + ".sql")
		if err != nil {
			t.Fatal(err)
		}
		whole := cafePurchase(t)
		odd := simple(ident.New(), "odd", "2026-11-15T10:00:00+09:00", 5000, `a "b" \ c`)
		odd.Store, odd.Channel, odd.Lines[0].Name, odd.Lines[0].Category = "渋谷\n\"店\"", `web\shop`, "コーヒー豆 <&>\t200g", "[{"
		guest := simple(ident.New(), "guest", "2026-11-16T10:00:00+09:00", 700, "B")
		guest.Guest = true
		write(t, d, func(tx *db.Tx) error { return Save(tx, []*Purchase{whole, odd, guest}) })
		read := func() (sold []Sold, lines [][]SoldLine) {
			write(t, d, func(tx *db.Tx) error {
				return EachSold(tx, nil, func(s *Sold) error {
					l, err := linesOf(s)
					sold, lines = append(sold, *s), append(lines, l)
					return err
				})
			})
			return sold, lines
		}
		sold, lines := read()
		write(t, d, func(tx *db.Tx) error {
			if _, err := tx.Exec(`DELETE FROM purchase_sold`); err != nil {
				return err
			}
			_, err := tx.Exec(string(fill))
			return err
		})
		again, linesAgain := read()
		byID := cmpopts.SortSlices(func(a, b Sold) bool { return a.ID.String() < b.ID.String() })
		if d := cmp.Diff(sold, again, ownFields, byID); d != "" || len(sold) != 3 {
			t.Error(d)
		}
		if d := cmp.Diff(slices.Concat(lines...), slices.Concat(linesAgain...), cmpopts.SortSlices(func(a, b SoldLine) bool { return a.SKU < b.SKU })); d != "" {
			t.Error(d)
		}
		write(t, d, func(tx *db.Tx) error {
			n, err := CheckSold(tx, func(_, _ ident.ID, what string) { t.Error(what) })
			if n != 3 {
				t.Errorf("looked at %d", n)
			}
			return err
		})
	})
}

// All are read, those of many pages and those too long to be handed over
// together, each once and with its lines.
func TestEveryPurchaseIsReadOnceAlsoALongOne(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		want := map[ident.ID]*Purchase{}
		var list []*Purchase
		for i := range 900 {
			p := simple(ident.New(), strconv.Itoa(i), "2026-11-15T10:00:00+09:00", int64(i), "SKU"+strconv.Itoa(i%7))
			if i%400 == 3 {
				line := p.Lines[0]
				for no := range 700 {
					line.No, line.Name = no+2, strings.Repeat("長い名前", 8)+strconv.Itoa(no)
					p.Lines = append(p.Lines, line)
				}
			}
			list, want[p.ID] = append(list, p), p
		}
		write(t, d, func(tx *db.Tx) error { return Save(tx, list) })
		write(t, d, func(tx *db.Tx) error {
			words := NewSoldWords()
			return EachSold(tx, words, func(s *Sold) error {
				p := want[s.ID]
				if p == nil {
					t.Fatalf("%v is unknown or came twice", s.ID)
				}
				delete(want, s.ID)
				head, lines := wanted(p)
				got, err := linesOf(s)
				if d := cmp.Diff(head, *s, ownFields) + cmp.Diff(lines, got); d != "" {
					t.Fatal(d)
				}
				return err
			})
		})
		if len(want) > 0 {
			t.Errorf("%d were not read", len(want))
		}
	})
}

func BenchmarkEachSoldLine(b *testing.B) {
	p := &Purchase{Store: "S1", Channel: "store"}
	for _, no := range []string{"12345", "02345", "00005"} {
		p.Lines = append(p.Lines, StoredLine{Line: Line{SKU: "SKU" + no, Name: "Something " + no, Category: "drink", Quantity: 1}, Value: 1234})
	}
	record := string(AppendSold(nil, p))
	for name, words := range map[string]*SoldWords{"bare": nil, "remembered": NewSoldWords()} {
		b.Run(name, func(b *testing.B) {
			r, n := soldReader{words: words}, 0
			for b.Loop() {
				err := r.each(record, func(s *Sold) error { return s.EachLine(func(*SoldLine) { n++ }) })
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
