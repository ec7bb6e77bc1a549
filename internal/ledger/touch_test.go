package ledger

import (
	"slices"
	"testing"

	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/ident"
)

func TestADecisionThatGaveNothingLosesAgainstAnotherMadeMeanwhile(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		w := Want{Key: Key{ident.New(), "regular"}, Policy: cafe()}
		load := func() *Book {
			return read(t, d, func(tx *db.Tx) (*Book, error) {
				bs, err := Load(tx, []Want{w})
				return bs[0], err
			})
		}
		store := func(b *Book) (lost []ident.ID) {
			write(t, d, func(tx *db.Tx) (err error) { lost, err = Save(tx, []*Book{b}); return err })
			return lost
		}
		none := load()
		none.Touch()
		if lost := store(none); len(lost) > 0 || load().Version != 0 {
			t.Errorf("a holder without an account got one")
		}
		change(t, d, w, func(b *Book) { must(b.Award(on("11-01 10:00"), Grant{Points: 5}))(t) })
		for _, touched := range []bool{false, true} {
			mine, theirs := load(), load()
			must(theirs.Award(on("11-02 10:00"), Grant{Points: 5}))(t)
			if lost := store(theirs); len(lost) > 0 {
				t.Fatal(lost)
			}
			if touched {
				mine.Touch()
			}
			if lost := store(mine); slices.Contains(lost, w.Holder) != touched {
				t.Errorf("touched %v: lost %v", touched, lost)
			}
		}
		alone := load()
		alone.Touch()
		if lost, again := store(alone), load(); len(lost) > 0 || again.Version != alone.Version+1 || again.Hash != alone.Hash {
			t.Errorf("a touch alone moves the version and nothing else: %+v, %+v", alone.Head, again.Head)
		}
		if broken, _ := verify(t, d); len(broken) > 0 {
			t.Error(broken)
		}
	})
}
