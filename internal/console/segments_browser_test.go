package console

import (
	"testing"

	"github.com/chromedp/chromedp"

	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/staff"
	"joren/internal/ui/uitest"
)

// The count follows the form while it is filled in, without a page between.
func TestASegmentIsCountedWhileItIsWritten(t *testing.T) {
	b := uitest.Start(t)
	o := open(t, func(os ...dbtest.Option) *db.DB { return dbtest.SQLite(t, os...) })
	o.regulars()
	c := o.clerk(staff.Owner)
	tab := b.Open(t, o.url+"/segments/new", uitest.Look{Lang: "ja", Cookies: c.cookies()})
	tab.Do(chromedp.Click(`#f-stages-2`), chromedp.WaitReady(`#trial p.reading`), chromedp.WaitReady(`#trial ul li a[href^="/members/mem_"]`))
	tab.Do(chromedp.SendKeys(`#f-when`, "stats.visit > 1"), chromedp.WaitReady(`#trial p.error`))
	tab.Check()
}
