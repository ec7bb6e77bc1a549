package console

import (
	"context"
	"errors"
	"strings"
	"testing"

	"joren/internal/db"
	"joren/internal/jobs"
	"joren/internal/staff"
)

func TestHomeOfAnEmptyShopSaysWhatComesFirst(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		c := o.clerk(staff.Owner)
		c.get("/").ok(200).has("section.notice.warn", "ol.timeline", "a[href=/programme]", "a[href=/import]").
			says("No programme is in force yet", "Publish the programme", "1 of 6 are done")
		c.lang = "ja"
		c.get("/").ok(200).says("まだプログラムが公開されていません", "プログラムを公開する", "6項目のうち1項目")
	})
}

func TestHomeCountsWhatHappenedAndEachNumberLeadsToItsRows(t *testing.T) {
	sales(t, func(t *testing.T, o *sold) {
		c := o.clerk(staff.Owner)
		page := c.get("/").ok(200).says("Purchases this month", "Bought twice or more", "Points outstanding", "Silver", "Gold")
		tiles := page.find("a.tile")
		if len(tiles) != 10 {
			t.Fatalf("%d tiles", len(tiles))
		}
		for _, tile := range tiles {
			c.get(tile.attrs["href"]).ok(200).lacks("div.error-summary")
		}
		if !strings.Contains(page.main(), "100") { // one buyer, who came again
			t.Error("the repeat rate is missing")
		}
		c.get(tiles[1].attrs["href"]).says("8801", "G1").silent("C2") // November only
	})
}

func TestHomeShowsWhatWaitsOnlyToThoseWhoMayAct(t *testing.T) {
	sales(t, func(t *testing.T, o *sold) {
		o.jobs.Handle("fail", func(context.Context, *jobs.Job) error { return jobs.Permanent(errors.New("no such file")) })
		o.write(func(tx *db.Tx) error {
			_, err := jobs.Enqueue(tx, "fail", nil, jobs.Options{})
			return err
		})
		if _, err := o.jobs.RunDue(t.Context()); err != nil {
			t.Fatal(err)
		}
		o.clerk(staff.Owner).get("/").ok(200).has("section.notice.bad", "a[href=/jobs?state=dead]").says("Jobs that have stopped: 1")
		o.clerk(staff.Analyst).get("/").ok(200).lacks("section.notice.bad").silent("Jobs that have stopped")
		cashier := o.clerk(staff.Cashier)
		cashier.follow(cashier.get("/")).ok(200).says("Find a member")
	})
}
