package db_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"joren/internal/db"
)

// What a commit has acknowledged stands in the log itself, whole: a copy of
// the files made then, as after a power cut, holds it.
func TestACopyOfTheFilesAfterACommitHoldsIt(t *testing.T) {
	dir := t.TempDir()
	d, err := db.Open(context.Background(), "sqlite:"+filepath.Join(dir, "a.db"), db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	write(t, d, func(tx *db.Tx) error {
		_, err := tx.Exec("CREATE TABLE big (n INTEGER PRIMARY KEY, b BLOB NOT NULL)")
		return err
	})
	body := bytes.Repeat([]byte("points "), 30_000) // more than is gathered at once
	for n := range 30 {
		write(t, d, func(tx *db.Tx) error {
			for k := range 1 + n%3 {
				if _, err := tx.Exec("INSERT INTO big VALUES ($1, $2)", n*10+k, body[n:n+len(body)/(1+n%7)-40]); err != nil {
					return err
				}
			}
			return nil
		})
		if n%10 != 9 {
			continue
		}
		to := filepath.Join(t.TempDir(), "b.db")
		for _, end := range []string{"", "-wal"} {
			all, err := os.ReadFile(filepath.Join(dir, "a.db"+end))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(to+end, all, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		again, err := db.Open(context.Background(), "sqlite:"+to, db.Options{})
		if err != nil {
			t.Fatal(err)
		}
		err = again.Read(context.Background(), func(tx *db.Tx) error {
			newest, err := db.One(tx, nil, db.Value[int64], "SELECT MAX(n) FROM big")
			if err == nil && newest/10 != int64(n) {
				t.Errorf("after commit %d the copy ends with %d", n, newest)
			}
			sound, e := db.One(tx, nil, db.Value[string], "PRAGMA integrity_check")
			if e != nil || sound != "ok" {
				t.Errorf("%s, %v", sound, e)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		again.Close()
	}
}
