package member

import (
	"testing"

	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/sign"
)

func TestAChangeThatSaysWhatStandsAlreadyTakesNoVersion(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		m := New(sign.New())
		x := create(t, d, m, check(t, yamada()))[0]
		update := func(f Fields, version int64) (out Member) {
			t.Helper()
			write(t, d, func(tx *db.Tx) (err error) { out, err = m.Update(tx, x.ID, f, schema, today, version); return err })
			return out
		}
		was := update(Fields{Memo: ptr("窓側の席"), Attributes: map[string]any{"since": "2020-04-02"}}, 1)
		if was.Version != 2 {
			t.Fatalf("version %d after a change", was.Version)
		}
		again := yamada().Fields
		again.Memo, again.Attributes["since"] = nil, "2020-04-02"
		for _, f := range []Fields{{}, again, {Memo: ptr("  窓側の席 "), Attributes: map[string]any{"since": "2020-04-02"}}, {ExternalIDs: IDs{"nowhere": ""}}} {
			if is := update(f, 2); is != was {
				t.Errorf("%+v: %+v, was %+v", f, is, was)
			}
		}
		if is := update(Fields{Attributes: map[string]any{"since": "2020-04-01"}}, 2); is.Version != 3 {
			t.Errorf("a change of an attribute: version %d", is.Version)
		}
	})
}
