package measure

import (
	"encoding/json"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"joren/internal/db"
	"joren/internal/ident"
	"joren/internal/insight"
	"joren/internal/purchase"
	"joren/internal/sale"
)

// saidOfProducts is all that a board says of products, members by their ids.
func saidOfProducts(t *testing.T, b *insight.Board) string {
	t.Helper()
	rows, all, s, err := b.Due(t.Context(), insight.DueQuery{States: insight.DueStates, Sort: "chance", Most: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	due := map[string]insight.Due{}
	for _, x := range rows {
		x.Member = 0
		due[ident.Member.Text(x.Who)+x.Product.Code] = x.Due
	}
	if len(due) != all {
		t.Fatalf("%d rows, %d in all", len(due), all)
	}
	out, err := json.MarshalIndent(map[string]any{"shelf": s, "due": due}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// What followed every event says of products what is read afresh says:
// purchases, returns, revisions, merges.
func TestProductsFollowEventsAsTheyAreReadAfresh(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		s.lively()
		follow := s.board()
		saidOfProducts(t, follow)
		l := &live{shop: s, seed: 7, r: rand.New(rand.NewPCG(7, 7)), did: map[string]int{}}
		for range 40 {
			l.step()
			if l.r.IntN(8) == 0 {
				saidOfProducts(t, follow)
			}
		}
		if d := cmp.Diff(saidOfProducts(t, s.board()), saidOfProducts(t, follow)); d != "" {
			t.Errorf("− afresh, + followed:\n%s", d)
		}
		shelf, err := follow.Shelf(t.Context())
		if err != nil || len(shelf.Products) != 5 {
			t.Errorf("%d products, %v", len(shelf.Products), err)
		}
		if again, _ := follow.Shelf(t.Context()); again != shelf {
			t.Error("nothing happened and it was made again")
		}
	})
}

func TestATasteIsOfHerWhoBoughtAndFollowsAMerge(t *testing.T) {
	cafes(t, func(t *testing.T, s *shop) {
		s.enrol()
		s.enrol()
		b := s.board()
		r := rand.New(rand.NewPCG(3, 3))
		for i, no := range []string{"1", "2", "3"} {
			in := s.order(no, s.who[min(i, 1)], s.now, r, 1)
			in.Lines = in.Lines[:1]
			in.Lines[0].SKU, in.Lines[0].Name, in.Total = "TEA", "お茶", in.Lines[0].Amount
			in.Lines = append(in.Lines, purchase.Line{No: 2, Name: "送料", Kind: purchase.Fee, Quantity: 1, Amount: 300, TaxRate: in.Lines[0].TaxRate})
			in.Total += 300
			if _, err := s.Record(t.Context(), in, sale.By{Actor: "test"}); err != nil {
				t.Fatal(err)
			}
			s.now += 24 * 3600 * 1_000_000
		}
		taste, err := b.Taste(t.Context(), s.who[1])
		if err != nil || taste.Visits != 2 || len(taste.Favourite) != 1 || taste.Favourite[0].Name != "お茶" || taste.Favourite[0].Times != 2 || len(taste.Due) != 0 {
			t.Fatalf("%+v, %v", taste, err)
		}
		if _, err := s.people.Merge(t.Context(), s.db, s.who[0], s.who[1], "test"); err != nil {
			t.Fatal(err)
		}
		for _, id := range s.who {
			if taste, err = b.Taste(t.Context(), id); err != nil || taste.Visits != 3 || taste.Favourite[0].Times != 3 {
				t.Errorf("after the merge %+v, %v", taste, err)
			}
		}
		var times int
		s.write(func(tx *db.Tx) error {
			list, err := purchase.Times(tx, taste.Member)
			times = len(list)
			return err
		})
		if times != 3 {
			t.Errorf("%d instants", times)
		}
	})
}
