package db_test

import (
	"os"
	"testing"

	"joren/internal/db"
	"joren/internal/db/dbtest"
)

// The committed dumps let a change of the schema be seen in review. make
// schema writes them anew.
func TestCommittedSchemaDumpIsInStep(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		var got string
		if err := d.Read(t.Context(), func(tx *db.Tx) (err error) {
			got, err = db.Dump(tx)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		file := "../../docs/schema." + string(d.Engine()) + ".txt"
		if os.Getenv("UPDATE") == "1" {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			return
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s is not the schema of the migrations; run make schema", file)
		}
	})
}
