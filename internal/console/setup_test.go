package console

import (
	"context"
	"errors"
	"testing"

	"joren/internal/db"
	"joren/internal/jobs"
	"joren/internal/shop"
	"joren/internal/staff"
)

// unanswered makes the shop new again, as before the set-up page.
func unanswered(o *office) {
	o.write(func(tx *db.Tx) error {
		s, err := shop.Load(tx)
		if err == nil {
			s.Setup = shop.New
			_, err = shop.Save(tx, s)
		}
		return err
	})
}

func TestAShopThatBeginsEmptyFindsItsProgrammeAsADraft(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		unanswered(o)
		c := o.clerk(staff.Owner)
		c.get("/setup").ok(200).has("input[name=start][value=empty]", "select#f-template")
		c.post("/setup", "name", "", "lang", "ja", "zone", "Asia/Tokyo", "currency", "JPY", "start", "empty", "template", "salon").ok(422).has("p#f-name-error")
		home := c.follow(c.post("/setup", "name", "まちのお店", "lang", "ja", "zone", "Europe/London", "currency", "GBP", "start", "empty", "template", "shop")).
			ok(200).has("section.notice.warn", "a[href=/programme/versions/1]").says("The programme is still a draft (version 1)", "Read the draft")
		home.has("ol.timeline")
		src := c.get("/programme/versions/1/yaml").ok(200).says("\ncurrency: GBP ", "\nzone: Europe/London")
		c.post("/programme/new", "source", src.body, "do", "check").ok(200).says("No mistakes found")
		c.follow(c.publish(1)).ok(200).says("published and in force")
		c.get("/").ok(200).silent("still a draft")
	})
}

func TestAShopMayBeginWithoutATemplate(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		unanswered(o)
		c := o.clerk(staff.Owner)
		c.follow(c.post("/setup", "name", "まちのお店", "lang", "ja", "zone", "Asia/Tokyo", "currency", "JPY", "start", "empty", "template", "none")).
			ok(200).says("No programme is in force yet", "What to do next")
	})
}

func TestTheSampleIsFilledByAJobWhoseProgressIsShown(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		unanswered(o)
		c := o.clerk(staff.Owner)
		fails := true
		o.jobs.Handle(SampleJob, func(ctx context.Context, j *jobs.Job) error {
			if fails {
				return jobs.Permanent(errors.New("disk full"))
			}
			return j.Progress(ctx, 450, 1000, `{"phase":"recording","rows":9,"documents":3,"rate":7,"seconds":20}`)
		})
		page := c.follow(c.post("/setup", "name", "見本", "lang", "ja", "zone", "Asia/Tokyo", "currency", "JPY", "start", "sample", "template", "cafe")).
			ok(200).says("Filling the sample shop").has("progress#sample")
		if page.Header.Get("Refresh") == "" {
			t.Error("the page does not come anew by itself")
		}
		c.get("/").ok(200).says("The sample shop is being filled (0%)").has("a[href=/sample]")
		run := func() {
			t.Helper()
			if _, err := o.jobs.RunDue(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		run()
		failed := c.get("/sample").ok(200).says("could not be filled")
		fails = false
		c.follow(c.post(failed.value("form.inline", "action"), "back", "/sample")).ok(200).has("progress#sample")
		run()
		c.get("/sample").ok(303)
		c.get("/").ok(200).silent("is being filled")
		o.clerk(staff.Cashier).get("/sample").ok(403)
	})
}
