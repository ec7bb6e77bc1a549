package console

import (
	"strings"
	"testing"

	"joren/internal/db"
	"joren/internal/ident"
	"joren/internal/shop"
	"joren/internal/staff"
)

// quietly posts what says what stands already, and looks that nothing comes of
// it but a word.
func (c *clerk) quietly(path string, kv ...string) {
	c.o.t.Helper()
	before := len(c.o.deeds())
	c.follow(c.post(path, kv...)).ok(200).says("Nothing was changed.")
	if after := c.o.deeds(); len(after) != before {
		c.o.t.Errorf("%s: the audit log learned %v", path, after[:len(after)-before])
	}
}

// unseen posts a change without the version it was made from, and with ones
// that never were: none of them overwrites anything.
func (c *clerk) unseen(path, version string, kv ...string) {
	c.o.t.Helper()
	before := len(c.o.deeds())
	c.post(path, kv...).ok(409)
	for _, v := range []string{"", "0", "-1", "x", "1.0", "99999999999999999999"} {
		c.post(path, append([]string{version, v}, kv...)...).ok(409).has("div.error-summary")
	}
	if after := c.o.deeds(); len(after) != before {
		c.o.t.Errorf("%s: the audit log learned %v", path, after[:len(after)-before])
	}
}

func TestAMembersParticularsAreSavedFromTheVersionThatWasSeen(t *testing.T) {
	sales(t, func(t *testing.T, o *sold) {
		c := o.clerk(staff.Manager)
		version := func() string { return c.get(o.url()+"/edit").ok(200).value("input[name=version]", "value") }
		change := []string{"name", "鈴木 花子", "phone", "090-1234-5678", "email", "hana@example.com", "birthday", "1990-02-28"}
		c.unseen(o.url()+"/edit", "version", change...)
		c.get(o.url()).says("山田 花子")
		c.follow(c.post(o.url()+"/edit", append(change, "version", version())...)).ok(200).says("鈴木 花子")
		seen, facts := version(), o.facts()
		c.quietly(o.url()+"/edit", append(change, "version", seen)...)
		c.quietly(o.url()+"/edit", append(change, "version", seen, "name", " 鈴木  花子 ", "phone", "０９０ １２３４ ５６７８")...)
		if version() != seen || o.facts() != facts {
			t.Errorf("version %s, was %s; %d facts, were %d", version(), seen, o.facts(), facts)
		}
	})
}

// facts counts what was told to others.
func (o *office) facts() (n int64) {
	o.read(func(tx *db.Tx) (err error) {
		n, err = db.One(tx, nil, db.Value[int64], `SELECT COUNT(*) FROM outbox_event`)
		return err
	})
	return n
}

func TestTheShopsSettingsAreSavedFromTheVersionThatWasSeen(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		c := o.clerk(staff.Owner)
		change := []string{"name", "ひだまり喫茶", "name_en", "Hidamari", "shop_lang", "ja", "zone", "Asia/Tokyo", "currency", "JPY", "day_starts", "05:00"}
		c.unseen("/settings", "version", change...)
		version := func() string { return c.get("/settings").ok(200).value("input[name=version]", "value") }
		c.post("/settings", append(change, "version", version())...).ok(303)
		seen := version()
		c.quietly("/settings", append(change, "version", seen)...)
		if version() != seen {
			t.Errorf("version %s, was %s", version(), seen)
		}
	})
}

func TestStoresAndStaffThatStayAsTheyAreAreNoNews(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		c := o.clerk(staff.Owner)
		c.post("/settings/stores", "code", "honten", "name", "本店", "name_en", "Main shop", "zone", "").ok(303)
		var s shop.Store
		o.read(func(tx *db.Tx) error {
			list, err := shop.Stores(tx)
			s = list[len(list)-1]
			return err
		})
		store := "/settings/stores/" + ident.Store.Text(s.ID)
		c.quietly(store, "name", " 本店 ", "name_en", "Main shop", "zone", "", "version", "1")
		c.quietly(store, "active", "yes")
		c.unseen(store, "version", "name", "本店", "name_en", "Head shop", "zone", "")
		c.unseen(store, "version", "active", "no")

		hana := o.clerk(staff.Agent)
		person := "/settings/staff/" + ident.Staff.Text(hana.user.ID)
		c.quietly(person+"/role", "role", "agent")
		c.quietly(person+"/status", "active", "yes")
		hana.get("/members").ok(200) // and she was not signed out for it
	})
}

func TestDefinitionsThatStayAsTheyAreAreNoNews(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		o.regulars()
		c := o.clerk(staff.Manager)
		c.post("/segments/new", "id", "often", "name_ja", "よく来る人", "name_en", "Often", "when", "stats.visits >= 3", "do", "on").ok(303)
		seen := c.get("/segments/often/edit").ok(200).value("input[name=seen]", "value")
		same := []string{"name_ja", "よく来る人", "name_en", "Often", "when", "stats.visits >= 3"}
		c.quietly("/segments/often/edit", append(same, "seen", seen)...)
		c.quietly("/segments/often/state", "to", "active", "seen", seen)
		c.unseen("/segments/often/edit", "seen", "name_ja", "よく来る人", "when", "stats.visits >= 4")
		c.unseen("/segments/often/state", "seen", "to", "archived")

		next := strings.Replace(cafeSource(t), "2026-04-01", "2027-04-01", 1)
		draft := c.post("/programme/new", "source", next, "do", "save").ok(303).Header.Get("Location") + "/edit"
		hash := c.get(draft).ok(200).value("input[name=seen]", "value")
		c.quietly(draft, "source", strings.ReplaceAll(next, "\n", "\r\n"), "seen", hash, "do", "save")
		c.unseen(draft, "seen", "source", next+"# more\n", "do", "save")

		set := []string{"sale", "provision", "gift", "on_use", "reason", "agreed with the accountant"}
		c.unseen("/insight/liability/settings", "version", set...)
		c.post("/insight/liability/settings", append(set, "version", "9223372036854775807")...).ok(409)
		c.post("/insight/liability/settings", append(set, "version", "1")...).ok(303)
		c.quietly("/insight/liability/settings", append(set, "version", "2")...)
		c.post("/insight/liability/settings", "sale", "provision", "gift", "on_use", "reason", "agreed again", "version", "2").ok(303)
		c.get("/insight/liability/settings").says("agreed again")
		basis := []string{"key", "regular.sale", "use", "92.5", "value", "2", "why", "three years"}
		c.quietly("/insight/liability/basis", "key", "regular.sale", "use", "", "value", "", "why", "nothing was set")
		c.post("/insight/liability/basis", basis...).ok(303)
		c.quietly("/insight/liability/basis", basis...)
	})
}

func TestAStoresStateIsOneOfTwo(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		c := o.clerk(staff.Owner)
		c.follow(c.post("/settings/stores", "code", "ｈｏｎｔｅｎ", "name", "本店")).ok(200).says("honten").silent("ｈ")
		var s shop.Store
		o.read(func(tx *db.Tx) error {
			list, err := shop.Stores(tx)
			s = list[0]
			return err
		})
		store := "/settings/stores/" + ident.Store.Text(s.ID)
		c.get(store).ok(200).says("Active")
		for _, bad := range []string{"", "maybe", "0"} {
			c.post(store, "active", bad).ok(422).says("Choose active or inactive.")
		}
		c.get("/settings/stores?format=csv").says(",1")
		person := "/settings/staff/" + ident.Staff.Text(o.clerk(staff.Agent).user.ID) + "/status"
		c.post(person, "active", "maybe").ok(422).says("Choose active or disabled.")
		c.post(person).ok(422)
		c.get("/settings/staff").silent("Disabled")
	})
}

func TestPublishingTwiceLeadsToTheVersion(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		o.cafe()
		c := o.clerk(staff.Owner)
		c.post("/programme/new", "source", strings.Replace(cafeSource(t), "2026-04-01", "2027-04-01", 1), "do", "save").ok(303)
		c.follow(c.publish(2, "short", "yes")).ok(200).says("Scheduled")
		before := len(o.deeds())
		c.follow(c.publish(2, "short", "yes")).ok(200).says("This version is published already.", "Scheduled")
		if n := len(o.deeds()); n != before {
			t.Errorf("%d deeds more", n-before)
		}
	})
}
