package dbtest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// server is the address of the PostgreSQL server for tests.
var server = sync.OnceValues(func() (string, error) {
	if u := os.Getenv("JOREN_TEST_POSTGRES"); u != "" {
		return u, nil
	}
	return Start()
})

// home is where the throw-away cluster and the SQLite template live.
func home() string {
	return filepath.Join(os.TempDir(), "joren-dbtest-"+strconv.Itoa(os.Getuid()))
}

func data() string   { return filepath.Join(home(), "data") }
func socket() string { return filepath.Join(home(), "socket") }

func address() string {
	return "postgres://postgres@/postgres?" + url.Values{"host": {socket()}, "sslmode": {"disable"}}.Encode()
}

// Start starts the throw-away cluster unless it runs, and returns its address.
func Start() (string, error) {
	bin, err := binaries()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(home(), 0o755); err != nil {
		return "", err
	}
	unlock, err := lock(filepath.Join(home(), "lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	if answers() {
		return address(), nil
	}
	if err := create(bin); err != nil {
		return "", err
	}
	// A throw-away cluster may forget: no fsync, and commits do not wait.
	o := "-k " + socket() + " -c listen_addresses='' -c fsync=off -c synchronous_commit=off -c full_page_writes=off" +
		" -c max_connections=400 -c shared_buffers=128MB -c wal_level=minimal -c max_wal_senders=0 -c jit=off -c deadlock_timeout=50ms -c autovacuum=off"
	if err := run(bin, "pg_ctl", "start", "-w", "-t", "60", "-D", data(), "-l", filepath.Join(data(), "server.log"), "-o", o); err != nil {
		return "", err
	}
	if !answers() {
		return "", errors.New("the cluster started and does not answer")
	}
	return address(), nil
}

// Stop stops the throw-away cluster and deletes it with everything in it.
func Stop() error {
	if _, err := os.Stat(home()); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	unlock, err := lock(filepath.Join(home(), "lock"))
	if err != nil {
		return err
	}
	defer unlock()
	if _, err := os.Stat(filepath.Join(data(), "postmaster.pid")); err == nil {
		bin, err := binaries()
		if err != nil {
			return err
		}
		if err := run(bin, "pg_ctl", "stop", "-m", "immediate", "-w", "-D", data()); err != nil && answers() {
			return err
		}
	}
	return os.RemoveAll(home())
}

func create(bin string) error {
	if _, err := os.Stat(filepath.Join(data(), "PG_VERSION")); err == nil {
		return nil
	}
	for _, d := range []string{data(), socket()} {
		if err := os.RemoveAll(d); err != nil {
			return err
		}
		if err := os.MkdirAll(d, 0o700); err != nil {
			return err
		}
		if err := give(d); err != nil {
			return err
		}
	}
	if err := run(bin, "initdb", "-D", data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"); err != nil {
		os.RemoveAll(data()) // half a cluster must not look like one
		return err
	}
	return nil
}

func answers() bool {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	c, err := pgx.Connect(ctx, address())
	if err != nil {
		return false
	}
	return c.Close(ctx) == nil
}

// binaries finds the newest PostgreSQL on this machine.
func binaries() (string, error) {
	if p, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(p), nil
	}
	var found []string
	for _, g := range []string{"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin"} {
		dirs, _ := filepath.Glob(g)
		found = append(found, dirs...)
	}
	sort.Strings(found)
	if len(found) == 0 {
		return "", errors.New("no PostgreSQL found: install it or set JOREN_TEST_POSTGRES")
	}
	return found[len(found)-1], nil
}

func run(bin, name string, args ...string) error {
	cmd := exec.Command(filepath.Join(bin, name), args...)
	cmd.Dir = home()
	if err := unprivileged(cmd); err != nil {
		return err
	}
	out, err := os.CreateTemp("", "joren-dbtest-*.log")
	if err != nil {
		return err
	}
	defer os.Remove(out.Name())
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out // a file, for a pipe would wait for the server to end
	if err := cmd.Run(); err != nil {
		said, _ := os.ReadFile(out.Name())
		return fmt.Errorf("%s: %w: %s", name, err, said)
	}
	return nil
}
