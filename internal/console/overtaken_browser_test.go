package console

import (
	"encoding/json"
	"os"
	"path"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"joren/internal/db"
	"joren/internal/db/dbtest"
	"joren/internal/i18n"
	"joren/internal/staff"
	"joren/internal/ui/uitest"
)

// fillIn is what a person does to a form before pressing its button.
const fillIn = `((at, values) => {
	const form = document.querySelector('form[action="' + at + '"]')
	for (const [name, sent] of Object.entries(values))
		for (const e of form.querySelectorAll('[name="' + name + '"]'))
			if (e.type === 'checkbox') e.checked = sent.includes(e.value); else e.value = sent[0]
	form.querySelector('button.primary').click()
	return true
})`

func TestPagesOfOvertakenFormsAreAccessibleAndFit(t *testing.T) {
	b := uitest.Start(t)
	o := open(t, func(os ...dbtest.Option) *db.DB { return dbtest.SQLite(t, os...) }).sold()
	c := o.clerk(staff.Owner)
	forms := o.contest(t, c, i18n.JA)
	for _, f := range forms {
		stale := c.get(f.path).ok(200).formAt(f.path)
		c.send(f.path, refilled(stale, f.theirs)).ok(303)
		values, err := json.Marshal(refilled(stale, f.mine))
		if err != nil {
			t.Fatal(err)
		}
		at, _ := json.Marshal(f.path)
		for _, look := range []uitest.Look{{Lang: "ja"}, {Lang: "en", Width: 390}, {Lang: "ja", Width: 390}, {Lang: "en"}} {
			look.Cookies = c.cookies()
			name := look.Name(strings.TrimSuffix(path.Base(f.file), ".templ"))
			t.Run(name, func(t *testing.T) {
				tab := b.Open(t, o.office.url+f.path, look)
				uitest.JS[bool](tab, fillIn+"("+string(at)+", "+string(values)+")")
				tab.Do(chromedp.WaitReady(`.overtaken:focus`)) // the summary takes the focus
				if dir := os.Getenv("SHOTS"); dir != "" {
					tab.Shot(dir, name)
				}
				tab.Do(chromedp.Click(`.overtaken li a`))
				if !uitest.JS[bool](tab, `document.activeElement.closest('.differs') !== null`) {
					t.Error("the summary's link does not lead to a marked field")
				}
				tab.Axe()
				tab.Fits()
			})
		}
	}
}
