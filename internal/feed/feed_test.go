package feed

import (
	"io"
	"strings"
	"testing"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/intake"
	"joren/internal/lane"
	"joren/internal/ledger"
	"joren/internal/member"
	"joren/internal/people"
	"joren/internal/plan"
	"joren/internal/programme"
	"joren/internal/sale"
	"joren/internal/sign"
)

// retail is a file of the shape of the demo's history: a customer who buys in
// the afternoon of a London winter day, which is tomorrow in Tokyo, brings a
// piece back, and a guest.
const retail = `InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
536571,22696,WICKER WREATH LARGE,6,2010-12-01 15:37:00,1.95,14696,United Kingdom
536571,85032D,GIFT WRAP SET,6,2010-12-01 15:37:00,2.10,14696,United Kingdom
536590,22041,RECORD FRAME,2,2010-12-01 17:00:00,2.10,,United Kingdom
C536600,22696,WICKER WREATH LARGE,-2,2010-12-02 10:00:00,1.95,14696,United Kingdom
`

func TestAFileBecomesMembersPurchasesAndReturnsAndASecondTimeNothing(t *testing.T) {
	var hand clock.Hand
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		hand.Stop(clock.MustInstant("2010-12-01T00:00:00Z"))
		src, err := plan.Template("demo")
		if err != nil {
			t.Fatal(err)
		}
		p, bad := plan.Parse(src)
		if len(bad) > 0 {
			t.Fatal(bad)
		}
		if err := d.Write(t.Context(), func(tx *db.Tx) error {
			_, err := programme.Publish(tx, src, programme.Order{})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		members, cache := member.New(sign.New()), &programme.Cache{}
		l := lane.New(d, members, cache)
		t.Cleanup(l.Close)
		f := &Feed{DB: d, Sales: sale.New(l), Programmes: cache, Reach: hand.Stop, People: &people.People{Members: members,
			Zone:     func(*db.Tx) (clock.Zone, error) { return p.Zone, nil },
			Policies: func(*db.Tx, clock.Instant) ([]*ledger.Policy, error) { return nil, nil }}}
		read := func() *intake.Report {
			t.Helper()
			run := intake.Runner{DB: d, Sink: f, Wall: hand.Clock().Wall, History: true, Zone: p.Zone}
			r, err := run.Run(t.Context(), intake.Source{Name: "retail.csv", Mapping: intake.Profile("online-retail"),
				Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(retail)), nil }})
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		if w := read().Would; w.Refused != 0 || w.Purchases != 2 || w.Guests != 1 || w.Returns != 1 || w.MembersNew != 1 {
			t.Errorf("first time: %+v", w)
		}
		if w := read().Would; w.Purchases+w.Returns+w.MembersNew+w.Refused != 0 || w.AlreadyKnown == 0 {
			t.Errorf("second time: %+v", w)
		}
		err = d.Read(t.Context(), func(tx *db.Tx) error {
			m, err := members.ByExternal(tx, []member.External{{Source: "online-retail", ID: "14696"}})
			if err != nil {
				return err
			}
			for _, x := range m {
				if x.JoinedOn != clock.MustDay("2010-12-01") {
					t.Errorf("joined on %s", x.JoinedOn)
				}
			}
			_, err = ledger.Verify(tx, func(v ledger.Violation) { t.Errorf("%+v", v) })
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}, dbtest.WithClock(hand.Clock()))
}
