package member

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/ident"
	"joren/internal/sign"
	"joren/internal/text"
)

func search(t testing.TB, d *db.DB, m *Members, q string) (f Found) {
	t.Helper()
	err := d.Read(context.Background(), func(tx *db.Tx) (err error) { f, err = m.Search(tx, q, 20); return err })
	if err != nil {
		t.Fatalf("search %q: %v", q, err)
	}
	return f
}

func names(f Found) (out []string) {
	for _, h := range f.Hits {
		out = append(out, h.Person.Name)
	}
	return out
}

func TestOneBoxFindsAMemberHoweverShopStaffType(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		m := New(sign.New())
		person := func(name, kana, phone, card string) Newcomer {
			return check(t, Input{Card: card, Fields: Fields{Name: &name, NameKana: &kana, Phone: &phone}})
		}
		smith := check(t, Input{Fields: Fields{Name: ptr("John Smith"), Email: ptr("js@example.com"), ExternalIDs: IDs{"shopify": "AB-77"}}})
		x := create(t, d, m, person("山田 太郎", "ヤマダ タロウ", "090-1234-5678", ""), person("山田 花子", "ヤマダ ハナコ", "080-9999-5678", "P-100"), person("山口 翔", "ヤマグチ ショウ", "03-3333-4444", ""),
			person("渡邉 健", "ワタナベ ケン", "", ""), person("太田 さくら", "オオタ サクラ", "", ""), person("キャノン商会", "キャノンショウカイ", "", ""), smith, person("第2営業部", "", "", ""))
		for q, want := range map[string][]string{
			"やまだ": {"山田 太郎", "山田 花子"}, "ヤマダ": {"山田 太郎", "山田 花子"}, "ﾔﾏﾀﾞ": {"山田 太郎", "山田 花子"}, "山田": {"山田 太郎", "山田 花子"}, "やま": {"山口 翔", "山田 太郎", "山田 花子"}, "山": {"山口 翔", "山田 太郎", "山田 花子"},
			"山田太郎": {"山田 太郎"}, "山田　太郎": {"山田 太郎"}, "やまだたろ": {"山田 太郎"}, "やまだ は": {"山田 花子"}, "たろう": {"山田 太郎"}, "太郎": {"山田 太郎"}, "翔": {"山口 翔"}, "太": {"太田 さくら", "山田 太郎"},
			"渡辺": {"渡邉 健"}, "渡邊健": {"渡邉 健"}, "さくら": {"太田 さくら"}, "サクラ": {"太田 さくら"}, "キヤノン": {"キャノン商会"}, "おーた": nil,
			"090-1234-5678": {"山田 太郎"}, "09012345678": {"山田 太郎"}, "０９０１２３４５６７８": {"山田 太郎"}, "+81 90 1234 5678": {"山田 太郎"}, "090 1234 5678": {"山田 太郎"}, "5678": {"山田 太郎", "山田 花子"}, "95678": {"山田 花子"}, "95679": nil, "567": nil,
			"山田 5678": {"山田 太郎", "山田 花子"}, "太郎 5678": {"山田 太郎"}, "5678 はなこ": {"山田 花子"}, "山口 5678": nil, "p100": {"山田 花子"}, "Ｐ－１００": {"山田 花子"}, x[2].Card: {"山口 翔"},
			"john": {"John Smith"}, "SMITH": {"John Smith"}, "JS@Example.com": {"John Smith"}, "ab-77": {"John Smith"}, "第2": {"第2営業部"}, "第２営業部": {"第2営業部"},
			ident.Member.Text(x[3].ID): {"渡邉 健"}, "": nil, " ": nil, "や": nil, "zzz": nil, "%": nil, "'": nil, "@": nil,
		} {
			got := search(t, d, m, q)
			if diff := cmp.Diff(want, names(got)); diff != "" || got.More {
				t.Errorf("%q (more %v):\n%s", q, got.More, diff)
			}
		}
	})
}

func TestTheBestHitComesFirst(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		m := New(sign.New())
		person := func(name, kana string) Newcomer { return check(t, Input{Fields: Fields{Name: &name, NameKana: &kana}}) }
		x := create(t, d, m, person("大森 もり", "オオモリ モリ"), person("森田 一", "モリタ ハジメ"), person("森 鴎外", "モリ オウガイ"), person("森 茉莉", "モリ マリ"), person("もり", ""))
		write(t, d, func(tx *db.Tx) error { _, err := m.Withdraw(tx, x[2].ID); return err })
		want := []string{"もり", "森 茉莉", "森 鴎外", "森田 一", "大森 もり"}
		if diff := cmp.Diff(want, names(search(t, d, m, "もり"))); diff != "" {
			t.Error(diff)
		}
	})
}

// Every beginning of a name or reading that is long enough, and every way to
// write it, finds its member; what is found always begins so.
func TestEveryBeginningOfANameFindsIt(t *testing.T) {
	d := dbtest.SQLite(t)
	m := New(sign.New())
	var ns []Newcomer
	for i := range 300 {
		ns = append(ns, Newcomer{JoinedOn: today, Person: randomPerson(i)})
	}
	ms := create(t, d, m, ns...)
	rapid.Check(t, func(t *rapid.T) {
		i := rapid.IntRange(0, len(ns)-1).Draw(t, "i")
		p := ns[i].Person
		full := rapid.SampledFrom([]string{p.Name, p.NameKana, strings.Fields(p.Name)[1], strings.Fields(p.NameKana)[1], p.Name + p.NameKana}).Draw(t, "text")
		rs := []rune(full)
		q := string(rs[:rapid.IntRange(1, len(rs)).Draw(t, "n")])
		switch rapid.IntRange(0, 2).Draw(t, "form") {
		case 1:
			q = text.Fold(q)
		case 2:
			q = strings.ReplaceAll(q, " ", "　")
		}
		var f Found
		if err := d.Read(context.Background(), func(tx *db.Tx) (err error) { f, err = m.Search(tx, q, 1000); return err }); err != nil {
			t.Fatal(err)
		}
		folded := text.Fold(q)
		found := slices.ContainsFunc(f.Hits, func(h Hit) bool { return h.ID == ms[i].ID })
		begins := rankName(&p, folded) != rankNone
		if kana := text.HasKana(q) && len([]rune(folded)) < 2; found != begins && !kana {
			t.Fatalf("%q: found %v, begins so %v", q, found, begins)
		}
		for _, h := range f.Hits {
			if rankName(&h.Person, folded) == rankNone {
				t.Fatalf("%q found %q", q, h.Person.Name)
			}
		}
	})
}

// A search opens a bounded number of documents and says whether others may
// match: of a name that many bear it gives the newest, and where few of those
// it looks at match it can look on to the last.
func TestACommonNameIsLookedThroughInSteps(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		m := New(sign.New())
		people := make([]Newcomer, SearchAtMost+50)
		for i := range people {
			people[i] = check(t, Input{Fields: Fields{Name: ptr("佐藤 一"), NameKana: ptr("サトウ ハジメ")}})
		}
		oldest := check(t, Input{Card: "P-1", Fields: Fields{Name: ptr("佐藤 優"), NameKana: ptr("サトウ ユウ")}})
		first := create(t, d, m, oldest)[0]
		create(t, d, m, people...)
		on := func(q string, from ident.ID, limit int) (f Found) {
			t.Helper()
			err := d.Read(t.Context(), func(tx *db.Tx) (err error) { f, err = m.SearchOn(tx, q, from, limit); return err })
			if err != nil {
				t.Fatal(err)
			}
			return f
		}
		if f := on("さとう", ident.ID{}, 20); len(f.Hits) != 20 || !f.More || !f.Next.IsZero() {
			t.Errorf("many: %d found, more %v, next %v", len(f.Hits), f.More, f.Next)
		}
		f := on("さとうゆ", ident.ID{}, 20)
		if len(f.Hits) != 0 || !f.More || f.Next.IsZero() {
			t.Fatalf("none among the newest: %d found, more %v, next %v", len(f.Hits), f.More, f.Next)
		}
		if f = on("さとうゆ", f.Next, 20); len(f.Hits) != 1 || f.Hits[0].ID != first.ID || f.More || !f.Next.IsZero() {
			t.Errorf("behind them: %d found, more %v, next %v", len(f.Hits), f.More, f.Next)
		}
		if f := on("P-1", ident.ID{}, 20); len(f.Hits) != 1 || f.Hits[0].ID != first.ID || f.More {
			t.Errorf("by card: %d found, more %v", len(f.Hits), f.More)
		}
	})
}

func TestTheListTurnsPagesWithoutLossOrDouble(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		m := New(sign.New())
		var ns []Newcomer
		for i := range 25 {
			ns = append(ns, Newcomer{JoinedOn: today.AddMonths(-i % 4)})
		}
		ms := create(t, d, m, ns...)
		write(t, d, func(tx *db.Tx) error { _, err := m.Withdraw(tx, ms[0].ID); return err })
		var seen []ident.ID
		page := Page{Limit: 7}
		for range 10 {
			var next Cursor
			err := d.Read(context.Background(), func(tx *db.Tx) error {
				got, c, err := m.List(tx, page)
				for _, x := range got {
					seen = append(seen, x.ID)
				}
				next = c
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if next == (Cursor{}) {
				break
			}
			back, ok := ParseCursor(next.String())
			if !ok || back != next {
				t.Fatalf("cursor %v reads back as %v", next, back)
			}
			page.After = back
		}
		if len(seen) != 24 || len(uniqueIDs(seen)) != 24 {
			t.Errorf("%d rows, %d different", len(seen), len(uniqueIDs(seen)))
		}
		for _, bad := range []string{"x", "2026-11-22", "2026-11-22.zz", "2026-13-22." + ident.New().String()} {
			if _, ok := ParseCursor(bad); ok {
				t.Errorf("%q is a cursor", bad)
			}
		}
	})
}

// 100,000 members; the aim is 100 ms for each kind of query.
func BenchmarkSearch(b *testing.B) {
	dbtest.Bench(b, func(b *testing.B, d *db.DB) {
		m := New(sign.New())
		start := time.Now()
		const population = 100_000
		for at := 0; at < population; at += 2000 {
			ns := make([]Newcomer, 2000)
			for i := range ns {
				ns[i] = Newcomer{JoinedOn: today, Person: randomPerson(at + i)}
			}
			create(b, d, m, ns...)
		}
		b.Logf("%d members in %v", population, time.Since(start))
		p := randomPerson(4711)
		for _, q := range []string{"さとう", "佐藤", "さとうたろ", "山", "やま", "たろう", "太郎", p.Phone, last4(p.Phone), p.Email, p.Name, "さとう " + last4(p.Phone)} {
			b.Run(q, func(b *testing.B) {
				n := 0
				for b.Loop() {
					n = len(search(b, d, m, q).Hits)
				}
				b.ReportMetric(float64(n), "hits")
			})
		}
	})
}
