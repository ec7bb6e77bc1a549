package console

import (
	"testing"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/member"
	"joren/internal/people"
	"joren/internal/staff"
)

// A member's history says how she joined and whose file brought her.
func TestAHistorySaysHowAMemberJoined(t *testing.T) {
	offices(t, func(t *testing.T, o *office) {
		o.cafe()
		c := o.clerk(staff.Owner)
		join := func(source, file string) string {
			m := member.Newcomer{JoinedOn: clock.Tokyo.Day(o.now()), JoinStore: "honten", JoinSource: source, Imported: file, Person: member.Person{Name: "客"}}
			var out []people.Enrolled
			o.write(func(tx *db.Tx) (err error) {
				out, err = o.console.People.Enrol(tx, people.Imported, []people.Request{{Newcomer: m}})
				return err
			})
			return memberURL(out[0].Member.ID)
		}
		imported, told := join("import", "eccube"), join("友だちの紹介", "file")
		c.get(imported).ok(200).says("import, file of eccube")
		c.get(told).ok(200).says("友だちの紹介, file of file")
		c.get(join("eccube", "")).ok(200).says("eccube").silent("file of")
		c.lang = "ja"
		c.get(imported).ok(200).says("取込、取込元 eccube")
	})
}
