package console

import (
	"bytes"
	"testing"

	"joren/internal/db"
	"joren/internal/plan"
	"joren/internal/programme"
	"joren/internal/staff"
)

// What people open in a spreadsheet has amounts as the page shows them, not in
// pence.
func TestFilesWriteAmountsAsPeopleDo(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		src, err := plan.Template("cafe")
		if err != nil {
			t.Fatal(err)
		}
		src = bytes.Replace(src, []byte("currency: JPY"), []byte("currency: GBP"), 1)
		o.goTo("2026-04-01T09:00:00+09:00")
		o.write(func(tx *db.Tx) error { _, err := programme.Publish(tx, src, programme.Order{}); return err })
		o.stock()
		m := o.yamada()
		o.sell(coffee("A1", m.Card, "2026-04-01T09:00:00+09:00", 24_945))
		o.sell(coffee("A2", m.Card, "2026-04-01T09:00:00+09:00", 7))
		c := o.clerk(staff.Owner)
		c.lang = "en"
		c.get("/purchases").ok(200).says("£249.45", "£0.07")
		c.get("/purchases?format=csv").ok(200).says(",249.45,", ",0.07,").silent("24945")
		c.get("/members").ok(200).says("£226.85")
		c.get("/members?format=csv").ok(200).says(",226.85,").silent("22685")
	})
}
