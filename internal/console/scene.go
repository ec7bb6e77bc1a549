package console

import (
	"net/http"

	"joren/internal/clock"
	"joren/internal/db"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/ident"
	"joren/internal/lane"
	"joren/internal/ledger"
	"joren/internal/plan"
	"joren/internal/programme"
	"joren/internal/session"
	"joren/internal/shop"
	"joren/internal/staff"
	"joren/internal/tier"
)

// scene is what a page about members, purchases or points is written against:
// the shop, the programme in force, and the reader's language.
type scene struct {
	lang     i18n.Lang
	shop     shop.Settings
	zone     clock.Zone // the programme's, the shop's without one
	currency string
	now      clock.Instant
	today    clock.Day
	timeline *programme.Timeline
	plan     *plan.Programme   // in force now; nil before the first version
	tiers    *tier.Rules       // nil without ranks
	policies []*ledger.Policy  // of plan, in its order
	stores   map[string]string // what stores are called, by code
	codes    []string          // of stores, in order
	accounts bool              // the reader may see what points are worth in the accounts
}

// scene reads what stands at tx.
func (c *Console) scene(r *http.Request, tx *db.Tx) (*scene, error) {
	set := session.Settings(r.Context())
	s := &scene{lang: lang(r), shop: set, zone: set.Calendar(), currency: set.Currency, now: tx.Now, accounts: c.Books != nil && can(r, staff.AccountsView)}
	if err := s.programme(c, tx); err != nil {
		return nil, err
	}
	s.today = s.zone.Day(tx.Now)
	stores, err := shop.Stores(tx)
	s.stores = make(map[string]string, len(stores))
	for _, x := range stores {
		s.stores[x.Code] = x.Name.In(s.lang)
		s.codes = append(s.codes, x.Code)
	}
	return s, err
}

// programme finds the version in force with what follows from it.
func (s *scene) programme(c *Console, tx *db.Tx) (err error) {
	if s.timeline, err = c.Programmes.Load(tx); err != nil {
		return err
	}
	s.plan, err = s.timeline.At(tx.Now)
	if fault.Is(err, "programme.none_in_force") {
		return nil
	}
	if err != nil {
		return err
	}
	all, err := s.timeline.All()
	if err != nil {
		return err
	}
	s.tiers, s.zone, s.currency = lane.TierRules(all), s.plan.Zone, s.plan.Currency
	s.policies, err = c.People.Policies(tx, tx.Now)
	return err
}

func (s *scene) t(key string, args ...any) string { return i18n.T(s.lang, key, args...) }

func (s *scene) day(d clock.Day) string {
	if d == 0 {
		return "–"
	}
	return i18n.ShortDay(s.lang, d)
}

// month is a month kept as YYYY-MM, in words.
func (s *scene) month(m string) string { return i18n.Month(s.lang, monthStart(m)) }

// shortMonth is a month kept as YYYY-MM, for charts.
func (s *scene) shortMonth(m string) string { return i18n.ShortMonth(s.lang, monthStart(m)) }

func monthStart(m string) clock.Day {
	d, err := clock.ParseDay(m + "-01")
	if err != nil {
		panic("console: a month is kept as YYYY-MM: " + err.Error())
	}
	return d
}

// when is an instant as a clock in the shop shows it.
func (s *scene) when(at clock.Instant) string {
	if at == 0 || at == clock.Never {
		return "–"
	}
	return i18n.Time(s.lang, s.zone.Local(at))
}

func (s *scene) money(n int64) string { return i18n.Money(s.lang, s.currency, n) }

// decimals is how many the shop's currency has.
func (s *scene) decimals() int { return i18n.Decimals(s.currency) }

func (s *scene) points(n int64) string { return i18n.Points(s.lang, n) }

// signed shows a movement: +355 or −12.
func signed(n int64) string {
	if n > 0 {
		return "+" + i18n.Number(n)
	}
	return i18n.Number(n)
}

// level is what a rank is called; a rank no version knows shows its id.
func (s *scene) level(id string) string {
	if s.plan != nil {
		if l, ok := s.plan.Level(id); ok && !l.Name.IsZero() {
			return l.Name.In(s.lang)
		}
	}
	return id
}

// levels are the ranks there are, the lowest first.
func (s *scene) levels() (ids []string) {
	if s.tiers != nil {
		for _, l := range s.tiers.Levels {
			ids = append(ids, l.ID)
		}
	}
	return ids
}

// lowest is the rank of members without one; "" without ranks.
func (s *scene) lowest() string {
	if s.tiers == nil || len(s.tiers.Levels) == 0 {
		return ""
	}
	return s.tiers.Levels[0].ID
}

// tone colours a rank by its height, so that the eye finds the high ones.
func (s *scene) tone(id string) string {
	if s.tiers == nil {
		return ""
	}
	for i, l := range s.tiers.Levels {
		switch {
		case l.ID != id || i == 0:
		case i == len(s.tiers.Levels)-1:
			return "good"
		default:
			return "info"
		}
	}
	return ""
}

// pointType is what a type of points is called.
func (s *scene) pointType(id string) string {
	if s.plan != nil {
		if p, ok := s.plan.Policy(id); ok && !p.Name.IsZero() {
			return p.Name.In(s.lang)
		}
	}
	return id
}

// mainType is the programme's first type of points; "" without a programme.
func (s *scene) mainType() string {
	if len(s.policies) == 0 {
		return ""
	}
	return s.policies[0].Type
}

// store is what a store is called; one nobody registered shows its code.
func (s *scene) store(code string) string {
	if n := s.stores[code]; n != "" {
		return n
	}
	return code
}

// wants asks for all accounts of holders, type by type.
func (s *scene) wants(holders []ident.ID, deep bool) []ledger.Want {
	out := make([]ledger.Want, 0, len(holders)*len(s.policies))
	for _, h := range holders {
		for _, p := range s.policies {
			out = append(out, ledger.Want{Key: ledger.Key{Holder: h, Type: p.Type}, Policy: p, Deep: deep})
		}
	}
	return out
}

func memberURL(id ident.ID) string { return "/members/" + ident.Member.Text(id) }

func purchaseURL(id ident.ID) string { return "/purchases/" + ident.Purchase.Text(id) }
