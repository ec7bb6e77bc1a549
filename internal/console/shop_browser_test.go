package console

import (
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/purchase"
	"joren/internal/staff"
	"joren/internal/ui/uitest"
)

// cookies are a clerk's for a browser.
func (c *clerk) cookies() map[string]string {
	u, _ := url.Parse(c.o.url)
	out := map[string]string{}
	for _, x := range c.http.Jar.Cookies(u) {
		out[x.Name] = x.Value
	}
	return out
}

func TestTheShopsPagesAreAccessibleAndFit(t *testing.T) {
	b := uitest.Start(t)
	o := open(t, func(os ...dbtest.Option) *db.DB { return dbtest.SQLite(t, os...) }).sold()
	o.sell(coffee("F1", o.m.Card, "2026-11-22T10:00:00+09:00", 3000), func(in *purchase.Input) { in.PointsPaid = &purchase.PointsPaid{Points: 2500} })
	c := o.clerk(staff.Owner)
	buy := purchaseURL(o.purchase())
	for _, page := range []struct{ name, path string }{
		{"home", "/"}, {"members", "/members"}, {"members-none", "/members?q=zzz"}, {"member", o.url()}, {"enrol", "/members/new"}, {"adjust", o.url() + "/adjust"},
		{"withdraw", o.url() + "/withdraw"}, {"purchases", "/purchases"}, {"purchase", buy}, {"return", buy + "/return"}, {"points", "/points"}, {"accounts", "/points/accounts"}, {"parked-returns", "/purchases/parked"},
	} {
		for _, look := range []uitest.Look{{Lang: "ja"}, {Lang: "en", Width: 390}, {Lang: "ja", Width: 390}, {Lang: "en"}} {
			look.Cookies = c.cookies()
			t.Run(look.Name(page.name), func(t *testing.T) {
				tab := b.Open(t, o.office.url+page.path, look)
				tab.Check()
				if dir := os.Getenv("SHOTS"); dir != "" {
					tab.Shot(dir, look.Name(page.name))
				}
			})
		}
	}
}

func TestPointsAreAdjustedInTheDialogAndGoodsReturnedWithAMouse(t *testing.T) {
	b := uitest.Start(t)
	for _, noJS := range []bool{false, true} {
		name := "with JavaScript"
		if noJS {
			name = "without JavaScript"
		}
		t.Run(name, func(t *testing.T) {
			o := open(t, func(os ...dbtest.Option) *db.DB { return dbtest.SQLite(t, os...) }).sold()
			look := uitest.Look{Lang: "ja", NoJS: noJS, Cookies: o.clerk(staff.Owner).cookies()}
			tab := b.Open(t, o.office.url+o.url(), look)
			tab.Do(chromedp.Click(`a[data-dialog=adjust]`), chromedp.WaitVisible(`#f-points`))
			tab.Do(chromedp.SendKeys(`#f-points`, "120"), chromedp.SetValue(`#f-reason`, "goodwill"), chromedp.Click(`form[action$="/adjust"] button.primary`), chromedp.WaitReady(`input[name=order]`))
			if dir := os.Getenv("SHOTS"); dir != "" && !noJS {
				tab.Check()
				tab.Shot(dir, "adjust-preview-ja-1280")
			}
			tab.Do(chromedp.Click(`form[action$="/adjust"] button.primary`), chromedp.WaitVisible(`.toast.good`))
			if got := o.deeds()[0]; got != "points.adjusted" {
				t.Errorf("newest deed %s", got)
			}
			tab = b.Open(t, o.office.url+purchaseURL(o.purchase())+"/return", look)
			tab.Do(chromedp.SendKeys(`#f-quantity_1`, "1"), chromedp.Click(`main form button.primary`), chromedp.WaitReady(`input[name=order]`))
			if dir := os.Getenv("SHOTS"); dir != "" && !noJS {
				tab.Check()
				tab.Shot(dir, "return-preview-ja-1280")
			}
			tab.Do(chromedp.Click(`main form button.primary`), chromedp.WaitVisible(`#returned`))
			if got := o.deeds()[0]; !strings.HasPrefix(got, "purchase.returned") {
				t.Errorf("newest deed %s", got)
			}
		})
	}
}
