package api

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/staff"
)

// One history, drawn at random, played on SQLite and on PostgreSQL: every
// answer is the same, and so are the journals, lots, ranks and balances at the
// end.
func TestTheSameHistoryGivesTheSameAnswersOnBothEngines(t *testing.T) {
	for _, seed := range []uint64{1, 2, 3} {
		told := map[db.Engine]string{}
		edited(t, pooled, func(t *testing.T, s *shop) {
			p := &player{s: s, rng: rand.New(rand.NewPCG(seed, 7)), names: map[string]string{}}
			told[s.db.Engine()] = p.play(120)
			s.sound()
			if p.refused == 0 || p.taken < 60 {
				t.Errorf("seed %d: %d taken, %d refused: a dull history", seed, p.taken, p.refused)
			}
		})
		if len(told) == 2 {
			if d := cmp.Diff(strings.Split(told[db.SQLite], "\n"), strings.Split(told[db.Postgres], "\n")); d != "" {
				t.Errorf("seed %d: %s", seed, d)
			}
		}
	}
}

type player struct {
	s              *shop
	rng            *rand.Rand
	out            strings.Builder
	names          map[string]string // of ids, in the order they were first seen
	members        []string
	orders         []string
	houses, merges []string
	taken          int
	refused        int
}

var idText = regexp.MustCompile(`\b[a-z]{2,4}_[0-9a-f]{32}\b|"29[0-9]{11}"`)

// tell writes an answer down with its ids named.
func (p *player) tell(r reply) reply {
	if r.status < 300 {
		p.taken++
	} else {
		p.refused++
	}
	body := idText.ReplaceAllStringFunc(r.body, func(id string) string {
		if strings.HasPrefix(id, `"29`) {
			return `"#"`
		}
		if strings.HasPrefix(id, "req_") {
			return "req"
		}
		if p.names[id] == "" {
			p.names[id] = fmt.Sprintf("%s#%d", id[:strings.IndexByte(id, '_')], len(p.names))
		}
		return p.names[id]
	})
	path := idText.ReplaceAllStringFunc(r.what, func(id string) string { return p.names[id] })
	fmt.Fprintf(&p.out, "%s %d %s\n", path, r.status, body)
	return r
}

func (p *player) someone() string { return p.members[p.rng.IntN(len(p.members))] }

func (p *player) play(steps int) string {
	p.s.at("2026-11-01T12:00:00+09:00")
	for range 4 {
		p.members = append(p.members, p.tell(p.s.post("/v1/members", `{"joined_on":"2026-04-01"}`)).text("id"))
	}
	for n := range steps {
		if p.rng.IntN(4) == 0 {
			p.s.now += 86_400_000_000 * clock.Instant(p.rng.IntN(9))
		}
		p.step(n)
	}
	for _, m := range p.members {
		for _, what := range []string{"", "/balance", "/balance?type=stamp", "/ledger?limit=1000", "/lots", "/tier"} {
			p.tell(p.s.get("/v1/members/" + m + what))
		}
	}
	return p.out.String()
}

func (p *player) step(n int) {
	s, at := p.s, p.s.now.String()
	switch k := p.rng.IntN(20); {
	case k < 9:
		no := fmt.Sprint("o", n)
		p.orders = append(p.orders, no)
		body := strings.NewReplacer("2026-11-16T10:00:00+09:00", at, `"quantity":1,"amount":1100`, fmt.Sprintf(`"quantity":2,"amount":%d`, 1100*(1+p.rng.IntN(30)))).Replace(bought(p.someone(), no, p.rng.IntN(3)*40))
		body = regexp.MustCompile(`"total":\d+`).ReplaceAllString(body, `"total":`+regexp.MustCompile(`"amount":(\d+)`).FindStringSubmatch(body)[1])
		p.tell(s.post("/v1/purchases", body))
	case k < 13 && len(p.orders) > 0:
		no := p.orders[p.rng.IntN(len(p.orders))]
		body := strings.NewReplacer("2026-11-16T11:00:00+09:00", at, `"R-`, fmt.Sprintf(`"R%d-`, n)).Replace(returned1(no))
		p.tell(s.post("/v1/returns", body))
	case k < 15:
		p.tell(s.keyed("/v1/adjustments", fmt.Sprintf(`{"member":%q,"points":%d,"reason":"goodwill"}`, p.someone(), p.rng.IntN(300)-100), fmt.Sprint("a", n)))
	case k == 15:
		h := p.tell(s.keyed("/v1/holds", fmt.Sprintf(`{"member":%q,"points":%d}`, p.someone(), 1+p.rng.IntN(50)), fmt.Sprint("h", n)))
		if id := h.text("id"); h.status == 201 && p.rng.IntN(2) == 0 {
			p.tell(s.keyed("/v1/holds/"+id+"/commit", "", fmt.Sprint("c", n)))
		}
		s.now += 3_600_000_000 // it runs out
	case k == 16:
		if h := p.tell(s.post("/v1/households", fmt.Sprintf(`{"head":%q}`, p.someone()))); h.status == 201 {
			p.houses = append(p.houses, h.text("id"))
		}
	case k == 17 && len(p.houses) > 0:
		what := []string{"join", "leave"}[p.rng.IntN(2)]
		p.tell(s.post("/v1/households/"+p.houses[p.rng.IntN(len(p.houses))]+"/"+what, fmt.Sprintf(`{"member":%q}`, p.someone())))
	case k == 18:
		if m := p.tell(s.ask(staff.ScopeAdmin, "POST", "/v1/members/merge", fmt.Sprintf(`{"gone":%q,"kept":%q}`, p.someone(), p.someone()))); m.status == 200 {
			p.merges = append(p.merges, m.text("id"))
		}
	case k == 19 && len(p.merges) > 0:
		p.tell(s.ask(staff.ScopeAdmin, "POST", "/v1/merges/"+p.merges[p.rng.IntN(len(p.merges))]+"/undo", ""))
	}
}
