package liability

import (
	"context"
	"testing"

	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/fault"
)

func TestSettingsChangedByAnotherInBetweenAreNotOverwritten(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		load := func() (s Settings) {
			if err := d.Read(ctx, func(tx *db.Tx) (err error) { s, err = LoadSettings(tx); return err }); err != nil {
				t.Fatal(err)
			}
			return s
		}
		save := func(version int64, gift Method, want string) {
			t.Helper()
			err := d.Write(ctx, func(tx *db.Tx) error {
				return SaveSettings(tx, Settings{Sale: OnUse, Gift: gift, By: "stf_1", Reason: "auditor", Version: version})
			})
			if want == "" && err != nil || want != "" && !fault.Is(err, want) {
				t.Errorf("from version %d: %v, want %q", version, err, want)
			}
		}
		if v := load().Version; v != 1 {
			t.Errorf("the defaults have version %d", v)
		}
		save(1, OnUse, "")
		for _, never := range []int64{1, -1, 3, 1<<63 - 1} {
			save(never, Provisioned, "liability.settings_changed")
		}
		if s := load(); s.Version != 2 || s.Gift != OnUse {
			t.Errorf("kept %+v", s)
		}
		save(2, Provisioned, "")
		save(0, OnUse, "") // whatever they are
		if s := load(); s.Version != 4 || s.Gift != OnUse {
			t.Errorf("kept %+v", s)
		}
	})
}
