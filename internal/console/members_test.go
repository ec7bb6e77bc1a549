package console

import (
	"context"
	"html"
	"regexp"
	"strings"
	"testing"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/ident"
	"joren/internal/member"
	"joren/internal/staff"
)

func TestOneBoxFindsAMemberHoweverSheIsTyped(t *testing.T) {
	sales(t, func(t *testing.T, o *sold) {
		c := o.clerk(staff.Cashier)
		for _, q := range []string{"山田", "やまだ", "ﾔﾏﾀﾞ ﾊﾅｺ", "花子", "5678", "09012345678", "hana@example.com"} {
			c.get("/members?q="+escape(q)).ok(200).has("a[href="+o.url()+"]").says("山田 花子", "2900000123458", "Silver")
		}
		c.follow(c.get("/members?q=2900000123458")).ok(200).says("山田 花子", "Number 2900000123458")
		c.get("/members?q=nobody").ok(200).has("div.empty").says("No member matches “nobody”.")
		found := c.get("/members/search?q=" + escape("やま")).ok(200)
		if !strings.Contains(found.body, `"note":"2900000123458"`) || !strings.Contains(found.body, o.url()) {
			t.Errorf("the palette is given %s", found.body)
		}
	})
}

func TestASearchThatGaveUpSaysSoAndLooksOn(t *testing.T) {
	sales(t, func(t *testing.T, o *sold) {
		people := make([]member.Newcomer, member.SearchAtMost+1)
		for i := range people {
			people[i].JoinedOn, people[i].Person = clock.MustDay("2026-11-22"), member.Person{Name: "山田 一", NameKana: "ヤマダ イチ"}
		}
		o.write(func(tx *db.Tx) error { _, err := o.console.Members.Create(tx, people); return err })
		c := o.clerk(staff.Manager)
		c.get("/members?q=" + escape("やまだ")).ok(200).says("Others match too.").silent("Looked at")
		first := c.get("/members?q="+escape("やまだは")).ok(200).says("Looked at 600 rows").silent("No member matches", "山田 花子")
		on := regexp.MustCompile(`href="([^"]*after=[^"]*)"`).FindStringSubmatch(first.body)
		if on == nil {
			t.Fatal("nothing leads on")
		}
		c.get(html.UnescapeString(on[1])).ok(200).says("山田 花子").silent("Looked at")
	})
}

func TestTheListOfMembersFiltersSortsAndPagesByItsAddress(t *testing.T) {
	sales(t, func(t *testing.T, o *sold) {
		for i, name := range []string{"青木 一", "石井 二", "上田 三"} {
			o.goTo("2026-11-0" + string(rune('1'+i)) + "T10:00:00+09:00")
			o.join(member.Input{Fields: member.Fields{Name: said(name)}})
		}
		o.goTo("2026-11-22T10:00:00+09:00")
		c := o.clerk(staff.Manager)
		first := c.get("/members?size=2").ok(200).says("上田 三", "石井 二").silent("青木 一").has("a[rel=next]").lacks("a[rel=prev]")
		second := c.get(first.value("a[rel=next]", "href")+"&size=2").ok(200).says("青木 一", "山田 花子").silent("石井 二").has("a[rel=prev]").lacks("a[rel=next]")
		c.get(second.value("a[rel=prev]", "href")+"&size=2").ok(200).says("上田 三", "石井 二").silent("青木 一").has("a[rel=next]")
		c.get("/members?sort=joined&size=1").says("山田 花子").silent("上田 三")
		c.get("/members?tier=silver").says("山田 花子").silent("上田 三")
		c.get("/members?tier=bronze").says("上田 三").silent("山田 花子")
		c.get("/members?bought=again").says("山田 花子").silent("上田 三")
		c.get("/members?bought=never").says("上田 三").silent("山田 花子")
		c.get("/members?from=2026-11-01&to=2026-11-02").says("青木 一", "石井 二").silent("上田 三", "山田 花子")
		c.get("/members?status=withdrawn").ok(200).has("div.empty").says("No member fits these conditions.")
	})
}

func TestTheMembersFileIsSafeToOpenAndItsTakerIsNoted(t *testing.T) {
	sales(t, func(t *testing.T, o *sold) {
		o.join(member.Input{Fields: member.Fields{Name: said("=HYPERLINK(1)")}})
		c := o.clerk(staff.Manager)
		csv := c.get("/members?format=csv").ok(200).says("山田 花子", "2900000123458", "'=HYPERLINK(1)")
		if got := csv.Header.Get("Content-Disposition"); !strings.Contains(got, "members.csv") {
			t.Errorf("Content-Disposition %q", got)
		}
		if n := strings.Count(csv.body, "\r\n"); n != 3 {
			t.Errorf("%d rows in %s", n, csv.body)
		}
		if got := o.deeds()[0]; got != "members.exported" {
			t.Errorf("newest deed %s", got)
		}
		c.get("/purchases?format=csv").ok(200).says("8801", "G1", "C1", "6318")
		c.get("/points?format=csv").ok(200).says("earn", "2900000123458")
		agent := o.clerk(staff.Agent)
		for _, path := range []string{"/members", "/purchases", "/points"} {
			agent.get(path + "?format=csv").ok(403)
			agent.get(path).ok(200).lacks("a[href=" + path + "?format=csv]")
		}
	})
}

func TestEnrollingTellsAllThatIsWrongAtOnceAndAsksAboutTwins(t *testing.T) {
	sales(t, func(t *testing.T, o *sold) {
		c := o.clerk(staff.Agent)
		c.get("/members/new").ok(200).has("input#f-name[required]", "input[name=consent][value=mail]", "textarea#f-memo", "input#f-birthday")
		c.post("/members/new", "name", " \u200b\x01").ok(422).has("p#f-name-error")
		page := c.post("/members/new", "name", "", "phone", "12", "email", "x", "birthday", "2030-01-01", "card", "!!").ok(422).
			has("p#f-name-error", "p#f-phone-error", "p#f-email-error", "p#f-birthday-error", "p#f-card-error", "div.error-summary")
		if n := len(page.find("p.error")); n != 5 {
			t.Errorf("%d errors", n)
		}
		twin := []string{"name", "山田 次郎", "phone", "090 1234 5678"}
		c.post("/members/new", twin...).ok(409).has("section.notice.warn", "input[name=another]", "a[href="+o.url()+"]").says("phone number")
		made := c.follow(c.post("/members/new", append(twin, "another", "yes", "consent", "mail", "birthday", "平成2年2月28日")...)).ok(200).says("山田 次郎", "Agreed", "Enrolled")
		made.says("28 Feb 1990 (aged 36)")
		c.lang = "ja"
		c.post("/members/new", "name", "").ok(422).says("氏名を入力してください。", "エラー：")
		if got := o.deeds()[0]; got != "member.enrolled" {
			t.Errorf("newest deed %s", got)
		}
	})
}

func TestParticularsChangeOnceAndTheLogLearnsOnlyWhichFields(t *testing.T) {
	sales(t, func(t *testing.T, o *sold) {
		c := o.clerk(staff.Manager)
		page := c.get(o.url() + "/edit").ok(200)
		if page.value("input#f-name", "value") != "山田 花子" || page.value("input#f-birthday", "value") != "1990-02-28" {
			t.Error("the form does not show what is recorded")
		}
		change := []string{"version", page.value("input[name=version]", "value"), "name", "鈴木 花子", "phone", "090-1234-5678", "email", "hana@example.com", "birthday", "1990-02-28",
			"anniversaries", "05-10 結婚記念日", "external_source", "eccube", "external_id", "77"}
		c.follow(c.post(o.url()+"/edit", change...)).ok(200).says("鈴木 花子", "結婚記念日", "Number in eccube")
		c.post(o.url()+"/edit", change...).ok(409).says("The same is recorded already")
		number := c.get(o.url() + "/edit").formAt(o.url() + "/edit")
		number.Set("external_source", "shopify")
		number.Set("external_id", "78")
		c.follow(c.send(o.url()+"/edit", number)).ok(200).says("Number in shopify", "78")
		c.post(o.url()+"/edit", "version", c.get(o.url()+"/edit").value("input[name=version]", "value"), "name", "", "email", "x").ok(422).has("p#f-name-error", "p#f-email-error")
		o.read(func(tx *db.Tx) error {
			log := o.console.lastDeed(t, tx)
			if strings.Contains(log, "78") || !strings.Contains(log, "external_ids") {
				t.Errorf("the log says %s", log)
			}
			return nil
		})
	})
}

func TestCardsAndConsentsAreKeptOnHerPage(t *testing.T) {
	sales(t, func(t *testing.T, o *sold) {
		c := o.clerk(staff.Manager)
		c.follow(c.post(o.url()+"/cards", "card", "a-100")).ok(200).says("The card is added.", "A100")
		c.follow(c.post(o.url()+"/cards", "card", "!")).ok(200).says("This is not a card number")
		c.follow(c.post(o.url()+"/cards/lose", "card", "A100")).ok(200).says("The card is stopped.").silent("<code>A100")
		c.follow(c.post(o.url()+"/consents", "purpose", "advertising", "channel", "mail", "given", "yes")).ok(200).says("Offers · Mail", "Agreed")
		c.follow(c.post(o.url()+"/consents", "purpose", "advertising", "channel", "mail", "given", "no")).ok(200).says("Stopped")
		c.follow(c.post(o.url()+"/consents", "purpose", "advertising", "channel", "pigeon", "given", "yes")).ok(200).has("div.toast.bad")
	})
}

func TestThePageOfAMemberTellsEverythingInOneLine(t *testing.T) {
	sales(t, func(t *testing.T, o *sold) {
		c := o.clerk(staff.Manager)
		page := c.get(o.url()).ok(200).says("山田 花子", "Number 2900000123458", "Bronze → Silver", "6,318 yen at Main shop", "Last on Sun 15 November 2026, 7 days ago",
			"That is enough to keep Silver", "To reach Gold")
		if n := len(page.find("ol.timeline")); n != 1 {
			t.Errorf("%d timelines", n)
		}
		c.get(o.url() + "?show=rank").ok(200).says("Bronze → Silver").silent("6,318 yen at")
		c.get(o.url() + "?show=purchases").says("6,318 yen at Main shop").silent("Bronze → Silver")
		c.get(o.url() + "?show=points").says("Earned").silent("Bronze → Silver")
		c.get(o.url()+"?show=nonsense&before=x").ok(422).has("div.error-summary").says("show=nonsense", "before=x", "Bronze → Silver")
		c.lang = "ja"
		c.get(o.url()).ok(200).says("会員番号 2900000123458", "本店で 6,318円", "ブロンズ → シルバー", "シルバーです。", "ゴールドまであと")
		for _, path := range []string{"/members/mem_00000000000000000000000000000001", "/members/nonsense", "/purchases/pur_00000000000000000000000000000001"} {
			c.get(path).ok(404)
		}
	})
}

func TestTheTimelineGoesBackPageByPageWithoutGaps(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		s := o.sold()
		want := 0
		for i := range 70 {
			o.goTo("2026-11-23T10:" + pad2(int64(i/2)) + ":00+09:00") // two in each minute
			o.sell(coffee("T"+itoa(int64(i)), s.m.Card, o.now().String(), 500))
			want++
		}
		c := o.clerk(staff.Manager)
		seen := map[string]bool{}
		for path, n := s.url()+"?show=purchases", 0; path != ""; n++ {
			if n > 10 {
				t.Fatal("the line does not end")
			}
			page := c.get(path).ok(200)
			for _, a := range page.find("a") {
				if strings.HasPrefix(a.attrs["href"], "/purchases/pur_") && strings.Contains(a.text, "yen at") {
					if seen[a.attrs["href"]] {
						t.Errorf("%s stands twice", a.attrs["href"])
					}
					seen[a.attrs["href"]] = true
				}
			}
			path = ""
			if next := page.find("a[rel=next]"); len(next) > 0 {
				path = next[0].attrs["href"]
			}
		}
		if len(seen) != want+3 {
			t.Errorf("%d purchases on the line, %d were made", len(seen), want+3)
		}
	})
}

// lastDeed is the newest entry of the audit log as it is stored.
func (c *Console) lastDeed(t *testing.T, tx *db.Tx) string {
	t.Helper()
	s, err := db.One(tx, context.Canceled, db.Value[string], `SELECT after FROM audit_entry ORDER BY number DESC LIMIT 1`)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAPaceOfFewDaysIsNoForecast(t *testing.T) {
	sales(t, func(t *testing.T, o *sold) {
		c := o.clerk(staff.Manager)
		c.get(o.url()).ok(200).says("At the pace of").silent("too few to count on")
		m := o.join(member.Input{Fields: member.Fields{Name: said("新田 朝")}})
		c.get("/members/" + ident.Member.Text(m.ID)).ok(200).says("rests on 1 day only, too few to count on")
	})
}
