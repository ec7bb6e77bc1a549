package db_test

import (
	"context"
	"slices"
	"testing"
	"unsafe"

	"pgregory.net/rapid"

	"joren/internal/db"
	"joren/internal/db/dbtest"
)

func TestWordsAndTextsOfManyRowsAreEachRowsOwn(t *testing.T) {
	dbtest.Run(t, func(t *testing.T, d *db.DB) {
		var word db.Words
		var texts db.Texts
		var words []string
		err := d.Read(context.Background(), func(tx *db.Tx) error {
			return db.Each(tx, func(r db.Row) error {
				err := r.Scan(&word, &texts)
				words = append(words, word.String())
				return err
			}, `SELECT w, t FROM (SELECT 1 AS n, '本店' AS w, 'ab' AS t UNION ALL SELECT 2, '本店', '' UNION ALL SELECT 3, '', 'c' UNION ALL SELECT 4, '支店', 'で' UNION ALL SELECT 5, '本店', '') x ORDER BY n`)
		})
		if err != nil {
			t.Fatal(err)
		}
		if want := []string{"本店", "本店", "", "支店", "本店"}; !slices.Equal(words, want) || string(texts) != "abcで" {
			t.Errorf("words %q, texts %q", words, texts)
		}
		if err := d.Read(context.Background(), func(tx *db.Tx) error {
			return db.Each(tx, func(r db.Row) error { return r.Scan(&texts) }, `SELECT wrapped_key FROM member_document UNION ALL SELECT $1 UNION ALL SELECT NULL`, []byte("\x00d"))
		}); err != nil || string(texts) != "abcで\x00d" {
			t.Errorf("texts %q, %v", texts, err)
		}
		for _, dest := range []any{&word, &texts} {
			if err := d.Read(context.Background(), func(tx *db.Tx) error {
				return db.Each(tx, func(r db.Row) error { return r.Scan(dest) }, `SELECT 1`)
			}); err == nil {
				t.Errorf("a number went into %T", dest)
			}
		}
	})
}

func TestAWordIsItselfWhateverWasMetBefore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var w db.Words
		word := rapid.OneOf(rapid.StringMatching(`[SX][0-9]{0,3}`), rapid.String())
		for _, s := range rapid.SliceOfN(word, 1, 200).Draw(t, "words") {
			lent := []byte(s)
			if got := w.Of(unsafe.String(unsafe.SliceData(lent), len(lent))); got != s || w.String() != s {
				t.Fatalf("%q for %q", got, s)
			}
			clear(lent)
		}
	})
}
