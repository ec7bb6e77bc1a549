package measure

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"joren/internal/db"
	"joren/internal/ident"
	"joren/internal/insight"
	"joren/internal/purchase"
	"joren/internal/sale"
)

// What a product is called is told once while all is read, and is known too
// where the first line that said it came back wholly.
func TestAProductIsKnownThoughItsFirstLineCameBack(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		s.enrol()
		buy := func(no int) {
			s.now = s.now.Add(time.Hour)
			in := s.order(fmt.Sprint(no), s.who[0], s.now, rand.New(rand.NewPCG(1, 2)), 1)
			in.Lines[0].SKU, in.Lines[0].Name, in.Lines[0].Category = "BEANS", "深煎り 200g", "豆"
			in.Lines[1].SKU, in.Lines[1].Name, in.Lines[1].Category = "CAKE", "チーズケーキ", "菓子"
			if _, err := s.Record(t.Context(), in, sale.By{Actor: "test"}); err != nil {
				t.Fatal(err)
			}
			if no == 0 {
				all := purchase.ReturnInput{Source: "till", ReturnNo: "R", OrderNo: "0", OccurredAt: s.now, Lines: []purchase.ReturnLine{{No: 1, Quantity: in.Lines[0].Quantity}}}
				if _, err := s.Return(t.Context(), all, sale.By{Actor: "test"}); err != nil {
					t.Fatal(err)
				}
			}
		}
		for no := range 3 {
			buy(no)
		}
		var words []insight.Words
		lines := map[insight.Words]int{}
		read := func(b *insight.Batch) error {
			words = append(words, b.Words...)
			for _, p := range b.List {
				for _, l := range p.Lines {
					w := insight.Words{Product: l.Product, Name: l.Name, Category: l.Category}
					if l.Words > 0 {
						w = words[l.Words-1]
					}
					lines[w]++
				}
			}
			return nil
		}
		check := func() {
			t.Helper()
			for w, n := range map[insight.Words]int{{Product: "BEANS", Name: "深煎り 200g", Category: "豆"}: 2, {Product: "CAKE", Name: "チーズケーキ", Category: "菓子"}: 3} {
				if lines[w] != n {
					t.Errorf("%v %d times, want %d: %v", w, lines[w], n, lines)
				}
			}
		}
		if err := s.db.Read(t.Context(), func(tx *db.Tx) error { return Shop{Members: s.members}.Purchases(tx, nil, read) }); err != nil {
			t.Fatal(err)
		}
		if check(); len(words) != 2 {
			t.Errorf("words were told %d times", len(words))
		}
		clear(lines)
		if err := s.db.Read(t.Context(), func(tx *db.Tx) error { return Shop{Members: s.members}.Purchases(tx, []ident.ID{s.who[0]}, read) }); err != nil {
			t.Fatal(err)
		}
		check()
	})
}
