package console

import (
	"strings"
	"testing"

	"joren/internal/db"
	"joren/internal/plan"
	"joren/internal/programme"
	"joren/internal/staff"
)

func TestLeavingSaysWhatWaitsAndErasingThatNothingDoes(t *testing.T) {
	sales(t, func(t *testing.T, o *sold) {
		src := strings.Replace(cafeSource(t), "effective_from: 2026-04-01", "effective_from: 2026-11-23\nwithdrawal: {points: keep, keep_days: 90}", 1)
		o.write(func(tx *db.Tx) error {
			_, err := programme.Publish(tx, []byte(src), programme.Order{ShortNotice: true})
			return err
		})
		o.console.People.Programme = func(tx *db.Tx) (*plan.Programme, error) { return o.programmes.At(tx, tx.Now) }
		o.goTo("2026-11-23T10:00:00+09:00")
		c := o.clerk(staff.Manager)
		open := func() (n int64) {
			o.read(func(tx *db.Tx) (err error) {
				n, err = db.One(tx, nil, db.Value[int64], `SELECT CAST(SUM(balance) AS BIGINT) FROM ledger_account WHERE type = 'regular'`)
				return err
			})
			return n
		}
		had := open()
		if had == 0 {
			t.Fatal("nothing can wait")
		}
		c.get(o.url()+"/withdraw").ok(200).says("The points wait for the member", "through Sun 21 February 2027", "Points that wait").silent("booked as expired")
		c.get(o.url()+"/erase").ok(200).says("This cannot be undone", "booked as expired").silent("21 February 2027", "Points that wait")
		c.post(o.url()+"/withdraw", "typed", "2900000123458").ok(303)
		if left := open(); left != had {
			t.Errorf("%d wait, she had %d", left, had)
		}
		c.get(o.url() + "/erase").ok(200).says("booked as expired")
		c.post(o.url()+"/erase", "typed", "2900000123458").ok(303)
		if left := open(); left != 0 {
			t.Errorf("%d are left of who was forgotten", left)
		}
		o.read(func(tx *db.Tx) error {
			if log := o.console.lastDeed(t, tx); !strings.Contains(log, "lost.regular") {
				t.Errorf("the log says %s", log)
			}
			return nil
		})
		c.get("/points?what=expired").ok(200).says("Lapsed on erasure")
		c.get(o.url()).ok(200).says("This person was forgotten")
		c.lang = "ja"
		c.get("/points?what=expired").ok(200).says("個人情報の削除による失効")
	})
}
