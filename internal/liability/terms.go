package liability

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/encoding/japanese"

	"joren/internal/clock"
	"joren/internal/fault"
	"joren/internal/i18n"
	"joren/internal/label"
	"joren/internal/ledger"
)

// Method is how points of an origin stand in the accounts.
type Method string

const (
	ContractLiability Method = "contract_liability" // 契約負債: part of the sale is put off until use (ASBJ No. 29)
	Provisioned       Method = "provision"          // 引当金: the expected cost, at issue
	OnUse             Method = "on_use"             // cost when used, nothing before
	Advance           Method = "advance"            // 前受金: bought points, in full
)

// SaleMethods and GiftMethods are what a shop may choose for points that come
// with a sale and for points given away. Bought points are always an advance;
// migrated ones follow the gifts, on accounts of their own.
var (
	SaleMethods = []Method{ContractLiability, Provisioned, OnUse}
	GiftMethods = []Method{Provisioned, OnUse}
)

// Account names a place in the shop's chart of accounts.
type Account string

const (
	Sales          Account = "sales"           // what is put off is taken from here
	Use            Account = "use"             // where use is shown: the till has booked the lower price already
	ContractHeld   Account = "contract"        // 契約負債
	ProvisionHeld  Account = "provision"       // ポイント引当金
	ProvisionCost  Account = "provision_cost"  // ポイント引当金繰入額
	ProvisionBack  Account = "provision_back"  // ポイント引当金戻入額
	UseCost        Account = "use_cost"        // cost on use
	AdvanceHeld    Account = "advance"         // 前受金
	AdvanceFrom    Account = "advance_from"    // where the till booked the sale of points
	AdvanceLapsed  Account = "advance_lapsed"  // bought points that lapsed
	MigratedHeld   Account = "migrated"        // of points brought over
	MigratedFrom   Account = "migrated_from"   // where the former system's liability stands
	MigratedLapsed Account = "migrated_lapsed" // of those, what lapsed or is expected to
)

// Accounts lists all places in the order of the form; DefaultNames are what
// they are called unless the shop says otherwise.
var Accounts = []Account{Sales, Use, ContractHeld, ProvisionHeld, ProvisionCost, ProvisionBack, UseCost, AdvanceHeld, AdvanceFrom, AdvanceLapsed, MigratedHeld, MigratedFrom, MigratedLapsed}

// DefaultNames are names that Japanese accounting products know or take as new.
// Settled months rely on them: a journal must not change with a release.
var DefaultNames = map[Account]string{
	Sales: "売上高", Use: "売上高", ContractHeld: "契約負債", ProvisionHeld: "ポイント引当金", ProvisionCost: "ポイント引当金繰入額", ProvisionBack: "ポイント引当金戻入額",
	UseCost: "販売促進費", AdvanceHeld: "前受金", AdvanceFrom: "売上高", AdvanceLapsed: "雑収入", MigratedHeld: "移行ポイント引当金", MigratedFrom: "ポイント引当金", MigratedLapsed: "ポイント引当金戻入額",
}

// Settings are how a shop keeps its points in the accounts.
type Settings struct {
	Sale, Gift Method
	Names      map[Account]string // other than the default ones
	Types      Types              // what the programme called points; not among what is set
	By         string             // who set it; "" for the defaults nobody has touched
	Reason     string
	At         clock.Instant
	Version    int64 // counts the changes; the defaults are 1
}

// Types are what a programme calls its types of points.
type Types map[string]label.Text

// Defaults are those of a shop that has said nothing.
func Defaults() Settings { return Settings{Sale: ContractLiability, Gift: Provisioned, Version: 1} }

// Same reports whether o says what s says, for the same reason.
func (s Settings) Same(o Settings) bool {
	return s.Sale == o.Sale && s.Gift == o.Gift && s.Reason == o.Reason &&
		!slices.ContainsFunc(Accounts, func(a Account) bool { return s.Name(a) != o.Name(a) })
}

// Name is what an account is called.
func (s Settings) Name(a Account) string {
	if n := s.Names[a]; n != "" {
		return n
	}
	return DefaultNames[a]
}

// Method of points of an origin.
func (s Settings) Method(o ledger.Origin) Method {
	switch o {
	case ledger.Sale:
		return s.Sale
	case ledger.Paid:
		return Advance
	}
	return s.Gift
}

// maxName is the length of an account's name in the narrowest product: 24
// half-width places in 弥生会計.
const maxName = 24

// Check refuses settings that no accounting product could read. Names must fit
// into CP932 and must not look like a formula, so that files need no
// protection that would change a name.
//
// Fault: liability.settings_invalid with the fields sale, gift, reason and
// accounts.NAME.
func (s Settings) Check() error {
	f := fault.New(fault.Invalid, "liability.settings_invalid")
	if !slices.Contains(SaleMethods, s.Sale) {
		f = f.With(fault.At("sale", "liability.method_unknown"))
	}
	if !slices.Contains(GiftMethods, s.Gift) {
		f = f.With(fault.At("gift", "liability.method_unknown"))
	}
	f = checkReason(f, s.Reason)
	for _, a := range Accounts {
		if code := wrongName(s.Names[a]); code != "" {
			f = f.With(fault.At("accounts."+string(a), code, "most", maxName))
		}
	}
	if len(f.Fields) == 0 {
		return nil
	}
	return f
}

func checkReason(f *fault.Fault, reason string) *fault.Fault {
	if n := len([]rune(strings.TrimSpace(reason))); n == 0 || n > 200 {
		return f.With(fault.At("reason", "liability.reason_wanted"))
	}
	return f
}

// mostType is how much of a type's name a line's text takes, in half-width
// places: 弥生会計 has 64 for the whole text.
const mostType = 16

// points is what a line's text calls a type of points; that they are points is
// said once.
func (s Settings) points(id string, l i18n.Lang) string {
	name := s.typeName(id, l)
	if low := strings.ToLower(name); strings.Contains(low, "ポイント") || strings.Contains(low, "ﾎﾟｲﾝﾄ") || strings.Contains(low, "point") {
		return name
	}
	return i18n.T(l, "liability.memo_points", "type", name)
}

// typeName is a type by the name the programme has for it, cut to fit, or by
// its id where it has none or one that not every accounting product could
// read.
func (s Settings) typeName(id string, l i18n.Lang) string {
	name := []rune(s.Types[id].In(l))
	for len(name) > 0 {
		switch wrongName(string(name)) {
		case "":
			if narrow, _ := japanese.ShiftJIS.NewEncoder().String(string(name)); len(narrow) <= mostType {
				return string(name)
			}
		case "liability.name_too_long":
		default:
			return shortened(id)
		}
		name = []rune(strings.TrimSpace(string(name[:len(name)-1])))
	}
	return shortened(id)
}

// wrongName is why an account cannot be called so; "" when it can.
func wrongName(s string) string {
	if s == "" {
		return ""
	}
	narrow, err := japanese.ShiftJIS.NewEncoder().String(s)
	switch {
	case err != nil:
		return "liability.name_not_cp932"
	case len(narrow) > maxName:
		return "liability.name_too_long"
	case strings.TrimSpace(s) != s, strings.ContainsFunc(s, unicode.IsControl), strings.ContainsAny(s, `",`), strings.ContainsRune("=+-@＝＋－＠", []rune(s)[0]):
		return "liability.name_signs"
	}
	return ""
}

// Basis is what the accountant has set by hand for a key: value a point and
// use share. What is nil follows the programme, and the cohorts.
type Basis struct {
	Key
	Value  *int64
	Use    *Share
	By     string
	Reason string
	At     clock.Instant
}

// Stands reports whether that is set already, for the same reason, among the
// newest of each key; or that nothing is to be set where nothing is.
func (b Basis) Stands(set []Basis) bool {
	i := slices.IndexFunc(set, func(x Basis) bool { return x.Key == b.Key })
	if i < 0 {
		return b.Value == nil && b.Use == nil
	}
	return equal(b.Value, set[i].Value) && equal(b.Use, set[i].Use) && b.Reason == set[i].Reason
}

func equal[T comparable](a, b *T) bool { return a == b || a != nil && b != nil && *a == *b }

// Check refuses what cannot be meant. Fault: liability.basis_invalid with the
// fields value, use, origin and reason.
func (b Basis) Check() error {
	f := fault.New(fault.Invalid, "liability.basis_invalid")
	if b.Value != nil && (*b.Value < 0 || *b.Value > 1_000_000) {
		f = f.With(fault.At("value", "liability.value_invalid"))
	}
	if b.Use != nil && (*b.Use < 0 || *b.Use > Whole) {
		f = f.With(fault.At("use", "liability.share_invalid", "share", int64(*b.Use)))
	}
	if !slices.Contains(Origins, b.Origin) {
		f = f.With(fault.At("origin", "liability.origin_unknown"))
	}
	f = checkReason(f, b.Reason)
	if len(f.Fields) == 0 {
		return nil
	}
	return f
}

// Origins are those of lots, in the order of a statement.
var Origins = []ledger.Origin{ledger.Sale, ledger.Gift, ledger.Paid, ledger.Migrated}

// Source says where the use share of a month came from.
type Source string

const (
	ByHand     Source = "hand"     // set by the accountant
	ByCohorts  Source = "cohorts"  // learned
	Cautiously Source = "cautious" // nothing to go by: no breakage
)

// Terms are what a month of a key is valued by.
type Terms struct {
	Key
	Method Method
	Value  int64 // minor units a point; 0 where points are worth no money
	Use    Share
	Source Source
	Set    *Basis   // by hand; nil where nothing is
	Learnt Estimate // from the cohorts, used or not
}

// expected is how many points of a cohort will have been used in the end, at
// least what was used and at most that and what is open.
func (t Terms) expected(c *Cohort) int64 {
	used, open := c.Used(), c.Open()
	if t.Method == Advance {
		return used + open
	}
	basis := c.Basis()
	e, err := rounded(basis, int64(t.Use), int64(Whole))
	if err != nil { // a part of basis always fits
		e = basis
	}
	if unused, known := t.Learnt.Unused[c.Month]; t.Source == ByCohorts && known {
		e = basis - unused
	}
	return min(max(e, used), used+open)
}
