package console

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/i18n"
	"joren/internal/ident"
	"joren/internal/insight"
	"joren/internal/member"
	"joren/internal/purchase"
	"joren/internal/sale"
	"joren/internal/staff"
	"joren/internal/ui/uitest"
)

// drinkers gives an office forty members with a rhythm for their tea, half of
// whom take cake with it and most of these jam, and who buy a cup now and then.
func (o *office) drinkers() (first ident.ID) {
	o.t.Helper()
	o.cafe()
	o.stock()
	r := rand.New(rand.NewPCG(8, 8))
	o.goTo("2026-06-01T12:00:00+09:00")
	var docs []sale.Document
	for i := range 40 {
		m := o.join(member.Input{Fields: member.Fields{Name: said(fmt.Sprintf("客 %d", i))}, JoinStore: "honten"})
		if i == 0 {
			first = m.ID
		}
		every := 8 + i%20
		for day := r.IntN(8); day < 140; day += every + r.IntN(3) {
			lines := []map[string]any{{"sku": "TEA/1 a", "name": "=お茶", "category": "drink", "quantity": 1, "amount": 500}}
			if i%2 == 0 {
				lines = append(lines, map[string]any{"sku": "CAKE", "name": "ケーキ", "category": "food", "quantity": 2, "amount": 800})
			}
			if i%2 == 0 && i > 2 {
				lines = append(lines, map[string]any{"sku": "JAM", "name": "ジャム", "category": "jam", "quantity": 1, "amount": 300})
			}
			if r.IntN(6) == 0 {
				lines = append(lines, map[string]any{"sku": "CUP", "name": "湯のみ", "category": "cup", "quantity": 1, "amount": 1500})
			}
			docs = append(docs, o.sells(fmt.Sprintf("%d-%d", i, day), m.Card, clock.MustDay("2026-06-02")+clock.Day(day), lines))
		}
	}
	o.goTo("2026-10-31T12:00:00+09:00")
	done, err := o.console.Sales.Documents(o.t.Context(), docs, sale.By{Actor: "test", Brief: true})
	for _, d := range done {
		err = errors.Join(err, d.Err)
	}
	if err != nil {
		o.t.Fatal(err)
	}
	return first
}

func (o *office) sells(no, card string, day clock.Day, lines []map[string]any) sale.Document {
	total := 0
	for i := range lines {
		lines[i]["no"], lines[i]["tax_rate"] = i+1, "0.10"
		total += lines[i]["amount"].(int)
	}
	at := clock.Tokyo.Start(day) + 15*3600*1_000_000
	b, err := json.Marshal(map[string]any{"source": "till-2", "order_no": no, "card": card, "store": "honten", "channel": "shop", "occurred_at": at.String(), "total": total, "lines": lines})
	if err != nil {
		o.t.Fatal(err)
	}
	in, err := purchase.Decode(b)
	if err != nil {
		o.t.Fatal(err)
	}
	return sale.Document{Sale: in}
}

func TestProductsOfAShopWithoutPurchasesSayWhatIsMissing(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		c := o.clerk(staff.Owner)
		c.get("/insight/products").ok(200).says("Nothing can be measured yet")
		o.cafe()
		for _, path := range []string{"/insight/products", "/insight/due", "/insight/pairs"} {
			c.get(path).ok(200).says("Not enough to say yet").silent("NaN", "Inf")
			c.get(path + "?format=csv").ok(200)
		}
		c.get("/insight/products/NONE").ok(404)
		c.get("/insight/gaps?has=a&lacks=b").ok(404)
	})
}

func TestProductsShowWhatIsBoughtAgainWithTheRowsBehind(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		her := o.drinkers()
		c := o.clerk(staff.Owner)
		list := c.get("/insight/products").ok(200).says("=お茶 (TEA/1 a)", "ケーキ (CAKE)", "4 products", "Bought again and again").has("a[href=/insight/products/TEA%2F1%20a]", "th[aria-sort=descending]")
		for _, tile := range list.find("a.tile") {
			c.get(tile.attrs["href"]).ok(200)
		}
		c.get("/insight/products?q=cake&sort=name").ok(200).says("CAKE").silent("TEA/1")
		c.get("/insight/products?category=cup").ok(200).says("CUP").silent("CAKE")
		c.get("/insight/products?q=nothing").ok(200).says("No product matches")
		tea := c.get("/insight/products/TEA%2F1%20a").ok(200).says("Half of those who come back do so within", "Still waiting", "客").has("svg.drawing", "figure.chart")
		if len(tea.find("a[href=/members/"+ident.Member.Text(her)+"]")) == 0 && len(c.get("/insight/products/TEA%2F1%20a?after=25").ok(200).find("a[rel=prev]")) == 0 {
			t.Error("she is on neither page of buyers")
		}
		c.get("/insight/products/CAKE?with=JAM").ok(200).says("What goes with it", "ジャム", "on the same day as ジャム", "Everybody who bought it")
		gaps := 0
		pairs := c.get("/insight/pairs").ok(200).says("Beyond chance", "Category gaps", "jam").has("a[href=/insight/products/CAKE]")
		for _, a := range pairs.find("a") {
			if strings.HasPrefix(a.attrs["href"], "/insight/gaps?") {
				c.get(a.attrs["href"]).ok(200).says("Members who buy food and not jam yet", a.text+" of "+a.text)
				gaps++
			}
		}
		if gaps != 1 {
			t.Errorf("%d gaps, those without jam are in one", gaps)
		}
		due := c.get("/insight/due").ok(200).says("times as many", "This list", "客").has("th[aria-sort=descending]", "figure.chart")
		if len(due.find("span.badge")) == 0 {
			t.Error("nobody is due")
		}
		c.get("/insight/due?state=all&sort=chance&after=25").ok(200).has("a[rel=prev]")
		c.get("/insight/due?product=TEA%2F1+a&state=later").ok(200)
		c.get("/members/"+ident.Member.Text(her)).ok(200).says("Taste and habits", "=お茶", "15:00–18:00", "Main shop 100.0%", "every")
		c.lang = "ja"
		c.get("/insight/due").ok(200).says("本当に買われたのは")
		c.get("/insight/products").ok(200).says("繰り返し買われる商品")
		o.clerk(staff.Analyst).get("/insight/due").ok(200).silent("客 ").says("mem_…")
		o.clerk(staff.Cashier).get("/insight/due").ok(403)
		t.Run("files", func(t *testing.T) { productFilesAreThePages(t, o, c) })
	})
}

// productFilesAreThePages compares files with what the board says and what the
// rows behind a figure sum to.
func productFilesAreThePages(t *testing.T, o *office, c *clerk) {
	file := func(path string) [][]string {
		t.Helper()
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(c.get(path).ok(200).body, "\ufeff"))).ReadAll()
		if err != nil || len(rows) < 2 {
			t.Fatal(len(rows), err)
		}
		return rows
	}
	shelf, err := o.console.Insight.Shelf(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tea := shelf.Find("TEA/1 a")
	for _, row := range file("/insight/products?format=csv")[1:] {
		if row[0] == tea.Code && (row[1] != "'=お茶" || row[3] != strconv.Itoa(tea.Buyers) || row[15] != strconv.Itoa(tea.Return.Median) || row[5] != insight.Figure(tea.Again.Value)) {
			t.Errorf("%v, the shelf says %+v", row, tea)
		}
	}
	days := 0
	buyers := file("/insight/products/TEA%2F1%20a?format=csv")[1:]
	for _, row := range buyers {
		n, _ := strconv.Atoi(row[1])
		days += n
	}
	if len(buyers) != tea.Buyers || days != tea.Days {
		t.Errorf("%d buyers and %d days in the file, %d and %d counted", len(buyers), days, tea.Buyers, tea.Days)
	}
	rows, all, _, err := o.console.Insight.Due(t.Context(), insight.DueQuery{Sort: "worth", Desc: true, Most: 1000})
	due := file("/insight/due?format=csv")[1:]
	if err != nil || len(due) != all || due[0][0] != ident.Member.Text(rows[0].Who) || due[0][9] != insight.Figure(rows[0].Chance) {
		t.Errorf("%d in the file, %d due, %v", len(due), all, err)
	}
	pairs := file("/insight/pairs?format=csv")[1:]
	both := 0
	for _, row := range file("/insight/products/" + strings.ReplaceAll(strings.ReplaceAll(pairs[0][0], "/", "%2F"), " ", "%20") + "?with=" + strings.ReplaceAll(strings.ReplaceAll(pairs[0][2], "/", "%2F"), " ", "+") + "&format=csv")[1:] {
		n, _ := strconv.Atoi(row[1])
		both += n
	}
	if strconv.Itoa(both) != pairs[0][4] {
		t.Errorf("%d days together in the rows, %s counted", both, pairs[0][4])
	}
}

func TestProductPagesAreAccessibleAndFit(t *testing.T) {
	b := uitest.Start(t)
	o := open(t, func(os ...dbtest.Option) *db.DB { return dbtest.SQLite(t, os...) })
	her := o.drinkers()
	c := o.clerk(staff.Owner)
	for name, path := range map[string]string{"products": "/insight/products", "product": "/insight/products/TEA%2F1%20a", "due": "/insight/due", "pairs": "/insight/pairs", "taste": "/members/" + ident.Member.Text(her)} {
		for _, look := range []uitest.Look{{Lang: "ja"}, {Lang: "en", Width: 390}} {
			look.Cookies = c.cookies()
			t.Run(look.Name(name), func(t *testing.T) {
				tab := b.Open(t, o.url+path, look)
				tab.Check()
				if dir := os.Getenv("SHOTS"); dir != "" {
					tab.Shot(dir, look.Name(name))
				}
			})
		}
	}
}

// The list of who is due is there before its trial on the past.
func TestATrialThatIsStillBeingMadeIsSaidNotShown(t *testing.T) {
	var b strings.Builder
	if err := dueProof(duePage{s: &scene{lang: i18n.EN}}).Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	if says := i18n.T(i18n.EN, "insight.backtest_made"); !strings.Contains(b.String(), says) {
		t.Errorf("%s does not say %q", b.String(), says)
	}
}
