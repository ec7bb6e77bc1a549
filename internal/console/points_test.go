package console

import (
	"context"
	"strings"
	"testing"

	"joren/internal/ident"
	"joren/internal/purchase"
	"joren/internal/sale"
	"joren/internal/staff"
)

func TestPointsAreAdjustedAfterTheResultWasSeenAndOnce(t *testing.T) {
	sales(t, func(t *testing.T, o *sold) {
		c := o.clerk(staff.Agent)
		c.get(o.url()).ok(200).has("dialog#adjust", "a[data-dialog=adjust]")
		c.post(o.url()+"/adjust", "points", "0", "reason", "").ok(422).has("p#f-points-error", "p#f-reason-error")
		c.post(o.url()+"/adjust", "points", "10", "reason", "other").ok(422).has("p#f-note-error")
		c.post(o.url()+"/adjust", "direction", "take", "points", "99999", "reason", "correction").ok(422).has("p#f-points-error")
		c.post(o.url()+"/adjust", "points", "10", "reason", "goodwill", "expires_on", "2020-01-01").ok(422).has("p#f-expires_on-error")

		before := o.available(t)
		page := c.post(o.url()+"/adjust", "direction", "give", "points", "１２０", "reason", "goodwill", "note", "カップを落とした", "expires_on", "2027-03-31").ok(200).
			has("table", "input[name=order]").says("+120", "Goodwill", "31 Mar 2027", number(before), number(before+120))
		if got := o.available(t); got != before {
			t.Fatalf("the preview booked: %d, was %d", got, before)
		}
		var again []string
		for _, in := range page.find("input[type=hidden]") {
			again = append(again, in.attrs["name"], in.attrs["value"])
		}
		c.follow(c.post(o.url()+"/adjust", again...)).ok(200).says("Adjusted by +120", "Adjusted points", "カップを落とした")
		c.post(o.url()+"/adjust", again...).ok(303)
		if got := o.available(t); got != before+120 {
			t.Errorf("available %d, want %d", got, before+120)
		}
		n := 0
		for _, d := range o.deeds() {
			if d == "points.adjusted" {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d entries in the audit log", n)
		}
		o.clerk(staff.Cashier).get(o.url()).ok(200).lacks("dialog#adjust", "a[data-dialog=adjust]")
	})
}

// available is what the member's page says she has.
func (s *sold) available(t *testing.T) int64 {
	t.Helper()
	_, a, err := s.console.Sales.PreviewAdjust(context.Background(), sale.AdjustInput{Member: ident.Member.Text(s.m.ID), Points: 1, Reason: "goodwill"})
	if err != nil {
		t.Fatal(err)
	}
	return a.Balance.Available - 1
}

func TestTheEntriesBehindEachNumberCanBeSeen(t *testing.T) {
	sales(t, func(t *testing.T, o *sold) {
		c := o.clerk(staff.Manager)
		c.get("/points?what=issued&type=regular&from=2026-11-01&to=2026-11-30").ok(200).says("山田 花子", "Earned", "Issued").silent("20 Oct 2026")
		c.get("/points?what=expired").ok(200).has("div.empty")
		c.get("/points?store=honten&size=1").ok(200).has("a[rel=next]")
		c.get("/points?member="+ident.Member.Text(o.m.ID)).ok(200).says("Hidamari Points", "Stamps")
		c.get("/points/accounts").ok(200).says("山田 花子", "Next expiry")
		c.get("/points/accounts?type=stamp").ok(200).says("山田 花子")
		c.get("/points/accounts?format=csv").ok(200).says("2900000123458", "山田 花子")
		page := c.get("/points?size=2").ok(200)
		seen := len(page.find("td.num"))
		for range 10 {
			next := page.find("a[rel=next]")
			if len(next) == 0 {
				break
			}
			page = c.get(next[0].attrs["href"] + "&size=2").ok(200)
			seen += len(page.find("td.num"))
		}
		if all := len(c.get("/points?size=500").find("td.num")); seen != all || all == 0 {
			t.Errorf("%d figures page by page, %d at once", seen, all)
		}
	})
}

func TestAPurchaseShowsItsReceiptAndWhyItEarned(t *testing.T) {
	sales(t, func(t *testing.T, o *sold) {
		c := o.clerk(staff.Cashier)
		page := c.get(purchaseURL(o.purchase())).ok(200).says("Purchase 8801", "ブレンド豆 200g", "8%", "10%", "6,318 yen", "山田 花子", "Main shop", "Not given", "version 1")
		why := page.find("section[aria-labelledby=why-0]")
		if len(why) != 1 || !strings.Contains(page.main(), "Why "+number(o.buy.Award.Points)+" points?") {
			t.Errorf("no reasons in %.3000s", page.main())
		}
		sum := int64(0)
		for _, x := range o.buy.Award.Components {
			sum += x.Points
		}
		if sum != o.buy.Award.Points {
			t.Errorf("components sum to %d of %d", sum, o.buy.Award.Points)
		}
		c.lang = "ja"
		c.get(purchaseURL(o.purchase())).ok(200).says(number(o.buy.Award.Points)+"ポイントの内訳", "対象額 5,800円は5,000円以上なので", "本店", "第1版")
	})
}

func TestTheListOfPurchasesFiltersByDayStoreMemberAndFlag(t *testing.T) {
	sales(t, func(t *testing.T, o *sold) {
		late := o.sell(coffee("F1", o.m.Card, "2026-11-22T10:00:00+09:00", 3000), func(in *purchase.Input) { in.PointsPaid = &purchase.PointsPaid{Points: 2900} })
		c := o.clerk(staff.Manager)
		c.get("/purchases").ok(200).says(">8801<", "G1", "C1", "Guest")
		c.get("/purchases?from=2026-11-15&to=2026-11-15").says("8801", "G1").silent(">C1<")
		c.get("/purchases?only=guests").says("G1").silent(">8801<")
		c.get("/purchases?q=8801").says("8801").silent(">G1<")
		c.get("/purchases?store=nowhere").ok(422).has("#f-store-error", "option[value=nowhere]").says("8801", "Until it is corrected, everything is shown")
		c.get("/points?store=nowhere").ok(422).has("#f-store-error")
		o.sell(coffee("K1", o.m.Card, "2026-11-22T09:30:00+09:00", 500), func(in *purchase.Input) { in.Store = "kiosk" }) // registered nowhere
		c.get("/purchases?store=kiosk").ok(200).says("K1").silent(">8801<")
		c.get("/points?store=kiosk").ok(200).has("option[value=kiosk]")
		c.get("/purchases?member="+ident.Member.Text(o.m.ID)).says("Purchases of 山田 花子", "8801").silent(">G1<")
		if len(late.Flags) == 0 {
			t.Fatal("the purchase with missing points is not flagged")
		}
		c.get("/purchases?only=flagged").says("F1").silent(">8801<")
		c.get("/").says("Purchases to look at: 1")
		id, _ := ident.Purchase.Parse(late.ID)
		page := c.get(purchaseURL(id)).ok(200).has("section.notice.warn").says("more points were spent than there were")
		c.follow(c.post(page.value("form.inline", "action"))).ok(200).says("Somebody has looked at this").lacks("section.notice.warn")
		c.get("/").silent("Purchases to look at")
		page = c.get("/purchases?size=2")
		seen := len(page.find("tr"))
		page = c.get(page.value("a[rel=next]", "href") + "&size=2").ok(200).has("a[rel=prev]")
		if seen != 3 || len(page.find("tr")) != 3 {
			t.Errorf("pages of %d and %d rows", seen-1, len(page.find("tr"))-1)
		}
	})
}

func TestAReturnIsSeenBeforeItIsRecordedAndHappensOnce(t *testing.T) {
	sales(t, func(t *testing.T, o *sold) {
		c := o.clerk(staff.Cashier)
		path := purchaseURL(o.purchase()) + "/return"
		c.get(path).ok(200).has("input#f-quantity_1", "input#f-quantity_3")
		c.post(path, "quantity_1", "").ok(422).says("Enter how many of which goods come back.")
		c.post(path, "quantity_1", "3", "quantity_2", "x").ok(422).has("p#f-quantity_1-error", "p#f-quantity_2-error")
		page := c.post(path, "quantity_1", "１", "reason", "豆の種類違い").ok(200).says("ブレンド豆 200g × 1", "1,643 yen", "judged again").has("input[name=order]")
		c.get(purchaseURL(o.purchase())).ok(200).silent("Returned so far")
		var again []string
		for _, in := range page.find("input[type=hidden]") {
			again = append(again, in.attrs["name"], in.attrs["value"])
		}
		c.follow(c.post(path, again...)).ok(200).says("The return is recorded", "Returned so far", "豆の種類違い", "1,643 yen")
		c.post(path, again...).ok(303)
		if n := len(c.get(purchaseURL(o.purchase())).find("table")); n != 4 {
			t.Errorf("%d tables, want receipt, two awards and one table of returns", n)
		}
		c.get(o.url()).says("Goods returned worth 1,643 yen")
		rest := c.post(path, "everything", "yes").ok(200)
		again = nil
		for _, in := range rest.find("input[type=hidden]") {
			again = append(again, in.attrs["name"], in.attrs["value"])
		}
		c.follow(c.post(path, again...)).ok(200).lacks("a[href=" + path + "]")
		c.get(path).ok(200).has("div.empty").says("Everything of this purchase has come back.")
		n := 0
		for _, d := range o.deeds() {
			if d == "purchase.returned" {
				n++
			}
		}
		if n != 2 {
			t.Errorf("%d returns in the audit log, want 2", n)
		}
	})
}

func TestAReturnWithoutItsPurchaseWaitsInSight(t *testing.T) {
	sales(t, func(t *testing.T, o *sold) {
		if _, err := o.console.Sales.Return(context.Background(), purchase.ReturnInput{Source: "web", ReturnNo: "R1", OrderNo: "W-77", OccurredAt: o.now()}, sale.By{Actor: "test"}); err != nil {
			t.Fatal(err)
		}
		c := o.clerk(staff.Manager)
		c.get("/").says("Returns that wait for their purchase: 1").has("a[href=/purchases/parked]")
		c.get("/purchases/parked").ok(200).says("W-77", "R1", "everything left")
	})
}

func TestLeavingAndErasingAskForTheNumber(t *testing.T) {
	sales(t, func(t *testing.T, o *sold) {
		c := o.clerk(staff.Manager)
		c.get(o.url()+"/withdraw").ok(200).says("To confirm, type 2900000123458", "Points lost", "Hidamari Points: ", "are booked as expired in the accounts")
		c.post(o.url()+"/withdraw", "typed", "").ok(422).has("p#f-typed-error")
		c.post(o.url()+"/withdraw", "typed", "2900000123459").ok(422).has("p#f-typed-error")
		c.follow(c.post(o.url()+"/withdraw", "typed", "２９０００００１２３４５８")).ok(200).says("This member has left", "The membership has ended.").lacks("dialog#adjust")
		c.get(o.url() + "/erase").ok(200).says("No points lapse")
		c.follow(c.post(o.url()+"/erase", "typed", "2900000123458")).ok(200).says("This person was forgotten").silent("山田", "1234-5678", "12345678", "hana@")
		c.get("/members?q=" + escape("山田")).ok(200).has("div.empty")
		c.get(o.url() + "/edit").ok(200)
		c.post(o.url()+"/edit", "name", "山田").ok(409)
		if got := o.deeds()[:2]; got[0] != "member.erased" || got[1] != "member.withdrawn" {
			t.Errorf("deeds %v", got)
		}
		agent := o.clerk(staff.Agent)
		agent.get(o.url() + "/erase").ok(403)
	})
}

func TestEveryListIsSavedAsAFileWithoutFormulas(t *testing.T) {
	sales(t, func(t *testing.T, o *sold) {
		c := o.clerk(staff.Owner)
		c.post("/settings/keys", "name", "=1+1", "scopes", "read").ok(200)
		c.get("/settings/keys?format=csv").ok(200).says("'=1+1", "read").silent(",=1+1")
		c.get("/settings/staff?format=csv").ok(200).says("owner", "active")
		c.get("/jobs?format=csv").ok(200).says("Kind,State")
		c.get("/purchases/parked?format=csv").ok(200).says("Order number")
		for lang, heads := range map[string]string{"en": "Line,What,Counter-account,Points,Balance after", "ja": "番号,内容,相手勘定,ポイント,記録後の残高"} {
			c.lang = lang
			c.get("/points?format=csv").ok(200).says(heads)
		}
		c.lang = "en"
		for _, page := range []string{"/members", "/purchases", "/points", "/points/accounts", "/settings/staff", "/settings/keys", "/settings/audit"} {
			c.get(page).ok(200).has("a[download]")
		}
		o.clerk(staff.Cashier).get("/points/accounts?format=csv").ok(403)
	})
}
