package main

import (
	"context"
	"io"
	"strings"
	"testing"

	"joren/internal/db"
	"joren/internal/i18n"
	"joren/internal/ident"
	"joren/internal/intake"
	"joren/internal/ledger"
	"joren/internal/member"
	"joren/internal/plan"
	"joren/internal/programme"
)

func TestEveryKindOfJobHasItsWords(t *testing.T) {
	a, err := open(t.Context(), place{Data: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer a.close()
	kinds := a.runner.Kinds()
	if len(kinds) < 10 {
		t.Errorf("only %v", kinds)
	}
	for _, k := range kinds {
		if !i18n.Has("jobs.kind." + k) {
			t.Errorf("the page of jobs has no words for %s", k)
		}
	}
}

// Members of a file are greeted by the process that serves, however the file
// came in: the parts are put together here.
func TestTheProcessGreetsWhomAFileBrought(t *testing.T) {
	a, err := open(t.Context(), place{Data: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer a.close()
	src, err := plan.Template("cafe")
	if err != nil {
		t.Fatal(err)
	}
	greeting := strings.Replace(string(src), "\nrules:\n", "\nrules:\n  - {id: welcome, kind: bonus, on: joined, give: 200}\n", 1)
	if err := a.db.Write(t.Context(), func(tx *db.Tx) error {
		_, err := programme.Publish(tx, []byte(greeting), programme.Order{})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	file := intake.Source{Name: "members.csv", Open: func() (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader("member_id,name,joined_on,phone\nA-1,山田,2026-04-02,09011112222\n")), nil
	}}
	run := intake.Runner{DB: a.db, Sink: a.feed(nil), Wall: a.db.Clock().Wall}
	if _, err := run.Run(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := a.node.Drain(t.Context(), "feed.welcome"); err != nil {
			t.Fatal(err)
		}
		if _, err := a.runner.RunDue(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := available(t, a, member.External{Source: "file", ID: "A-1"}); n != 200 {
		t.Errorf("%d points, want 200", n)
	}
}

func available(t *testing.T, a *app, who member.External) (n int64) {
	t.Helper()
	err := a.db.Read(context.Background(), func(tx *db.Tx) error {
		m, err := a.members.ByExternal(tx, []member.External{who})
		if err != nil {
			return err
		}
		policies, err := a.people.Policies(tx, tx.Now)
		if err != nil {
			return err
		}
		if m[who].ID == (ident.ID{}) {
			t.Error("she was not enrolled")
		}
		books, err := ledger.Load(tx, []ledger.Want{{Key: ledger.Key{Holder: m[who].ID, Type: policies[0].Type}, Policy: policies[0]}})
		if err == nil {
			n = books[0].At(tx.Now).Available
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
