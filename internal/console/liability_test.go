package console

import (
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/text/encoding/japanese"

	"joren/internal/clock"
	"joren/internal/day"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/i18n"
	"joren/internal/lane"
	"joren/internal/ledger"
	"joren/internal/liability"
	"joren/internal/member"
	"joren/internal/proof"
	"joren/internal/purchase"
	"joren/internal/sale"
	"joren/internal/staff"
	"joren/internal/ui/uitest"
)

// closes closes months as the command does.
func (o *office) closes(months ...string) {
	o.t.Helper()
	l := lane.New(o.db, o.console.Members, o.programmes)
	defer l.Close()
	for _, m := range months {
		if _, err := day.New(o.db, l, o.console.Members, o.programmes).CloseMonth(o.t.Context(), m); err != nil {
			o.t.Fatal(err)
		}
	}
}

func TestTheLiabilityOfAShopWithoutPointsSaysSo(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		c := o.clerk(staff.Owner)
		c.get("/insight/liability").ok(200).says("Nothing can be measured yet")
		c.get("/insight/liability/settings").ok(200).says("they are the defaults")
		o.cafe()
		c.get("/insight/liability").ok(200).says("No points have been issued yet").silent("NaN")
		c.get("/insight/liability/journal?layout=generic").ok(404)
		for _, role := range []staff.Role{staff.Marketer, staff.Agent, staff.Cashier} {
			o.clerk(role).get("/insight/liability").ok(403)
		}
	})
}

func TestTheLiabilityPageTellsTheBook(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		o.regulars()
		c := o.clerk(staff.Owner)
		page := c.get("/insight/liability").ok(200).says("points are carried at", "Roll-forward", "Breakage", "cautiously all", "Of ", "none has been used yet", "honten", "This month is not closed yet").
			has("svg.drawing", "a.tile").silent("NaN", "Inf")
		for _, a := range page.find("a") {
			if h := a.attrs["href"]; strings.HasPrefix(h, "/points?what=") {
				c.get(h).ok(200)
			}
		}
		open := c.get("/insight/liability?month=2026-06").ok(200).says("At the end of June 2026", "provisional")
		if strings.Contains(open.body, "journal?month=") {
			t.Error("an open month offers its journal")
		}
		o.closes("2026-06", "2026-07")
		c.get("/insight/liability?month=2026-06").ok(200).says("these figures stay", "Journal of June 2026", "契約負債").has("a[href=/insight/liability/journal?month=2026-06&layout=yayoi]")
		c.get("/insight/liability?month=1999-01").ok(422).has("#f-month-error").says("Nothing is recorded for 1999-01")
		c.get("/insight/liability").ok(200).says("Days are turned through Sat 1 August 2026.", "by the next day turn")
		c.get("/insight/liability?month=2026-06").ok(200).silent("Days are turned through")
		theFileIsThePage(t, o, c)
		c.lang = "ja"
		c.get("/insight/liability?month=2026-06").ok(200).says("締め済み", "契約負債", "売上分")
		o.clerk(staff.Analyst).get("/insight/liability").ok(200).silent("Accounting settings")
	})
}

// A month that was exported comes out the same after accounts were renamed.
func TestAClosedMonthsJournalKeepsItsNames(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		o.regulars()
		c := o.clerk(staff.Owner)
		const file, named = "/insight/liability/journal?month=2026-06&layout=generic", "521 ポイント"
		o.closes("2026-06")
		first := c.get(file).ok(200).body
		if strings.Contains(first, named) || !strings.Contains(first, "契約負債") {
			t.Fatal(first)
		}
		c.get("/insight/liability?month=2026-06").ok(200).silent("renamed after")
		c.post("/insight/liability/settings", "sale", "contract_liability", "gift", "provision", "accounts.contract", named, "version", "1", "reason", "新しい会計ソフト").ok(303)
		if again := c.get(file).ok(200).body; again != first {
			t.Errorf("%s\nwas\n%s", again, first)
		}
		page := c.get("/insight/liability?month=2026-06").ok(200).says("renamed after", "契約負債").silent(named)
		page.has("a[href=/insight/liability/journal?month=2026-06&layout=yayoi&names=today]")
		if renamed := c.get(file + "&names=today").ok(200).body; strings.ReplaceAll(renamed, named, "契約負債") != first || renamed == first {
			t.Errorf("%s\nwas\n%s", renamed, first)
		}
		o.closes("2026-07")
		july := strings.Replace(file, "2026-06", "2026-07", 1)
		next := c.get(july).ok(200).body
		if strings.Contains(next, "契約負債") || !strings.Contains(next, named) {
			t.Errorf("a month closed later has the former name: %s", next)
		}
		c.post("/insight/liability/settings", "sale", "contract_liability", "gift", "provision", "accounts.contract", "522", "version", "2", "reason", "番号の変更").ok(303)
		if c.get(file).ok(200).body != first || c.get(july).ok(200).body != next {
			t.Error("a closed month's journal changed with the names of accounts")
		}
	})
}

// theFileIsThePage compares the CSV of a month and its journal with the book.
func theFileIsThePage(t *testing.T, o *office, c *clerk) {
	t.Helper()
	var b *liability.Book
	o.read(func(tx *db.Tx) (err error) { b, err = o.console.Books.Read(tx); return err })
	st := b.Statement("2026-06")
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(c.get("/insight/liability?month=2026-06&format=csv").ok(200).body, "\ufeff")))
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil || len(rows) != 2+len(st.Points)+len(st.Terms) {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for i, x := range st.Points {
		if got := rows[1+i]; got[1] != x.Type || got[2] != string(x.Origin) || got[4+7] != plainInt(x.Closing) || got[4+1] != plainInt(x.Issued) {
			t.Errorf("%v, want %+v", got, x)
		}
	}
	file := c.get("/insight/liability/journal?month=2026-06&layout=yayoi").ok(200)
	text, err := japanese.ShiftJIS.NewDecoder().String(file.body)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(text), "\r\n")
	entries, err := liability.Journal(st)
	if err != nil || len(lines) != len(entries) || !strings.HasPrefix(lines[0], "2000,,,2026/06/30,売上高,,,対象外,"+plainInt(entries[0].Amount)) {
		t.Errorf("%d lines for %d entries: %s", len(lines), len(entries), lines[0])
	}
	if got := file.Header.Get("Content-Disposition"); got != `attachment; filename="points-2026-06-yayoi.csv"` {
		t.Error(got)
	}
	c.get("/insight/liability/journal?month=2026-10&layout=yayoi").ok(409)
	c.get("/insight/liability/journal?month=2026-06&layout=sap").ok(422)
	c.get("/settings/audit?area=liability.").ok(200).says("Exported a journal or roll-forward")
}

func plainInt(n int64) string { return strconv.FormatInt(n, 10) }

func TestTheAccountingSettingsAreKeptWithTheirReason(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		o.regulars()
		c := o.clerk(staff.Manager)
		form := func(pairs ...string) []string {
			v := []string{"version", "1", "sale", "provision", "gift", "on_use", "accounts.provision", "521 ポイント引当金", "reason", "agreed with the accountant"}
			return append(v, pairs...)
		}
		c.post("/insight/liability/settings", form()...).ok(303)
		c.get("/insight/liability/settings").ok(200).says("agreed with the accountant", "521 ポイント引当金", "Set by")
		c.get("/insight/liability").ok(200).says("provision").silent("contract liability")
		c.post("/insight/liability/settings", "sale", "cash", "gift", "provision", "accounts.sales", "=1+1").ok(422).says("Choose one of the list", "in front, commas and quotes cannot be used", "Give the reason")
		c.post("/insight/liability/basis", "key", "regular.sale", "use", "９２．５％", "value", "2", "why", "three years of our old system").ok(303)
		c.get("/insight/liability").ok(200).says("92.5%", "set by hand", "three years of our old system")
		c.get("/insight/liability/settings").ok(200).says("92.5%", "2 yen", "three years of our old system")
		c.post("/insight/liability/basis", "key", "gems.sale", "use", "lots", "value", "-3", "why", "").ok(422).says("no such type of points", "Write the expected use as a number")
		c.post("/insight/liability/basis", "key", "regular.sale", "use", "101", "why", "x").ok(422).says("between 0 and 100")
		c.post("/insight/liability/basis", "key", "regular.sale", "use", "", "value", "", "why", "by the past again").ok(303)
		c.get("/insight/liability").ok(200).silent("three years of our old system")
		c.get("/settings/audit?area=liability.").ok(200)
		analyst := o.clerk(staff.Analyst)
		analyst.post("/insight/liability/settings", form()...).ok(403)
		analyst.get("/insight/liability/settings").ok(200).says("521 ポイント引当金").silent("For instance 92.5")
	})
}

// users gives an office twenty members who buy once a month for sixteen
// months, of whom twelve pay with what they have earned; closed are the months
// up to the last but one.
func (o *office) users() {
	o.t.Helper()
	o.cafe()
	o.stock()
	o.goTo("2026-06-01T12:00:00+09:00")
	var cards []string
	for i := range 20 {
		cards = append(cards, o.join(member.Input{Fields: member.Fields{Name: said(fmt.Sprintf("客 %d", i))}, JoinStore: "honten"}).Card)
	}
	first := clock.MustDay("2026-06-15")
	for month := range 16 {
		at := clock.Tokyo.Start(first.AddMonths(month)) + 3*3600*1_000_000
		o.goTo(at.String())
		var docs []sale.Document
		for m, card := range cards {
			in, err := purchase.Decode([]byte(coffee(fmt.Sprintf("%d-%d", month, m), card, at.String(), int64(4_000+100*m))))
			if err != nil {
				o.t.Fatal(err)
			}
			if m < 12 && month > 0 {
				in.PointsPaid = &purchase.PointsPaid{Points: int64(15 + 3*m%17)}
			}
			docs = append(docs, sale.Document{Sale: in})
		}
		done, err := o.console.Sales.Documents(o.t.Context(), docs, sale.By{Actor: "test", Brief: true})
		for _, d := range done {
			err = errors.Join(err, d.Err)
		}
		if err != nil {
			o.t.Fatal(err)
		}
		if month > 0 {
			o.closes(first.AddMonths(month - 1).String()[:7])
		}
	}
}

func TestALearnedShareIsShownWithItsInterval(t *testing.T) {
	o := open(t, func(os ...dbtest.Option) *db.DB { return dbtest.SQLite(t, os...) })
	o.users()
	var b *liability.Book
	o.read(func(tx *db.Tx) (err error) { b, err = o.console.Books.Read(tx); return err })
	terms, known := b.Last().TermsOf(liability.Key{Type: "regular", Origin: ledger.Sale})
	if !known || terms.Source != liability.ByCohorts || terms.Use <= 200_000 || terms.Use >= 900_000 || terms.Learnt.Low > terms.Use || terms.Learnt.High < terms.Use {
		t.Errorf("%+v", terms)
	}
	c := o.clerk(staff.Owner)
	c.get("/insight/liability").ok(200).says("By the months of issue", "will never be used", "95% interval", "from the months of issue", "months after issue").has("#burn-curve-title").silent("NaN", "Inf")
	c.get("/insight/liability?month=2026-08").ok(200).says("Points have been used 24 times; a forecast needs 30")
	r, err := proof.Verify(t.Context(), o.db)
	if err != nil || !r.Holds() {
		t.Errorf("%v\n%s", err, r.Text(i18n.EN))
	}
	if dir := os.Getenv("SHOTS"); dir != "" {
		for _, look := range []uitest.Look{{Lang: "ja"}, {Lang: "en", Width: 390}} {
			look.Cookies = c.cookies()
			uitest.Start(t).Open(t, o.url+"/insight/liability?month=2027-08", look).Shot(dir, look.Name("liability-used"))
		}
	}
}

func TestLiabilityPagesAreAccessibleAndFit(t *testing.T) {
	b := uitest.Start(t)
	o := open(t, func(os ...dbtest.Option) *db.DB { return dbtest.SQLite(t, os...) })
	o.regulars()
	o.closes("2026-06", "2026-07")
	c := o.clerk(staff.Owner)
	for _, page := range []string{"", "?month=2026-06", "/settings"} {
		for _, look := range []uitest.Look{{Lang: "ja"}, {Lang: "en", Width: 390}, {Lang: "ja", Width: 390}, {Lang: "en"}} {
			look.Cookies = c.cookies()
			name := "liability" + strings.NewReplacer("/", "-", "?month=", "-").Replace(page)
			t.Run(look.Name(name), func(t *testing.T) {
				tab := b.Open(t, o.url+"/insight/liability"+page, look)
				tab.Check()
				if dir := os.Getenv("SHOTS"); dir != "" {
					tab.Shot(dir, look.Name(name))
				}
			})
		}
	}
}
