package console

import (
	"strings"
	"testing"

	"joren/internal/ident"
	"joren/internal/member"
	"joren/internal/staff"
)

func TestADuplicateIsFoundComparedMergedAndUndone(t *testing.T) {
	sales(t, func(t *testing.T, o *sold) {
		again := o.join(member.Input{Fields: member.Fields{Name: said("ヤマダ ハナコ"), NameKana: said("ヤマダ ハナコ"), Phone: said("090-1234-5678"), Birthday: said("1990-02-28"), Area: said("東京都")}, Card: "P-200"})
		c := o.clerk(staff.Manager)
		c.get("/members").has("a[href=/members/duplicates]")
		found := c.get("/members/duplicates").ok(200).says("山田 花子", "ヤマダ ハナコ", "phone number, name and birthday")
		compare := mergeURL(o.m.ID, again.ID)
		found.has("a[href=" + compare + "]")
		c.get(o.url() + "/merge").ok(200).says("May be the same person").has("a[href=" + compare + "]")
		page := c.get(compare).ok(200).says("Record that stays", "Record merged into it", "differs", "2900000123458", "P200", "The rank is judged by what was bought under both records and will be Silver", "Every card and number leads to 山田 花子")
		page.has("a[href=" + mergeURL(again.ID, o.m.ID) + "]")

		before := o.available(t)
		c.follow(c.post(memberURL(again.ID)+"/adjust", adjusted(c, again)...)).ok(200)
		c.get(compare).says("points of Hidamari Points move")
		merged := c.follow(c.post(o.url()+"/merge", "with", ident.Member.Text(again.ID))).ok(200).says("Merged. It can be undone", "Merged records", "東京都")
		if got := o.available(t); got != before+50 {
			t.Errorf("%d points after the merge, want %d", got, before+50)
		}
		n := len(o.deeds())
		c.get(compare).ok(422).says("are merged cannot be merged").lacks("table.compare")
		c.follow(c.post(o.url()+"/merge", "with", ident.Member.Text(again.ID))).ok(200).says("These two records are merged already.")
		if more := len(o.deeds()); more != n {
			t.Errorf("%d entries of the log for a merge sent twice, want %d", more, n)
		}
		c.get("/members?q=P200").ok(200).says("山田 花子")
		c.get(memberURL(again.ID)).ok(200).says("was merged into another").has("a[href=/purchases?member=" + ident.Member.Text(again.ID) + "]")
		c.get("/members/duplicates").silent("P200")
		undo := ""
		for _, f := range merged.find("form.inline") {
			if strings.HasPrefix(f.attrs["action"], "/merges/") {
				undo = f.attrs["action"]
			}
		}
		c.follow(c.post(undo)).ok(200).says("The merge is undone.", "ヤマダ ハナコ")
		if got := o.available(t); got != before {
			t.Errorf("%d points after undoing, want %d", got, before)
		}
		c.follow(c.post(undo)).says("This merge was undone already.")
		if n := strings.Join(o.deeds(), " "); !strings.Contains(n, "member.merged") || !strings.Contains(n, "member.unmerged") {
			t.Errorf("the audit log holds %s", n)
		}
	})
}

func TestAMergedMemberHasTheRankThatBothRecordsComeTo(t *testing.T) {
	sales(t, func(t *testing.T, o *sold) {
		again := o.join(member.Input{Fields: member.Fields{Name: said("ヤマダ ハナコ")}, Card: "P-200"})
		c := o.clerk(staff.Manager)
		c.get(memberURL(again.ID)).ok(200).says("Bronze").silent("Silver until")
		c.get(mergeURL(again.ID, o.m.ID)).ok(200).says("The rank is judged by what was bought under both records and will be Silver")
		c.follow(c.post(memberURL(again.ID)+"/merge", "with", ident.Member.Text(o.m.ID))).ok(200).says("Merged. It can be undone", "Silver until")
	})
}

// adjusted takes the preview of 50 points for a member and gives what its form
// would send.
func adjusted(c *clerk, m member.Member) (kv []string) {
	page := c.post(memberURL(m.ID)+"/adjust", "direction", "give", "points", "50", "reason", "goodwill").ok(200)
	for _, in := range page.find("input[type=hidden]") {
		kv = append(kv, in.attrs["name"], in.attrs["value"])
	}
	return kv
}

func TestAMergeRefusesWhatCannotBeMerged(t *testing.T) {
	sales(t, func(t *testing.T, o *sold) {
		c := o.clerk(staff.Manager)
		c.get(o.url()+"/merge?with=nobody").ok(422).has("div.error-summary", "input#f-with[aria-invalid=true]")
		c.get(o.url() + "/merge?with=２９０００００１２３４５８").ok(422).says("cannot be merged with itself")
		c.get(o.url() + "/merge?with=").ok(422).has("input#f-with[aria-invalid=true]").says("Enter the number of the other member")
		c.get(o.url() + "/merge").ok(200).says("Nobody has the same phone number")
		c.post(o.url()+"/merge", "with", "x").ok(404)
		c.post(o.url()+"/merge", "with", ident.Member.Text(o.m.ID)).ok(422)
		c.post("/merges/mrg_x/undo").ok(404)
		o.clerk(staff.Cashier).get("/members/duplicates").ok(403)
		o.clerk(staff.Agent).get(o.url()).lacks("a[href=" + o.url() + "/merge]")
	})
}
