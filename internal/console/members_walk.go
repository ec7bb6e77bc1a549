package console

import (
	"joren/internal/db"
	"joren/internal/ident"
	"joren/internal/member"
	"joren/internal/tier"
)

// walkAtMost is how many members one page looks at for what no index knows:
// the lowest rank, how often somebody bought, a segment.
const walkAtMost = 1_000

// walk reads members that pass the filter, n at most, in order of joining. It
// reads on until there are enough. Ended is where it gave up before that.
func (c *Console) walk(tx *db.Tx, s *scene, f memberFilter, n int) (out []person, ended member.Cursor, err error) {
	f.Limit = n
	for seen := 0; seen < walkAtMost; {
		x, err := c.stretch(tx, s, f)
		if err != nil || x.seen == 0 {
			return out, ended, err
		}
		rows, err := c.persons(tx, s, f, x.members, nil)
		if err != nil {
			return nil, ended, err
		}
		if out = append(out, rows...); len(out) >= n || x.seen < f.Limit {
			return out[:min(n, len(out))], ended, nil
		}
		seen += x.seen
		f.From, f.Limit = x.last, 500
	}
	return out, f.From, nil
}

// stretch is one step through the list of members.
type stretch struct {
	members []member.Member
	seen    int           // places looked at; fewer than asked for at the end
	last    member.Cursor // the last of them
}

// stretch reads the next members in order of joining: those of a rank from
// the list of that rank, the others from the list of all.
func (c *Console) stretch(tx *db.Tx, s *scene, f memberFilter) (x stretch, err error) {
	if f.tier != "" && f.tier != s.lowest() && (f.Status == "" || f.Status == member.Active) {
		return c.ofRank(tx, f)
	}
	x.members, err = c.Members.Walk(tx, f.Walk)
	if x.seen = len(x.members); x.seen > 0 {
		m := x.members[x.seen-1]
		x.last = member.Cursor{JoinedOn: m.JoinedOn, ID: m.ID}
	}
	return x, err
}

// ofRank is the stretch of a rank above the lowest. Who has left keeps her
// place in its list.
func (c *Console) ofRank(tx *db.Tx, f memberFilter) (x stretch, err error) {
	places, err := tier.Holders(tx, tier.Walk{Level: f.tier, Oldest: f.Oldest, From: tier.Place{JoinedOn: f.From.JoinedOn, Member: f.From.ID},
		JoinedFrom: f.JoinedFrom, JoinedTo: f.JoinedTo, Limit: f.Limit})
	if x.seen = len(places); x.seen == 0 {
		return x, err
	}
	x.last = member.Cursor{JoinedOn: places[x.seen-1].JoinedOn, ID: places[x.seen-1].Member}
	ids := make([]ident.ID, x.seen)
	for i, p := range places {
		ids[i] = p.Member
	}
	found, err := c.Members.ByIDs(tx, ids)
	for _, id := range ids {
		if m := found[id]; m.ID == id && (f.Status == "" || m.Status == f.Status) {
			x.members = append(x.members, m)
		}
	}
	return x, err
}
