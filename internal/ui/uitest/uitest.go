// Package uitest looks at pages with a real browser: a headless Chromium that
// opens an address in a language, colour scheme and width, judges it with
// axe-core and takes its picture. Tests use it, nothing else.
//
// The tests of a package share one Chromium, but never cookies or storage:
//
//	func TestMain(m *testing.M) { uitest.Main(m) }
//
// Without Chromium the tests are skipped and say so; where CI=true they fail.
package uitest

import (
	"context"
	_ "embed"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

//go:embed testdata/axe-core-4.14.1/axe.min.js
var axe string

// Look is how a page is looked at.
type Look struct {
	Lang    string // the cookie "lang"
	Width   int    // CSS pixels, 1280 if 0
	Scheme  string // "dark" or "light"; "" is light
	Forced  bool   // forced colours
	NoJS    bool
	Cookies map[string]string
}

// Tab is one open page and what its console said.
type Tab struct {
	Ctx context.Context
	t   testing.TB

	mu      sync.Mutex
	console []string
}

// Open opens address in a tab that the test has until it ends.
func (b *Browser) Open(t testing.TB, address string, l Look) *Tab {
	t.Helper()
	tab := &Tab{Ctx: b.take(t), t: t}
	listening, deaf := context.WithCancel(tab.Ctx)
	messages := chromedp.Console(listening)
	go tab.listen(messages)
	t.Cleanup(func() { deaf(); b.giveBack(tab) })
	if l.Width == 0 {
		l.Width = 1280
	}
	tab.Do(chromedp.EmulateViewport(int64(l.Width), 900), l.dress(address), chromedp.Navigate(address))
	return tab
}

func (tab *Tab) listen(messages func(func(chromedp.ConsoleMessage, error) bool)) {
	for m, err := range messages {
		if err != nil {
			return
		}
		if m.Type == chromedp.ConsoleError || m.Type == chromedp.ConsoleException {
			tab.mu.Lock()
			tab.console = append(tab.console, m.String())
			tab.mu.Unlock()
		}
	}
}

func (l Look) dress(address string) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, t *chromedp.Target) (void chromedp.Void, err error) {
		scheme, forced := "light", "none"
		if l.Scheme != "" {
			scheme = l.Scheme
		}
		if l.Forced {
			forced = "active"
		}
		_, err = cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme}, {Name: "forced-colors", Value: forced}, {Name: "prefers-reduced-motion", Value: "reduce"}}})
		if err != nil {
			return void, err
		}
		if _, err = cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: l.NoJS}); err != nil {
			return void, err
		}
		return void, l.setCookies(ctx, t, address)
	}
}

func (l Look) setCookies(ctx context.Context, t *chromedp.Target, address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return err
	}
	cookies := map[string]string{}
	if l.Lang != "" {
		cookies["lang"] = l.Lang
	}
	for k, v := range l.Cookies {
		cookies[k] = v
	}
	for k, v := range cookies {
		if _, err := cdp.Call(ctx, t, network.SetCookie, network.SetCookieParams{Name: k, Value: v, URL: u.Scheme + "://" + u.Host + "/"}); err != nil {
			return err
		}
	}
	return nil
}

// patience is how long a step may take before it counts as one that never
// ends. It says nothing about speed: a busy machine is no reason to fail.
const patience = 2 * time.Minute

// Do runs steps and fails the test when they do not end.
func (tab *Tab) Do(steps ...chromedp.Action[chromedp.Void]) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.Ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		tab.t.Fatal(err)
	}
}

// Get runs one action of tab and gives its value.
func Get[T any](tab *Tab, a chromedp.Action[T]) T {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.Ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, a)
	if err != nil {
		tab.t.Fatal(err)
	}
	return v
}

// JS evaluates an expression of the page; a promise is awaited.
func JS[T any](tab *Tab, expression string) T {
	tab.t.Helper()
	return Get(tab, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// Console is what the page complained about so far: errors, uncaught
// exceptions, refusals of the Content-Security-Policy.
func (tab *Tab) Console() []string {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	return append([]string(nil), tab.console...)
}

// Axe fails the test for every violation of WCAG 2.0 to 2.2 A and AA and of
// the best practices that axe-core finds. What passes is only counted: axe
// stops describing an element once its rule is known to hold.
func (tab *Tab) Axe() {
	tab.t.Helper()
	JS[bool](tab, axe+"; true")
	found := JS[struct {
		Violations []string
		Passes     int
	}](tab, `axe.run(document, {resultTypes: ['violations'], runOnly: ['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa','best-practice']}).then(r => ({
		Passes: r.passes.filter(p => p.tags.includes('wcag2a') || p.tags.includes('wcag2aa')).length,
		Violations: r.violations.flatMap(v => v.nodes.map(n => v.id + ' (' + v.impact + '): ' + n.target.join(' ') + ' — ' + n.failureSummary))}))`)
	for _, f := range found.Violations {
		tab.t.Errorf("axe: %s", f)
	}
	if found.Passes < 5 {
		tab.t.Errorf("axe: only %d rules applied; was the page rendered?", found.Passes)
	}
}

// Fits fails the test when the page scrolls sideways, or a value of a row that
// became a card is not in sight.
func (tab *Tab) Fits() {
	tab.t.Helper()
	over := JS[string](tab, `(() => { const w = document.documentElement.clientWidth;
		if (document.documentElement.scrollWidth <= w) return '';
		const worst = [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > w + 1 && !e.closest('.scroller')).slice(0, 5);
		return worst.map(e => e.tagName + '.' + e.className).join(', ') || 'page'; })()`)
	if over != "" {
		tab.t.Errorf("the page scrolls sideways: %s", over)
	}
	if cut := JS[string](tab, cutValues); cut != "" {
		tab.t.Errorf("values of cards are not in sight: %s", cut)
	}
}

// cutValues names the values of cards that are hidden or reach out of the
// screen, and the cards that forgot they are rows of a table.
const cutValues = `(() => { const w = document.documentElement.clientWidth, out = [];
	for (const t of document.querySelectorAll('.cards table')) {
		if (getComputedStyle(t).display === 'table' || t.closest('details:not([open])')) continue;
		if (t.getAttribute('role') !== 'table' || !t.querySelector('[role=columnheader]')) out.push('no table');
		for (const c of t.querySelectorAll('tbody > tr > *:not(.pick, .minor)')) {
			const r = document.createRange(); r.selectNodeContents(c);
			const b = r.getBoundingClientRect();
			if (c.getAttribute('role') !== 'cell' || b.height === 0 || b.left < 0 || b.right > w + 1) out.push((c.dataset.label ?? 'title') + ': ' + c.textContent.trim().slice(0, 40));
		}
	}
	return out.slice(0, 5).join(', '); })()`

// Shot writes the picture of the whole page as PNG to dir/name.png.
func (tab *Tab) Shot(dir, name string) {
	tab.t.Helper()
	b := Get(tab, chromedp.FullScreenshot(100))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		tab.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), b, 0o644); err != nil {
		tab.t.Fatal(err)
	}
}

// Check is what every page must pass: axe, no sideways scrolling, a quiet
// console.
func (tab *Tab) Check() {
	tab.t.Helper()
	tab.Axe()
	tab.Fits()
	if c := tab.Console(); len(c) > 0 {
		tab.t.Errorf("console: %s", strings.Join(c, "\n"))
	}
}

// Name is a picture's name for a look, such as "home-ja-390-dark".
func (l Look) Name(page string) string {
	width := l.Width
	if width == 0 {
		width = 1280
	}
	s := fmt.Sprintf("%s-%s-%d", page, l.Lang, width)
	if l.Scheme != "" {
		s += "-" + l.Scheme
	}
	if l.Forced {
		s += "-forced"
	}
	return s
}
