package uitest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestMain(m *testing.M) { Main(m) }

// site serves a sound page at / and at /bad one with every fault that Check
// looks for; /who says whether a cookie came along.
func site(t *testing.T) string {
	mux := http.NewServeMux()
	page := func(path, body string) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			_, err := r.Cookie("who")
			fmt.Fprintf(w, `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>A page</title><link rel="icon" href="data:,">
				<main data-known="%t"><h1>A page</h1><p>Some text.</p><ul><li>One</li></ul><form><label>Name <input name="n"></label><button>Go</button></form>%s</main>`, err == nil, body)
		})
	}
	page("/{$}", "")
	page("/bad", `<img src="data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7" width="3000" height="9"><script>console.error("it broke")</script>`)
	page("/cut", `<style>td { display: inline-block; width: 400px } table { display: block } .cards { overflow: hidden; white-space: nowrap }</style><div class="cards"><table role="table"><thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Name</th><th role="columnheader" scope="col">Sum</th></tr></thead>
		<tbody role="rowgroup"><tr role="row"><td role="cell">Hana</td><td role="cell" data-label="Sum">12,000</td></tr></tbody></table></div>`)
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

// judged is a test whose failures are only noted.
type judged struct {
	testing.TB
	said []string
}

func (j *judged) Errorf(format string, args ...any) {
	j.said = append(j.said, fmt.Sprintf(format, args...))
}

func TestCheckFindsEveryKindOfFaultAndOnlyOnThePageThatHasIt(t *testing.T) {
	b, address := Start(t), site(t)
	for _, c := range []struct {
		path string
		want []string
	}{{"/", nil}, {"/bad", []string{"axe: image-alt (critical): img", "scrolls sideways: IMG", "it broke"}}, {"/cut", []string{"not in sight: Sum: 12,000"}}, {"/", nil}} {
		t.Run(c.path, func(t *testing.T) {
			j := &judged{TB: t}
			b.Open(j, address+c.path, Look{Width: 390}).Check()
			if len(j.said) != len(c.want) {
				t.Fatalf("%d complaints, want %d: %q", len(j.said), len(c.want), j.said)
			}
			for i, w := range c.want {
				if !strings.Contains(j.said[i], w) {
					t.Errorf("%q is not about %q", j.said[i], w)
				}
			}
		})
	}
}

func TestBrowsersOfOneChromiumShareNoCookies(t *testing.T) {
	address := site(t)
	const known = `document.querySelector('main').dataset.known`
	for i, b := range []*Browser{Start(t), Start(t)} {
		if got := JS[string](b.Open(t, address, Look{}), known); got != "false" {
			t.Errorf("browser %d came with a cookie of another", i)
		}
		if got := JS[string](b.Open(t, address, Look{Cookies: map[string]string{"who": "me"}}), known); got != "true" {
			t.Errorf("browser %d lost its cookie", i)
		}
	}
}

func TestATabIsUsedAgainAsALookAsksButNotWhileATestHasIt(t *testing.T) {
	b, address := Start(t), site(t)
	first := b.Open(t, address, Look{}).Ctx
	for _, l := range []Look{{Width: 390, NoJS: true}, {Width: 1280, Scheme: "dark"}, {Width: 320}} {
		t.Run("", func(t *testing.T) {
			tab := b.Open(t, address, l)
			if tab.Ctx == first {
				t.Fatal("a tab still in use was given away")
			}
			if l.NoJS {
				return
			}
			if got := JS[int](tab, `innerWidth`); got != l.Width {
				t.Errorf("width %d, want %d", got, l.Width)
			}
			if dark := JS[bool](tab, `matchMedia('(prefers-color-scheme: dark)').matches`); dark != (l.Scheme == "dark") {
				t.Errorf("dark: %v", dark)
			}
		})
	}
	if n := len(b.idle); n != 1 {
		t.Errorf("%d tabs for subtests one after another", n)
	}
}
