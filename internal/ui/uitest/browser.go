package uitest

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// chromium is the process that the tests of a package share. To start one
// costs as much as to judge a page.
var chromium struct {
	sync.Mutex
	main bool
	ctx  context.Context
	stop func()
}

// Main runs a package's tests and ends the Chromium they started.
func Main(m *testing.M) {
	chromium.main = true
	code := m.Run()
	chromium.Lock()
	if chromium.stop != nil {
		chromium.stop()
	}
	os.Exit(code)
}

// running gives the context of a Chromium that lives: the tests after one that
// lost it get another.
func running(path string) (context.Context, error) {
	chromium.Lock()
	defer chromium.Unlock()
	if !chromium.main {
		return nil, errors.New("the package has no func TestMain(m *testing.M) { uitest.Main(m) }")
	}
	if chromium.ctx != nil && chromium.ctx.Err() == nil {
		return chromium.ctx, nil
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path),
		chromedp.Flag("no-sandbox", os.Geteuid() == 0), chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("disable-gpu", true)) // nothing is drawn to a screen
	all, end := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, stop := chromedp.NewContext(all)
	if err := chromedp.Do(ctx); err != nil {
		stop()
		end()
		return nil, err
	}
	chromium.ctx, chromium.stop = ctx, func() { stop(); end() }
	return ctx, nil
}

func find() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			return p
		}
	}
	return ""
}

// Browser is a profile of its own in Chromium, without a cookie and a memory,
// gone at the end of its test.
type Browser struct {
	ctx context.Context
	t   testing.TB

	mu   sync.Mutex
	idle []context.Context // tabs whose test is over
}

// Start gives t a browser.
func Start(t testing.TB) *Browser {
	t.Helper()
	path := find()
	if path == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("Chromium is not installed; CI needs it (apt-get install chromium fonts-ipafont-gothic)")
		}
		t.Skip("Chromium is not installed: pages are not looked at (apt-get install chromium fonts-ipafont-gothic)")
	}
	all, err := running(path)
	if err != nil {
		t.Fatalf("Chromium does not start: %v", err)
	}
	ctx, cancel := chromedp.NewContext(all, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("Chromium opens no profile: %v", err)
	}
	return &Browser{ctx: ctx, t: t, idle: []context.Context{ctx}}
}

// take gives a tab that no running test has, in front of the others. A tab is
// used again, for opening one costs more than the page in it.
func (b *Browser) take(t testing.TB) context.Context {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if n := len(b.idle); n > 0 {
		ctx := b.idle[n-1]
		b.idle = b.idle[:n-1]
		in, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		if err := chromedp.Do(in, toFront); err != nil {
			t.Fatal(err)
		}
		return ctx
	}
	ctx, cancel := chromedp.NewContext(b.ctx)
	b.t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil { // a tab lives as long as its first context
		t.Fatal(err)
	}
	return ctx
}

func toFront(ctx context.Context, t *chromedp.Target) (void chromedp.Void, err error) {
	_, err = cdp.Call(ctx, t, page.BringToFront, cdp.Empty{})
	return void, err
}

// giveBack keeps the tab of a test that passed for the next.
func (b *Browser) giveBack(tab *Tab) {
	if tab.t.Failed() {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.idle = append(b.idle, tab.Ctx)
}
