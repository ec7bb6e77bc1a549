package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"time"

	"joren/internal/api"
	"joren/internal/console"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/session"
	"joren/internal/staff"
)

// listener says where to serve.
type listener struct {
	Listen    string  `help:"Address to serve on." default:"127.0.0.1:8480" env:"JOREN_LISTEN"`
	RateLimit float64 `help:"Requests a second that one API key may send; negative for no limit, 0 for the default." default:"0"`
}

type serveCmd struct {
	place
	listener
}

func (c *serveCmd) Run(e *env) error {
	return with(e, c.place, func(a *app) error { return serve(e, a, c.listener) })
}

// serve runs the faces until the process is told to stop; requests under way
// are finished.
func serve(e *env, a *app, l listener) error {
	log := slog.New(session.Redact(slog.NewJSONHandler(e.err, &slog.HandlerOptions{Level: slog.LevelWarn})))
	handler := faces(a, log, l)
	ln, err := net.Listen("tcp", l.Listen)
	if err != nil {
		return fault.New(fault.Unavailable, "cli.listen", "address", l.Listen).Because(err)
	}
	url := "http://" + ln.Addr().String()
	fmt.Fprintln(e.out, i18n.T(e.lang, "cli.serving", "url", url))
	if err := a.invite(e, url); err != nil {
		return err
	}
	working, stop := context.WithCancel(e.ctx)
	defer a.work(working)()
	defer stop()
	srv := session.Server(ln.Addr().String(), handler)
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(ln) }()
	select {
	case err := <-failed:
		if !errors.Is(err, http.ErrServerClosed) {
			return err
		}
	case <-e.ctx.Done():
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		return srv.Shutdown(ctx)
	}
	return nil
}

// invite prints the one-time owner link while nobody owns the shop.
func (a *app) invite(e *env, url string) error {
	return a.db.Write(e.ctx, func(tx *db.Tx) error {
		owned, err := staff.HasOwner(tx)
		if err != nil || owned {
			return err
		}
		path, err := session.OwnerLink(tx)
		if err == nil {
			tx.AfterCommit(func() { fmt.Fprintln(e.out, i18n.T(e.lang, "cli.owner_link", "url", url+path)) })
		}
		return err
	})
}

// version is what the program was built from, as far as it was told.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return s.Value[:12]
		}
	}
	return "development"
}

// faces puts the console and the API on one handler.
func faces(a *app, log *slog.Logger, l listener) http.Handler {
	web := session.New(a.db, log)
	console.New(console.Deps{Web: web, Sales: a.sales, Members: a.members, People: a.people, Programmes: a.programmes,
		Jobs: a.runner, Outbox: a.node, Insight: a.board, Audience: a.audience, Books: a.turner.Books, Judge: a.feed(nil).Judge, Version: version()})
	pages := web.Handler()
	calls := session.Outer(a.db.Clock(), log, api.New(api.Deps{DB: a.db, Sales: a.sales, People: a.people, Members: a.members,
		Programmes: a.programmes, Log: log, Waiting: a.lane.Waiting, Insight: a.board, Audience: a.audience, Books: a.turner.Books, Jobs: a.runner, Judge: a.feed(nil).Judge, Limits: api.Limits{PerSecond: l.RateLimit}}))
	mux := http.NewServeMux()
	for _, p := range api.Prefixes {
		mux.Handle(p, calls)
	}
	mux.Handle("/", pages)
	return mux
}
