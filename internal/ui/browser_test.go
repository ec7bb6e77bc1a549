package ui_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"joren/internal/i18n"
	"joren/internal/ui"
	"joren/internal/ui/uitest"
)

// serve shows the component page under the policy that real pages have.
func serve(t *testing.T) string {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /assets/{file}", ui.ServeAsset)
	mux.HandleFunc("/_components", func(w http.ResponseWriter, r *http.Request) {
		v := ui.View{Lang: i18n.JA, Back: r.URL.RequestURI(), RequestID: "req_1"}
		if c, err := r.Cookie("lang"); err == nil {
			v.Lang = i18n.Lang(c.Value)
		}
		w.Header().Set("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'; form-action 'self'; base-uri 'none'")
		if err := ui.Components(w, r.WithContext(ui.With(r.Context(), v))); err != nil {
			t.Error(err)
		}
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

func TestEveryComponentIsAccessibleInBothLanguagesWidthsAndSchemes(t *testing.T) {
	b, address := uitest.Start(t), serve(t)
	for _, look := range []uitest.Look{
		{Lang: "ja", Width: 1280}, {Lang: "en", Width: 1280}, {Lang: "ja", Width: 390}, {Lang: "en", Width: 390},
		{Lang: "ja", Width: 1280, Scheme: "dark"}, {Lang: "en", Width: 390, Scheme: "dark"}, {Lang: "ja", Width: 320}, {Lang: "ja", Width: 1280, Forced: true},
	} {
		t.Run(look.Name("components"), func(t *testing.T) {
			tab := b.Open(t, address+"/_components", look)
			tab.Check()
			if dir := os.Getenv("SHOTS"); dir != "" {
				tab.Shot(dir, look.Name("components"))
			}
		})
	}
}

func TestRowsAreCardsOnlyOnANarrowScreenAndCanStillBeSorted(t *testing.T) {
	b, address := uitest.Start(t), serve(t)
	const shown = `(() => { const t = document.querySelector('#members table'), sort = t.querySelector('th.sorts a'), plain = t.querySelector('th:not(.sorts)');
		return [getComputedStyle(t).display, sort.getBoundingClientRect().height > 20 ? 'sorts' : '', plain.getBoundingClientRect().width > 2 ? 'heads' : '', getComputedStyle(t.querySelector('td[data-label]'), '::before').content].join('|'); })()`
	for width, want := range map[int]string{1280: "table|sorts|heads|none", 390: `block|sorts||"会員番号" / ""`} {
		if got := uitest.JS[string](b.Open(t, address+"/_components", uitest.Look{Lang: "ja", Width: width}), shown); got != want {
			t.Errorf("at %d: %s, want %s", width, got, want)
		}
	}
}

func TestEnterDuringAConversionSendsNothingAndEnterAfterItDoes(t *testing.T) {
	b, address := uitest.Start(t), serve(t)
	tab := b.Open(t, address+"/_components", uitest.Look{Lang: "ja"})
	const sent = `(() => { const f = document.querySelector('.filters'); let n = 0; f.addEventListener('submit', e => { e.preventDefault(); n++; });
		const q = document.getElementById('f-q'); q.focus();
		const press = o => q.dispatchEvent(new KeyboardEvent('keydown', Object.assign({key: 'Enter', bubbles: true, cancelable: true}, o)));
		return [press({isComposing: true}), press({keyCode: 229}), press({})]; })()`
	if got := uitest.JS[[]bool](tab, sent); got[0] || got[1] || !got[2] {
		t.Errorf("Enter passed on: %v, want only the last", got)
	}
}

func TestThePaletteOpensByKeyFindsByWordAndGoes(t *testing.T) {
	b, address := uitest.Start(t), serve(t)
	tab := b.Open(t, address+"/_components", uitest.Look{Lang: "ja"})
	uitest.JS[bool](tab, `document.dispatchEvent(new KeyboardEvent('keydown', {key: 'k', ctrlKey: true, bubbles: true, cancelable: true})), true`)
	if !uitest.JS[bool](tab, `document.getElementById('palette').open && document.activeElement.id === 'palette-input'`) {
		t.Fatal("Ctrl+K did not open the palette")
	}
	tab.Axe()
	uitest.JS[bool](tab, `(() => { const i = document.getElementById('palette-input'); i.value = '設定'; i.dispatchEvent(new InputEvent('input', {bubbles: true})); return true; })()`)
	uitest.JS[bool](tab, `new Promise(r => setTimeout(() => r(true), 300))`)
	if got := uitest.JS[string](tab, `[...document.querySelectorAll('#palette-list [role=option]')].map(o => o.textContent).join('|') + ':' + document.querySelector('[aria-selected=true]').textContent`); got != "設定:設定" {
		t.Errorf("found %q", got)
	}
}

func TestADialogOpensOverThePageAndWithoutScriptInIt(t *testing.T) {
	b, address := uitest.Start(t), serve(t)
	tab := b.Open(t, address+"/_components", uitest.Look{Lang: "en"})
	if !uitest.JS[bool](tab, `(() => { document.querySelector('[data-dialog=adjust]').click(); return document.getElementById('adjust').matches(':modal'); })()`) {
		t.Error("the dialog is not modal")
	}
	tab.Axe()
	plain := b.Open(t, address+"/_components?dialog=adjust", uitest.Look{Lang: "en", NoJS: true})
	got := uitest.JS[string](plain, `[document.querySelector('dialog#adjust button.primary').checkVisibility(), document.querySelector('[data-palette]').hidden].join()`)
	if got != "true,true" {
		t.Errorf("dialog shown, script's button hidden: %s", got)
	}
}

func TestSelectedRowsAreCountedInWords(t *testing.T) {
	b, address := uitest.Start(t), serve(t)
	tab := b.Open(t, address+"/_components", uitest.Look{Lang: "ja"})
	if got := uitest.JS[string](tab, `(() => { const c = document.querySelectorAll('input[name=id]'); c[0].click(); c[2].click(); return document.querySelector('.bulk-count').textContent; })()`); got != "2件を選択中" {
		t.Errorf("%q", got)
	}
}

func TestAMarkLeadsToItsLine(t *testing.T) {
	b, address := uitest.Start(t), serve(t)
	tab := b.Open(t, address+"/_components", uitest.Look{Lang: "en"})
	if got := uitest.JS[string](tab, `(() => { document.querySelector('[data-line="7"]').click(); const a = document.activeElement; return a.value.slice(a.selectionStart, a.selectionEnd); })()`); got != "    kind: bsae" {
		t.Errorf("selected %q", got)
	}
}
