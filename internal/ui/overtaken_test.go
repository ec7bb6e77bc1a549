package ui

import (
	"net/url"
	"strings"
	"testing"

	"joren/internal/i18n"
)

// met is a form of a name, a memo, a colour and days that was overtaken.
func met(sent, now url.Values) Form {
	now.Set("version", "8")
	sent.Set("version", "7")
	rec := Recorded{Values: now, Version: "version", Reopen: "/thing"}
	return rec.Meet(sent, Field{Name: "name", Label: "Name"}, Field{Name: "memo", Label: "Memo"}, Field{Name: "colour", Label: "Colour"}, Field{Name: "days", Label: "Days"})
}

func TestAnOvertakenFormSaysWhatIsRecordedNow(t *testing.T) {
	sent := url.Values{"name": {" Ann "}, "memo": {"a\r\nb"}, "colour": {"red"}, "days": {"sat", "sun"}}
	f := met(sent, url.Values{"name": {"Ann"}, "memo": {"a\nc"}, "colour": {""}, "days": {"sun", "sat"}})
	if f.Value("version") != "8" || sent.Get("version") != "7" || f.Value("name") != " Ann " {
		t.Errorf("%v of %v", f.Values, sent)
	}
	p := render(t, i18n.EN, OvertakenSummary(f.Overtaken))
	p.has(1, "div.error-summary[role=alert][tabindex=-1]", "a[href=#f-memo]", "a[href=#f-colour]", "a[href=/thing]")
	p.has(0, "a[href=#f-name]", "a[href=#f-days]")
	p.says("look at the marked fields below")

	colours := []Option{{Value: "", Label: "Any"}, {Value: "red", Label: "Red"}}
	p = render(t, i18n.EN, Any(f.Choice("colour", "Colour", colours...).Say("One")))
	p.has(1, "div.differs", "p#f-colour-now.now", "select[aria-describedby=f-colour-hint f-colour-now]")
	p.says("Recorded now:", "Any")
	p = render(t, i18n.JA, TextArea(f.Field("memo", "Memo")))
	p.has(1, "p#f-memo-now", "textarea[aria-describedby=f-memo-now]", "span.lines")
	p.says("いまの登録：", "a\nc")
	render(t, i18n.EN, Input(f.Field("name", "Name"))).has(0, "p.now", "div.differs", "input[aria-describedby]")
	render(t, i18n.EN, Checks(f.Choice("days", "Days", Option{Value: "sat"}, Option{Value: "sun"}))).has(0, "p.now")
}

func TestWhatIsRecordedIsSaidInTheFieldsWords(t *testing.T) {
	days := []Option{{Value: "sat", Label: "Saturday"}, {Value: "sun", Label: "Sunday"}}
	for _, x := range []struct {
		now  []string
		opts []Option
		want string
	}{
		{[]string{"sun", "sat"}, days, "Saturday, Sunday"}, {nil, days, "nothing chosen"}, {nil, nil, "empty"}, {[]string{"Ann"}, nil, "Ann"},
		{[]string{"gone"}, days, "gone"}, // an option no longer offered
	} {
		f := met(url.Values{"days": {"mon"}}, url.Values{"days": x.now})
		p := render(t, i18n.EN, Checks(f.Choice("days", "Days", x.opts...)))
		p.has(1, "p#f-days-now", "fieldset[aria-describedby=f-days-now]")
		p.says("Recorded now:", x.want)
	}
}

func TestNothingIsLeftToSaveWhereBothMeantTheSame(t *testing.T) {
	f := met(url.Values{"name": {"Ann"}}, url.Values{"name": {"Ann"}, "memo": {""}})
	p := render(t, i18n.JA, OvertakenSummary(f.Overtaken))
	p.says("同じ内容がすでに登録されています")
	p.has(0, "li")
	p.has(1, "a[href=/thing]")
	rec := Recorded{Values: url.Values{"name": {"ann"}}, Sent: url.Values{"name": {"ann"}}}
	if f := rec.Meet(url.Values{"name": {"ＡＮＮ"}}, Field{Name: "name"}); len(f.Overtaken.Fields) != 0 {
		t.Error("what would be recorded as it is recorded now differs")
	}
	p = render(t, i18n.EN, OvertakenSummary(&Overtaken{Button: true, Reopen: "/thing"}))
	p.says("press the button again")
	p.has(0, "a")
	render(t, i18n.EN, OvertakenSummary(nil)).has(0, "div")
}

func TestOnlyChangedLinesAndTheirNeighboursAreNear(t *testing.T) {
	old := strings.Repeat("x\n", 9) + "a\n" + strings.Repeat("y\n", 2) + "b\n" + strings.Repeat("z\n", 9)
	var got strings.Builder
	for _, l := range Near(Lines(old, strings.NewReplacer("a", "A", "b", "B").Replace(old)), 2) {
		got.WriteString(string(rune(l.Op)) + l.Text + "\n")
	}
	if want := " x\n x\n-a\n+A\n y\n y\n-b\n+B\n z\n z\n"; got.String() != want {
		t.Errorf("near:\n%s\nwant:\n%s", got.String(), want)
	}
	if len(Near(Lines("a\n", "a\n"), 3)) != 0 {
		t.Error("nothing changed and something is near")
	}
}
